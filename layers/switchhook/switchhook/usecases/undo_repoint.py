"""Moves Tasks back to where they hung before they were moved, as long as nobody has moved them since (SH-6)."""

from dataclasses import replace

from switchhook.domain.errors import Rejected
from switchhook.domain.repoint import KEPT, MoveState
from switchhook.domain.tenancy import is_id
from switchhook.usecases.moving import carry_out, open_moves, read_standing
from switchhook.usecases.repoint import Outcome, outcome
from switchhook.usecases.world import World


def undo_repoint(tenant: str, undo_id: str, world: World) -> Outcome:
    """Hang every Task of a move where it hung before, with the Case or Opportunity it had.

    Doing it twice moves nothing twice, and tries again what was refused.

    Raises:
        Rejected: 404 there is no such move, or no longer.
        NeedsReconnect: the tenant is not connected.
        Conflict: it is just being carried out or undone by somebody else.
        BudgetSpent, Permanent, Retryable: nothing was moved; Salesforce or a table does not answer.
    """
    stored = world.repoints.read(tenant, undo_id) if is_id(undo_id) else None
    now = world.now()
    if stored is None or not stored.is_kept(now):
        raise Rejected(
            f"There is nothing to undo under {undo_id[:64]!r}: moved Tasks can be moved back for"
            f" {KEPT.days} days. Nothing was changed.",
            code="not_found",
            status=404,
        )
    chosen = [move.activity_id for move in stored.moves]
    if still_open := open_moves(stored, back=True):
        standing = read_standing(tenant, [move.task_id for move in still_open], world)
        # Written down first, so that nobody takes the move up again meanwhile.
        undoing = replace(
            stored, version=stored.version + 1, undone_at=stored.undone_at or now, refused={}
        )
        world.repoints.commit(undoing)
        stored = carry_out(undoing, standing, world, back=True)
    return outcome(stored, MoveState.RESTORED, chosen)

"""Hangs Tasks elsewhere, or back, as a stored move says, and tells the ledger where each one is now.

Each Task is compared before it is written, and guarded by the time of its last change.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from switchhook.domain.activity import Activity, DecisionRecord
from switchhook.domain.connection import Grant
from switchhook.domain.decision import Reason
from switchhook.domain.errors import Conflict, OutcomeUnknown, Retryable, SwitchhookError
from switchhook.domain.repoint import (
    Hangs,
    Move,
    MoveState,
    Repoint,
    compare,
    gone,
    moved,
    moved_back,
    place_of,
)
from switchhook.ports import LedgerWrite
from switchhook.ports_matches import TaskMove
from switchhook.usecases.asking import ask
from switchhook.usecases.world import World

AT_ONCE = 25
EDIT_SETTLES_IN = timedelta(seconds=5)
"""Salesforce compares whole seconds: an edit in the same second as the one before would go unnoticed."""

_WHO, _WHAT, _LAST_BY = "WhoId", "WhatId", "LastModifiedById"
_ROUNDS = 4
_JUST_EDITED = "Somebody has just changed it in Salesforce; repeat the request in a few seconds."
_NO_ANSWER = "Salesforce gave no clean answer; repeat the request, which finds out what happened."
_NO_TIME = "There was too little time for it; repeat the request, which goes on where it stopped."
_NOT_NOTED = "It is where it should be, but that could not be written down; repeat the request."


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A Task as it stands; `is_settled` false says that another user changed it a moment ago."""

    hangs: Hangs
    modified_at: datetime
    is_settled: bool


def read_standing(tenant: str, task_ids: Sequence[str], world: World) -> Mapping[str, Standing]:
    """Where the Tasks hang now, by id; those that are gone or hidden are left out. One request.

    Raises:
        NeedsReconnect, SessionExpired, BudgetSpent, Permanent, Retryable.
    """
    if not task_ids:
        return {}

    def read(grant: Grant) -> Mapping[str, Standing]:
        tasks = world.updates.read(grant, "Task", task_ids, (_WHO, _WHAT, _LAST_BY))
        return {
            task.id: Standing(
                hangs=Hangs(
                    who_id=_text(task.fields.get(_WHO)), what_id=_text(task.fields.get(_WHAT))
                ),
                modified_at=task.modified_at,
                # Nobody else can have changed in the same second what we have just written.
                is_settled=task.fields.get(_LAST_BY) == grant.user_id
                or world.now() - task.modified_at >= EDIT_SETTLES_IN,
            )
            for task in tasks
        }

    return ask(tenant, read, world)


def _text(value: str | float | None) -> str | None:
    return str(value) if value else None


def open_moves(repoint: Repoint, *, back: bool) -> tuple[Move, ...]:
    """The moves whose Tasks do not hang yet where they should."""
    wanted = MoveState.RESTORED if back else MoveState.MOVED
    return tuple(move for move in repoint.moves if move.state is not wanted)


def carry_out(
    repoint: Repoint, standing: Mapping[str, Standing], world: World, *, back: bool
) -> Repoint:
    """Hang every Task of a stored move where it should be, and store what came of it.

    `standing` says where the Tasks of its open moves hang; whatever has changed since is left alone.

    Raises:
        Conflict: somebody else is carrying it out.
        Retryable: the table is busy; repeating the request finds out what happened.
    """
    wanted = MoveState.RESTORED if back else MoveState.MOVED
    still_open = open_moves(repoint, back=back)
    whys: dict[str, str | None] = {}
    to_write: list[Move] = []
    for move in still_open:
        why = _why_not(move, standing.get(move.task_id), back=back)
        if isinstance(why, Move):
            to_write.append(why)
        else:
            whys[move.task_id] = why
    whys |= _write(repoint, to_write, standing, world, back=back)
    reached = [_reached(repoint, move, whys[move.task_id], wanted, world) for move in still_open]
    done = replace(repoint.with_moves(reached), version=repoint.version + 1)
    world.repoints.commit(done)
    return done


def _why_not(move: Move, standing: Standing | None, *, back: bool) -> Move | str | None:
    """The move itself when its Task is to be written; None when there is nothing to do."""
    if standing is None:
        return gone(move.task_id)
    compared = compare(move, standing.hangs, back=back)
    if isinstance(compared, Move) and not standing.is_settled:
        return _JUST_EDITED
    return compared


def _write(
    repoint: Repoint,
    moves: Sequence[Move],
    standing: Mapping[str, Standing],
    world: World,
    *,
    back: bool,
) -> dict[str, str | None]:
    """Write the Tasks, some in each request; by Task id, why one did not get there."""
    whys: dict[str, str | None] = {}
    stopped: str | None = None
    for start in range(0, len(moves), AT_ONCE):
        batch = [
            TaskMove(
                task_id=move.task_id,
                hangs=move.before if back else move.after,
                unmodified_since=standing[move.task_id].modified_at,
            )
            for move in moves[start : start + AT_ONCE]
        ]
        if stopped is None and world.clock.remaining_s() < world.timing.send_needs_s:
            stopped = _NO_TIME
        if stopped is None:
            answer, stopped = _send(repoint.tenant, batch, world)
            whys |= answer
        else:
            whys |= dict.fromkeys((move.task_id for move in batch), stopped)
    return whys


def _send(
    tenant: str, batch: Sequence[TaskMove], world: World
) -> tuple[dict[str, str | None], str | None]:
    """One request's answer by Task id; and why no other should follow, if so."""
    try:
        answer = ask(tenant, lambda grant: world.mover.move(grant, batch), world)
    except OutcomeUnknown:
        why = _NO_ANSWER
    except SwitchhookError as error:
        why = f"Salesforce did not take it: {error.code}: {error.message}"[:1000]
    else:
        return {move.task_id: answer.get(move.task_id, _NO_ANSWER) for move in batch}, None
    return dict.fromkeys((move.task_id for move in batch), why), why


def _reached(
    repoint: Repoint, move: Move, why: str | None, wanted: MoveState, world: World
) -> Move:
    """The move with its outcome; it counts as done once the ledger says so too."""
    if why is not None:
        return replace(move, why=why)
    if not _noted(repoint, move, wanted, world):
        return replace(move, why=_NOT_NOTED)
    return replace(move, state=wanted, why=None)


def _noted(repoint: Repoint, move: Move, wanted: MoveState, world: World) -> bool:
    """Write into the ledger where the Task hangs now; False when the ledger is busy."""
    for _ in range(_ROUNDS):
        try:
            entry = world.ledger.read(repoint.tenant, move.activity_id)
            if entry is None:
                return True  # Forgotten meanwhile: there is nobody to tell.
            if (write := _note(repoint, move, entry.head, wanted, world.now)) is not None:
                world.ledger.commit(write)
        except (Conflict, Retryable):
            continue
        return True
    return False


def _note(
    repoint: Repoint,
    move: Move,
    head: Activity,
    wanted: MoveState,
    now: Callable[[], datetime],
) -> LedgerWrite | None:
    """The ledger's change; None when it says so already."""
    slot = next((slot for slot in head.slots if slot.number == move.slot), None)
    if slot is None:
        return None
    if wanted is MoveState.MOVED:
        if place_of(slot) == repoint.target:
            return None
        after, reason = moved(head, move, repoint.target, repoint.id)
    else:
        if place_of(slot) != repoint.target:
            return None
        after, reason = moved_back(head, move, repoint.id)
    after = replace(after, version=head.version + 1, decisions=head.decisions + 1)
    return LedgerWrite(head=after, decision=_told(after, reason, now()))


def _told(head: Activity, reason: Reason, at: datetime) -> DecisionRecord:
    return DecisionRecord(
        number=head.decisions,
        at=at,
        settings_version=head.settings_version or 0,
        candidates=(),
        explanation=({"rule": reason.rule, "text": reason.text},),
        salesforce_calls=(),
        amends=True,
    )

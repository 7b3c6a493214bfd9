"""Ends an intent: its outcome is written over whatever was taken in meanwhile, or not at all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from switchhook.domain.activity import Activity, Slot, State
from switchhook.domain.chat import ChatAction
from switchhook.domain.claims import Known
from switchhook.domain.decision import PartyCandidates, Reason
from switchhook.domain.errors import Conflict, Retryable
from switchhook.domain.slots import Seat, reopened, summed_up
from switchhook.ports import LedgerWrite
from switchhook.usecases import claims
from switchhook.usecases.gather import Access, Case
from switchhook.usecases.world import World

_ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A decision that is about to be written; `known` is what the directory said of each party.

    `action` is what a chat becomes.
    """

    case: Case
    access: Access
    seats: tuple[Seat, ...]
    parties: tuple[PartyCandidates, ...]
    known: Mapping[str, Known]
    reasons: tuple[Reason, ...]
    action: ChatAction | None = None


def is_same_sending(head: Activity, intent: Activity) -> bool:
    """Tells whether the activity is still in the sending that the intent began."""
    return head.sent_at == intent.sent_at and head.state in (State.SENDING, State.UNKNOWN)


def settle(
    intent: Activity,
    change: Callable[[Activity], LedgerWrite],
    world: World,
    *,
    is_same: Callable[[Activity, Activity], bool] = is_same_sending,
) -> Activity:
    """Write the outcome of an intent, over events that were taken in meanwhile.

    `is_same(head, intent)` tells whether a head that moved on is still in this intent.

    Raises:
        Conflict: the activity is no longer in this intent; whoever moved it on knows more.
    """
    head = intent
    for _ in range(_ROUNDS):
        write = change(head)
        try:
            world.ledger.commit(write)
        except (Conflict, Retryable):
            entry = world.ledger.read(intent.tenant, intent.id)
            if entry is not None and entry.head == write.head:
                # It was applied; only its answer was lost.
                return write.head
            if entry is None or not is_same(entry.head, intent):
                raise
            head = entry.head
            continue
        return write.head
    raise Conflict(f"Activity {intent.id} is being changed by others all the time.")


def ended(head: Activity, slots: tuple[Slot, ...]) -> Activity:
    """The head once every slot is final; facts that came after the intent are still to be looked at."""
    summary = summed_up(slots)
    return replace(
        head,
        version=head.version + 1,
        state=summary.state,
        reason=summary.reason,
        text=summary.text,
        slots=slots,
        due_at=head.late_at if summary.state is State.LOGGED else None,
        late_at=None,
    )


def undone(head: Activity, world: World) -> LedgerWrite:
    """Nothing left this side, or Salesforce cleanly did nothing: the slots are open again."""
    open_again = replace(
        head,
        version=head.version + 1,
        state=State.WAITING,
        reason="undone",
        text="Waiting: nothing was written; it is tried again.",
        slots=reopened(head.slots),
        due_at=world.now(),
    )
    return LedgerWrite(head=open_again, claims=claims.released(head.slots, head))

"""Brings an activity to its end: one step at a time, each step safe to repeat and to lose.

Whoever calls, for whatever reason (an event, a wake-up, a recovery), the ledger says what is next:
look up what may have been written, or decide and write. Only the holder of the newest version of
the head can act, so two callers never send the same slot.
"""

from switchhook.domain.activity import FINAL, Activity, Entry, SlotState, State
from switchhook.domain.errors import Conflict, Retryable
from switchhook.domain.events import Kind
from switchhook.domain.queue_message import EventMessage
from switchhook.usecases.attempt import Attempt, Progress
from switchhook.usecases.decide_and_write import decide_and_write
from switchhook.usecases.resolve_unknown import resolve_unknown
from switchhook.usecases.setbacks import wake_at
from switchhook.usecases.take_in import take_in
from switchhook.usecases.update_chat import update_chat
from switchhook.usecases.update_logged import update_logged
from switchhook.usecases.world import World

_ROUNDS = 8


def record_event(message: EventMessage, world: World) -> Activity:
    """Take the event in, then bring its activity as far as it goes now.

    Returns the head as last written. The event is durable in the ledger when this returns, whatever
    its state. An event that comes after the end is looked at when its quiet window is over (SH-5).

    Raises:
        Retryable: the event could not be taken in; deliver it again.
    """
    head = take_in(message, world)
    if head.state in FINAL:
        wake_at(head, world)
        return head
    if head.state is State.WAITING and _rests(head, world):
        return head
    return advance(head.tenant, head.id, world) or head


def advance(tenant: str, activity_id: str, world: World) -> Activity | None:
    """Bring an activity as far as it goes now; None when there is no such activity.

    Returns at once when it is final and no late facts wait (SH-5), or when its time has not come.
    Losing a race to another worker only means reading again.
    """
    attempt = Attempt()
    head = None
    for _ in range(_ROUNDS):
        entry = world.ledger.read(tenant, activity_id)
        if entry is None:
            return None
        head = entry.head
        if _rests(head, world):
            return head
        try:
            progress = _step(entry, attempt, world)
        except (Conflict, Retryable):
            # Lost a race, or a table is busy: the ledger says what holds now. Should that not help
            # either, the due date brings the activity back.
            continue
        if not progress.go_on:
            return progress.head
    return head


def _rests(head: Activity, world: World) -> bool:
    if head.state in FINAL and (head.state is not State.LOGGED or head.due_at is None):
        return True
    if head.state in (State.PENDING, State.PARKED):
        return False
    return head.due_at is not None and head.due_at > world.now()


def _step(entry: Entry, attempt: Attempt, world: World) -> Progress:
    if any(slot.state is SlotState.SENT for slot in entry.head.slots):
        return resolve_unknown(entry, attempt, world)
    if entry.head.state is State.LOGGED:
        if entry.head.kind is Kind.CHAT:
            return update_chat(entry, attempt, world)
        return update_logged(entry, attempt, world)
    return decide_and_write(entry, attempt, world)

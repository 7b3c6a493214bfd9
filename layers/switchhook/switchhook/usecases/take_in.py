"""Takes a queued webhook into the ledger; from there on the queue message is only a wake-up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from switchhook.domain.activity import FINAL, Activity, Entry, State
from switchhook.domain.errors import Conflict, Retryable
from switchhook.domain.events import Event, Kind
from switchhook.domain.merging import merge_events
from switchhook.domain.queue_message import EventMessage, unpack
from switchhook.ports import IgnoredEvent, LedgerWrite, UnreadableEvent
from switchhook.usecases import late_events
from switchhook.usecases.await_end import AWAITS_EVENT, CHAT_END
from switchhook.usecases.occurrences import next_occurrence
from switchhook.usecases.world import World

IGNORED_TYPE = "IGNORED_TYPE"
UNREADABLE = "unreadable"
_ROUNDS = 30


def take_in(message: EventMessage, world: World) -> Activity:
    """The activity with this event merged in; order and repetition of events do not matter.

    One read and at most one conditional write, tried again when another event of the same activity
    came between.

    Raises:
        Permanent, Rejected: the message's body is gone or is not what the ingress wrote.
        Retryable: the ledger stayed contended; the queue delivers the message again.
    """
    event = world.reader.read(
        message.provider,
        unpack(_packed(message, world)),
        kind=message.activity_kind,
        event_id=message.event_id,
        received_at=message.received_at,
    )
    # Where the provider numbers the openings of a conversation, its word holds.
    return _taken_in(event, message, world, may_reopen=message.occurrence == 1)


def _taken_in(
    event: Event | UnreadableEvent | IgnoredEvent,
    message: EventMessage,
    world: World,
    *,
    may_reopen: bool,
) -> Activity:
    overtaken: tuple[Event, ...] = ()
    rounds = 0
    while rounds < _ROUNDS:
        entry = world.ledger.read(message.tenant, message.activity_id)
        if isinstance(event, Event) and may_reopen:
            moved = next_occurrence(entry, event, message, world)
            if moved is not None:
                message, overtaken = moved.message, (*overtaken, *moved.overtaken)
                continue
        rounds += 1
        head = _after(entry, event, message, world)
        if entry is not None and head is entry.head:
            return _with_ends(head, overtaken, message, world)
        try:
            world.ledger.commit(
                LedgerWrite(head=head, event=event if isinstance(event, Event) else None)
            )
        except (Conflict, Retryable):
            continue
        return _with_ends(head, overtaken, message, world)
    raise Retryable(
        f"Activity {message.activity_id} is being changed by others; it is taken in again.",
        code="contended",
        after_s=1.0,
    )


def _with_ends(
    head: Activity, overtaken: tuple[Event, ...], message: EventMessage, world: World
) -> Activity:
    """The occurrence with the ends that came before its beginning was known, and stood with another."""
    for end in overtaken:
        head = _taken_in(end, message, world, may_reopen=False)
    return head


def _packed(message: EventMessage, world: World) -> bytes:
    if message.packed is not None:
        return message.packed
    return world.payloads.get(message.payload_key or "")


def _after(
    entry: Entry | None,
    event: Event | UnreadableEvent | IgnoredEvent,
    message: EventMessage,
    world: World,
) -> Activity:
    if isinstance(event, Event):
        return _with_event(entry, event, message, world)
    if entry is not None:
        return entry.head
    new = new_head(message, world)
    if isinstance(event, IgnoredEvent):
        return replace(
            new,
            state=State.SKIPPED,
            rule=IGNORED_TYPE,
            reason="ignored_type",
            text=f"Not logged: events of type {event.type[:60]!r} say nothing about the end of a call.",
            due_at=None,
        )
    return replace(
        new,
        state=State.FAILED,
        reason=UNREADABLE,
        text=f"Not logged: the webhook's signature holds, but its body cannot be read: {event.reason}",
        due_at=None,
    )


def _with_event(entry: Entry | None, event: Event, message: EventMessage, world: World) -> Activity:
    if entry is None:
        return new_head(message, world, ended_at=_ended_at((event,)))
    head = entry.head
    if any(known.event_id == event.event_id for known in entry.events):
        return head
    told_more = replace(head, version=head.version + 1, ended_at=_ended_at((*entry.events, event)))
    if _only_adds(head, event):
        return told_more
    if _may_begin_again(head) or late_events.reopens(entry, event, world):
        # What is logged already is brought up to date once the new slots are.
        late_at = world.now() if head.state is State.LOGGED else head.late_at
        return replace(
            told_more,
            state=State.PENDING,
            rule=None,
            reason=None,
            text="",
            due_at=_safety(world),
            late_at=late_at,
        )
    return late_events.awaited(told_more, entry, event, world)


def _ended_at(events: Sequence[Event]) -> datetime | None:
    """When the call ended by all that was told; of a chat, whose events are many, the latest said."""
    if events[0].kind is Kind.CALL:
        return merge_events(events).ended_at
    stated = [event.chat.ended_at for event in events if event.chat.ended_at is not None]
    return max(stated, default=None)


def _only_adds(head: Activity, event: Event) -> bool:
    """A chat that waits for its end goes on waiting, however much is said meanwhile."""
    waits = head.state is State.WAITING and head.reason == CHAT_END
    return waits and event.kind is Kind.CHAT and event.trigger is None


def _may_begin_again(head: Activity) -> bool:
    """Nothing was decided yet, or what was decided spoke of an event, not of the call."""
    awaits_event = head.state is State.WAITING and head.reason in AWAITS_EVENT
    spoke_of_event = head.state in FINAL and (
        head.rule == IGNORED_TYPE or head.reason in (UNREADABLE, "no_end", "dead_letter")
    )
    return awaits_event or (spoke_of_event and not head.slots)


def new_head(message: EventMessage, world: World, *, ended_at: datetime | None = None) -> Activity:
    """The first head of an activity, not yet stored."""
    return Activity(
        tenant=message.tenant,
        id=message.activity_id,
        kind=message.activity_kind,
        provider=message.provider,
        source=message.source,
        external_id=message.external_id,
        occurrence=message.occurrence,
        received_at=message.received_at,
        ended_at=ended_at,
        version=1,
        text="Received; not decided yet.",
        backfilled=message.backfilled,
        due_at=_safety(world),
    )


def _safety(world: World) -> datetime:
    """When the caretaker looks at it should this process die before deciding."""
    return world.now() + timedelta(seconds=world.timing.worker_timeout_s + 5)

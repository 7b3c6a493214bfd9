"""Takes a queued webhook into the ledger; from there on the queue message is only a wake-up.

Says what an event that comes after a decision sets going: another look, an update, or nothing (SH-5).
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from switchhook.domain.activity import FINAL, Activity, Entry, SlotState, State, Told
from switchhook.domain.errors import Conflict, EventHeld, Permanent, Retryable
from switchhook.domain.facts.event import Event
from switchhook.domain.queue_messages import EventMessage, unpack
from switchhook.domain.settings.schema import LateFacts, Settings
from switchhook.ports.ledger import (
    Entries,
    IgnoredEvent,
    Ledger,
    LedgerWrite,
    TenantReader,
    UnreadableEvent,
)
from switchhook.ports.queues import PayloadStore
from switchhook.usecases.record.gather import Opened, Reopened
from switchhook.usecases.record.kinds import STEPS
from switchhook.usecases.record.waiting import AWAITS_EVENT, CHAT_END, window_end
from switchhook.usecases.record.world import Intake, Opening, Run, settings_of

_MAY_BE_IN_ORG = frozenset({SlotState.SENT, SlotState.APPLIED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """An activity as far as an event needs it: its head, and all its events only where that is too little.

    `events` None: they were not read, and the event sets nothing off that hangs on them. `told` is what is
    carried of them; None where its kind carries nothing, or where there are none.
    """

    head: Activity
    events: tuple[Event, ...] | None = None
    told: Told | None = None


def glance_at(message: EventMessage, event: Event | None, entries: Entries) -> Glance | None:
    """The activity of a message, by its head alone where that is enough; None where there is none.

    A head that an earlier release wrote carries nothing; its events are read, and the next head carries
    what they say.
    """
    carries = STEPS[message.activity_kind].carries
    if carries is not None and event is not None:
        head = entries.head(message.tenant, message.activity_id)
        if head is None:
            return None
        if head.told is not None and not _may_be_screened_otherwise(head, head.told, event):
            return Glance(head=head, told=head.told)
    entry = entries.read(message.tenant, message.activity_id)
    if entry is None:
        return None
    told = carries.by(entry.events) if carries else None
    return Glance(head=entry.head, events=entry.events, told=told)


def _may_be_screened_otherwise(head: Activity, told: Told, event: Event) -> bool:
    carries = STEPS[event.kind].carries
    is_skipped = head.state is State.SKIPPED and not head.slots
    return is_skipped and carries is not None and not carries.says_nothing_new(told, event)


def reopens(glance: Glance, event: Event, opening: Opening) -> bool:
    """Tells whether a call or chat that was decided is to be decided again because of this event.

    A skipped one is when it would be screened otherwise; a record is looked for again only where there
    is another party to look for. A logged one is when a party took part of whom nobody had told: it
    opens a slot of its own, unless its record is in one already. A chat has one visitor, and one slot.
    """
    head, events = glance.head, glance.events
    is_skipped = head.state is State.SKIPPED and not head.slots
    gains_parties = STEPS[head.kind].gains_parties
    if events is None or (not is_skipped and not (gains_parties and head.state is State.LOGGED)):
        return False
    opened = _opened(Entry(head=head, events=(*events, event)), opening)
    if opened is None or opened.settings.late_facts is LateFacts.IGNORE:
        return False
    before = _opened(Entry(head=head, events=events), opening)
    if before is None:
        return False
    if is_skipped:
        return before.gist != opened.gist
    return bool(set(opened.keys) - set(before.keys))


def awaited(head: Activity, glance: Glance, event: Event, opening: Opening) -> Activity:
    """The head that took the event in, with the time at which its Tasks are brought up to date.

    The first late fact opens a quiet window, in which further ones are gathered; so there is at most
    one update in each. While Tasks may just be being written, the window waits for their outcome.
    """
    if not any(slot.state in _MAY_BE_IN_ORG for slot in head.slots) or head.state in (
        State.SKIPPED,
        State.FAILED,
    ):
        return head
    is_logged = head.state is State.LOGGED
    if (head.due_at if is_logged else head.late_at) is not None:
        return head
    settings = _late_settings(head, glance, event, opening)
    if settings is None:
        return head
    late_at = window_end(settings, opening.run)
    return replace(head, due_at=late_at) if is_logged else replace(head, late_at=late_at)


def _late_settings(
    head: Activity, glance: Glance, event: Event, opening: Opening
) -> Settings | None:
    """The settings by which late facts are taken; None where they are not."""
    if glance.events is None:
        with suppress(Permanent):
            return settings_of(head, head.ended_at, opening.tenants)
        return None
    opened = _opened(Entry(head=glance.head, events=(*glance.events, event)), opening)
    return opened.settings if opened is not None and opened.takes_late_facts else None


def _opened(entry: Entry, opening: Opening) -> Opened | None:
    try:
        return STEPS[entry.head.kind].open(entry, opening)
    except Permanent:
        # The tenant is gone, and its calls are of no more concern.
        return None


IGNORED_TYPE = "IGNORED_TYPE"
UNREADABLE = "unreadable"
IGNORED = "ignored_type"
MOST_OCCURRENCES = 500
_ROUNDS = 30


def take_in(message: EventMessage, intake: Intake) -> Activity:
    """The activity with this event merged in; order and repetition of events do not matter.

    One read (of its head alone where that carries enough: docs/adr/0021) and at most one conditional
    write, tried again when another event of the same activity came between.

    Raises:
        Permanent, Rejected: the message's body is gone or is not what the ingress wrote.
        Retryable: the ledger stayed contended; the queue delivers the message again.
    """
    event = intake.reader.read(
        message.provider,
        unpack(_packed(message, intake.payloads)),
        kind=message.activity_kind,
        event_id=message.event_id,
        received_at=message.received_at,
    )
    # Where the provider numbers the openings of a conversation, its word holds.
    return _taken_in(
        event, message, intake.ledger, intake.opening, may_reopen=message.occurrence == 1
    )


def _taken_in(
    event: Event | UnreadableEvent | IgnoredEvent,
    message: EventMessage,
    ledger: Ledger,
    opening: Opening,
    *,
    may_reopen: bool,
) -> Activity:
    told = event if isinstance(event, Event) else None
    overtaken: tuple[Event, ...] = ()
    rounds = 0
    while rounds < _ROUNDS:
        glance = glance_at(message, told, ledger)
        if told is not None and may_reopen:
            moved = _next_occurrence(glance, told, message, ledger, opening.tenants)
            if moved is not None:
                message, overtaken = moved.message, (*overtaken, *moved.overtaken)
                continue
        rounds += 1
        head = _after(glance, event, message, opening)
        if glance is not None and head is glance.head:
            return _with_ends(head, overtaken, message, ledger, opening)
        unread = glance is not None and glance.events is None
        try:
            ledger.commit(LedgerWrite(head=head, event=told, is_new_event=unread))
        except EventHeld:
            head = glance.head if glance else head
        except (Conflict, Retryable):
            continue
        return _with_ends(head, overtaken, message, ledger, opening)
    raise Retryable(
        f"Activity {message.activity_id} is being changed by others; it is taken in again.",
        code="contended",
        after_s=1.0,
    )


def _next_occurrence(
    glance: Glance | None,
    event: Event,
    message: EventMessage,
    entries: Entries,
    tenants: TenantReader,
) -> Reopened | None:
    """Move an event on to the next occurrence; None where it belongs to this one."""
    follows = STEPS[event.kind].next_occurrence
    if follows is None or glance is None or glance.told is None:
        return None
    if message.occurrence >= MOST_OCCURRENCES:
        return None
    return follows(glance.told, event, message, entries, tenants)


def _with_ends(
    head: Activity,
    overtaken: tuple[Event, ...],
    message: EventMessage,
    ledger: Ledger,
    opening: Opening,
) -> Activity:
    """The occurrence with the ends that came before its beginning was known, and stood with another."""
    for end in overtaken:
        head = _taken_in(end, message, ledger, opening, may_reopen=False)
    return head


def _packed(message: EventMessage, payloads: PayloadStore) -> bytes:
    if message.packed is not None:
        return message.packed
    return payloads.get(message.payload_key or "")


def _after(
    glance: Glance | None,
    event: Event | UnreadableEvent | IgnoredEvent,
    message: EventMessage,
    opening: Opening,
) -> Activity:
    if isinstance(event, Event):
        return _with_event(glance, event, message, opening)
    if glance is not None:
        return glance.head
    new = new_head(message, opening.run)
    if isinstance(event, IgnoredEvent):
        return replace(
            new,
            state=State.SKIPPED,
            rule=IGNORED_TYPE,
            reason=IGNORED,
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


def _with_event(
    glance: Glance | None, event: Event, message: EventMessage, opening: Opening
) -> Activity:
    if glance is None:
        first = new_head(message, opening.run)
        return _told_more(Glance(head=replace(first, version=0), events=()), event)
    head = glance.head
    if any(known.event_id == event.event_id for known in glance.events or ()):
        return head
    told_more = _told_more(glance, event)
    if _only_adds(head, event):
        return told_more
    if _may_begin_again(head) or reopens(glance, event, opening):
        # What is logged already is brought up to date once the new slots are.
        late_at = opening.run.now() if head.state is State.LOGGED else head.late_at
        return replace(
            told_more,
            state=State.PENDING,
            rule=None,
            reason=None,
            text="",
            late_note="",
            due_at=_safety(opening.run),
            late_at=late_at,
        )
    return awaited(told_more, glance, event, opening)


def _told_more(glance: Glance, event: Event) -> Activity:
    """The next head, with what it carries of the events now."""
    head, steps = glance.head, STEPS[event.kind]
    if glance.events is None and glance.told is not None and steps.carries is not None:
        ends = (head.ended_at, steps.ended_at((event,)))
        ended_at = max((at for at in ends if at is not None), default=None)
        told: Told | None = steps.carries.with_one(glance.told, event)
    else:
        events = (*(glance.events or ()), event)
        ended_at = steps.ended_at(events)
        told = steps.carries.by(events) if steps.carries else None
    return replace(head, version=head.version + 1, ended_at=ended_at, told=told)


def _only_adds(head: Activity, event: Event) -> bool:
    """A chat that waits for its end goes on waiting, however much is said meanwhile."""
    waits = head.state is State.WAITING and head.reason == CHAT_END
    return waits and event.trigger is None


def _may_begin_again(head: Activity) -> bool:
    """Nothing was decided yet, or what was decided spoke of an event, not of the call."""
    awaits_event = head.state is State.WAITING and head.reason in AWAITS_EVENT
    spoke_of_event = head.state in FINAL and (
        head.reason in (IGNORED, UNREADABLE, "no_end", "dead_letter")
    )
    return awaits_event or (spoke_of_event and not head.slots)


def new_head(message: EventMessage, run: Run, *, ended_at: datetime | None = None) -> Activity:
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
        due_at=_safety(run),
    )


def _safety(run: Run) -> datetime:
    """When the caretaker looks at it should this process die before deciding."""
    return run.now() + timedelta(seconds=run.timing.worker_timeout_s + 5)

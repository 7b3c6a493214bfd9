"""What to do when a step cannot go on: wait, park or fail, each with a sentence for the admin.

An activity waits for the end of its call or chat, for a place among its tenant's requests in flight, for a
fence, for an org that can be asked; one that is logged stays so while its late facts wait.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta

from switchhook.domain.activity import Activity, Entry, SlotState, State
from switchhook.domain.chats.files import files_due_at
from switchhook.domain.chats.screening import AwaitTrigger
from switchhook.domain.connection import Connection, ConnectionStatus
from switchhook.domain.errors import Retryable
from switchhook.domain.rules import Rule
from switchhook.domain.settings.schema import Settings
from switchhook.domain.timing import SHORT_WAIT_S, back_off
from switchhook.domain.writing.late_facts import with_note
from switchhook.domain.writing.slots import in_doubt, is_unanswered
from switchhook.ports.ledger import LedgerWrite, ParkWith
from switchhook.usecases.record.gather import Opened
from switchhook.usecases.record.world import Books, Progress, Run, Sessions

BUDGET = "budget"
CONNECTION = "connection"
NOT_CONNECTED = "not_connected"
IN_DOUBT = "in_doubt"
"""A newer decision, or refusal, came while an earlier request may still land: look, do not send."""

DOUBLE = "duplicate_value"
"""Salesforce says that what was sent exists already: look whose it is."""

_LONGEST_UNLOGGED_S = 900.0
"""Somebody waits for the Task, and looks for it as soon as Salesforce is well again."""

_LONGEST_LOGGED_S = 3600.0
"""Only additions wait, whether they are facts or files; a long outage is not to be paid for each quarter hour."""

_MOST_DOUBLINGS = 10

_PARKED_TEXT = {
    BUDGET: "Parked: the org's daily API allowance is spent. It goes on when Salesforce accepts"
    " requests again; nothing has to be done.",
    CONNECTION: "Parked: Salesforce no longer accepts the tenant's grant. An admin connects it again;"
    " then it goes on by itself.",
    NOT_CONNECTED: "Parked: Salesforce is not connected. An admin connects it; then it goes on by"
    " itself.",
}


def usable(connection: Connection | None) -> bool:
    """True when the tenant's org may be asked now."""
    return (
        connection is not None
        and connection.status is ConnectionStatus.CONNECTED
        and connection.parked is None
    )


def wait(
    head: Activity, *, reason: str, text: str, books: Books, least_s: float, grows: bool = True
) -> Progress:
    """Leave the activity waiting, doubling with each try; a short wait also sends a wake-up."""
    wait_s = back_off(
        max(least_s, 0.0),
        head.tries if grows else 0,
        most_doublings=_MOST_DOUBLINGS,
        longest_s=_LONGEST_UNLOGGED_S,
    )
    may_be_in_org = any(slot.state is SlotState.SENT for slot in head.slots)
    # What is looked for, and since when, hangs on the reason: trouble of a look-up must not change it.
    is_looked_for = may_be_in_org and head.reason in (IN_DOUBT, DOUBLE)
    waiting = replace(
        head,
        version=head.version + 1,
        state=State.UNKNOWN if may_be_in_org else State.WAITING,
        reason=head.reason if is_looked_for else reason,
        rule=None,
        text=f"Waiting: {text}",
        tries=head.tries + 1 if grows else head.tries,
        due_at=books.run.now() + timedelta(seconds=wait_s),
    )
    return leave(LedgerWrite(head=waiting), books)


def leave(write: LedgerWrite, books: Books) -> Progress:
    """Commit a head that rests until its due date, and see that it is woken then."""
    books.ledger.commit(write)
    wake_at(write.head, books)
    return Progress(head=write.head)


def wake_at(head: Activity, books: Books) -> None:
    """Send the wake-up of a short wait; the caretaker finds the due date in any case."""
    if head.due_at is None:
        return
    wait_s = (head.due_at - books.run.now()).total_seconds()
    if wait_s <= SHORT_WAIT_S:
        books.wake_ups.wake(head.tenant, head.id, delay_s=max(0, round(wait_s + 0.5)))


def park(head: Activity, connection: Connection | None, books: Books) -> Progress:
    """Park the activity while its tenant's org may not be asked (SH-4); `connection` is what says so.

    The commit holds only while the connection is as seen, so an activity cannot slip in behind a
    drain that has just ended; then the step is tried again.

    Raises:
        Conflict: the connection was repaired, or broke, in this moment.
    """
    reason = why_unusable(connection)
    if head.state is State.PARKED and head.reason == reason:
        return Progress(head=head)
    parked = replace(
        head,
        version=head.version + 1,
        state=State.PARKED,
        reason=reason,
        rule=Rule.SH_4,
        text=_PARKED_TEXT[reason],
        due_at=None,
    )
    books.ledger.commit(LedgerWrite(head=parked, park=parking(connection, books.run)))
    return Progress(head=parked)


def parking(connection: Connection | None, run: Run) -> ParkWith:
    """The mark by which the caretaker probes a tenant whose org may not be asked (SH-4)."""
    return ParkWith(
        seen=connection,
        reason=why_unusable(connection),
        probe_at=run.now() + timedelta(seconds=run.timing.caretaker_interval_s),
    )


def why_unusable(connection: Connection | None) -> str:
    """Names what keeps the tenant's org from being asked; `usable` says that something does."""
    if connection is None or connection.status is ConnectionStatus.NOT_CONNECTED:
        return NOT_CONNECTED
    return BUDGET if connection.status is ConnectionStatus.CONNECTED else CONNECTION


_DECIDED_OTHERWISE = (
    "it is decided otherwise now, but an earlier request was never answered and may still be"
    " carried out."
)


def await_fence(head: Activity, books: Books, *, why: str = _DECIDED_OTHERWISE) -> Progress:
    """Conclude nothing before it is certain what became of a request that was never answered."""
    fence = head.fence_until or books.run.now()
    waiting = replace(
        head,
        version=head.version + 1,
        state=State.UNKNOWN,
        reason=IN_DOUBT,
        rule=None,
        text=f"Not known yet: {why} From {fence:%H:%M:%S} UTC on that is certain.",
        slots=in_doubt(head),
        due_at=max(fence, books.run.now() + timedelta(seconds=1)),
    )
    return leave(LedgerWrite(head=waiting), books)


def fail(head: Activity, *, reason: str, text: str, books: Books) -> Progress:
    """End the activity as failed, in words that name who can act; not while a request may yet land."""
    if is_unanswered(head):
        return await_fence(head, books)
    failed = failed_head(head, reason=reason, text=text)
    books.ledger.commit(LedgerWrite(head=failed))
    return Progress(head=failed)


def failed_head(head: Activity, *, reason: str, text: str) -> Activity:
    """The head of an activity that ends as failed."""
    return replace(
        head,
        version=head.version + 1,
        state=State.FAILED,
        reason=reason,
        rule=None,
        text=f"Failed: {text}",
        due_at=None,
    )


CALL_END = "call_end"
BETTER_EVENT = "better_event"
CHAT_END = "chat_end"
AWAITS_EVENT = frozenset({CALL_END, BETTER_EVENT, CHAT_END})
"""Why an activity waits that the next event may set going at once."""

_END_COMES_WITHIN = timedelta(hours=24)
_CHAT_LASTS = timedelta(days=7)


def await_better_end(head: Activity, until: datetime, books: Books) -> Progress:
    """Wait for the fuller report that the provider soon sends of an end, from the first such end on."""
    text = "Waiting: the call has ended, and the provider's fuller report of it is still to come."
    return _rest(head, until, reason=BETTER_EVENT, text=text, books=books)


def chat_ends_by(entry: Entry) -> datetime:
    """Until when what sets a chat off is waited for: seven days from its newest event."""
    newest = max((event.received_at for event in entry.events), default=entry.head.received_at)
    return newest + _CHAT_LASTS


def await_trigger(entry: Entry, head: Activity, awaited: AwaitTrigger, books: Books) -> Progress:
    """Wait for what sets the chat off; where it does not come, the admin is told that it never did."""
    ends_by = chat_ends_by(entry)
    if books.run.now() >= ends_by:
        text = (
            f"{awaited.text} None of it came within 7 days of the chat's newest event. Should it come"
            " yet, the chat is recorded."
        )
        return fail(head, reason="no_end", text=text, books=books)
    text = f"Waiting: {awaited.text}"
    return _rest(head, ends_by, reason=CHAT_END, text=text, books=books)


def without_end(head: Activity, books: Books) -> Progress:
    """Facts that come before the end wait for it, for a day."""
    ends_by = head.received_at + _END_COMES_WITHIN
    if books.run.now() >= ends_by:
        text = "Only additions to this call arrived; its end was not reported within 24 hours."
        return fail(head, reason="no_end", text=text, books=books)
    text = "Waiting: additions to the call have arrived before its end."
    return _rest(head, ends_by, reason=CALL_END, text=text, books=books)


def _rest(head: Activity, until: datetime, *, reason: str, text: str, books: Books) -> Progress:
    waiting = replace(
        head,
        version=head.version + 1,
        state=State.WAITING,
        reason=reason,
        text=text,
        due_at=until,
    )
    return leave(LedgerWrite(head=waiting), books)


@contextmanager
def place_in_flight(opened: Opened, sessions: Sessions) -> Iterator[bool]:
    """Holds a place while the block runs; gives False when the tenant has none left.

    Two workers that meet at one activity have a place each, so the loser frees only its own.
    """
    with place_of(opened.head, opened.settings, sessions) as has_place:
        yield has_place


@contextmanager
def place_of(head: Activity, settings: Settings, sessions: Sessions) -> Iterator[bool]:
    """Does the same for an activity of which no more is known than its head."""
    now = sessions.run.now()
    holder = f"{head.id}:{sessions.run.holder}"
    until = now + timedelta(seconds=sessions.run.timing.worker_timeout_s)
    if not sessions.flights.take_off(
        head.tenant, holder, cap=_places(head, settings), now=now, until=until
    ):
        yield False
        return
    try:
        yield True
    finally:
        # A place that is not given back is free again when its time is over.
        with suppress(Retryable):
            sessions.flights.land(head.tenant, holder)


def _places(head: Activity, settings: Settings) -> int:
    """How many of the tenant's places this activity may be one of: the past leaves half to the present."""
    most = settings.max_in_flight
    return max(1, most // 2) if head.backfilled else most


WHILE_UNUSABLE_S = 60.0
UNUSABLE = "the org cannot be asked now; the connection says why."


def logged_waits_s(after_s: float, tries: int) -> float:
    """How long something of a logged activity waits: twice as long with each try, an hour at most."""
    return back_off(after_s, tries, most_doublings=_MOST_DOUBLINGS, longest_s=_LONGEST_LOGGED_S)


def rest(head: Activity, books: Books, *, note: str | None = None) -> Progress:
    """Nothing is left to bring into the org."""
    resting = replace(
        with_note(head, note) if note else head,
        version=head.version + 1,
        tries=0,
        due_at=due_next(head, None, books.run),
    )
    return leave(LedgerWrite(head=resting), books)


def due_next(head: Activity, late_at: datetime | None, run: Run) -> datetime | None:
    """When the activity is looked at again: for later facts, or for a file that is still to be attached."""
    files_at = files_due_at(head.slots, now=run.now())
    return min((at for at in (late_at, files_at) if at is not None), default=None)


def window_end(settings: Settings, run: Run) -> datetime:
    """When facts that come now are brought into the org."""
    return run.now() + timedelta(seconds=settings.late_facts_window_s)


def look_again(head: Activity, books: Books, *, after_s: float, why: str) -> Progress:
    """Try again later, after twice the time with each try, but at least once an hour."""
    return leave(LedgerWrite(head=_waiting(head, books.run, after_s=after_s, why=why)), books)


def _waiting(head: Activity, run: Run, *, after_s: float, why: str) -> Activity:
    wait_s = logged_waits_s(after_s, head.tries)
    return replace(
        with_note(head, f"they wait: {why}"),
        version=head.version + 1,
        tries=head.tries + 1,
        due_at=run.now() + timedelta(seconds=wait_s),
    )


def until_usable(head: Activity, connection: Connection | None, books: Books) -> Progress:
    """Wait for a connection that may be asked; the caretaker is told to probe the tenant's (SH-4).

    Raises:
        Conflict: the connection was repaired, or broke, in this moment.
    """
    waiting = _waiting(head, books.run, after_s=WHILE_UNUSABLE_S, why=UNUSABLE)
    return leave(LedgerWrite(head=waiting, park=parking(connection, books.run)), books)

"""The caretaker's round: what is due goes back to the worker, dead letters go into the ledger (SH-2).

Each part of a round is harmless to repeat and to lose: what is not woken in this round is still due in
the next.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from switchhook.domain.activity import FINAL, Activity, SlotState
from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.errors import (
    Conflict,
    NeedsReconnect,
    Rejected,
    Retryable,
    SwitchhookError,
)
from switchhook.domain.queue_messages import QueueMessage, WakeMessage, from_json
from switchhook.domain.timing import SHARDS
from switchhook.ports.due import DueDates, DueItem
from switchhook.ports.ledger import Connections, Entries, LedgerWrite, TenantReader
from switchhook.ports.org import OrgMetadata
from switchhook.ports.queues import DeadLetters
from switchhook.usecases.org.grants import Grants
from switchhook.usecases.record.take_in import new_head
from switchhook.usecases.record.waiting import failed_head
from switchhook.usecases.record.world import Books, Run, Sessions

_PER_SHARD = 100
_PER_DRAIN = 500
_REST_WHILE_BROKEN = timedelta(hours=1)
_INDEX_SETTLES_IN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round of the caretaker did."""

    woken: int = 0
    drained: int = 0
    kept_alive: int = 0
    broken: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Caring:
    """What a round looks after tenants with; it decides nothing and changes nothing in an org."""

    due_dates: DueDates
    tenants: TenantReader
    sessions: Sessions
    metadata: OrgMetadata
    books: Books


def wake_due(caring: Caring) -> Round:
    """Wake every due activity, drain every repaired tenant, refresh every idle grant."""
    due_dates, books = caring.due_dates, caring.books
    woken = drained = kept_alive = broken = 0
    for shard in range(SHARDS):
        for item in due_dates.due(shard, now=books.run.now(), limit=_PER_SHARD):
            if item.activity_id is not None:
                books.wake_ups.wake(item.tenant, item.activity_id, delay_s=0)
                woken += 1
            elif item.what == "park":
                drained += _look_after_parked(item, caring)
            elif _keep_grant_alive(item, due_dates, caring.sessions.grants, books.run):
                kept_alive += 1
            else:
                broken += 1
    return Round(woken=woken, drained=drained, kept_alive=kept_alive, broken=broken)


def _look_after_parked(item: DueItem, caring: Caring) -> int:
    due_dates, sessions, books = caring.due_dates, caring.sessions, caring.books
    connection = sessions.connections.read(item.tenant)
    if caring.tenants.settings_at(item.tenant, books.run.now()) is None:
        # The tenant was deleted: woken, its activities end as failed with that reason.
        return _drain(item, None, due_dates, books)
    if connection is None or connection.status is not ConnectionStatus.CONNECTED:
        # Connecting again makes the marker due at once; this is only the safety net.
        due_dates.postpone(item, books.run.now() + _REST_WHILE_BROKEN)
        return 0
    if connection.parked is not None and not _budget_recovered(
        item.tenant, sessions.grants, sessions.connections, caring.metadata
    ):
        due_dates.postpone(item, books.run.now() + _interval(books.run))
        return 0
    return _drain(item, connection.refreshed_at or connection.connected_at, due_dates, books)


def _budget_recovered(
    tenant: str, grants: Grants, connections: Connections, metadata: OrgMetadata
) -> bool:
    """Ask the org itself: one request, which a spent budget refuses without counting it."""
    try:
        usage = grants.ask(tenant, metadata.usage)
    except SwitchhookError:
        return False
    connections.note_usage(tenant, usage, parked=None)
    return True


def _drain(item: DueItem, repaired_at: datetime | None, due_dates: DueDates, books: Books) -> int:
    """Wake parked activities, oldest first, spread over the time until the next round."""
    waiting = due_dates.parked(item.tenant, limit=_PER_DRAIN)
    spread_s = books.run.timing.caretaker_interval_s / max(len(waiting), 1)
    for place, activity_id in enumerate(waiting):
        books.wake_ups.wake(item.tenant, activity_id, delay_s=int(place * spread_s))
    settled = repaired_at is None or books.run.now() - repaired_at > _INDEX_SETTLES_IN
    if waiting or not settled:
        due_dates.postpone(item, books.run.now() + _interval(books.run))
        return len(waiting)
    # A tenant that has parked again meanwhile keeps its marker, which is due in the next round.
    with suppress(Conflict):
        due_dates.postpone(item, None)
    return 0


def _interval(run: Run) -> timedelta:
    return timedelta(seconds=run.timing.caretaker_interval_s)


def _keep_grant_alive(item: DueItem, due_dates: DueDates, grants: Grants, run: Run) -> bool:
    """False when the grant turned out to be gone."""
    try:
        again_at = grants.keep_alive(item.tenant)
    except NeedsReconnect:
        due_dates.postpone(item, None)
        return False
    except Retryable as error:
        again_at = run.now() + timedelta(seconds=error.after_s)
    due_dates.postpone(item, again_at)
    return True


_MOST_BATCHES = 20
_PER_BATCH = 10
_TEXT = (
    "this event could not be processed however often it was tried. The operator finds the cause in"
    " the worker's log; replay the activity afterwards."
)


def bury_dead_letters(dead_letters: DeadLetters, books: Books) -> int:
    """Write every dead letter down as failed(dead_letter) and remove it; returns how many.

    A letter whose activity has moved on by itself is only removed. One that was changed just now comes
    back with the next round.
    """
    buried = 0
    for _ in range(_MOST_BATCHES):
        letters = dead_letters.receive(_PER_BATCH)
        if not letters:
            break
        for letter in letters:
            if _written_down(letter.body, books):
                dead_letters.delete(letter.receipt)
                buried += 1
    return buried


def _written_down(body: str, books: Books) -> bool:
    try:
        message = from_json(body)
    except Rejected:
        # Not of our making: there is no activity that it could speak of.
        return True
    head = _head_of(message, books.ledger, books.run)
    if head is None:
        return True
    try:
        books.ledger.commit(LedgerWrite(head=failed_head(head, reason="dead_letter", text=_TEXT)))
    except Conflict:
        return False
    return True


def _head_of(message: QueueMessage, entries: Entries, run: Run) -> Activity | None:
    """The head to fail; None when it is final, gone, or must be looked for in the org first."""
    entry = entries.read(message.tenant, message.activity_id)
    if entry is None:
        if isinstance(message, WakeMessage):
            return None
        return replace(new_head(message, run), version=0)
    may_be_in_org = any(slot.state is SlotState.SENT for slot in entry.head.slots)
    return None if entry.head.state in FINAL or may_be_in_org else entry.head

"""What a tenant's marker in the due list asks for: a probe, a drain, a refresh of its grant (SH-4, SH-8).

The caretaker only says that the date has passed. Here each tenant's org is asked in a message of its own
tenant, so one that hangs delays no other. Doing it twice, or not at all, changes nothing but the time.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.errors import Conflict, NeedsReconnect, Retryable, SwitchhookError
from switchhook.domain.queue_messages import KeepAliveMessage, ParkedMessage, WakeMessage
from switchhook.ports.due import GRANT, PARK, DueDates, DueItem
from switchhook.ports.ledger import Connections, TenantReader
from switchhook.ports.org import OrgMetadata
from switchhook.ports.queues import PER_BATCH, Outgoing
from switchhook.usecases.org.grants import Grants
from switchhook.usecases.record.world import Books, Run, Sessions

_PER_DRAIN = 500
_REST_WHILE_BROKEN = timedelta(hours=1)
_INDEX_SETTLES_IN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caring:
    """What tenants are looked after with; it decides nothing and changes nothing in an org."""

    due_dates: DueDates
    tenants: TenantReader
    sessions: Sessions
    metadata: OrgMetadata
    books: Books


def look_after_parked(message: ParkedMessage, caring: Caring) -> int:
    """Wake a tenant's parked activities once its org may be asked again; returns how many were woken.

    Raises:
        Retryable: a table or the queue is busy; what was not woken is woken at the next date.
    """
    item = _marker(message, PARK)
    due_dates, sessions, run = caring.due_dates, caring.sessions, caring.books.run
    connection = sessions.connections.read(item.tenant)
    if caring.tenants.settings_at(item.tenant, run.now()) is None:
        # The tenant was deleted: woken, its activities end as failed with that reason.
        return _drain(item, None, caring)
    if connection is None or connection.status is not ConnectionStatus.CONNECTED:
        # Connecting again makes the marker due at once; this is only the safety net.
        due_dates.postpone(item, run.now() + _REST_WHILE_BROKEN)
        return 0
    if connection.parked is not None and not _budget_recovered(
        item.tenant, sessions.grants, sessions.connections, caring.metadata
    ):
        due_dates.postpone(item, run.now() + _interval(run))
        return 0
    return _drain(item, connection.refreshed_at or connection.connected_at, caring)


def keep_grant_alive(message: KeepAliveMessage, caring: Caring) -> bool:
    """Refresh an idle grant; False when it turned out to be gone.

    Raises:
        Permanent, Retryable: what the grant is kept in is away or unreadable; it is due again by itself.
    """
    item = _marker(message, GRANT)
    try:
        again_at = caring.sessions.grants.keep_alive(item.tenant)
    except NeedsReconnect:
        caring.due_dates.postpone(item, None)
        return False
    except Retryable as error:
        again_at = caring.books.run.now() + timedelta(seconds=error.after_s)
    caring.due_dates.postpone(item, again_at)
    return True


def _marker(message: ParkedMessage | KeepAliveMessage, what: str) -> DueItem:
    return DueItem(
        tenant=message.tenant,
        what=what,
        activity_id=None,
        due_at=message.due_at,
        leased_until=message.leased_until,
    )


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


def _drain(item: DueItem, repaired_at: datetime | None, caring: Caring) -> int:
    """Wake parked activities, oldest first, spread over the time until the next round."""
    due_dates, run = caring.due_dates, caring.books.run
    waiting = due_dates.parked(item.tenant, limit=_PER_DRAIN)
    _wake_spread(item.tenant, waiting, caring.books)
    settled = repaired_at is None or run.now() - repaired_at > _INDEX_SETTLES_IN
    if waiting or not settled:
        due_dates.postpone(item, run.now() + _interval(run))
        return len(waiting)
    # A tenant that has parked again meanwhile keeps its marker, which is due in the next round.
    with suppress(Conflict):
        due_dates.postpone(item, None)
    return 0


def _wake_spread(tenant: str, waiting: tuple[str, ...], books: Books) -> None:
    """Send wake-ups over one interval; those that the queue refuses are parked still, and found again."""
    spread_s = books.run.timing.caretaker_interval_s / max(len(waiting), 1)
    wakes = [
        Outgoing(
            message=WakeMessage(tenant=tenant, activity_id=activity_id),
            delay_s=int(place * spread_s),
        )
        for place, activity_id in enumerate(waiting)
    ]
    for first in range(0, len(wakes), PER_BATCH):
        books.wake_ups.send_batch(wakes[first : first + PER_BATCH])


def _interval(run: Run) -> timedelta:
    return timedelta(seconds=run.timing.caretaker_interval_s)

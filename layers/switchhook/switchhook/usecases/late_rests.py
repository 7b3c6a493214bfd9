"""How late facts wait: the activity stays logged, and its due date says when it is looked at again."""

from dataclasses import replace
from datetime import datetime, timedelta

from switchhook.domain.activity import Activity
from switchhook.domain.chat_files import files_due_at
from switchhook.domain.connection import Connection
from switchhook.domain.errors import (
    BudgetSpent,
    NeedsReconnect,
    Permanent,
    Retryable,
    SessionExpired,
    SwitchhookError,
)
from switchhook.domain.late_facts import with_note
from switchhook.ports import LedgerWrite
from switchhook.usecases.attempt import Attempt, Progress
from switchhook.usecases.setbacks import (
    BUDGET,
    RENEWALS_ALLOWED,
    STALE_METADATA,
    leave,
    parking,
    renew,
    usable,
)
from switchhook.usecases.world import World

_LEAST_S = 5.0
_LONGEST_S = 3600.0
_MOST_DOUBLINGS = 6
_WHILE_UNUSABLE_S = 60.0


def rest(head: Activity, world: World, *, note: str | None = None) -> Progress:
    """Nothing is left to bring into the org."""
    resting = replace(
        head,
        version=head.version + 1,
        tries=0,
        due_at=due_next(head, None, world),
        text=with_note(head.text, note) if note else head.text,
    )
    return leave(LedgerWrite(head=resting), world)


def due_next(head: Activity, late_at: datetime | None, world: World) -> datetime | None:
    """When the activity is looked at again: for later facts, or for a file that is still to be attached."""
    files_at = files_due_at(head.slots, now=world.now())
    return min((at for at in (late_at, files_at) if at is not None), default=None)


def look_again(head: Activity, world: World, *, after_s: float, why: str) -> Progress:
    """Try again later, after twice the time with each try, but at least once an hour."""
    return leave(LedgerWrite(head=_waiting(head, world, after_s=after_s, why=why)), world)


def _waiting(head: Activity, world: World, *, after_s: float, why: str) -> Activity:
    wait_s = min(after_s * 2 ** min(head.tries, _MOST_DOUBLINGS), _LONGEST_S)
    return replace(
        head,
        version=head.version + 1,
        tries=head.tries + 1,
        due_at=world.now() + timedelta(seconds=wait_s),
        text=with_note(head.text, f"they wait: {why}"),
    )


def until_usable(head: Activity, connection: Connection | None, world: World) -> Progress:
    """Wait for a connection that may be asked; the caretaker is told to probe the tenant's (SH-4).

    Raises:
        Conflict: the connection was repaired, or broke, in this moment.
    """
    waiting = _waiting(
        head,
        world,
        after_s=_WHILE_UNUSABLE_S,
        why="the org cannot be asked now; the connection says why.",
    )
    return leave(LedgerWrite(head=waiting, park=parking(connection, world)), world)


def set_back(head: Activity, error: SwitchhookError, attempt: Attempt, world: World) -> Progress:
    """Turn an error that happened while nothing was being written into what comes next."""
    attempt.note("bring in late facts", error.code, world)
    match error:
        case SessionExpired() if attempt.renewals < RENEWALS_ALLOWED:
            return _renewed(head, attempt, world)
        case BudgetSpent() | NeedsReconnect():
            if isinstance(error, BudgetSpent):
                world.connections.note_usage(head.tenant, None, parked=BUDGET)
            connection = world.connections.read(head.tenant)
            if usable(connection):
                return Progress(head=head, go_on=True)
            return until_usable(head, connection, world)
        case Retryable():
            return look_again(head, world, after_s=max(error.after_s, _LEAST_S), why=error.message)
        case Permanent() if error.code in STALE_METADATA and not attempt.facts_refreshed:
            attempt.refresh_facts = True
            return Progress(head=head, go_on=True)
        case _:
            note = f"they were not added: {error.code}: {error.message}"
            return rest(head, world, note=note)


def _renewed(head: Activity, attempt: Attempt, world: World) -> Progress:
    attempt.renewals += 1
    spent = world.grants.get(head.tenant)
    if spent is None:
        return Progress(head=head, go_on=True)
    try:
        renew(spent, world)
    except (NeedsReconnect, Retryable) as error:
        return set_back(head, error, attempt, world)
    return Progress(head=head, go_on=True)

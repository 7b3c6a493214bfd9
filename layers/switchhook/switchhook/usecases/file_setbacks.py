"""How the files of a chat wait while its tenant's org cannot be asked; the chat itself stays logged."""

from dataclasses import replace
from datetime import timedelta

from switchhook.domain.connection import Connection
from switchhook.domain.errors import (
    BudgetSpent,
    NeedsReconnect,
    Retryable,
    SessionExpired,
    SwitchhookError,
)
from switchhook.domain.slot_files import SlotFile
from switchhook.ports import ParkWith
from switchhook.usecases.attempt import Attempt, Progress
from switchhook.usecases.file_progress import Work, conclude, refused, tried
from switchhook.usecases.setbacks import BUDGET, RENEWALS_ALLOWED, parking, renew, usable
from switchhook.usecases.world import World

_SESSION_RESTS_S = 30.0
_WHILE_UNUSABLE_S = 300.0
_LONGEST_REASON = 300


def wait_all(work: Work, world: World, *, after_s: float, park: ParkWith | None = None) -> Progress:
    """Every file that is due waits, for it is not the files that are in trouble: no try is counted."""
    until = world.now() + timedelta(seconds=after_s)

    def later(file: SlotFile) -> SlotFile:
        own = work.file if file.path == work.file.path else file
        is_due = own.is_open and (own.due_at is None or own.due_at < until)
        return replace(own, due_at=until) if is_due else own

    return conclude(work, later, world, park=park)


def until_usable(work: Work, connection: Connection | None, world: World) -> Progress:
    """Wait for a connection that may be asked; the caretaker is told to probe the tenant's (SH-4).

    Raises:
        Conflict: the connection was repaired, or broke, in this moment.
    """
    return wait_all(work, world, after_s=_WHILE_UNUSABLE_S, park=parking(connection, world))


def set_back(work: Work, error: SwitchhookError, attempt: Attempt, world: World) -> Progress:
    """Turn an error of the tenant's org into what comes next, the file as it stands in `work`."""
    match error:
        case SessionExpired():
            return _renewed(work, attempt, world)
        case BudgetSpent() | NeedsReconnect():
            if isinstance(error, BudgetSpent):
                world.connections.note_usage(work.head.tenant, None, parked=BUDGET)
            connection = world.connections.read(work.head.tenant)
            if usable(connection):
                return wait_all(work, world, after_s=0)
            return until_usable(work, connection, world)
        case Retryable():
            return tried(work, error.message, world)
        case _:
            words = f"Salesforce refused it: {error.code}: {error.message}"[:_LONGEST_REASON]
            return refused(work, words, world)


def _renewed(work: Work, attempt: Attempt, world: World) -> Progress:
    spent = world.grants.get(work.head.tenant)
    if spent is None or attempt.renewals >= RENEWALS_ALLOWED:
        return wait_all(work, world, after_s=_SESSION_RESTS_S)
    attempt.renewals += 1
    try:
        renew(spent, world)
    except NeedsReconnect as error:
        return set_back(work, error, attempt, world)
    except Retryable as error:
        return wait_all(work, world, after_s=max(error.after_s, _SESSION_RESTS_S))
    return wait_all(work, world, after_s=0)

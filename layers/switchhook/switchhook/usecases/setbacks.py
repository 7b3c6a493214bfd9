"""What to do when a step cannot go on: wait, park or fail, each with a sentence for the admin."""

from dataclasses import replace
from datetime import timedelta

from switchhook.domain.activity import Activity, SlotState, State
from switchhook.domain.connection import Connection, ConnectionStatus, Grant
from switchhook.domain.errors import (
    BudgetSpent,
    NeedsReconnect,
    Permanent,
    Retryable,
    SessionExpired,
    SwitchhookError,
)
from switchhook.domain.timing import SHORT_WAIT_S
from switchhook.ports import LedgerWrite, ParkWith
from switchhook.usecases.attempt import Attempt, Progress
from switchhook.usecases.grants import renew_grant
from switchhook.usecases.world import World

BUDGET = "budget"
CONNECTION = "connection"
NOT_CONNECTED = "not_connected"
RENEWALS_ALLOWED = 2
"""How often one run may renew a session before it waits."""

_LONGEST_WAIT_S = 900.0
STALE_METADATA = frozenset({"INVALID_FIELD", "INVALID_TYPE"})

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


def set_back(head: Activity, error: SwitchhookError, attempt: Attempt, world: World) -> Progress:
    """Turn an error that happened while nothing was being sent into what comes next."""
    attempt.note("setback", error.code, world)
    match error:
        case SessionExpired():
            return _renew(head, attempt, world)
        case BudgetSpent():
            world.connections.note_usage(head.tenant, None, parked=BUDGET)
            return park(head, world)
        case NeedsReconnect():
            return park(head, world)
        case Retryable():
            return wait(
                head, reason=error.code, text=error.message, world=world, least_s=error.after_s
            )
        case Permanent() if error.code in STALE_METADATA and not attempt.facts_refreshed:
            attempt.refresh_facts = True
            return Progress(head=head, go_on=True)
        case _:
            return fail(head, reason=error.code, text=error.message, world=world)


def _renew(head: Activity, attempt: Attempt, world: World) -> Progress:
    spent = world.grants.get(head.tenant)
    if spent is None or attempt.renewals >= RENEWALS_ALLOWED:
        text = "Salesforce keeps refusing a session that was just renewed; it is tried again."
        return wait(head, reason="session", text=text, world=world, least_s=30)
    attempt.renewals += 1
    try:
        renew(spent, world)
    except NeedsReconnect:
        return park(head, world)
    except Retryable as error:
        return wait(head, reason="token", text=error.message, world=world, least_s=error.after_s)
    return Progress(head=head, go_on=True)


def renew(spent: Grant, world: World) -> None:
    """Put a newer grant in the place of a spent one, for the next request to use.

    Raises:
        NeedsReconnect, Retryable: there is none now.
    """
    world.grants[spent.tenant] = renew_grant(
        spent,
        connections=world.connections,
        cipher=world.cipher,
        tokens=world.tokens,
        holder=world.holder,
        clock=world.clock,
        timing=world.timing,
    )


def wait(
    head: Activity, *, reason: str, text: str, world: World, least_s: float, grows: bool = True
) -> Progress:
    """Leave the activity waiting, doubling with each try; a short wait also sends a wake-up."""
    growth = 2 ** min(head.tries, 10) if grows else 1
    wait_s = min(max(least_s, 0.0) * growth, _LONGEST_WAIT_S)
    state = State.UNKNOWN if _may_be_in_org(head) else State.WAITING
    waiting = replace(
        head,
        version=head.version + 1,
        state=state,
        reason=reason,
        rule=None,
        text=f"Waiting: {text}",
        tries=head.tries + 1 if grows else head.tries,
        due_at=world.now() + timedelta(seconds=wait_s),
    )
    return leave(LedgerWrite(head=waiting), world)


def leave(write: LedgerWrite, world: World) -> Progress:
    """Commit a head that rests until its due date, and see that it is woken then."""
    world.ledger.commit(write)
    wake_at(write.head, world)
    return Progress(head=write.head)


def wake_at(head: Activity, world: World) -> None:
    """Send the wake-up of a short wait; the caretaker finds the due date in any case."""
    if head.due_at is None:
        return
    wait_s = (head.due_at - world.now()).total_seconds()
    if wait_s <= SHORT_WAIT_S:
        world.wake_ups.wake(head.tenant, head.id, delay_s=max(0, round(wait_s + 0.5)))


def _may_be_in_org(head: Activity) -> bool:
    return any(slot.state is SlotState.SENT for slot in head.slots)


def park(head: Activity, world: World) -> Progress:
    """Park the activity while its tenant's org may not be asked (SH-4).

    The commit holds only while the connection is as seen, so an activity cannot slip in behind a
    drain that has just ended; then the step is tried again.
    """
    connection = world.connections.read(head.tenant)
    if usable(connection):
        return Progress(head=head, go_on=True)
    reason = why_unusable(connection)
    if head.state is State.PARKED and head.reason == reason:
        return Progress(head=head)
    parked = replace(
        head,
        version=head.version + 1,
        state=State.PARKED,
        reason=reason,
        rule="SH-4",
        text=_PARKED_TEXT[reason],
        due_at=None,
    )
    world.ledger.commit(LedgerWrite(head=parked, park=parking(connection, world)))
    return Progress(head=parked)


def parking(connection: Connection | None, world: World) -> ParkWith:
    """The mark by which the caretaker probes a tenant whose org may not be asked (SH-4)."""
    return ParkWith(
        seen=connection,
        reason=why_unusable(connection),
        probe_at=world.now() + timedelta(seconds=world.timing.caretaker_interval_s),
    )


def why_unusable(connection: Connection | None) -> str:
    """Names what keeps the tenant's org from being asked; `usable` says that something does."""
    if connection is None or connection.status is ConnectionStatus.NOT_CONNECTED:
        return NOT_CONNECTED
    return BUDGET if connection.status is ConnectionStatus.CONNECTED else CONNECTION


def fail(head: Activity, *, reason: str, text: str, world: World) -> Progress:
    """End the activity as failed, in words that name who can act."""
    failed = failed_head(head, reason=reason, text=text)
    world.ledger.commit(LedgerWrite(head=failed))
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

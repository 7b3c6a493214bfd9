"""What follows an error that came while nothing was being sent: go on, wait, park, or give up.

One function decides for every step alike. In what the steps differ is told by a policy: how long they
wait, what they may lose, and which head they write.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from switchhook.domain.activity import Activity
from switchhook.domain.connection import Connection
from switchhook.domain.errors import (
    BudgetSpent,
    Conflict,
    NeedsReconnect,
    Permanent,
    Retryable,
    SessionExpired,
    SwitchhookError,
)
from switchhook.usecases.record.waiting import (
    BUDGET,
    fail,
    look_again,
    park,
    rest,
    until_usable,
    usable,
    wait,
)
from switchhook.usecases.record.world import Attempt, Books, Progress, Sessions

STALE_METADATA = frozenset({"INVALID_FIELD", "INVALID_TYPE"})

RENEWALS_ALLOWED = 2
"""How often one run may renew a session before it waits."""

_SESSION_RESTS_S = 30.0


class OfTenant(Protocol):
    """Something of a tenant that can be set back."""

    @property
    def tenant(self) -> str:
        """Whose org it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback[Step: OfTenant]:
    """What a step does when it is set back.

    `noted_as` is its name among the requests that an admin sees. It waits `at_least_s`. `reads_metadata`
    says that it goes by the org's metadata, so that reading them anew may be the cure.
    `wait` is told of the trouble and after how long it may be over at the earliest.
    """

    noted_as: str
    at_least_s: float
    reads_metadata: bool
    go_on: Callable[[Step, Books], Progress]
    wait: Callable[[Step, Retryable, float, Books], Progress]
    until_usable: Callable[[Step, Connection | None, Books], Progress]
    give_up: Callable[[Step, SwitchhookError, Books], Progress]


def set_back[Step: OfTenant](
    step: Step,
    error: SwitchhookError,
    policy: Setback[Step],
    attempt: Attempt,
    books: Books,
    sessions: Sessions,
) -> Progress:
    """Turn an error that happened while nothing was being sent into what comes next.

    Raises:
        Conflict: that was the error; or the connection was repaired, or broke, in this moment.
    """
    if isinstance(error, Conflict):
        raise error
    attempt.note(policy.noted_as, error.code)
    match error:
        case SessionExpired():
            return _renew(step, policy, attempt, books, sessions)
        case BudgetSpent():
            sessions.connections.note_usage(step.tenant, None, parked=BUDGET)
            return _until_usable(step, policy, books, sessions)
        case NeedsReconnect():
            return _until_usable(step, policy, books, sessions)
        case Retryable():
            return _wait(step, error, policy, books)
        case Permanent() if (
            policy.reads_metadata and error.code in STALE_METADATA and not attempt.facts_refreshed
        ):
            attempt.refresh_facts = True
            return policy.go_on(step, books)
        case _:
            return policy.give_up(step, error, books)


def _renew[Step: OfTenant](
    step: Step, policy: Setback[Step], attempt: Attempt, books: Books, sessions: Sessions
) -> Progress:
    if attempt.renewals >= RENEWALS_ALLOWED:
        text = "Salesforce keeps refusing a session that was just renewed; it is tried again."
        refused = Retryable(text, code="session", after_s=_SESSION_RESTS_S)
        return _wait(step, refused, policy, books)
    attempt.renewals += 1
    try:
        sessions.grants.renew(step.tenant)
    except NeedsReconnect:
        return _until_usable(step, policy, books, sessions)
    except Retryable as error:
        postponed = Retryable(error.message, code="token", after_s=error.after_s)
        return _wait(step, postponed, policy, books)
    return policy.go_on(step, books)


def _wait[Step: OfTenant](
    step: Step, trouble: Retryable, policy: Setback[Step], books: Books
) -> Progress:
    return policy.wait(step, trouble, max(trouble.after_s, policy.at_least_s), books)


def _until_usable[Step: OfTenant](
    step: Step, policy: Setback[Step], books: Books, sessions: Sessions
) -> Progress:
    connection = sessions.connections.read(step.tenant)
    if usable(connection):
        return policy.go_on(step, books)
    return policy.until_usable(step, connection, books)


def _go_on(head: Activity, _books: Books) -> Progress:
    return Progress(head=head, go_on=True)


def _wait_unlogged(head: Activity, trouble: Retryable, least_s: float, books: Books) -> Progress:
    return wait(head, reason=trouble.code, text=trouble.message, books=books, least_s=least_s)


def _fail(head: Activity, error: SwitchhookError, books: Books) -> Progress:
    return fail(head, reason=error.code, text=error.message, books=books)


UNLOGGED = Setback(
    noted_as="setback",
    # Somebody waits for the Task; a second keeps trouble that is over at once from being asked for at once.
    at_least_s=1.0,
    reads_metadata=True,
    go_on=_go_on,
    wait=_wait_unlogged,
    until_usable=park,
    give_up=_fail,
)
"""Nothing of the activity is in the org: it parks where the org may not be asked, and may fail."""


def _wait_logged(head: Activity, trouble: Retryable, least_s: float, books: Books) -> Progress:
    return look_again(head, books, after_s=least_s, why=trouble.message)


def _leave_out(head: Activity, error: SwitchhookError, books: Books) -> Progress:
    return rest(head, books, note=f"they were not added: {error.words}")


LATE_FACTS = Setback(
    noted_as="bring in late facts",
    # Nobody waits for them as for the Task itself.
    at_least_s=5.0,
    reads_metadata=True,
    go_on=_go_on,
    wait=_wait_logged,
    # A logged activity is not parked: a drain would decide it anew.
    until_usable=until_usable,
    # They may be lost, the log may not: it stays, with a note on what it lacks.
    give_up=_leave_out,
)
"""The activity is logged and stays so, whatever becomes of what was told later."""

"""A process that dies while it is set back loses nothing and writes nothing twice (SH-1, SH-4)."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from builders.late_calls import CALL_BACK, WINDOW_S, logged_office, office_with_contact, tell
from builders.mortal import Countdown, DiedError, mortal
from fakes.office import TENANT, Office
from fakes.salesforce import commit_then
from switchhook.domain.activity import State
from switchhook.domain.errors import BudgetSpent, NotDelivered, OutcomeUnknown, SessionExpired
from switchhook.usecases.record.advance import advance

pytestmark = pytest.mark.rule("SH-1", "SH-4")

MORE_THAN_ALL = 60

TROUBLE = {
    "not_delivered": NotDelivered("Salesforce could not be reached."),
    "budget": BudgetSpent("TotalRequests Limit exceeded."),
    "session": SessionExpired("expired"),
}


def about_to_be_sent(office: Office) -> None:
    office.clock.left_s = 0.0
    office.deliver()
    office.clock.left_s = 60.0


def set_back_when_sent(trouble: Exception) -> Office:
    office = office_with_contact()
    about_to_be_sent(office)
    office.org.next_sends = [trouble]
    return office


def set_back_when_looked_for(trouble: Exception) -> Office:
    office = office_with_contact()
    office.org.next_sends = [commit_then(OutcomeUnknown("Salesforce did not answer."))]
    office.deliver()
    office.clock.forward(6)
    office.org.next_reads = [trouble]
    return office


def set_back_when_brought_up_to_date(trouble: Exception) -> Office:
    office = logged_office()
    tell(office, CALL_BACK)
    office.clock.forward(WINDOW_S + 1)
    office.org.next_updates = [trouble]
    return office


STEPS: dict[str, Callable[[Exception], Office]] = {
    "send": set_back_when_sent,
    "look_up": set_back_when_looked_for,
    "late_facts": set_back_when_brought_up_to_date,
}


def run_by_one_who_dies(office: Office, countdown: Countdown) -> None:
    with suppress(DiedError):
        advance(TENANT, office.head().id, mortal(office.new_world("mortal"), countdown))


def says_all(office: Office, step: str) -> bool:
    told = "call back" in str(office.tasks[0]["Description"])
    return len(office.tasks) == 1 and (told or step != "late_facts")


@pytest.mark.parametrize("after", [False, True], ids=["before_the_effect", "after_the_effect"])
@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE.keys())
@pytest.mark.parametrize("step", STEPS)
def test_whoever_dies_while_set_back_loses_nothing(step: str, trouble: Exception, *, after: bool):
    deaths = 0
    for effect in range(1, MORE_THAN_ALL):
        office, countdown = STEPS[step](trouble), Countdown(effect, after=after)
        run_by_one_who_dies(office, countdown)
        office.pass_time(3000, step_s=20)

        assert office.head().state is State.LOGGED, effect
        assert says_all(office, step), effect
        deaths += countdown.has_died

    assert 3 < deaths < MORE_THAN_ALL - 1

"""A process that dies at any point of an update loses no late fact and overwrites nobody (SH-1, SH-5)."""

import pytest

from builders.mortal import Countdown, DiedError, mortal
from fakes.office import NUMBER, TENANT, Office
from switchhook.domain.activity import State, activity_id
from switchhook.domain.facts.event import CallFacts
from switchhook.domain.facts.people import Comment
from switchhook.usecases.record.advance import advance, record_event

pytestmark = pytest.mark.rule("SH-1", "SH-5")

COMMENT = CallFacts(comments=(Comment(text="call back"),), tags=("pricing",))
CALL = activity_id(tenant=TENANT, source="h1", external_id="c-1")
LONGEST = 60


def logged_office() -> Office:
    office = Office()
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.deliver()
    (task,) = office.org.of_type("Task")
    office.org.change(task.id, {"Subject": "Ada, about the offer"})
    office.clock.forward(60)
    return office


def live_until_death(office: Office, countdown: Countdown) -> None:
    message = office.message(COMMENT, event_id="e-late", ended=False)
    world = mortal(office.new_world("worker-mortal"), countdown)
    try:
        record_event(message, world)
        office.clock.forward(31)
        advance(TENANT, CALL, world)
    except DiedError:
        # The queue brings an event again that was not acknowledged.
        record_event(message, office.world)


@pytest.mark.parametrize("after", [False, True], ids=["before_the_effect", "after_the_effect"])
@pytest.mark.parametrize("effect", range(1, 26))
def test_a_death_at_any_effect_leaves_one_task_with_the_fact_and_the_edit(effect: int, after: bool):
    office = logged_office()

    live_until_death(office, Countdown(effect, after=after))
    office.pass_time(240)

    assert [
        (str(task["Subject"]), "call back" in str(task["Description"]), task["CallDisposition"])
        for task in office.tasks
    ] == [("Ada, about the offer", True, "answered; pricing")]
    assert (office.head().state, office.head().due_at) == (State.LOGGED, None)


def test_the_deaths_above_reach_the_last_effect():
    office, countdown = logged_office(), Countdown(LONGEST, after=True)

    live_until_death(office, countdown)

    assert not countdown.has_died
    assert LONGEST - countdown.left <= 25

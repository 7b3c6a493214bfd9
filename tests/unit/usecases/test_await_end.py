"""A call whose end will be told better waits for that, and no longer than it has to."""

from datetime import timedelta

import pytest

from builders.calls import START
from fakes.office import NUMBER, Office, answered_call
from switchhook.domain.activity import State
from switchhook.domain.facts.event import CallFacts, Direction, Outcome


@pytest.fixture
def office() -> Office:
    office = Office()
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    return office


def a_held_end():
    return CallFacts(
        direction=Direction.INBOUND,
        outcome=Outcome.MISSED,
        external_number=NUMBER,
        started_at=START - timedelta(seconds=30),
        ended_at=START,
    )


@pytest.mark.rule("SH-5", "SH-2")
def test_a_held_end_waits_and_says_for_what(office: Office):
    head = office.deliver(a_held_end(), event_id="e-1", held_s=60)

    assert (head.state, head.reason) == (State.WAITING, "better_event")
    assert "fuller report" in head.text
    assert head.due_at == head.received_at + timedelta(seconds=60)
    assert office.tasks == []
    assert [delay_s for _, _, delay_s in office.wake_ups.woken] == [60]


@pytest.mark.rule("SH-5")
def test_the_better_end_is_decided_at_once_and_outranks_the_held_one(office: Office):
    office.deliver(a_held_end(), event_id="e-1", held_s=60)

    head = office.deliver(answered_call(), event_id="e-2")

    assert head.state is State.LOGGED
    assert [task["CallDisposition"] for task in office.tasks] == ["answered"]


@pytest.mark.rule("SH-2")
def test_without_a_better_end_the_held_one_is_logged_when_its_time_is_over(office: Office):
    office.deliver(a_held_end(), event_id="e-1", held_s=60)

    office.pass_time(65)

    assert office.head().state is State.LOGGED
    assert [task["CallDisposition"] for task in office.tasks] == ["missed"]


@pytest.mark.rule("SH-1")
def test_a_second_held_end_does_not_prolong_the_wait(office: Office):
    first = office.deliver(a_held_end(), event_id="e-1", held_s=60)
    office.pass_time(40)

    second = office.deliver(a_held_end(), event_id="e-2", held_s=60)

    assert (second.state, second.due_at) == (State.WAITING, first.due_at)
    office.pass_time(25)
    assert office.head().state is State.LOGGED
    assert len(office.tasks) == 1


def test_a_better_end_that_was_first_is_not_held_up_by_a_held_one(office: Office):
    office.deliver(answered_call(), event_id="e-1")

    head = office.deliver(a_held_end(), event_id="e-2", held_s=60)

    assert head.state is State.LOGGED
    assert len(office.tasks) == 1


def test_an_addition_before_and_a_held_end_wait_one_after_the_other(office: Office):
    early = office.deliver(CallFacts(tags=("hot",)), event_id="e-1", ended=False)
    held = office.deliver(a_held_end(), event_id="e-2", held_s=60)
    office.pass_time(65)

    assert (early.reason, held.reason) == ("call_end", "better_event")
    assert "hot" in str(office.tasks[0]["Description"])

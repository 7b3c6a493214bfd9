"""A party of whom nobody had told when the call was logged gets a Task of its own (SH-1, SH-5)."""

import pytest

from builders.late_calls import WINDOW_S, office_with_contact, tell
from fakes.office import NUMBER, Office, answered_call
from switchhook.domain.activity import SlotState, State
from switchhook.domain.facts.event import CallFacts, Participant, Role

OTHER = "+14155550101"
pytestmark = pytest.mark.rule("SH-1", "SH-5", "PC-17")


def joined(*numbers: str) -> CallFacts:
    ends = tuple(Participant(role=Role.EXTERNAL, number=number) for number in numbers)
    return CallFacts(participants=ends)


@pytest.fixture
def office() -> Office:
    office = office_with_contact()
    office.org.load("Contact", LastName="Hopper", Phone=OTHER)
    assert office.deliver(answered_call()).state is State.LOGGED
    return office


def test_a_party_told_of_later_gets_a_task_and_the_first_one_stays(office: Office):
    first = office.head().slots[0]

    head = tell(office, joined(NUMBER, OTHER))

    assert head.state is State.LOGGED
    assert [slot.parties for slot in head.slots] == [(NUMBER,), (OTHER,)]
    assert [slot.state for slot in head.slots] == [SlotState.APPLIED, SlotState.APPLIED]
    assert (head.slots[0].key, head.slots[0].salesforce_id) == (first.key, first.salesforce_id)
    assert len(office.tasks) == 2


def test_the_first_task_then_names_everybody_who_took_part(office: Office):
    tell(office, joined(NUMBER, OTHER))
    office.pass_time(2 * WINDOW_S)

    assert all(OTHER in task["Description"] for task in office.tasks)
    assert (office.head().state, office.head().due_at) == (State.LOGGED, None)


def test_another_number_of_the_same_person_opens_no_slot(office: Office):
    office.org.load("Contact", LastName="Twin", Phone="+14155550188")
    contact = office.org.of_type("Contact")[0]
    contact.fields["MobilePhone"] = "+14155550177"

    head = tell(office, joined(NUMBER, "+14155550177"))

    assert head.state is State.LOGGED
    assert len(office.tasks) == 1


def test_a_late_party_without_a_record_changes_nothing(office: Office):
    head = tell(office, joined(NUMBER, "+14155550166"))

    assert head.state is State.LOGGED
    assert len(office.tasks) == len(head.slots) == 1


def test_the_same_list_of_parties_asks_salesforce_nothing_again(office: Office):
    tell(office, joined(NUMBER, OTHER))
    office.pass_time(2 * WINDOW_S)
    office.org.calls.clear()

    tell(office, joined(NUMBER, OTHER), event_id="e-again")
    office.pass_time(2 * WINDOW_S)

    assert office.org.calls == []

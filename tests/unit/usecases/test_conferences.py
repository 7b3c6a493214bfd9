"""Several external parties in one call: one slot per distinct record, each with its own outcome."""

import pytest

from fakes.office import NUMBER, TENANT, Office, answered_call
from fakes.salesforce import commit_then, refuse
from switchhook.domain.activity import SlotState, State
from switchhook.domain.errors import OutcomeUnknown
from switchhook.domain.facts.event import CallFacts, Participant, Role

OTHER = "+14155550101"
NO_ANSWER = OutcomeUnknown("Salesforce did not answer.")


def conference(*numbers: str) -> CallFacts:
    ends = tuple(Participant(role=Role.EXTERNAL, number=number) for number in numbers)
    return answered_call(participants=ends, external_number=numbers[0])


@pytest.fixture
def office() -> Office:
    office = Office()
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.org.load("Contact", LastName="Hopper", Phone=OTHER)
    return office


@pytest.mark.rule("PC-17", "SH-1")
def test_a_conference_makes_one_task_for_each_person(office: Office):
    head = office.deliver(conference(NUMBER, OTHER))

    assert head.state is State.LOGGED
    assert len({task["WhoId"] for task in office.tasks}) == len(office.tasks) == 2
    assert [slot.number for slot in head.slots] == [1, 2]


@pytest.mark.rule("PC-17", "SH-1")
def test_the_same_person_by_two_numbers_gets_one_task():
    office = Office()
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.org.records[0].fields["Phone"] = NUMBER

    head = office.deliver(conference(NUMBER, "+1 (415) 555-0100"))

    assert head.state is State.LOGGED
    assert len(office.tasks) == 1


@pytest.mark.rule("SH-1")
def test_when_one_task_is_refused_for_good_the_others_are_sent_without_it(office: Office):
    office.org.next_sends = [refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Not her.", ref="task2")]

    head = office.deliver(conference(NUMBER, OTHER))

    assert head.state is State.LOGGED
    assert [slot.state for slot in head.slots] == [SlotState.APPLIED, SlotState.REFUSED]
    assert "Not her." in head.text
    assert len(office.tasks) == 1


@pytest.mark.rule("SH-1")
def test_a_conference_whose_answer_was_lost_is_found_whole(office: Office):
    office.org.next_sends = [commit_then(NO_ANSWER)]

    office.deliver(conference(NUMBER, OTHER))
    office.pass_time(20)

    assert office.head().state is State.LOGGED
    assert len(office.tasks) == 2
    assert {slot.state for slot in office.head().slots} == {SlotState.APPLIED}


@pytest.mark.rule("SH-1")
def test_after_a_double_only_what_is_missing_is_sent(office: Office):
    """The first Task is there from an earlier life of the ledger; the second is not."""
    office.org.task_key = True
    office.org.next_sends = [NO_ANSWER]
    office.deliver(conference(NUMBER, OTHER))
    first = office.head().slots[0]
    office.org.load(
        "Task",
        CallObject=first.key,
        Switchhook_Key__c=first.key,
        WhoId=first.record.id,
        OwnerId=first.owner.user_id,
    )

    office.pass_time(60)

    assert office.head().state is State.LOGGED
    keys = [task["CallObject"] for task in office.tasks]
    assert sorted(keys) == sorted(slot.key for slot in office.head().slots)


@pytest.mark.rule("SH-1", "AC-9")
def test_a_conference_of_strangers_makes_a_lead_for_each():
    office = Office(preset={"calls": {"unknown_number": "lead"}})

    head = office.deliver(conference(NUMBER, OTHER))

    assert head.state is State.LOGGED
    assert len(office.org.of_type("Lead")) == len(office.tasks) == 2
    assert {slot.created.type for slot in head.slots} == {"Lead"}
    claims = [claim.record is not None for claim in office.directory.claims.values()]
    assert claims == [True, True]


@pytest.mark.rule("SH-1")
def test_a_record_that_vanishes_between_two_decisions_ends_its_slot(office: Office):
    gone = office.org.of_type("Contact")[1]

    def vanish(org, records):
        org.delete(gone.id)
        return org.apply(records)

    office.org.next_sends = [vanish]
    head = office.deliver(conference(NUMBER, OTHER))

    assert head.state is State.LOGGED
    assert [slot.state for slot in head.slots] == [SlotState.APPLIED, SlotState.REFUSED]
    assert len(office.tasks) == 1


@pytest.mark.rule("SH-1")
def test_a_call_whose_only_record_vanishes_is_skipped_as_unmatched():
    office = Office()
    only = office.org.load("Contact", LastName="Byron", Phone=NUMBER)

    def vanish(org, records):
        org.delete(only.id)
        return org.apply(records)

    office.org.next_sends = [vanish]
    head = office.deliver()

    assert (head.state, head.rule) == (State.SKIPPED, "XB-15")
    assert office.ledger.decisions[(TENANT, head.id)].keys() == {1, 2}

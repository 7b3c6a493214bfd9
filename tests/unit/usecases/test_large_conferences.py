"""A conference of many: 24 people get a Task, and no commit is larger than the tables take."""

from datetime import timedelta

import pytest

from fakes.office import START, TENANT, Office, answered_call
from fakes.salesforce import refuse
from switchhook.domain.activity import SlotState, State
from switchhook.domain.decision import Candidate
from switchhook.domain.facts.event import CallFacts, Participant, Role
from switchhook.domain.writing.claims import CachedMatch
from switchhook.ports.ledger import MOST_CHANGES
from switchhook.usecases.record.claims import changes_of

NUMBERS = tuple(f"+1415555{number:04}" for number in range(100, 220))


def conference(*numbers: str) -> CallFacts:
    ends = tuple(Participant(role=Role.EXTERNAL, number=number) for number in numbers)
    return answered_call(participants=ends, external_number=numbers[0])


def largest(office: Office) -> int:
    return max(changes_of(write) for write in office.ledger.commits)


def explained(office: Office) -> str:
    head = office.head()
    record = office.ledger.decisions[(TENANT, head.id)][head.decisions]
    return "\n".join(step["text"] for step in record.explanation)


def with_contacts(office: Office) -> Office:
    for number in NUMBERS:
        office.org.load("Contact", LastName=f"Person {number}", Phone=number)
    return office


@pytest.mark.rule("PC-17", "SH-1")
def test_120_known_people_are_24_tasks_and_at_most_26_changes_at_once():
    """Before, 120 Tasks: the commit of their outcome had 122 changes and was refused each time."""
    office = with_contacts(Office())

    head = office.deliver(conference(*NUMBERS))

    assert head.state is State.LOGGED
    assert len(office.tasks) == len(head.slots) == 24
    assert largest(office) == 26
    told = explained(office)
    assert all(number in told for number in NUMBERS[24:])


@pytest.mark.rule("PC-17", "AC-9", "SH-1")
def test_120_strangers_are_24_leads_and_at_most_50_changes_at_once():
    """Before, the intent had 122 changes and was refused, so the call was never logged."""
    office = Office(preset={"calls": {"unknown_number": "lead"}})

    head = office.deliver(conference(*NUMBERS))

    assert head.state is State.LOGGED
    assert len(office.org.of_type("Lead")) == len(office.tasks) == 24
    assert largest(office) == 50
    assert f"there is no Task for {NUMBERS[24]}" in explained(office)


@pytest.mark.rule("AC-19", "SH-1")
def test_strangers_who_each_get_a_case_share_what_one_request_creates():
    """A Contact and a Case are two of the 24 records that one request can make."""
    calls = {"unknown_number": "contact", "attach_to": "case", "create_case": True}
    office = Office(preset={"calls": calls})
    office.org.task_key = True

    head = office.deliver(conference(*NUMBERS))

    assert head.state is State.LOGGED
    made = [len(office.org.of_type(name)) for name in ("Contact", "Case", "Task")]
    assert made == [12, 12, 12]
    assert largest(office) <= MOST_CHANGES


@pytest.mark.rule("PC-17", "SH-1")
def test_120_numbers_of_one_contact_are_one_task_and_as_many_matches_as_fit():
    office = Office()
    contact = office.org.load("Contact", LastName="Switchboard")
    for number in NUMBERS:
        office.directory.matches[(TENANT, number)] = CachedMatch(
            candidate=Candidate(record=contact, numbers=(number,)),
            settings_version=1,
            expires_at=START + timedelta(hours=1),
        )

    head = office.deliver(conference(*NUMBERS))

    assert head.state is State.LOGGED
    kept = office.ledger.commits[-1].matches
    assert (len(office.tasks), largest(office)) == (1, MOST_CHANGES)
    assert len(kept) == 98


@pytest.mark.rule("PC-17", "SH-5")
def test_who_is_told_late_of_a_full_call_takes_nobodys_place():
    office = with_contacts(Office())
    office.deliver(conference(*NUMBERS[1:]))
    before = [(slot.number, slot.parties) for slot in office.head().slots]

    office.deliver(conference(*NUMBERS), event_id="e-late")
    office.pass_time(40)

    head = office.head()
    assert head.state is State.LOGGED
    assert [(slot.number, slot.parties) for slot in head.slots] == before
    assert {slot.state for slot in head.slots} == {SlotState.APPLIED}
    assert len(office.tasks) == 24


@pytest.mark.rule("PC-17")
def test_whom_salesforce_refuses_makes_no_room_for_another():
    office = with_contacts(Office())
    office.org.next_sends = [refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Not her.", ref="task2")]

    head = office.deliver(conference(*NUMBERS))

    assert head.state is State.LOGGED
    assert len(office.tasks) == 23
    assert len(head.slots) == 24

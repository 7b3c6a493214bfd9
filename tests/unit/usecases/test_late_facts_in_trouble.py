"""Late facts outlast lost answers, refusals, broken connections and races (SH-5)."""

from dataclasses import replace

import pytest

from builders.late_calls import (
    CALL_BACK,
    NO_ANSWER,
    WINDOW_S,
    edit,
    logged_office,
    office_with_contact,
    tell,
)
from fakes.office import NUMBER, TENANT, Office, answered_call
from fakes.salesforce import commit_then
from switchhook.domain.activity import State
from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.errors import (
    BudgetSpent,
    NotDelivered,
    Permanent,
    Retryable,
    SessionExpired,
)
from switchhook.domain.facts.event import CallFacts, Participant, Role
from switchhook.domain.facts.people import Comment

pytestmark = pytest.mark.rule("SH-5")


@pytest.fixture
def office() -> Office:
    """A tenant whose call was just logged."""
    return logged_office()


def test_an_unanswered_update_that_landed_is_not_sent_again(office: Office):
    office.org.lost_answers = [NO_ANSWER]

    tell(office, CALL_BACK)
    office.pass_time(120)

    assert len(office.org.changes) == 1
    assert "call back" in str(office.tasks[0]["Description"])
    assert office.head().due_at is None


def test_an_unanswered_update_is_known_as_ours_when_more_comes(office: Office):
    office.org.lost_answers = [NO_ANSWER]
    tell(office, CALL_BACK, "e-1")
    office.pass_time(WINDOW_S)
    tell(office, CallFacts(comments=(Comment(text="and again"),)), "e-2")
    office.pass_time(120)

    assert "call back" in str(office.tasks[0]["Description"])
    assert "and again" in str(office.tasks[0]["Description"])


def test_a_person_who_edits_after_an_unanswered_update_is_left_alone(office: Office):
    office.org.lost_answers = [NO_ANSWER]
    tell(office, CALL_BACK, "e-1")
    office.pass_time(WINDOW_S)
    edit(office, Description="My own notes")
    tell(office, CallFacts(comments=(Comment(text="and again"),)), "e-2")
    office.pass_time(120)

    assert office.tasks[0]["Description"] == "My own notes"


def test_an_update_that_was_lost_is_sent_again(office: Office):
    office.org.next_updates = [NO_ANSWER]

    tell(office, CALL_BACK)
    office.pass_time(120)

    assert "call back" in str(office.tasks[0]["Description"])
    assert office.head().due_at is None


SETBACKS = [
    pytest.param(NotDelivered("no way"), id="not_delivered"),
    pytest.param(Retryable("locked", code="UNABLE_TO_LOCK_ROW", after_s=5), id="locked"),
    pytest.param(SessionExpired("spent"), id="session_expired"),
    pytest.param(NO_ANSWER, id="no_answer"),
]


@pytest.mark.parametrize("where", ["next_reads", "next_updates"])
@pytest.mark.parametrize("error", SETBACKS)
def test_a_setback_is_waited_out_and_the_activity_stays_logged(office: Office, where, error):
    getattr(office.org, where).append(error)
    states = set()

    tell(office, CALL_BACK)
    for _ in range(30):
        office.pass_time(10)
        states.add(office.head().state)

    assert states == {State.LOGGED}
    assert "call back" in str(office.tasks[0]["Description"])
    assert office.head().due_at is None


def test_a_session_that_stays_refused_rests_and_the_note_says_why(office: Office):
    office.org.next_reads = [SessionExpired("spent")] * 3

    tell(office, CALL_BACK)
    office.pass_time(WINDOW_S + 1)
    waiting = office.head()
    office.pass_time(120)

    assert (waiting.due_at - office.clock.now()).total_seconds() <= 30
    assert "keeps refusing a session that was just renewed" in waiting.late_note
    assert "call back" in str(office.tasks[0]["Description"])


@pytest.mark.rule("SH-4")
@pytest.mark.parametrize("where", ["next_reads", "next_updates"])
def test_a_spent_budget_delays_late_facts_and_loses_none(office: Office, where):
    getattr(office.org, where).append(BudgetSpent("TotalRequests Limit exceeded."))

    tell(office, CALL_BACK)
    office.pass_time(600)

    assert office.head().state is State.LOGGED
    assert "call back" in str(office.tasks[0]["Description"])


@pytest.mark.rule("SH-4")
def test_late_facts_outlast_a_broken_connection(office: Office):
    seen = office.connections.read(TENANT)
    office.connections.replace(seen, replace(seen, generation=2, status=ConnectionStatus.BROKEN))
    tell(office, CALL_BACK)
    office.pass_time(3 * 3600, step_s=60)
    asked, state = list(office.org.calls), office.head().state
    broken = office.connections.read(TENANT)
    office.connections.replace(
        broken, replace(broken, generation=3, status=ConnectionStatus.CONNECTED)
    )
    office.pass_time(3600, step_s=60)

    assert (asked, state) == ([], State.LOGGED)
    assert "call back" in str(office.tasks[0]["Description"])


def test_a_deleted_task_is_not_made_again(office: Office):
    office.org.delete(office.head().slots[0].salesforce_id)

    tell(office, CALL_BACK)
    office.pass_time(2 * WINDOW_S)

    assert office.tasks == []
    assert office.head().state is State.LOGGED
    assert "is deleted" in office.head().in_words


def test_a_refused_update_is_told_in_salesforces_words_and_the_call_stays_logged(office: Office):
    office.org.next_updates = [Permanent("No changes.", code="FIELD_CUSTOM_VALIDATION_EXCEPTION")]

    tell(office, CALL_BACK)
    office.pass_time(2 * WINDOW_S)

    assert office.head().state is State.LOGGED
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION: No changes." in office.head().in_words
    assert office.head().due_at is None


def test_the_newest_word_on_late_facts_takes_the_place_of_the_last_one(office: Office):
    before = office.head().text
    for number in range(3):
        tell(office, CallFacts(tags=(f"tag-{number}",)), f"e-{number}")
        office.pass_time(2 * WINDOW_S)

    assert office.head().in_words.startswith(before + " Late facts: ")
    assert office.head().in_words.count("Late facts") == 1


def test_the_word_on_late_facts_ends_where_a_further_party_has_the_call_decided_anew():
    office = logged_office()
    other = "+14155550101"
    office.org.load("Contact", LastName="Hopper", Phone=other)
    tell(office, CallFacts(tags=("pricing",)))
    office.pass_time(2 * WINDOW_S)
    noted = office.head().late_note
    ends = tuple(Participant(role=Role.EXTERNAL, number=number) for number in (NUMBER, other))

    office.org.next_sends = [NotDelivered("Salesforce cannot be reached.")]

    head = tell(office, CallFacts(participants=ends), "e-joined")

    assert noted
    assert (head.state, head.late_note) == (State.WAITING, "")


def test_every_task_of_a_conference_is_updated():
    office = office_with_contact()
    ends = (
        Participant(role=Role.EXTERNAL, number=NUMBER),
        Participant(role=Role.EXTERNAL, number="+14155550101"),
    )
    office.org.load("Contact", LastName="King", Phone="+14155550101")
    office.deliver(answered_call(participants=ends))
    assert len(office.tasks) == 2
    edit(office, number=1, Description="My own notes")

    tell(office, CALL_BACK)
    office.pass_time(2 * WINDOW_S)

    assert "call back" in str(office.tasks[0]["Description"])
    assert office.tasks[1]["Description"] == "My own notes"


def test_a_person_made_for_the_call_keeps_the_subject_it_was_given():
    office = Office(preset={"calls": {"unknown_number": "lead"}})
    office.deliver()
    subject = office.tasks[0]["Subject"]

    tell(office, CALL_BACK)
    office.pass_time(2 * WINDOW_S)

    assert list(office.org.changes[0]) == ["Description"]
    assert office.tasks[0]["Subject"] == subject
    assert "Ada Byron" in str(subject)


def test_facts_that_come_while_the_write_is_unanswered_are_brought_in_later():
    office = office_with_contact()
    office.org.next_sends = [commit_then(NO_ANSWER)]
    office.deliver()

    waiting = tell(office, CALL_BACK)
    office.pass_time(120)

    assert waiting.state is State.UNKNOWN
    assert "call back" in str(office.tasks[0]["Description"])
    assert (office.head().state, office.head().due_at) == (State.LOGGED, None)


def test_facts_that_a_second_send_has_written_already_need_no_update():
    office = office_with_contact()
    office.org.task_key = True
    office.org.next_sends = [NO_ANSWER]
    office.deliver()

    tell(office, CALL_BACK)
    office.pass_time(120)

    assert "call back" in str(office.tasks[0]["Description"])
    assert office.org.changes == []


def test_an_earlier_send_that_lands_late_is_brought_up_to_date():
    office = office_with_contact()
    office.org.task_key = True
    held = []

    def lands_later(_org, records):
        held.append(records)
        raise NO_ANSWER

    def is_overtaken(org, records):
        org.apply(held[0])
        return org.apply(records)

    office.org.next_sends = [lands_later, is_overtaken]
    office.deliver()
    tell(office, CALL_BACK)
    office.pass_time(180)

    assert len(office.tasks) == 1
    assert "call back" in str(office.tasks[0]["Description"])


def test_an_event_taken_in_during_the_update_gets_a_window_of_its_own(office: Office):
    def told_meanwhile(_org):
        tell(office, CallFacts(tags=("pricing",)), "e-2")

    office.org.next_updates = [told_meanwhile]
    tell(office, CALL_BACK, "e-1")
    office.pass_time(WINDOW_S + 1)
    first = list(office.org.changes)
    office.pass_time(2 * WINDOW_S)

    assert len(first) == 1
    assert "pricing" not in str(first[0])
    assert len(office.org.changes) == 2
    assert "Tags: pricing" in str(office.tasks[0]["Description"])


def test_at_most_one_worker_updates_at_a_time(office: Office):
    def woken_twice(_org):
        from switchhook.usecases.record.advance import advance  # noqa: PLC0415

        advance(TENANT, office.head().id, office.new_world("worker-2"))

    office.org.next_updates = [woken_twice]
    tell(office, CALL_BACK)
    office.pass_time(2 * WINDOW_S)

    assert office.org.calls == ["read the Task", "update the Task"]

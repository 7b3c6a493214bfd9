"""Facts that arrive after a call was logged end up in its Task (SH-5)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders.late_calls import (
    BOB,
    CALL_BACK,
    WINDOW_S,
    edit,
    logged_office,
    missed_call,
    office_with_contact,
    tell,
)
from fakes.office import TENANT, Office
from fakes.salesforce import ADMIN, AGENT
from switchhook.domain.activity import State
from switchhook.domain.errors import (
    Permanent,
    SessionExpired,
)
from switchhook.domain.facts.event import CallFacts
from switchhook.domain.facts.people import Agent as Colleague
from switchhook.domain.facts.people import Comment

pytestmark = pytest.mark.rule("SH-5")


@pytest.fixture
def office() -> Office:
    """A tenant whose call was just logged."""
    return logged_office()


LATE = [
    pytest.param(CALL_BACK, "Description", "Comments: Ann Agent: call back", id="AC-25_a_comment"),
    pytest.param(CallFacts(tags=("pricing",)), "Description", "Tags: pricing", id="AC-26_a_tag"),
    pytest.param(
        CallFacts(tags=("pricing",)),
        "CallDisposition",
        "answered; pricing",
        id="AC-26_a_tag_after_the_outcome",
    ),
    pytest.param(
        CallFacts(recording_url="https://pbx.example/r/1"),
        "Description",
        "Recording: https://pbx.example/r/1",
        id="AC-24_a_recording",
    ),
    pytest.param(CallFacts(disposition="sold"), "CallDisposition", "sold", id="a_disposition"),
    pytest.param(
        CallFacts(comments=(Comment(author="Summary", text="Wants an offer."),)),
        "Description",
        "Comments: Summary: Wants an offer.",
        id="a_summary",
    ),
]


@pytest.mark.rule("AC-24", "AC-25", "AC-26")
@pytest.mark.parametrize(("facts", "field", "told"), LATE)
def test_a_late_fact_ends_up_in_the_same_task(office: Office, facts, field, told):
    tell(office, facts)
    office.pass_time(WINDOW_S + 5)

    assert told in str(office.tasks[0][field])
    assert len(office.tasks) == 1
    assert office.head().state is State.LOGGED


@pytest.mark.rule("AC-24", "AC-25", "AC-26")
@pytest.mark.parametrize(("facts", "field", "told"), LATE)
def test_a_fact_that_comes_before_the_end_is_in_the_task_from_the_start(facts, field, told):
    office = office_with_contact()

    tell(office, facts)
    office.deliver()
    office.pass_time(2 * WINDOW_S)

    assert told in str(office.tasks[0][field])
    assert office.org.changes == []


def test_a_logged_call_waits_a_quiet_window_and_is_then_updated_once(office: Office):
    first = tell(office, CALL_BACK, "e-1")
    office.pass_time(20)
    tell(office, CallFacts(tags=("pricing",)), "e-2")
    office.pass_time(5)
    before = list(office.org.calls)
    office.pass_time(60)

    assert first.due_at == office.clock.now() - timedelta(seconds=85 - WINDOW_S)
    assert before == []
    assert office.org.calls == ["read the Task", "update the Task"]
    assert list(office.org.changes[0]) == ["Description", "CallDisposition"]
    assert office.head().due_at is None


def test_late_facts_of_minutes_make_one_update_a_window(office: Office):
    for number in range(24):
        tell(office, CallFacts(tags=(f"tag-{number}",)), f"e-{number}")
        office.pass_time(5)
    office.pass_time(2 * WINDOW_S)

    assert len(office.org.changes) <= 120 / WINDOW_S + 1
    assert "tag-23" in str(office.tasks[0]["Description"])


def test_the_window_is_as_long_as_the_tenant_says():
    office = office_with_contact(late_facts_window_s=300)
    office.deliver()

    tell(office, CALL_BACK)
    office.pass_time(295)
    before = len(office.org.changes)
    office.pass_time(10)

    assert (before, len(office.org.changes)) == (0, 1)


def test_an_event_that_says_nothing_new_asks_salesforce_nothing(office: Office):
    office.deliver(event_id="e-again")
    office.pass_time(2 * WINDOW_S)

    assert office.org.calls == []
    assert office.head().due_at is None


def test_a_wake_up_is_sent_for_the_end_of_the_window(office: Office):
    office.wake_ups.woken.clear()

    head = tell(office, CALL_BACK)

    assert office.wake_ups.woken == [(TENANT, head.id, WINDOW_S)]


def test_a_tenant_may_ignore_late_facts():
    office = office_with_contact(late_facts="ignore")
    office.deliver()
    office.org.calls.clear()

    head = tell(office, CALL_BACK)
    office.pass_time(2 * WINDOW_S)

    assert head.due_at is None
    assert office.org.calls == []
    assert len(office.ledger.events[(TENANT, head.id)]) == 2


@pytest.mark.rule("AC-3", "AC-5")
def test_a_late_voicemail_changes_call_type_and_status_as_if_it_had_been_known():
    workflow = {"missed": "in_progress", "voicemail": "completed"}
    late = office_with_contact(calls={"workflow": workflow})
    late.deliver(missed_call())
    was = late.tasks[0]["Status"]
    tell(late, CallFacts(voicemail_url="https://pbx.example/v/1"))
    late.pass_time(2 * WINDOW_S)
    known = office_with_contact(calls={"workflow": workflow})
    known.deliver(missed_call(voicemail_url="https://pbx.example/v/1"))

    assert was == "In Progress"
    assert late.tasks == known.tasks
    assert late.head().call_type == "voicemail"


@pytest.mark.rule("AC-6")
def test_a_call_whose_type_is_not_logged_by_now_keeps_its_task_and_status():
    office = office_with_contact(calls={"workflow": {"missed": "in_progress", "voicemail": "none"}})
    office.deliver(missed_call())

    tell(office, CallFacts(voicemail_url="https://pbx.example/v/1"))
    office.pass_time(2 * WINDOW_S)

    assert office.tasks[0]["Status"] == "In Progress"
    assert "https://pbx.example/v/1" in str(office.tasks[0]["Description"])


@pytest.mark.rule("AC-27")
def test_an_assignment_moves_the_task_to_the_new_agent(office: Office):
    tell(office, CallFacts(agent=Colleague(email="bob@example.com", name="Bob Agent")))
    office.pass_time(2 * WINDOW_S)

    assert office.tasks[0]["OwnerId"] == BOB.id
    assert "Agent: Bob Agent <bob@example.com>" in str(office.tasks[0]["Description"])
    assert office.head().slots[0].owner.user_id == BOB.id


def test_an_assignment_does_not_take_the_task_from_whom_a_person_gave_it_to(office: Office):
    edit(office, OwnerId=ADMIN.id)

    tell(office, CallFacts(agent=Colleague(email="bob@example.com", name="Bob Agent")))
    office.pass_time(2 * WINDOW_S)

    assert office.tasks[0]["OwnerId"] == ADMIN.id
    assert "Bob Agent" in str(office.tasks[0]["Description"])


def test_without_an_assignment_the_owner_stays_even_when_salesforce_would_choose_another(
    office: Office,
):
    office.org.users = (ADMIN, BOB)
    office.memory.facts.clear()

    tell(office, CALL_BACK)
    office.pass_time(2 * WINDOW_S)

    assert office.tasks[0]["OwnerId"] == AGENT.id
    assert "call back" in str(office.tasks[0]["Description"])


def test_a_new_agent_whom_salesforce_refuses_gives_way_to_the_fallback(office: Office):
    office.org.users = (ADMIN, AGENT)
    stored = office.memory.facts[TENANT]
    users = {**stored.facts.users_by_email, BOB.email: (BOB,)}
    facts = replace(
        stored.facts, users_by_email=users, user_ids=frozenset({ADMIN.id, AGENT.id, BOB.id})
    )
    office.memory.facts[TENANT] = replace(stored, facts=facts)

    tell(office, CallFacts(agent=Colleague(email="bob@example.com", name="Bob Agent")))
    office.pass_time(2 * WINDOW_S)

    assert office.tasks[0]["OwnerId"] == ADMIN.id
    assert "Created by: Bob Agent" in str(office.tasks[0]["Description"])


@pytest.mark.rule("XB-4")
def test_a_new_agent_who_may_own_nothing_gives_way_to_the_fallback(office: Office):
    office.org.next_updates = [
        Permanent("no", code="OP_WITH_INVALID_USER_TYPE_EXCEPTION"),
    ]

    tell(office, CallFacts(agent=Colleague(email="bob@example.com", name="Bob Agent")))
    office.pass_time(2 * WINDOW_S)

    assert office.tasks[0]["OwnerId"] == ADMIN.id
    assert office.head().slots[0].owner.user_id == ADMIN.id


def test_an_owner_left_alone_is_not_looked_at_again_for_nothing(office: Office):
    edit(office, OwnerId=ADMIN.id)
    bob = CallFacts(agent=Colleague(email="bob@example.com", name="Bob Agent"))
    tell(office, bob, "e-1")
    office.pass_time(2 * WINDOW_S)
    office.org.calls.clear()

    tell(office, bob, "e-2")
    office.pass_time(2 * WINDOW_S)

    assert office.org.calls == []


def test_an_event_that_says_nothing_new_does_not_even_refresh_the_metadata(office: Office):
    office.clock.forward(2 * 24 * 3600)

    office.deliver(event_id="e-again")
    office.pass_time(2 * WINDOW_S)

    assert office.org.calls == []


def test_a_session_that_is_always_refused_is_renewed_twice_a_run_at_most(office: Office):
    office.org.next_reads = [SessionExpired("spent")] * 20

    tell(office, CALL_BACK)
    office.clock.forward(WINDOW_S)
    office.caretake()

    assert len(office.org.refreshed_with) <= 2
    assert office.head().due_at > office.clock.now()

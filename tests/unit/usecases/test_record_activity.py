"""From an event to its Task, with an org that answers."""

import pytest

from fakes.office import NUMBER, TENANT, Office, answered_call
from fakes.salesforce import ADMIN, AGENT
from switchhook.domain.activity import RecordRef, State
from switchhook.domain.facts.event import Outcome
from switchhook.domain.facts.people import Agent, Comment, OrgUser
from switchhook.ports.ledger import IgnoredEvent, UnreadableEvent


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.mark.rule("SH-1", "SH-2", "SH-7", "XB-12", "AC-10", "AC-27")
def test_an_ended_call_becomes_one_task_on_its_match_owned_by_its_agent(office: Office):
    contact = office.org.load("Contact", LastName="Byron", Phone="(415) 555-0100")

    head = office.deliver()

    assert head.state is State.LOGGED
    assert [(t["WhoId"], t["OwnerId"], t["CallObject"]) for t in office.tasks] == [
        (contact.id, AGENT.id, head.slots[0].key)
    ]
    assert head.slots[0].salesforce_id == office.org.of_type("Task")[0].id
    assert head.slots[0].key.startswith("sh1:")


@pytest.mark.rule("SH-1")
def test_a_redelivered_event_writes_nothing_and_asks_salesforce_nothing(office: Office):
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.deliver()
    office.org.calls.clear()

    head = office.deliver()

    assert head.state is State.LOGGED
    assert (len(office.tasks), office.org.calls) == (1, [])


@pytest.mark.rule("SH-1")
def test_the_same_call_under_another_event_id_writes_nothing(office: Office):
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.deliver(event_id="e-1")

    head = office.deliver(event_id="e-2")

    assert head.state is State.LOGGED
    assert len(office.tasks) == 1


def test_a_matched_call_costs_two_requests_and_a_repeat_one(office: Office):
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.deliver(call_id="warm-up")
    office.pass_time(600)
    office.org.calls.clear()

    office.deliver(call_id="c-1")
    first = list(office.org.calls)
    office.org.calls.clear()
    office.deliver(call_id="c-2")

    assert first == ["search", "send"]
    assert office.org.calls == ["send"]


def test_a_cold_tenant_costs_at_most_eight_requests(office: Office):
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)

    office.deliver()

    assert len(office.org.calls) <= 8


@pytest.mark.rule("XB-15", "X-5")
def test_a_call_of_an_unknown_number_is_skipped_with_its_rule(office: Office):
    head = office.deliver()

    assert (head.state, head.rule) == (State.SKIPPED, "XB-15")
    assert office.org.records == []


@pytest.mark.rule("XB-17", "PC-6", "X-11")
def test_an_internal_call_asks_salesforce_nothing(office: Office):
    head = office.deliver(answered_call(external_number="201", direction="internal"))

    assert (head.state, head.rule) == (State.SKIPPED, "XB-17")
    assert office.org.calls == []


@pytest.mark.rule("AC-9", "SH-1")
def test_an_unknown_number_becomes_one_lead_when_the_tenant_wants_it():
    office = Office(preset={"calls": {"unknown_number": "lead"}})

    first = office.deliver(call_id="c-1")
    second = office.deliver(call_id="c-2")

    leads = office.org.of_type("Lead")
    assert [lead.fields["LastName"] for lead in leads] == ["Ada Byron"]
    assert [task["WhoId"] for task in office.tasks] == [leads[0].id, leads[0].id]
    assert first.slots[0].created == RecordRef(type="Lead", id=leads[0].id)
    assert second.slots[0].created is None


@pytest.mark.rule("AC-9", "SH-1")
def test_a_lead_we_made_is_found_while_the_search_index_lags():
    office = Office(
        preset={"calls": {"unknown_number": "lead"}, "matching": {"match_cache_minutes": 0}}
    )
    office.org.searchable = False

    for number in range(3):
        office.deliver(call_id=f"c-{number}")

    assert len(office.org.of_type("Lead")) == 1
    assert len(office.tasks) == 3


@pytest.mark.rule("SH-1")
def test_a_lead_that_was_deleted_is_made_again():
    office = Office(preset={"calls": {"unknown_number": "lead"}})
    first = office.deliver(call_id="c-1")
    office.org.delete(first.slots[0].created.id)

    second = office.deliver(call_id="c-2")

    assert second.state is State.LOGGED
    assert len(office.org.of_type("Lead")) == 1
    assert second.slots[0].created.id == office.org.of_type("Lead")[0].id


@pytest.mark.rule("AC-17")
def test_a_cached_match_that_was_deleted_is_searched_afresh(office: Office):
    gone = office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.deliver(call_id="c-1")
    office.org.delete(gone.id)
    now = office.org.load("Contact", LastName="King", Phone=NUMBER)

    head = office.deliver(call_id="c-2")

    assert head.state is State.LOGGED
    assert office.tasks[-1]["WhoId"] == now.id


@pytest.mark.rule("XB-4", "AC-28", "CX-58", "X-3")
def test_an_agent_unknown_to_salesforce_leaves_the_task_to_the_connecting_user(office: Office):
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)

    office.deliver(answered_call(agent=Agent(email="new@example.com", name="New")))

    assert office.tasks[0]["OwnerId"] == ADMIN.id


@pytest.mark.rule("CX-57", "CX-59")
def test_an_owner_who_was_deactivated_meanwhile_falls_back(office: Office):
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.deliver(call_id="c-1")
    office.org.users = (ADMIN,)

    head = office.deliver(call_id="c-2")

    assert head.state is State.LOGGED
    assert office.tasks[-1]["OwnerId"] == ADMIN.id


@pytest.mark.rule("SH-2")
def test_an_unreadable_body_ends_as_failed_and_says_what_is_wrong(office: Office):
    head = office.deliver(UnreadableEvent(reason="call_id: is missing"))

    assert (head.state, head.reason) == (State.FAILED, "unreadable")
    assert "call_id: is missing" in head.text


@pytest.mark.rule("SH-2")
def test_an_event_of_an_unknown_type_ends_as_skipped_and_does_not_block_the_call(office: Office):
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)

    ignored = office.deliver(IgnoredEvent(type="call.sneezed"), event_id="e-0")
    logged = office.deliver(event_id="e-1")

    assert (ignored.state, ignored.rule) == (State.SKIPPED, "IGNORED_TYPE")
    assert logged.state is State.LOGGED


def test_facts_that_come_before_the_end_are_in_the_task(office: Office):
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)

    early = office.deliver(
        answered_call(comments=(Comment(text="call back"),)), event_id="e-1", ended=False
    )
    logged = office.deliver(event_id="e-2")

    assert (early.state, early.reason) == (State.WAITING, "call_end")
    assert logged.state is State.LOGGED
    assert "call back" in str(office.tasks[0]["Description"])


def test_additions_without_an_end_fail_after_a_day(office: Office):
    office.deliver(ended=False)

    office.pass_time(25 * 3600, step_s=3600)

    assert (office.head().state, office.head().reason) == (State.FAILED, "no_end")


@pytest.mark.rule("AC-6", "AC-2")
def test_the_settings_in_force_when_the_call_ended_decide(office: Office):
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.tenants.set_settings(
        TENANT,
        {
            "preset": "standard",
            "default_region": "US",
            "time_zone": "America/Los_Angeles",
            "calls": {"workflow": {"inbound_answered": "none"}},
        },
        effective_at=office.clock.now(),
    )

    before = office.deliver(call_id="c-1")
    ended_after = answered_call(ended_at=office.clock.now())
    after = office.deliver(ended_after, call_id="c-2")

    assert (before.state, before.settings_version) == (State.LOGGED, 1)
    assert (after.state, after.rule, after.settings_version) == (State.SKIPPED, "AC-6", 2)


def test_a_tenant_that_is_gone_fails_its_calls_with_a_sentence(office: Office):
    office.tenants.versions.clear()

    head = office.deliver()

    assert (head.state, head.reason) == (State.FAILED, "tenant_deleted")


@pytest.mark.rule("XB-16", "X-1")
def test_a_call_cancelled_within_five_seconds_is_skipped(office: Office):
    call = answered_call(
        direction="outbound", outcome=Outcome.CANCELED, answered_at=None, talk_s=0.0
    )
    short = answered_call(
        direction="outbound",
        outcome=Outcome.CANCELED,
        answered_at=None,
        talk_s=0.0,
        ended_at=call.started_at,
    )

    head = office.deliver(short)

    assert (head.state, head.rule) == (State.SKIPPED, "XB-16")


def test_the_decision_is_stored_with_candidates_reasons_and_requests(office: Office):
    contact = office.org.load("Contact", LastName="Byron", Phone=NUMBER)

    head = office.deliver()

    decision = office.ledger.decisions[(TENANT, head.id)][head.decisions]
    assert [c["id"] for c in decision.candidates] == [contact.id]
    assert {"XB-12", "AC-27"} <= {step["rule"] for step in decision.explanation}
    assert [call.what for call in decision.salesforce_calls] == [
        "read the org's metadata",
        "search for the number",
        "write",
    ]


@pytest.mark.rule("AC-27", "CX-57")
def test_an_agent_who_joined_salesforce_today_owns_the_next_call(office: Office):
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.deliver(call_id="c-1")
    newcomer = OrgUser(id="005000000000009AAA", name="New", email="New@Example.com")
    office.org.users = (*office.org.users, newcomer)

    office.deliver(answered_call(agent=Agent(email="new@example.com")), call_id="c-2")

    assert office.tasks[-1]["OwnerId"] == newcomer.id


def test_an_agent_whom_salesforce_does_not_know_costs_one_more_request_a_quarter_of_an_hour(
    office: Office,
):
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    stranger = answered_call(agent=Agent(email="stranger@example.com"))
    office.deliver(call_id="warm-up")
    office.org.calls.clear()

    office.deliver(stranger, call_id="c-1")
    office.deliver(stranger, call_id="c-2")
    asked = office.org.calls.count("lists")
    office.clock.forward(16 * 60)
    office.deliver(stranger, call_id="c-3")

    assert (asked, office.org.calls.count("lists")) == (1, 2)

"""Chats become Leads, Contacts, Tasks and Cases, as the tenant's settings say (CX-14 to CX-33)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders.told_chats import (
    ADA,
    EMAIL,
    a_chat,
    chat_head,
    line,
    office_that,
    reasons_of,
    tell_chat,
)
from fakes.office import START, TENANT
from fakes.salesforce import ADMIN, AGENT
from switchhook.domain.activity import State
from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.decision import Candidate, CandidateSource
from switchhook.domain.facts.chat import ChatTrigger, Visitor
from switchhook.domain.facts.fields import FieldFacts
from switchhook.domain.matching.pins import Pin

KINDS = ("Lead", "Contact", "Case", "Task")


def made(office) -> dict[str, int]:
    counts = {kind: len(office.org.of_type(kind)) for kind in KINDS}
    return {kind: count for kind, count in counts.items() if count}


@pytest.mark.rule("CX-14", "CX-18", "CX-23", "CX-24", "CX-26", "CX-28", "CX-29", "CX-31")
@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("lead_task", {"Lead": 1, "Task": 1}),
        ("contact_task", {"Contact": 1, "Task": 1}),
        ("contact_case", {"Contact": 1, "Case": 1}),
        ("case", {"Case": 1}),
    ],
)
@pytest.mark.parametrize("case_key", [True, False], ids=["with_the_field", "package_free"])
def test_an_ended_chat_of_a_new_visitor_becomes_what_the_settings_say(action, expected, case_key):
    office = office_that(action)
    office.org.case_key = office.org.task_key = case_key

    head = tell_chat(office)

    assert head.state is State.LOGGED, head.text
    assert made(office) == expected
    (slot,) = head.slots
    assert slot.kind.value == ("case" if "Case" in expected else "task")
    assert slot.salesforce_id == office.org.of_type(slot.kind.value.title())[0].id


@pytest.mark.rule("CX-27", "CX-32", "CX-22")
@pytest.mark.parametrize(
    ("action", "person"),
    [
        ("lead_task", "Lead"),
        ("contact_task", "Contact"),
        ("contact_case", "Contact"),
        ("case", "Contact"),
    ],
)
def test_a_known_visitor_is_recognised_by_the_e_mail(action, person):
    office = office_that(action)
    known = office.org.load(person, LastName="Byron", Email="Ada@Example.com")

    head = tell_chat(office)

    assert head.state is State.LOGGED, head.text
    assert len(office.org.of_type(person)) == 1
    (written,) = office.org.of_type(head.slots[0].kind.value.title())
    assert written.fields.get("ContactId", written.fields.get("WhoId")) == known.id


@pytest.mark.rule("SH-7")
def test_a_case_bears_its_key_in_the_last_line_or_in_the_field_of_its_own():
    free, with_field = office_that("contact_case"), office_that("contact_case")
    with_field.org.case_key = True

    (free_key,) = (slot.key for slot in tell_chat(free).slots)
    (field_key,) = (slot.key for slot in tell_chat(with_field).slots)

    (case,) = free.org.of_type("Case")
    assert str(case.fields["Description"]).splitlines()[-1] == free_key
    (case,) = with_field.org.of_type("Case")
    assert case.fields["Switchhook_Key__c"] == field_key
    assert field_key not in str(case.fields["Description"])


@pytest.mark.rule("CX-57", "CX-58", "CX-59")
@pytest.mark.parametrize(
    ("agents", "owner"),
    [(a_chat().agents, AGENT.id), ((), ADMIN.id)],
    ids=["the_last_agents_user", "without_an_agent_the_connecting_user"],
)
def test_the_owner_of_what_a_chat_makes(agents, owner):
    office = office_that("contact_case")

    tell_chat(office, a_chat(agents=agents))

    owners = {one.fields["OwnerId"] for one in office.org.records}
    assert owners == {owner}


@pytest.mark.rule("CX-18", "CX-17", "X-7")
def test_a_chat_that_only_started_waits_for_its_end():
    office = office_that("lead_task")

    head = tell_chat(office, a_chat(ended_at=None), ChatTrigger.CHAT_STARTED)

    assert (head.state, head.reason, made(office)) == (State.WAITING, "chat_end", {})
    assert tell_chat(office).state is State.LOGGED
    assert made(office) == {"Lead": 1, "Task": 1}


def test_a_chat_that_never_ends_is_told_of_after_seven_days():
    office = office_that("lead_task")
    tell_chat(office, a_chat(ended_at=None), ChatTrigger.CHAT_STARTED)

    office.pass_time(7 * 86400 + 60, step_s=3600)

    assert (chat_head(office).state, chat_head(office).reason) == (State.FAILED, "no_end")
    assert tell_chat(office).state is State.LOGGED


@pytest.mark.rule("CX-18")
def test_nothing_is_made_where_every_action_is_none():
    office = office_that("none")

    head = tell_chat(office)

    assert (head.state, head.rule, office.org.calls) == (State.SKIPPED, "CX-18", [])


@pytest.mark.rule("CX-34", "CX-15")
def test_in_manual_mode_nothing_is_made():
    office = office_that("lead_task", chats={"mode": "manual"})

    head = tell_chat(office)

    assert (head.state, head.rule, office.org.calls) == (State.SKIPPED, "CX-34", [])


@pytest.mark.rule("XB-17")
def test_a_chat_between_own_people_is_internal():
    office = office_that("lead_task")

    head = tell_chat(office, a_chat(visitor=Visitor(email="ann@example.com")))

    assert (head.state, head.rule) == (State.SKIPPED, "XB-17")


@pytest.mark.rule("CX-25", "CX-27")
@pytest.mark.parametrize("action", ["lead_task", "contact_case"])
def test_started_and_ended_of_one_chat_are_one_record_brought_up_to_date(action):
    office = office_that(action, started=action)
    begun = a_chat(ended_at=None, transcript=(), agents=())
    assert tell_chat(office, begun, ChatTrigger.CHAT_STARTED).state is State.LOGGED
    before = made(office)
    office.clock.forward(600)

    tell_chat(office)
    office.pass_time(90)

    assert made(office) == before
    (record,) = office.org.of_type(chat_head(office).slots[0].kind.value.title())
    assert "Hello" in str(record.fields["Description"])
    assert "Ended: 2026-11-20T15:09:00Z" in str(record.fields["Description"])
    assert record.fields.get("Status", "Completed") == "Completed"
    assert record.fields["OwnerId"] == ADMIN.id
    if action == "contact_case":
        last = str(record.fields["Description"]).splitlines()[-1]
        assert last == chat_head(office).slots[0].key
    assert chat_head(office).due_at is None


def test_the_ledger_shows_whose_chat_it_was():
    office = office_that("lead_task")

    head = tell_chat(office, a_chat(visitor=Visitor(email=EMAIL.upper(), phone="415 555 0100")))

    assert (head.party_email, head.party_e164, head.call_type) == (EMAIL, "+14155550100", None)
    assert head.ended_at == a_chat().ended_at


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize("searchable", [True, False], ids=["indexed", "index_lags"])
def test_the_next_chat_of_a_new_visitor_uses_the_lead_that_was_made(searchable):
    office = office_that("lead_task", matching={"match_cache_minutes": 0})
    office.org.searchable = searchable

    for number in range(3):
        assert tell_chat(office, chat_id=f"c-{number}").state is State.LOGGED

    assert made(office) == {"Lead": 1, "Task": 3}


def test_a_repeat_within_the_cache_needs_no_search():
    office = office_that("lead_task", chats={"update_existing": "never"})
    tell_chat(office, chat_id="c-1")
    office.org.calls.clear()

    tell_chat(office, chat_id="c-2")

    assert office.org.calls == ["send"]


@pytest.mark.rule("SH-1")
def test_two_people_at_one_browser_are_two_leads():
    office = office_that("lead_task")
    office.org.searchable = False

    tell_chat(office, chat_id="c-1")
    tell_chat(office, a_chat(visitor=Visitor(id=ADA.id, email="bob@example.org")), chat_id="c-2")

    assert made(office) == {"Lead": 2, "Task": 2}


@pytest.mark.rule("SH-1", "CX-19")
def test_a_visitor_who_gives_the_e_mail_later_stays_the_same_lead():
    office = office_that("lead_task")
    office.org.searchable = False

    tell_chat(office, a_chat(visitor=Visitor(id=ADA.id)), chat_id="c-1")
    tell_chat(office, chat_id="c-2")

    assert made(office) == {"Lead": 1, "Task": 2}
    assert office.org.of_type("Lead")[0].fields["Email"] == EMAIL


@pytest.mark.rule("CX-19", "CX-33")
@pytest.mark.parametrize(
    ("policy", "phone", "company"),
    [
        ("never", "1", None),
        ("fill_blanks", "1", "Engines Ltd"),
        ("overwrite", "+14155550100", "Engines Ltd"),
    ],
)
def test_an_existing_lead_changes_as_far_as_the_settings_allow(policy, phone, company):
    office = office_that("lead_task", chats={"update_existing": policy})
    office.org.load("Lead", LastName="Byron", Email=EMAIL, Phone="1", OwnerId=ADMIN.id)
    visitor = Visitor(email=EMAIL, phone="+14155550100", company="Engines Ltd")

    head = tell_chat(office, a_chat(visitor=visitor))

    (lead,) = office.org.of_type("Lead")
    assert (lead.fields["Phone"], lead.fields.get("Company")) == (phone, company)
    assert lead.fields["OwnerId"] == ADMIN.id
    assert (head.state, head.due_at) == (State.LOGGED, None)
    if policy == "fill_blanks":
        told = [text for rule, text in reasons_of(office, head) if rule == "CX-19"]
        assert any("Company of Lead" in text and "Phone" in text for text in told)


@pytest.mark.rule("SH-1", "CX-48", "CX-54")
def test_a_conversation_of_two_thousand_messages_is_logged_with_two_requests_and_a_file():
    office = office_that("contact_case")
    office.org.load("Contact", LastName="Byron", Email=EMAIL)
    tell_chat(office, chat_id="before")
    office.directory.matches.clear()
    office.org.calls.clear()
    said = tuple(
        line(f"{number} " + "word " * 88, START + timedelta(seconds=number), id_=f"m{number}")
        for number in range(2_000)
    )

    head = tell_chat(office, a_chat(transcript=said))

    assert (head.state, head.due_at) == (State.LOGGED, None)
    assert office.org.calls == ["search", "send", "read the Task"]
    (file,) = office.files.stored.values()
    assert file.content.count(b"word word") >= 2_000
    assert len(str(office.org.of_type("Case")[-1].fields["Description"])) <= 32_000


def test_a_message_of_a_running_conversation_costs_one_read_and_one_write():
    office = office_that("lead_task")
    for number in range(30):
        told = a_chat(transcript=(line(f"{number}", START, id_=f"m{number}"),), ended_at=None)
        tell_chat(office, told, None, event_id=f"e-{number}", at=START)

    # The first is also decided once: to wait.
    assert len(office.ledger.commits) == 31
    assert tell_chat(office).state is State.LOGGED
    assert "29" in str(office.org.of_type("Task")[0].fields["Description"])


@pytest.mark.rule("CX-20")
def test_a_field_of_the_tenants_own_is_written_as_far_as_the_org_has_it():
    mapping = {"Lead": {"LeadSource": {"value": "Chat"}, "Gone__c": "visitor.name"}}
    office = office_that("lead_task", chats={"mapping": mapping})
    office.org.own_fields = {"Lead": {"LeadSource": FieldFacts(name="LeadSource", length=40)}}

    head = tell_chat(office)

    (lead,) = office.org.of_type("Lead")
    assert (head.state, lead.fields["LeadSource"]) == (State.LOGGED, "Chat")
    assert "Gone__c" not in lead.fields
    assert any(rule == "CX-20" and "Gone__c" in text for rule, text in reasons_of(office, head))


@pytest.mark.rule("CX-20")
def test_a_mapping_that_names_a_new_field_has_the_org_described_again():
    office = office_that("lead_task")
    tell_chat(office, chat_id="before")
    office.org.own_fields = {"Lead": {"LeadSource": FieldFacts(name="LeadSource", length=40)}}
    chats = {
        "actions": {"chat_ended": "lead_task"},
        "mapping": {"Lead": {"LeadSource": {"value": "Chat"}}},
    }
    own = {"preset": "standard", "default_region": "US", "time_zone": "UTC", "chats": chats}
    office.tenants.set_settings(TENANT, own, effective_at=START)

    tell_chat(office, a_chat(visitor=Visitor(email="bob@example.org")))

    assert office.org.of_type("Lead")[-1].fields["LeadSource"] == "Chat"


@pytest.mark.rule("XB-20", "X-9")
def test_a_pinned_contact_is_taken_without_a_search():
    office = office_that("contact_case", chats={"update_existing": "never"})
    contact = office.org.load("Contact", LastName="King", Email="other@example.org")
    pin = Pin(
        party=EMAIL,
        candidate=Candidate(record=contact, source=CandidateSource.PIN),
        pinned_at=START,
        by="admin",
    )
    office.pins.put(TENANT, pin)

    head = tell_chat(office)

    assert head.state is State.LOGGED
    assert office.org.of_type("Case")[0].fields["ContactId"] == contact.id
    assert "search" not in office.org.calls


@pytest.mark.rule("SH-4")
def test_chats_park_while_the_connection_is_broken_and_drain_after():
    office = office_that("contact_case")
    good = office.connections.stored[TENANT]
    office.connections.stored[TENANT] = replace(good, status=ConnectionStatus.BROKEN)

    assert tell_chat(office).state is State.PARKED
    office.connections.stored[TENANT] = good
    office.pass_time(180, step_s=30)

    assert chat_head(office).state is State.LOGGED


@pytest.mark.rule("SH-1")
def test_a_deleted_contact_gives_way_to_a_new_one():
    office = office_that("contact_case")
    contact = office.org.load("Contact", LastName="Byron", Email=EMAIL)
    tell_chat(office, chat_id="before")
    office.org.delete(contact.id)

    head = tell_chat(office)

    assert head.state is State.LOGGED, head.text
    (again,) = office.org.of_type("Contact")
    assert office.org.of_type("Case")[-1].fields["ContactId"] == again.id

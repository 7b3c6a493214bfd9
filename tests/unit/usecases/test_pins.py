"""A person chooses the record of a party: the calls to come go there, those before stay (XB-20, XB-21)."""

import pytest

from fakes.office import NUMBER, TENANT, Office, answered_call
from fakes.salesforce import AGENT, refuse
from switchhook.domain.activity import RecordRef, State
from switchhook.domain.decision import Candidate
from switchhook.domain.errors import NeedsReconnect, Rejected, Retryable
from switchhook.domain.facts.event import Participant, Role
from switchhook.domain.facts.people import Agent
from switchhook.domain.writing.claims import CachedMatch
from switchhook.usecases.matches.pins import Choice, get_pin, list_pins, pin_match, unpin
from switchhook.usecases.record.advance import advance

OTHER = "+14155550111"


@pytest.fixture
def office() -> Office:
    return Office()


def pin(office: Office, record: RecordRef, party: str = NUMBER):
    return pin_match(
        TENANT, Choice(party=party, record_id=record.id, by="admin"), office.world.matching
    )


def a_contact(office: Office, name: str = "Byron", phone: str = NUMBER) -> RecordRef:
    return office.org.load("Contact", LastName=name, Phone=phone)


def a_lead(office: Office, name: str = "Chosen") -> RecordRef:
    return office.org.load("Lead", LastName=name, Company="C")


def convert(office: Office, lead: RecordRef) -> RecordRef:
    contact = office.org.load("Contact", LastName="Converted")
    office.org.delete(lead.id)
    office.org.became[lead.id] = contact
    return contact


def explained(office: Office, call_id: str = "c-1") -> list[str]:
    head = office.head(call_id)
    record = office.ledger.decisions[TENANT, head.id][head.decisions]
    return [f"{step['rule']}: {step['text']}" for step in record.explanation]


@pytest.mark.rule("XB-20", "XB-21", "PC-9", "PC-10", "PC-11", "X-9")
def test_calls_to_come_go_to_the_chosen_record_and_those_before_stay(office):
    contact, lead = a_contact(office), a_lead(office)
    before = office.deliver(call_id="before")
    task_before = dict(office.tasks[0])

    pin(office, lead)
    after = office.deliver(call_id="after")

    assert (before.slots[0].record, after.slots[0].record) == (contact, lead)
    assert [task["WhoId"] for task in office.tasks] == [contact.id, lead.id]
    assert office.tasks[0] == task_before
    assert {"XB-20", "X-9"} <= set(after.slots[0].rules)


@pytest.mark.rule("XB-20")
def test_a_pinned_call_asks_salesforce_once(office):
    a_contact(office)
    office.deliver(call_id="warm")
    lead = a_lead(office)
    pin(office, lead)
    office.org.calls.clear()

    head = office.deliver(call_id="c-1")

    assert office.org.calls == ["send"]
    assert head.slots[0].who == "Chosen"


@pytest.mark.rule("XB-20")
def test_a_pin_needs_no_number_on_its_record_and_no_cache_setting(office):
    office = Office(preset={"matching": {"match_cache_minutes": 0}})
    lead = a_lead(office)
    pin(office, lead)

    heads = [office.deliver(call_id=call) for call in ("c-1", "c-2")]

    assert [head.slots[0].record for head in heads] == [lead, lead]
    assert "search" not in office.org.calls


@pytest.mark.rule("XB-20")
def test_a_pin_drops_the_cached_match_and_leaves_none_behind(office):
    contact = a_contact(office)
    office.deliver(call_id="c-1")
    assert office.directory.matches[TENANT, NUMBER].candidate.record == contact

    lead = a_lead(office)
    pin(office, lead)
    office.deliver(call_id="c-2")

    assert (TENANT, NUMBER) not in office.directory.matches
    unpin(TENANT, NUMBER, office.world.matching)
    assert office.deliver(call_id="c-3").slots[0].record == contact


@pytest.mark.rule("XB-20")
def test_a_match_cached_by_a_call_under_way_does_not_stand_against_the_pin(office):
    contact, lead = a_contact(office), a_lead(office)
    pin(office, lead)
    office.directory.matches[TENANT, NUMBER] = CachedMatch(
        candidate=Candidate(record=contact),
        settings_version=1,
        expires_at=office.clock.now().replace(year=2027),
    )

    assert office.deliver().slots[0].record == lead


@pytest.mark.rule("XB-20")
def test_each_party_of_a_conference_has_its_own_pin(office):
    lead, other = a_lead(office, "One"), a_lead(office, "Two")
    contact = a_contact(office)
    pin(office, lead)
    pin(office, other, OTHER)
    ends = [Participant(role=Role.EXTERNAL, number=number) for number in (NUMBER, OTHER)]

    head = office.deliver(answered_call(participants=tuple(ends)))

    assert [slot.record for slot in head.slots] == [lead, other]
    assert contact.id not in {task["WhoId"] for task in office.tasks}


@pytest.mark.rule("XB-20", "AC-9")
def test_a_pinned_party_beside_an_unpinned_one_keeps_its_pin_in_a_search(office):
    contact, lead = a_contact(office, phone=OTHER), a_lead(office)
    pin(office, lead)
    ends = [Participant(role=Role.EXTERNAL, number=number) for number in (NUMBER, OTHER)]

    head = office.deliver(answered_call(participants=tuple(ends)))

    assert [slot.record for slot in head.slots] == [lead, contact]
    assert office.org.calls.count("search") == 1


@pytest.mark.rule("XB-20", "PC-18")
@pytest.mark.parametrize(
    ("by_lead_owner", "searches"),
    [
        pytest.param(True, 1, id="whose_owner_decides_is_read_anew"),
        pytest.param(False, 0, id="whose_owner_does_not_matter_is_not"),
    ],
)
def test_a_pinned_lead_in_a_conference(by_lead_owner, searches):
    office = Office(preset={"ownership": {"conference_lead_owner": by_lead_owner}})
    for number in (NUMBER, OTHER):
        pin(office, a_lead(office), number)
    ends = (
        Participant(role=Role.AGENT, email=AGENT.email),
        *(Participant(role=Role.EXTERNAL, number=number) for number in (NUMBER, OTHER)),
    )

    office.deliver(answered_call(participants=ends, agent=Agent(email="nobody@example.com")))

    assert office.org.calls.count("search") == searches


@pytest.mark.rule("XB-20")
def test_a_pinned_lead_that_was_converted_is_followed_and_the_pin_with_it(office):
    lead = a_lead(office)
    pin(office, lead)
    contact = convert(office, lead)
    office.deliver(call_id="c-1")
    office.org.calls.clear()

    head = office.deliver(call_id="c-2")

    assert office.head("c-1").slots[0].record == head.slots[0].record == contact
    assert get_pin(TENANT, NUMBER, office.world.matching).record == contact
    assert (office.org.calls, head.slots[0].who) == (["send"], "Converted")
    assert any("XB-20" in one and "became" in one for one in explained(office))


@pytest.mark.rule("XB-20")
def test_a_pin_follows_even_where_the_successor_cannot_be_read_just_now(office):
    lead = a_lead(office)
    pin(office, lead)
    contact = convert(office, lead)
    office.org.next_facts = [Retryable("not now", code="busy", after_s=1)]

    head = office.deliver()

    assert head.slots[0].record == contact
    assert get_pin(TENANT, NUMBER, office.world.matching).candidate.name == "Chosen"


@pytest.mark.rule("XB-20")
def test_a_pin_ends_with_its_record_and_matching_decides_again(office):
    contact, lead = a_contact(office), a_lead(office)
    pin(office, lead)
    office.org.delete(lead.id)

    head = office.deliver()

    assert (head.state, head.slots[0].record) == (State.LOGGED, contact)
    assert list_pins(TENANT, limit=5, cursor=None, pins=office.pins).items == ()
    assert any("XB-20" in one and "the choice has ended" in one for one in explained(office))


@pytest.mark.rule("XB-20")
def test_a_choice_made_while_a_pin_ends_stands(office):
    lead, newer = a_lead(office), a_lead(office, "Newer")
    pin(office, lead)
    office.org.delete(lead.id)
    office.clock.forward(1)

    def choose_again(org, records):
        pin(office, newer)
        return refuse("INVALID_CROSS_REFERENCE_KEY")(org, records)

    office.org.next_sends = [choose_again]

    head = office.deliver()

    assert head.slots[0].record == newer
    assert get_pin(TENANT, NUMBER, office.world.matching).record == newer


@pytest.mark.rule("XB-20")
def test_a_pinned_record_that_may_not_be_used_just_now_stays_pinned(office):
    contact, lead = a_contact(office), a_lead(office)
    pin(office, lead)
    office.org.next_sends = [refuse("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY")]

    head = office.deliver()

    assert head.slots[0].record == contact
    assert get_pin(TENANT, NUMBER, office.world.matching).record == lead
    assert not any("became" in one or "has ended" in one for one in explained(office))


@pytest.mark.rule("XB-20", "SH-1")
def test_a_crash_after_the_pin_has_followed_leads_to_one_task_on_the_successor(office):
    lead = a_lead(office)
    pin(office, lead)
    contact = convert(office, lead)
    commit, calls = office.ledger.commit, []

    def crash_after_the_refusal(write):
        calls.append(write)
        if len(calls) == 3:
            raise SystemExit
        commit(write)

    office.ledger.commit = crash_after_the_refusal
    with pytest.raises(SystemExit):
        office.deliver()
    office.ledger.commit = commit
    office.pass_time(1000, step_s=50)

    assert [task["WhoId"] for task in office.tasks] == [contact.id]
    assert advance(TENANT, office.head().id, office.world).state is State.LOGGED


@pytest.mark.rule("XB-20")
def test_choosing_the_same_again_renews_what_is_known(office):
    lead = a_lead(office)
    pin(office, lead)
    office.org.change(lead.id, {"LastName": "Renamed"})
    office.clock.forward(5)

    again = pin(office, lead)

    assert (again.record, again.candidate.name) == (lead, "Renamed")
    assert list_pins(TENANT, limit=5, cursor=None, pins=office.pins).items == (again,)


@pytest.mark.rule("XB-20", "AC-10")
def test_a_person_account_is_pinned_as_its_account_and_logged_by_its_contact(office):
    twin = office.org.load("Contact", LastName="Person")
    account = office.org.load("Account", Name="Person", PersonContactId=twin.id)

    pin(office, account)
    head = office.deliver()

    assert head.slots[0].record == account
    assert office.tasks[0]["WhoId"] == twin.id


@pytest.mark.rule("XB-20")
def test_a_converted_lead_is_pinned_as_its_contact(office):
    lead = a_lead(office)
    contact = convert(office, lead)

    assert pin(office, lead).record == contact


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("(415) 555-0100", NUMBER, id="a_national_number"),
        pytest.param(" 14155550100", NUMBER, id="a_plus_lost_in_a_query"),
        pytest.param("Ada@Example.com ", "ada@example.com", id="an_address_in_any_case"),
    ],
)
@pytest.mark.rule("XB-20")
def test_a_party_is_read_into_its_key(office, written, expected):
    assert pin(office, a_lead(office), written).party == expected
    assert get_pin(TENANT, written, office.world.matching).party == expected


@pytest.mark.parametrize("party", ["anonymous", "12", "ada@", "@", "a b@example.com", ""])
def test_what_is_no_party_is_refused_by_name(office, party):
    with pytest.raises(Rejected) as refused:
        pin(office, a_lead(office), party)

    assert (refused.value.status, list(refused.value.fields)) == (422, ["party"])


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(RecordRef(type="Lead", id="00Q000000000999AAA"), id="not_there"),
        pytest.param(RecordRef(type="Case", id="500000000000001AAA"), id="no_person"),
        pytest.param(RecordRef(type="?", id="ada"), id="no_id"),
    ],
)
def test_a_record_that_cannot_be_a_match_is_refused_by_name(office, record):
    with pytest.raises(Rejected) as refused:
        pin(office, record)

    assert (refused.value.status, list(refused.value.fields)) == (422, ["record_id"])
    assert office.directory.pins == {}


def test_nothing_is_pinned_without_a_connection(office):
    lead = a_lead(office)
    office.connections.stored.clear()

    with pytest.raises(NeedsReconnect):
        pin(office, lead)


def test_an_ended_session_is_renewed_once(office):
    lead = a_lead(office)
    office.org.good_token = "access-9"

    assert pin(office, lead).record == lead
    assert office.org.refreshed_with == ["refresh-1"]


def test_taking_back_what_nobody_chose_is_harmless(office):
    unpin(TENANT, NUMBER, office.world.matching)

    with pytest.raises(Rejected) as refused:
        get_pin(TENANT, NUMBER, office.world.matching)
    assert refused.value.status == 404

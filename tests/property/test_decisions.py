"""What holds for every decision: of attached records, people, owners and texts alike."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.calls import (
    ADA,
    ADMIN,
    ANN,
    BEN,
    CEM,
    START,
    a_call,
    a_decision_input,
    a_record,
    an_open,
    an_org,
    external,
    internal,
    screened,
    the_settings,
)
from switchhook.domain.calls.decide import decide
from switchhook.domain.calls.places import contacts_to_ask
from switchhook.domain.decision import Log, Skip
from switchhook.domain.facts.event import Outcome, Transfer
from switchhook.domain.facts.people import Agent, ListedAgent, OrgUser, People
from switchhook.domain.text import width

NUMBERS = (ADA, BEN, CEM)
EMAILS = (ANN.email, "BOB@example.com", "x@example.com", None)
USERS = st.lists(
    st.builds(
        OrgUser,
        id=st.integers(2, 7).map(lambda number: f"00500000000000{number}AAA"),
        name=st.just("U"),
        email=st.sampled_from([ANN.email, "bob@example.com"]),
        user_type=st.sampled_from(["Standard", "PowerPartner", "Standard", "CsnOnly"]),
        last_login_at=st.none() | st.integers(0, 2).map(lambda days: START + timedelta(days=days)),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda user: user.id,
)
OWNER_IDS = st.none() | st.integers(1, 8).map(lambda number: f"00500000000000{number}AAA")
LONG_TEXT = st.builds(
    lambda text, times: text * times,
    st.text(st.characters(), max_size=40),
    st.sampled_from([1, 30, 2000]),
)
NUMBERS_OF = st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=2).map(tuple)
CANDIDATES = st.lists(
    st.builds(
        a_record,
        st.sampled_from(["Contact", "Lead", "Contact", "Account", "Lead"]),
        st.integers(1, 4).map(lambda number: f"X0000000000000{number}AAA"),
        numbers=NUMBERS_OF,
        owner_id=OWNER_IDS,
        name=st.none() | LONG_TEXT,
        is_converted=st.sampled_from([False, False, True]),
        converted_contact_id=st.none() | st.just("X00000000000009AAA"),
    ).map(lambda one: replace(one, record=replace(one.record, id=one.record.type + one.record.id))),
    min_size=1,
    max_size=6,
)
RELATED = st.lists(
    st.builds(
        an_open,
        st.sampled_from(["Case", "Opportunity"]),
        st.integers(1, 5).map(lambda number: f"50000000000000{number}AAA"),
        contact_id=st.integers(1, 4).map(lambda number: f"ContactX0000000000000{number}AAA"),
        modified_at=st.integers(0, 2).map(lambda hours: START + timedelta(hours=hours)),
    ),
    max_size=6,
    unique_by=lambda one: one.record.id,
)
CHOICES = st.fixed_dictionaries(
    {
        "calls": st.fixed_dictionaries(
            {
                "unknown_number": st.sampled_from(["none", "contact", "lead", "account"]),
                "attach_to": st.sampled_from(["case", "opportunity", "none"]),
                "create_case": st.booleans(),
                "workflow": st.fixed_dictionaries(
                    {"missed": st.sampled_from(["in_progress", "none"])}
                ),
            }
        ),
        "ownership": st.fixed_dictionaries(
            {
                "fallback_user_id": OWNER_IDS,
                "conference_lead_owner": st.booleans(),
                "conference_lead_owner_else": st.sampled_from(["installer", "host"]),
                "run_assignment_rules": st.booleans(),
            }
        ),
        "templates": st.fixed_dictionaries(
            {"case_subject": st.just({"inbound_answered": {"en": "{agent}: {who} {queue}"}})}
        ),
    }
)
AGENTS = st.none() | st.builds(
    Agent, email=st.sampled_from(EMAILS), name=st.none() | LONG_TEXT, id=st.sampled_from("12")
)
ENDS = st.lists(
    st.builds(external, st.sampled_from(NUMBERS), name=st.none() | LONG_TEXT)
    | st.builds(external, st.sampled_from(NUMBERS))
    | st.builds(internal, email=st.sampled_from(EMAILS), number=st.sampled_from(["201", None])),
    min_size=1,
    max_size=5,
)
CALLS = st.builds(
    a_call,
    agent=AGENTS,
    outcome=st.sampled_from([Outcome.ANSWERED, Outcome.ANSWERED, Outcome.MISSED]),
    external_name=st.none() | LONG_TEXT,
    external_email=st.none() | LONG_TEXT | st.emails(),
    participants=ENDS.map(tuple),
    queue=st.none() | LONG_TEXT,
    transfers=st.lists(st.builds(Transfer, to=st.sampled_from(EMAILS)), max_size=2).map(tuple),
)
PEOPLE = st.builds(
    People,
    agents=st.lists(
        st.builds(
            ListedAgent,
            id=st.sampled_from(["1", "2", None]),
            extension=st.sampled_from(["201", None]),
            salesforce_user_id=OWNER_IDS,
        ),
        max_size=1,
    ).map(tuple),
)
AVOIDED = st.frozensets(
    st.sampled_from(["ContactX00000000000001AAA", "500000000000001AAA", "500000000000002AAA"])
)


def org_of(users):
    """The org's active users, in the order given, beside those who are always there."""
    by_email = {ADMIN.email: (ADMIN,)}
    for user in users:
        by_email[user.email] = (*by_email.get(user.email, ()), user)
    owning = (user.id for user in users if user.user_type != "CsnOnly")
    return an_org(users_by_email=by_email, user_ids=frozenset({ADMIN.id, *owning}))


@st.composite
def inputs_of(draw):
    """One decision's input, or the skip that makes one needless."""
    call, own, people = draw(CALLS), the_settings(**draw(CHOICES)), draw(PEOPLE)
    passed = screened(call, settings=own, people=people)
    if isinstance(passed, Skip):
        return passed
    return a_decision_input(
        *draw(CANDIDATES),
        call=call,
        settings=own,
        people=people,
        org=org_of(draw(USERS)),
        related=tuple(draw(RELATED)),
        avoid_records=draw(AVOIDED),
        avoid_users=draw(st.frozensets(OWNER_IDS.filter(bool), max_size=2)),
    )


def logs_of(inputs):
    decision = inputs if isinstance(inputs, Skip) else decide(inputs)
    return decision.slots if isinstance(decision, Log) else ()


@pytest.mark.rule("SH-1", "AC-18", "CX-59")
@given(inputs=inputs_of(), data=st.data())
def test_no_order_of_what_is_read_changes_a_decision(inputs, data):
    if isinstance(inputs, Skip):
        return
    shuffled = replace(
        inputs,
        parties=tuple(
            replace(one, candidates=tuple(data.draw(st.permutations(one.candidates))))
            for one in data.draw(st.permutations(inputs.parties))
        ),
        related=tuple(data.draw(st.permutations(inputs.related))),
        screened=replace(
            inputs.screened, parties=tuple(data.draw(st.permutations(inputs.screened.parties)))
        ),
        org=replace(
            inputs.org,
            users_by_email={
                email: tuple(data.draw(st.permutations(users)))
                for email, users in inputs.org.users_by_email.items()
            },
        ),
    )

    assert [what_of(slot) for slot in logs_of(shuffled)] == [
        what_of(slot) for slot in logs_of(inputs)
    ]
    assert contacts_to_ask(shuffled) == contacts_to_ask(inputs)
    assert decide(inputs) == decide(inputs)


def what_of(slot):
    return (
        slot.parties,
        slot.record,
        slot.who_id,
        slot.what_id,
        slot.person,
        slot.case,
        slot.owner,
        slot.rules,
    )


@pytest.mark.rule("AC-10", "AC-11", "AC-13", "AC-14", "AC-19", "AC-20")
@given(inputs=inputs_of())
def test_only_a_contacts_task_names_or_gets_a_case_or_opportunity(inputs):
    for slot in logs_of(inputs):
        settings = inputs.settings.calls
        on_contact = (slot.record and slot.record.type == "Contact") or (
            slot.person and slot.person.object_type == "Contact"
        )
        assert on_contact or (slot.attached, slot.case) == (None, None)
        assert not (slot.attached and slot.case)
        assert slot.case is None or (settings.create_case and settings.attach_to == "case")
        if slot.attached:
            assert slot.what_id == slot.attached.id
            assert slot.attached.type.lower() == settings.attach_to
            assert slot.attached.id not in inputs.avoid_records
            assert slot.who_id in contacts_to_ask(inputs)
        if slot.record and slot.record.type == "Lead":
            assert slot.what_id is None


@pytest.mark.rule("AC-27", "AC-28", "PC-18", "PC-19", "XB-4")
@given(inputs=inputs_of())
def test_every_owner_is_a_user_of_the_org_who_may_own(inputs):
    for slot in logs_of(inputs):
        allowed = (inputs.org.user_ids - inputs.avoid_users) | {ADMIN.id}
        made = [fields["OwnerId"] for fields in made_with(slot)]
        assert {slot.owner.user_id, *made} <= allowed
        assert slot.owner.rule in slot.rules


def made_with(slot):
    return [made.fields for made in (slot.person, slot.case) if made]


LIMITS = {
    "LastName": 80,
    "Company": 255,
    "Name": 255,
    "Subject": 255,
    "Email": 80,
    "Phone": 40,
    "SuppliedPhone": 40,
    "Description": 32_000,
}


@pytest.mark.rule("AC-9", "AC-13")
@given(inputs=inputs_of())
def test_no_text_of_what_is_made_is_empty_too_long_or_unfit(inputs):
    for slot in logs_of(inputs):
        for fields in (slot.fields, *made_with(slot)):
            for name in fields.keys() & LIMITS.keys():
                assert 0 < width(fields[name]) <= LIMITS[name]
                fields[name].encode("utf-8")


@pytest.mark.rule("SH-3")
@given(inputs=inputs_of())
def test_every_rule_that_chose_an_owner_or_an_attachment_is_explained(inputs):
    if isinstance(inputs, Skip):
        return
    decision = decide(inputs)
    rules = {reason.rule for reason in decision.explanation}

    assert all(0 < len(reason.text) <= 300 for reason in decision.explanation)
    for slot in logs_of(inputs):
        assert slot.owner.rule in rules
        assert not slot.attached or rules & {"AC-11", "AC-18"}
        assert not slot.case or "AC-13" in rules
        assert not slot.person or "AC-9" in rules

"""The decision as a whole: which Tasks, on what, for whom, or why none."""

from dataclasses import replace

import pytest

from builders.calls import (
    ADA,
    ADMIN,
    ANN,
    BEN,
    CEM,
    a_call,
    a_contact,
    a_decision_input,
    a_lead,
    a_person_account,
    an_account,
    external,
    internal,
    the_settings,
)
from switchhook.domain.activity import RecordRef, SlotKind
from switchhook.domain.calls.decide import decide
from switchhook.domain.decision import Candidate, CandidateSource, Log, Skip
from switchhook.domain.facts.event import Outcome
from switchhook.domain.facts.people import Agent, ListedAgent, People

MAKE_LEADS = the_settings(calls={"unknown_number": "lead"})


def conference(*numbers):
    return a_call(participants=(internal(email=ANN.email), *map(external, numbers)))


def rules_of(decision):
    return {reason.rule for reason in decision.explanation}


@pytest.mark.rule("XB-12", "AC-10", "AC-27", "SH-3")
def test_a_matched_call_is_one_task_on_its_record_owned_by_the_agent():
    decision = decide(a_decision_input(a_contact(name="Ada King")))

    (slot,) = decision.slots
    assert slot.kind is SlotKind.TASK
    assert slot.parties == (ADA,)
    assert slot.record == a_contact().record
    assert (slot.who_id, slot.what_id) == (a_contact().record.id, None)
    assert slot.owner.user_id == ANN.id
    assert slot.fields["Subject"] == "Inbound call from Ada King"
    assert slot.person is None
    assert slot.rules == ("XB-12", "AC-10", "XB-13", "AC-4", "AC-27")
    assert {"XB-12", "AC-10", "AC-27", "AC-4"} <= rules_of(decision)


@pytest.mark.rule("AC-10")
@pytest.mark.parametrize(
    ("candidate", "who_id", "what_id"),
    [
        pytest.param(a_contact(), a_contact().record.id, None, id="a contact is Who"),
        pytest.param(a_lead(), a_lead().record.id, None, id="a lead is Who"),
        pytest.param(an_account(), None, an_account().record.id, id="an account is What"),
        pytest.param(
            a_person_account(), "003000000000009AAA", None, id="a person account's contact is Who"
        ),
        pytest.param(
            a_person_account(twin=None),
            None,
            a_person_account().record.id,
            id="a person account without a known contact is What",
        ),
    ],
)
def test_the_task_hangs_on_the_record_by_the_field_of_its_kind(candidate, who_id, what_id):
    (slot,) = decide(a_decision_input(candidate)).slots

    assert (slot.who_id, slot.what_id) == (who_id, what_id)


@pytest.mark.rule("AC-10")
def test_the_tenant_may_hang_tasks_on_the_person_account_itself():
    settings = the_settings(calls={"person_account_who": False})

    (slot,) = decide(a_decision_input(a_person_account(), settings=settings)).slots

    assert (slot.who_id, slot.what_id) == (None, a_person_account().record.id)


@pytest.mark.rule("AC-16", "AC-17")
def test_the_rules_that_chose_the_record_are_named():
    decision = decide(a_decision_input(a_contact(), a_contact("003000000000002AAA"), a_lead()))

    (slot,) = decision.slots
    assert slot.record == a_contact().record
    assert {"AC-16", "AC-17"} <= set(slot.rules)
    assert {"AC-16", "AC-17"} <= rules_of(decision)


@pytest.mark.rule("XB-15", "X-5", "AC-9")
@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.MISSED])
def test_a_call_with_an_unknown_number_is_skipped(outcome):
    decision = decide(a_decision_input(call=a_call(outcome=outcome)))

    assert isinstance(decision, Skip)
    assert (decision.rule, decision.reason) == ("XB-15", "no_match")
    assert ADA in decision.text
    assert decision.explanation


@pytest.mark.rule("AC-9")
def test_an_unknown_number_becomes_a_lead_where_the_tenant_chose_so():
    decision = decide(a_decision_input(settings=MAKE_LEADS))

    (slot,) = decision.slots
    assert slot.record is None
    assert (slot.who_id, slot.what_id) == (None, None)
    assert slot.person.object_type == "Lead"
    assert slot.person.fields == {
        "LastName": "Ada Byron",
        "Company": "Ada Byron",
        "Phone": ADA,
        "OwnerId": ANN.id,
    }
    assert "AC-9" in slot.rules
    assert "AC-9" in rules_of(decision)


@pytest.mark.rule("AC-9")
@pytest.mark.parametrize(
    ("name", "last_name", "company"),
    [
        pytest.param(None, "+1 415-555-0100", "+1 415-555-0100", id="the number, without a name"),
        pytest.param(" \n", "+1 415-555-0100", "+1 415-555-0100", id="or with an empty one"),
        pytest.param("a" * 90, "a" * 73 + "… [cut]", "a" * 90, id="cut to each field"),
    ],
)
def test_a_new_lead_is_named_by_the_caller_or_the_number(name, last_name, company):
    call = a_call(external_name=name)

    (slot,) = decide(a_decision_input(call=call, settings=MAKE_LEADS)).slots

    assert slot.person.fields["LastName"] == last_name
    assert slot.person.fields["Company"] == company


@pytest.mark.rule("SH-1")
def test_a_lead_that_was_created_a_moment_ago_is_the_match():
    created = Candidate(
        record=RecordRef(type="Lead", id="00Q000000000007AAA"), source=CandidateSource.CREATED
    )

    (slot,) = decide(a_decision_input(created, settings=MAKE_LEADS)).slots

    assert slot.record == created.record
    assert slot.person is None


@pytest.mark.rule("PC-17")
def test_a_conference_gets_one_task_for_each_person_with_a_match():
    ada, ben = a_contact(), a_lead(numbers=(BEN,))

    decision = decide(a_decision_input(ben, ada, call=conference(CEM, BEN, ADA)))

    assert [(slot.parties, slot.record) for slot in decision.slots] == [
        ((ADA,), ada.record),
        ((BEN,), ben.record),
    ]
    assert "PC-17" in rules_of(decision)


@pytest.mark.rule("PC-17", "SH-1")
def test_slots_stand_in_the_order_of_their_smallest_party():
    inputs = a_decision_input(a_contact(), a_lead(numbers=(BEN,)), call=conference(ADA, BEN))
    backwards = replace(
        inputs, screened=replace(inputs.screened, parties=inputs.screened.parties[::-1])
    )

    assert [slot.parties for slot in decide(backwards).slots] == [(ADA,), (BEN,)]


@pytest.mark.rule("PC-17")
def test_one_person_on_two_numbers_gets_one_task():
    ada = a_contact(numbers=(ADA, CEM))
    ben = a_lead(numbers=(BEN,))

    decision = decide(a_decision_input(ada, ben, call=conference(CEM, BEN, ADA)))

    assert [(slot.parties, slot.record) for slot in decision.slots] == [
        ((ADA, CEM), ada.record),
        ((BEN,), ben.record),
    ]


@pytest.mark.rule("PC-17", "AC-9")
def test_a_stranger_beside_a_known_person_gets_neither_task_nor_lead():
    decision = decide(a_decision_input(a_contact(), call=conference(ADA, BEN), settings=MAKE_LEADS))

    assert [slot.parties for slot in decision.slots] == [(ADA,)]


@pytest.mark.rule("AC-9", "PC-17")
def test_strangers_among_themselves_become_a_lead_each():
    decision = decide(a_decision_input(call=conference(BEN, ADA), settings=MAKE_LEADS))

    assert [slot.person.fields["Phone"] for slot in decision.slots] == [ADA, BEN]


@pytest.mark.rule("PC-15", "AC-28", "XB-4")
def test_a_fallback_owners_task_says_whose_call_it_was():
    call = a_call(agent=Agent(name="Zoe", email="zoe@example.com"))

    (slot,) = decide(a_decision_input(a_contact(), call=call)).slots

    assert slot.owner.user_id == ADMIN.id
    assert "\nCreated by: Zoe <zoe@example.com>\n" in slot.fields["Description"]


@pytest.mark.rule("PC-15")
@pytest.mark.parametrize(
    "agent",
    [
        pytest.param(None, id="nobody took it"),
        pytest.param(Agent(id="99"), id="somebody without a name"),
        pytest.param(Agent(email=ANN.email), id="a user of Salesforce"),
    ],
)
def test_there_is_no_creator_line_when_no_agent_is_missing_from_salesforce(agent):
    (slot,) = decide(a_decision_input(a_contact(), call=a_call(agent=agent))).slots

    assert "Created by:" not in slot.fields["Description"]


@pytest.mark.rule("XB-3")
def test_the_people_list_completes_the_agent_line():
    people = People(agents=(ListedAgent(extension="201", name="Ann Agent", email=ANN.email),))
    call = a_call(agent=Agent(extension="201"))

    (slot,) = decide(a_decision_input(a_contact(), call=call, people=people)).slots

    assert slot.fields["Description"].startswith("Agent: Ann Agent <ann@example.com>\n")


@pytest.mark.rule("AC-5", "AC-3")
def test_a_call_logged_as_in_progress_names_that_rule():
    settings = the_settings(calls={"workflow": {"inbound_answered": "in_progress"}})

    decision = decide(a_decision_input(a_contact(), settings=settings))

    assert decision.slots[0].fields["Status"] == "In Progress"
    assert {"AC-3", "AC-5"} <= set(decision.slots[0].rules)
    assert "AC-5" in rules_of(decision)


def test_what_salesforce_refused_is_not_decided_again():
    inputs = replace(
        a_decision_input(a_contact(), a_lead()),
        avoid_records=frozenset({a_contact().record.id}),
        avoid_users=frozenset({ANN.id}),
    )

    (slot,) = decide(inputs).slots

    assert slot.record == a_lead().record
    assert slot.owner.user_id == ADMIN.id


def test_a_party_that_nobody_searched_for_has_no_match():
    assert isinstance(decide(replace(a_decision_input(a_contact()), parties=())), Skip)


def test_explanations_are_short():
    settings = the_settings(calls={"unknown_number": "lead"})
    numbers = [f"+1415555{n:04}" for n in range(100, 150)]

    for chosen in (settings, None):
        decision = decide(a_decision_input(call=conference(*numbers), settings=chosen))
        assert isinstance(decision, Skip if chosen is None else Log)
        texts = [reason.text for reason in decision.explanation]
        assert max(map(len, texts)) <= 300
        assert chosen is not None or len(decision.text) <= 300


@pytest.mark.rule("SH-11")
@pytest.mark.parametrize(
    ("sees_all", "settings", "expected"),
    [
        pytest.param(False, the_settings(), True, id="a_skip_for_one_who_sees_some"),
        pytest.param(False, MAKE_LEADS, True, id="a_new_lead_for_one_who_sees_some"),
        pytest.param(True, the_settings(), False, id="a_skip_for_one_who_sees_all"),
        pytest.param(True, MAKE_LEADS, False, id="a_new_lead_for_one_who_sees_all"),
    ],
)
def test_a_number_without_a_record_may_be_on_a_hidden_one(sees_all, settings, expected):
    inputs = a_decision_input(settings=settings)
    inputs = replace(inputs, org=replace(inputs.org, sees_all_records=sees_all))

    assert ("SH-11" in rules_of(decide(inputs))) is expected


@pytest.mark.rule("SH-11")
def test_a_match_is_told_without_a_word_of_hidden_records():
    inputs = a_decision_input(a_contact())
    inputs = replace(inputs, org=replace(inputs.org, sees_all_records=False))

    assert "SH-11" not in rules_of(decide(inputs))

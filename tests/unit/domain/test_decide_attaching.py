"""Cases and Opportunities: the open one of a contact, changed last, or a new Case."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders.calls import (
    ADA,
    ANN,
    BEN,
    START,
    a_call,
    a_conference,
    a_contact,
    a_decision_input,
    a_lead,
    a_person_account,
    a_record,
    an_account,
    an_open,
    the_settings,
)
from switchhook.domain.activity import RecordRef
from switchhook.domain.calls.decide import decide
from switchhook.domain.calls.places import contacts_to_ask
from switchhook.domain.decision import Candidate, CandidateSource, Skip
from switchhook.domain.facts.event import Outcome
from switchhook.domain.text import width

CASE = "500000000000001AAA"
LATER = START + timedelta(minutes=5)


def attaching(to="case", **calls):
    return the_settings(calls={"attach_to": to, **calls})


def told(decision):
    return {reason.rule: reason.text for reason in decision.explanation}


@pytest.mark.rule("AC-11", "AC-12", "AC-15", "AC-22")
@pytest.mark.parametrize(
    ("to", "related"),
    [("case", an_open()), ("opportunity", an_open("Opportunity", "006000000000001AAA"))],
)
def test_the_same_task_names_the_contact_and_its_open_case_or_opportunity(to, related):
    decision = decide(a_decision_input(a_contact(), settings=attaching(to), related=(related,)))

    (slot,) = decision.slots
    assert (slot.who_id, slot.what_id) == (a_contact().record.id, related.record.id)
    assert (slot.record, slot.attached) == (a_contact().record, related.record)
    assert slot.case is None
    assert {"AC-11", "AC-15"} <= set(slot.rules)
    assert related.record.id in told(decision)["AC-11"]


@pytest.mark.rule("AC-12")
@pytest.mark.parametrize(
    ("to", "related"),
    [
        pytest.param("none", an_open(), id="the tenant attaches nothing"),
        pytest.param("opportunity", an_open(), id="a case where opportunities are wanted"),
        pytest.param("case", an_open("Opportunity", "0061"), id="an opportunity where cases are"),
        pytest.param("case", an_open(contact_id="003000000000002AAA"), id="another contact's case"),
    ],
)
def test_what_the_tenant_did_not_choose_is_not_attached(to, related):
    (slot,) = decide(
        a_decision_input(a_contact(), settings=attaching(to), related=(related,))
    ).slots

    assert (slot.attached, slot.what_id, slot.case) == (None, None, None)


@pytest.mark.rule("AC-18")
@pytest.mark.parametrize(
    ("several", "expected"),
    [
        pytest.param(
            (an_open("Case", "5001"), an_open("Case", "5002", modified_at=LATER)),
            "5002",
            id="the one modified last",
        ),
        pytest.param((an_open("Case", "5002"), an_open("Case", "5001")), "5001", id="lowest id"),
    ],
)
def test_of_several_open_cases_one_is_taken_whatever_their_order(several, expected):
    for related in (several, several[::-1]):
        decision = decide(a_decision_input(a_contact(), settings=attaching(), related=related))
        assert decision.slots[0].attached.id == expected
        assert "AC-18" in decision.slots[0].rules
        assert "2 open ones" in told(decision)["AC-18"]


def test_an_opportunity_with_two_roles_for_the_contact_is_one():
    twice = (an_open("Opportunity", "0061"), an_open("Opportunity", "0061"))

    (slot,) = decide(
        a_decision_input(a_contact(), settings=attaching("opportunity"), related=twice)
    ).slots

    assert slot.attached.id == "0061"
    assert "AC-18" not in slot.rules


@pytest.mark.rule("AC-14")
@pytest.mark.parametrize(
    "candidate",
    [
        pytest.param(a_lead(), id="lead"),
        pytest.param(an_account(), id="account"),
        pytest.param(a_person_account(), id="person account"),
        pytest.param(a_contact(is_person_account=True), id="the contact of a person account"),
    ],
)
def test_only_a_contacts_call_is_attached(candidate):
    related = (an_open(contact_id=candidate.record.id), an_open(contact_id="003000000000009AAA"))
    inputs = a_decision_input(candidate, settings=attaching(create_case=True), related=related)

    decision = decide(inputs)

    (slot,) = decision.slots
    assert (slot.attached, slot.case) == (None, None)
    assert candidate.record.type in told(decision)["AC-14"]
    assert contacts_to_ask(inputs) == ()


@pytest.mark.rule("AC-13", "AC-19")
def test_a_case_is_made_for_a_contact_that_has_none_open():
    decision = decide(
        a_decision_input(a_contact(name="Ada King"), settings=attaching(create_case=True))
    )

    (slot,) = decision.slots
    assert slot.who_id == a_contact().record.id
    assert (slot.what_id, slot.attached) == (None, None)
    assert slot.case.fields == {
        "Subject": "Inbound call from Ada King",
        "Origin": "Phone",
        "Description": f"Number: {ADA}\nCall id: c-1",
        "SuppliedPhone": ADA,
        "OwnerId": ANN.id,
    }
    assert {"AC-13", "AC-19"} <= set(slot.rules)
    assert "no open Case" in told(decision)["AC-13"]


@pytest.mark.rule("AC-13")
def test_no_case_is_made_where_one_is_open():
    (slot,) = decide(
        a_decision_input(a_contact(), settings=attaching(create_case=True), related=(an_open(),))
    ).slots

    assert slot.case is None
    assert slot.attached.id == CASE


@pytest.mark.rule("AC-13", "AC-15", "AC-20")
@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        pytest.param(attaching(), "AC-15", id="cases are not to be made"),
        pytest.param(
            attaching("opportunity", create_case=True), "AC-20", id="opportunities never are"
        ),
    ],
)
def test_with_nothing_open_the_task_hangs_on_the_contact_alone(settings, rule):
    decision = decide(a_decision_input(a_contact(), settings=settings))

    (slot,) = decision.slots
    assert (slot.who_id, slot.what_id, slot.case) == (a_contact().record.id, None, None)
    assert "no open" in told(decision)[rule]


@pytest.mark.rule("AC-13")
def test_a_case_is_made_only_where_calls_are_attached_to_cases():
    settings = the_settings(calls={"create_case": True})

    assert decide(a_decision_input(a_contact(), settings=settings)).slots[0].case is None


@pytest.mark.rule("AC-19", "AC-9", "AC-20")
@pytest.mark.parametrize(
    ("to", "policy", "makes_case", "rule"),
    [
        pytest.param("case", "contact", True, "AC-13", id="a new contact gets a case"),
        pytest.param("case", "lead", False, "AC-14", id="a new lead gets none"),
        pytest.param("case", "account", False, "AC-14", id="a new account gets none"),
        pytest.param("opportunity", "contact", False, "AC-20", id="an opportunity is never made"),
        pytest.param("none", "contact", False, "AC-9", id="nothing is wanted"),
    ],
)
def test_a_person_made_for_the_call_gets_a_case_only_as_a_contact(to, policy, makes_case, rule):
    settings = attaching(to, unknown_number=policy, create_case=True)

    decision = decide(a_decision_input(settings=settings))

    (slot,) = decision.slots
    assert slot.person is not None
    assert (slot.case is not None) == makes_case
    assert rule in told(decision)


@pytest.mark.rule("AC-15")
def test_a_case_that_salesforce_refused_is_not_attached_again():
    inputs = a_decision_input(
        a_contact(),
        settings=attaching(create_case=True),
        related=(an_open(modified_at=LATER), an_open("Case", "500000000000002AAA")),
        avoid_records=frozenset({CASE}),
    )

    decision = decide(inputs)

    assert decision.slots[0].attached.id == "500000000000002AAA"
    assert CASE in told(decision)["SH-3"]
    both = replace(inputs, avoid_records=frozenset({CASE, "500000000000002AAA"}))
    assert decide(both).slots[0].case is not None


@pytest.mark.rule("PC-17", "AC-11")
def test_each_contact_of_a_conference_has_its_own_case():
    ada, ben = a_contact(), a_contact("003000000000002AAA", numbers=(BEN,))
    related = (an_open(), an_open("Case", "500000000000002AAA", contact_id=ben.record.id))
    inputs = a_decision_input(
        ada, ben, call=a_conference(ADA, BEN), settings=attaching(), related=related
    )

    assert [slot.attached.id for slot in decide(inputs).slots] == [CASE, "500000000000002AAA"]
    assert contacts_to_ask(inputs) == (ada.record.id, ben.record.id)


@pytest.mark.rule("AC-11")
@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        pytest.param((), (), id="nobody known"),
        pytest.param(
            (a_contact(), a_contact("003000000000002AAA"), a_lead()),
            (a_contact().record.id,),
            id="the chosen contact only",
        ),
        pytest.param(
            (a_lead(is_converted=True, converted_contact_id="003000000000005AAA"),),
            ("003000000000005AAA",),
            id="the contact a lead became",
        ),
        pytest.param(
            (
                Candidate(
                    record=RecordRef(type="Contact", id="003000000000006AAA"),
                    source=CandidateSource.CREATED,
                ),
            ),
            ("003000000000006AAA",),
            id="a contact made a moment ago",
        ),
    ],
)
def test_the_contacts_to_ask_for_are_those_the_call_will_be_on(candidates, expected):
    inputs = a_decision_input(*candidates, settings=attaching())

    assert contacts_to_ask(inputs) == expected
    assert contacts_to_ask(replace(inputs, settings=the_settings())) == ()


@pytest.mark.rule("AC-13")
def test_the_subject_of_a_case_is_the_tenants_own_and_fits_its_field():
    settings = the_settings(
        language="de",
        calls={"attach_to": "case", "create_case": True},
        templates={"case_subject": {"missed": {"de": "Rückruf an {who}"}}},
    )
    call = a_call(outcome=Outcome.MISSED, talk_s=None, answered_at=None)
    named, long = (a_record("Contact", "0031", name=name) for name in ("Ada", "a" * 300))

    (slot,) = decide(a_decision_input(named, call=call, settings=settings)).slots
    (too_long,) = decide(a_decision_input(long, call=call, settings=settings)).slots

    assert slot.case.fields["Subject"] == "Rückruf an Ada"
    assert width(too_long.case.fields["Subject"]) <= 255


@pytest.mark.rule("AC-20", "X-11")
def test_a_call_that_is_skipped_attaches_and_makes_nothing():
    decision = decide(a_decision_input(settings=attaching(create_case=True)))

    assert isinstance(decision, Skip)

"""Which record of the org a visitor is."""

import itertools
from dataclasses import replace

import pytest

from builders.calls import (
    ADA,
    START,
    a_contact,
    a_lead,
    a_number,
    a_person_account,
    an_account,
    the_settings,
)
from builders.chats import ADAS_EMAIL, a_chat, a_visitor, at
from switchhook.domain.chats.matching import Visit, match_visitor, searched_object
from switchhook.domain.chats.screening import party_of
from switchhook.domain.decision import CandidateSource
from switchhook.domain.facts.chat import ChatAction
from switchhook.domain.matching.choosing import Matched, NoMatch

C1, C2 = "003000000000001AAA", "003000000000002AAA"
L1, L2 = "00Q000000000001AAA", "00Q000000000002AAA"


def named(make, record_id, **about):
    """A record that has neither Ada's number nor her e-mail, unless said otherwise."""
    return make(record_id, **{"numbers": (), **about})


def match(action, *candidates, phone=None, email=ADAS_EMAIL, avoid=(), **matching):
    chat = a_chat(visitor=a_visitor(email=email, phone=phone))
    number = a_number(phone) if phone else None
    visit = Visit(
        tenant="t-1",
        action=ChatAction(action),
        party=party_of(chat, source="site", external_id="ch-1", number=number).party,
        settings=the_settings(matching=matching).matching,
        avoid_records=frozenset(avoid),
    )
    return match_visitor(visit, candidates)


def record_of(found):
    return found.candidate.record.id if isinstance(found, Matched) else None


BY_EMAIL = {"email": "ADA@example.ORG"}
BY_PHONE = {"numbers": ("(415) 555-0100",)}


@pytest.mark.rule("CX-21", "CX-22", "CX-24", "CX-29")
@pytest.mark.parametrize(
    ("action", "candidates", "expected"),
    [
        pytest.param(
            "lead_task",
            [named(a_lead, L1, **BY_EMAIL)],
            L1,
            id="a lead with the visitor's e-mail in any case is the visitor",
        ),
        pytest.param(
            "lead_task",
            [named(a_lead, L1, email="ada@example.org.uk")],
            None,
            id="an e-mail that only begins alike is another's",
        ),
        pytest.param(
            "contact_case",
            [named(a_contact, C1, **BY_PHONE), named(a_contact, C2, **BY_EMAIL)],
            C2,
            id="the e-mail comes before the phone",
        ),
        pytest.param(
            "contact_task",
            [named(a_contact, C1, **BY_PHONE)],
            C1,
            id="without an e-mail's hit the phone tells",
        ),
        pytest.param(
            "lead_task",
            [named(a_contact, C1, **BY_EMAIL)],
            None,
            id="a lead action looks at no contacts",
        ),
        pytest.param(
            "contact_case",
            [named(a_lead, L1, **BY_EMAIL)],
            None,
            id="a contact action looks at no leads",
        ),
        pytest.param(
            "case",
            [named(a_contact, C1, **BY_EMAIL), named(a_lead, L1, **BY_EMAIL)],
            C1,
            id="a case alone looks at contacts",
        ),
        pytest.param(
            "contact_case",
            [named(an_account, "001000000000001AAA", **BY_EMAIL)],
            None,
            id="a business account is nobody's contact",
        ),
    ],
)
def test_a_visitor_is_looked_for_among_the_records_of_the_action(action, candidates, expected):
    for order in itertools.permutations(candidates):
        assert record_of(match(action, *order, phone=ADA)) == expected


@pytest.mark.rule("CX-21")
def test_the_tenant_s_own_order_of_fields_decides():
    candidates = [named(a_contact, C1, **BY_PHONE), named(a_contact, C2, **BY_EMAIL)]
    phone_first = {"contact": [{"by": "phone"}, {"by": "email"}]}

    found = match("contact_case", *candidates, phone=ADA, identification=phone_first)

    assert record_of(found) == C1


@pytest.mark.rule("CX-21")
def test_a_field_of_the_tenant_s_own_may_hold_the_visitor_s_id():
    own = {"lead": [{"by": "Visitor__c"}]}
    lead = named(a_lead, L1, custom={"Visitor__c": "V-1"})

    found = match("lead_task", lead, email=None, identification=own)

    assert record_of(found) == L1


@pytest.mark.rule("AC-16", "CX-22")
@pytest.mark.parametrize("action", ["contact_case", "contact_task", "case"])
@pytest.mark.parametrize(
    "candidate",
    [
        pytest.param(
            named(a_person_account, "001000000000009AAA", **BY_EMAIL), id="found by its account"
        ),
        pytest.param(
            named(
                a_contact,
                "003000000000009AAA",
                is_person_account=True,
                account_id="001000000000009AAA",
                **BY_EMAIL,
            ),
            id="found by its contact twin",
        ),
    ],
)
def test_a_person_account_is_matched_as_the_account_with_its_contact(action, candidate):
    found = match(action, candidate)

    assert isinstance(found, Matched)
    assert found.candidate.record.id == "001000000000009AAA"
    assert found.candidate.person_contact_id == "003000000000009AAA"


@pytest.mark.rule("CX-27", "AC-16")
@pytest.mark.parametrize(
    ("others", "expected"),
    [
        pytest.param([], C1, id="a converted lead is the contact that it became"),
        pytest.param(
            [named(a_lead, L2, **BY_EMAIL)], L2, id="a living lead comes before a converted one"
        ),
    ],
)
def test_a_converted_lead_is_followed_to_its_contact(others, expected):
    converted = named(a_lead, L1, is_converted=True, converted_contact_id=C1, **BY_EMAIL)

    found = match("lead_task", converted, *others)

    assert record_of(found) == expected


@pytest.mark.rule("XB-20", "X-9")
@pytest.mark.parametrize(
    ("action", "pin", "expected"),
    [
        pytest.param(
            "lead_task", named(a_contact, C2), C2, id="a pinned contact gets a lead action's Task"
        ),
        pytest.param(
            "contact_task", named(a_lead, L2), L2, id="a pinned lead gets a contact action's Task"
        ),
        pytest.param(
            "contact_case", named(a_lead, L2), C1, id="a Case cannot hang on a pinned lead"
        ),
        pytest.param(
            "contact_case",
            named(a_lead, L2, is_converted=True, converted_contact_id=C2),
            C2,
            id="unless that lead became a contact",
        ),
    ],
)
def test_a_pin_beats_all_where_it_can_bear_the_action(action, pin, expected):
    others = [named(a_contact, C1, **BY_EMAIL), named(a_lead, L1, **BY_EMAIL)]

    found = match(action, *others, replace(pin, source=CandidateSource.PIN))

    assert record_of(found) == expected


@pytest.mark.rule("X-2")
@pytest.mark.parametrize(("tiebreak", "expected"), [("last_modified", L1), ("newest_created", L2)])
def test_of_several_leads_with_the_e_mail_the_tie_break_takes_one(tiebreak, expected):
    one = named(a_lead, L1, created_at=START, modified_at=at(20), **BY_EMAIL)
    two = named(a_lead, L2, created_at=at(1), modified_at=at(10), **BY_PHONE, **BY_EMAIL)

    for order in ([one, two], [two, one]):
        found = match("lead_task", *order, phone=ADA, tiebreak=tiebreak)

        assert record_of(found) == expected


@pytest.mark.rule("SH-1", "CX-23")
@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param(named(a_lead, L2), L2, id="the lead that was made for another chat"),
        pytest.param(named(a_contact, C2), C2, id="or what that lead became"),
    ],
)
def test_whom_we_made_ourselves_needs_no_field_to_show_it(made, expected):
    known = replace(made, source=CandidateSource.CREATED)

    assert record_of(match("lead_task", known)) == expected


def test_what_salesforce_refused_is_not_chosen_again():
    found = match(
        "lead_task",
        named(a_lead, L1, **BY_EMAIL),
        named(a_lead, L2, **BY_EMAIL),
        avoid=[L1],
    )

    assert record_of(found) == L2


@pytest.mark.rule("CX-23", "CX-28")
@pytest.mark.parametrize(("action", "rule"), [("lead_task", "CX-23"), ("contact_case", "CX-28")])
def test_nobody_found_names_the_rule_that_makes_somebody(action, rule):
    found = match(action)

    assert isinstance(found, NoMatch)
    assert [reason.rule for reason in found.explanation] == [rule]


def test_the_explanation_speaks_of_visitors_and_not_of_calls():
    found = match("lead_task", named(a_lead, L1, **BY_EMAIL), named(a_lead, L2, **BY_EMAIL))

    words = " ".join(reason.text for reason in found.explanation)
    assert "call" not in words
    assert "number" not in words


@pytest.mark.parametrize("action", [each for each in ChatAction if each is not ChatAction.NONE])
def test_an_action_looks_for_leads_or_for_contacts(action):
    assert searched_object(action) == ("Lead" if action == "lead_task" else "Contact")


@pytest.mark.parametrize(
    "candidates",
    [
        pytest.param([named(a_contact, C1, **BY_EMAIL)], id="one contact"),
        pytest.param(
            [named(a_contact, C1, **BY_EMAIL), named(a_contact, C2, **BY_EMAIL)], id="a tie"
        ),
        pytest.param(
            [named(a_contact, C1), replace(a_contact(C2), source=CandidateSource.PIN)], id="a pin"
        ),
        pytest.param([], id="nobody"),
    ],
)
def test_a_chat_is_not_explained_in_the_words_of_a_call(candidates):
    found = match("contact_task", *candidates)

    assert found.explanation
    assert not any(reason.is_of_calls for reason in found.explanation)


def test_a_converted_lead_is_explained_once_in_a_chats_words():
    converted = named(a_lead, L1, is_converted=True, converted_contact_id=C1, **BY_EMAIL)

    (reason,) = match("lead_task", converted).explanation

    assert "was converted" in reason.text

"""Recognising a record as a party: by numbers, e-mails and fields of the tenant's own (CX-21)."""

from itertools import permutations

import pytest

from builders.calls import (
    ADA,
    BEN,
    a_contact,
    a_lead,
    a_party,
    a_person_account,
    an_account,
    an_org,
    the_settings,
)
from switchhook.domain.decision import CandidateSource, PartyCandidates
from switchhook.domain.facts.people import Party
from switchhook.domain.matching.choosing import Matched, NoMatch, choose, verify
from switchhook.domain.matching.recognition import unread_fields
from switchhook.domain.settings.values import Identification

MAIL = "ada@example.com"


def matching(criteria):
    identification = {
        name: [{"by": entry} for entry in entries] for name, entries in criteria.items()
    }
    return the_settings(matching={"identification": identification}).matching


def chosen(*candidates, party=None, **criteria):
    return choose(
        PartyCandidates(party=party or a_party(email=MAIL), candidates=candidates),
        tenant="t-1",
        settings=matching(criteria),
    )


def chosen_id(*candidates, **how):
    result = chosen(*candidates, **how)
    assert isinstance(result, Matched)
    return result.candidate.record.id


@pytest.mark.rule("CX-21", "CX-22")
@pytest.mark.parametrize(
    ("about", "criteria", "is_known"),
    [
        pytest.param({"numbers": (ADA,)}, ["phone"], True, id="the number"),
        pytest.param({"numbers": (ADA,)}, ["email"], False, id="a number that does not count"),
        pytest.param({"email": MAIL}, ["email"], True, id="the address"),
        pytest.param({"email": " ADA@Example.COM "}, ["email"], True, id="in capitals"),
        pytest.param({"email": MAIL}, ["phone"], False, id="an address that does not count"),
        pytest.param({"email": "xada@example.com"}, ["email"], False, id="a longer address"),
        pytest.param({"email": ""}, ["email"], False, id="an empty address"),
        pytest.param({"custom": {"Ref__c": "(415) 555-0100"}}, ["Ref__c"], True, id="a number"),
        pytest.param({"custom": {"Ref__c": "4155550"}}, ["Ref__c"], False, id="part of a number"),
        pytest.param({"custom": {"Ref__c": MAIL.upper()}}, ["Ref__c"], True, id="an address"),
        pytest.param({"custom": {"Ref__c": MAIL}}, ["Other__c"], False, id="another field"),
        pytest.param({"custom": {"Ref__c": "x"}}, ["Ref__c"], False, id="some word"),
    ],
)
def test_a_record_is_known_by_what_the_tenant_names(about, criteria, is_known):
    contact = a_contact(**{"numbers": (), **about})
    found = verify(
        PartyCandidates(party=a_party(email=MAIL), candidates=(contact,)),
        matching({"contact": criteria}),
    )

    assert (found == (contact,)) is is_known


@pytest.mark.rule("CX-21")
def test_each_object_has_a_list_of_its_own():
    both = (a_contact(), a_lead())

    assert chosen_id(*both, contact=[], lead=["phone"]) == a_lead().record.id
    assert chosen_id(*both, contact=["phone"], lead=[]) == a_contact().record.id
    assert isinstance(chosen(*both, contact=[], lead=[]), NoMatch)


@pytest.mark.rule("CX-21", "X-9")
def test_within_a_kind_the_field_that_comes_first_decides():
    ada = a_contact("0031", email=MAIL)
    sister = a_contact("0032")

    for order in permutations((ada, sister)):
        assert chosen_id(*order, contact=["email", "phone"]) == "0031"
    match = chosen(ada, sister, contact=["email", "phone"])
    assert match.rules == ("CX-21",)


@pytest.mark.rule("X-9", "AC-16", "CX-21")
def test_priority_between_kinds_beats_the_order_of_fields():
    contact = a_contact()
    lead = a_lead(email=MAIL)

    assert chosen_id(lead, contact, contact=["phone"], lead=["email", "phone"]) == (
        contact.record.id
    )


@pytest.mark.rule("AC-10", "XB-12")
@pytest.mark.parametrize(
    "holder",
    [
        pytest.param(a_contact("0032"), id="of the same kind"),
        pytest.param(a_lead(), id="of a later kind"),
        pytest.param(an_account(), id="of the kind before the last"),
        pytest.param(a_person_account(), id="of the last kind"),
        pytest.param(a_contact("0032", numbers=(), custom={"Ref__c": ADA}), id="in another field"),
        pytest.param(
            a_contact("0032", numbers=(), source=CandidateSource.CREATED), id="made for the number"
        ),
    ],
)
def test_a_call_belongs_to_whoever_has_its_number_before_the_address(holder):
    by_address = a_contact("0031", numbers=(), email=MAIL)

    match = chosen_id(by_address, holder, contact=["email", "Ref__c", "phone"])

    assert match == holder.record.id


@pytest.mark.rule("CX-21", "CX-22")
def test_where_nobody_has_the_number_the_address_tells_and_the_explanation_says_so():
    match = chosen(a_lead(numbers=(BEN,), email=MAIL))

    assert match.candidate.record == a_lead().record
    assert "No record has the number; 1 are recognised by an e-mail or an id." in [
        reason.text for reason in match.explanation if reason.rule == "CX-21"
    ]


@pytest.mark.rule("CX-22")
def test_a_party_without_a_number_is_known_by_its_address_alone():
    visitor = Party(key=MAIL, number=None, raw=MAIL, email=MAIL)

    assert chosen_id(a_contact(), a_lead(email=MAIL), party=visitor) == a_lead().record.id
    assert visitor.shown == MAIL


@pytest.mark.rule("CX-21")
def test_fields_that_the_org_does_not_show_are_named_once():
    org = an_org(
        phone_fields={"Contact": ("Phone", "Direct__c")}, text_fields={"Lead": ("Ref__c",)}
    )
    named = Identification(
        contact=("email", "Direct__c", "Gone__c"), lead=("Ref__c", "phone"), account=("Gone__c",)
    )

    (reason,) = unread_fields(named, org)

    assert reason.rule == "CX-21"
    assert reason.text.endswith("Account.Gone__c, Contact.Gone__c.")
    assert unread_fields(Identification(), org) == ()

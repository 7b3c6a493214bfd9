"""Recognising people in a running org by an e-mail or by a field of the tenant's own (CX-21)."""

import pytest

from builders.calls import a_party, the_settings
from switchhook.adapters.salesforce.metadata import SalesforceMetadata
from switchhook.adapters.salesforce.search import SoslSearch
from switchhook.domain.decision import PartyCandidates
from switchhook.domain.matching.choosing import NoMatch, choose
from switchhook.domain.matching.recognition import unread_fields
from switchhook.domain.settings.schema import MatchType
from switchhook.usecases.org.survey import load_facts

pytestmark = pytest.mark.org

ADA = "+14155550100"
SCHEMA = {
    "fields": [
        {"object": "Contact", "name": "Caller_Ref__c", "type": "string"},
        {"object": "Contact", "name": "Direct_Line__c", "type": "phone"},
        {"object": "Lead", "name": "Caller_Ref__c", "type": "string"},
        {"object": "Account", "name": "Caller_Count__c", "type": "double"},
    ]
}


@pytest.fixture
def facts(org, grant):
    """Knows an org that has fields of its own."""
    org.control("schema", SCHEMA)
    return load_facts(grant, SalesforceMetadata(org.rest))


@pytest.fixture
def match(org, grant, facts):
    def match(party, **criteria):
        identification = {
            name: [{"by": entry} for entry in entries] for name, entries in criteria.items()
        }
        matching = the_settings(matching={"identification": identification}).matching
        answer = SoslSearch(org.rest).search(grant, facts, (party,), matching)
        return choose(
            PartyCandidates(party=party, candidates=answer.candidates),
            tenant="t-1",
            settings=matching,
        )

    return match


@pytest.mark.rule("CX-21")
@pytest.mark.parametrize("tokens", ["punctuation", "digits"])
@pytest.mark.parametrize("stored", [ADA, "(415) 555-0100", "415.555.0100 x12"])
def test_a_number_in_a_text_field_is_found_where_the_tenant_names_it(org, match, tokens, stored):
    org.settings(phone_tokens=tokens)
    (contact,) = org.load(("Contact", {"LastName": "Byron", "Caller_Ref__c": stored}))

    assert match(a_party(), contact=["Caller_Ref__c"]).candidate.record.id == contact
    assert isinstance(match(a_party()), NoMatch)


@pytest.mark.rule("CX-21")
def test_a_phone_field_of_the_tenants_own_is_a_phone_field(org, match):
    (contact,) = org.load(("Contact", {"LastName": "Byron", "Direct_Line__c": ADA}))

    assert match(a_party()).candidate.record.id == contact
    assert match(a_party(), contact=["Direct_Line__c"]).candidate.record.id == contact


@pytest.mark.rule("CX-21")
def test_a_field_that_the_tenant_does_not_name_identifies_nobody(org, match):
    org.load(("Contact", {"LastName": "Byron", "Phone": ADA}))

    assert isinstance(match(a_party(), contact=["Direct_Line__c"]), NoMatch)


@pytest.mark.rule("CX-22", "CX-21")
@pytest.mark.parametrize("stored", ["ada@example.com", "ADA@Example.com"])
def test_an_address_tells_who_calls_from_a_number_that_nobody_has(org, match, stored):
    (lead,) = org.load(("Lead", {"LastName": "Byron", "Company": "B", "Email": stored}))

    found = match(a_party(email="Ada@example.com"))

    assert found.candidate.record.id == lead
    assert "CX-21" in [reason.rule for reason in found.explanation]


@pytest.mark.rule("CX-22")
@pytest.mark.parametrize("other", ["da@example.com", "ada@example.com.br", "ada@example.org"])
def test_an_address_that_is_only_alike_is_somebody_elses(org, match, other):
    org.load(("Contact", {"LastName": "Byron", "Email": other}))

    assert isinstance(match(a_party(email="ada@example.com")), NoMatch)


@pytest.mark.rule("AC-10")
def test_a_call_belongs_to_whoever_has_its_number_whoever_has_the_address(org, match):
    (contact, _) = org.load(
        ("Contact", {"LastName": "Number", "Phone": ADA}),
        ("Contact", {"LastName": "Address", "Email": "ada@example.com"}),
    )

    assert match(a_party(email="ada@example.com")).candidate.record.id == contact


@pytest.mark.rule("CX-21")
def test_a_field_that_the_org_does_not_have_is_passed_over_and_named(org, match, facts):
    (contact,) = org.load(("Contact", {"LastName": "Byron", "Phone": ADA}))
    criteria = {"contact": ["Gone__c", "phone"], "account": ["Caller_Count__c"]}

    assert match(a_party(), **criteria).candidate.record.id == contact

    identification = the_settings(
        matching={
            "identification": {k: [{"by": by} for by in v] for k, v in criteria.items()},
        }
    ).matching.identification
    (reason,) = unread_fields(identification, facts)
    assert reason.rule == "CX-21"
    assert "Account.Caller_Count__c, Contact.Gone__c" in reason.text


def test_a_search_costs_one_request_however_many_fields_identify(org, match):
    before = len(org.requests_to("/search"))

    match(a_party(email="ada@example.com"), contact=["Caller_Ref__c", "email", "phone"])

    assert len(org.requests_to("/search")) - before == 1


@pytest.mark.rule("AC-16", "CX-22")
@pytest.mark.parametrize("known_by", [{"Phone": ADA}, {"PersonEmail": "ada@example.com"}])
def test_a_person_account_is_one_match_by_its_number_or_its_address(org, grant, known_by):
    org.settings(person_accounts=True)
    (account,) = org.load(("Account", {"LastName": "Byron", "IsPersonAccount": True, **known_by}))
    facts = load_facts(grant, SalesforceMetadata(org.rest))
    matching = the_settings(
        matching={"identification": {"account": [{"by": "email"}, {"by": "phone"}]}}
    ).matching
    party = a_party(email="ada@example.com")

    answer = SoslSearch(org.rest).search(grant, facts, (party,), matching)
    match = choose(
        PartyCandidates(party=party, candidates=answer.candidates), tenant="t-1", settings=matching
    )

    assert match.match_type is MatchType.PERSON_ACCOUNT
    assert match.candidate.record.id == account
    assert match.candidate.person_contact_id.startswith("003")
    assert match.rules == ()

"""Ten countries' numbers in a running org: whoever has one is found and known, and nobody else."""

import pytest

from builders.calls import the_settings
from builders.stored_numbers import COUNTRIES
from switchhook.adapters.phone import NumberPlan
from switchhook.adapters.salesforce.metadata import SalesforceMetadata
from switchhook.adapters.salesforce.search import SoslSearch
from switchhook.domain.decision import PartyCandidates
from switchhook.domain.facts.people import Party
from switchhook.domain.matching.choosing import verify
from switchhook.usecases.org.survey import load_facts

pytestmark = pytest.mark.org

MATCHING = the_settings().matching
FIELDS = ("Phone", "MobilePhone", "HomePhone", "OtherPhone")


@pytest.fixture
def known(org, grant):
    """Gives the ids of the records that are a number's, as a call would find them."""
    facts = load_facts(grant, SalesforceMetadata(org.rest))

    def known(e164, *, region):
        number = NumberPlan().parse(e164, regions=(region,))
        party = Party(key=number.e164, number=number, raw=e164)
        answer = SoslSearch(org.rest).search(grant, facts, (party,), MATCHING)
        found = PartyCandidates(party=party, candidates=answer.candidates)
        return {candidate.record.id for candidate in verify(found, MATCHING)}

    return known


def contacts(numbers):
    """One contact for each number, in one or another of its phone fields."""
    return [
        ("Contact", {"LastName": f"N{at}", FIELDS[at % len(FIELDS)]: stored})
        for at, stored in enumerate(numbers)
    ]


@pytest.mark.rule("AC-10", "XB-12")
@pytest.mark.parametrize("tokens", ["punctuation", "digits"])
@pytest.mark.parametrize("country", COUNTRIES, ids=lambda country: country.region)
def test_everybody_who_has_a_number_is_found_and_nobody_else(org, known, tokens, country):
    org.settings(phone_tokens=tokens)
    theirs = org.load(*contacts(country.forms))
    org.load(*contacts(country.near))
    org.load(
        *(
            contact
            for other in COUNTRIES
            if other is not country
            for contact in contacts(other.forms)
        )
    )

    found = known(country.e164, region=country.region)

    not_found = [form for form, id_ in zip(country.forms, theirs, strict=True) if id_ not in found]
    assert (not_found, len(found)) == ([], len(theirs))


@pytest.mark.rule("AC-10")
@pytest.mark.parametrize("tokens", ["punctuation", "digits"])
@pytest.mark.parametrize("country", COUNTRIES, ids=lambda country: country.region)
def test_a_caller_from_abroad_is_found_by_what_names_the_country(org, known, tokens, country):
    org.settings(phone_tokens=tokens)
    named = [form for form in country.forms if "+" in form]
    theirs = org.load(*contacts(named))

    assert known(country.e164, region="IE") == set(theirs)

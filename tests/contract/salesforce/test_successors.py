"""What became of records, asked of a running org."""

import pytest

from switchhook.adapters.salesforce.queries import RecordQueries
from switchhook.domain.activity import RecordRef
from switchhook.domain.errors import BudgetSpent, Retryable

pytestmark = [pytest.mark.org, pytest.mark.rule("SH-1", "XB-20")]

NOBODY = RecordRef(type="Contact", id="003000000000999AAA")
NAMED = ("Contact", "Lead", "Account")


@pytest.fixture
def ask(org, grant):
    def ask(*records):
        return RecordQueries(org.rest).successors(grant, records)

    return ask


def merge(org, master, loser):
    org.control("merge", {"master_id": master.id, "loser_ids": [loser.id]})


@pytest.mark.parametrize("name", NAMED)
def test_a_merged_record_is_its_master_and_its_masters_master(org, ask, made, name):
    first, second, third = made(name), made(name), made(name)
    merge(org, second, first)

    assert ask(first, third) == {first: second, third: third}

    merge(org, third, second)

    assert ask(first) == {first: third}


def test_a_converted_lead_is_its_contact_and_what_that_was_merged_into(org, ask, made):
    lead, contact, master = made("Lead"), made("Contact"), made("Contact")
    converted = made("Lead", IsConverted=True, ConvertedContactId=contact.id)

    assert ask(lead, converted) == {lead: lead, converted: contact}

    merge(org, master, contact)

    assert ask(converted) == {converted: master}


@pytest.mark.parametrize("name", ["Contact", "Lead", "Account", "Case", "Opportunity"])
def test_a_deleted_record_is_nobody(ask, made, name):
    more = {"Opportunity": {"Name": "O", "StageName": "Prospecting", "CloseDate": "2027-01-01"}}
    gone = made(name, IsDeleted=True, **more.get(name, {}))
    there = made(name, **more.get(name, {}))

    assert ask(gone, there) == {gone: None, there: there}


def test_a_record_that_never_was_is_nobody(ask):
    assert ask(NOBODY) == {NOBODY: None}


def test_every_kind_is_asked_in_one_counted_request(org, ask, made):
    records = [made(name) for name in NAMED]
    before = len(org.requests_to("/services/data"))

    ask(*records)

    assert len(org.requests_to("/services/data")) - before == 1


def test_a_kind_that_nobody_can_follow_asks_nothing(org, ask):
    other = RecordRef(type="Candidate__c", id="a00000000000001AAA")
    before = len(org.requests_to("/services/data"))

    assert ask(other) == {other: None}
    assert len(org.requests_to("/services/data")) == before


@pytest.mark.parametrize(
    ("effect", "expected"), [("limit_exceeded", BudgetSpent), ("drop_before", Retryable)]
)
def test_trouble_is_said_by_its_kind(org, ask, made, effect, expected):
    one = made("Contact")
    org.fault(effect, path="/composite")

    with pytest.raises(expected) as refused:
        ask(one)

    assert type(refused.value) is expected

"""A contact's open Cases and Opportunities, asked of a running org."""

from datetime import UTC, datetime

import pytest

from switchhook.adapters.salesforce.queries import RecordQueries
from switchhook.domain.activity import RecordRef
from switchhook.domain.errors import BudgetSpent, Retryable, SessionExpired
from switchhook.domain.settings.schema import AttachTo

pytestmark = [pytest.mark.org, pytest.mark.rule("AC-11", "AC-15")]


@pytest.fixture
def ask(org, grant):
    def ask(attach_to, *contacts):
        return RecordQueries(org.rest).open_related(grant, attach_to, contacts)

    return ask


@pytest.fixture
def contacts(org):
    return org.load(("Contact", {"LastName": "Byron"}), ("Contact", {"LastName": "King"}))


def case(contact, number, **fields):
    at = f"2026-11-{number:02}T10:00:00Z"
    return ("Case", {"ContactId": contact, "LastModifiedDate": at, **fields})


def opportunity(org, name, **fields):
    usual = {"Name": name, "StageName": "Prospecting", "CloseDate": "2027-01-01"}
    (made,) = org.load(("Opportunity", usual | fields))
    return made


def role(org, contact, opportunity_id):
    org.load(("OpportunityContactRole", {"ContactId": contact, "OpportunityId": opportunity_id}))


def test_open_cases_come_newest_first_with_their_contact(org, ask, contacts):
    one, other = contacts
    old, new, _, theirs = org.load(
        case(one, 1), case(one, 3), case(one, 4, Status="Closed"), case(other, 2)
    )

    answer = ask(AttachTo.CASE, one, other)

    assert [(found.record, found.contact_id) for found in answer.related] == [
        (RecordRef(type="Case", id=new), one),
        (RecordRef(type="Case", id=theirs), other),
        (RecordRef(type="Case", id=old), one),
    ]
    assert answer.related[0].modified_at == datetime(2026, 11, 3, 10, tzinfo=UTC)
    assert answer.usage is not None


@pytest.mark.rule("AC-15")
def test_opportunities_are_found_by_the_contacts_role(org, ask, contacts):
    one, other = contacts
    mine = opportunity(org, "Mine")
    theirs = opportunity(org, "Theirs")
    won = opportunity(org, "Won", StageName="Closed Won")
    opportunity(org, "Nobody's")
    for contact, of in ((one, mine), (other, theirs), (one, won)):
        role(org, contact, of)

    answer = ask(AttachTo.OPPORTUNITY, one)

    assert [found.record for found in answer.related] == [RecordRef(type="Opportunity", id=mine)]
    assert answer.related[0].contact_id == one


@pytest.mark.parametrize("attach_to", [AttachTo.CASE, AttachTo.OPPORTUNITY])
def test_it_is_one_request_whatever_is_asked(org, ask, contacts, attach_to):
    before = len(org.requests_to("/query"))

    ask(attach_to, *contacts)

    assert len(org.requests_to("/query")) - before == 1


@pytest.mark.parametrize(("attach_to", "asked"), [(AttachTo.NONE, True), (AttachTo.CASE, False)])
def test_nothing_to_ask_is_no_request(org, ask, contacts, attach_to, asked):
    before = len(org.requests_to("/query"))

    answer = ask(attach_to, *(contacts if asked else ()))

    assert (answer.related, len(org.requests_to("/query")) - before) == ((), 0)


@pytest.mark.parametrize(
    ("effect", "expected"),
    [("limit_exceeded", BudgetSpent), ("revoke", SessionExpired), ("html_502", Retryable)],
)
def test_trouble_is_said_by_its_kind(org, ask, contacts, effect, expected):
    org.fault(effect, path="/query")

    with pytest.raises(expected) as refused:
        ask(AttachTo.CASE, *contacts)

    assert type(refused.value) is expected

"""Reading against a running org: who may be behind a number, and what the org is like."""

from dataclasses import replace

import pytest

from builders.calls import a_party, the_settings
from switchhook.adapters.salesforce.metadata import SalesforceMetadata
from switchhook.adapters.salesforce.search import SoslSearch
from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import ApiUsage
from switchhook.domain.decision import TaskStatus
from switchhook.domain.errors import BudgetSpent, Permanent
from switchhook.usecases.org.checks import checks_of
from switchhook.usecases.org.survey import load_facts, survey_with_case

pytestmark = pytest.mark.org

ADA = a_party("+14155550100")
MATCHING = the_settings().matching


@pytest.fixture
def reader(org):
    return SalesforceMetadata(org.rest)


@pytest.fixture
def find(org, grant, reader):
    def find(*parties):
        facts = load_facts(grant, reader)
        return SoslSearch(org.rest).search(grant, facts, parties, MATCHING).candidates

    return find


@pytest.mark.rule("XB-12", "AC-16")
@pytest.mark.parametrize("tokens", ["punctuation", "digits"])
@pytest.mark.parametrize(
    "stored",
    [
        "+14155550100",
        "14155550100",
        "4155550100",
        "(415) 555-0100",
        "415-555-0100",
        "415.555.0100",
        "+1 (415) 555-0100",
        "1-415-555-0100",
    ],
)
def test_a_number_is_found_however_it_is_written(org, find, tokens, stored):
    org.settings(phone_tokens=tokens)
    ids = org.load(
        ("Contact", {"LastName": "Byron", "MobilePhone": stored}),
        ("Lead", {"LastName": "Byron", "Company": "B", "Phone": stored}),
        ("Account", {"Name": "Engines", "Phone": stored}),
    )

    found = find(ADA)

    assert {candidate.record.id for candidate in found} == set(ids)
    assert {candidate.numbers for candidate in found} == {(stored,)}


def test_a_candidate_says_what_the_decision_needs(org, grant, find):
    org.load(
        (
            "Contact",
            {
                "LastName": "Byron",
                "FirstName": "Ada",
                "Phone": "+14155550100",
                "CreatedDate": "2026-01-01T00:00:00Z",
            },
        )
    )

    (candidate,) = find(ADA)

    assert candidate.name == "Ada Byron"
    assert candidate.owner_id == grant.user_id
    assert candidate.created_at.isoformat() == "2026-01-01T00:00:00+00:00"
    assert candidate.record.type == "Contact"


def test_all_numbers_of_a_conference_are_searched_in_one_request(org, find):
    org.load(
        ("Contact", {"LastName": "One", "Phone": "+14155550100"}),
        ("Contact", {"LastName": "Two", "Phone": "+14155550101"}),
    )

    found = find(ADA, a_party("+14155550101"))

    assert {candidate.name for candidate in found} == {"One", "Two"}
    assert len(org.requests_to("/search")) == 1


@pytest.mark.rule("AC-16")
def test_a_converted_lead_names_its_contact(org, find):
    (contact,) = org.load(("Contact", {"LastName": "Byron"}))
    org.load(
        (
            "Lead",
            {
                "LastName": "Byron",
                "Company": "B",
                "Phone": "+14155550100",
                "IsConverted": True,
                "ConvertedContactId": contact,
            },
        )
    )

    (candidate,) = find(ADA)

    assert (candidate.is_converted, candidate.converted_contact_id) == (True, contact)


def test_a_field_that_is_gone_tells_that_the_metadata_is_old(org, grant, reader):
    facts = load_facts(grant, reader)
    stale = replace(facts, phone_fields={"Contact": ("Phone", "Gone__c")})

    with pytest.raises(Permanent) as refused:
        SoslSearch(org.rest).search(grant, stale, [ADA], MATCHING)

    assert refused.value.code == "INVALID_FIELD"


def test_nothing_to_search_for_needs_no_request(org, grant, reader):
    facts = load_facts(grant, reader)

    answer = SoslSearch(org.rest).search(grant, facts, [], MATCHING)

    assert (answer.candidates, org.requests_to("/search")) == ((), [])


def test_the_facts_of_an_org_cost_five_requests(org, grant, reader):
    before = len(org.requests_to("/services/data"))

    facts = load_facts(grant, reader)

    assert len(org.requests_to("/services/data")) - before == 5
    assert facts.phone_fields["Contact"] == (
        "Phone",
        "MobilePhone",
        "HomePhone",
        "OtherPhone",
        "AssistantPhone",
    )
    assert {"Email", "Fax", "Title"} <= set(facts.text_fields["Contact"])
    assert not {"Phone", "Id", "CreatedDate"} & set(facts.text_fields["Contact"])
    assert TaskStatus(api_name="Completed", is_closed=True) in facts.task_statuses
    assert facts.connecting_user.id == grant.user_id
    assert facts.sees_all_records
    assert not facts.task_key


@pytest.mark.rule("SH-7")
def test_the_optional_key_field_is_noticed(org, grant, reader):
    org.settings(external_id_field=True)

    assert load_facts(grant, reader).task_key


@pytest.mark.rule("AC-27", "CX-59")
def test_active_users_are_known_by_address_and_others_are_not(org, grant, reader):
    ann, bob = org.load(
        ("User", {"LastName": "Ann", "Username": "a@example.com", "Email": "Ann@Example.com"}),
        (
            "User",
            {
                "LastName": "Bob",
                "Username": "b@example.com",
                "Email": "bob@example.com",
                "IsActive": False,
            },
        ),
    )

    facts = load_facts(grant, reader)

    assert [user.id for user in facts.users_by_email["ann@example.com"]] == [ann]
    assert "bob@example.com" not in facts.users_by_email
    assert bob not in facts.user_ids
    assert [user.id for user in facts.barred_by_email["bob@example.com"]] == [bob]
    assert "ann@example.com" not in facts.barred_by_email


def users(name, how_many, **about):
    """So many users, each with a name and an address of its own."""
    return (
        (
            "User",
            {
                "LastName": f"{name}{i}",
                "Username": f"{name}{i}@example.com",
                "Email": f"{name}{i}@example.com",
                **about,
            },
        )
        for i in range(how_many)
    )


def test_an_org_with_more_users_than_one_page_is_known_whole(org, grant, reader):
    org.load(*users("gone", 600, IsActive=False), *users("u", 4500))

    facts = load_facts(grant, reader)

    assert {f"u{i}@example.com" for i in range(4500)} <= facts.users_by_email.keys()


def test_of_many_inactive_users_500_are_known(org, grant, reader):
    org.load(*users("gone", 600, IsActive=False))

    assert len(load_facts(grant, reader).barred_by_email) == 500


@pytest.mark.rule("SH-9")
def test_the_gauge_is_read_and_a_spent_budget_is_told(org, grant, reader):
    org.settings(api_limit=100, api_used=40)
    gauge = reader.usage(grant)

    org.settings(api_used=100)
    with pytest.raises(BudgetSpent):
        reader.usage(grant)

    assert gauge == ApiUsage(used=41, limit=100)


@pytest.mark.rule("CX-5")
def test_an_admin_of_a_whole_org_passes_every_check(grant, reader):
    checks = checks_of(survey_with_case(grant, reader))

    assert {check.id: check.ok for check in checks} == {
        "api_access": True,
        "creates_tasks": True,
        "updates_tasks": True,
        "task_fields": True,
        "reads_phone_fields": True,
        "creates_people": True,
        "cases": True,
        "sees_all_records": True,
        "task_key": True,
        "activity_tab": True,
        "grants": True,
    }


def test_a_person_account_is_told_with_its_contact(org, find):
    org.settings(person_accounts=True)
    (account,) = org.load(
        (
            "Account",
            {"LastName": "Byron", "IsPersonAccount": True, "Phone": "+14155550100"},
        )
    )

    found = find(ADA)

    person = next(c for c in found if c.record == RecordRef(type="Account", id=account))
    twins = [c for c in found if c.record.type == "Contact"]
    assert person.is_person_account
    assert [twin.record.id for twin in twins] == [person.person_contact_id]
    assert [twin.account_id for twin in twins] == [account]

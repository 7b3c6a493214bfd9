"""Opportunities, contact roles and campaigns follow the rules of a real org."""

import pytest


@pytest.fixture
def deal(rest):
    """An opportunity of an account."""
    account = rest.create("Account", Name="Oak Foods")
    return rest.create(
        "Opportunity",
        Name="Ovens",
        StageName="Qualification",
        CloseDate="2026-08-31",
        Amount=1200,
        AccountId=account,
    )


def test_an_opportunity_needs_a_name_a_stage_and_a_close_date(rest):
    """The three required fields are named in one refusal."""
    answer = rest.call("POST", "/sobjects/Opportunity", {})

    assert answer.status_code == 400
    assert answer.json() == [
        {
            "message": "Required fields are missing: [Name, StageName, CloseDate]",
            "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["Name", "StageName", "CloseDate"],
        }
    ]


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        pytest.param("Qualification", (False, False, 10, "Pipeline", 120), id="open"),
        pytest.param("Closed Won", (True, True, 100, "Closed", 1200), id="won"),
        pytest.param("Closed Lost", (True, False, 0, "Omitted", 0), id="lost"),
    ],
)
def test_the_stage_sets_closedness_probability_and_forecast(rest, deal, stage, expected):
    """What follows from the stage changes with it."""
    rest.call("PATCH", f"/sobjects/Opportunity/{deal}", {"StageName": stage})

    row = rest.row("Opportunity", deal)
    names = ("IsClosed", "IsWon", "Probability", "ForecastCategoryName", "ExpectedRevenue")
    assert tuple(row[name] for name in names) == expected


def test_a_probability_written_with_the_stage_stays(rest, deal):
    """The stage's own probability is only a default."""
    rest.call(
        "PATCH", f"/sobjects/Opportunity/{deal}", {"StageName": "Closed Lost", "Probability": 5}
    )

    assert rest.row("Opportunity", deal)["Probability"] == 5


def test_the_fiscal_period_follows_the_close_date(rest, deal):
    """The fiscal year is the calendar year."""
    row = rest.row("Opportunity", deal)

    assert (row["FiscalYear"], row["FiscalQuarter"], row["Fiscal"]) == (2026, 3, "2026 3")


def test_open_opportunities_of_a_contact_are_found_through_contact_roles(rest, deal):
    """The query that callers are matched with walks from the role to the opportunity."""
    contact = rest.create("Contact", LastName="Ferrer")
    rest.create("OpportunityContactRole", OpportunityId=deal, ContactId=contact, Role="Evaluator")

    found = rest.query(
        "SELECT OpportunityId, Opportunity.Name FROM OpportunityContactRole"
        f" WHERE ContactId = '{contact}' AND Opportunity.IsClosed = false"
    )

    assert [(r["OpportunityId"], r["Opportunity"]["Name"]) for r in found] == [(deal, "Ovens")]


def test_an_opportunity_has_one_primary_contact(rest, deal):
    """Marking a second role takes the mark from the first."""
    roles = [
        rest.create(
            "OpportunityContactRole",
            OpportunityId=deal,
            ContactId=rest.create("Contact", LastName=name),
            IsPrimary=True,
        )
        for name in ("Ferrer", "Okoye")
    ]

    marks = [rest.row("OpportunityContactRole", role)["IsPrimary"] for role in roles]
    assert marks == [False, True]


def test_a_task_about_an_opportunity_belongs_to_its_account(rest, deal):
    """AccountId is derived through WhatId."""
    task = rest.create("Task", Subject="Call", WhatId=deal)

    account = rest.row("Opportunity", deal)["AccountId"]
    assert rest.row("Task", task)["AccountId"] == account


def test_an_account_with_a_won_opportunity_cannot_be_deleted(rest, deal):
    """The deletion is refused as a whole; after losing the deal it goes through."""
    account = rest.row("Opportunity", deal)["AccountId"]
    rest.call("PATCH", f"/sobjects/Opportunity/{deal}", {"StageName": "Closed Won"})
    refused = rest.call("DELETE", f"/sobjects/Account/{account}")
    rest.call("PATCH", f"/sobjects/Opportunity/{deal}", {"StageName": "Closed Lost"})
    deleted = rest.call("DELETE", f"/sobjects/Account/{account}")

    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "DELETE_FAILED")
    assert "some opportunities in that account were closed won" in refused.json()[0]["message"]
    assert deleted.status_code == 204
    assert rest.call("GET", f"/sobjects/Opportunity/{deal}").status_code == 404


def test_tasks_and_opportunities_refer_to_campaigns(rest, deal):
    """A campaign is a parent like any other."""
    campaign = rest.create("Campaign", Name="Spring")
    rest.call("PATCH", f"/sobjects/Opportunity/{deal}", {"CampaignId": campaign})
    rest.create("Task", Subject="Call", WhatId=campaign)

    found = rest.query(f"SELECT Campaign.Name FROM Opportunity WHERE Id = '{deal}'")
    tasks = rest.query("SELECT What.Name FROM Task WHERE What.Type = 'Campaign'")
    assert found[0]["Campaign"]["Name"] == "Spring"
    assert tasks[0]["What"]["Name"] == "Spring"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT ApiName FROM OpportunityStage WHERE IsWon = true", ["Closed Won"]),
        ("SELECT ApiName FROM CaseStatus WHERE IsClosed = true", ["Closed"]),
        ("SELECT ApiName FROM LeadStatus WHERE IsConverted = true", ["Closed - Converted"]),
    ],
    ids=["stages", "case_statuses", "lead_statuses"],
)
def test_the_lists_behind_statuses_tell_the_last_steps(rest, text, expected):
    """Clients need not guess what closes a record."""
    assert [row["ApiName"] for row in rest.query(text)] == expected


@pytest.fixture
def deal_of(rest):
    """Makes an opportunity that names a contact; gives both."""

    def make(name="Ferrer"):
        contact = rest.create("Contact", LastName=name)
        values = {"Name": "Ovens", "StageName": "Prospecting", "CloseDate": "2026-09-01"}
        return rest.create("Opportunity", **values, ContactId=contact), contact

    return make


def roles_of(rest, deal):
    fields = "ContactId, IsPrimary FROM OpportunityContactRole"
    found = rest.query(f"SELECT {fields} WHERE OpportunityId = '{deal}'")
    return [(row["ContactId"], row["IsPrimary"]) for row in found]


def test_the_contact_that_a_new_opportunity_names_is_its_primary_one(rest, deal_of):
    """A contact role is made of it; the contact lists the opportunity."""
    deal, contact = deal_of()

    [found] = rest.query("SELECT (SELECT Id FROM Opportunities) FROM Contact")

    assert roles_of(rest, deal) == [(contact, True)]
    assert [row["Id"] for row in found["Opportunities"]["records"]] == [deal]
    [relation] = [
        relation
        for relation in rest.ask("GET", "/sobjects/Contact/describe")["childRelationships"]
        if relation["childSObject"] == "Opportunity"
    ]
    assert (relation["field"], relation["relationshipName"]) == ("ContactId", "Opportunities")


def test_an_opportunity_names_the_contact_of_its_primary_role(rest, deal_of):
    """It follows when another role becomes primary and when the role goes."""
    deal, _ = deal_of()
    other = rest.create("Contact", LastName="Okoye")
    role = rest.create(
        "OpportunityContactRole", OpportunityId=deal, ContactId=other, IsPrimary=True
    )
    path = f"/sobjects/OpportunityContactRole/{role}"
    named = [rest.row("Opportunity", deal)["ContactId"]]

    rest.call("PATCH", path, {"IsPrimary": False})
    named.append(rest.row("Opportunity", deal)["ContactId"])
    rest.call("PATCH", path, {"IsPrimary": True})
    rest.call("DELETE", path)
    named.append(rest.row("Opportunity", deal)["ContactId"])

    assert named == [other, None, None]


def test_the_contact_of_an_opportunity_is_written_by_its_create_only(rest, deal_of):
    """Later its roles say it."""
    deal, contact = deal_of()

    answer = rest.call("PATCH", f"/sobjects/Opportunity/{deal}", {"ContactId": contact})

    assert answer.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"

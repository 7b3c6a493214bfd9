"""Fields that every org has and that the org itself, more than its users, fills."""

import pytest

VIEWED = ("LastViewedDate", "LastReferencedDate")
NOTED = ("LastActivityDate", *VIEWED)
BOUNCED = ("EmailBouncedReason", "EmailBouncedDate")
OF_PEOPLE = (*NOTED, *BOUNCED, "PhotoUrl", "Jigsaw", "JigsawContactId", "IndividualId")


def fields_of(rest, sobject):
    described = rest.ask("GET", f"/sobjects/{sobject}/describe")["fields"]
    return {field["name"]: field for field in described}


@pytest.mark.parametrize(
    ("sobject", "names"),
    [
        pytest.param("Account", (*NOTED, "PhotoUrl", "Jigsaw", "JigsawCompanyId"), id="account"),
        pytest.param("Contact", (*OF_PEOPLE, "IsEmailBounced"), id="contact"),
        pytest.param("Lead", OF_PEOPLE, id="lead"),
        pytest.param("Opportunity", NOTED, id="opportunity"),
        pytest.param("Campaign", NOTED, id="campaign"),
        pytest.param("Case", ("ContactFax", *VIEWED), id="case"),
        pytest.param("User", VIEWED, id="user"),
        pytest.param("Profile", VIEWED, id="profile"),
        pytest.param("ContentDocument", VIEWED, id="document"),
        pytest.param("Visit__c", NOTED, id="custom_object"),
    ],
)
def test_an_object_has_the_fields_that_every_org_has(rest, sobject, names):
    """They are described and can be selected."""
    visit = {"name": "Visit__c", "label": "Visit", "plural_label": "Visits", "activities": True}
    rest.control("POST", "schema", {"objects": [visit]})

    found = rest.call("GET", "/query", params={"q": f"SELECT {', '.join(names)} FROM {sobject}"})

    assert set(names) <= set(fields_of(rest, sobject))
    assert found.status_code == 200, found.text


@pytest.mark.parametrize("name", [*VIEWED, "LastActivityDate", "PhotoUrl", "JigsawContactId"])
def test_what_the_org_notes_is_not_written_by_others(rest, name):
    """Neither in a create nor in a change."""
    answer = rest.call("POST", "/sobjects/Contact", {"LastName": "A", name: "2026-05-13"})

    assert answer.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


@pytest.mark.parametrize("sobject", ["Account", "Contact", "Lead"])
def test_a_record_tells_where_its_picture_lies(rest, sobject):
    """By its id; no search finds it by that."""
    needed = {"Name": "A"} if sobject == "Account" else {"LastName": "A"}
    made = rest.create(sobject, **needed, **({"Company": "B"} if sobject == "Lead" else {}))

    assert rest.row(sobject, made)["PhotoUrl"] == f"/services/images/photo/{made}"
    found = rest.ask(
        "GET", "/search", params={"q": "FIND {photo} RETURNING Account, Contact, Lead"}
    )
    assert found == {"searchRecords": []}


def test_a_bounced_address_is_marked(rest):
    """Until nothing is known of it any more; a lead is marked by a change only."""
    contact = rest.create("Contact", LastName="A", EmailBouncedReason="550 unknown user")
    path = f"/sobjects/Contact/{contact}"
    lead = {"LastName": "A", "Company": "B", "EmailBouncedReason": "550"}

    marked = rest.row("Contact", contact)["IsEmailBounced"]
    cleared = rest.call("PATCH", path, {"EmailBouncedReason": None})
    new_lead = rest.call("POST", "/sobjects/Lead", lead)

    assert (marked, cleared.status_code) == (True, 204)
    assert rest.row("Contact", contact)["IsEmailBounced"] is False
    assert new_lead.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert rest.query("SELECT Id FROM Contact WHERE IsEmailBounced = true") == []


def test_a_person_has_an_individual(rest):
    """Both ways; an id of another kind of record is refused."""
    wish = rest.create("Individual", LastName="Ferrer", FirstName="Ida", ShouldForget=True)
    contact = rest.create("Contact", LastName="Ferrer", IndividualId=wish)

    wrong = rest.call("PATCH", f"/sobjects/Contact/{contact}", {"IndividualId": contact})
    [found] = rest.query("SELECT Individual.Name, Individual.ShouldForget FROM Contact")
    [back] = rest.query("SELECT (SELECT Id FROM Contacts) FROM Individual")

    assert wrong.json()[0]["errorCode"] == "MALFORMED_ID"
    assert (found["Individual"]["Name"], found["Individual"]["ShouldForget"]) == (
        "Ida Ferrer",
        True,
    )
    assert [row["Id"] for row in back["Contacts"]["records"]] == [contact]


def test_a_person_account_shares_them_with_its_contact(rest):
    """Under names of its own."""
    rest.settings(person_accounts=True)
    wish = rest.create("Individual", LastName="Ferrer")
    values = {"PersonEmailBouncedReason": "550", "PersonIndividualId": wish}
    account = rest.create("Account", LastName="Ferrer", **values)

    contact = rest.row("Contact", rest.row("Account", account)["PersonContactId"])

    assert (contact["EmailBouncedReason"], contact["IndividualId"]) == ("550", wish)


def test_a_case_shows_its_contacts_fax(rest):
    """And follows it."""
    contact = rest.create("Contact", LastName="A", Fax="1")
    case = rest.create("Case", ContactId=contact)

    before = rest.row("Case", case)["ContactFax"]
    rest.call("PATCH", f"/sobjects/Contact/{contact}", {"Fax": "2"})

    assert (before, rest.row("Case", case)["ContactFax"]) == ("1", "2")


class TestLastActivity:
    """The day of the newest event or closed task, whichever is later."""

    @pytest.fixture
    def people(self, rest):
        account = rest.create("Account", Name="A")
        return account, rest.create("Contact", LastName="B", AccountId=account)

    def days(self, rest, people):
        account, contact = people
        rows = rest.row("Account", account), rest.row("Contact", contact)
        assert rows[0]["LastActivityDate"] == rows[1]["LastActivityDate"]
        return rows[0]["LastActivityDate"]

    def close(self, rest, people, day):
        return rest.create("Task", Status="Completed", ActivityDate=day, WhoId=people[1])

    def test_a_closed_task_counts_and_an_open_one_does_not(self, rest, people):
        stamp = rest.row("Account", people[0])["SystemModstamp"]
        rest.clock.forward(60)
        rest.create("Task", ActivityDate="2026-05-20", WhoId=people[1])
        rest.create("Task", Status="Completed", WhoId=people[1])
        before = self.days(rest, people)

        for day in ("2026-05-12", "2026-05-11"):
            self.close(rest, people, day)

        assert (before, self.days(rest, people)) == (None, "2026-05-12")
        assert rest.row("Account", people[0])["SystemModstamp"] == stamp
        found = rest.query("SELECT Id FROM Contact WHERE LastActivityDate = 2026-05-12")
        assert [row["Id"] for row in found] == [people[1]]

    @pytest.mark.parametrize(
        ("change", "left"),
        [
            pytest.param({"Status": "Not Started"}, "2026-05-01", id="reopened"),
            pytest.param({"WhoId": None}, "2026-05-01", id="moved_away"),
            pytest.param({"ActivityDate": "2026-05-02"}, "2026-05-02", id="dated_back"),
            pytest.param({"ActivityDate": "2026-05-30"}, "2026-05-30", id="put_off"),
            pytest.param({"Subject": "Call"}, "2026-05-12", id="renamed"),
            pytest.param(None, "2026-05-01", id="deleted"),
        ],
    )
    def test_it_follows_what_becomes_of_the_task(self, rest, people, change, left):
        self.close(rest, people, "2026-05-01")
        task = f"/sobjects/Task/{self.close(rest, people, '2026-05-12')}"

        answer = rest.call("DELETE" if change is None else "PATCH", task, change)

        assert (answer.status_code, self.days(rest, people)) == (204, left)

    def test_a_task_that_comes_back_counts_again(self, rest, people):
        task = self.close(rest, people, "2026-05-12")
        rest.call("DELETE", f"/sobjects/Task/{task}")

        rest.control("POST", "undelete", {"id": task})

        assert self.days(rest, people) == "2026-05-12"

    def test_an_event_counts(self, rest, people):
        times = {"StartDateTime": "2026-05-14T09:00:00Z", "DurationInMinutes": 30}
        rest.create("Event", WhoId=people[1], **times)

        assert self.days(rest, people) == "2026-05-14"

    def test_what_the_task_is_about_counts_it_too(self, rest, people):
        values = {"Name": "O", "StageName": "Prospecting", "CloseDate": "2026-09-01"}
        deal = rest.create("Opportunity", AccountId=people[0], **values)
        lead = rest.create("Lead", LastName="L", Company="C")
        done = {"Status": "Completed", "ActivityDate": "2026-05-12"}

        rest.create("Task", WhatId=deal, **done)
        rest.create("Task", WhoId=lead, **done)
        rest.create("Task", WhatId=rest.create("Case", Subject="S"), **done)

        records = ("Opportunity", deal), ("Lead", lead), ("Account", people[0])
        assert [rest.row(*one)["LastActivityDate"] for one in records] == ["2026-05-12"] * 3

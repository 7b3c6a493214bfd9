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

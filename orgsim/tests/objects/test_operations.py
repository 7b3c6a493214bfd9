"""Leads are converted, records merged and brought back from the recycle bin."""

import pytest

LEAD = {
    "FirstName": "Ida",
    "LastName": "Pell",
    "Company": "Pell & Co",
    "Phone": "+1 415 555 0101",
    "City": "Oakland",
}


def test_a_converted_lead_becomes_account_contact_and_opportunity(rest):
    """The lead remembers them, its tasks go to the contact."""
    lead = rest.create("Lead", **LEAD)
    task = rest.create("Task", Subject="Call", WhoId=lead)

    made = rest.control("POST", "convert", {"lead_id": lead, "opportunity_name": "Ovens"})

    contact = rest.row("Contact", made["contact_id"])
    opportunity = rest.row("Opportunity", made["opportunity_id"])
    row = rest.row("Lead", lead)
    assert rest.row("Account", made["account_id"])["Name"] == "Pell & Co"
    assert (contact["Name"], contact["MailingCity"]) == ("Ida Pell", "Oakland")
    assert contact["AccountId"] == opportunity["AccountId"] == made["account_id"]
    assert opportunity["CloseDate"] == "2026-06-30"
    assert (row["IsConverted"], row["Status"]) == (True, "Closed - Converted")
    assert row["ConvertedContactId"] == made["contact_id"]
    assert row["ConvertedOpportunityId"] == made["opportunity_id"]
    moved = rest.row("Task", task)
    assert (moved["WhoId"], moved["AccountId"]) == (made["contact_id"], made["account_id"])


def test_a_lead_is_converted_into_an_existing_account(rest):
    """No opportunity is made without a name for it."""
    account = rest.create("Account", Name="Oak Foods")
    lead = rest.create("Lead", **LEAD)

    made = rest.control("POST", "convert", {"lead_id": lead, "account_id": account})

    assert (made["account_id"], made["opportunity_id"]) == (account, None)
    assert rest.row("Contact", made["contact_id"])["AccountId"] == account


def test_a_converted_lead_cannot_be_changed_or_converted_again(rest):
    """Only its contact can."""
    lead = rest.create("Lead", **LEAD)
    rest.control("POST", "convert", {"lead_id": lead})

    again = rest.control("POST", "convert", {"lead_id": lead}, status=422)
    changed = rest.call("PATCH", f"/sobjects/Lead/{lead}", {"Phone": "1"})

    assert "is converted already" in again["error"]["message"]
    assert changed.json()[0]["errorCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"


def test_a_lead_of_a_queue_needs_an_owner_to_be_converted(rest):
    """Queues own no contacts; nothing is left of the attempt."""
    queue = rest.load("Group", Name="Desk", Type="Queue")
    lead = rest.create("Lead", **LEAD, OwnerId=queue)

    error = rest.control("POST", "convert", {"lead_id": lead}, status=422)["error"]

    assert "owner_id" in error["message"]
    assert rest.query("SELECT Id FROM Account") == []


def test_a_merge_moves_everything_to_the_master(rest):
    """The loser is deleted with MasterRecordId, which only queryAll shows."""
    master, loser = (rest.create("Contact", LastName=name) for name in ("Ferrer", "Ferer"))
    task = rest.create("Task", Subject="Call", WhoId=loser)
    case = rest.create("Case", Subject="Broken", ContactId=loser)

    merged = rest.control("POST", "merge", {"master_id": master, "loser_ids": [loser]})

    text = "SELECT Id, IsDeleted, MasterRecordId FROM Contact WHERE IsDeleted = true"
    bin_ = rest.ask("GET", "/queryAll", params={"q": text})["records"]
    assert merged == {"merged": [loser]}
    assert rest.row("Task", task)["WhoId"] == master
    assert rest.row("Case", case)["ContactId"] == master
    assert [(r["Id"], r["MasterRecordId"]) for r in bin_] == [(loser, master)]
    assert rest.query(text) == []
    gone = rest.call("GET", f"/sobjects/Contact/{loser}")
    assert (gone.status_code, gone.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


@pytest.mark.parametrize(
    ("losers", "words"),
    [
        pytest.param((), "list of one or two", id="nobody"),
        pytest.param(("master",), "with itself", id="itself"),
        pytest.param(("account",), "there is no Contact", id="another_object"),
        pytest.param(("other",) * 3, "list of one or two", id="three"),
    ],
)
def test_an_impossible_merge_changes_nothing(rest, losers, words):
    """The answer says why."""
    ids = {name: rest.create("Contact", LastName=name) for name in ("master", "other")}
    ids["account"] = rest.create("Account", Name="Oak Foods")

    body = {"master_id": ids["master"], "loser_ids": [ids[name] for name in losers]}
    error = rest.control("POST", "merge", body, status=422)["error"]

    assert words in error["message"]
    assert len(rest.query("SELECT Id FROM Contact")) == 2


def test_what_was_deleted_together_comes_back_together(rest):
    """What had been deleted before stays deleted."""
    account = rest.create("Account", Name="Oak Foods")
    kept, gone = (
        rest.create("Contact", LastName=name, AccountId=account) for name in ("Ferrer", "Okoye")
    )
    rest.call("DELETE", f"/sobjects/Contact/{gone}")
    rest.call("DELETE", f"/sobjects/Account/{account}")

    child = rest.control("POST", "undelete", {"id": kept}, status=422)["error"]
    restored = rest.control("POST", "undelete", {"id": account})["ids"]

    assert account in child["message"]
    assert restored == [account, kept]
    assert [r["Id"] for r in rest.query("SELECT Id FROM Contact")] == [kept]
    rest.control("POST", "undelete", {"id": account}, status=422)


def test_a_record_cannot_come_back_over_its_successor(rest):
    """A unique key was given away meanwhile."""
    rest.settings(external_id_field=True)
    first = rest.create("Task", Subject="Call", Switchhook_Key__c="k-1")
    rest.call("DELETE", f"/sobjects/Task/{first}")
    rest.create("Task", Subject="Call", Switchhook_Key__c="k-1")

    error = rest.control("POST", "undelete", {"id": first}, status=422)["error"]

    assert "duplicate value found" in error["message"]
    assert rest.call("GET", f"/sobjects/Task/{first}").status_code == 404

"""simple-salesforce's bulk clients work against the org unchanged."""

import csv
import io

import pytest
from simple_salesforce.bulk2 import ColumnDelimiter, LineEnding
from simple_salesforce.exceptions import SalesforceOperationError

PEOPLE = [{"LastName": "Ferrer", "Phone": "+34 93 555 01 00"}, {"LastName": "Pell", "Phone": "1"}]


def test_bulk2_inserts_updates_and_deletes(bulk, salesforce):
    """By lists of records."""
    contacts = salesforce.bulk2.Contact
    (inserted,) = contacts.insert(records=PEOPLE, wait=0)
    rows = csv.DictReader(io.StringIO(contacts.get_successful_records(inserted["job_id"])))
    ids = {row["LastName"]: row["sf__Id"] for row in rows}

    (updated,) = contacts.update(records=[{"Id": ids["Pell"], "LastName": "Quill"}], wait=0)
    names = bulk.names()
    (deleted,) = contacts.delete(records=[{"Id": i} for i in ids.values()], wait=0)

    assert (inserted["numberRecordsProcessed"], inserted["numberRecordsFailed"]) == (2, 0)
    assert (updated["numberRecordsProcessed"], names) == (1, ["Ferrer", "Quill"])
    assert (deleted["numberRecordsProcessed"], bulk.names()) == (2, [])


def test_bulk2_tells_failed_rows_from_written_ones(salesforce):
    """All three results at once."""
    contacts = salesforce.bulk2.Contact
    (done,) = contacts.insert(records=[*PEOPLE, {"LastName": "", "Phone": "2"}], wait=0)

    found = contacts.get_all_ingest_records(done["job_id"])

    assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (3, 1)
    assert {r["LastName"] for r in found["successfulRecords"]} == {"Ferrer", "Pell"}
    assert [r["Phone"] for r in found["failedRecords"]] == ["2"]
    assert found["unprocessedRecords"] == []


def test_bulk2_upserts_by_external_id_in_several_jobs(bulk, salesforce):
    """A batch size makes a job per batch."""
    bulk.settings(external_id_field=True)
    records = [{"Switchhook_Key__c": f"k-{n}", "Subject": "Call"} for n in range(5)]

    results = salesforce.bulk2.Task.upsert(
        records=records, external_id_field="Switchhook_Key__c", batch_size=2, wait=0
    )

    assert [r["numberRecordsProcessed"] for r in results] == [2, 2, 1]
    assert len(bulk.query("SELECT Id FROM Task")) == 5


def test_bulk2_raises_for_a_job_that_fails(salesforce):
    """With the org's sentence."""
    with pytest.raises(SalesforceOperationError, match="Field name not found : Shoe__c"):
        salesforce.bulk2.Contact.insert(records=[{"LastName": "A", "Shoe__c": "42"}], wait=0)


def test_bulk2_queries_page_by_page(bulk, salesforce):
    """In the dialect asked for."""
    bulk.control("POST", "load", {"generate": {"Contact": 25}})

    pages = list(
        salesforce.bulk2.Contact.query(
            "SELECT Id, LastName FROM Contact",
            max_records=10,
            column_delimiter=ColumnDelimiter.TAB,
            line_ending=LineEnding.CRLF,
            wait=0,
        )
    )

    assert [page.count("\r\n") - 1 for page in pages] == [10, 10, 5]
    assert all(page.startswith('"Id"\t"LastName"\r\n') for page in pages)


def test_bulk2_downloads_and_finds_deleted_records(bulk, salesforce, tmp_path):
    """Into files."""
    gone = bulk.load("Contact", LastName="Gone")
    bulk.call("DELETE", f"/sobjects/Contact/{gone}")

    (file,) = salesforce.bulk2.Contact.download("SELECT Id FROM Contact", str(tmp_path), wait=0)
    (everything,) = salesforce.bulk2.Contact.query_all("SELECT Id FROM Contact", wait=0)

    assert file["number_of_records"] == 0
    assert everything == f'"Id"\n"{gone}"\n'


def test_bulk2_aborts_a_job(bulk, salesforce):
    """While it is open."""
    job = bulk.open_job()

    state = salesforce.bulk2.Contact._client.abort_job(job, is_query=False)["state"]

    assert state == "Aborted"


def test_bulk1_inserts_updates_and_deletes(bulk, salesforce):
    """Outcomes come in the order of the records."""
    inserted = salesforce.bulk.Contact.insert([*PEOPLE, {"Phone": "2"}])
    ids = [outcome["id"] for outcome in inserted[:2]]
    updated = salesforce.bulk.Contact.update([{"Id": ids[1], "LastName": "Quill", "Phone": None}])
    phones = [r["Phone"] for r in bulk.query("SELECT Phone FROM Contact ORDER BY LastName")]
    deleted = salesforce.bulk.Contact.delete([{"Id": i} for i in ids])

    assert [(o["success"], o["created"]) for o in inserted] == [
        (True, True),
        (True, True),
        (False, False),
    ]
    assert inserted[2]["id"] is None
    assert inserted[2]["errors"] == [
        {
            "statusCode": "REQUIRED_FIELD_MISSING",
            "message": "Required fields are missing: [LastName]",
            "fields": ["LastName"],
            "extendedErrorDetails": None,
        }
    ]
    assert updated == [{"success": True, "created": False, "id": ids[1], "errors": []}]
    assert phones == ["+34 93 555 01 00", None]
    assert ([o["success"] for o in deleted], bulk.names()) == ([True, True], [])


def test_bulk1_upserts_in_several_batches(bulk, salesforce):
    """With what was sent beside each outcome."""
    bulk.settings(external_id_field=True)
    records = [{"Switchhook_Key__c": f"k-{n}", "Subject": "Call"} for n in range(3)]

    first = salesforce.bulk.Task.upsert(records, "Switchhook_Key__c", batch_size=2)
    second = salesforce.bulk.Task.upsert(
        records, "Switchhook_Key__c", include_detailed_results=True
    )

    assert [o["created"] for o in first] == [True, True, True]
    assert [(o["created"], o["Switchhook_Key__c"]) for o in second] == [
        (False, "k-0"),
        (False, "k-1"),
        (False, "k-2"),
    ]


def test_bulk1_queries_with_times_in_milliseconds(bulk, salesforce):
    """Nested parents, with attributes."""
    account = bulk.load("Account", Name="Oak")
    contact = bulk.load("Contact", LastName="Ferrer", AccountId=account)

    (row,) = salesforce.bulk.Contact.query(
        "SELECT Id, CreatedDate, Account.Name, Account.CreatedDate FROM Contact"
    )

    assert row["attributes"]["type"] == "Contact"
    assert (row["Id"], row["CreatedDate"]) == (contact, 1778662800000)
    assert (row["Account"]["Name"], row["Account"]["CreatedDate"]) == ("Oak", 1778662800000)


def test_bulk1_queries_deleted_records(bulk, salesforce):
    """By queryAll."""
    gone = bulk.load("Contact", LastName="Gone")
    bulk.call("DELETE", f"/sobjects/Contact/{gone}")

    assert salesforce.bulk.Contact.query("SELECT Id FROM Contact") == []
    assert [r["Id"] for r in salesforce.bulk.Contact.query_all("SELECT Id FROM Contact")] == [gone]

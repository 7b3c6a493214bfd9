"""Bulk API 2.0 answers a query as a table, page by page."""

import csv
import io

import pytest


def table(answer):
    return list(csv.reader(io.StringIO(answer.content.decode(), newline="")))


def test_a_query_job_answers_a_table(bulk):
    """Parents by their path, nulls empty, times with a Z, booleans in small letters."""
    account = bulk.load("Account", Name="Oak, Elm")
    bulk.load("Contact", LastName="Ferrer", AccountId=account)
    bulk.load("Contact", LastName="Pell")
    created = bulk.ask(
        "POST",
        "/jobs/query",
        {
            "operation": "query",
            "query": "SELECT lastname, c.account.name, CreatedDate, IsDeleted, Owner.Name"
            " FROM Contact c ORDER BY LastName",
        },
    )

    info = bulk.job(created["id"], "query")
    answer = bulk.page(created["id"])
    assert (created["state"], created["object"]) == ("UploadComplete", "Contact")
    assert (info["state"], info["jobType"]) == ("JobComplete", "V2Query")
    assert (info["numberRecordsProcessed"], info["isPkChunkingSupported"]) == (2, True)
    header, first, second = table(answer)
    assert header == ["LastName", "Account.Name", "CreatedDate", "IsDeleted", "Owner.Name"]
    assert first[:4] == ["Ferrer", "Oak, Elm", "2026-05-13T09:00:00.000Z", "false"]
    assert second[:2] == ["Pell", ""]
    assert first[4] == bulk.query("SELECT Name FROM User")[0]["Name"]
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.headers["Sforce-Locator"] == "null"
    assert answer.headers["Sforce-NumberOfRecords"] == "2"


def test_results_come_in_pages_until_the_locator_is_the_text_null(bulk):
    """Every record once, each page with its header."""
    bulk.control("POST", "load", {"generate": {"Contact": 25}})
    job = bulk.query_job("SELECT Id FROM Contact")
    bulk.job(job, "query")

    pages, locator = [], ""
    while locator != "null":
        answer = bulk.page(job, maxRecords=10, **({"locator": locator} if locator else {}))
        header, *rows = table(answer)
        assert header == ["Id"]
        assert answer.headers["Sforce-NumberOfRecords"] == str(len(rows))
        pages.append([row[0] for row in rows])
        locator = answer.headers["Sforce-Locator"]

    assert [len(page) for page in pages] == [10, 10, 5]
    assert len({record for page in pages for record in page}) == 25


def test_a_query_for_nothing_has_a_header_and_no_rows(bulk):
    """Zero records."""
    answer = bulk.page(bulk.query_job("SELECT Id, LastName FROM Contact"))

    assert answer.text == '"Id","LastName"\n'
    assert answer.headers["Sforce-NumberOfRecords"] == "0"


def test_query_all_finds_deleted_records(bulk):
    """And query does not."""
    contact = bulk.load("Contact", LastName="Gone")
    bulk.call("DELETE", f"/sobjects/Contact/{contact}")
    text = "SELECT Id, IsDeleted FROM Contact"

    found = bulk.page(bulk.query_job(text, "queryAll"))

    assert table(found)[1:] == [[contact, "true"]]
    assert table(bulk.page(bulk.query_job(text)))[1:] == []


def test_a_query_job_has_its_own_dialect(bulk):
    """Delimiter and line ending."""
    bulk.load("Contact", LastName="Ferrer")
    more = {"columnDelimiter": "PIPE", "lineEnding": "CRLF"}

    answer = bulk.page(bulk.query_job("SELECT LastName, Phone FROM Contact", **more))

    assert answer.content == b'"LastName"|"Phone"\r\n"Ferrer"|""\r\n'


def test_a_query_job_takes_its_time_can_be_aborted_and_deleted(bulk):
    """Results only when it is complete."""
    bulk.load("Contact", LastName="Ferrer")
    bulk.settings(bulk_delay_s=60)
    job = bulk.query_job("SELECT Id FROM Contact")

    info = bulk.job(job, "query")
    early = bulk.refused("GET", f"/jobs/query/{job}/results")
    kept = bulk.refused("DELETE", f"/jobs/query/{job}")
    aborted = bulk.ask("PATCH", f"/jobs/query/{job}", {"state": "Aborted"})
    deleted = bulk.call("DELETE", f"/jobs/query/{job}")

    assert (info["state"], info["numberRecordsProcessed"]) == ("UploadComplete", 0)
    assert early == kept == (400, "INVALIDJOBSTATE")
    assert (aborted["state"], deleted.status_code) == ("Aborted", 204)
    assert bulk.refused("GET", f"/jobs/query/{job}") == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("text", "code", "sentence"),
    [
        (
            "SELECT LastName FROM Contact GROUP BY LastName",
            "API_ERROR",
            "is not supported in Bulk Query",
        ),
        ("SELECT COUNT(Id) FROM Contact", "API_ERROR", "is not supported in Bulk Query"),
        ("SELECT count() FROM Contact", "API_ERROR", "is not supported in Bulk Query"),
        (
            "SELECT Id FROM Contact LIMIT 5 OFFSET 5",
            "API_ERROR",
            "OFFSET is not supported in Bulk Query",
        ),
        (
            "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
            "API_ERROR",
            "Aggregate Relationships not supported in Bulk V2 Query with CSV content type",
        ),
        (
            "SELECT Id, MailingAddress FROM Contact",
            "API_ERROR",
            "Selecting compound data not supported in Bulk Query",
        ),
        (
            "SELECT Id, Account.BillingAddress FROM Contact",
            "API_ERROR",
            "Selecting compound data not supported in Bulk Query",
        ),
        (
            "SELECT TYPEOF What WHEN Account THEN Name END FROM Task",
            "API_ERROR",
            "TYPEOF is not supported in Bulk Query",
        ),
        (
            "SELECT Id FROM TaskStatus",
            "INVALIDENTITY",
            "Entity 'TaskStatus' is not supported by the Bulk API.",
        ),
        (
            "SELECT Id, Shoe__c FROM Contact",
            "INVALID_FIELD",
            "No such column 'Shoe__c' on entity 'Contact'",
        ),
        ("SELECT Id FROM", "MALFORMED_QUERY", "unexpected token"),
    ],
)
def test_what_bulk_queries_cannot_do_is_refused_when_the_job_is_created(bulk, text, code, sentence):
    """In sentences that clients look for."""
    answer = bulk.call("POST", "/jobs/query", {"operation": "query", "query": text})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
    assert sentence in answer.json()[0]["message"]


@pytest.mark.parametrize("params", [{"locator": "?!"}, {"maxRecords": "0"}, {"maxRecords": "x"}])
def test_pages_that_never_were_are_refused(bulk, params):
    """A locator cannot be made up."""
    job = bulk.query_job("SELECT Id FROM Contact")

    assert bulk.call("GET", f"/jobs/query/{job}/results", params=params).status_code == 400

"""Every documented exchange of Bulk API 2.0, replayed for its shape."""

import csv
import io

import pytest

from bulk.conftest import bulk, clock, server
from replay.shapes import ERROR, check
from replay.tally import NOT_APPLICABLE, RECORDED

__all__ = ["bulk", "clock", "server"]

BRIEF = {
    "id": str,
    "operation": str,
    "object": str,
    "createdById": str,
    "createdDate": str,
    "systemModstamp": str,
    "state": str,
    "concurrencyMode": str,
    "contentType": str,
    "apiVersion": float,
}
DIALECT = {"lineEnding": str, "columnDelimiter": str}
TIMES = {
    "retries": int,
    "totalProcessingTime": int,
    "apiActiveProcessingTime": int,
    "apexProcessingTime": int,
}
COUNTS = {"numberRecordsProcessed": int, "numberRecordsFailed": int}
INGEST = "/jobs/ingest"
QUERY = "/jobs/query"
TABLE = "Name,BillingCity\nOak,Vigo\n,Lugo\n"


def uploaded(bulk):
    job = bulk.open_job(sobject="Account")
    bulk.upload(job, TABLE)
    return job


def done(bulk):
    job = uploaded(bulk)
    bulk.close_job(job)
    return job


def deleted(bulk):
    job = done(bulk)
    assert bulk.call("DELETE", f"{INGEST}/{job}").status_code == 204
    return bulk.call("GET", f"{INGEST}/{job}")


def deletion(bulk):
    return bulk.call("DELETE", f"{INGEST}/{done(bulk)}")


def asked(bulk):
    for name in ("Oak", "Elm", "Ash", "Fir", "Yew"):
        bulk.load("Account", Name=name)
    return bulk.query_job("SELECT Id, Name FROM Account")


def page_after(bulk, pages):
    job, params = asked(bulk), {"maxRecords": "2"}
    for _ in range(pages):
        params["locator"] = bulk.page(job, **params).headers["Sforce-Locator"]
    return bulk.page(job, **params)


# What is done, the status, the shape: of JSON, a line of column names, or None for nothing.
EXCHANGES = {
    "ingest job created": (
        lambda b: b.call("POST", INGEST, {"object": "Account", "operation": "insert"}),
        200,
        {**BRIEF, **DIALECT, "contentUrl": str},
    ),
    "data uploaded": (lambda b: b.upload(b.open_job(sobject="Account"), TABLE), 201, None),
    "upload complete": (
        lambda b: b.call("PATCH", f"{INGEST}/{uploaded(b)}", {"state": "UploadComplete"}),
        200,
        BRIEF,
    ),
    "open ingest job": (
        lambda b: b.call("GET", f"{INGEST}/{b.open_job()}"),
        200,
        {**BRIEF, **DIALECT, **TIMES, "jobType": "V2Ingest", "contentUrl": str},
    ),
    "complete ingest job": (
        lambda b: b.call("GET", f"{INGEST}/{done(b)}"),
        200,
        {**BRIEF, **DIALECT, **TIMES, **COUNTS, "jobType": "V2Ingest", "state": "JobComplete"},
    ),
    "successful results": (
        lambda b: b.call("GET", f"{INGEST}/{done(b)}/successfulResults/"),
        200,
        "sf__Id sf__Created Name BillingCity",
    ),
    "failed results": (
        lambda b: b.call("GET", f"{INGEST}/{done(b)}/failedResults/"),
        200,
        "sf__Id sf__Error Name BillingCity",
    ),
    "unprocessed records": (
        lambda b: b.call("GET", f"{INGEST}/{done(b)}/unprocessedrecords/"),
        200,
        "Name BillingCity",
    ),
    "ingest job deleted": (deletion, 204, None),
    "ingest job that is gone": (deleted, 404, ERROR),
    "query job created": (
        lambda b: b.call(
            "POST", QUERY, {"operation": "query", "query": "SELECT Id, Name FROM Account"}
        ),
        200,
        {**BRIEF, **DIALECT},
    ),
    "complete query job": (
        lambda b: b.call("GET", f"{QUERY}/{asked(b)}"),
        200,
        {
            **BRIEF,
            **DIALECT,
            "jobType": "V2Query",
            "state": "JobComplete",
            "numberRecordsProcessed": int,
            "retries": int,
            "totalProcessingTime": int,
            "isPkChunkingSupported": bool,
        },
    ),
    "first page": (lambda b: page_after(b, 0), 200, "Id Name"),
    "next page": (lambda b: page_after(b, 1), 200, "Id Name"),
    "last page": (lambda b: page_after(b, 2), 200, "Id Name"),
}


def columns(text):
    return next(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("name", EXCHANGES)
def test_an_exchange_has_its_shape(bulk, name, record_property):
    """Status, and the keys and types or the columns of the body."""
    record_property("replayed", f"bulk 2.0: {name}")
    act, status, shape = EXCHANGES[name]

    answer = act(bulk)

    assert answer.status_code == status, answer.text
    if shape is None:
        assert answer.content == b""
    elif isinstance(shape, str):
        assert answer.headers["Content-Type"] == "text/csv"
        assert columns(answer.text) == shape.split()
    else:
        assert answer.headers["Content-Type"].startswith("application/json")
        check(answer.json(), shape)


def test_pages_tell_how_many_rows_they_have_and_where_the_next_is(bulk):
    """The last one has the text null in place of a locator."""
    job = asked(bulk)
    first = bulk.page(job, maxRecords="2")
    last = bulk.page(job, maxRecords="4", locator=first.headers["Sforce-Locator"])

    assert first.headers["Sforce-NumberOfRecords"] == "2"
    assert first.headers["Sforce-Locator"] not in {"", "null"}
    assert last.headers["Sforce-Locator"] == "null"


def test_no_known_exchange_is_forgotten():
    """Each kind is replayed or is listed with the reason why not."""
    assert len(EXCHANGES) + len(NOT_APPLICABLE["bulk 2.0"]) == RECORDED["bulk 2.0"]

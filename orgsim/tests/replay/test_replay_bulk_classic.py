"""Every recorded exchange of Bulk API 1.0, replayed for its shape."""

import re

import pytest

from bulk.conftest import bulk, clock, server
from replay.shapes import ROW, check, names
from replay.tally import NOT_APPLICABLE, RECORDED

__all__ = ["bulk", "clock", "server"]

JOB = (
    "id operation object createdById createdDate systemModstamp state concurrencyMode contentType"
    " numberBatchesQueued numberBatchesInProgress numberBatchesCompleted numberBatchesFailed"
    " numberBatchesTotal numberRecordsProcessed numberRetries apiVersion numberRecordsFailed"
    " totalProcessingTime apiActiveProcessingTime apexProcessingTime"
)
UPSERT_JOB = JOB.replace(" concurrencyMode", " externalIdFieldName concurrencyMode")
BATCH = (
    "id jobId state createdDate systemModstamp numberRecordsProcessed numberRecordsFailed"
    " totalProcessingTime apiActiveProcessingTime apexProcessingTime"
)
JSON_BATCH = {
    "id": str,
    "jobId": str,
    "state": str,
    "stateMessage": type(None),
    "createdDate": str,
    "systemModstamp": str,
    "numberRecordsProcessed": int,
    "numberRecordsFailed": int,
    "totalProcessingTime": int,
    "apiActiveProcessingTime": int,
    "apexProcessingTime": int,
}
OF_CALLS = (
    "SELECT Id, TYPEOF Who WHEN Contact THEN LastName, Email ELSE Id END,"
    " Subject, DurationInMinutes, ActivityDateTime FROM Event"
)
EVENT = {
    "attributes": ROW,
    "Id": str,
    "Who": {"attributes": ROW, "LastName": str, "Email": type(None)},
    "Subject": str,
    "DurationInMinutes": int,
    "ActivityDateTime": int,
}


class Classic:
    """A client that sends XML about its jobs."""

    def __init__(self, bulk):
        self.bulk = bulk
        self.token = bulk.headers["Authorization"].removeprefix("Bearer ")

    def call(self, method, path, content="", kind="application/xml"):
        return self.bulk.session.request(
            method,
            f"{self.bulk.addresses.http_url}/services/async/62.0{path}",
            data=content.encode(),
            headers={"X-SFDC-Session": self.token, "Content-Type": kind},
            timeout=10,
        )

    def create(self, operation, sobject, kind="CSV"):
        key = "<externalIdFieldName>Id</externalIdFieldName>" if operation == "upsert" else ""
        return self.call(
            "POST",
            "/job",
            '<jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload">'
            f"<operation>{operation}</operation><object>{sobject}</object>{key}"
            f"<concurrencyMode>Parallel</concurrencyMode><contentType>{kind}</contentType>"
            "</jobInfo>",
        )

    def job(self, *asked):
        return f"/job/{first_id(self.create(*asked))}"

    def close(self, job):
        return self.call("POST", job, "<jobInfo><state>Closed</state></jobInfo>")

    def upsert(self):
        """A job with its batch, which the next request finds done."""
        known = self.bulk.load("Contact", LastName="Ferrer")
        job = self.job("upsert", "Contact")
        content = f'"LastName","Id"\r\n"Pell","{known}"\r\n"Wren",""\r\n'
        batch = self.call("POST", f"{job}/batch", content, "text/csv; charset=UTF-8")
        return job, batch

    def query(self):
        """A job with its batch."""
        who = self.bulk.load("Contact", LastName="Ferrer")
        when = {"ActivityDateTime": "2026-05-14T09:00:00.000+0000", "DurationInMinutes": 30}
        self.bulk.load("Event", Subject="Visit", WhoId=who, **when)
        job = self.job("query", "Event", "JSON")
        return job, self.call("POST", f"{job}/batch", OF_CALLS, "application/json")

    def query_batch(self, below=""):
        job, batch = self.query()
        return self.call("GET", f"{job}/batch/{batch.json()['id']}{below}")

    def query_rows(self):
        job, batch = self.query()
        result = f"{job}/batch/{batch.json()['id']}/result"
        return self.call("GET", f"{result}/{self.call('GET', result).json()[0]}")

    def upsert_results(self):
        job, batch = self.upsert()
        self.call("GET", f"{job}/batch")
        return self.call("GET", f"{job}/batch/{first_id(batch)}/result")


def first_id(answer):
    return re.search("<id>([^<]+)</id>", answer.text)[1]


# What is done, the status, the shape: of JSON, the root of XML with what is in it, or columns.
CLASSIC = {
    "insert job": (lambda c: c.create("insert", "Event"), 201, ("jobInfo", JOB)),
    "query job in JSON": (lambda c: c.create("query", "Event", "JSON"), 201, ("jobInfo", JOB)),
    "query batch": (lambda c: c.query()[1], 201, JSON_BATCH),
    "state of a query batch": (lambda c: c.query_batch(), 200, JSON_BATCH),
    "results of a query batch": (lambda c: c.query_batch("/result"), 200, [str]),
    "rows of a query batch": (lambda c: c.query_rows(), 200, [EVENT]),
    "upsert job": (lambda c: c.create("upsert", "Contact"), 201, ("jobInfo", UPSERT_JOB)),
    "upsert batch": (lambda c: c.upsert()[1], 201, ("batchInfo", BATCH)),
    "upsert job closed": (lambda c: c.close(c.upsert()[0]), 200, ("jobInfo", UPSERT_JOB)),
    "state of an upsert job": (
        lambda c: c.call("GET", c.upsert()[0]),
        200,
        ("jobInfo", UPSERT_JOB),
    ),
    "batches of an upsert job": (
        lambda c: c.call("GET", f"{c.upsert()[0]}/batch"),
        200,
        ("batchInfoList", f"batchInfo {BATCH}"),
    ),
    "no batches": (
        lambda c: c.call("GET", f"{c.job('upsert', 'Opportunity')}/batch"),
        200,
        ("batchInfoList", ""),
    ),
    "results of an upsert batch": (
        lambda c: c.upsert_results(),
        200,
        '"Id","Success","Created","Error"',
    ),
}


@pytest.mark.parametrize("name", CLASSIC)
def test_an_exchange_of_bulk_1_has_its_shape(bulk, name, record_property):
    """Status, kind of body, and its elements, keys or columns."""
    record_property("replayed", f"bulk 1.0: {name}")
    act, status, shape = CLASSIC[name]

    answer = act(Classic(bulk))

    assert answer.status_code == status, answer.text
    kind = answer.headers["Content-Type"].partition(";")[0]
    if isinstance(shape, tuple):
        root, elements = shape
        found = re.findall(r"<(\w+)", answer.text)
        assert (kind, found[0]) == ("application/xml", root)
        assert frozenset(found[1:]) == names(elements)
    elif isinstance(shape, str):
        assert (kind, answer.text.splitlines()[0]) == ("text/csv", shape)
    else:
        assert kind == "application/json"
        check(answer.json(), shape)


def test_a_new_batch_tells_where_it_is(bulk):
    """By its path, without the host."""
    job, batch = Classic(bulk).query()

    assert batch.headers["Location"] == f"/services/async/62.0{job}/batch/{batch.json()['id']}"


def test_a_time_in_a_branch_is_not_answered(bulk):
    """How it would be written is not known."""
    classic = Classic(bulk)
    job = classic.job("query", "Event", "JSON")
    text = "SELECT TYPEOF Who WHEN Contact THEN CreatedDate END FROM Event"

    answer = classic.call("POST", f"{job}/batch", text, "application/json")

    assert answer.status_code == 501


def test_no_known_exchange_is_forgotten():
    """Each kind is replayed or is listed with the reason why not."""
    assert len(CLASSIC) + len(NOT_APPLICABLE["bulk 1.0"]) == RECORDED["bulk 1.0"]

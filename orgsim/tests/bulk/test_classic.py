"""Bulk API 1.0 as clients speak it that send XML about their jobs and CSV in them."""

import re

import pytest


class Classic:
    """A client of `/services/async`."""

    def __init__(self, bulk):
        self.bulk = bulk
        self.base = f"{bulk.addresses.http_url}/services/async/62.0"
        self.token = bulk.headers["Authorization"].removeprefix("Bearer ")

    def call(self, method: str, path: str, content: str = "", kind: str = "application/xml"):
        headers = {"X-SFDC-Session": self.token, "Content-Type": kind}
        return self.bulk.session.request(
            method, self.base + path, data=content.encode(), headers=headers, timeout=10
        )

    def open_job(self, operation: str = "insert", more: str = "") -> str:
        content = (
            '<?xml version="1.0"?><jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload">'
            f"<operation>{operation}</operation><object>Contact</object>{more}"
            "<contentType>CSV</contentType></jobInfo>"
        )
        answer = self.call("POST", "/job", content)
        assert answer.status_code == 201, answer.text
        assert element(answer, "state") == "Open"
        return element(answer, "id")

    def add(self, job: str, content: str) -> str:
        answer = self.call("POST", f"/job/{job}/batch", content, "text/csv")
        assert answer.status_code == 201, answer.text
        return element(answer, "id")


def element(answer, name: str) -> str:
    found = re.search(f"<{name}>([^<]*)</{name}>", answer.text)
    assert found, answer.text
    return found.group(1)


@pytest.fixture
def classic(bulk):
    """A client that speaks XML."""
    return Classic(bulk)


def test_a_batch_of_rows_is_written_and_reported_in_order(bulk, classic):
    """From the open job to the closed one."""
    job = classic.open_job()
    batch = classic.add(job, "LastName,FirstName\nFerrer,Ida\n,Nobody\nPell,\n")

    state = element(classic.call("GET", f"/job/{job}/batch/{batch}"), "state")
    results = classic.call("GET", f"/job/{job}/batch/{batch}/result")
    closed = classic.call("POST", f"/job/{job}", "<jobInfo><state>Closed</state></jobInfo>")

    lines = results.text.splitlines()
    assert (state, results.headers["Content-Type"]) == ("Completed", "text/csv")
    assert lines[0] == '"Id","Success","Created","Error"'
    assert [line.split(",")[1] for line in lines[1:]] == ['"true"', '"false"', '"true"']
    assert (
        '"REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"' in lines[2]
    )
    assert bulk.names() == ["Ferrer", "Pell"]
    counts = {
        name: element(closed, name)
        for name in ("state", "numberBatchesCompleted", "numberRecordsProcessed")
    }
    assert counts == {
        "state": "Closed",
        "numberBatchesCompleted": "1",
        "numberRecordsProcessed": "3",
    }
    assert element(closed, "numberRecordsFailed") == "1"
    assert element(closed, "createdDate") == "2026-05-13T09:00:00.000Z"


def test_a_job_with_tables_is_spoken_of_in_xml_whatever_a_request_says(bulk, classic):
    """As it was made in JSON by a client that sends `application/json` with every request."""
    bulk.load("Contact", LastName="Ferrer")
    made = '{"operation": "query", "object": "Contact", "contentType": "CSV"}'
    job = classic.call("POST", "/job", made, "application/json").json()["id"]
    batch = classic.add(job, "SELECT LastName FROM Contact")
    closed = classic.call("POST", f"/job/{job}", '{"state": "Closed"}', "application/json")

    told = [
        classic.call("GET", f"/job/{job}{below}", kind="application/json")
        for below in ("", "/batch", f"/batch/{batch}", f"/batch/{batch}/result")
    ]

    assert element(closed, "state") == "Closed"
    assert {answer.headers["Content-Type"] for answer in told} == {"application/xml"}
    assert element(told[2], "state") == "Completed"


def test_a_query_batch_has_a_list_of_results(bulk, classic):
    """Each is a table of its own."""
    bulk.load("Contact", LastName="Ferrer")
    job = classic.open_job("query")
    batch = classic.add(job, "SELECT LastName, CreatedDate FROM Contact")

    listed = classic.call("GET", f"/job/{job}/batch/{batch}/result")
    found = classic.call("GET", f"/job/{job}/batch/{batch}/result/{element(listed, 'result')}")

    assert found.text == '"LastName","CreatedDate"\n"Ferrer","2026-05-13T09:00:00.000Z"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "SELECT MailingAddress FROM Contact",
            (
                "InvalidBatch : Failed to process query: FUNCTIONALITY_NOT_ENABLED: Selecting compound"
                " data not supported in Bulk Query"
            ),
        ),
        (
            "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
            (
                "InvalidBatch : Failed to process query: FUNCTIONALITY_NOT_ENABLED: Aggregate"
                " Relationships not supported in Bulk Query with CSV content type"
            ),
        ),
    ],
)
def test_a_query_that_is_refused_makes_a_failed_batch(classic, text, message):
    """The batch says why."""
    job = classic.open_job("query")

    batch = classic.call("GET", f"/job/{job}/batch/{classic.add(job, text)}")

    assert (element(batch, "state"), element(batch, "stateMessage")) == ("Failed", message)


def test_batches_wait_and_an_aborted_job_writes_nothing_more(bulk, classic):
    """By the org's clock."""
    bulk.settings(bulk_delay_s=60)
    job = classic.open_job()
    classic.add(job, "LastName\nFerrer\n")
    states = []

    for seconds in (0, 30):
        bulk.clock.forward(seconds)
        states.append(element(classic.call("GET", f"/job/{job}/batch"), "state"))
    classic.call("POST", f"/job/{job}", "<jobInfo><state>Aborted</state></jobInfo>")
    bulk.clock.forward(60)
    states.append(element(classic.call("GET", f"/job/{job}/batch"), "state"))

    assert states == ["Queued", "InProgress", "NotProcessed"]
    assert bulk.names() == []


def test_a_batch_with_an_unknown_column_fails(bulk, classic):
    """And writes nothing."""
    job = classic.open_job()
    batch = classic.add(job, "LastName,Shoe__c\nFerrer,42\n")

    answer = classic.call("GET", f"/job/{job}/batch/{batch}")

    assert element(answer, "stateMessage") == "InvalidBatch : Field name not found : Shoe__c"
    assert classic.call("GET", f"/job/{job}/batch/{batch}/result").status_code == 400
    assert bulk.names() == []


@pytest.mark.parametrize(
    ("path", "content", "code", "status"),
    [
        pytest.param(
            "/job/750000000000000AAA", "<state>Closed</state>", "InvalidJob", 400, id="job"
        ),
        pytest.param(
            "/job",
            "<operation>insert</operation><object>Shoe__c</object><contentType>CSV</contentType>",
            "InvalidEntity",
            400,
            id="object",
        ),
        pytest.param(
            "/job",
            "<operation>insert</operation><object>Contact</object><contentType>XML</contentType>",
            "NOT_IMPLEMENTED",
            501,
            id="xml_data",
        ),
    ],
)
def test_refusals_have_a_form_of_their_own(classic, path, content, code, status):
    """XML for those who speak XML."""
    answer = classic.call("POST", path, content)

    assert (answer.status_code, element(answer, "exceptionCode")) == (status, code)
    assert answer.headers["Content-Type"] == "application/xml"


def test_an_upsert_without_a_key_says_what_is_missing(classic):
    """In words that clients show."""
    answer = classic.call(
        "POST",
        "/job",
        "<operation>upsert</operation><object>Contact</object><contentType>CSV</contentType>",
    )

    assert (answer.status_code, element(answer, "exceptionCode")) == (400, "InvalidJob")
    assert element(answer, "exceptionMessage") == (
        "External ID was blank for Contact. An External ID must be specified for upsert."
    )


@pytest.mark.parametrize("kind", ["application/xml", "application/json"])
def test_an_ended_session_is_noticed_by_status_400(classic, kind):
    """Clients look for the code."""
    classic.token = "ended"

    answer = classic.call("GET", "/job/750000000000000AAA", kind=kind)

    assert answer.status_code == 400
    assert "InvalidSessionId" in answer.text


def test_json_data_has_to_be_a_list_of_plain_records(bulk, classic):
    """A nested one would be a reference by external id."""
    body = '{"operation": "insert", "object": "Contact", "contentType": "JSON"}'
    job = classic.call("POST", "/job", body, "application/json").json()["id"]

    answers = [
        classic.call("POST", f"/job/{job}/batch", content, "application/json")
        for content in ("{}", "nonsense", '[{"LastName": "A", "Account": {"Key__c": "1"}}]')
    ]

    assert [a.status_code for a in answers] == [400, 400, 501]
    assert answers[0].json()["exceptionCode"] == "InvalidBatch"
    assert bulk.names() == []

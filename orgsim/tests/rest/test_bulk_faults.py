"""Faults and limits reach bulk jobs through the objects that these are for."""

import threading
import time

import pytest
import requests


@pytest.fixture
def app(rest):
    """A caller that faults may hit."""
    rest.headers = rest.log_in_as_app()
    return rest


def classic(app, path, data, kind="text/csv"):
    url = f"{app.addresses.http_url}/services/async/62.0/job{path}"
    headers = {**app.headers, "Content-Type": kind}
    return app.session.post(url, data=data, headers=headers, timeout=10)


def new_classic(app, sobject):
    info = f'{{"object": "{sobject}", "operation": "insert", "contentType": "CSV"}}'
    return classic(app, "", info, "application/json")


XML = """<?xml version="1.0" encoding="UTF-8"?>
<jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload"><operation>insert</operation>
<object>Lead</object><contentType>CSV</contentType></jobInfo>"""


def test_a_new_job_is_matched_by_its_object(app):
    """In every form that tells it."""
    app.fault("status_503", match={"object": "lead"}, times=9)

    statuses = [
        app.call("POST", "/jobs/ingest", {"object": "Lead", "operation": "insert"}).status_code,
        app.call(
            "POST", "/jobs/query", {"operation": "query", "query": "SELECT Id FROM Lead"}
        ).status_code,
        new_classic(app, "Lead").status_code,
        classic(app, "", XML, "application/xml").status_code,
        app.call("POST", "/jobs/ingest", {"object": "Contact", "operation": "insert"}).status_code,
        new_classic(app, "Contact").status_code,
    ]

    assert statuses == [503, 503, 503, 503, 200, 201]


def test_what_is_below_a_job_is_matched_by_the_object_of_the_job(app):
    """Uploads, state changes and classic batches name no object themselves."""
    jobs = {}
    for name in ("Lead", "Contact"):
        ingest = app.ask("POST", "/jobs/ingest", {"object": name, "operation": "insert"})["id"]
        jobs[name] = (ingest, new_classic(app, name).json()["id"])
    app.fault("status_503", match={"object": "Lead"}, times=9)

    def statuses(name):
        ingest, job = jobs[name]
        url = f"{app.base}/jobs/ingest/{ingest}/batches"
        headers = {**app.headers, "Content-Type": "text/csv"}
        upload = app.session.put(url, data="LastName\nF\n", headers=headers, timeout=10)
        change = app.call("PATCH", f"/jobs/ingest/{ingest}", {"state": "UploadComplete"})
        batch = classic(app, f"/{job}/batch", "LastName\nF\n")
        return upload.status_code, change.status_code, batch.status_code

    assert statuses("Lead") == (503, 503, 503)
    assert statuses("Contact") == (201, 200, 201)


def test_the_limit_on_long_requests_keeps_classic_bulk_calls_out_too(app):
    """In the words of Bulk API 1.0."""
    app.settings(long_requests_allowed=1, long_request_s=0.05)
    app.fault("slow", delay_s=1)
    held = threading.Thread(target=app.call, args=("GET", "/limits"))
    held.start()
    while not app.org.long_requests.reached(1, 0.05):
        time.sleep(0.01)

    refused = new_classic(app, "Contact")
    held.join()
    # The answer is out a moment before the org counts the request as done.
    while app.org.long_requests.reached(1, 0.05):
        time.sleep(0.01)

    again = new_classic(app, "Contact")
    assert (refused.status_code, again.status_code) == (400, 201)
    assert refused.json()["exceptionCode"] == "ExceededQuota"


def test_a_reset_forgets_requests_that_are_silent_still(app):
    """One that never answers runs on for an hour after its client has left."""
    app.settings(long_requests_allowed=1, long_request_s=0.05)
    app.fault("commit_then_timeout")
    url = f"{app.addresses.http_url}/services/data/v62.0/limits"
    with pytest.raises(requests.ReadTimeout):
        requests.get(url, headers=app.headers, timeout=0.3)
    silent = app.org.long_requests.reached(1, 0.05)

    app.org.reset()

    assert (silent, app.org.long_requests.reached(1, 0.05)) == (True, False)

"""A request that is held has locked what it writes; others wait for it, and in the end fail."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

OPEN = {"Subject": "Call back", "ActivityDate": "2026-06-01"}
DONE = {"Subject": "Call", "Status": "Completed", "ActivityDate": "2026-06-01"}
LONG_S = 30


@pytest.fixture
def app(rest):
    """A caller that faults may hit."""
    grant = rest.org.grants.grant(rest.org.store.admin_id, "PlatformCLI", "api")
    token = rest.org.grants.open_session(rest.org.store.admin_id, "PlatformCLI", grant, "api")
    rest.app_headers = {"Authorization": f"Bearer {token}"}
    return rest


@pytest.fixture
def oak(rest):
    """An account with a contact."""
    account = rest.create("Account", Name="Oak Foods")
    return {"Account": account, "Contact": rest.create("Contact", LastName="F", AccountId=account)}


@pytest.fixture
def hold(app):
    """Sends a request that is held, and waits until it is; what is held ends with the test."""
    with ThreadPoolExecutor(4) as threads:

        def send(method, path, body, effect="hold_then_commit", delay_s=1.0):
            number = len(app.org.journal.since())
            app.fault(effect, delay_s=delay_s)
            url, kept = app.base + path, app.org.api.locks
            held = threads.submit(
                requests.request, method, url, json=body, headers=app.app_headers, timeout=LONG_S
            )
            until = time.monotonic() + 0.4
            while time.monotonic() < until and not kept._held:  # no answer tells it
                time.sleep(0.01)
            assert len(app.org.journal.since()) > number
            return held

        yield send


def write(app, method, path, body=None):
    """Return an answer and whether it was waited for."""
    began = time.monotonic()
    answer = app.call(method, path, body)
    return answer, time.monotonic() - began > 0.3


def test_a_write_of_the_same_record_waits_until_the_first_has_committed(app, hold, oak):
    """And then goes through, so that the last one wins."""
    path = f"/sobjects/Contact/{oak['Contact']}"
    held = hold("PATCH", path, {"Title": "first"})
    answer, waited = write(app, "PATCH", path, {"Title": "second"})

    assert (held.result().status_code, answer.status_code, waited) == (204, 204, True)
    assert app.row("Contact", oak["Contact"])["Title"] == "second"


def test_after_the_wait_a_write_is_refused(app, hold, oak):
    """400 in the row's own answer; nothing was written and nothing counted twice."""
    app.settings(lock_wait_s=0.4)
    path = f"/sobjects/Contact/{oak['Contact']}"
    held = hold("PATCH", path, {"Title": "first"}, delay_s=2)
    before = app.org.usage.used
    answer, waited = write(app, "PATCH", path, {"Title": "second"})
    after = app.org.usage.used

    assert (answer.status_code, waited, after - before) == (400, True, 1)
    assert answer.json() == [
        {
            "message": "unable to obtain exclusive access to this record or 1 records:"
            f" {oak['Contact']}",
            "errorCode": "UNABLE_TO_LOCK_ROW",
            "fields": [],
        }
    ]
    assert held.result().status_code == 204
    assert app.row("Contact", oak["Contact"])["Title"] == "first"


@pytest.mark.parametrize(
    ("task", "waits"),
    [
        pytest.param(OPEN, True, id="an_open_task_with_a_date"),
        pytest.param(DONE, False, id="a_completed_task"),
        pytest.param({"Subject": "Some day"}, False, id="a_task_without_a_date"),
    ],
)
@pytest.mark.parametrize("parent", ["Account", "Contact"])
def test_inserting_a_task_locks_its_parents_unless_it_is_done(app, hold, oak, task, waits, parent):
    """The name and the account behind it."""
    held = hold("POST", "/sobjects/Task", {**task, "WhoId": oak["Contact"]})
    answer, waited = write(app, "PATCH", f"/sobjects/{parent}/{oak[parent]}", {"Phone": "1"})

    assert (answer.status_code, waited) == (204, waits)
    assert held.result().status_code == 201


@pytest.mark.parametrize(
    ("sobject", "fields"),
    [
        pytest.param("Contact", {"LastName": "New"}, id="contact"),
        pytest.param("Case", {"Subject": "New"}, id="case"),
        pytest.param(
            "Opportunity",
            {"Name": "New", "StageName": "Prospecting", "CloseDate": "2026-08-01"},
            id="opportunity",
        ),
    ],
)
def test_inserting_a_child_locks_its_account(app, hold, oak, sobject, fields):
    """A second child of that account waits."""
    held = hold("POST", f"/sobjects/{sobject}", {**fields, "AccountId": oak["Account"]})
    body = {"LastName": "Next", "AccountId": oak["Account"]}
    answer, waited = write(app, "POST", "/sobjects/Contact", body)

    assert (answer.status_code, waited, held.result().status_code) == (201, True, 201)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_changing_a_completed_task_locks_its_parents(app, hold, oak, method):
    """Unlike inserting it."""
    task = app.create("Task", **DONE, WhoId=oak["Contact"])
    held = hold(method, f"/sobjects/Task/{task}", {"Subject": "x"})
    _, waited = write(app, "PATCH", f"/sobjects/Account/{oak['Account']}", {"Phone": "1"})

    assert (held.result().status_code, waited) == (204, True)


def test_reading_and_other_records_never_wait(app, hold, oak):
    """A lock is for writers of its record."""
    hold("PATCH", f"/sobjects/Contact/{oak['Contact']}", {"Title": "first"})
    other, waited = write(app, "POST", "/sobjects/Account", {"Name": "Elm"})
    read, waited_too = write(app, "GET", f"/sobjects/Contact/{oak['Contact']}")

    assert (other.status_code, read.status_code, waited, waited_too) == (201, 200, False, False)


@pytest.mark.parametrize("effect", ["status_503", "commit_then_timeout", "drop_before"])
def test_what_writes_nothing_any_more_locks_nothing(app, hold, oak, effect):
    """A refusal has not begun, a silent request has committed."""
    path = f"/sobjects/Contact/{oak['Contact']}"
    held = hold("PATCH", path, {"Title": "first"}, effect)
    _, waited = write(app, "PATCH", path, {"Title": "second"})

    assert not waited
    assert held.exception() is not None or held.result().status_code == 503


def test_inside_a_collection_the_locked_record_alone_fails(app, hold, oak):
    """The others are written."""
    app.settings(lock_wait_s=0.2)
    free = app.create("Contact", LastName="Free")
    hold("PATCH", f"/sobjects/Contact/{oak['Contact']}", {"Title": "first"})
    records = [
        {"attributes": {"type": "Contact"}, "id": i, "Title": "second"}
        for i in (oak["Contact"], free)
    ]
    entries = app.ask("PATCH", "/composite/sobjects", {"allOrNone": False, "records": records})

    assert [entry["success"] for entry in entries] == [False, True]
    assert entries[0]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"


@pytest.mark.parametrize("kind", ["composite", "batch"])
def test_inside_a_composite_or_a_batch_the_subrequest_fails(app, hold, oak, kind):
    """With the status of a row's answer; a batch tried again is not counted again."""
    app.settings(lock_wait_s=0.3)
    address = f"/sobjects/Contact/{oak['Contact']}"
    hold("PATCH", address, {"Title": "first"}, delay_s=2)
    if kind == "composite":
        url = f"/services/data/v62.0{address}"
        part = {"method": "PATCH", "url": url, "referenceId": "a", "body": {"Title": "x"}}
        result = app.ask("POST", "/composite", {"compositeRequest": [part]})
        status = result["compositeResponse"][0]["httpStatusCode"]
        body = result["compositeResponse"][0]["body"]
    else:
        first = {"method": "GET", "url": "v62.0/limits"}
        part = {"method": "PATCH", "url": f"v62.0{address}", "richInput": {"Title": "x"}}
        before = app.org.usage.used
        result = app.ask("POST", "/composite/batch", {"batchRequests": [first, part]})
        assert app.org.usage.used - before == 2
        status, body = result["results"][1]["statusCode"], result["results"][1]["result"]

    assert (status, body[0]["errorCode"]) == (400, "UNABLE_TO_LOCK_ROW")


def test_a_bulk_row_waits_for_the_lock_and_keeps_nobody_waiting(app, hold, oak):
    """The job is not complete before the record is free; other requests are answered at once."""
    job = app.ask("POST", "/jobs/ingest", {"object": "Contact", "operation": "update"})["id"]
    csv = f"Id,Title\n{oak['Contact']},bulk\n"
    url = f"{app.base}/jobs/ingest/{job}/batches"
    app.session.put(url, data=csv, headers={**app.headers, "Content-Type": "text/csv"}, timeout=5)
    held = hold("PATCH", f"/sobjects/Contact/{oak['Contact']}", {"Title": "first"}, delay_s=1.5)
    app.ask("PATCH", f"/jobs/ingest/{job}", {"state": "UploadComplete"})
    early, waited = write(app, "GET", f"/jobs/ingest/{job}")
    held.result()
    late = app.ask("GET", f"/jobs/ingest/{job}")

    assert (early.json()["state"] == "JobComplete", waited) == (False, False)
    assert (late["state"], late["numberRecordsFailed"]) == ("JobComplete", 0)
    assert app.row("Contact", oak["Contact"])["Title"] == "bulk"


def test_waiting_writes_take_no_threads(app, hold, oak):
    """Many wait for one record while others are answered."""
    path = f"/sobjects/Contact/{oak['Contact']}"
    hold("PATCH", path, {"Title": "first"}, delay_s=2)
    threads = [
        threading.Thread(
            target=requests.patch,
            args=(app.base + path,),
            kwargs={"json": {"Title": "x"}, "headers": app.headers, "timeout": LONG_S},
        )
        for _ in range(60)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    _, waited = write(app, "GET", "/limits")
    for thread in threads:
        thread.join()

    assert not waited

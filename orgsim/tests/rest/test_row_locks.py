"""A request that is held has locked what it writes; others wait for it, and in the end fail.

Nothing here is a matter of time: a request is held until the test lets it go, and a write counts as
waiting once the org has found its record locked.
"""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from orgsim.app import OrgApp
from orgsim.exchange import Exchange

OPEN = {"Subject": "Call back", "ActivityDate": "2026-06-01"}
DONE = {"Subject": "Call", "Status": "Completed", "ActivityDate": "2026-06-01"}
LONG_S = 30


def wait_until(condition):
    deadline = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < deadline, f"it did not come to pass within {LONG_S} s"
        time.sleep(0.005)


@pytest.fixture
def app(rest):
    """A caller that faults may hit, in an org where a write waits until it may go on."""
    rest.app_headers = rest.log_in_as_app()
    rest.settings(lock_wait_s=LONG_S)
    return rest


@pytest.fixture
def oak(rest):
    """An account with a contact."""
    account = rest.create("Account", Name="Oak Foods")
    return {"Account": account, "Contact": rest.create("Contact", LastName="F", AccountId=account)}


class Hold:
    """Sends requests that the org holds until they are let go; `write` sends another beside them."""

    def __init__(self, app, threads):
        self.app = app
        self.threads = threads
        self.entered = threading.Event()
        self.let_go = threading.Event()
        self.found_locked = threading.Event()

    def __call__(self, method, path, body, effect="hold_then_commit"):
        """Send a request; it is held, and has locked what it will lock, when this returns."""
        self.app.fault(effect, delay_s=1)
        url, headers = self.app.base + path, self.app.app_headers
        held = self.threads.submit(
            requests.request, method, url, json=body, headers=headers, timeout=2 * LONG_S
        )
        wait_until(self.entered.is_set)
        return held

    def write(self, method, path, body=None):
        """Send a request; gives its answer, which is to come, and whether it is waited for."""
        answer = self.threads.submit(self.app.call, method, path, body)
        wait_until(lambda: answer.done() or self.found_locked.is_set())
        return answer, self.found_locked.is_set()


@pytest.fixture
def hold(app, monkeypatch):
    """Holds requests; what is held ends with the test."""
    waits_as_ever, is_blocked = OrgApp._hold, Exchange.is_blocked

    async def until_let_go(self, delay_s):
        if delay_s < 1:
            return await waits_as_ever(self, delay_s)
        hold.entered.set()
        return await asyncio.to_thread(hold.let_go.wait)

    def told(self, taken):
        found = is_blocked(self, taken)
        if found:
            hold.found_locked.set()
        return found

    monkeypatch.setattr(OrgApp, "_hold", until_let_go)
    monkeypatch.setattr(Exchange, "is_blocked", told)
    with ThreadPoolExecutor(4) as threads:
        hold = Hold(app, threads)
        yield hold
        hold.let_go.set()


def test_a_write_of_the_same_record_waits_until_the_first_has_committed(app, hold, oak):
    """And then goes through, so that the last one wins."""
    path = f"/sobjects/Contact/{oak['Contact']}"
    held = hold("PATCH", path, {"Title": "first"})
    answer, waits = hold.write("PATCH", path, {"Title": "second"})
    hold.let_go.set()

    assert (held.result().status_code, answer.result().status_code, waits) == (204, 204, True)
    assert app.row("Contact", oak["Contact"])["Title"] == "second"


def test_after_the_wait_a_write_is_refused(app, hold, oak):
    """400 in the row's own answer; nothing was written and nothing counted twice."""
    app.settings(lock_wait_s=0.2)
    path = f"/sobjects/Contact/{oak['Contact']}"
    held = hold("PATCH", path, {"Title": "first"})
    before = app.org.usage.used
    answer, waits = hold.write("PATCH", path, {"Title": "second"})
    refused = answer.result()
    after = app.org.usage.used
    hold.let_go.set()

    assert (refused.status_code, waits, after - before) == (400, True, 1)
    assert refused.json() == [
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
    answer, waiting = hold.write("PATCH", f"/sobjects/{parent}/{oak[parent]}", {"Phone": "1"})
    hold.let_go.set()

    assert (answer.result().status_code, waiting) == (204, waits)
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
    answer, waits = hold.write("POST", "/sobjects/Contact", body)
    hold.let_go.set()

    assert (answer.result().status_code, waits, held.result().status_code) == (201, True, 201)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_changing_a_completed_task_locks_its_parents(app, hold, oak, method):
    """Unlike inserting it."""
    task = app.create("Task", **DONE, WhoId=oak["Contact"])
    held = hold(method, f"/sobjects/Task/{task}", {"Subject": "x"})
    _, waits = hold.write("PATCH", f"/sobjects/Account/{oak['Account']}", {"Phone": "1"})
    hold.let_go.set()

    assert (held.result().status_code, waits) == (204, True)


def test_reading_and_other_records_never_wait(app, hold, oak):
    """A lock is for writers of its record."""
    hold("PATCH", f"/sobjects/Contact/{oak['Contact']}", {"Title": "first"})
    other, _ = hold.write("POST", "/sobjects/Account", {"Name": "Elm"})
    read, waits = hold.write("GET", f"/sobjects/Contact/{oak['Contact']}")

    assert (other.result().status_code, read.result().status_code, waits) == (201, 200, False)


@pytest.mark.parametrize("effect", ["status_503", "commit_then_timeout", "drop_before"])
def test_what_writes_nothing_any_more_locks_nothing(app, hold, oak, effect):
    """A refusal has not begun, a silent request has committed."""
    path = f"/sobjects/Contact/{oak['Contact']}"
    held = hold("PATCH", path, {"Title": "first"}, effect)
    _, waits = hold.write("PATCH", path, {"Title": "second"})
    hold.let_go.set()

    assert not waits
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
    hold("PATCH", address, {"Title": "first"})
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
    held = hold("PATCH", f"/sobjects/Contact/{oak['Contact']}", {"Title": "first"})
    app.ask("PATCH", f"/jobs/ingest/{job}", {"state": "UploadComplete"})
    early, waits = hold.write("GET", f"/jobs/ingest/{job}")
    state = early.result().json()["state"]
    hold.let_go.set()
    held.result()
    late = app.ask("GET", f"/jobs/ingest/{job}")

    assert (state == "JobComplete", waits) == (False, False)
    assert (late["state"], late["numberRecordsFailed"]) == ("JobComplete", 0)
    assert app.row("Contact", oak["Contact"])["Title"] == "bulk"


def test_waiting_writes_take_no_threads(app, hold, oak):
    """Many wait for one record while others are answered."""
    path = f"/sobjects/Contact/{oak['Contact']}"
    hold("PATCH", path, {"Title": "first"})
    before = len(app.org.journal.since())
    with ThreadPoolExecutor(60) as threads:
        writes = [
            threads.submit(
                requests.patch,
                app.base + path,
                json={"Title": "x"},
                headers=app.headers,
                timeout=2 * LONG_S,
            )
            for _ in range(60)
        ]
        # The org notes a request in a thread: all are noted only if none keeps one.
        wait_until(lambda: len(app.org.journal.since()) == before + 60)
        answer = app.call("GET", "/limits")
        unanswered = sum(not write.done() for write in writes)
        hold.let_go.set()

    assert (answer.status_code, unanswered) == (200, 60)
    assert {write.result().status_code for write in writes} == {204}

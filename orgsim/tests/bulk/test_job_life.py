"""A bulk job lives by the org's clock, and its state decides what may be done with it."""

from datetime import UTC, datetime, timedelta

import pytest

from orgsim.api.calls import ApiCall
from orgsim.bulk import work
from orgsim.org import Org
from orgsim.rules import WriteOptions
from orgsim.settings import Settings

TABLE = "LastName\nFerrer\n"


def test_time_takes_a_job_through_its_states(bulk):
    """Nothing is written before the delay is over; nobody has to ask for it."""
    bulk.settings(bulk_delay_s=60)
    job = bulk.open_job()
    bulk.upload(job, TABLE)
    states = [bulk.job(job)["state"], bulk.close_job(job)["state"]]

    for seconds in (0, 30, 29):
        bulk.clock.forward(seconds)
        states.append(bulk.job(job)["state"])
    before = bulk.names()
    bulk.clock.forward(1)

    assert states == ["Open", "UploadComplete", "UploadComplete", "InProgress", "InProgress"]
    assert (before, bulk.names()) == ([], ["Ferrer"])
    assert bulk.job(job)["state"] == "JobComplete"


def test_an_aborted_job_writes_nothing_and_gives_its_rows_back(bulk):
    """Every row is unprocessed."""
    bulk.settings(bulk_delay_s=60)
    job = bulk.ingest(TABLE)

    state = bulk.ask("PATCH", f"/jobs/ingest/{job}", {"state": "Aborted"})["state"]
    bulk.clock.forward(61)

    assert (state, bulk.job(job)["state"], bulk.names()) == ("Aborted", "Aborted", [])
    assert bulk.results(job, "unprocessedRecords") == [{"LastName": "Ferrer"}]


def test_a_long_job_holds_no_request_up_and_can_be_stopped_half_way(bulk, monkeypatch):
    """Each request finds it further; what was written stays."""
    monkeypatch.setattr(work, "_BUDGET_S", 0.0)
    job = bulk.ingest("LastName\n" + "\n".join(f"N{number:03}" for number in range(700)))

    steps = [bulk.job(job) for _ in range(2)]
    bulk.ask("PATCH", f"/jobs/ingest/{job}", {"state": "Aborted"})

    assert [(s["state"], s["numberRecordsProcessed"]) for s in steps] == [
        ("InProgress", 200),
        ("InProgress", 400),
    ]
    assert len(bulk.names()) == len(bulk.results(job, "successfulResults")) == 600
    assert len(bulk.results(job, "unprocessedRecords")) == 100


def test_a_query_does_not_wait_behind_a_long_upload(bulk, monkeypatch):
    """Its answer is there already."""
    monkeypatch.setattr(work, "_BUDGET_S", 0.0)
    upload = bulk.ingest("LastName\n" + "\n".join(f"N{number:03}" for number in range(900)))
    query = bulk.query_job("SELECT Id FROM Contact")

    assert bulk.job(query, "query")["state"] == "JobComplete"
    assert bulk.job(upload)["state"] == "InProgress"


def test_a_deleted_job_is_not_found(bulk):
    """404 in the words of the REST API."""
    job = bulk.ingest(TABLE)
    bulk.job(job)

    deleted = bulk.call("DELETE", f"/jobs/ingest/{job}")
    gone = bulk.call("GET", f"/jobs/ingest/{job}")

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (gone.status_code, gone.json()) == (
        404,
        [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}],
    )


@pytest.mark.parametrize("kind", ["ingest", "query"])
def test_a_job_answers_in_its_own_version_only(bulk, kind):
    """Another version is a conflict."""
    job = bulk.open_job() if kind == "ingest" else bulk.query_job("SELECT Id FROM Contact")
    other = bulk.base.replace("v62.0", "v61.0")

    assert bulk.call("GET", f"{other}/jobs/{kind}/{job}").status_code == 409


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        pytest.param("PATCH", "", {"state": "UploadComplete"}, id="closing_twice"),
        pytest.param("PATCH", "", {"state": "Aborted"}, id="aborting_what_is_done"),
        pytest.param("PATCH", "", {"state": "Open"}, id="opening_again"),
    ],
)
def test_what_the_state_forbids_is_refused(bulk, method, rest, body):
    """By one code."""
    job = bulk.ingest(TABLE)
    bulk.job(job)

    assert bulk.refused(method, f"/jobs/ingest/{job}{rest}", body) == (400, "INVALIDJOBSTATE")


def test_an_open_job_takes_data_once_and_has_no_results(bulk):
    """Nor can it be deleted."""
    job = bulk.open_job()
    bulk.upload(job, TABLE)

    assert bulk.upload(job, TABLE).status_code == 400
    for method, path in (("DELETE", ""), ("GET", "/successfulResults")):
        assert bulk.refused(method, f"/jobs/ingest/{job}{path}") == (400, "INVALIDJOBSTATE")


def test_an_upload_has_to_be_a_table(bulk):
    """JSON goes to the REST API, and a table goes nowhere else."""
    job = bulk.open_job()

    json_upload = bulk.call("PUT", f"/jobs/ingest/{job}/batches", {"LastName": "Ferrer"})
    headers = {"Content-Type": "text/csv"}
    csv_record = bulk.call("POST", "/sobjects/Contact", data=TABLE.encode(), headers=headers)

    assert (json_upload.status_code, csv_record.status_code) == (415, 415)


def test_a_job_left_open_for_a_day_fails_and_is_forgotten_after_a_week(bulk):
    """Salesforce keeps results for seven days."""
    job = bulk.open_job()

    bulk.clock.forward(24 * 3600 + 1)
    state = bulk.job(job)["state"]
    bulk.clock.forward(6 * 24 * 3600)

    assert state == "Failed"
    assert bulk.refused("GET", f"/jobs/ingest/{job}") == (404, "NOT_FOUND")


@pytest.mark.parametrize(("kind", "version"), [("ingest", 40), ("query", 46)])
def test_older_versions_have_no_such_jobs(bulk, kind, version):
    """The next version does."""
    statuses = [
        bulk.call("GET", f"{bulk.base.replace('v62.0', f'v{number}.0')}/jobs/{kind}").status_code
        for number in (version, version + 1)
    ]

    assert statuses == [404, 200]


def test_jobs_are_listed_by_kind(bulk):
    """Both lists, with the keys that pagers read."""
    bulk.ingest(TABLE)
    ingest = bulk.open_job()
    query = bulk.query_job("SELECT Id FROM Contact")

    written, asked = bulk.ask("GET", "/jobs/ingest"), bulk.ask("GET", "/jobs/query/")

    assert (written["done"], written["nextRecordsUrl"]) == (True, None)
    assert [(j["jobType"], j["state"]) for j in written["records"]] == [
        ("V2Ingest", "JobComplete"),
        ("V2Ingest", "Open"),
    ]
    assert written["records"][1]["id"] == ingest
    assert [(j["id"], j["jobType"]) for j in asked["records"]] == [(query, "V2Query")]


def test_every_request_counts_as_a_call(bulk):
    """Polls too."""
    used = bulk.org.usage.used

    job = bulk.ingest(TABLE)
    bulk.job(job)

    assert bulk.org.usage.used - used == 4


def test_a_user_sees_his_own_jobs_only(bulk):
    """Unless he sees everything."""
    profile = bulk.load("Profile", Name="Agent")
    bulk.load(
        "User", LastName="Wren", Username="wren@oak.example", ProfileId=profile, IsActive=True
    )
    bulk.settings(sharing="private")
    admins = bulk.open_job()
    admin, bulk.headers = bulk.headers, bulk.log_in("wren@oak.example")
    own = bulk.open_job()

    assert bulk.refused("GET", f"/jobs/ingest/{admins}") == (404, "NOT_FOUND")
    assert [j["id"] for j in bulk.ask("GET", "/jobs/ingest")["records"]] == [own]
    bulk.headers = admin
    assert len(bulk.ask("GET", "/jobs/ingest")["records"]) == 2


def test_a_reset_forgets_jobs_and_ids_are_not_used_again(bulk):
    """As with records."""
    job = bulk.open_job()

    bulk.org.reset()
    bulk.headers = bulk.log_in(None)

    assert bulk.refused("GET", f"/jobs/ingest/{job}") == (404, "NOT_FOUND")
    assert bulk.open_job() > job


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"object": "Contact", "operation": "explode"}, 400, id="operation"),
        pytest.param({"object": "Shoe__c", "operation": "insert"}, 400, id="object"),
        pytest.param(
            {"object": "Contact", "operation": "insert", "lineEnding": "CR"}, 400, id="line_ending"
        ),
        pytest.param({"object": "Contact", "operation": "upsert"}, 400, id="missing_external_id"),
        pytest.param({"object": "Contact", "operation": "hardDelete"}, 501, id="hard_delete"),
        pytest.param(
            {"object": "Lead", "operation": "insert", "assignmentRuleId": "01Q"}, 501, id="rule"
        ),
    ],
)
def test_a_job_that_cannot_be_done_is_refused_at_once(bulk, body, status):
    """400 where Salesforce refuses, 501 where it would not."""
    assert bulk.call("POST", "/jobs/ingest", body).status_code == status


def test_a_job_cannot_be_created_together_with_its_data(bulk):
    """It would come as several parts."""
    parts = {
        "job": (None, '{"object": "Contact", "operation": "insert"}', "application/json"),
        "content": ("content", TABLE, "text/csv"),
    }

    assert bulk.call("POST", "/jobs/ingest", files=parts).status_code in {415, 501}
    assert bulk.ask("GET", "/jobs/ingest")["records"] == []


def test_a_reference_by_external_id_is_not_understood(bulk):
    """The job fails and says so: one whose upload is not looked at is not taken for done."""
    info = bulk.job(bulk.ingest("LastName,Account.Key__c\nFerrer,1\n"))

    assert info["state"] == "Failed"
    assert info["errorMessage"].startswith("The bulk column Account.Key__c, a reference")
    assert bulk.names() == []


def test_jobs_outlive_a_restart_of_an_org_in_a_file(tmp_path):
    """What waited before is done after it."""
    org = Org(tmp_path / "org.db", Settings(bulk_delay_s=3600))
    call = {"version": "62.0", "segments": ("jobs", "ingest"), "params": {}, "headers": {}}
    call |= {"options": WriteOptions(user_id=org.store.admin_id, version="62.0"), "origin": ""}
    body = {"object": "Contact", "operation": "insert"}
    job = org.api.answer(ApiCall(method="POST", body=body, **call)).body["id"]
    call["segments"] = ("jobs", "ingest", job)
    upload = {**call, "segments": ("jobs", "ingest", job, "batches")}
    org.api.answer(ApiCall(method="PUT", body=TABLE.encode(), **upload))
    org.api.answer(ApiCall(method="PATCH", body={"state": "UploadComplete"}, **call))
    org.close()

    later = Org(tmp_path / "org.db", clock=lambda: datetime.now(UTC) + timedelta(hours=2))
    later.api.bulk.run_due()
    info = later.api.answer(ApiCall(method="GET", body=None, **call)).body

    assert (info["state"], later.store.count("Contact")) == ("JobComplete", 1)
    again = ApiCall(method="POST", body=body, **{**call, "segments": ("jobs", "ingest")})
    assert later.api.answer(again).body["id"] > job
    later.close()

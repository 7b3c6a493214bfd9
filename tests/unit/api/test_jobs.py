"""An admin starts long work and looks after it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders.past import a_line
from switchhook.domain.jobs import JobState


def simulate(call, tenant, **body):
    asked = {"settings": {"calls": {"unknown_number": "lead"}}, "days": 7, **body}
    return call("POST", f"{tenant.path}/activities/simulate", asked, key=tenant.admin)


def backfill(call, tenant, raw, **query):
    return call("POST", f"{tenant.path}/backfill", key=tenant.admin, raw=raw, query=query or None)


def shown(call, tenant, job_id):
    return call("GET", f"{tenant.path}/jobs/{job_id}", key=tenant.admin)


@pytest.mark.rule("SH-3")
def test_a_simulation_is_a_job(call, tenant, world):
    answer = simulate(call, tenant)

    job_id = answer.json["job_id"]
    told = shown(call, tenant, job_id).json
    assert answer.status == 202
    assert (told["kind"], told["state"], told["counts"]["considered"]) == ("simulate", "queued", 0)
    assert told["result"] == {"changes": []}
    assert [message.job_id for message, _ in world.job_queue.asked] == [job_id]
    kept = world.jobs.stored[tenant.id, job_id].asked["patch"]
    assert kept["calls"] == {"unknown_number": "lead"}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        pytest.param({"days": 91}, "days", id="more_than_90_days"),
        pytest.param({"days": 0}, "days", id="no_day"),
        pytest.param({"settings": {"calls": {"nonsense": 1}}}, "calls.nonsense", id="unknown_setting"),
    ],
)  # fmt: skip
def test_what_cannot_be_simulated_is_named(call, tenant, world, body, named):
    answer = simulate(call, tenant, **body)

    assert (answer.status, named in answer.error["fields"]) == (422, True)
    assert world.jobs.stored == {}


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize(
    ("query", "is_dry"),
    [
        pytest.param({}, False, id="in_earnest"),
        pytest.param({"dry_run": "true"}, True, id="dry"),
    ],
)
def test_a_backfill_is_a_job_whose_lines_lie_with_the_tenants_payloads(
    call, tenant, world, query, is_dry
):
    raw = f"{a_line('p-1')}\n\n{a_line('p-2')}\n".encode()

    answer = backfill(call, tenant, raw, **query)

    job = world.jobs.stored[tenant.id, answer.json["job_id"]]
    (key,) = world.payloads.stored
    assert answer.status == 202
    assert (job.counts["lines"], job.asked["dry_run"]) == (2, is_dry)
    assert key.startswith(f"{tenant.id}/jobs/")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        pytest.param(b"\n \n", 422, id="no_line"),
        pytest.param(b"x" * 4_000_001, 413, id="too_large"),
    ],
)
def test_a_body_that_cannot_be_taken_starts_nothing(call, tenant, world, raw, status):
    assert backfill(call, tenant, raw).status == status
    assert (world.jobs.stored, world.payloads.stored) == ({}, {})


def test_the_counts_of_skipped_calls_are_told_by_rule(call, tenant, world):
    job_id = simulate(call, tenant).json["job_id"]
    job = world.jobs.stored[tenant.id, job_id]
    world.jobs.stored[tenant.id, job_id] = replace(
        job,
        state=JobState.DONE,
        counts={"done": 3, "would_skip": 3},
        by_rule={"XB-15": 2, "AC-6": 1},
    )

    told = shown(call, tenant, job_id).json

    assert told["counts"] == {"done": 3, "would_skip": {"AC-6": 1, "XB-15": 2}}


def test_another_tenants_job_is_not_there(call, tenant, world):
    job_id = simulate(call, tenant).json["job_id"]
    job = world.jobs.stored.pop((tenant.id, job_id))
    world.jobs.stored["other", job_id] = replace(job, tenant="other")

    assert shown(call, tenant, job_id).status == 404


def test_a_job_is_kept_for_thirty_days(call, tenant, world):
    job_id = simulate(call, tenant).json["job_id"]
    world.time += timedelta(days=30)

    assert shown(call, tenant, job_id).status == 404


@pytest.mark.parametrize("path", ["activities/simulate", "backfill"])
def test_an_agent_key_starts_no_job(call, tenant, path):
    assert call("POST", f"{tenant.path}/{path}", {}, key=tenant.agent).status == 403

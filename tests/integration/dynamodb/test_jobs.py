"""Jobs are kept so that each step counts once."""

from dataclasses import replace

import pytest

from builders.ledger import T0, TENANT
from switchhook.adapters.dynamodb.jobs import JobTable
from switchhook.domain.errors import Conflict
from switchhook.domain.jobs import Job, JobKind, JobState

pytestmark = pytest.mark.emulator


@pytest.fixture
def client(aws):
    return aws.client("dynamodb")


@pytest.fixture
def jobs(client, tables):
    client.put_item(
        TableName=tables.tenant, Item={"pk": {"S": f"T#{TENANT}"}, "sk": {"S": "TENANT"}}
    )
    return JobTable(client, tenant_table=tables.tenant)


def a_job(**changes):
    usual = {
        "tenant": TENANT,
        "id": "j_1",
        "kind": JobKind.SIMULATE,
        "created_at": T0,
        "updated_at": T0,
        "asked": {"patch": {"calls": {"unknown_number": "lead"}}, "days": 7},
        "counts": {"considered": 0},
        "result": {"changes": []},
    }
    return Job(**{**usual, **changes})


def test_a_job_reads_as_it_was_written(jobs):
    jobs.create(a_job())

    assert jobs.read(TENANT, "j_1") == a_job()
    assert jobs.read("other", "j_1") is None


def test_a_job_of_a_tenant_that_is_gone_is_not_made(jobs):
    with pytest.raises(Conflict):
        jobs.create(a_job(tenant="gone"))


@pytest.mark.rule("SH-2")
def test_a_step_is_stored_once(jobs):
    jobs.create(a_job())
    done = a_job(step=1, state=JobState.RUNNING, counts={"considered": 1}, cursor="20")
    jobs.commit(done)

    with pytest.raises(Conflict):
        jobs.commit(replace(done, counts={"considered": 2}))

    assert jobs.read(TENANT, "j_1") == done


@pytest.mark.rule("SH-2")
def test_a_request_that_botocore_repeats_after_a_lost_answer_is_no_conflict(jobs):
    jobs.create(a_job())
    done = a_job(step=1, state=JobState.RUNNING)
    jobs.commit(done)

    jobs.commit(done)

    assert jobs.read(TENANT, "j_1") == done


def test_a_job_may_be_collected_after_thirty_days(jobs, client, tables):
    jobs.create(a_job())

    item = client.get_item(
        TableName=tables.tenant, Key={"pk": {"S": f"T#{TENANT}"}, "sk": {"S": "JOB#j_1"}}
    )["Item"]

    assert int(item["expires_at"]["N"]) == int(T0.timestamp()) + 30 * 86_400


def test_two_hundred_changes_fit_into_one_item(jobs):
    changes = [
        {
            "activity_id": f"{number:026}",
            "change": "other_record",
            "before": {"tasks": [{"record": {"id": f"003{number:015}"}}] * 5},
            "after": {"tasks": [{"record": {"id": f"00Q{number:015}"}}] * 5},
        }
        for number in range(200)
    ]

    jobs.create(a_job(result={"changes": changes}))

    assert jobs.read(TENANT, "j_1").result == {"changes": changes}

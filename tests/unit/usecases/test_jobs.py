"""Jobs are done step by step, each step once, whatever is delivered twice or lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fakes.jobs import FakeJobQueue, FakeJobs
from switchhook.domain.errors import Conflict, NeedsReconnect, Rejected, Retryable
from switchhook.domain.jobs import Job, JobKind, JobMessage, JobState, from_json, to_json
from switchhook.usecases.ask.jobs import Step, get_job, give_up, run_step, start_job

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
FIRST = JobMessage(tenant="t1", job_id="j_1", step=0)


def a_job(**changes):
    usual = {
        "tenant": "t1",
        "id": "j_1",
        "kind": JobKind.SIMULATE,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Job(**{**usual, **changes})


class Counter:
    """Work of three steps; `troubles` are raised before."""

    def __init__(self, *troubles):
        self.troubles = list(troubles)
        self.ran = 0

    def __call__(self, job):
        if self.troubles:
            raise self.troubles.pop(0)
        self.ran += 1
        done = job.counts.get("done", 0) + 1
        state = JobState.DONE if done == 3 else job.state
        return Step(job=replace(job, counts={"done": done}, state=state))


class Runner:
    """A started job and whoever takes it on."""

    def __init__(self, work):
        self.jobs, self.queue, self.work = FakeJobs(), FakeJobQueue(), work
        start_job(a_job(), jobs=self.jobs, queue=self.queue)

    def step(self, message):
        return run_step(
            message,
            {JobKind.SIMULATE: self.work},
            jobs=self.jobs,
            queue=self.queue,
            now=lambda: NOW,
        )

    def run(self, most=50):
        while self.queue.asked and most:
            most -= 1
            message, _ = self.queue.asked.pop(0)
            self.step(message)
        return self.jobs.stored["t1", "j_1"]


def test_a_job_is_done_step_by_step():
    runner = Runner(Counter())

    job = runner.run()

    assert (job.state, job.counts, job.step) == (JobState.DONE, {"done": 3}, 3)


@pytest.mark.rule("SH-2")
def test_a_step_delivered_twice_is_done_once():
    runner = Runner(Counter())
    runner.step(FIRST)

    again = runner.step(FIRST)

    assert (again.step, runner.work.ran) == (1, 1)


@pytest.mark.rule("SH-2")
def test_a_runner_that_died_before_it_asked_for_the_next_step_is_made_up_for():
    runner = Runner(Counter())
    runner.queue.asked.clear()
    runner.queue.trouble.append(Retryable("queue", code="queue", after_s=1))
    with pytest.raises(Retryable):
        runner.step(FIRST)

    runner.step(FIRST)

    assert runner.run().state is JobState.DONE
    assert runner.work.ran == 3


def test_the_loser_of_a_race_asks_for_nothing():
    runner = Runner(Counter())
    runner.queue.asked.clear()

    def raced(job):
        runner.jobs.commit(replace(job, step=1))
        return Step(job=job)

    runner.work = raced
    runner.step(FIRST)

    assert runner.queue.asked == []


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Retryable("busy", code="busy", after_s=3), id="a_table_is_busy"),
        pytest.param(Conflict("moved on"), id="somebody_was_first"),
    ],
)
def test_a_step_that_cannot_be_done_now_is_tried_again_later(trouble):
    runner = Runner(Counter(trouble))
    runner.queue.asked.clear()

    runner.step(FIRST)

    ((message, delay_s),) = runner.queue.asked
    assert (message.step, delay_s >= 1) == (1, True)
    assert runner.run().state is JobState.DONE


def test_a_step_that_never_succeeds_ends_the_job_with_its_sentence():
    runner = Runner(Counter(*[Retryable("DynamoDB is busy.", code="busy", after_s=1)] * 10))

    job = runner.run()

    assert (job.state, job.text) == (JobState.FAILED, "DynamoDB is busy.")


def test_what_only_an_admin_can_mend_ends_the_job_at_once():
    runner = Runner(Counter(NeedsReconnect("Connect Salesforce.", code="not_connected")))

    job = runner.run()

    assert (job.state, job.text, runner.work.ran) == (JobState.FAILED, "Connect Salesforce.", 0)


def test_a_dead_letter_ends_its_job_in_words():
    runner = Runner(Counter())

    job = give_up(FIRST, jobs=runner.jobs, now=NOW)

    assert job.state is JobState.FAILED
    assert "given up" in job.text
    assert runner.run().state is JobState.FAILED


def test_a_job_that_was_never_asked_for_is_not_waited_for():
    jobs, queue = FakeJobs(), FakeJobQueue()
    queue.trouble.append(Retryable("queue", code="queue", after_s=1))

    with pytest.raises(Retryable):
        start_job(a_job(), jobs=jobs, queue=queue)

    assert jobs.stored["t1", "j_1"].state is JobState.FAILED


def test_a_tenant_that_is_gone_starts_no_job():
    jobs = FakeJobs()
    jobs.gone.add("t1")

    with pytest.raises(Rejected) as refused:
        start_job(a_job(), jobs=jobs, queue=FakeJobQueue())

    assert refused.value.status == 404


@pytest.mark.parametrize(
    ("asked", "later_s"),
    [
        pytest.param("j_2", 0, id="unknown"),
        pytest.param("no/id", 0, id="no_id"),
        pytest.param("j_1", 30 * 86_400, id="older_than_thirty_days"),
    ],
)
def test_a_job_that_is_not_there_is_404(asked, later_s):
    jobs = FakeJobs()
    jobs.create(a_job())

    with pytest.raises(Rejected) as refused:
        get_job("t1", asked, jobs=jobs, now=NOW + timedelta(seconds=later_s))

    assert refused.value.status == 404


def test_a_message_reads_as_it_was_written():
    assert from_json(to_json(FIRST)) == FIRST


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="no_json"),
        pytest.param("[]", id="no_object"),
        pytest.param(
            '{"v":2,"kind":"job","tenant":"t","job_id":"j","step":0}', id="another_version"
        ),
        pytest.param(
            '{"v":1,"kind":"job","tenant":"t","job_id":"j","step":"0"}', id="another_type"
        ),
    ],
)
def test_a_foreign_message_is_refused(text):
    with pytest.raises(Rejected):
        from_json(text)

"""Starts jobs, takes them on step by step, and tells how far they are.

A step works for a short while, stores what it did under the job's step counter and asks for the next
step. Whatever is delivered twice finds the counter moved on; whatever is lost is delivered again.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from switchhook.domain.errors import Conflict, Rejected, Retryable, SwitchhookError
from switchhook.domain.jobs import ENDED, KEPT, Job, JobKind, JobMessage, JobState, failed
from switchhook.domain.tenants import is_id
from switchhook.domain.timing import back_off
from switchhook.ports.admin import JobQueue, Jobs
from switchhook.usecases.tenants.tenants import no_such_tenant

STEP_LASTS_S = 20
"""How long a step goes on beginning new pieces of work."""

_TRIES = 10
_LONGEST_DELAY_S = 900
_GIVEN_UP = (
    "The job was given up because one of its steps could not be done however often it was tried. What"
    " its counts show is done; start it again, and tell the operator the job's id if it ends like this"
    " again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step made of a job, and after how many seconds the next one may begin."""

    job: Job
    delay_s: int = 0


type Work = Callable[[Job], Step]


def start_job(job: Job, *, jobs: Jobs, queue: JobQueue) -> Job:
    """Store a job and ask for its first step.

    Raises:
        Rejected: 404 no such tenant.
        Retryable: nothing runs; start it again.
    """
    try:
        jobs.create(job)
    except Conflict as exc:
        raise no_such_tenant(job.tenant) from exc
    try:
        queue.ask(JobMessage(tenant=job.tenant, job_id=job.id, step=0))
    except Retryable:
        # Nobody shall wait for a job that was never asked for.
        with suppress(SwitchhookError):
            jobs.commit(failed(job, "The job could not be started.", now=job.created_at))
        raise
    return job


def get_job(tenant_id: str, job_id: str, *, jobs: Jobs, now: datetime) -> Job:
    """One job; raises `Rejected` (404) when there is none, or no longer."""
    job = jobs.read(tenant_id, job_id) if is_id(job_id) else None
    if job is None or job.created_at + KEPT <= now:
        raise Rejected(
            f"There is no job of this id in tenant {tenant_id}; jobs are kept for {KEPT.days} days.",
            code="not_found",
            status=404,
        )
    return job


def run_step(
    message: JobMessage,
    work: Mapping[JobKind, Work],
    *,
    jobs: Jobs,
    queue: JobQueue,
    now: Callable[[], datetime],
) -> Job | None:
    """Do the step that the message asks for, unless it is done; None when there is no such job.

    A job whose step cannot be done for good ends as failed, with the sentence of the error.

    Raises:
        Retryable: neither the step nor its failure could be stored; deliver the message again.
    """
    job = jobs.read(message.tenant, message.job_id)
    if job is None or job.state in ENDED:
        return job
    # A step that is done already: whoever did it may not have lived to ask for the next one.
    step = Step(job=job)
    if job.step == message.step:
        step = _done(job, work[job.kind], now)
        try:
            jobs.commit(step.job)
        except Conflict:
            # Another delivery of this message did the step and has asked for the next one.
            return job
    if step.job.state not in ENDED:
        next_step = JobMessage(tenant=job.tenant, job_id=job.id, step=step.job.step)
        queue.ask(next_step, delay_s=step.delay_s)
    return step.job


def _done(job: Job, work: Work, now: Callable[[], datetime]) -> Step:
    running = replace(job, state=JobState.RUNNING, step=job.step + 1)
    try:
        step = work(replace(job, state=JobState.RUNNING))
    except (Retryable, Conflict) as error:
        if job.tries + 1 >= _TRIES:
            return Step(job=failed(job, error.message, now=now()))
        after_s = error.after_s if isinstance(error, Retryable) else 1.0
        delay_s = round(
            back_off(
                max(after_s, 1.0), job.tries, most_doublings=_TRIES, longest_s=_LONGEST_DELAY_S
            )
        )
        return Step(job=replace(running, tries=job.tries + 1, updated_at=now()), delay_s=delay_s)
    except SwitchhookError as error:
        return Step(job=failed(job, error.message, now=now()))
    worked = replace(step.job, step=job.step + 1, tries=0, updated_at=now())
    return replace(step, job=worked)


def give_up(message: JobMessage, *, jobs: Jobs, now: datetime) -> Job | None:
    """End a job whose step was delivered too often as failed; None when there is none.

    Raises:
        Conflict, Retryable: it changes just now, or the table is busy; try again.
    """
    job = jobs.read(message.tenant, message.job_id)
    if job is None or job.state in ENDED:
        return job
    given_up = failed(job, _GIVEN_UP, now=now)
    jobs.commit(given_up)
    return given_up

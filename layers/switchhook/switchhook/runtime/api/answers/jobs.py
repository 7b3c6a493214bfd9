"""Answers about long work."""

from typing import Self

from switchhook.domain import jobs
from switchhook.domain.jobs import JobKind, JobState
from switchhook.runtime.api.answers.base import Answer, AnyObject, Time


class JobStarted(Answer):
    """Long work that was taken on."""

    job_id: str


class Job(Answer):
    """How far long work is, and what came of it."""

    job_id: str
    kind: JobKind
    state: JobState
    text: str
    counts: AnyObject
    result: AnyObject
    created_at: Time
    updated_at: Time

    @classmethod
    def of(cls, job: jobs.Job) -> Self:
        """The job without what only its next step needs."""
        return cls(
            job_id=job.id,
            kind=job.kind,
            state=job.state,
            text=job.text,
            counts=_counts(job),
            result=dict(job.result),
            created_at=job.created_at,
            updated_at=job.updated_at,
        )


def _counts(job: jobs.Job) -> AnyObject:
    """The counts; those of skipped calls by rule, as in a day's statement."""
    counts: AnyObject = dict(job.counts)
    for name in ("skipped", "would_skip"):
        if name in counts:
            counts[name] = dict(sorted(job.by_rule.items()))
    return counts

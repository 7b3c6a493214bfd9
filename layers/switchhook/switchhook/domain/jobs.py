"""Long work of one tenant, done step by step: what was asked for, how far it is, what came of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from switchhook.domain.errors import Rejected

VERSION = 1

KEPT = timedelta(days=30)
"""How long a job and its result can be looked up."""


class JobKind(StrEnum):
    """What a job does."""

    SIMULATE = "simulate"
    BACKFILL = "backfill"


class JobState(StrEnum):
    """Where a job stands; the last two are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


ENDED = frozenset({JobState.DONE, JobState.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job as stored.

    `step` counts the steps that are done and guards each change. `asked` holds what the job was
    started with, `cursor` where the next step begins, `counts` the progress and `by_rule` the skips
    by rule id. `result` is JSON-ready. `tries` counts the set-backs of the step under way, `text` says
    why a job ended early.
    """

    tenant: str
    id: str
    kind: JobKind
    created_at: datetime
    updated_at: datetime
    state: JobState = JobState.QUEUED
    step: int = 0
    tries: int = 0
    asked: Mapping[str, object] = field(default_factory=dict)
    cursor: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    by_rule: Mapping[str, int] = field(default_factory=dict)
    result: Mapping[str, object] = field(default_factory=dict)
    text: str = ""


def counted(counts: Mapping[str, int], *names: str) -> dict[str, int]:
    """The counts with one more of each name."""
    after = dict(counts)
    for name in names:
        after[name] = after.get(name, 0) + 1
    return after


def failed(job: Job, text: str, *, now: datetime) -> Job:
    """The job after it was given up, with the sentence that says why; its counts stay."""
    return replace(
        job, state=JobState.FAILED, text=text, step=job.step + 1, tries=0, updated_at=now
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMessage:
    """Asks for the step of a job that follows after `step` done ones."""

    tenant: str
    job_id: str
    step: int


def to_json(message: JobMessage) -> str:
    """The message as text."""
    written = {
        "v": VERSION,
        "kind": "job",
        "tenant": message.tenant,
        "job_id": message.job_id,
        "step": message.step,
    }
    return json.dumps(written, separators=(",", ":"))


def from_json(text: str) -> JobMessage:
    """The message that `to_json` wrote.

    Raises:
        Rejected: `unreadable_message`; nothing else in the queue is of our making.
    """
    try:
        written = json.loads(text)
        if (written["v"], written["kind"]) == (VERSION, "job"):
            tenant, job_id, step = written["tenant"], written["job_id"], written["step"]
            if isinstance(tenant, str) and isinstance(job_id, str) and isinstance(step, int):
                return JobMessage(tenant=tenant, job_id=job_id, step=step)
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise Rejected(
        "The queue message cannot be read: it names no step of a job.", code="unreadable_message"
    )

"""Long work of one tenant, done step by step: what was asked for, how far it is, what came of it.

Reads the lines of a backfill: newline-delimited JSON objects of provider, source and event.
"""

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from switchhook.domain.errors import Permanent, Rejected

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


MOST_BYTES = 4_000_000
"""The largest body; a function is handed at most 6 MB, and base64 takes a third of that."""

MOST_LINE_BYTES = 1_048_576
"""The largest line; a webhook's body may be as large."""

_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,99}", re.ASCII)
_NAMES = frozenset({"provider", "source", "event"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillLine:
    """One event of the past; `body` is as its provider would have sent it."""

    provider: str
    source: str | None
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProblem:
    """Why a line cannot be taken; names fields, never values."""

    text: str


def numbered_lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Every line that is not blank, with its number from 1."""
    for number, line in enumerate(body.split(b"\n"), start=1):
        if line.strip():
            yield number, line


def read_line(line: bytes) -> BackfillLine | LineProblem:
    """The line's three fields, or what is wrong with them; whether its event can be read shows later."""
    if len(line) > MOST_LINE_BYTES:
        return LineProblem(text="The line is larger than 1 MiB.")
    try:
        written = json.loads(line)
        if not isinstance(written, Mapping):
            return LineProblem(text="The line is not a JSON object.")
        return _read(written)
    except (ValueError, RecursionError):
        return LineProblem(text="The line is not JSON in UTF-8.")


def _read(written: Mapping[str, object]) -> BackfillLine | LineProblem:
    provider, source, event = (written.get(name) for name in ("provider", "source", "event"))
    if set(written) - _NAMES:
        return LineProblem(text="The line may hold provider, source and event, and nothing else.")
    if not isinstance(provider, str):
        return LineProblem(text="provider must name one of the providers.")
    if source is not None and not (isinstance(source, str) and _SOURCE.fullmatch(source)):
        return LineProblem(
            text="source must be the source of the hook that the event would have come through."
        )
    if isinstance(event, str) and event:
        return BackfillLine(provider=provider, source=source, body=event.encode("utf-8"))
    if isinstance(event, Mapping):
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        return BackfillLine(provider=provider, source=source, body=text.encode("utf-8"))
    return LineProblem(text="event must be what the provider would have sent.")


def packed(body: bytes) -> bytes:
    """The body as it is laid aside."""
    return zlib.compress(body, 6)


def unpacked(laid_aside: bytes) -> bytes:
    """The body that `packed` was given.

    Raises:
        Permanent: it is something else.
    """
    reader = zlib.decompressobj()
    try:
        body = reader.decompress(laid_aside, MOST_BYTES + 1)
    except zlib.error as exc:
        raise _spoilt() from exc
    if len(body) > MOST_BYTES or not reader.eof:
        raise _spoilt()
    return body


def _spoilt() -> Permanent:
    return Permanent(
        "The lines that were handed in cannot be read any more; hand them in again.",
        code="lines_unreadable",
    )

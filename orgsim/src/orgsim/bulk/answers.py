"""What bulk jobs look like in answers, and what their requests have in common."""

import base64
from collections.abc import Mapping, Sequence

from orgsim.api.calls import ApiAnswer, ApiCall, RawBody
from orgsim.api.sobjects import json_object
from orgsim.bulk.dialect import DELIMITERS, LINE_ENDINGS
from orgsim.bulk.jobs import Job, Jobs, Kind, State
from orgsim.errors import ApiError

__all__ = [
    "check_version_of",
    "choice",
    "csv_answer",
    "dialect",
    "full_info",
    "job_list",
    "locator_of",
    "offset_of",
    "short_info",
    "wanted_state",
]

_PAGE = 1000


def short_info(job: Job, state: State) -> dict[str, object]:
    """Return a job as the answers to creating and changing it show it."""
    return {
        "id": job.id,
        "operation": job.operation,
        "object": job.object,
        "createdById": job.user_id,
        "createdDate": job.created,
        "systemModstamp": job.modified,
        "state": state,
        "concurrencyMode": job.concurrency,
        "contentType": job.content_type,
        "apiVersion": float(job.version),
    }


def full_info(job: Job, state: State) -> dict[str, object]:
    """Return a job as the answer to asking for it shows it; times are made up, figures are not."""
    info = short_info(job, state) | {
        "jobType": {Kind.INGEST: "V2Ingest", Kind.QUERY: "V2Query"}.get(job.kind, "Classic"),
        "lineEnding": job.line_ending,
        "columnDelimiter": job.delimiter,
    }
    if job.external_id_field is not None:
        info["externalIdFieldName"] = job.external_id_field
    if state is State.OPEN and job.kind is Kind.INGEST:
        info["contentUrl"] = content_url(job)
    if job.kind is Kind.QUERY:
        info["isPkChunkingSupported"] = True
    if state is not State.OPEN:
        info["numberRecordsProcessed"] = job.records_done
        if job.kind is Kind.INGEST:
            info["numberRecordsFailed"] = job.failed
    if job.error is not None:
        info["errorMessage"] = job.error
    info |= {"retries": 0, "totalProcessingTime": job.records_done}
    if job.kind is Kind.INGEST:
        info |= {"apiActiveProcessingTime": job.records_done, "apexProcessingTime": 0}
    return info


def content_url(job: Job) -> str:
    """Return where an ingest job's data goes; it has no slash in front."""
    return f"services/data/v{job.version}/jobs/ingest/{job.id}/batches"


def csv_answer(content: bytes, headers: Mapping[str, str] | None = None) -> ApiAnswer:
    """Return an answer that is a CSV file."""
    return ApiAnswer(body=RawBody(content=content, content_type="text/csv"), headers=headers or {})


def job_list(call: ApiCall, jobs: Jobs, found: Sequence[Job]) -> ApiAnswer:
    """Return a page of the jobs that a list shows."""
    start = offset_of(call.params.get("queryLocator"))
    end = start + _PAGE
    done = end >= len(found)
    following = f"{call.base}/{'/'.join(call.segments)}?queryLocator={locator_of(end)}"
    records = [_entry(job, jobs.shown_state(job)) for job in found[start:end]]
    return ApiAnswer(
        body={"done": done, "records": records, "nextRecordsUrl": None if done else following}
    )


def check_version_of(call: ApiCall, job: Job) -> None:
    """Raise ApiError 409 if a job is asked for in another API version than it was created in."""
    if call.version != job.version:
        raise ApiError(
            409,
            "API_VERSION_MISMATCH",
            f"Job {job.id} was created with API version {job.version}; use that version for it",
        )


def choice(body: Mapping[str, object], name: str, known: Sequence[str], default: str) -> str:
    """Return a property that is one of some words; raises ApiError INVALIDJOB for another."""
    value = body.get(name, default)
    if not isinstance(value, str) or value not in known:
        raise ApiError(
            400, "INVALIDJOB", f"InvalidJob : {name} has to be one of {', '.join(known)}"
        )
    return value


def dialect(body: Mapping[str, object]) -> tuple[str, str]:
    """Return the line ending and the column delimiter that a new job asks for."""
    choice(body, "contentType", ("CSV",), "CSV")
    return (
        choice(body, "lineEnding", tuple(LINE_ENDINGS), "LF"),
        choice(body, "columnDelimiter", tuple(DELIMITERS), "COMMA"),
    )


def wanted_state(call: ApiCall, *known: State) -> State:
    """Return the state that a PATCH asks for; raises ApiError INVALIDJOBSTATE for another."""
    state = json_object(call.body).get("state")
    if state not in known:
        words = " or ".join(known)
        raise ApiError(400, "INVALIDJOBSTATE", f"The state of this job can be set to {words} only")
    return State(str(state))


def locator_of(offset: int) -> str:
    """Return the opaque form of a place in a result."""
    return base64.urlsafe_b64encode(str(offset).encode()).decode().rstrip("=")


def offset_of(locator: str | None) -> int:
    """Return the place that a locator stands for; raises ApiError for one never given out."""
    if not locator:
        return 0
    try:
        padded = locator + "=" * (-len(locator) % 4)
        return int(base64.urlsafe_b64decode(padded).decode("ascii"))
    except ValueError:
        raise ApiError(400, "INVALID_QUERY_LOCATOR", f"invalid locator: {locator}") from None


def _entry(job: Job, state: State) -> dict[str, object]:
    kept = short_info(job, state) | {
        "jobType": full_info(job, state)["jobType"],
        "lineEnding": job.line_ending,
        "columnDelimiter": job.delimiter,
    }
    if state is State.OPEN and job.kind is Kind.INGEST:
        kept["contentUrl"] = content_url(job)
    return kept

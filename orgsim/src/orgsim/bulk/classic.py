"""Bulk API 1.0: jobs of JSON or CSV batches, each answered in the order of its rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from orgsim.api.calls import ApiAnswer, ApiCall, RawBody
from orgsim.bulk.answers import choice, csv_answer
from orgsim.bulk.classic_forms import information, listed, read_information, speaks_json
from orgsim.bulk.classic_query import query_content, query_result
from orgsim.bulk.dialect import write
from orgsim.bulk.ingest import target_of
from orgsim.bulk.jobs import QUERIES, Job, Jobs, Kind, Outcome, State
from orgsim.bulk.rows import error_text
from orgsim.errors import ApiError, not_found, not_supported
from orgsim.store import Store

__all__ = ["ClassicResources"]

_BATCH_STATES = MappingProxyType(
    {
        State.UPLOAD_COMPLETE: "Queued",
        State.IN_PROGRESS: "InProgress",
        State.JOB_COMPLETE: "Completed",
        State.FAILED: "Failed",
        State.ABORTED: "NotProcessed",
    }
)
_COUNTED = MappingProxyType(
    {
        "numberBatchesQueued": "Queued",
        "numberBatchesInProgress": "InProgress",
        "numberBatchesCompleted": "Completed",
        "numberBatchesFailed": "Failed",
    }
)
_MOST_ROWS = 10_000


class ClassicResources:
    """`/services/async/XX.0/job` and what lies below it."""

    def __init__(self, store: Store, jobs: Jobs) -> None:
        """Work on one org's jobs."""
        self._store = store
        self._jobs = jobs

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer one call; raises ApiError, which Bulk API 1.0 words in its own form."""
        match call.method, call.segments:
            case "POST", ("job",):
                return self._create(call)
            case _, ("job", job_id, *rest):
                job = self._jobs.visible(Kind.CLASSIC, job_id, call.user_id)
                return self._job(call, job, rest)
        raise not_found()

    def _job(self, call: ApiCall, job: Job, rest: Sequence[str]) -> ApiAnswer:
        match call.method, list(rest):
            case "GET", []:
                return self._information(job)
            case "POST", []:
                return self._change(call, job)
            case "POST", ["batch"]:
                return self._add(call, job)
            case "GET", ["batch"]:
                batches = [self._batch_info(b) for b in self._jobs.batches(job)]
                return listed("batchInfoList", "batchInfo", batches, as_json=_has_json(job))
            case "GET", ["batch", batch_id, *deeper]:
                batch = self._jobs.find(Kind.BATCH, batch_id)
                if batch is None or batch.parent != job.id:
                    raise not_found()
                return self._batch(batch, deeper)
        raise not_found()

    def _batch(self, batch: Job, rest: Sequence[str]) -> ApiAnswer:
        as_json = _has_json(batch)
        if not rest:
            return information("batchInfo", self._batch_info(batch), as_json=as_json)
        is_query = batch.operation in QUERIES
        if list(rest) == ["request"]:
            return _raw(self._request(batch), batch)
        if batch.state is not State.JOB_COMPLETE:
            raise ApiError(400, "InvalidBatch", f"Batch {batch.id} is not completed")
        match list(rest):
            case ["result"] if is_query:
                return listed("result-list", "result", [_result_id(batch)], as_json=as_json)
            case ["result"]:
                return self._outcomes(batch)
            case ["result", result_id] if is_query and result_id == _result_id(batch):
                return _raw(query_result(self._jobs.content(batch)), batch)
        raise not_found()

    def _create(self, call: ApiCall) -> ApiAnswer:
        as_json = speaks_json(call.headers)
        body = read_information(_content(call), as_json=as_json)
        if body.get("contentType", "XML") not in {"JSON", "CSV"}:
            raise not_supported("A classic bulk job whose data is neither JSON nor CSV")
        operation, key = str(body.get("operation", "")), None
        if operation in QUERIES:
            sobject = self._store.schema.sobject(str(body.get("object", "")))
            name = str(body.get("object", "")) if sobject is None else sobject.name
        else:
            target, operation, key = target_of(self._store, body)
            name = target.name
        serial = str(body.get("concurrencyMode", 0)) in {"1", "Serial"}
        job = replace(
            self._jobs.begun(Kind.CLASSIC, name, operation, call.user_id, call.version),
            content_type=str(body["contentType"]),
            concurrency="Serial" if serial else "Parallel",
            external_id_field=key,
        )
        self._jobs.add(job)
        return information("jobInfo", self._job_info(job), as_json=as_json, status=201)

    def _change(self, call: ApiCall, job: Job) -> ApiAnswer:
        body = read_information(_content(call), as_json=speaks_json(call.headers))
        state = State(choice(body, "state", (State.CLOSED, State.ABORTED), ""))
        if job.state is not State.OPEN:
            raise ApiError(
                400, "InvalidJobState", "Closing already closed/failed/aborted Job not allowed"
            )
        if state is State.ABORTED:
            for batch in self._jobs.batches(job):
                if batch.state is State.UPLOAD_COMPLETE:
                    self._jobs.save(replace(batch, state=State.ABORTED))
        return self._information(self._jobs.save(replace(job, state=state)))

    def _add(self, call: ApiCall, job: Job) -> ApiAnswer:
        if job.state is not State.OPEN:
            raise ApiError(400, "InvalidJobState", f"Job {job.id} is {job.state}; it takes no data")
        present = self._store.now_stamp()
        content = _content(call)
        batch = replace(
            job,
            line_ending=_line_ending(content),
            id=self._jobs.next_id(Kind.BATCH),
            kind=Kind.BATCH,
            parent=job.id,
            created=present,
            modified=present,
            user_id=call.user_id,
        )
        if job.operation in QUERIES:
            batch, content = query_content(self._store, batch, content)
        elif job.content_type == "JSON":
            _check_json(content)
        self._jobs.add(batch, content)
        if batch.state is State.OPEN:
            batch = self._jobs.handed_over(batch, call.options.locked)
        info = self._batch_info(batch)
        answer = information("batchInfo", info, as_json=_has_json(job), status=201)
        where = f"/services/async/{job.version}/job/{job.id}/batch/{batch.id}"
        return replace(answer, headers={**answer.headers, "Location": where})

    def _information(self, job: Job) -> ApiAnswer:
        return information("jobInfo", self._job_info(job), as_json=_has_json(job))

    def _job_info(self, job: Job) -> dict[str, object]:
        batches = self._jobs.batches(job)
        states = [self._state(batch) for batch in batches]
        return {
            "id": job.id,
            "operation": job.operation,
            "object": job.object,
            "createdById": job.user_id,
            "createdDate": job.created,
            "systemModstamp": job.modified,
            "state": job.state,
            "externalIdFieldName": job.external_id_field,
            "concurrencyMode": job.concurrency,
            "contentType": job.content_type,
            **{name: states.count(state) for name, state in _COUNTED.items()},
            "numberBatchesTotal": len(batches),
            "numberRecordsProcessed": sum(batch.records_done for batch in batches),
            "numberRetries": 0,
            "apiVersion": float(job.version),
            "numberRecordsFailed": sum(batch.failed for batch in batches),
            "totalProcessingTime": 0,
            "apiActiveProcessingTime": 0,
            "apexProcessingTime": 0,
        }

    def _batch_info(self, batch: Job) -> dict[str, object]:
        return {
            "id": batch.id,
            "jobId": batch.parent,
            "state": self._state(batch),
            "stateMessage": batch.error,
            "createdDate": batch.created,
            "systemModstamp": batch.modified,
            "numberRecordsProcessed": batch.records_done,
            "numberRecordsFailed": batch.failed,
            "totalProcessingTime": 0,
            "apiActiveProcessingTime": 0,
            "apexProcessingTime": 0,
        }

    def _state(self, batch: Job) -> str:
        return _BATCH_STATES[self._jobs.shown_state(batch)]

    def _request(self, batch: Job) -> bytes:
        content = self._jobs.content(batch)
        return json.loads(content)["text"].encode() if batch.operation in QUERIES else content

    def _outcomes(self, batch: Job) -> ApiAnswer:
        outcomes = list(self._jobs.outcomes(batch).values())
        if _has_json(batch):
            return ApiAnswer(body=[_json_outcome(outcome) for outcome in outcomes])
        rows = [_csv_outcome(outcome) for outcome in outcomes]
        return csv_answer(write([["Id", "Success", "Created", "Error"], *rows]))


def _content(call: ApiCall) -> bytes:
    return call.body if isinstance(call.body, bytes) else b""


def _has_json(job: Job) -> bool:
    """Return whether a job is spoken of in JSON: its data decides, not the Content-Type of a request.

    Only the answer to its creation has the form of the request.
    """
    return job.content_type == "JSON"


def _line_ending(content: bytes) -> str:
    """Return how the lines of a batch end, as its first line tells: a classic job does not say."""
    return "CRLF" if content.partition(b"\n")[0].endswith(b"\r") else "LF"


def _raw(content: bytes, batch: Job) -> ApiAnswer:
    is_json = _has_json(batch)
    kind = "application/json;charset=UTF-8" if is_json else "text/csv;charset=UTF-8"
    return ApiAnswer(body=RawBody(content=content, content_type=kind))


def _result_id(batch: Job) -> str:
    return f"752{batch.id[3:]}"


def _check_json(content: bytes) -> None:
    """Raise ApiError InvalidBatch for what is no list of records."""
    try:
        rows = json.loads(content)
    except ValueError:
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ApiError(400, "InvalidBatch", "The batch has to be a JSON list of records")
    if len(rows) > _MOST_ROWS:
        raise ApiError(
            400, "InvalidBatch", f"The batch has {len(rows)} records; {_MOST_ROWS} are allowed"
        )
    named = ((name, value) for row in rows for name, value in row.items())
    if any(isinstance(value, dict) and name != "attributes" for name, value in named):
        raise not_supported("A reference by external id in a bulk batch")


def _json_outcome(outcome: Outcome) -> Mapping[str, object]:
    error = {
        "statusCode": outcome.code,
        "message": outcome.message,
        "fields": list(outcome.fields),
        "extendedErrorDetails": None,
    }
    return {
        "success": outcome.success,
        "created": outcome.created,
        "id": outcome.record_id or None,
        "errors": [] if outcome.success else [error],
    }


def _csv_outcome(outcome: Outcome) -> list[str]:
    return [
        outcome.record_id or "",
        str(outcome.success).lower(),
        str(outcome.created).lower(),
        "" if outcome.success else error_text(outcome),
    ]

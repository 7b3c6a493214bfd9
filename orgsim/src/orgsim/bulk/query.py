"""Bulk API 2.0 query: jobs that answer one SOQL statement as a table.

The answer is taken when the job is created; time decides when it can be fetched.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.api.sobjects import json_object
from orgsim.bulk.answers import (
    check_version_of,
    choice,
    csv_answer,
    dialect,
    full_info,
    job_list,
    locator_of,
    offset_of,
    short_info,
    wanted_state,
)
from orgsim.bulk.dialect import write
from orgsim.bulk.jobs import ENDED, Job, Jobs, Kind, State, wrong_state
from orgsim.bulk.selecting import check_query, select
from orgsim.errors import ApiError, not_found
from orgsim.store import Store

__all__ = ["QueryJobs"]

_DEFAULT_PAGE = 50_000


class QueryJobs:
    """`/jobs/query` and what lies below it."""

    def __init__(self, store: Store, jobs: Jobs) -> None:
        """Work on one org's jobs."""
        self._store = store
        self._jobs = jobs

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer one call; raises ApiError for what a job's state or version does not allow."""
        match call.method, call.segments[2:]:
            case "POST", ():
                return self._create(call)
            case "GET", ():
                return job_list(call, self._jobs, self._jobs.listed((Kind.QUERY,), call.user_id))
            case _, (record_id, *rest):
                job = self._jobs.visible(Kind.QUERY, record_id, call.user_id)
                check_version_of(call, job)
                return self._job(call, job, rest)
        raise _not_allowed(call.method, "GET,POST")

    def _job(self, call: ApiCall, job: Job, rest: Sequence[str]) -> ApiAnswer:
        match call.method, list(rest):
            case "GET", []:
                return ApiAnswer(body=full_info(job, self._jobs.shown_state(job)))
            case "GET", ["results"]:
                return self._results(call, job)
            case "PATCH", []:
                state = wanted_state(call, State.ABORTED)
                if job.state in ENDED:
                    raise wrong_state("Aborting already closed/failed/aborted Job not allowed")
                job = self._jobs.save(replace(job, state=state))
                return ApiAnswer(body=short_info(job, state))
            case "DELETE", []:
                if job.state not in ENDED:
                    raise wrong_state(f"Job {job.id} is not done; abort it before deleting it")
                self._jobs.remove(job)
                return ApiAnswer(status=204)
            case _, []:
                raise _not_allowed(call.method, "DELETE,GET,PATCH")
        raise not_found()

    def _create(self, call: ApiCall) -> ApiAnswer:
        body = json_object(call.body)
        operation = choice(body, "operation", ("query", "queryAll"), "")
        line_ending, delimiter = dialect(body)
        selected = select(
            self._store,
            check_query(self._store, _statement(body)),
            call.user_id,
            all_rows=operation == "queryAll",
            version=call.version,
        )
        present = self._store.now_stamp()
        job = Job(
            id=self._jobs.next_id(Kind.QUERY),
            kind=Kind.QUERY,
            object=selected.sobject,
            operation=operation,
            user_id=call.user_id,
            version=call.version,
            created=present,
            modified=present,
            line_ending=line_ending,
            delimiter=delimiter,
            processed=len(selected.rows),
        )
        self._jobs.add(job, json.dumps([selected.header, *selected.rows]).encode())
        job = self._jobs.handed_over(job)
        info = short_info(job, State.UPLOAD_COMPLETE)
        return ApiAnswer(body=info | {"lineEnding": line_ending, "columnDelimiter": delimiter})

    def _results(self, call: ApiCall, job: Job) -> ApiAnswer:
        if job.state is not State.JOB_COMPLETE:
            raise wrong_state(
                f"Job {job.id} is {self._jobs.shown_state(job)}; it has results when it is complete"
            )
        header, *rows = json.loads(self._jobs.content(job))
        start = offset_of(call.params.get("locator"))
        end = start + _page_size(call.params)
        page = rows[start:end]
        headers = {
            "Sforce-Locator": locator_of(end) if end < len(rows) else "null",
            "Sforce-NumberOfRecords": str(len(page)),
        }
        return csv_answer(write([header, *page], job.delimiter, job.line_ending), headers)


def _statement(body: Mapping[str, object]) -> str:
    text = body.get("query")
    if not isinstance(text, str) or not text.strip():
        raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
    return text


def _page_size(params: Mapping[str, str]) -> int:
    text = params.get("maxRecords")
    if text is None:
        return _DEFAULT_PAGE
    if not (text.isascii() and text.isdigit()) or int(text) == 0:
        raise ApiError(400, "INVALID_FIELD", f"maxRecords has to be a whole number, not {text}")
    return int(text)


def _not_allowed(method: str, allowed: str) -> ApiError:
    return ApiError(
        405, "METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {allowed}"
    )

"""Bulk API 2.0 query: jobs that answer one SOQL statement as a table.

The answer is taken when the job is created; time decides when it can be fetched.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.api.sobjects import json_object
from orgsim.bulk.answers import (
    choice,
    csv_answer,
    dialect,
    locator_of,
    offset_of,
    short_info,
)
from orgsim.bulk.dialect import write
from orgsim.bulk.job_resources import JobResources
from orgsim.bulk.jobs import Job, Kind, State, wrong_state
from orgsim.bulk.selecting import check_query, select
from orgsim.errors import ApiError

__all__ = ["QueryJobs"]

_DEFAULT_PAGE = 50_000


class QueryJobs(JobResources):
    """`/jobs/query`."""

    kind = Kind.QUERY
    listed = (Kind.QUERY,)

    def _below(self, call: ApiCall, job: Job, rest: Sequence[str]) -> ApiAnswer | None:
        match call.method, list(rest):
            case "GET", ["results"]:
                return self._results(call, job)
        return None

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
        job = replace(
            self._jobs.begun(Kind.QUERY, selected.sobject, operation, call.user_id, call.version),
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

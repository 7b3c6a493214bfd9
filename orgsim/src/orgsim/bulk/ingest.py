"""Bulk API 2.0 ingest: jobs that write the rows of an uploaded table."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.api.sobjects import json_object
from orgsim.bulk.answers import (
    choice,
    content_url,
    csv_answer,
    dialect,
    short_info,
)
from orgsim.bulk.dialect import Table, TableError, read_table, write
from orgsim.bulk.job_resources import JobResources
from orgsim.bulk.jobs import ENDED, Job, Kind, Outcome, State, wrong_state
from orgsim.bulk.rows import OPERATIONS, error_text
from orgsim.errors import ApiError, not_supported
from orgsim.schema import SObject
from orgsim.store import Store

__all__ = ["IngestResources", "target_of"]

_RESULTS = frozenset({"successfulresults", "failedresults", "unprocessedrecords"})


class IngestResources(JobResources):
    """`/jobs/ingest`: its list shows the jobs of Bulk API 1.0 as well."""

    kind = Kind.INGEST
    listed = (Kind.INGEST, Kind.CLASSIC)
    settable = (State.UPLOAD_COMPLETE, State.ABORTED)

    def _below(self, call: ApiCall, job: Job, rest: Sequence[str]) -> ApiAnswer | None:
        match call.method, [part.lower() for part in rest]:
            case "PUT", ["batches"]:
                return self._upload(call, job)
            case "GET", [which] if which in _RESULTS:
                return self._results(job, which)
        return None

    def _create(self, call: ApiCall) -> ApiAnswer:
        if call.headers.get("content-type", "").startswith("multipart/"):
            raise not_supported("Creating a bulk job together with its data")
        body = json_object(call.body)
        line_ending, delimiter = dialect(body)
        sobject, operation, key = target_of(self._store, body)
        job = replace(
            self._jobs.begun(Kind.INGEST, sobject.name, operation, call.user_id, call.version),
            line_ending=line_ending,
            delimiter=delimiter,
            external_id_field=key,
        )
        self._jobs.add(job)
        info = short_info(job, job.state) | {
            "contentUrl": content_url(job),
            "lineEnding": line_ending,
            "columnDelimiter": delimiter,
        }
        if key is not None:
            info["externalIdFieldName"] = key
        return ApiAnswer(body=info)

    def _upload(self, call: ApiCall, job: Job) -> ApiAnswer:
        if job.state is not State.OPEN:
            raise wrong_state(f"Job {job.id} is {job.state}; data goes to an open job only")
        if job.uploaded:
            raise wrong_state(
                f"Job {job.id} has its data already; one PUT per job, more data needs another job"
            )
        if call.body is not None and not isinstance(call.body, bytes):
            raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", "The data of a job is sent as text/csv")
        if call.body is None:
            raise ApiError(
                400,
                "CLIENTINPUTERROR",
                "ClientInputError : Unable to find any data to create batch",
            )
        self._jobs.keep_content(job, call.body)
        self._jobs.save(replace(job, uploaded=True))
        return ApiAnswer(status=201)

    def _results(self, job: Job, which: str) -> ApiAnswer:
        if job.state not in ENDED:
            raise wrong_state(
                f"Job {job.id} is {self._jobs.shown_state(job)}; it has results when it is"
                " complete, failed or aborted"
            )
        try:
            content = self._jobs.content(job)
            table = read_table(content, job.delimiter, job.line_ending)
        except TableError:
            # What cannot be read comes back as it was sent.
            return csv_answer(content if which == "unprocessedrecords" else b"")
        rows = _result_rows(which, table, self._jobs.outcomes(job))
        head, body = rows[0], rows[1:]
        # Salesforce promises no order; a client that relies on one is caught out.
        random.Random(job.id).shuffle(body)  # noqa: S311 # no secret
        return csv_answer(write([head, *body], job.delimiter, job.line_ending))


def target_of(store: Store, body: Mapping[str, object]) -> tuple[SObject, str, str | None]:
    """Return the object, the operation and the external id field that a new job names.

    Raises ApiError INVALIDJOB or INVALIDENTITY, or 501 for what this org leaves out.
    """
    if body.get("operation") == "hardDelete":
        raise not_supported("The bulk operation hardDelete")
    if body.get("assignmentRuleId"):
        raise not_supported("A bulk job with an assignment rule")
    operation = choice(body, "operation", sorted(OPERATIONS), "")
    sobject = _sobject(store, str(body.get("object", "")))
    key = body.get("externalIdFieldName")
    if operation != "upsert":
        return sobject, operation, None
    if not key:
        sentence = f"External ID was blank for {sobject.name}. An External ID must be specified"
        raise ApiError(400, "INVALIDJOB", f"InvalidJob : {sentence} for upsert.")
    field = sobject.field(key) if isinstance(key, str) else None
    if field is None or not (field.external_id or field.name == "Id"):
        raise ApiError(
            400,
            "INVALIDJOB",
            f"InvalidJob : Invalid external id field '{key}' for an upsert of {sobject.name}",
        )
    return sobject, operation, field.name


def _sobject(store: Store, name: str) -> SObject:
    sobject = store.schema.sobject(name)
    if sobject is None:
        raise ApiError(
            400, "INVALIDENTITY", f"InvalidEntity : Unable to find object: {name or '(none)'}"
        )
    return sobject


def _result_rows(which: str, table: Table, outcomes: Mapping[int, Outcome]) -> list[list[str]]:
    numbered = list(enumerate(table.rows))
    match which:
        case "successfulresults":
            return [["sf__Id", "sf__Created", *table.header]] + [
                [outcomes[n].record_id or "", str(outcomes[n].created).lower(), *row]
                for n, row in numbered
                if n in outcomes and outcomes[n].success
            ]
        case "failedresults":
            return [["sf__Id", "sf__Error", *table.header]] + [
                [outcomes[n].record_id or "", error_text(outcomes[n]), *row]
                for n, row in numbered
                if n in outcomes and not outcomes[n].success
            ]
        case _:
            return [[*table.header]] + [[*row] for n, row in numbered if n not in outcomes]

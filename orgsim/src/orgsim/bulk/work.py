"""Does the work of the jobs that are due, two hundred rows at a time."""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from orgsim.bulk.dialect import TableError, read_table
from orgsim.bulk.jobs import QUERIES, Job, Jobs, State
from orgsim.bulk.rows import RowWriter, cells_as_record, check_columns
from orgsim.errors import ApiError
from orgsim.records import Records
from orgsim.row_locks import RowHeldError, Turn, Waits
from orgsim.rules import WriteOptions
from orgsim.schema import SObject
from orgsim.store import Store

__all__ = ["JobWork"]

# Salesforce's own size; every chunk is committed by itself.
_CHUNK = 200
# No request is held for much longer than this; the next one goes on where it stopped.
_BUDGET_S = 1.0

type Rows = Sequence[dict[str, object]]


class JobWork:
    """Runs before each request, so that time alone decides what a client finds done."""

    def __init__(self, store: Store, records: Records, jobs: Jobs) -> None:
        """Work on one org's jobs."""
        self._store = store
        self._records = records
        self._jobs = jobs
        self._running = threading.Lock()
        self._waits = Waits()
        # A hint that spares requests a look into the database; jobs may wait from before.
        self._may_wait = True

    def expect(self) -> None:
        """Note, inside its transaction, that a job has been handed over."""
        self._may_wait = True

    def run_due(self) -> None:
        """Work on the jobs that are due for a second at most; another thread is not waited for.

        Has to be called outside of any transaction.
        """
        if not self._may_wait or not self._running.acquire(blocking=False):
            return
        try:
            until = time.monotonic() + _BUDGET_S
            for job in self._due():
                self._run(job, until)
                if time.monotonic() >= until:
                    return
        finally:
            self._running.release()

    def _due(self) -> list[Job]:
        with self._store.transaction():
            waiting = self._jobs.waiting()
            self._may_wait = bool(waiting)
        present = self._store.now().timestamp()
        due = [job for job in waiting if job.due is not None and job.due <= present]
        # Queries have their answer already; they do not wait behind a long upload.
        return sorted(due, key=lambda job: job.operation not in QUERIES)

    def _run(self, job: Job, until: float) -> None:
        if job.operation in QUERIES:
            self._end(job, State.JOB_COMPLETE)
            return
        sobject = self._store.schema.sobject(job.object)
        try:
            rows = self._rows(job, sobject)
        except TableError as error:
            self._end(job, State.FAILED, str(error))
            return
        if sobject is None:
            self._end(job, State.FAILED, f"InvalidEntity : Unable to find object: {job.object}")
            return
        for first in range(job.processed, len(rows), _CHUNK):
            try:
                stopped = not self._chunk(job, sobject, rows[first : first + _CHUNK], first)
            except RowHeldError:
                return
            if stopped or (time.monotonic() >= until and first + _CHUNK < len(rows)):
                return
        self._end(job, State.JOB_COMPLETE)

    def _rows(self, job: Job, sobject: SObject | None) -> Rows:
        content = self._jobs.content(job)
        if job.content_type == "JSON":
            rows: Rows = json.loads(content)
            header = {name: None for row in rows for name in row if name != "attributes"}
            _check(sobject, job, tuple(header))
            return rows
        table = read_table(content, job.delimiter, job.line_ending)
        if table.header:
            _check(sobject, job, table.header)
        return [cells_as_record(table.header, cells) for cells in table.rows]

    def _chunk(self, job: Job, sobject: SObject, rows: Rows, first: int) -> bool:
        """Write some rows and commit them; return False if the job was stopped meanwhile.

        Raises RowHeldError while it may wait for a record that a request has locked.
        """
        options = WriteOptions(
            user_id=job.user_id, version=job.version, auto_assign=False, locked=job.locked
        )
        writer = RowWriter(self._store, self._records, sobject, options, job.external_id_field)
        patient = not self._waits.is_over(job.id, self._store.settings.lock_wait_s)
        turn = Turn(owner=job.id, patience=patient)
        with self._store.transaction(), self._records.locks.taking(turn):
            current = self._waiting(job)
            if current is None:
                return False
            outcomes = writer.write_all(job.operation, rows)
            self._jobs.keep_outcomes(job, first, outcomes)
            failed = sum(not outcome.success for outcome in outcomes)
            self._jobs.save(
                replace(
                    current,
                    processed=current.processed + len(rows),
                    failed=current.failed + failed,
                )
            )
        self._waits.end(job.id)
        return True

    def _end(self, job: Job, state: State, error: str | None = None) -> None:
        with self._store.transaction():
            current = self._waiting(job)
            if current is not None:
                self._jobs.save(replace(current, state=state, error=error))

    def _waiting(self, job: Job) -> Job | None:
        current = self._jobs.find(job.kind, job.id)
        return current if current is not None and current.state is job.state else None


def _check(sobject: SObject | None, job: Job, header: Sequence[str]) -> None:
    """Raise TableError if a job with these columns fails as a whole."""
    if sobject is None:
        raise TableError(f"InvalidEntity : Unable to find object: {job.object}")
    try:
        problem = check_columns(sobject, job.operation, header, job.external_id_field)
    except ApiError as error:
        problem = error.message
    if problem is not None:
        raise TableError(problem)

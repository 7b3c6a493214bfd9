"""The bulk jobs of an org: what each is told to do, how far it is, what came of every row."""

import json
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from orgsim.errors import ApiError, not_found
from orgsim.ids import make_id, number_of, to_id18
from orgsim.sharing import sees_everything
from orgsim.store import Store
from orgsim.times import parse_moment

__all__ = ["QUERIES", "Job", "Jobs", "Kind", "Outcome", "State", "wrong_state"]

_LIFE = timedelta(days=7)
_OPEN_LIFE = timedelta(hours=24)
_TABLES = (
    (
        "CREATE TABLE IF NOT EXISTS x_bulk_job (id TEXT PRIMARY KEY, kind TEXT, parent TEXT,"
        " state TEXT, job TEXT, content BLOB)"
    ),
    (
        "CREATE TABLE IF NOT EXISTS x_bulk_row (job TEXT, row INTEGER, outcome TEXT,"
        " PRIMARY KEY (job, row)) WITHOUT ROWID"
    ),
)
# The operations that read.
QUERIES = frozenset({"query", "queryAll"})
_PREFIXES = {"ingest": "750", "query": "750", "classic": "750", "batch": "751"}


class Kind(StrEnum):
    """The sorts of jobs; a batch belongs to a classic job."""

    INGEST = "ingest"
    QUERY = "query"
    CLASSIC = "classic"
    BATCH = "batch"


class State(StrEnum):
    """The states of Bulk API 2.0; a classic job is Open, Closed or Aborted."""

    OPEN = "Open"
    UPLOAD_COMPLETE = "UploadComplete"
    IN_PROGRESS = "InProgress"
    JOB_COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"
    CLOSED = "Closed"


ENDED = frozenset({State.JOB_COMPLETE, State.FAILED, State.ABORTED})
"""The states in which a job of Bulk API 2.0 stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one row: its record, or the refusal as code, sentence and fields."""

    record_id: str | None = None
    created: bool = False
    code: str = ""
    message: str = ""
    fields: tuple[str, ...] = ()

    @property
    def success(self) -> bool:
        """True where the row was written."""
        return not self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job or batch; times are stored stamps, `waits_from` and `due` seconds since the epoch.

    `waits_from` is when the job was handed over for work, `due` when the work is done; both are
    None before. `locked` names the object whose rows a fault locks for this job.
    """

    id: str
    kind: Kind
    object: str
    operation: str
    user_id: str
    version: str
    created: str
    modified: str
    state: State = State.OPEN
    parent: str | None = None
    line_ending: str = "LF"
    delimiter: str = "COMMA"
    content_type: str = "CSV"
    concurrency: str = "Parallel"
    external_id_field: str | None = None
    uploaded: bool = False
    waits_from: float | None = None
    due: float | None = None
    processed: int = 0
    failed: int = 0
    error: str | None = None
    locked: str | None = None

    @property
    def records_done(self) -> int:
        """How many records an answer counts; a query's are all counted when it is complete."""
        waiting = self.operation in QUERIES and self.state is not State.JOB_COMPLETE
        return 0 if waiting else self.processed


class Jobs:
    """Keeps jobs in the org's database, so that what is undone with a request is undone here."""

    def __init__(self, store: Store) -> None:
        """Take up the jobs that the store's database holds."""
        self._store = store
        self._lock = threading.Lock()
        self._newest: dict[str, int] = {}
        self.create_tables()

    def create_tables(self) -> None:
        """Create the tables where they are missing, as after a reset."""
        with self._store.transaction():
            for statement in _TABLES:
                self._store.conn.execute(statement)
            found = self._store.conn.execute("SELECT max(id) FROM x_bulk_job GROUP BY kind")
            for (newest,) in found.fetchall():
                prefix = newest[:3]
                number = number_of(newest, len(prefix + self._store.instance))
                self._newest[prefix] = max(number, self._newest.get(prefix, 0))

    def next_id(self, kind: Kind) -> str:
        """Return an id that no job of this process or database ever had."""
        prefix = _PREFIXES[kind]
        with self._lock:
            self._newest[prefix] = self._newest.get(prefix, 0) + 1
            return make_id(prefix, self._store.instance, self._newest[prefix])

    def begun(self, kind: Kind, sobject: str, operation: str, user_id: str, version: str) -> Job:
        """Return a new job of a user, which `add` stores."""
        present = self._store.now_stamp()
        return Job(
            id=self.next_id(kind),
            kind=kind,
            object=sobject,
            operation=operation,
            user_id=user_id,
            version=version,
            created=present,
            modified=present,
        )

    def add(self, job: Job, content: bytes = b"") -> None:
        """Store a new job; those past their seven days make room."""
        with self._store.transaction():
            for old in self._load("kind <> 'batch'", ()):
                if self._age(old) > _LIFE:
                    self.remove(old)
            self._store.conn.execute(
                "INSERT INTO x_bulk_job VALUES (?, ?, ?, ?, ?, ?)",
                (job.id, job.kind, job.parent, job.state, json.dumps(asdict(job)), content),
            )

    def save(self, job: Job) -> Job:
        """Store a job's new state and return it with a new stamp."""
        job = replace(job, modified=self._store.now_stamp())
        with self._store.transaction():
            self._store.conn.execute(
                "UPDATE x_bulk_job SET state = ?, job = ? WHERE id = ?",
                (job.state, json.dumps(asdict(job)), job.id),
            )
        return job

    def remove(self, job: Job) -> None:
        """Forget a job with its batches, its data and its results."""
        with self._store.transaction():
            for batch in self.batches(job):
                self.remove(batch)
            for table, column in (("x_bulk_row", "job"), ("x_bulk_job", "id")):
                self._store.conn.execute(f"DELETE FROM {table} WHERE {column} = ?", (job.id,))  # noqa: S608 # own names

    def find(self, kind: Kind, record_id: str) -> Job | None:
        """Return the job of that kind and id, in either length, or None."""
        found = self._load("kind = ? AND id = ?", (kind, to_id18(record_id) or ""))
        if not found or self._age(found[0]) > _LIFE:
            return None
        return self._expired(found[0])

    def visible(self, kind: Kind, record_id: str, user_id: str) -> Job:
        """Return a job that a user may see; raises ApiError 404 for any other."""
        job = self.find(kind, record_id)
        if job is None or not self._may_see(job, user_id):
            raise not_found()
        return job

    def listed(self, kinds: Sequence[Kind], user_id: str) -> list[Job]:
        """Return the jobs of these kinds that a user may see, oldest first."""
        marks = ", ".join("?" * len(kinds))
        found = self._load(f"kind IN ({marks})", tuple(kinds))
        return [
            self._expired(job)
            for job in found
            if self._age(job) <= _LIFE and self._may_see(job, user_id)
        ]

    def batches(self, job: Job) -> list[Job]:
        """Return the batches of a classic job, oldest first."""
        return self._load("kind = 'batch' AND parent = ?", (job.id,))

    def waiting(self) -> list[Job]:
        """Return the jobs and batches that were handed over and are not done, oldest first."""
        return self._load("state = ?", (State.UPLOAD_COMPLETE,))

    def content(self, job: Job) -> bytes:
        """Return what was uploaded to a job, or the result of a query job."""
        with self._store.transaction():
            found = self._store.conn.execute(
                "SELECT content FROM x_bulk_job WHERE id = ?", (job.id,)
            ).fetchone()
        return b"" if found is None else bytes(found[0])

    def keep_content(self, job: Job, content: bytes) -> None:
        """Store what was uploaded to a job."""
        with self._store.transaction():
            self._store.conn.execute(
                "UPDATE x_bulk_job SET content = ? WHERE id = ?", (content, job.id)
            )

    def outcomes(self, job: Job) -> dict[int, Outcome]:
        """Return what came of the rows done so far, by the row's number from 0."""
        with self._store.transaction():
            found = self._store.conn.execute(
                "SELECT row, outcome FROM x_bulk_row WHERE job = ? ORDER BY row", (job.id,)
            ).fetchall()
        return {row: _outcome(text) for row, text in found}

    def keep_outcomes(self, job: Job, first: int, outcomes: Iterable[Outcome]) -> None:
        """Store what came of rows; `first` is the number of the first of them."""
        rows = [(job.id, n, json.dumps(asdict(o))) for n, o in enumerate(outcomes, first)]
        with self._store.transaction():
            self._store.conn.executemany("INSERT INTO x_bulk_row VALUES (?, ?, ?)", rows)

    def handed_over(self, job: Job, locked: str | None = None) -> Job:
        """Store that a job's data is complete; the org's delay decides when it is done."""
        present = self._store.now().timestamp()
        due = present + self._store.settings.bulk_delay_s
        return self.save(
            replace(job, state=State.UPLOAD_COMPLETE, waits_from=present, due=due, locked=locked)
        )

    def shown_state(self, job: Job) -> State:
        """Return the state that an answer names: half of the delay is waiting, half is work."""
        if job.state is not State.UPLOAD_COMPLETE or job.due is None or job.waits_from is None:
            return job.state
        halfway = (job.waits_from + job.due) / 2
        working = job.records_done or self._store.now().timestamp() >= halfway
        return State.IN_PROGRESS if working else State.UPLOAD_COMPLETE

    def _load(self, condition: str, bound: tuple[str, ...]) -> list[Job]:
        sql = f"SELECT job FROM x_bulk_job WHERE {condition} ORDER BY id"  # noqa: S608 # own conditions
        with self._store.transaction():
            return [_job(row[0]) for row in self._store.conn.execute(sql, bound).fetchall()]

    def _may_see(self, job: Job, user_id: str) -> bool:
        return job.user_id == user_id or sees_everything(self._store, user_id)

    def _age(self, job: Job) -> timedelta:
        present: datetime = self._store.now()
        return present - parse_moment(job.created)

    def _expired(self, job: Job) -> Job:
        """Return the job, failed if nobody closed it within a day."""
        if job.kind is not Kind.INGEST or job.state is not State.OPEN:
            return job
        if self._age(job) <= _OPEN_LIFE:
            return job
        return replace(job, state=State.FAILED, error="The job was open for more than 24 hours")


def wrong_state(message: str) -> ApiError:
    """Return the refusal of something that a job's state does not allow."""
    return ApiError(400, "INVALIDJOBSTATE", message)


def _job(text: str) -> Job:
    values = json.loads(text)
    return Job(**{**values, "kind": Kind(values["kind"]), "state": State(values["state"])})


def _outcome(text: str) -> Outcome:
    values = json.loads(text)
    return Outcome(**{**values, "fields": tuple(values["fields"])})

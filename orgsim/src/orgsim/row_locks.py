"""The records that requests under way have locked, and what happens to others that write them."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from orgsim.errors import ApiError
from orgsim.schema import SObject
from orgsim.trigger_store import Row

__all__ = ["RowHeldError", "RowLocks", "Turn", "Waits", "locked_by", "unable_to_lock"]

# What a write of each object locks besides the record itself.
_PARENTS = {
    "Case": ("AccountId", "ContactId"),
    "CaseComment": ("ParentId",),
    "Contact": ("AccountId",),
    "Event": ("AccountId", "WhoId", "WhatId"),
    "Opportunity": ("AccountId",),
    "OpportunityContactRole": ("OpportunityId",),
    "Task": ("AccountId", "WhoId", "WhatId"),
}


class RowHeldError(Exception):
    """A record that another request has locked; the write is to be tried again later."""


@dataclass(slots=True, kw_only=True)
class Turn:
    """One attempt of a request: `owner` stands for the request, `touched` is what it locks.

    A `rehearsal` only finds out what that is. Without `patience` a locked record is a refusal.
    """

    owner: object
    rehearsal: bool = False
    patience: bool = False
    touched: set[str] = field(default_factory=set)


class RowLocks:
    """The locks of one org; a request that is held keeps its own until it has ended."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._held: dict[str, object] = {}
        self._turn: Turn | None = None

    @property
    def watching(self) -> bool:
        """True while writes have to tell what they lock; it costs nothing otherwise."""
        turn = self._turn
        return turn is not None and (turn.rehearsal or bool(self._held))

    @contextmanager
    def taking(self, turn: Turn) -> Iterator[None]:
        """Let the writes of the body count as that request's; the body is in a transaction."""
        before, self._turn = self._turn, turn
        try:
            yield
        finally:
            self._turn = before

    def touch(self, ids: Sequence[str]) -> None:
        """Lock records for the turn; raises RowHeldError or ApiError if another request has one.

        Called inside a turn, which is inside the org's transaction: one at a time gets here.
        """
        turn = self._turn
        assert turn is not None, "records are written in somebody's turn"
        turn.touched.update(ids)
        if turn.rehearsal:
            return
        with self._lock:
            taken = [i for i in ids if self._held.get(i, turn.owner) is not turn.owner]
        if taken and turn.patience:
            raise RowHeldError(taken[0])
        if taken:
            raise unable_to_lock(taken[0])

    def hold(self, turn: Turn) -> None:
        """Keep what a turn has touched; what another request has already stays that one's."""
        with self._lock:
            for record_id in turn.touched:
                self._held.setdefault(record_id, turn.owner)

    def release(self, owner: object) -> None:
        """Let go of every record of a request."""
        with self._lock:
            self._held = {i: other for i, other in self._held.items() if other is not owner}

    def is_held(self, record_id: str) -> bool:
        """Return whether a request has locked the record."""
        return record_id in self._held


class Waits:
    """How long each bulk job has been waiting for a record."""

    def __init__(self) -> None:
        """Begin with none."""
        self._since_s: dict[str, float] = {}

    def is_over(self, job_id: str, most_s: float) -> bool:
        """Note that a job waits and return whether it has done so for long enough."""
        since_s = self._since_s.setdefault(job_id, time.monotonic())
        return time.monotonic() - since_s >= most_s

    def end(self, job_id: str) -> None:
        """Forget the waiting of a job."""
        self._since_s.pop(job_id, None)


def locked_by(sobject: SObject, row: Row, before: Row | None) -> list[str]:
    """Return the ids that a write locks: the record, and the parents it has or had.

    Inserting a task locks its parents only if the task is open and has a date.
    Sources: "Managing Task Locks" and "Managing Lookup Skew" of Salesforce's engineers.
    """
    ids = [] if before is None else [str(before["Id"])]
    if sobject.name == "Task" and before is None and (row["IsClosed"] or not row["ActivityDate"]):
        return ids
    values = (r[name] for r in (row, before or row) for name in _PARENTS.get(sobject.name, ()))
    return [*ids, *(value for value in values if isinstance(value, str))]


def unable_to_lock(record_id: str) -> ApiError:
    """Return the refusal of a write for which a record could not be locked in time."""
    return ApiError(
        400,
        "UNABLE_TO_LOCK_ROW",
        f"unable to obtain exclusive access to this record or 1 records: {record_id}",
        (),
    )

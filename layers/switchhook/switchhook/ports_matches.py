"""What pins and moved Tasks need from the world: `ports` says the rest.

Every method makes at most one remote effect and never repeats it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import Grant
from switchhook.domain.decision import Candidate
from switchhook.domain.pins import Pin
from switchhook.domain.repoint import Hangs, Repoint
from switchhook.domain.tenancy import Page


class Pins(Protocol):
    """The matches that people chose; every change also drops the party's cached match."""

    def read(self, tenant: str, party: str) -> Pin | None:
        """The pin of one party, strongly consistent."""
        ...

    def page(self, tenant: str, *, limit: int, cursor: str | None) -> Page[Pin]:
        """The tenant's pins in a fixed order; raises `Rejected` for a cursor that is none of ours."""
        ...

    def put(self, tenant: str, pin: Pin) -> None:
        """Store a person's choice in the place of any before it."""
        ...

    def change(self, tenant: str, seen: Pin, new: Pin | None) -> bool:
        """Replace a pin, or remove it (None), if it is still as seen; False when it is not."""
        ...


class RecordFacts(Protocol):
    """Reads what a decision needs to know of records that somebody named."""

    def facts(
        self, grant: Grant, records: Sequence[RecordRef]
    ) -> Mapping[RecordRef, Candidate | None]:
        """Each record as it stands; None when it is not there or hidden; one request for all.

        A lead that was converted is given as the contact it became.

        Raises:
            SessionExpired, BudgetSpent, Permanent, Retryable.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskMove:
    """A Task to be hung elsewhere, unless it was modified after a time."""

    task_id: str
    hangs: Hangs
    unmodified_since: datetime


class TaskMover(Protocol):
    """Hangs Tasks on other records."""

    def move(self, grant: Grant, moves: Sequence[TaskMove]) -> Mapping[str, str | None]:
        """Move each Task by itself, at most 25 in one request; says by Task id why one was not moved.

        None says that it was. Doing it twice leaves each Task where doing it once does.

        Raises:
            OutcomeUnknown: no clean answer; each may have been moved.
            NotDelivered, SessionExpired, BudgetSpent, Permanent, Retryable: nothing happened.
        """
        ...


class Repoints(Protocol):
    """Keeps which Tasks were moved, and from where."""

    def read(self, tenant: str, undo_id: str) -> Repoint | None:
        """One move of Tasks, strongly consistent, as long as it is kept."""
        ...

    def commit(self, repoint: Repoint) -> None:
        """Store a new version; the first one must find nothing of that id.

        Raises:
            Conflict: somebody else has changed it.
        """
        ...

"""What use cases need of a tenant's org beside searching and creating: records, files, moved Tasks.

Every method makes at most one remote effect and never repeats it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import ApiUsage, Grant
from switchhook.domain.crm import CasePage, FoundCase
from switchhook.domain.decision import Candidate, OpenRelated
from switchhook.domain.matching.pins import Pin
from switchhook.domain.settings.schema import AttachTo
from switchhook.domain.tenants import Page
from switchhook.domain.writing.repoint import Hangs, Repoint


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedAnswer:
    """The open Cases or Opportunities of some contacts."""

    related: tuple[OpenRelated, ...]
    usage: ApiUsage | None = None


class RelatedRecords(Protocol):
    """Finds what of a contact a call can also be logged on (AC-11, AC-15)."""

    def open_related(
        self, grant: Grant, attach_to: AttachTo, contact_ids: Sequence[str]
    ) -> RelatedAnswer:
        """Open Cases, or open Opportunities by contact role; a SOQL query, never the index.

        Raises:
            SessionExpired, BudgetSpent, Permanent, Retryable.
        """
        ...


class Successors(Protocol):
    """Tells what became of records that Salesforce refuses."""

    def successors(
        self, grant: Grant, records: Sequence[RecordRef]
    ) -> Mapping[RecordRef, RecordRef | None]:
        """Each record's living self, None when it is deleted or gone; one request for all.

        That is the record itself, the one it was merged into, or the contact that a lead became.

        Raises:
            SessionExpired, BudgetSpent, Permanent, Retryable.
        """
        ...


class MarkedCases(Protocol):
    """Finds Cases by the key they bear; SOQL queries, never the index."""

    def with_keys(self, grant: Grant, keys: Sequence[str]) -> tuple[FoundCase, ...]:
        """Cases that have one of the keys in the unique field, where the org has it (SH-7).

        Raises:
            Permanent: code `INVALID_FIELD` when the field is gone.
            SessionExpired, BudgetSpent, Retryable.
        """
        ...

    def created_between(
        self,
        grant: Grant,
        keys: Sequence[str],
        since: datetime,
        until: datetime,
        *,
        page: str | None = None,
    ) -> CasePage:
        """Cases of that time, made by the connected user, whose text ends with one of the keys.

        One page; a Description cannot be filtered by, so the keys are compared here.

        Raises:
            SessionExpired, BudgetSpent, Permanent, Retryable.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTask:
    """A Task or Case as it now stands in the org; `fields` as asked for, null ones included."""

    id: str
    modified_at: datetime
    fields: Mapping[str, str | float | None]


class TaskUpdates(Protocol):
    """Brings late facts into Tasks and Cases that exist (SH-5)."""

    def read(
        self, grant: Grant, object_type: str, ids: Sequence[str], fields: Sequence[str]
    ) -> tuple[StoredTask, ...]:
        """The records that are still there; deleted ones are left out."""
        ...

    def update(
        self,
        grant: Grant,
        record: RecordRef,
        fields: Mapping[str, str | int],
        *,
        unmodified_since: datetime,
    ) -> bool:
        """Change fields of one record; False when somebody changed it meanwhile (412).

        Raises:
            OutcomeUnknown: no clean answer; it may have landed.
            NotDelivered, SessionExpired, BudgetSpent, Permanent, Retryable: nothing happened.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedFile:
    """A file as its server gave it; `content_type` is what the server says it is."""

    content: bytes
    content_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The server says that the file lies elsewhere; nobody has looked whether one may go there."""

    url: str


class FileFetcher(Protocol):
    """Fetches files from addresses that strangers wrote, and from nowhere but the public internet."""

    def fetch(self, url: str, *, most_bytes: int, within_s: float) -> FetchedFile | Moved:
        """The file, or where it has moved; the whole exchange takes no longer than `within_s`.

        Raises:
            Permanent: it cannot be had; the message says why in words for the record, without the address.
            Retryable: it may be had later; the message says why not now.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file to store: `path` is its key in the org, `title` what people see."""

    path: str
    title: str
    content: bytes


class FileStore(Protocol):
    """Keeps files on records of the tenant's org."""

    def find(self, grant: Grant, record_id: str, paths: Sequence[str]) -> Mapping[str, str]:
        """The version id of each of these files that the record has, by path; one query.

        Raises:
            SessionExpired, BudgetSpent, Permanent, Retryable.
        """
        ...

    def upload(self, grant: Grant, record_id: str, file: NewFile) -> str:
        """Store a file on a record; its version id. Whether it is there already is not looked at.

        Raises:
            OutcomeUnknown: no clean answer; it may have landed.
            NotDelivered: nothing left this side.
            SessionExpired, BudgetSpent, Retryable, Permanent: a clean refusal; nothing happened.
        """
        ...


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

"""What use cases need of a tenant's org: its index, its records, what it consists of, its files.

Who decides gets what reads; only who carries a decision out gets `OrgWriter`. Every method makes at most
one remote effect and never repeats it (docs/adr/0009).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import ApiUsage, Grant
from switchhook.domain.crm import (
    CasePage,
    FoundCase,
    FoundTask,
    NewRecord,
    OrgRules,
    SearchAnswer,
    WriteAnswer,
)
from switchhook.domain.decision import Candidate, OpenRelated, OrgFacts
from switchhook.domain.facts.fields import FieldFacts
from switchhook.domain.facts.people import Party
from switchhook.domain.matching.pins import Pin
from switchhook.domain.settings.schema import AttachTo, MatchingSettings
from switchhook.domain.tenants import Page
from switchhook.domain.writing.repoint import Hangs, Repoint


class CandidateSearch(Protocol):
    """Finds who may be behind a number, or an e-mail, in the org's index; it may lag behind the records."""

    def search(
        self, grant: Grant, org: OrgFacts, parties: Sequence[Party], matching: MatchingSettings
    ) -> SearchAnswer:
        """One search for all parties, in the fields that the tenant's identification names.

        Raises:
            SessionExpired, BudgetSpent, Permanent, Retryable.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedAnswer:
    """The open Cases or Opportunities of some contacts."""

    related: tuple[OpenRelated, ...]
    usage: ApiUsage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTask:
    """A Task or Case as it now stands in the org; `fields` as asked for, null ones included."""

    id: str
    modified_at: datetime
    fields: Mapping[str, str | float | None]


class OrgRecords(Protocol):
    """Reads an org's records as they stand: from its tables, never from the index that lags behind them.

    Nothing is changed. Each method is one request; all of them raise `SessionExpired`, `BudgetSpent`,
    `Permanent` and `Retryable`.
    """

    def open_related(
        self, grant: Grant, attach_to: AttachTo, contact_ids: Sequence[str]
    ) -> RelatedAnswer:
        """Open Cases, or open Opportunities by contact role; a SOQL query, never the index.

        Raises:
            SessionExpired, BudgetSpent, Permanent, Retryable.
        """
        ...

    def successors(
        self, grant: Grant, records: Sequence[RecordRef]
    ) -> Mapping[RecordRef, RecordRef | None]:
        """Each record's living self, None when it is deleted or gone; one request for all.

        That is the record itself, the one it was merged into, or the contact that a lead became.

        Raises:
            SessionExpired, BudgetSpent, Permanent, Retryable.
        """
        ...

    def facts(
        self, grant: Grant, records: Sequence[RecordRef]
    ) -> Mapping[RecordRef, Candidate | None]:
        """Each record as it stands; None when it is not there or hidden; one request for all.

        A lead that was converted is given as the contact it became.

        Raises:
            SessionExpired, BudgetSpent, Permanent, Retryable.
        """
        ...

    def find_tasks(
        self, grant: Grant, keys: Sequence[str], since: datetime
    ) -> tuple[FoundTask, ...]:
        """Tasks that bear one of the keys and were created since; a SOQL query, never the index."""
        ...

    def cases_with_keys(self, grant: Grant, keys: Sequence[str]) -> tuple[FoundCase, ...]:
        """Cases that have one of the keys in the unique field, where the org has it (SH-7).

        Raises:
            Permanent: code `INVALID_FIELD` when the field is gone.
            SessionExpired, BudgetSpent, Retryable.
        """
        ...

    def cases_created_between(
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

    def read(
        self, grant: Grant, object_type: str, ids: Sequence[str], fields: Sequence[str]
    ) -> tuple[StoredTask, ...]:
        """The records that are still there; deleted ones are left out."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskMove:
    """A Task to be hung elsewhere, unless it was modified after a time."""

    task_id: str
    hangs: Hangs
    unmodified_since: datetime


class OrgWriter(Protocol):
    """Creates, changes and moves records of an org: one request a method, never repeated."""

    def send(self, grant: Grant, records: Sequence[NewRecord], rules: OrgRules) -> WriteAnswer:
        """Create all records or none, in one request, under as many of the org's rules as said.

        Raises:
            OutcomeUnknown: no clean answer; it may have landed.
            NotDelivered: nothing left this side.
            SessionExpired, BudgetSpent, Retryable: a clean refusal; nothing happened.
        """
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

    def move(self, grant: Grant, moves: Sequence[TaskMove]) -> Mapping[str, str | None]:
        """Move each Task by itself, at most 25 in one request; says by Task id why one was not moved.

        None says that it was. Doing it twice leaves each Task where doing it once does.

        Raises:
            OutcomeUnknown: no clean answer; each may have been moved.
            NotDelivered, SessionExpired, BudgetSpent, Permanent, Retryable: nothing happened.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFacts:
    """A digest of one object's describe: field names, those of type phone, and all of a short text.

    `closed_fields` are there, but the integration user may not fill them in. `described` has every
    field in full.
    """

    name: str
    fields: frozenset[str]
    phone_fields: tuple[str, ...]
    unique_fields: frozenset[str]
    text_fields: tuple[str, ...] = ()
    closed_fields: frozenset[str] = frozenset()
    createable: bool = True
    updateable: bool = True
    described: Mapping[str, FieldFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgLists:
    """Task statuses and users of an org; `facts` has them in place, without describes."""

    facts: OrgFacts


class OrgMetadata(Protocol):
    """Reads what an org consists of, and how much of its allowance is used: one request a method."""

    def describe(self, grant: Grant, object_type: str) -> ObjectFacts:
        """What the integration user can see of an object."""
        ...

    def lists(self, grant: Grant) -> OrgLists:
        """Task statuses, active users and the connecting user's rights, in one request."""
        ...

    def usage(self, grant: Grant) -> ApiUsage:
        """The org's API gauge; also the probe that tells whether the budget has recovered."""
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
    """The matches that people chose; every change also drops the party's cached match.

    Looking a party up for a decision is the directory's, which changes nothing.
    """

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

    def forget_match(self, tenant: str, party_key: str) -> None:
        """Drop the cached match of a party; harmless when there is none."""
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

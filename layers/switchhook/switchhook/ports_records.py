"""What the use cases need of a tenant's org beside searching and creating: `ports` says the rest.

Every method makes at most one request and never repeats it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import ApiUsage, Grant
from switchhook.domain.crm import CasePage, FoundCase
from switchhook.domain.decision import OpenRelated
from switchhook.domain.settings import AttachTo


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

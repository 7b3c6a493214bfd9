"""What the use cases need from the world, named for the need.

Every method makes at most one remote effect: whether to try again is the use case's decision, or a
due date. AWS's clients may repeat a request that got no answer, since each is conditional or changes
nothing when repeated; a request to Salesforce is never repeated (docs/adr/0009).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from switchhook.domain.activity import Activity, DecisionRecord, Entry
from switchhook.domain.connection import ApiUsage, Connection
from switchhook.domain.crm import (
    StoredFacts,
)
from switchhook.domain.facts.event import Event, Kind
from switchhook.domain.facts.people import People, PhoneNumber
from switchhook.domain.settings.schema import Settings
from switchhook.domain.writing.claims import CachedMatch, ClaimChange, Known


class NumberPlan(Protocol):
    """Reads telephone numbers; a computation, not an effect."""

    def parse(self, raw: str | None, *, regions: tuple[str, ...]) -> PhoneNumber | None:
        """The number in every form it may be stored in; None when withheld or not a number."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkWith:
    """Park the head only while the connection is still as seen, and see that it is drained later.

    `seen` None means that the tenant has no connection. `probe_at` is when the caretaker looks at the
    tenant again.
    """

    seen: Connection | None
    reason: str
    probe_at: datetime


MOST_CHANGES = 100
"""How many items one commit may change; the tables take no more in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerWrite:
    """One all-or-nothing change of an activity: the head, and what must change with it.

    `head.version` is the new version; the write holds only if the stored one is `head.version - 1`
    (0: the activity must not exist). `matches` are a cache: where there is no room for one, the next
    call of its party is searched for. `is_new_event` says that nobody looked whether the event is held.
    """

    head: Activity
    event: Event | None = None
    is_new_event: bool = False
    decision: DecisionRecord | None = None
    claims: tuple[ClaimChange, ...] = ()
    matches: tuple[tuple[str, CachedMatch], ...] = ()
    park: ParkWith | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableEvent:
    """A webhook whose signature holds but whose body we cannot read; names fields, never values."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredEvent:
    """A webhook of a type that says nothing about a call's end."""

    type: str


class EventReader(Protocol):
    """Turns a provider's body into a normalised event; a computation, not an effect."""

    def read(
        self, provider: str, raw: bytes, *, kind: Kind, event_id: str, received_at: datetime
    ) -> Event | UnreadableEvent | IgnoredEvent:
        """The event, or why there is none; one of another kind than the hook's is ignored."""
        ...


class Entries(Protocol):
    """The ledger, for whoever only looks into it."""

    def read(self, tenant: str, activity_id: str) -> Entry | None:
        """The activity with all its events, strongly consistent."""
        ...

    def head(self, tenant: str, activity_id: str) -> Activity | None:
        """The activity's head alone, strongly consistent; one item, however many events it has."""
        ...

    def holds(self, tenant: str, activity_id: str, event_id: str) -> bool:
        """Whether the activity has this event; one item."""
        ...


class Ledger(Entries, Protocol):
    """What happened to each activity."""

    def commit(self, write: LedgerWrite) -> None:
        """Apply the change whole.

        Raises:
            Conflict: the head, an event or the connection is not as expected; read again.
            EventHeld: only that `is_new_event` is not so stood in the way.
            ClaimTaken: only TakeClaims stood in the way; names their winners.
        """
        ...


class Directory(Protocol):
    """What is known of parties beyond Salesforce's search index."""

    def known(self, tenant: str, party_key: str) -> Known:
        """Claims and the cached match of one party, strongly consistent."""
        ...


class TenantReader(Protocol):
    """What the tenant's admin has set."""

    def settings_at(self, tenant: str, at: datetime) -> Settings | None:
        """The settings in force at a time (the first ones, for a time before them); None: no tenant."""
        ...

    def people(self, tenant: str) -> People:
        """The tenant's people; empty when never set."""
        ...


class OrgMemory(Protocol):
    """The tenant's org metadata as last fetched."""

    def recall(self, tenant: str) -> StoredFacts | None:
        """The stored metadata, or None."""
        ...

    def remember(self, tenant: str, facts: StoredFacts) -> None:
        """Store the metadata."""
        ...


class Flights(Protocol):
    """The cap on writes in flight per tenant."""

    def take_off(
        self, tenant: str, activity_id: str, *, cap: int, now: datetime, until: datetime
    ) -> bool:
        """True when the activity may write until `until`; False when the tenant is at its cap."""
        ...

    def land(self, tenant: str, activity_id: str) -> None:
        """Give the place back; harmless when it is not held."""
        ...


class Connections(Protocol):
    """Tenants' grants, every change conditional."""

    def read(self, tenant: str) -> Connection | None:
        """The connection, strongly consistent; None when the tenant never connected."""
        ...

    def lease(
        self, seen: Connection, *, holder: str, now: datetime, until: datetime
    ) -> Connection | None:
        """Become the tenant's one refresher: sets lease and `refresh_sent_at`; None when lost."""
        ...

    def replace(self, seen: Connection, new: Connection) -> bool:
        """Store `new` if generation and lease holder are still as in `seen`; False when not."""
        ...

    def note_usage(self, tenant: str, usage: ApiUsage | None, *, parked: str | None) -> None:
        """Remember the org's API gauge (None: leave it) and whether its budget is spent."""
        ...


class Clock(Protocol):
    """Time, as an argument."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def remaining_s(self) -> float:
        """Seconds left of this invocation."""
        ...

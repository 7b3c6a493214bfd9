"""What the operator's and admins' API needs from the world: its long work and acts by hand included.

Every method makes at most one remote effect and neither sleeps nor retries. A store that cannot be
reached raises `Retryable`; a condition that does not hold raises `Conflict`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from switchhook.domain.activity import Activity, DecisionRecord, Entry, State
from switchhook.domain.facts.event import Kind
from switchhook.domain.jobs import Job, JobMessage
from switchhook.domain.tenants import (
    KeyHolder,
    ListedHook,
    Page,
    PeopleList,
    ProviderFacts,
    Role,
    SettingsVersion,
    Tenant,
)
from switchhook.ports.ingress import Hook


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One stored item of a tenant, named by its keys."""

    pk: str
    sk: str


class Tenants(Protocol):
    """The tenants of this deployment; one is erased piece by piece, itself last."""

    def create(self, tenant: Tenant, settings: SettingsVersion) -> None:
        """Store a tenant with its keys and first settings, all or nothing."""
        ...

    def read(self, tenant_id: str) -> Tenant | None:
        """The tenant, strongly consistent; None when there is none."""
        ...

    def page(self, *, limit: int, cursor: str | None) -> Page[Tenant]:
        """Tenants, oldest first; may lag a second behind `create`."""
        ...

    def replace_key(self, seen: Tenant, role: Role, key_hash: str) -> None:
        """Make a new key the role's only one, if its old one is still as in `seen`."""
        ...

    def revoke_keys(self, seen: Tenant) -> None:
        """End the tenant's keys; those already gone are done."""
        ...

    def holdings(self, tenant_id: str, *, limit: int) -> tuple[Holding, ...]:
        """Items still there, in the order to remove them: hooks, the rest, the tenant last."""
        ...

    def erase(self, holdings: Sequence[Holding]) -> None:
        """Remove at most 100 items; those already gone are done."""
        ...


class ApiKeys(Protocol):
    """Who is calling."""

    def holder(self, key_hash: str) -> KeyHolder | None:
        """Whom a key stands for, strongly consistent; None when it stands for nobody."""
        ...


class OperatorKey(Protocol):
    """The operator's own key."""

    def current(self) -> str:
        """The key, at most 300 s old; empty when none is set."""
        ...


class SettingsVersions(Protocol):
    """A tenant's settings over time."""

    def latest(self, tenant_id: str) -> SettingsVersion | None:
        """The newest version, strongly consistent; None when there is no such tenant."""
        ...

    def read(self, tenant_id: str, version: int) -> SettingsVersion | None:
        """One version, strongly consistent; None when there is none of that number."""
        ...

    def page(self, tenant_id: str, *, limit: int, cursor: str | None) -> Page[SettingsVersion]:
        """Versions, newest first, strongly consistent."""
        ...

    def append(self, tenant_id: str, version: SettingsVersion) -> None:
        """Store the next version, if nobody else has and the tenant still exists."""
        ...


class PeopleStore(Protocol):
    """A tenant's people as its admin wrote them."""

    def read(self, tenant_id: str) -> PeopleList:
        """The list, strongly consistent; empty when never set."""
        ...

    def write(self, tenant_id: str, people: PeopleList) -> None:
        """Replace the list, if the tenant still exists."""
        ...


class Hooks(Protocol):
    """A tenant's hooks as it sees and changes them.

    The tenant's list and the item that the ingress looks up always change together.
    """

    def listed(self, tenant_id: str, hook_id: str) -> ListedHook | None:
        """One hook of the tenant, strongly consistent."""
        ...

    def page(self, tenant_id: str, *, limit: int, cursor: str | None) -> Page[ListedHook]:
        """The tenant's hooks in a stable order, strongly consistent."""
        ...

    def former(self, tenant_id: str, hook_id: str) -> ListedHook | None:
        """A hook that the tenant has deleted, so that another can continue its source."""
        ...

    def create(self, hook: Hook, created_at: datetime) -> None:
        """Store a new hook, if its tenant still exists."""
        ...

    def change_secret(self, seen: Hook, new: Hook) -> None:
        """Store the secrets of `new`, if they are still as in `seen`."""
        ...

    def delete(self, tenant_id: str, hook: ListedHook, *, at: datetime) -> None:
        """Remove a hook and remember its source; harmless when it is gone."""
        ...


class ProviderCatalog(Protocol):
    """The providers a hook can be made for; a computation, not an effect."""

    def names(self) -> tuple[str, ...]:
        """Every provider, in the order to show them."""
        ...

    def facts(self, name: str) -> ProviderFacts | None:
        """What setting up a hook needs to know, or None for an unknown name."""
        ...

    def secret_problem(self, name: str, secret: str) -> str | None:
        """Why a given secret cannot work with the provider, in a sentence; None when it can."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFilter:
    """What a list of activities is narrowed to; None narrows nothing.

    `party` is an E.164 number or a lower-case e-mail address; `since` is included, `until` is not.
    """

    state: State | None = None
    kind: Kind | None = None
    source: str | None = None
    external_id: str | None = None
    party: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that the ledger knows of one activity: head, events and every decision."""

    entry: Entry
    decisions: tuple[DecisionRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What became of the activities received on one day; `skipped` counts by rule id."""

    received: int
    logged: int
    skipped: Mapping[str, int]
    failed: int
    open: int


class LedgerReader(Protocol):
    """The ledger, seen by the tenant's admin."""

    def page(
        self, tenant_id: str, narrowed: ActivityFilter, *, limit: int, cursor: str | None
    ) -> Page[Activity]:
        """Activities, newest first; may lag a second behind the worker."""
        ...

    def story(self, tenant_id: str, activity_id: str) -> Story | None:
        """One activity whole, strongly consistent."""
        ...


class Jobs(Protocol):
    """The jobs of all tenants; each is kept for 30 days."""

    def create(self, job: Job) -> None:
        """Store a new job, if its tenant still exists."""
        ...

    def read(self, tenant_id: str, job_id: str) -> Job | None:
        """The job, strongly consistent; None when there is none, or no longer."""
        ...

    def commit(self, job: Job) -> None:
        """Store what a step made of the job.

        Raises:
            Conflict: the stored job is not at `job.step - 1`: another delivery did this step.
        """
        ...


class JobQueue(Protocol):
    """Brings a job to its next step."""

    def ask(self, message: JobMessage, *, delay_s: int = 0) -> None:
        """Ask for one step, after at most 900 s; asking twice is harmless."""
        ...


class IdempotencyKeys(Protocol):
    """Remembers for a day what a caller asked for under a key of its own."""

    def take(self, tenant: str, key: str, asked: str, *, now: datetime, until: datetime) -> str:
        """What was asked under the key first: `asked` itself when the key is new; one conditional write.

        Raises:
            Retryable: the table is busy; ask again.
        """
        ...

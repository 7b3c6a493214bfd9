"""What a step may touch, and what one run at an activity has learnt.

What was learnt lives in memory only and may be lost at any point.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from switchhook.domain.activity import Activity, RecordRef, SalesforceCall
from switchhook.domain.decision import Reason
from switchhook.domain.errors import Permanent
from switchhook.domain.settings.schema import Settings
from switchhook.domain.timing import Timing
from switchhook.ports.ledger import (
    Clock,
    Connections,
    Directory,
    EventReader,
    Flights,
    Ledger,
    NumberPlan,
    OrgMemory,
    TenantReader,
)
from switchhook.ports.org import (
    CandidateSearch,
    FileFetcher,
    FileStore,
    OrgMetadata,
    OrgRecords,
    OrgWriter,
    Pins,
    Repoints,
)
from switchhook.ports.queues import ActivityQueue, PayloadStore
from switchhook.usecases.org.grants import Grants


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything outside that a use case may touch; `holder` names this process as a lease holder."""

    ledger: Ledger
    directory: Directory
    tenants: TenantReader
    memory: OrgMemory
    flights: Flights
    wake_ups: ActivityQueue
    search: CandidateSearch
    records: OrgRecords
    writer: OrgWriter
    fetcher: FileFetcher
    files: FileStore
    pins: Pins
    repoints: Repoints
    org: OrgMetadata
    connections: Connections
    numbers: NumberPlan
    reader: EventReader
    payloads: PayloadStore
    clock: Clock
    timing: Timing
    holder: str
    grants: Grants

    def now(self) -> datetime:
        """Aware UTC, from the injected clock."""
        return self.clock.now()


def settings_of(head: Activity, ended_at: datetime | None, world: World) -> Settings:
    """The settings in force when an activity ended, or those of its replay (AC-2).

    Raises:
        Permanent: the tenant is gone.
    """
    settings = world.tenants.settings_at(
        head.tenant, head.settings_at or ended_at or head.received_at
    )
    if settings is None:
        raise Permanent(
            f"Tenant {head.tenant} does not exist any more; its calls are not logged.",
            code="tenant_deleted",
        )
    return settings


@dataclass(slots=True)
class Attempt:
    """Facts of the run: what not to choose again, what must be read afresh, which calls were made when.

    `successors` says what a refused record became, by its id. `used_up` names, by contact, the Case
    that a claim was spent on: where it is open no more, the claim may be taken again. `learnt` are
    sentences for the explanation.
    """

    clock: Clock
    avoid_records: set[str] = field(default_factory=set)
    avoid_users: set[str] = field(default_factory=set)
    refresh_facts: bool = False
    facts_refreshed: bool = False
    search_afresh: bool = False
    renewals: int = 0
    without_case: bool = False
    save_duplicates: bool = False
    successors: dict[str, RecordRef] = field(default_factory=dict)
    used_up: dict[str, RecordRef] = field(default_factory=dict)
    learnt: list[Reason] = field(default_factory=list)
    calls: list[SalesforceCall] = field(default_factory=list)

    def note(self, what: str, status: str) -> None:
        """Remember one Salesforce request for the explanation."""
        self.calls.append(SalesforceCall(at=self.clock.now(), what=what, status=status))

    def learn(self, rule: str, text: str) -> None:
        """Remember something that an admin would ask about; each thing is said once."""
        reason = Reason(rule=rule, text=text)
        if reason not in self.learnt:
            self.learnt.append(reason)

    def avoid(self, records: Iterable[str | None] = (), users: Iterable[str | None] = ()) -> None:
        """Never choose these again in this run, and search instead of trusting the cache."""
        self.avoid_records.update(record for record in records if record)
        self.avoid_users.update(user for user in users if user)
        self.search_afresh = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a step did: the head as it now stands, and whether another step makes sense now."""

    head: Activity
    go_on: bool = False

"""The ports that recording an activity needs, gathered once by the wiring."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime

from switchhook.domain.connection import Grant
from switchhook.domain.timing import Timing
from switchhook.ports import (
    ActivityWriter,
    CandidateSearch,
    Cipher,
    Clock,
    Connections,
    Directory,
    EventReader,
    Flights,
    Ledger,
    NumberPlan,
    OrgMemory,
    OrgReader,
    Payloads,
    TenantReader,
    TokenEndpoint,
    WakeUps,
)
from switchhook.ports_files import FileFetcher, FileStore
from switchhook.ports_matches import Pins, RecordFacts, Repoints, TaskMover
from switchhook.ports_records import MarkedCases, RelatedRecords, Successors, TaskUpdates


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything outside that a use case may touch; `holder` names this process as a lease holder."""

    ledger: Ledger
    directory: Directory
    tenants: TenantReader
    memory: OrgMemory
    flights: Flights
    wake_ups: WakeUps
    search: CandidateSearch
    writer: ActivityWriter
    cases: MarkedCases
    related: RelatedRecords
    successors: Successors
    updates: TaskUpdates
    fetcher: FileFetcher
    files: FileStore
    pins: Pins
    records: RecordFacts
    mover: TaskMover
    repoints: Repoints
    org: OrgReader
    connections: Connections
    cipher: Cipher
    tokens: TokenEndpoint
    numbers: NumberPlan
    reader: EventReader
    payloads: Payloads
    clock: Clock
    timing: Timing
    holder: str
    grants: MutableMapping[str, Grant]

    def now(self) -> datetime:
        """Aware UTC, from the injected clock."""
        return self.clock.now()

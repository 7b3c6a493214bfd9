"""What a step may touch, in narrow bags, and what one run at an activity has learnt.

A function takes the one port or the bag that it needs, so its signature says what it may do; only who
hands out bags to others takes `World`.

What was learnt lives in memory only and may be lost at any point.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from switchhook.domain.activity import Activity, RecordRef, SalesforceCall
from switchhook.domain.chats.files import FileLimits
from switchhook.domain.decision import Reason
from switchhook.domain.errors import Permanent
from switchhook.domain.settings.schema import Settings
from switchhook.domain.timing import Timing
from switchhook.ports.ledger import (
    Clock,
    Connections,
    Directory,
    Entries,
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
class Run:
    """One run of one process: its time, how long things may take, and its name as a holder of places."""

    clock: Clock
    timing: Timing
    holder: str

    def now(self) -> datetime:
        """Aware UTC, from the injected clock."""
        return self.clock.now()

    def has_time_to_send(self) -> bool:
        """Whether enough is left to send one request to an org and to write down what came of it."""
        return self.clock.remaining_s() >= self.timing.send_needs_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What an activity's way is written down in: the ledger, and the queue that brings it back."""

    ledger: Ledger
    wake_ups: ActivityQueue
    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What an activity is opened with: its tenant's settings and people, and how numbers are read."""

    tenants: TenantReader
    numbers: NumberPlan
    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Whether a tenant's org may be asked now, in whose name, and for how many activities at once."""

    connections: Connections
    grants: Grants
    flights: Flights
    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgView:
    """How an org is looked into, and what is remembered of it; nothing in the org is changed."""

    search: CandidateSearch
    records: OrgRecords
    metadata: OrgMetadata
    memory: OrgMemory


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Who fetches a chat's files, who stores them, and how much."""

    fetcher: FileFetcher
    store: FileStore
    limits: FileLimits = field(default_factory=FileLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attaching:
    """What a chat's files are attached with; settings say how many activities may write at once."""

    files: Files
    tenants: TenantReader
    books: Books
    sessions: Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What an event is taken in with."""

    reader: EventReader
    payloads: PayloadStore
    ledger: Ledger
    opening: Opening


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """What a decision is made from; there is no writer in it, neither to an org nor to the ledger.

    All that may be stored is a renewed session, the org's API gauge and what the org consists of.
    """

    opening: Opening
    directory: Directory
    entries: Entries
    org: OrgView
    sessions: Sessions

    @property
    def run(self) -> Run:
        """The run that decides."""
        return self.sessions.run


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What a decision is carried out with; what it needs to know of the org is in it already."""

    books: Books
    sessions: Sessions
    records: OrgRecords
    writer: OrgWriter
    pins: Pins

    @property
    def run(self) -> Run:
        """The run that writes."""
        return self.books.run


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """What people choose matches with; it changes nothing in an org."""

    opening: Opening
    pins: Pins
    records: OrgRecords
    grants: Grants

    @property
    def run(self) -> Run:
        """The run of whoever chooses."""
        return self.opening.run


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """What Tasks are moved to another match with."""

    matching: Matching
    writer: OrgWriter
    ledger: Ledger
    repoints: Repoints

    @property
    def run(self) -> Run:
        """The run that moves."""
        return self.matching.run


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything outside, bag by bag; whoever does one thing is given the bag for it, not this."""

    intake: Intake
    deciding: Deciding
    writing: Writing
    moving: Moving
    attaching: Attaching

    @property
    def run(self) -> Run:
        """This run."""
        return self.writing.run

    @property
    def books(self) -> Books:
        """Where activities are written down."""
        return self.writing.books

    @property
    def sessions(self) -> Sessions:
        """Whether and how orgs may be asked."""
        return self.writing.sessions

    @property
    def opening(self) -> Opening:
        """What cases are opened with."""
        return self.deciding.opening

    @property
    def matching(self) -> Matching:
        """What people choose matches with."""
        return self.moving.matching


def settings_of(head: Activity, ended_at: datetime | None, tenants: TenantReader) -> Settings:
    """The settings in force when an activity ended, or those of its replay (AC-2).

    Raises:
        Permanent: the tenant is gone.
    """
    settings = tenants.settings_at(head.tenant, head.settings_at or ended_at or head.received_at)
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

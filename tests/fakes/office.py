"""One tenant with its org, its ledger and a clock: everything a use case needs, in memory."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fakes.attachments import FakeFiles
from fakes.cipher import FakeCipher
from fakes.connections import FakeConnections
from fakes.directory import FakeDirectory
from fakes.flights import FakeFlights
from fakes.ledger import FakeDueDates, FakeLedger
from fakes.matches import FakePins, FakeRepoints
from fakes.queues import FakeActivityQueue, FakePayloadStore
from fakes.salesforce import ADMIN, FakeOrg, SteadyClock
from fakes.tenants import FakeOrgMemory, FakeTenants
from fakes.world import world_of
from switchhook.adapters.phone import NumberPlan
from switchhook.domain.activity import Activity, activity_id
from switchhook.domain.connection import Connection, ConnectionStatus
from switchhook.domain.facts.event import CallFacts, Direction, Event, Kind, Outcome
from switchhook.domain.facts.people import Agent
from switchhook.domain.queue_messages import (
    EventMessage,
    KeepAliveMessage,
    ParkedMessage,
    WakeMessage,
    pack,
)
from switchhook.domain.timing import Timing
from switchhook.ports.due import DueItem
from switchhook.ports.ledger import IgnoredEvent, UnreadableEvent
from switchhook.usecases.caretaker import Enqueuing, Report, Round, wake_due
from switchhook.usecases.org.grants import Grants
from switchhook.usecases.record.advance import record_event
from switchhook.usecases.record.marked import Caring, keep_grant_alive, look_after_parked
from switchhook.usecases.record.woken import follow_wake
from switchhook.usecases.record.world import World

TENANT = "t1"
NUMBER = "+14155550100"
START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def answered_call(**changes: object) -> CallFacts:
    facts: dict[str, object] = {
        "direction": Direction.INBOUND,
        "outcome": Outcome.ANSWERED,
        "external_number": NUMBER,
        "external_name": "Ada Byron",
        "agent": Agent(email="ann@example.com", name="Ann Agent"),
        "started_at": START,
        "answered_at": START + timedelta(seconds=9),
        "ended_at": START + timedelta(seconds=209),
        "talk_s": 200.0,
    }
    return CallFacts(**{**facts, **changes})


def connection(**changes: object) -> Connection:
    values: dict[str, object] = {
        "tenant": TENANT,
        "status": ConnectionStatus.CONNECTED,
        "generation": 1,
        "org_id": "00D000000000001AAA",
        "instance_url": "https://org.my.salesforce.com",
        "login_url": "https://login.salesforce.com",
        "user": ADMIN,
        "access_ciphertext": FakeCipher().encrypt(
            "access-1", tenant=TENANT, purpose="access_token"
        ),
        "refresh_ciphertext": FakeCipher().encrypt(
            "refresh-1", tenant=TENANT, purpose="refresh_token"
        ),
        "connected_at": START - timedelta(days=1),
    }
    return Connection(**{**values, **changes})


class ListedReader:
    """Reads the events a test has prepared, by event id."""

    def __init__(self) -> None:
        self.events: dict[str, Event | UnreadableEvent | IgnoredEvent] = {}

    def read(
        self, _provider: str, _raw: bytes, *, kind: Kind, event_id: str, received_at: datetime
    ) -> Event | UnreadableEvent | IgnoredEvent:
        assert received_at.tzinfo is not None
        assert isinstance(kind, Kind)
        return self.events[event_id]


def unexpected(_item: DueItem | None, error: Exception) -> None:
    raise error


@dataclass
class Office:
    """The tenant's whole world; `deliver` is a webhook, `pass_time` lets the caretaker run."""

    clock: SteadyClock = field(default_factory=lambda: SteadyClock(START + timedelta(minutes=5)))
    timing: Timing = field(default_factory=Timing)
    preset: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.org = FakeOrg(now=self.clock.now)
        self.connections = FakeConnections(connection())
        self.directory = FakeDirectory()
        self.ledger = FakeLedger(directory=self.directory, connection_of=self.connections.read)
        self.pins = FakePins(self.directory)
        self.repoints = FakeRepoints()
        self.tenants = FakeTenants()
        self.tenants.set_settings(
            TENANT,
            {
                "preset": "standard",
                "default_region": "US",
                "time_zone": "America/Los_Angeles",
                **self.preset,
            },
        )
        self.memory = FakeOrgMemory()
        self.flights = FakeFlights()
        self.wake_ups = FakeActivityQueue()
        self.reader = ListedReader()
        self.files = FakeFiles()
        self.due_dates = FakeDueDates(self.ledger)
        self.grants_gone = 0
        self.world = self.new_world("worker-1")

    def new_world(self, holder: str) -> World:
        """Another process of the same deployment: own memory, the same world."""
        return world_of(
            ledger=self.ledger,
            directory=self.directory,
            tenants=self.tenants,
            memory=self.memory,
            flights=self.flights,
            wake_ups=self.wake_ups,
            search=self.org,
            records=self.org,
            writer=self.org,
            fetcher=self.files,
            store=self.files,
            pins=self.pins,
            repoints=self.repoints,
            metadata=self.org,
            connections=self.connections,
            numbers=NumberPlan(),
            reader=self.reader,
            payloads=FakePayloadStore(),
            clock=self.clock,
            timing=self.timing,
            holder=holder,
            grants=Grants(
                connections=self.connections,
                cipher=FakeCipher(),
                tokens=self.org,
                clock=self.clock,
                timing=self.timing,
                holder=holder,
            ),
        )

    def message(
        self,
        call: CallFacts | UnreadableEvent | IgnoredEvent,
        *,
        call_id: str = "c-1",
        event_id: str | None = None,
        ended: bool = True,
        held_s: int = 0,
        leg: str | None = None,
    ) -> EventMessage:
        event_id = event_id or f"{call_id}-ended"
        if isinstance(call, CallFacts):
            self.reader.events[event_id] = Event(
                event_id=event_id,
                kind=Kind.CALL,
                type="call.ended" if ended else "call.updated",
                ended=ended,
                occurred_at=call.ended_at or self.clock.now(),
                received_at=self.clock.now(),
                held_s=held_s,
                leg=leg,
                call=call,
            )
        else:
            self.reader.events[event_id] = call
        return EventMessage(
            tenant=TENANT,
            hook="h1",
            provider="generic",
            activity_kind=Kind.CALL,
            source="h1",
            activity_id=activity_id(tenant=TENANT, source="h1", external_id=call_id),
            external_id=call_id,
            occurrence=1,
            event_id=event_id,
            received_at=self.clock.now(),
            packed=pack(b"{}"),
        )

    def deliver(
        self,
        call: CallFacts | UnreadableEvent | IgnoredEvent | None = None,
        *,
        call_id: str = "c-1",
        event_id: str | None = None,
        ended: bool = True,
        held_s: int = 0,
        leg: str | None = None,
    ) -> Activity:
        message = self.message(
            answered_call() if call is None else call,
            call_id=call_id,
            event_id=event_id,
            ended=ended,
            held_s=held_s,
            leg=leg,
        )
        return record_event(message, self.world)

    def pass_time(self, seconds: float, *, step_s: float = 5.0) -> None:
        """Let time go by; the caretaker runs at each step and the worker follows its wake-ups."""
        until = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < until:
            self.clock.forward(step_s)
            self.caretake()

    @property
    def caring(self) -> Caring:
        """What the tenant is looked after with."""
        return Caring(
            due_dates=self.due_dates,
            tenants=self.world.opening.tenants,
            sessions=self.world.sessions,
            metadata=self.world.deciding.org.metadata,
            books=self.world.books,
        )

    def caretake(self) -> Round:
        """One round, and the worker follows what it has sent, at once and to the end."""
        self.wake_ups.woken.clear()
        done = self.make_round()
        self.work()
        return done

    def make_round(self, report: Report = unexpected) -> Round:
        """What the caretaker alone does."""
        care = Enqueuing(
            due_dates=self.due_dates, queue=self.wake_ups, run=self.world.run, report=report
        )
        return wake_due(care)

    def work(self) -> None:
        """Follow everything that a round or a drain has put into the queue."""
        while self.wake_ups.sent:
            message = self.wake_ups.sent.pop(0)
            match message:
                case WakeMessage():
                    follow_wake(message, self.world)
                case ParkedMessage():
                    look_after_parked(message, self.caring)
                case KeepAliveMessage():
                    self.grants_gone += not keep_grant_alive(message, self.caring)

    def head(self, call_id: str = "c-1") -> Activity:
        entry = self.ledger.read(
            TENANT, activity_id(tenant=TENANT, source="h1", external_id=call_id)
        )
        assert entry is not None
        return entry.head

    @property
    def tasks(self) -> list[dict[str, str | int]]:
        return [task.fields for task in self.org.of_type("Task")]

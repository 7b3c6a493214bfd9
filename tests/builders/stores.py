"""Puts together what is kept of a tenant's activities: in memory, or in tables."""

from dataclasses import dataclass

from builders.ledger import T0
from fakes.connections import FakeConnections
from fakes.directory import FakeDirectory
from fakes.flights import FakeFlights
from fakes.ledger import FakeDueDates, FakeLedger
from fakes.matches import FakePins
from fakes.queues import FakePayloadStore
from fakes.tenants import FakeOrgMemory
from switchhook.adapters.dynamodb.connections import DynamoConnections
from switchhook.adapters.dynamodb.directory import DirectoryTable
from switchhook.adapters.dynamodb.due import DueTable
from switchhook.adapters.dynamodb.flights import FlightTable
from switchhook.adapters.dynamodb.keys import PartyHasher
from switchhook.adapters.dynamodb.ledger import EventItems, LedgerTable
from switchhook.adapters.dynamodb.org_memory import OrgMemoryTable
from switchhook.adapters.dynamodb.pins import PinTable
from switchhook.ports.due import DueDates
from switchhook.ports.ledger import Connections, Directory, Flights, Ledger, OrgMemory
from switchhook.ports.org import Pins

HASHER = PartyHasher(key=b"a key of the tests")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Everything that is kept of a tenant's activities, behind its ports."""

    ledger: Ledger
    directory: Directory
    pins: Pins
    connections: Connections
    due_dates: DueDates
    flights: Flights
    memory: OrgMemory


def in_memory():
    connections = FakeConnections()
    ledger = FakeLedger(directory=FakeDirectory(), connection_of=connections.read)
    return Stores(
        ledger=ledger,
        directory=ledger.directory,
        pins=FakePins(ledger.directory),
        connections=connections,
        due_dates=FakeDueDates(ledger),
        flights=FakeFlights(),
        memory=FakeOrgMemory(),
    )


def a_while_ago():
    return T0


def in_tables(client, tables, *, payloads=None, now=a_while_ago):
    return Stores(
        ledger=LedgerTable(
            client,
            activity_table=tables.activity,
            directory_table=tables.directory,
            tenant_table=tables.tenant,
            hasher=HASHER,
            events=EventItems(payloads or FakePayloadStore(), now=now),
        ),
        directory=DirectoryTable(client, directory_table=tables.directory, hasher=HASHER),
        pins=PinTable(client, directory_table=tables.directory, hasher=HASHER),
        connections=DynamoConnections(client, tables.tenant),
        due_dates=DueTable(client, activity_table=tables.activity),
        flights=FlightTable(client, directory_table=tables.directory),
        memory=OrgMemoryTable(client, tenant_table=tables.tenant),
    )

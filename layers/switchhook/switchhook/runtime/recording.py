"""Wires what recording an activity needs: the bags of the world, over a deployment's adapters.

It loads all that recording loads, so nobody loads it before the world is asked for.
"""

import uuid
from functools import cached_property
from typing import TYPE_CHECKING

from switchhook.adapters.dynamodb.directory import DirectoryTable
from switchhook.adapters.dynamodb.flights import FlightTable
from switchhook.adapters.dynamodb.ledger import EventItems, LedgerTable
from switchhook.adapters.dynamodb.pins import PinTable, RepointTable
from switchhook.adapters.dynamodb.settings import TenantTableReader
from switchhook.adapters.files import FetchBounds, PublicFiles
from switchhook.adapters.providers.event_reader import ProviderEvents
from switchhook.adapters.queues import ActivityQueue
from switchhook.adapters.salesforce.files import RecordFiles
from switchhook.adapters.salesforce.metadata import SalesforceMetadata
from switchhook.adapters.salesforce.queries import RecordQueries
from switchhook.adapters.salesforce.search import SoslSearch
from switchhook.adapters.salesforce.write import RecordWrites
from switchhook.usecases.org.grants import Grants
from switchhook.usecases.record.world import (
    Attaching,
    Books,
    Deciding,
    Files,
    Intake,
    Matching,
    Moving,
    Opening,
    OrgView,
    Run,
    Sessions,
    World,
    Writing,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

    from switchhook.adapters.dynamodb.keys import PartyHasher
    from switchhook.adapters.salesforce.session import RestApi
    from switchhook.runtime.deployment import Deployment
    from switchhook.runtime.environment import Environment


class Recording:
    """The world of one deployment; bags that share a port share one adapter."""

    def __init__(
        self,
        root: "Deployment",
        at: "Environment",
        *,
        tables: "DynamoDBClient",
        queues: "SQSClient",
        rest: "RestApi",
        hasher: "PartyHasher",
    ) -> None:
        self._root, self._at = root, at
        self._tables, self._queues = tables, queues
        self._rest, self._hasher = rest, hasher

    @cached_property
    def _grants(self) -> Grants:
        return Grants(
            connections=self._root.connections,
            cipher=self._root.cipher,
            tokens=self._root.tokens,
            clock=self._root.clock,
            timing=self._root.timing,
            holder=self._run.holder,
        )

    @cached_property
    def _run(self) -> Run:
        return Run(clock=self._root.clock, timing=self._root.timing, holder=uuid.uuid4().hex)

    @cached_property
    def _books(self) -> Books:
        ledger = LedgerTable(
            self._tables,
            activity_table=self._at["ACTIVITY_TABLE"],
            directory_table=self._at["DIRECTORY_TABLE"],
            tenant_table=self._at["TENANT_TABLE"],
            hasher=self._hasher,
            events=EventItems(self._root.payloads, now=self._root.clock.now),
        )
        queue = ActivityQueue(self._queues, self._at["ACTIVITY_QUEUE_URL"])
        return Books(ledger=ledger, wake_ups=queue, run=self._run)

    @cached_property
    def _opening(self) -> Opening:
        tenants = TenantTableReader(self._tables, tenant_table=self._at["TENANT_TABLE"])
        return Opening(tenants=tenants, numbers=self._root.plan, run=self._run)

    @cached_property
    def _sessions(self) -> Sessions:
        flights = FlightTable(self._tables, directory_table=self._at["DIRECTORY_TABLE"])
        return Sessions(
            connections=self._root.connections, grants=self._grants, flights=flights, run=self._run
        )

    @cached_property
    def _deciding(self) -> Deciding:
        return Deciding(
            opening=self._opening,
            directory=DirectoryTable(
                self._tables, directory_table=self._at["DIRECTORY_TABLE"], hasher=self._hasher
            ),
            entries=self._books.ledger,
            org=OrgView(
                search=SoslSearch(self._rest),
                records=RecordQueries(self._rest),
                metadata=SalesforceMetadata(self._rest),
                memory=self._root.org_memory,
            ),
            sessions=self._sessions,
        )

    @cached_property
    def _writing(self) -> Writing:
        return Writing(
            books=self._books,
            sessions=self._sessions,
            records=self._deciding.org.records,
            writer=RecordWrites(self._rest),
            pins=PinTable(
                self._tables, directory_table=self._at["DIRECTORY_TABLE"], hasher=self._hasher
            ),
        )

    @cached_property
    def _moving(self) -> Moving:
        writing = self._writing
        matching = Matching(
            opening=self._opening, pins=writing.pins, records=writing.records, grants=self._grants
        )
        return Moving(
            matching=matching,
            writer=writing.writer,
            ledger=self._books.ledger,
            repoints=RepointTable(self._tables, directory_table=self._at["DIRECTORY_TABLE"]),
        )

    @cached_property
    def world(self) -> World:
        """What recording an activity needs."""
        fetcher = PublicFiles(FetchBounds(local_origin=self._at.local_file_origin))
        return World(
            intake=Intake(
                reader=ProviderEvents(),
                payloads=self._root.payloads,
                ledger=self._books.ledger,
                opening=self._opening,
            ),
            deciding=self._deciding,
            writing=self._writing,
            moving=self._moving,
            attaching=Attaching(
                files=Files(fetcher=fetcher, store=RecordFiles(self._rest)),
                tenants=self._opening.tenants,
                books=self._books,
                sessions=self._sessions,
            ),
        )

"""Wires what recording an activity needs: the bags of the world, over a deployment's adapters.

Each bag loads its adapters when it is first asked for, as `deployment` does.
"""

import uuid
from functools import cached_property
from typing import TYPE_CHECKING

from switchhook.usecases.org.grants import Grants
from switchhook.usecases.record.marked import Caring
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
    from switchhook.adapters.dynamodb.pins import PinTable
    from switchhook.adapters.dynamodb.settings import TenantTableReader
    from switchhook.adapters.salesforce.metadata import SalesforceMetadata
    from switchhook.adapters.salesforce.queries import RecordQueries
    from switchhook.adapters.salesforce.write import RecordWrites
    from switchhook.runtime.deployment import Deployment
    from switchhook.runtime.environment import Environment


class Recording:
    """The world of one deployment; bags that share a port share one adapter."""

    def __init__(self, root: "Deployment", at: "Environment") -> None:
        self._root, self._at = root, at

    @cached_property
    def grants(self) -> Grants:
        """Every grant of this process."""
        return Grants(
            connections=self._root.connections,
            cipher=self._root.cipher,
            tokens=self._root.tokens,
            clock=self._root.clock,
            timing=self._root.timing,
            holder=self.run.holder,
        )

    @cached_property
    def run(self) -> Run:
        """This run."""
        return Run(clock=self._root.clock, timing=self._root.timing, holder=uuid.uuid4().hex)

    @cached_property
    def books(self) -> Books:
        """Where activities are written down."""
        from switchhook.adapters.dynamodb.ledger import EventItems, LedgerTable
        from switchhook.adapters.queues import ActivityQueue

        ledger = LedgerTable(
            self._root.tables,
            activity_table=self._at["ACTIVITY_TABLE"],
            directory_table=self._at["DIRECTORY_TABLE"],
            tenant_table=self._at["TENANT_TABLE"],
            hasher=self._root.hasher,
            events=EventItems(self._root.payloads, now=self._root.clock.now),
        )
        queue = ActivityQueue(self._root.queues, self._at["ACTIVITY_QUEUE_URL"])
        return Books(ledger=ledger, wake_ups=queue, run=self.run)

    @cached_property
    def opening(self) -> Opening:
        """What cases are opened with."""
        return Opening(tenants=self._tenants, numbers=self._root.plan, run=self.run)

    @cached_property
    def _tenants(self) -> "TenantTableReader":
        from switchhook.adapters.dynamodb.settings import TenantTableReader

        return TenantTableReader(self._root.tables, tenant_table=self._at["TENANT_TABLE"])

    @cached_property
    def sessions(self) -> Sessions:
        """Whether and how orgs may be asked."""
        from switchhook.adapters.dynamodb.flights import FlightTable

        flights = FlightTable(self._root.tables, directory_table=self._at["DIRECTORY_TABLE"])
        return Sessions(
            connections=self._root.connections, grants=self.grants, flights=flights, run=self.run
        )

    @cached_property
    def deciding(self) -> Deciding:
        """What decisions are made from."""
        from switchhook.adapters.dynamodb.directory import DirectoryTable
        from switchhook.adapters.salesforce.search import SoslSearch

        return Deciding(
            opening=self.opening,
            directory=DirectoryTable(
                self._root.tables,
                directory_table=self._at["DIRECTORY_TABLE"],
                hasher=self._root.hasher,
            ),
            entries=self.books.ledger,
            org=OrgView(
                search=SoslSearch(self._root.rest),
                records=self._records,
                metadata=self._metadata,
                memory=self._root.org_memory,
            ),
            sessions=self.sessions,
        )

    @cached_property
    def _metadata(self) -> "SalesforceMetadata":
        from switchhook.adapters.salesforce.metadata import SalesforceMetadata

        return SalesforceMetadata(self._root.rest)

    @cached_property
    def _records(self) -> "RecordQueries":
        from switchhook.adapters.salesforce.queries import RecordQueries

        return RecordQueries(self._root.rest)

    @cached_property
    def _writer(self) -> "RecordWrites":
        from switchhook.adapters.salesforce.write import RecordWrites

        return RecordWrites(self._root.rest)

    @cached_property
    def _pins(self) -> "PinTable":
        from switchhook.adapters.dynamodb.pins import PinTable

        table = self._at["DIRECTORY_TABLE"]
        return PinTable(self._root.tables, directory_table=table, hasher=self._root.hasher)

    @cached_property
    def writing(self) -> Writing:
        """What decisions are carried out with."""
        return Writing(
            books=self.books,
            sessions=self.sessions,
            records=self._records,
            writer=self._writer,
            pins=self._pins,
        )

    @cached_property
    def matching(self) -> Matching:
        """What people choose matches with."""
        return Matching(
            opening=self.opening, pins=self._pins, records=self._records, grants=self.grants
        )

    @cached_property
    def moving(self) -> Moving:
        """What Tasks are moved with."""
        from switchhook.adapters.dynamodb.pins import RepointTable

        return Moving(
            matching=self.matching,
            writer=self._writer,
            ledger=self.books.ledger,
            repoints=RepointTable(self._root.tables, directory_table=self._at["DIRECTORY_TABLE"]),
        )

    @cached_property
    def intake(self) -> Intake:
        """What events are taken in with."""
        from switchhook.adapters.providers.event_reader import ProviderEvents

        return Intake(
            reader=ProviderEvents(),
            payloads=self._root.payloads,
            ledger=self.books.ledger,
            opening=self.opening,
        )

    @cached_property
    def attaching(self) -> Attaching:
        """What a chat's files are attached with."""
        from switchhook.adapters.files import FetchBounds, PublicFiles
        from switchhook.adapters.salesforce.files import RecordFiles

        fetcher = PublicFiles(FetchBounds(local_origin=self._at.local_file_origin))
        return Attaching(
            files=Files(fetcher=fetcher, store=RecordFiles(self._root.rest)),
            tenants=self._tenants,
            books=self.books,
            sessions=self.sessions,
        )

    @cached_property
    def caring(self) -> Caring:
        """What tenants are looked after with, parked or idle."""
        return Caring(
            due_dates=self._root.due_dates,
            tenants=self._tenants,
            sessions=self.sessions,
            metadata=self._metadata,
            books=self.books,
        )

    @cached_property
    def world(self) -> World:
        """All of it, for the worker."""
        return World(
            intake=self.intake,
            deciding=self.deciding,
            writing=self.writing,
            moving=self.moving,
            attaching=self.attaching,
        )

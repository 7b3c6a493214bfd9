"""Wires the worker and the caretaker: every port of `World` on AWS and Salesforce.

Clients and sessions are made here, once per execution environment; nothing connects before its first
request.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from switchhook.adapters.app_credentials import StoredApps
from switchhook.adapters.dead_letters import DeadLetterQueue
from switchhook.adapters.dynamodb.connections import DynamoConnections
from switchhook.adapters.dynamodb.directory import DirectoryTable
from switchhook.adapters.dynamodb.due import DueTable
from switchhook.adapters.dynamodb.flights import FlightTable
from switchhook.adapters.dynamodb.keys import PartyHasher
from switchhook.adapters.dynamodb.ledger import EventItems, LedgerTable
from switchhook.adapters.dynamodb.org_memory import OrgMemoryTable
from switchhook.adapters.dynamodb.pins import PinTable, RepointTable
from switchhook.adapters.dynamodb.settings import TenantTableReader
from switchhook.adapters.file_fetcher import FetchBounds, PublicFiles
from switchhook.adapters.kms import KmsCipher
from switchhook.adapters.payload_bucket import PayloadBucket
from switchhook.adapters.phone import NumberPlan
from switchhook.adapters.providers.event_reader import ProviderEvents
from switchhook.adapters.salesforce.files import RecordFiles
from switchhook.adapters.salesforce.hosts import SalesforceHosts
from switchhook.adapters.salesforce.metadata import SalesforceOrgReader
from switchhook.adapters.salesforce.oauth import SalesforceTokens
from switchhook.adapters.salesforce.queries import (
    CaseQueries,
    NamedRecords,
    RelatedQuery,
    SuccessorQuery,
)
from switchhook.adapters.salesforce.search import SoslSearch
from switchhook.adapters.salesforce.session import BoundedSession, Bounds, DataSession, RestApi
from switchhook.adapters.salesforce.update import CompositeMover, RecordUpdates
from switchhook.adapters.salesforce.write import CompositeWriter
from switchhook.adapters.sqs import ActivityQueue
from switchhook.domain.timing import Timing
from switchhook.ports.ledger import Clock
from switchhook.runtime.environment import Environment
from switchhook.usecases.record.world import World

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

# Shorter than the invocation has left, so that a hanging table never eats the time of a safe end.
_CLIENT_CONFIG = Config(
    connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 3}
)

_DEAD_LETTERS = "DEAD_LETTER_QUEUE_URL"

_NAMES = (
    "TENANT_TABLE",
    "ACTIVITY_TABLE",
    "DIRECTORY_TABLE",
    "PAYLOAD_BUCKET",
    "ACTIVITY_QUEUE_URL",
    "KMS_KEY_ID",
    "SALESFORCE_APP_SECRET",
    "SESSION_KEY_SECRET",
    "WRITE_HORIZON_S",
    "WORKER_TIMEOUT_S",
    "FENCE_SLACK_S",
    "SALESFORCE_CONNECT_TIMEOUT_S",
    "SALESFORCE_READ_TIMEOUT_S",
    "CARETAKER_INTERVAL_S",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerWiring:
    """The world of the use cases, with what only the caretaker reads."""

    world: World
    due_list: DueTable
    dead_letters: DeadLetterQueue


def wire(env: Mapping[str, str], clock: Clock) -> WorkerWiring:
    """Everything the worker and the caretaker need.

    Raises:
        KeyError: names every variable that is missing.
        ValueError: a local Salesforce host is set in production.
    """
    at = Environment.from_env(env, names=(*_NAMES, _DEAD_LETTERS))
    session = boto3.session.Session()
    tables = session.client("dynamodb", config=_CLIENT_CONFIG)
    queues = session.client("sqs", config=_CLIENT_CONFIG)
    return WorkerWiring(
        world=_world(at, session, tables, queues, clock),
        due_list=DueTable(tables, activity_table=at["ACTIVITY_TABLE"]),
        dead_letters=DeadLetterQueue(queues, queue_url=at[_DEAD_LETTERS]),
    )


def wire_world(env: Mapping[str, str], clock: Clock) -> World:
    """The world of the use cases alone, for those who neither wake nor bury; raises as `wire`."""
    at = Environment.from_env(env, names=_NAMES)
    session = boto3.session.Session()
    tables = session.client("dynamodb", config=_CLIENT_CONFIG)
    return _world(at, session, tables, session.client("sqs", config=_CLIENT_CONFIG), clock)


def _world(
    at: Environment,
    session: "boto3.session.Session",
    tables: "DynamoDBClient",
    queues: "SQSClient",
    clock: Clock,
) -> World:
    secrets = session.client("secretsmanager", config=_CLIENT_CONFIG)
    hasher = PartyHasher(
        key=secrets.get_secret_value(SecretId=at["SESSION_KEY_SECRET"])["SecretString"].encode()
    )
    timing = timing_of(at)
    hosts = SalesforceHosts(local=at.local_salesforce_host)
    bounds = Bounds(
        hosts=hosts,
        connect_timeout_s=timing.connect_timeout_s,
        read_timeout_s=timing.read_timeout_s,
    )
    rest = RestApi(DataSession(bounds))
    tokens = SalesforceTokens(
        BoundedSession(bounds),
        hosts=hosts,
        credentials=StoredApps(secrets, secret_id=at["SALESFORCE_APP_SECRET"]).credentials,
    )
    queue = ActivityQueue(queues, at["ACTIVITY_QUEUE_URL"])
    payloads = PayloadBucket(
        lambda: session.client("s3", config=_CLIENT_CONFIG), at["PAYLOAD_BUCKET"]
    )
    return World(
        ledger=LedgerTable(
            tables,
            activity_table=at["ACTIVITY_TABLE"],
            directory_table=at["DIRECTORY_TABLE"],
            tenant_table=at["TENANT_TABLE"],
            hasher=hasher,
            events=EventItems(payloads, now=clock.now),
        ),
        directory=DirectoryTable(tables, directory_table=at["DIRECTORY_TABLE"], hasher=hasher),
        tenants=TenantTableReader(tables, tenant_table=at["TENANT_TABLE"]),
        memory=OrgMemoryTable(tables, tenant_table=at["TENANT_TABLE"]),
        flights=FlightTable(tables, directory_table=at["DIRECTORY_TABLE"]),
        wake_ups=queue,
        search=SoslSearch(rest),
        writer=CompositeWriter(rest),
        cases=CaseQueries(rest),
        related=RelatedQuery(rest),
        successors=SuccessorQuery(rest),
        updates=RecordUpdates(rest),
        fetcher=PublicFiles(FetchBounds(local_origin=at.local_file_origin)),
        files=RecordFiles(rest),
        pins=PinTable(tables, directory_table=at["DIRECTORY_TABLE"], hasher=hasher),
        records=NamedRecords(rest),
        mover=CompositeMover(rest),
        repoints=RepointTable(tables, directory_table=at["DIRECTORY_TABLE"]),
        org=SalesforceOrgReader(rest),
        connections=DynamoConnections(tables, at["TENANT_TABLE"]),
        cipher=KmsCipher(session.client("kms", config=_CLIENT_CONFIG), at["KMS_KEY_ID"]),
        tokens=tokens,
        numbers=NumberPlan(),
        reader=ProviderEvents(),
        payloads=payloads,
        clock=clock,
        timing=timing,
        holder=uuid.uuid4().hex,
        grants={},
    )


def timing_of(at: Environment) -> Timing:
    """How long things may take in this deployment."""
    return Timing(
        worker_timeout_s=float(at["WORKER_TIMEOUT_S"]),
        write_horizon_s=float(at["WRITE_HORIZON_S"]),
        fence_slack_s=float(at["FENCE_SLACK_S"]),
        connect_timeout_s=float(at["SALESFORCE_CONNECT_TIMEOUT_S"]),
        read_timeout_s=float(at["SALESFORCE_READ_TIMEOUT_S"]),
        caretaker_interval_s=float(at["CARETAKER_INTERVAL_S"]),
    )

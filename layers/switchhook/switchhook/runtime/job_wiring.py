"""Wires the job runner: the worker's world, the jobs and what each kind of job does in a step."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import boto3
from botocore.config import Config

from switchhook.adapters.dynamodb.jobs import JobTable
from switchhook.adapters.dynamodb.keys import PartyHasher
from switchhook.adapters.dynamodb.ledger_read import LedgerTableReader
from switchhook.adapters.providers import catalog
from switchhook.adapters.secrets import StoredSecret
from switchhook.adapters.sqs import JobSteps
from switchhook.domain.jobs import JobKind
from switchhook.ports.ledger import Clock
from switchhook.runtime.environment import Environment
from switchhook.runtime.worker_wiring import wire_world
from switchhook.usecases.ask.backfill import Desk, backfill_step
from switchhook.usecases.ask.jobs import Work
from switchhook.usecases.ask.simulate import simulate_step
from switchhook.usecases.record.world import World

_CLIENT_CONFIG = Config(
    connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 3}
)

_NAMES = (
    "TENANT_TABLE",
    "ACTIVITY_TABLE",
    "SESSION_KEY_SECRET",
    "JOB_QUEUE_URL",
    "JOB_DEAD_LETTER_QUEUE_ARN",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWiring:
    """What the job runner needs; messages from `dead_letters` are steps that were given up."""

    world: World
    jobs: JobTable
    queue: JobSteps
    work: Mapping[JobKind, Work]
    dead_letters: str


def wire(env: Mapping[str, str], clock: Clock) -> JobWiring:
    """Everything the job runner needs.

    Raises:
        KeyError: names every variable that is missing.
        ValueError: a local Salesforce host is set in production.
    """
    at = Environment.from_env(env, names=_NAMES)
    world = wire_world(env, clock)
    session = boto3.session.Session()
    tables = session.client("dynamodb", config=_CLIENT_CONFIG)
    secrets = session.client("secretsmanager", config=_CLIENT_CONFIG)
    key = StoredSecret(secrets, secret_id=at["SESSION_KEY_SECRET"], what="the session key")
    lister = LedgerTableReader(
        tables,
        activity_table=at["ACTIVITY_TABLE"],
        hasher=PartyHasher(key=key.current().encode()),
    )
    desk = Desk(world=world, lister=lister, catalog=catalog.Catalog(), edge_of=catalog.edge_of)
    return JobWiring(
        world=world,
        jobs=JobTable(tables, tenant_table=at["TENANT_TABLE"]),
        queue=JobSteps(session.client("sqs", config=_CLIENT_CONFIG), at["JOB_QUEUE_URL"]),
        work={
            JobKind.SIMULATE: partial(simulate_step, lister=lister, world=world),
            JobKind.BACKFILL: partial(backfill_step, desk=desk),
        },
        dead_letters=at["JOB_DEAD_LETTER_QUEUE_ARN"],
    )

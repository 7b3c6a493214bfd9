"""Builds the API from the environment; clients are made when a route first needs them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config

from switchhook.adapters.app_credentials import OwnAppSecrets, StoredApps
from switchhook.adapters.dynamodb.connect import AppChoiceTable
from switchhook.adapters.dynamodb.connections import DynamoConnections
from switchhook.adapters.dynamodb.hooks import TenantHooks
from switchhook.adapters.dynamodb.hooks_read import HookTable
from switchhook.adapters.dynamodb.idempotency import IdempotencyTable
from switchhook.adapters.dynamodb.jobs import JobTable
from switchhook.adapters.dynamodb.keys import PartyHasher
from switchhook.adapters.dynamodb.ledger_read import LedgerTableReader
from switchhook.adapters.dynamodb.settings import PeopleTable, SettingsTable
from switchhook.adapters.dynamodb.tenants import TenantTable
from switchhook.adapters.kms import KmsCipher
from switchhook.adapters.payload_bucket import PayloadBucket
from switchhook.adapters.phone import NumberPlan
from switchhook.adapters.providers.catalog import Catalog
from switchhook.adapters.salesforce.hosts import SalesforceHosts
from switchhook.adapters.secrets import StoredSecret
from switchhook.adapters.sqs import JobSteps
from switchhook.domain.tenants import ENTROPY_BYTES
from switchhook.ports.ledger import Clock
from switchhook.runtime.api.app import Api
from switchhook.runtime.api.routes import ROUTES
from switchhook.runtime.environment import Environment
from switchhook.usecases.org.disconnect import disconnect

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from switchhook.usecases.record.world import World

# Writes are transactions with a token, or harmless to repeat, so botocore may try again; all tries
# together stay below the function's 30 s.
_CLIENT_CONFIG = Config(
    connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}
)

_OWN = (
    "TENANT_TABLE",
    "ACTIVITY_TABLE",
    "KMS_KEY_ID",
    "SESSION_KEY_SECRET",
    "OPERATOR_KEY_SECRET",
    "APP_SECRET_PREFIX",
)
_CONNECT = (
    "SALESFORCE_APP_SECRET",
    "SALESFORCE_LOGIN_URL",
    "SALESFORCE_CONNECT_TIMEOUT_S",
    "SALESFORCE_READ_TIMEOUT_S",
)
_WORLD = ("DIRECTORY_TABLE", "PAYLOAD_BUCKET", "ACTIVITY_QUEUE_URL", "JOB_QUEUE_URL")
_LONGEST_S = {"SALESFORCE_CONNECT_TIMEOUT_S": 2.0, "SALESFORCE_READ_TIMEOUT_S": 8.0}
_OPTIONAL = ("PUBLIC_BASE_URL", "LOCAL_SALESFORCE_HOST", "STAGE")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Where the API reads and writes.

    `connect` are the variables that disconnecting is wired from, `world` those of the worker's world.
    """

    tenant_table: str
    activity_table: str
    kms_key_id: str
    session_key_secret: str
    operator_key_secret: str
    app_secret_prefix: str
    public_base_url: str
    connect: Mapping[str, str] = field(repr=False)
    world: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "ApiSettings":
        """The settings a function was deployed with.

        Raises:
            KeyError: names every variable that is missing.
            ValueError: a local Salesforce host is set in production.
        """
        at = Environment.from_env(env, names=(*_OWN, *_CONNECT, *_WORLD))
        tenants, activities, key_id, session_key, operator_key, apps = (at[name] for name in _OWN)
        return cls(
            tenant_table=tenants,
            activity_table=activities,
            kms_key_id=key_id,
            session_key_secret=session_key,
            operator_key_secret=operator_key,
            app_secret_prefix=apps,
            public_base_url=env.get("PUBLIC_BASE_URL", ""),
            connect={n: env[n] for n in (*_OWN, *_CONNECT, *_OPTIONAL) if n in env},
            world=dict(env),
        )


class AwsServices:
    """The API's ports over AWS; nothing is connected to before its first use."""

    def __init__(self, settings: ApiSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._session = boto3.session.Session()

    @cached_property
    def _tables(self) -> "DynamoDBClient":
        return self._session.client("dynamodb", config=_CLIENT_CONFIG)

    @cached_property
    def _secrets(self) -> "SecretsManagerClient":
        return self._session.client("secretsmanager", config=_CLIENT_CONFIG)

    @cached_property
    def tenants(self) -> TenantTable:
        """The tenants."""
        return TenantTable(self._tables, self._settings.tenant_table)

    @property
    def eraser(self) -> TenantTable:
        """Removes tenants."""
        return self.tenants

    @property
    def keys(self) -> TenantTable:
        """Who is calling."""
        return self.tenants

    @cached_property
    def operator(self) -> StoredSecret:
        """The operator's key."""
        return StoredSecret(
            self._secrets,
            secret_id=self._settings.operator_key_secret,
            what="the operator's key",
        )

    @cached_property
    def versions(self) -> SettingsTable:
        """Settings."""
        return SettingsTable(self._tables, self._settings.tenant_table)

    @cached_property
    def people(self) -> PeopleTable:
        """People."""
        return PeopleTable(self._tables, self._settings.tenant_table)

    @cached_property
    def hooks(self) -> TenantHooks:
        """Hooks as tenants see them."""
        return TenantHooks(self._tables, self._settings.tenant_table)

    @property
    def hook_store(self) -> TenantHooks:
        """Changes hooks."""
        return self.hooks

    @cached_property
    def hook_reader(self) -> HookTable:
        """Hooks as the ingress sees them."""
        return HookTable(self._tables, self._settings.tenant_table)

    @property
    def tickets(self) -> TenantHooks:
        """Connect tickets."""
        return self.hooks

    @cached_property
    def connections(self) -> DynamoConnections:
        """Grants."""
        return DynamoConnections(self._tables, self._settings.tenant_table)

    @cached_property
    def ledger(self) -> LedgerTableReader:
        """The ledger; its parties are hashed with the key that the worker uses."""
        key = StoredSecret(
            self._secrets, secret_id=self._settings.session_key_secret, what="the session key"
        )
        return LedgerTableReader(
            self._tables,
            activity_table=self._settings.activity_table,
            hasher=PartyHasher(key=key.current().encode()),
        )

    @cached_property
    def cipher(self) -> KmsCipher:
        """Encrypts secrets."""
        client = self._session.client("kms", config=_CLIENT_CONFIG)
        return KmsCipher(client, self._settings.kms_key_id)

    @cached_property
    def catalog(self) -> Catalog:
        """The providers."""
        return Catalog()

    @cached_property
    def plan(self) -> NumberPlan:
        """Reads telephone numbers."""
        return NumberPlan()

    @cached_property
    def app_choices(self) -> AppChoiceTable:
        """Which app of its own a tenant connects with."""
        return AppChoiceTable(self._tables, self._settings.tenant_table)

    @cached_property
    def app_secrets(self) -> OwnAppSecrets:
        """The credentials of tenants' own apps."""
        return OwnAppSecrets(self._secrets, kms_key_id=self._settings.kms_key_id)

    @cached_property
    def default_app(self) -> StoredApps:
        """The deployment's Salesforce app."""
        secret_id = self._settings.connect["SALESFORCE_APP_SECRET"]
        return StoredApps(self._secrets, secret_id=secret_id)

    def app_secret_prefix(self) -> str:
        """How the names of tenants' app secrets begin."""
        return self._settings.app_secret_prefix

    def default_login_url(self) -> str:
        """Where people sign in unless an app says otherwise."""
        return self._settings.connect["SALESFORCE_LOGIN_URL"]

    def read_login_url(self, url: str) -> str:
        """A sign-in address as it is used; raises `Permanent` for one that is not Salesforce's."""
        local = self._settings.connect.get("LOCAL_SALESFORCE_HOST") or None
        return SalesforceHosts(local=local).login_base(url)

    @cached_property
    def world(self) -> "World":
        """What the worker has, made by the first request that explains or replays."""
        # Late: Salesforce's client takes longest to load, and most requests do without.
        from switchhook.runtime.worker_wiring import wire_world  # noqa: PLC0415

        return wire_world(sooner(self._settings.world), self._clock)

    @cached_property
    def idempotency_keys(self) -> IdempotencyTable:
        """What callers asked for under keys of their own."""
        return IdempotencyTable(self._tables, self._settings.tenant_table)

    @cached_property
    def jobs(self) -> JobTable:
        """Long work."""
        return JobTable(self._tables, tenant_table=self._settings.tenant_table)

    @cached_property
    def job_queue(self) -> JobSteps:
        """Takes jobs on."""
        client = self._session.client("sqs", config=_CLIENT_CONFIG)
        return JobSteps(client, self._settings.world["JOB_QUEUE_URL"])

    @cached_property
    def payloads(self) -> PayloadBucket:
        """Lays the lines of backfills aside."""
        return PayloadBucket(
            lambda: self._session.client("s3", config=_CLIENT_CONFIG),
            self._settings.world["PAYLOAD_BUCKET"],
        )

    def disconnect(self, tenant_id: str) -> bool:
        """Revokes and forgets the tenant's grant; False when Salesforce did not confirm it."""
        # Late: one route in a day needs Salesforce, and its client takes longest to load.
        from switchhook.runtime.connect_wiring import ConnectSettings, wire  # noqa: PLC0415

        world = wire(ConnectSettings.from_env(self._settings.connect)).world
        return disconnect(
            tenant_id,
            connections=self.connections,
            cipher=self.cipher,
            tokens=world.tokens,
            choices=self.app_choices,
            secrets=self.app_secrets,
        )

    def entropy(self) -> bytes:
        """32 fresh random bytes."""
        return os.urandom(ENTROPY_BYTES)

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)


def sooner(env: Mapping[str, str]) -> Mapping[str, str]:
    """The variables with Salesforce's time-outs as short as somebody who waits for an answer needs them.

    What is sent must come back, or be given up, well within the 30 s that API Gateway waits.
    """
    waits = {
        name: str(min(float(env[name]), most_s))
        for name, most_s in _LONGEST_S.items()
        if name in env
    }
    return {**env, **waits}


def wire_api(env: Mapping[str, str], logger: Logger, clock: Clock) -> Api:
    """The API as deployed with these environment variables; `clock` says how much of each request is left."""
    settings = ApiSettings.from_env(env)
    return Api(
        ROUTES,
        AwsServices(settings, clock),
        public_base_url=settings.public_base_url,
        logger=logger,
    )

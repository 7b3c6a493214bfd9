"""The composition root: each adapter of this deployment, loaded and made when it is first asked for.

So a function loads only what it uses, and nothing connects before its first request. The ingress alone
has a root of its own (`ingress`), for it waits for AWS as briefly as a provider waits for it.
"""

import os
from collections.abc import Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from switchhook.domain.tenants import ENTROPY_BYTES
from switchhook.domain.timing import Timing
from switchhook.ports.ledger import Clock
from switchhook.runtime.environment import Environment, Function, Patience

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from switchhook.adapters.aws import KmsCipher, PayloadBucket
    from switchhook.adapters.dynamodb.connect import AppChoiceTable, DynamoConnectSteps
    from switchhook.adapters.dynamodb.connections import DynamoConnections
    from switchhook.adapters.dynamodb.due import DueTable
    from switchhook.adapters.dynamodb.hooks import TenantHooks
    from switchhook.adapters.dynamodb.hooks_read import HookTable
    from switchhook.adapters.dynamodb.idempotency import IdempotencyTable
    from switchhook.adapters.dynamodb.jobs import JobTable
    from switchhook.adapters.dynamodb.keys import PartyHasher
    from switchhook.adapters.dynamodb.ledger_read import LedgerTableReader
    from switchhook.adapters.dynamodb.org_memory import OrgMemoryTable
    from switchhook.adapters.dynamodb.settings import PeopleTable, SettingsTable
    from switchhook.adapters.dynamodb.tenants import TenantTable
    from switchhook.adapters.phone import NumberPlan
    from switchhook.adapters.providers.catalog import Catalog
    from switchhook.adapters.queues import DeadLetterQueue, JobSteps
    from switchhook.adapters.salesforce.hosts import SalesforceHosts
    from switchhook.adapters.salesforce.oauth import SalesforceTokens
    from switchhook.adapters.salesforce.session import Bounds, RestApi
    from switchhook.adapters.secrets import OwnAppSecrets, StoredApps, StoredSecret
    from switchhook.domain.jobs import JobKind
    from switchhook.runtime.recording import Recording
    from switchhook.usecases.ask.jobs import Work
    from switchhook.usecases.org.connect import Connecting
    from switchhook.usecases.org.own_app import AppStores


def deployed(function: Function, env: Mapping[str, str], clock: Clock) -> "Deployment":
    """The deployment as a function sees it.

    Raises:
        KeyError: names every variable that is missing.
        ValueError: a local Salesforce host or file origin is set in production.
    """
    at = Environment.from_env(env, names=function.needs)
    return Deployment(at, clock, patience=function.patience)


class Deployment:
    """Every adapter over AWS and Salesforce, one of each; `clock` says how much of an invocation is left.

    It is handed to nobody but the functions and the table of routes: whoever works gets what they work
    with.
    """

    def __init__(self, at: Environment, clock: Clock, *, patience: Patience) -> None:
        self._at = at
        self._patience = patience
        self._session = boto3.session.Session()
        self._config = Config(
            connect_timeout=2,
            read_timeout=patience.aws_read_s,
            retries={"mode": "standard", "total_max_attempts": 3},
        )
        self.clock = clock
        self.public_base_url = at.public_base_url
        self.operator_name = at.operator_name

    # ------------------------------------------------------------ AWS

    @cached_property
    def tables(self) -> "DynamoDBClient":
        """DynamoDB."""
        return self._session.client("dynamodb", config=self._config)

    @cached_property
    def queues(self) -> "SQSClient":
        """SQS."""
        return self._session.client("sqs", config=self._config)

    @cached_property
    def _secrets(self) -> "SecretsManagerClient":
        return self._session.client("secretsmanager", config=self._config)

    @cached_property
    def _keys(self) -> "KMSClient":
        return self._session.client("kms", config=self._config)

    @cached_property
    def _objects(self) -> "S3Client":
        return self._session.client("s3", config=self._config)

    @cached_property
    def cipher(self) -> "KmsCipher":
        """Encrypts tenants' secrets."""
        from switchhook.adapters.aws import KmsCipher

        return KmsCipher(self._keys, self._at["KMS_KEY_ID"])

    @cached_property
    def payloads(self) -> "PayloadBucket":
        """Bodies too large for an item."""
        from switchhook.adapters.aws import PayloadBucket

        return PayloadBucket(lambda: self._objects, self._at["PAYLOAD_BUCKET"])

    @cached_property
    def operator(self) -> "StoredSecret":
        """The operator's key."""
        return self._secret("OPERATOR_KEY_SECRET", "the operator's key")

    @cached_property
    def app(self) -> "StoredApps":
        """The credentials of the deployment's Salesforce app, and of tenants' own."""
        from switchhook.adapters.secrets import StoredApps

        return StoredApps(self._secrets, secret_id=self._at["SALESFORCE_APP_SECRET"])

    @cached_property
    def _own_app_secrets(self) -> "OwnAppSecrets":
        from switchhook.adapters.secrets import OwnAppSecrets

        return OwnAppSecrets(self._secrets, kms_key_id=self._at["KMS_KEY_ID"])

    @cached_property
    def hasher(self) -> "PartyHasher":
        """Hides parties in keys, the same way for whoever writes and whoever reads."""
        from switchhook.adapters.dynamodb.keys import PartyHasher

        key = self._secret("SESSION_KEY_SECRET", "the session key").current()
        return PartyHasher(key=key.encode())

    def _secret(self, name: str, what: str) -> "StoredSecret":
        from switchhook.adapters.secrets import StoredSecret

        return StoredSecret(self._secrets, secret_id=self._at[name], what=what)

    # ------------------------------------------------------------ tenants

    @cached_property
    def tenants(self) -> "TenantTable":
        """The tenants and their keys."""
        from switchhook.adapters.dynamodb.tenants import TenantTable

        return TenantTable(self.tables, self._at["TENANT_TABLE"])

    @cached_property
    def versions(self) -> "SettingsTable":
        """Settings."""
        from switchhook.adapters.dynamodb.settings import SettingsTable

        return SettingsTable(self.tables, self._at["TENANT_TABLE"])

    @cached_property
    def people(self) -> "PeopleTable":
        """People."""
        from switchhook.adapters.dynamodb.settings import PeopleTable

        return PeopleTable(self.tables, self._at["TENANT_TABLE"])

    @cached_property
    def hooks(self) -> "TenantHooks":
        """Hooks, as tenants see and change them."""
        from switchhook.adapters.dynamodb.hooks import TenantHooks

        return TenantHooks(self.tables, self._at["TENANT_TABLE"])

    @cached_property
    def connect_steps(self) -> "DynamoConnectSteps":
        """Tickets and states of the ways to Salesforce."""
        from switchhook.adapters.dynamodb.connect import DynamoConnectSteps

        return DynamoConnectSteps(self.tables, self._at["TENANT_TABLE"])

    @cached_property
    def hook_reader(self) -> "HookTable":
        """Hooks as the ingress sees them."""
        from switchhook.adapters.dynamodb.hooks_read import HookTable

        return HookTable(self.tables, self._at["TENANT_TABLE"])

    @cached_property
    def connections(self) -> "DynamoConnections":
        """Grants."""
        from switchhook.adapters.dynamodb.connections import DynamoConnections

        return DynamoConnections(self.tables, self._at["TENANT_TABLE"])

    @cached_property
    def idempotency_keys(self) -> "IdempotencyTable":
        """What callers asked for under keys of their own."""
        from switchhook.adapters.dynamodb.idempotency import IdempotencyTable

        return IdempotencyTable(self.tables, self._at["TENANT_TABLE"])

    @cached_property
    def own_apps(self) -> "AppStores":
        """Tenants' own Salesforce apps."""
        from switchhook.usecases.org.own_app import AppStores

        return AppStores(
            choices=self._app_choices,
            secrets=self._own_app_secrets,
            connections=self.connections,
            secret_prefix=self._at["APP_SECRET_PREFIX"],
        )

    @cached_property
    def _app_choices(self) -> "AppChoiceTable":
        from switchhook.adapters.dynamodb.connect import AppChoiceTable

        return AppChoiceTable(self.tables, self._at["TENANT_TABLE"])

    @cached_property
    def org_memory(self) -> "OrgMemoryTable":
        """What is remembered of tenants' orgs."""
        from switchhook.adapters.dynamodb.org_memory import OrgMemoryTable

        return OrgMemoryTable(self.tables, tenant_table=self._at["TENANT_TABLE"])

    # ------------------------------------------------------------ activities and jobs

    @cached_property
    def ledger(self) -> "LedgerTableReader":
        """The ledger as tenants see it."""
        from switchhook.adapters.dynamodb.ledger_read import LedgerTableReader

        return LedgerTableReader(
            self.tables, activity_table=self._at["ACTIVITY_TABLE"], hasher=self.hasher
        )

    @cached_property
    def due_dates(self) -> "DueTable":
        """What is due."""
        from switchhook.adapters.dynamodb.due import DueTable

        return DueTable(self.tables, activity_table=self._at["ACTIVITY_TABLE"])

    @cached_property
    def dead_letters(self) -> "DeadLetterQueue":
        """Messages that the worker gave up."""
        from switchhook.adapters.queues import DeadLetterQueue

        return DeadLetterQueue(self.queues, queue_url=self._at["DEAD_LETTER_QUEUE_URL"])

    @cached_property
    def jobs(self) -> "JobTable":
        """Long work."""
        from switchhook.adapters.dynamodb.jobs import JobTable

        return JobTable(self.tables, tenant_table=self._at["TENANT_TABLE"])

    @cached_property
    def job_queue(self) -> "JobSteps":
        """Takes jobs on."""
        from switchhook.adapters.queues import JobSteps

        return JobSteps(self.queues, self._at["JOB_QUEUE_URL"])

    @cached_property
    def given_up_jobs(self) -> str:
        """The ARN of the queue whose messages are steps that were given up."""
        return self._at["JOB_DEAD_LETTER_QUEUE_ARN"]

    @cached_property
    def work(self) -> "Mapping[JobKind, Work]":
        """What each kind of job does in a step."""
        from switchhook.adapters.providers.catalog import edge_of
        from switchhook.domain.jobs import JobKind
        from switchhook.usecases.ask.backfill import BackfillPorts, backfill_step
        from switchhook.usecases.ask.simulate import simulate_step

        ports = BackfillPorts(
            world=self.recording.world, lister=self.ledger, catalog=self.catalog, edge_of=edge_of
        )
        return {
            JobKind.SIMULATE: partial(
                simulate_step, lister=self.ledger, deciding=self.recording.deciding
            ),
            JobKind.BACKFILL: partial(backfill_step, ports=ports),
        }

    # ------------------------------------------------------------ what needs no store

    @cached_property
    def catalog(self) -> "Catalog":
        """The providers."""
        from switchhook.adapters.providers.catalog import Catalog

        return Catalog()

    @cached_property
    def plan(self) -> "NumberPlan":
        """Reads telephone numbers."""
        from switchhook.adapters.phone import NumberPlan

        return NumberPlan()

    @cached_property
    def timing(self) -> Timing:
        """How long things may take in this deployment."""
        return Timing(
            worker_timeout_s=float(self._at["WORKER_TIMEOUT_S"]),
            write_horizon_s=float(self._at["WRITE_HORIZON_S"]),
            fence_slack_s=float(self._at["FENCE_SLACK_S"]),
            connect_timeout_s=self._connect_timeout_s,
            read_timeout_s=self._read_timeout_s,
            caretaker_interval_s=float(self._at["CARETAKER_INTERVAL_S"]),
        )

    @property
    def _connect_timeout_s(self) -> float:
        given_s = float(self._at["SALESFORCE_CONNECT_TIMEOUT_S"])
        return min(given_s, self._patience.salesforce_connect_s)

    @property
    def _read_timeout_s(self) -> float:
        given_s = float(self._at["SALESFORCE_READ_TIMEOUT_S"])
        return min(given_s, self._patience.salesforce_read_s)

    def entropy(self) -> bytes:
        """32 fresh random bytes."""
        return os.urandom(ENTROPY_BYTES)

    # ------------------------------------------------------------ Salesforce

    @cached_property
    def hosts(self) -> "SalesforceHosts":
        """Which hosts are Salesforce's."""
        from switchhook.adapters.salesforce.hosts import SalesforceHosts

        return SalesforceHosts(local=self._at.local_salesforce_host)

    @property
    def login_url(self) -> str:
        """Where people sign in unless an app says otherwise; not yet looked at."""
        return self._at["SALESFORCE_LOGIN_URL"]

    @cached_property
    def _bounds(self) -> "Bounds":
        from switchhook.adapters.salesforce.session import Bounds

        return Bounds(
            hosts=self.hosts,
            connect_timeout_s=self._connect_timeout_s,
            read_timeout_s=self._read_timeout_s,
        )

    @cached_property
    def tokens(self) -> "SalesforceTokens":
        """Salesforce's OAuth endpoints."""
        from switchhook.adapters.salesforce.oauth import SalesforceTokens
        from switchhook.adapters.salesforce.session import BoundedSession

        return SalesforceTokens(
            BoundedSession(self._bounds), hosts=self.hosts, credentials=self.app.credentials
        )

    @cached_property
    def rest(self) -> "RestApi":
        """Salesforce's REST API."""
        from switchhook.adapters.salesforce.session import DataSession, RestApi

        return RestApi(DataSession(self._bounds))

    @cached_property
    def connecting(self) -> "Connecting":
        """What connecting a tenant needs."""
        from switchhook.adapters.salesforce.metadata import SalesforceMetadata
        from switchhook.adapters.salesforce.oauth import authorize_url
        from switchhook.domain.connection import SecondTenant
        from switchhook.usecases.org.connect import Connecting

        return Connecting(
            steps=self.connect_steps,
            orgs=self.connections,
            second=SecondTenant(self._at["SECOND_TENANT_OF_ORG"]),
            app=self.app,
            app_choices=self._app_choices,
            app_secrets=self._own_app_secrets,
            tokens=self.tokens,
            org=SalesforceMetadata(self.rest),
            memory=self.org_memory,
            connections=self.connections,
            cipher=self.cipher,
            due_dates=self.due_dates,
            now=self.clock.now,
            authorize_url=authorize_url,
        )

    def disconnect(self, tenant_id: str) -> bool:
        """Revokes and forgets the tenant's grant; False when Salesforce did not confirm it."""
        from switchhook.usecases.org.disconnect import disconnect

        return disconnect(
            tenant_id,
            connections=self.connections,
            cipher=self.cipher,
            tokens=self.tokens,
            choices=self._app_choices,
            secrets=self._own_app_secrets,
        )

    @cached_property
    def recording(self) -> "Recording":
        """What recording an activity needs."""
        from switchhook.runtime.recording import Recording

        return Recording(self, self._at)

"""Wires what connecting a tenant needs; clients open no connection before their first request."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import boto3
from botocore.config import Config

from switchhook.adapters.app_credentials import OwnAppSecrets, StoredApps
from switchhook.adapters.dynamodb.connect import AppChoiceTable, DynamoConnectSteps
from switchhook.adapters.dynamodb.connections import DynamoConnections
from switchhook.adapters.dynamodb.due import DueMarkers
from switchhook.adapters.dynamodb.org_memory import OrgMemoryTable
from switchhook.adapters.kms import KmsCipher
from switchhook.adapters.salesforce.hosts import SalesforceHosts
from switchhook.adapters.salesforce.metadata import SalesforceOrgReader
from switchhook.adapters.salesforce.oauth import SalesforceTokens, authorize_url
from switchhook.adapters.salesforce.session import BoundedSession, Bounds, DataSession, RestApi
from switchhook.runtime.environment import Environment
from switchhook.usecases.org.connect import Chance, Connecting

_CLIENT_CONFIG = Config(
    connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}
)

_REQUIRED = (
    "TENANT_TABLE",
    "ACTIVITY_TABLE",
    "KMS_KEY_ID",
    "SALESFORCE_APP_SECRET",
    "SALESFORCE_LOGIN_URL",
    "SALESFORCE_CONNECT_TIMEOUT_S",
    "SALESFORCE_READ_TIMEOUT_S",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectSettings:
    """Where connecting reads and writes, and which Salesforce it talks to."""

    tenant_table: str
    activity_table: str
    kms_key_id: str
    app_secret: str
    login_url: str
    local_host: str | None
    public_base_url: str
    connect_timeout_s: float
    read_timeout_s: float

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "ConnectSettings":
        """The settings a function was deployed with.

        Raises:
            KeyError: names every variable that is missing.
            ValueError: a local Salesforce host is set in production.
        """
        at = Environment.from_env(env, names=_REQUIRED)
        return cls(
            tenant_table=at["TENANT_TABLE"],
            activity_table=at["ACTIVITY_TABLE"],
            kms_key_id=at["KMS_KEY_ID"],
            app_secret=at["SALESFORCE_APP_SECRET"],
            login_url=at["SALESFORCE_LOGIN_URL"],
            local_host=at.local_salesforce_host,
            public_base_url=env.get("PUBLIC_BASE_URL", ""),
            connect_timeout_s=float(at["SALESFORCE_CONNECT_TIMEOUT_S"]),
            read_timeout_s=float(at["SALESFORCE_READ_TIMEOUT_S"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectWiring:
    """The ports of connecting, and the address to sign in at."""

    world: Connecting
    login_url: str
    public_base_url: str


def wire(settings: ConnectSettings) -> ConnectWiring:
    """The ports, wired to AWS and Salesforce.

    Raises:
        Permanent: the login address is not one of Salesforce's.
    """
    session = boto3.session.Session()
    tables = session.client("dynamodb", config=_CLIENT_CONFIG)
    secrets_manager = session.client("secretsmanager", config=_CLIENT_CONFIG)
    app = StoredApps(secrets_manager, secret_id=settings.app_secret)
    hosts = SalesforceHosts(local=settings.local_host)
    bounds = Bounds(
        hosts=hosts,
        connect_timeout_s=settings.connect_timeout_s,
        read_timeout_s=settings.read_timeout_s,
    )
    tokens = SalesforceTokens(BoundedSession(bounds), hosts=hosts, credentials=app.credentials)
    world = Connecting(
        steps=DynamoConnectSteps(tables, settings.tenant_table),
        app=app,
        app_choices=AppChoiceTable(tables, settings.tenant_table),
        app_secrets=OwnAppSecrets(secrets_manager, kms_key_id=settings.kms_key_id),
        tokens=tokens,
        identities=tokens,
        org=SalesforceOrgReader(RestApi(DataSession(bounds))),
        memory=OrgMemoryTable(tables, tenant_table=settings.tenant_table),
        connections=DynamoConnections(tables, settings.tenant_table),
        cipher=KmsCipher(session.client("kms", config=_CLIENT_CONFIG), settings.kms_key_id),
        markers=DueMarkers(tables, settings.activity_table),
        now=lambda: datetime.now(UTC),
        authorize_url=authorize_url,
    )
    return ConnectWiring(
        world=world,
        login_url=hosts.login_base(settings.login_url),
        public_base_url=settings.public_base_url,
    )


def fresh_chance() -> Chance:
    """Three random texts of 256 bits each."""
    return Chance(
        state=secrets.token_urlsafe(32),
        browser=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(32),
    )

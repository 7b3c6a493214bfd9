"""The API over fakes, and somebody to call it."""

import base64
import io
import itertools
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from aws_lambda_powertools import Logger

from fakes.admin import (
    FakeConnectSteps,
    FakeHookReader,
    FakeHooks,
    FakeLedgerReader,
    FakePeople,
    FakeSettings,
    FakeTenantTable,
)
from fakes.apps import FakeAppChoices, FakeApps, FakeAppSecrets
from fakes.cipher import FakeCipher
from fakes.connections import FakeConnections
from fakes.idempotency import FakeIdempotencyKeys
from fakes.jobs import FakeJobQueue, FakeJobs
from fakes.office import Office
from fakes.queues import FakePayloadStore
from fakes.world import with_ports
from switchhook.adapters.phone import NumberPlan
from switchhook.adapters.providers.catalog import Catalog
from switchhook.adapters.providers.event_reader import ProviderEvents
from switchhook.adapters.salesforce.hosts import SalesforceHosts
from switchhook.domain.connection import Connection, ConnectionStatus
from switchhook.ports.connect import AppCredentials
from switchhook.runtime.api.app import Api
from switchhook.runtime.api.table import ROUTES
from switchhook.usecases.org.own_app import AppStores

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
OPERATOR_KEY = "the operator's key of the tests"
BASE = "https://switchhook.example.com"
DEFAULT_APP = AppCredentials(client_id="the deployment's", client_secret="the deployment's secret")
CONTEXT = SimpleNamespace(
    function_name="api",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:api",
    aws_request_id="11111111-2222-3333-4444-555555555555",
)


class World:
    """A deployment in memory, as far as the API takes from it; `disconnected` names the tenants whose grants were ended."""

    def __init__(self) -> None:
        self.table = FakeTenantTable()
        self.tenants = self.table
        self.versions = FakeSettings(self.table)
        self.people = FakePeople(self.table)
        self.hooks = FakeHooks(self.table)
        self.connect_steps = FakeConnectSteps(self.table)
        self.hook_reader = FakeHookReader(self.table)
        self.connections = FakeConnections()
        self.app_choices, self.app_secrets = FakeAppChoices(), FakeAppSecrets()
        self.app = FakeApps(DEFAULT_APP, self.app_secrets)
        self.own_apps = AppStores(
            choices=self.app_choices,
            secrets=self.app_secrets,
            connections=self.connections,
            secret_prefix="switchhook/apps/",
        )
        self.login_url, self.hosts = "https://login.salesforce.com", SalesforceHosts()
        self.public_base_url = BASE
        self.ledger = FakeLedgerReader()
        self.cipher = FakeCipher()
        self.catalog = Catalog()
        self.plan = NumberPlan()
        self.operator = SimpleNamespace(current=lambda: OPERATOR_KEY)
        self.office = Office()
        self.recording = with_ports(self.office.world, reader=ProviderEvents())
        self.jobs, self.job_queue, self.payloads = FakeJobs(), FakeJobQueue(), FakePayloadStore()
        self.idempotency_keys = FakeIdempotencyKeys()
        self.disconnected: list[str] = []
        self.time = NOW
        self.clock = SimpleNamespace(now=lambda: self.time)
        self._counter = itertools.count(1)

    def disconnect(self, tenant_id: str) -> bool:
        self.disconnected.append(tenant_id)
        self.connections.stored[tenant_id] = Connection(
            tenant=tenant_id, status=ConnectionStatus.NOT_CONNECTED
        )
        return True

    def entropy(self) -> bytes:
        # Ids take the first ten bytes.
        return next(self._counter).to_bytes(10, "big") + bytes(22)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> Any:
        return self.json["error"]


class Caller:
    """Calls the API as API Gateway would."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._told = io.StringIO()
        # A logger lives as long as its name, so each caller's has a name of its own.
        logger = Logger(service=f"api {uuid.uuid4()}", stream=self._told)
        self.api = Api(ROUTES, world, logger=logger)

    @property
    def log(self) -> str:
        """All that was logged."""
        return self._told.getvalue()

    def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        sent = {"host": "api.example.com", **(headers or {})}
        if key is not None:
            sent["authorization"] = f"Bearer {key}"
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "ANY /v1/{proxy+}",
            "rawPath": path,
            "rawQueryString": "",
            "headers": sent,
            "queryStringParameters": query,
            "requestContext": {
                "domainName": "api.example.com",
                "requestId": "req-1",
                "stage": "$default",
                "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
            },
            "isBase64Encoded": raw is not None,
        }
        if body is not None:
            event["body"] = json.dumps(body)
        if raw is not None:
            event["body"] = base64.b64encode(raw).decode("ascii")
        answer = self.api(event, CONTEXT)
        headers_out = {name.lower(): value for name, value in answer["headers"].items()}
        return Answer(status=answer["statusCode"], headers=headers_out, text=answer["body"])


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeTenant:
    """A tenant made through the API."""

    id: str
    admin: str
    agent: str

    @property
    def path(self) -> str:
        return f"/v1/tenants/{self.id}"


NEW_TENANT = {
    "name": "Engines Ltd",
    "preset": "standard",
    "default_region": "US",
    "time_zone": "America/New_York",
}


def make_tenant(call: Caller, **changes: object) -> MadeTenant:
    answer = call("POST", "/v1/tenants", {**NEW_TENANT, **changes}, key=OPERATOR_KEY)
    assert answer.status == 201, answer.text
    made = answer.json
    return MadeTenant(id=made["tenant_id"], admin=made["admin_key"], agent=made["agent_key"])

"""One deployment and one org for a test: tables, queues, key and secrets in the emulator, an org over https."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from orgsim.server import OrgServer
from switchhook.adapters.aws import KmsCipher
from switchhook.adapters.dynamodb.connections import DynamoConnections
from switchhook.domain.activity import activity_id
from switchhook.domain.connection import Connection, ConnectionStatus
from switchhook.domain.facts.event import Kind
from switchhook.domain.facts.people import OrgUser
from switchhook.domain.queue_messages import EventMessage, pack
from switchhook.runtime.deployment import deployed
from switchhook.runtime.environment import ACTIVITY_WORKER
from switchhook.usecases.record.world import World

TENANT = "t-race"
NUMBER = "+14155550100"
APP_ID = "site-app"
APP_SECRET = "site-app-secret"
OPERATOR_KEY = "site-operator-key"
BASE_URL = "https://hook.example.com"
CALLBACK = f"{BASE_URL}/oauth/salesforce/callback"


class RunningClock:
    """Real time; an invocation that never ends."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def remaining_s(self) -> float:
        return 60.0


@dataclass
class Site:
    """One deployment and one org; `worker` wires another process of it."""

    env: dict[str, str]
    org: OrgServer
    token: dict[str, str]
    wired: list[World] = field(default_factory=list)

    def worker(self) -> World:
        world = deployed(ACTIVITY_WORKER, self.env, RunningClock()).recording.world
        self.wired.append(world)
        return world

    def load(self, type_: str, **fields: object) -> str:
        body = {"records": [{"type": type_, "fields": fields}]}
        return self.control("load", body)["ids"][0]

    def control(self, path: str, body: object) -> Any:
        answer = requests.post(
            f"{self.org.addresses.control_url}/_org/{path}", json=body, timeout=10
        )
        assert answer.ok, answer.text
        return answer.json()

    def change(self, type_: str, record_id: str, **fields: object) -> None:
        answer = requests.patch(
            f"{self.org.addresses.http_url}/services/data/v62.0/sobjects/{type_}/{record_id}",
            json=fields,
            headers={"authorization": f"Bearer {self.token['access_token']}"},
            timeout=10,
        )
        assert answer.ok, answer.text

    def query(self, soql: str) -> list[dict[str, Any]]:
        answer = requests.get(
            f"{self.org.addresses.http_url}/services/data/v62.0/query",
            params={"q": soql},
            headers={"authorization": f"Bearer {self.token['access_token']}"},
            timeout=10,
        )
        assert answer.ok, answer.text
        return answer.json()["records"]

    def message(self, call_id: str, *, event_id: str, number: str = NUMBER) -> EventMessage:
        """A generic call.ended as the ingress would have queued it."""
        return EventMessage(
            tenant=TENANT,
            hook="h-1",
            provider="generic",
            activity_kind=Kind.CALL,
            source="h-1",
            activity_id=activity_id(tenant=TENANT, source="h-1", external_id=call_id),
            external_id=call_id,
            occurrence=1,
            event_id=event_id,
            received_at=datetime.now(UTC),
            packed=pack(json.dumps(answered_call(call_id, number=number)).encode()),
        )

    def heads(self, call_ids: Sequence[str]) -> list[Any]:
        ledger = self.wired[0].books.ledger
        ids = [activity_id(tenant=TENANT, source="h-1", external_id=one) for one in call_ids]
        return [ledger.read(TENANT, one).head for one in ids]

    def close(self) -> None:
        for world in self.wired:
            world.deciding.org.search._rest._session.close()
            world.sessions.grants.tokens._session.close()


def answered_call(
    call_id: str, *, number: str = NUMBER, now: datetime | None = None, **more: object
) -> dict[str, object]:
    """A generic call.ended of a call that was answered and ended 10 s ago."""
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    return {
        "type": "call.ended",
        "call_id": call_id,
        "direction": "inbound",
        "outcome": "answered",
        "external": {"number": number, "name": "Ada Byron"},
        "agent": {"email": "nobody@example.com", "name": "Nobody"},
        "started_at": _iso(now - timedelta(seconds=100)),
        "answered_at": _iso(now - timedelta(seconds=90)),
        "ended_at": _iso(now - timedelta(seconds=10)),
        "talk_s": 80,
        **more,
    }


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def site_for(aws: Any, tables: Any, org: OrgServer, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A deployment without tenants in the test's own AWS account, pointed at the org."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", aws.account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", org.addresses.ca_file)
    token = requests.post(f"{org.addresses.control_url}/_org/token", json={}, timeout=10)
    return Site(env=_environment(aws, tables, org), org=org, token=token.json())


def _environment(aws: Any, tables: Any, org: OrgServer) -> dict[str, str]:
    queues, secrets = aws.client("sqs"), aws.client("secretsmanager")
    bucket = f"payloads-{aws.account}"
    aws.client("s3").create_bucket(Bucket=bucket)

    def secret(name: str, text: str) -> str:
        return secrets.create_secret(Name=name, SecretString=text)["ARN"]

    app = {"client_id": APP_ID, "client_secret": APP_SECRET}
    return {
        "STAGE": "test",
        "TENANT_TABLE": tables.tenant,
        "ACTIVITY_TABLE": tables.activity,
        "DIRECTORY_TABLE": tables.directory,
        "PAYLOAD_BUCKET": bucket,
        "ACTIVITY_QUEUE_URL": queues.create_queue(QueueName="activities")["QueueUrl"],
        "JOB_QUEUE_URL": queues.create_queue(QueueName="jobs")["QueueUrl"],
        "JOB_DEAD_LETTER_QUEUE_ARN": "arn:aws:sqs:us-east-1:123456789012:dead-jobs",
        "DEAD_LETTER_QUEUE_URL": queues.create_queue(QueueName="dead")["QueueUrl"],
        "KMS_KEY_ID": aws.client("kms").create_key()["KeyMetadata"]["KeyId"],
        "SALESFORCE_APP_SECRET": secret("app", json.dumps(app)),
        "SESSION_KEY_SECRET": secret("session", "k" * 32),
        "OPERATOR_KEY_SECRET": secret("operator", OPERATOR_KEY),
        "APP_SECRET_PREFIX": "switchhook-test/apps/",
        "SALESFORCE_LOGIN_URL": org.addresses.login_url,
        "SECOND_TENANT_OF_ORG": "warn",
        "LOCAL_SALESFORCE_HOST": urlsplit(org.addresses.instance_url).netloc,
        "PUBLIC_BASE_URL": BASE_URL,
        "WRITE_HORIZON_S": "5",
        "WORKER_TIMEOUT_S": "30",
        "FENCE_SLACK_S": "2",
        "SALESFORCE_CONNECT_TIMEOUT_S": "5",
        "SALESFORCE_READ_TIMEOUT_S": "10",
        "CARETAKER_INTERVAL_S": "2",
    }


def settle_tenant(
    aws: Any, tables: Any, site: Site, *, chats: dict[str, object] | None = None, **calls: object
) -> None:
    """A tenant that is connected with a token from the org's control plane, without a refresh token.

    `calls` are its settings of calls, if others than a Lead for each unknown number, `chats` the
    actions of its chats.
    """
    client = aws.client("dynamodb")
    settings = {
        "preset": "standard",
        "default_region": "US",
        "time_zone": "UTC",
        "max_in_flight": 25,
        "calls": {"unknown_number": "lead", **calls},
        "matching": {"match_cache_minutes": 0},
        "chats": {"actions": chats or {}},
        **({"late_facts_window_s": 1} if chats else {}),
    }
    client.put_item(
        TableName=tables.tenant, Item={"pk": {"S": f"T#{TENANT}"}, "sk": {"S": "TENANT"}}
    )
    client.put_item(
        TableName=tables.tenant,
        Item={
            "pk": {"S": f"T#{TENANT}"},
            "sk": {"S": "SETTINGS#000001"},
            "version": {"N": "1"},
            "effective_at": {"S": "2020-01-01T00:00:00.000Z"},
            "patch": {"S": json.dumps(settings)},
        },
    )
    cipher = KmsCipher(aws.client("kms"), site.env["KMS_KEY_ID"])
    user = site.query("SELECT Id, Name, Email FROM User WHERE IsActive = true LIMIT 1")[0]
    connection = Connection(
        tenant=TENANT,
        status=ConnectionStatus.CONNECTED,
        generation=1,
        org_id=site.query("SELECT Id FROM Organization")[0]["Id"],
        instance_url=site.token["instance_url"],
        login_url=site.org.addresses.login_url,
        user=OrgUser(id=user["Id"], name=user["Name"], email=user["Email"] or "a@example.com"),
        access_ciphertext=cipher.encrypt(
            site.token["access_token"], tenant=TENANT, purpose="access_token"
        ),
        refresh_ciphertext=cipher.encrypt("none", tenant=TENANT, purpose="refresh_token"),
        connected_at=datetime.now(UTC),
    )
    nothing = Connection(tenant=TENANT, status=ConnectionStatus.NOT_CONNECTED)
    assert DynamoConnections(client, tables.tenant).replace(nothing, connection)

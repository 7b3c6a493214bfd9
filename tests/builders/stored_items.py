"""How the samples are written and read again, and what lies in the tables then, kind by kind.

That is kept in `tests/golden/stored`, one file a kind. The command

    PYTHONPATH=layers/switchhook:tests:. .venv/bin/python -m builders.stored_items

writes the file of a kind that has none yet. A file that is there is never written again: it is what a
release has stored. A kind that gets a new form gets a sample of its own beside the one it has.
"""

import base64
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from builders.ledger import T0, after
from builders.stored_samples import (
    APP,
    CALL,
    CALL_EVENT,
    CALL_HEAD,
    CHAT,
    CHAT_EVENT,
    CHAT_HEAD,
    CONNECTION,
    DECISION,
    DONE_CLAIM,
    FORMER_HOOK,
    HELD_CLAIM,
    HOOK,
    JOB,
    LARGE_EVENT,
    MATCH,
    ORG_FACTS,
    PARTY,
    PEOPLE,
    PIN,
    PINNED_PARTY,
    REPOINT,
    SETTINGS,
    STATE,
    TENANT,
    TENANT_SAMPLE,
    TICKET,
)
from fakes.queues import FakePayloadStore
from local import template as templates
from local.paths import ROOT
from switchhook.adapters.dynamodb.connect import AppChoiceTable, DynamoConnectSteps
from switchhook.adapters.dynamodb.connections import DynamoConnections
from switchhook.adapters.dynamodb.directory import DirectoryTable
from switchhook.adapters.dynamodb.due import DueTable
from switchhook.adapters.dynamodb.flights import FlightTable
from switchhook.adapters.dynamodb.hooks import TenantHooks
from switchhook.adapters.dynamodb.hooks_read import HookTable
from switchhook.adapters.dynamodb.idempotency import IdempotencyTable
from switchhook.adapters.dynamodb.jobs import JobTable
from switchhook.adapters.dynamodb.keys import PartyHasher, due_shard, event_sk
from switchhook.adapters.dynamodb.ledger import EventItems, LedgerTable
from switchhook.adapters.dynamodb.ledger_read import LedgerTableReader
from switchhook.adapters.dynamodb.org_memory import OrgMemoryTable
from switchhook.adapters.dynamodb.pins import PinTable, RepointTable
from switchhook.adapters.dynamodb.settings import PeopleTable, SettingsTable
from switchhook.adapters.dynamodb.tenants import TenantTable
from switchhook.adapters.serial import pack
from switchhook.domain.connection import Connection, ConnectionStatus
from switchhook.domain.facts.event import Event, Kind, gist
from switchhook.domain.tenants import (
    KeyHolder,
    ListedHook,
    Role,
)
from switchhook.domain.writing.claims import CompleteClaim, Known, TakeClaim
from switchhook.ports.due import DueItem
from switchhook.ports.ledger import LedgerWrite, ParkWith

FOLDER = ROOT / "tests/golden/stored"
_HASHER = PartyHasher(key=b"a key of the golden files")
_BY_CHANCE = "write_id"
"""The one attribute that is another each time."""

_LAID_ASIDE = "t_golden/a-long-chat/events/the content's hash.z"
"""zlib's releases compress differently, so the name of what is laid aside is not held."""

_TABLE_PROPERTIES = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The three tables on simulated AWS, and every adapter that stores something in them."""

    client: Any

    @property
    def ledger(self) -> LedgerTable:
        return LedgerTable(
            self.client,
            activity_table="ActivityTable",
            directory_table="DirectoryTable",
            tenant_table="TenantTable",
            hasher=_HASHER,
            events=EventItems(FakePayloadStore(), now=lambda: T0),
        )

    @property
    def stories(self) -> LedgerTableReader:
        return LedgerTableReader(self.client, activity_table="ActivityTable", hasher=_HASHER)

    @property
    def directory(self) -> DirectoryTable:
        return DirectoryTable(self.client, directory_table="DirectoryTable", hasher=_HASHER)

    @property
    def pins(self) -> PinTable:
        return PinTable(self.client, directory_table="DirectoryTable", hasher=_HASHER)

    @property
    def flights(self) -> FlightTable:
        return FlightTable(self.client, directory_table="DirectoryTable")

    @property
    def due(self) -> DueTable:
        return DueTable(self.client, activity_table="ActivityTable")

    def of_tenant(self, table: Callable[..., Any]) -> Any:
        """An adapter over TenantTable."""
        return table(self.client, "TenantTable")


@contextmanager
def empty_tables() -> Iterator[Tables]:
    """The template's tables without an item."""
    resources = templates.resources_of(
        templates.read(ROOT / "template.yaml"), "AWS::DynamoDB::Table"
    )
    with mock_aws():
        client = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="y",
        )
        for name, table in resources.items():
            properties = table["Properties"]
            known = {key: properties[key] for key in _TABLE_PROPERTIES if key in properties}
            client.create_table(TableName=name, **known)
        yield Tables(client=client)


def write_samples(at: Tables) -> None:
    """Store each sample as the functions do."""
    _write_tenant(at)
    _write_activities(at)
    _write_directory(at)


def _write_tenant(at: Tables) -> None:
    at.of_tenant(TenantTable).create(TENANT_SAMPLE, SETTINGS)
    at.of_tenant(PeopleTable).write(TENANT, PEOPLE)
    at.of_tenant(AppChoiceTable).put(TENANT, APP)
    hooks = at.of_tenant(TenantHooks)
    hooks.create(
        replace(HOOK, secret_ct=b"\x02old", previous_secret_ct=None, previous_until=None), T0
    )
    hooks.change_secret(
        replace(HOOK, secret_ct=b"\x02old", previous_secret_ct=None, previous_until=None), HOOK
    )
    hooks.create(FORMER_HOOK, T0)
    hooks.delete(TENANT, hooks.listed(TENANT, FORMER_HOOK.id), at=after(9))
    steps = at.of_tenant(DynamoConnectSteps)
    steps.put_ticket("71" * 32, TICKET)
    steps.put_state("57" * 32, STATE)
    nothing = Connection(tenant=TENANT, status=ConnectionStatus.NOT_CONNECTED)
    assert at.of_tenant(DynamoConnections).connect(nothing, CONNECTION, alone=True)
    OrgMemoryTable(at.client, tenant_table="TenantTable").remember(TENANT, ORG_FACTS)
    JobTable(at.client, tenant_table="TenantTable").create(JOB)
    at.of_tenant(IdempotencyTable).take(
        TENANT, "a key", "what was asked", now=T0, until=T0 + timedelta(days=1)
    )


def _write_activities(at: Tables) -> None:
    taken = (TakeClaim(claim=HELD_CLAIM), CompleteClaim(claim=DONE_CLAIM))
    at.ledger.commit(
        LedgerWrite(
            head=CALL_HEAD,
            event=CALL_EVENT,
            decision=DECISION,
            claims=taken,
            matches=((PARTY, MATCH),),
        )
    )
    long_chat = replace(CHAT_HEAD, id="a-long-chat")
    item = EventItems(FakePayloadStore(), now=lambda: T0).write(long_chat, LARGE_EVENT)
    at.client.put_item(TableName="ActivityTable", Item=item)
    park = ParkWith(seen=CONNECTION, reason="budget", probe_at=after(60))
    at.ledger.commit(LedgerWrite(head=CHAT_HEAD, event=CHAT_EVENT, park=park))
    at.due.keep_alive_at(TENANT, after(3600))


def _write_directory(at: Tables) -> None:
    at.pins.put(TENANT, PIN)
    RepointTable(at.client, directory_table="DirectoryTable").commit(REPOINT)
    assert at.flights.take_off(TENANT, CALL, cap=1, now=T0, until=after(90))


def _large_events(at: Tables) -> list[Event]:
    """The one that is laid aside: whole while the bucket keeps it, then what its item says."""
    key = {"pk": {"S": f"T#{TENANT}#A#a-long-chat"}, "sk": {"S": event_sk(LARGE_EVENT.event_id)}}
    item = at.client.get_item(TableName="ActivityTable", Key=key)["Item"]
    bucket = FakePayloadStore(stored={_LAID_ASIDE: pack(LARGE_EVENT)})
    return [
        EventItems(bucket, now=lambda now=now: now).read(item)
        for now in (T0, T0 + timedelta(days=30))
    ]


def _due(at: Tables, name: str) -> tuple[DueItem, ...]:
    shard = int(due_shard(name).removeprefix("DUE#"))
    return at.due.due(shard, now=after(86_400), limit=10)


READ: dict[str, tuple[Callable[[Tables], Any], Any]] = {
    "tenant": (lambda at: at.of_tenant(TenantTable).read(TENANT), TENANT_SAMPLE),
    "key": (
        lambda at: [
            at.of_tenant(TenantTable).holder(digest) for digest in TENANT_SAMPLE.key_hashes.values()
        ],
        [KeyHolder(tenant=TENANT, role=Role.ADMIN), KeyHolder(tenant=TENANT, role=Role.AGENT)],
    ),
    "settings": (lambda at: at.of_tenant(SettingsTable).latest(TENANT), SETTINGS),
    "people": (lambda at: at.of_tenant(PeopleTable).read(TENANT), PEOPLE),
    "app": (lambda at: at.of_tenant(AppChoiceTable).read(TENANT), APP),
    "connection": (lambda at: at.of_tenant(DynamoConnections).read(TENANT), CONNECTION),
    "metadata": (
        lambda at: OrgMemoryTable(at.client, tenant_table="TenantTable").recall(TENANT),
        ORG_FACTS,
    ),
    "hook_lookup": (lambda at: at.of_tenant(HookTable).read(HOOK.id), HOOK),
    "hook_listed": (
        lambda at: at.of_tenant(TenantHooks).listed(TENANT, HOOK.id),
        ListedHook(
            id=HOOK.id,
            provider="aircall",
            kind=Kind.CALL,
            source="aircall",
            created_at=T0,
            has_secret=True,
            previous_until=1_795_000_000,
        ),
    ),
    "hook_former": (
        lambda at: at.of_tenant(TenantHooks).former(TENANT, FORMER_HOOK.id),
        ListedHook(
            id=FORMER_HOOK.id,
            provider="generic",
            kind=Kind.CHAT,
            source="s",
            created_at=T0,
            has_secret=False,
        ),
    ),
    "ticket": (lambda at: at.of_tenant(DynamoConnectSteps).take_ticket("71" * 32), TICKET),
    "oauth_state": (lambda at: at.of_tenant(DynamoConnectSteps).take_state("57" * 32), STATE),
    "org": (
        lambda at: at.of_tenant(DynamoConnections).tenants_of(CONNECTION.org_id),
        frozenset({TENANT}),
    ),
    "job": (lambda at: JobTable(at.client, tenant_table="TenantTable").read(TENANT, JOB.id), JOB),
    "idempotency_key": (
        lambda at: at.of_tenant(IdempotencyTable).take(
            TENANT, "a key", "something else", now=after(1), until=after(9)
        ),
        "what was asked",
    ),
    "head": (
        lambda at: [at.ledger.read(TENANT, one).head for one in (CALL, CHAT)],
        [CALL_HEAD, CHAT_HEAD],
    ),
    "event": (
        lambda at: [at.ledger.read(TENANT, one).events for one in (CALL, CHAT)],
        [(CALL_EVENT,), (CHAT_EVENT,)],
    ),
    "event_laid_aside": (_large_events, [LARGE_EVENT, gist(LARGE_EVENT)]),
    "decision": (lambda at: at.stories.story(TENANT, CALL).decisions, (DECISION,)),
    "marker_parked": (
        lambda at: [one.what for one in _due(at, TENANT) if one.what == "park"],
        ["park"],
    ),
    "marker_keep_alive": (
        lambda at: [one.what for one in _due(at, TENANT) if one.what == "grant"],
        ["grant"],
    ),
    "claim": (
        lambda at: [at.directory.known(TENANT, one).claims for one in (PARTY, "ada@example.com")],
        [(HELD_CLAIM,), (DONE_CLAIM,)],
    ),
    "match": (lambda at: at.directory.known(TENANT, PARTY).match, MATCH),
    "pin": (lambda at: at.directory.known(TENANT, PINNED_PARTY), Known(pin=PIN)),
    "pin_listed": (lambda at: at.pins.page(TENANT, limit=10, cursor=None).items, (PIN,)),
    "undo": (
        lambda at: RepointTable(at.client, directory_table="DirectoryTable").read(
            TENANT, REPOINT.id
        ),
        REPOINT,
    ),
    "flight": (
        lambda at: at.flights.take_off(TENANT, "another", cap=1, now=T0, until=after(99)),
        False,
    ),
}
"""How a value of each kind is read, and the sample that it then is."""


def _kind_of(sk: str, pk: str) -> str:
    alone = {
        "TENANT": "tenant",
        "PEOPLE": "people",
        "APP": "app",
        "CONNECTION": "connection",
        "METADATA": "metadata",
        "HOOK": "hook_lookup",
        "KEY": "key",
        "TICKET": "ticket",
        "STATE": "oauth_state",
        "ORG": "org",
        "HEAD": "head",
        "PARK": "marker_parked",
        "GRANT": "marker_keep_alive",
        "MATCH": "match",
        "PIN": "pin",
        "FLIGHT": "flight",
    }
    numbered = {
        "SETTINGS": "settings",
        "HOOK": "hook_listed",
        "FORMER_HOOK": "hook_former",
        "JOB": "job",
        "IDEM": "idempotency_key",
        "EVT": "event",
        "DEC": "decision",
        "CLAIM": "claim",
        "PIN": "pin_listed",
        "UNDO": "undo",
    }
    first, is_numbered, _ = sk.partition("#")
    assert (first in numbered) if is_numbered else (first in alone), (pk, sk)
    return numbered[first] if is_numbered else alone[first]


type StoredItems = dict[str, list[dict[str, Any]]]


def stored(at: Tables) -> StoredItems:
    """Every item of the tables by its kind, as JSON shows it."""
    found: StoredItems = {}
    for table in ("ActivityTable", "DirectoryTable", "TenantTable"):
        for item in at.client.scan(TableName=table)["Items"]:
            kind = _kind_of(item["sk"]["S"], item["pk"]["S"])
            if "payload_key" in item:
                kind = f"{kind}_laid_aside"
                item["payload_key"] = {"S": _LAID_ASIDE}
            shown = {name: _shown(value) for name, value in item.items() if name != _BY_CHANCE}
            found.setdefault(kind, []).append({"table": table, "item": shown})
    return {
        kind: sorted(items, key=lambda one: (one["item"]["pk"]["S"], one["item"]["sk"]["S"]))
        for kind, items in found.items()
    }


def _shown(value: dict[str, Any]) -> dict[str, Any]:
    """A compressed body is shown as the JSON in it, for zlib's releases compress differently."""
    if "B" not in value:
        return {kind: sorted(held) if kind == "SS" else held for kind, held in value.items()}
    raw = bytes(value["B"])
    try:
        return {"packed": json.loads(zlib.decompress(raw))}
    except zlib.error:
        return {"B": base64.b64encode(raw).decode("ascii")}


def put_back(at: Tables, items: list[dict[str, Any]]) -> None:
    """Put items that `stored` has shown into the tables."""
    for one in items:
        item = {name: _hidden(value) for name, value in one["item"].items()}
        at.client.put_item(TableName=one["table"], Item=item)


def _hidden(value: dict[str, Any]) -> dict[str, Any]:
    if "packed" in value:
        return {"B": zlib.compress(json.dumps(value["packed"]).encode("ascii"))}
    return {"B": base64.b64decode(value["B"])} if "B" in value else value


def golden(kind: str) -> list[dict[str, Any]]:
    """What the file of a kind holds."""
    items = json.loads((FOLDER / f"{kind}.json").read_text(encoding="utf-8"))
    assert isinstance(items, list)
    return items


def main() -> None:
    """Write the files of kinds that have none."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with empty_tables() as at:
        write_samples(at)
        for kind, items in stored(at).items():
            path = Path(FOLDER / f"{kind}.json")
            if not path.exists():
                text = json.dumps(items, indent=1, sort_keys=True)
                path.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

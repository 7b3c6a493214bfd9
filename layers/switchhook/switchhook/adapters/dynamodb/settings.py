"""Versions of tenants' settings and their people, in TenantTable (docs/access-patterns.md).

They are read for one event at a time and never from a cache.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from switchhook.adapters.dynamodb.changes import (
    bad_cursor,
    change_together,
    key,
    put_new,
    table_refusals,
    tenant_exists,
)
from switchhook.adapters.dynamodb.keys import Item, StoredItem, rfc3339_ms, tenant_pk
from switchhook.adapters.serial import from_json, to_json
from switchhook.domain.errors import Rejected
from switchhook.domain.facts.people import ListedAgent, People
from switchhook.domain.settings.reading import resolve
from switchhook.domain.settings.schema import Settings
from switchhook.domain.tenants import Page, PeopleList, SettingsVersion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

_NUMBER = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_LARGEST_BODY = 390_000
"""Bytes of a list of people; DynamoDB takes 400 kB an item."""


class SettingsTable:
    """The items `SETTINGS#<version>`: written once, never changed."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def latest(self, tenant_id: str) -> SettingsVersion | None:
        """The newest version, strongly consistent; None when there is no such tenant."""
        with table_refusals("read settings"):
            found = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :settings)",
                ExpressionAttributeValues={
                    ":pk": {"S": tenant_pk(tenant_id)},
                    ":settings": {"S": "SETTINGS#"},
                },
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
            )["Items"]
        return _version(found[0]) if found else None

    def read(self, tenant_id: str, version: int) -> SettingsVersion | None:
        """One version, strongly consistent; None when there is none of that number."""
        with table_refusals("read settings"):
            item = self._client.get_item(
                TableName=self._table,
                Key=key(tenant_pk(tenant_id), _sort_key(version)),
                ConsistentRead=True,
            ).get("Item")
        return None if item is None else _version(item)

    def page(self, tenant_id: str, *, limit: int, cursor: str | None) -> Page[SettingsVersion]:
        """Versions, newest first, strongly consistent; a cursor is the last number shown.

        Raises:
            Rejected: the cursor is not one of ours.
        """
        if cursor is not None and not _NUMBER.fullmatch(cursor):
            raise bad_cursor()
        pk = tenant_pk(tenant_id)
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :settings)",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":settings": {"S": "SETTINGS#"}},
            "ScanIndexForward": False,
            "Limit": limit,
            "ConsistentRead": True,
        }
        if cursor is not None:
            request["ExclusiveStartKey"] = key(pk, _sort_key(int(cursor)))
        with table_refusals("list settings"):
            answer = self._client.query(**request)
        items = tuple(map(_version, answer["Items"]))
        more = "LastEvaluatedKey" in answer and bool(items) and items[-1].version > 1
        return Page(items=items, next_cursor=str(items[-1].version) if more else None)

    def append(self, tenant_id: str, version: SettingsVersion) -> None:
        """Stores the next version; the condition stops two changes from taking one number."""
        change_together(
            self._client,
            "store settings",
            [
                tenant_exists(self._table, tenant_id),
                put_new(self._table, version_item(tenant_id, version)),
            ],
        )


class PeopleTable:
    """The item `PEOPLE` of each tenant."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self, tenant_id: str) -> PeopleList:
        """The list, strongly consistent; empty when never set."""
        with table_refusals("read people"):
            item = self._client.get_item(
                TableName=self._table,
                Key=key(tenant_pk(tenant_id), "PEOPLE"),
                ConsistentRead=True,
            ).get("Item")
        if item is None:
            return PeopleList()
        body = json.loads(item["body"]["S"])
        return PeopleList(
            agents=tuple(from_json(ListedAgent, agent) for agent in body["agents"]),
            own_numbers_raw=tuple(body["own_numbers_raw"]),
            own_numbers_e164=tuple(body["own_numbers_e164"]),
            internal_domains=tuple(body["internal_domains"]),
        )

    def write(self, tenant_id: str, people: PeopleList) -> None:
        """Replaces the list; the last writer wins, since each writes the whole of it.

        Raises:
            Rejected: 413, the list does not fit into one item.
        """
        body = {
            "agents": [to_json(agent) for agent in people.agents],
            "own_numbers_raw": people.own_numbers_raw,
            "own_numbers_e164": people.own_numbers_e164,
            "internal_domains": people.internal_domains,
        }
        text = _compact(body)
        if (size := len(text.encode())) > _LARGEST_BODY:
            raise Rejected(
                f"The list of people takes {size} bytes; at most {_LARGEST_BODY} can be kept. "
                "Nothing was changed; leave out what is not needed.",
                code="too_large",
                status=413,
            )
        item: Item = {**key(tenant_pk(tenant_id), "PEOPLE"), "body": {"S": text}}
        change_together(
            self._client,
            "store people",
            [
                tenant_exists(self._table, tenant_id),
                {"Put": {"TableName": self._table, "Item": item}},
            ],
        )


def version_item(tenant_id: str, version: SettingsVersion) -> "Item":
    """A settings version as stored; six digits, so that versions sort as text."""
    return {
        **key(tenant_pk(tenant_id), _sort_key(version.version)),
        "version": {"N": str(version.version)},
        "effective_at": {"S": rfc3339_ms(version.effective_at)},
        "patch": {"S": _compact(version.patch)},
    }


def _version(item: "StoredItem") -> SettingsVersion:
    return SettingsVersion(
        version=int(item["version"]["N"]),
        effective_at=datetime.fromisoformat(item["effective_at"]["S"]),
        patch=json.loads(item["patch"]["S"]),
    )


def _sort_key(version: int) -> str:
    return f"SETTINGS#{version:06d}"


def _compact(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_PAGE = 4
"""Versions read at once: nearly always the newest is in force, so a page is one read unit."""


class TenantTableReader:
    """The port TenantReader over TenantTable."""

    def __init__(self, client: "DynamoDBClient", *, tenant_table: str) -> None:
        self._client = client
        self._table = tenant_table

    def settings_at(self, tenant: str, at: datetime) -> Settings | None:
        """The settings in force at a time (the first ones, for a time before them); None: no tenant.

        Strongly consistent.

        Raises:
            Retryable: the table could not be read.
            Rejected: the stored version no longer passes `resolve`.
        """
        oldest = None
        for version in self._newest_first(tenant):
            oldest = version
            if datetime.fromisoformat(version["effective_at"]["S"]) <= at:
                break
        if oldest is None:
            return None
        return resolve(json.loads(oldest["patch"]["S"]), version=int(oldest["version"]["N"]))

    def people(self, tenant: str) -> People:
        """The tenant's people; empty when never set. Strongly consistent.

        Raises:
            Retryable: the table could not be read.
        """
        with table_refusals("read a tenant's people", spread_by=tenant):
            answer = self._client.get_item(
                TableName=self._table,
                Key={"pk": {"S": tenant_pk(tenant)}, "sk": {"S": "PEOPLE"}},
                ConsistentRead=True,
            )
        if "Item" not in answer:
            return People()
        body = json.loads(answer["Item"]["body"]["S"])
        return People(
            agents=tuple(from_json(ListedAgent, agent) for agent in body["agents"]),
            own_numbers=frozenset(body["own_numbers_e164"]),
            internal_domains=frozenset(domain.lower() for domain in body["internal_domains"]),
        )

    def _newest_first(self, tenant: str) -> "Iterator[StoredItem]":
        pages = iter(
            self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :settings)",
                ExpressionAttributeValues={
                    ":pk": {"S": tenant_pk(tenant)},
                    ":settings": {"S": "SETTINGS#"},
                },
                ConsistentRead=True,
                ScanIndexForward=False,
                PaginationConfig={"PageSize": _PAGE},
            )
        )
        while True:
            with table_refusals("read a tenant's settings", spread_by=tenant):
                page = next(pages, None)
            if page is None:
                return
            yield from page["Items"]

"""Reads what the tenant's admin has set, for one event at a time and never from a cache."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

from switchhook.adapters.dynamodb.items import tenant_pk
from switchhook.adapters.dynamodb.refusals import table_refusals
from switchhook.adapters.serial import from_json
from switchhook.domain.people import ListedAgent, People
from switchhook.domain.setting_patches import resolve
from switchhook.domain.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from switchhook.adapters.dynamodb.items import StoredItem

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

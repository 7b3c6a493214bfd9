"""Tenants, their API keys and their removal, in TenantTable (docs/access-patterns.md)."""

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from switchhook.adapters.dynamodb.changes import (
    bad_cursor,
    change_together,
    key,
    put_new,
    table_refusals,
)
from switchhook.adapters.dynamodb.keys import Item, StoredItem, rfc3339_ms, tenant_pk
from switchhook.adapters.dynamodb.settings import version_item
from switchhook.domain.tenants import KeyHolder, Page, Role, SettingsVersion, Tenant
from switchhook.ports.admin import Holding

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

_LISTING = "TENANT"
_LISTED_AT = re.compile(r"[0-9TZ:.-]{24}#([A-Za-z0-9_-]{1,64})", re.ASCII)


class TenantTable:
    """The items `TENANT`, `KEY#` and everything below them."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def create(self, tenant: Tenant, settings: SettingsVersion) -> None:
        """Stores a tenant, its first settings and the look-up items of its keys, all or nothing."""
        change_together(
            self._client,
            "create a tenant",
            [
                put_new(self._table, _tenant_item(tenant)),
                put_new(self._table, version_item(tenant.id, settings)),
                *(
                    put_new(self._table, _key_item(tenant.id, role, key_hash))
                    for role, key_hash in tenant.key_hashes.items()
                ),
            ],
        )

    def read(self, tenant_id: str) -> Tenant | None:
        """The tenant, strongly consistent; None when there is none."""
        with table_refusals("read a tenant"):
            item = self._client.get_item(
                TableName=self._table,
                Key=key(tenant_pk(tenant_id), "TENANT"),
                ConsistentRead=True,
            ).get("Item")
        return None if item is None else _tenant(item)

    def page(self, *, limit: int, cursor: str | None) -> Page[Tenant]:
        """Tenants, oldest first, from the index `listing`; a cursor names the last one shown.

        Raises:
            Rejected: the cursor is not one of ours.
        """
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": "listing",
            "KeyConditionExpression": "listing = :listing",
            "ExpressionAttributeValues": {":listing": {"S": _LISTING}},
            "Limit": limit,
        }
        if cursor is not None:
            request["ExclusiveStartKey"] = _after(cursor)
        with table_refusals("list tenants"):
            answer = self._client.query(**request)
        last = answer.get("LastEvaluatedKey")
        return Page(
            items=tuple(_tenant(item) for item in answer["Items"]),
            next_cursor=None if last is None else _cursor(last["listed_at"]["S"]),
        )

    def replace_key(self, seen: Tenant, role: Role, key_hash: str) -> None:
        """Makes a new key the role's only one; the condition stops two rotations at once."""
        old = seen.key_hashes[role]
        change_together(
            self._client,
            "replace an API key",
            [
                {
                    "Update": {
                        "TableName": self._table,
                        "Key": key(tenant_pk(seen.id), "TENANT"),
                        "UpdateExpression": "SET #hash = :new",
                        "ConditionExpression": "#hash = :old",
                        "ExpressionAttributeNames": {"#hash": _hash_name(role)},
                        "ExpressionAttributeValues": {":new": {"S": key_hash}, ":old": {"S": old}},
                    }
                },
                put_new(self._table, _key_item(seen.id, role, key_hash)),
                {"Delete": {"TableName": self._table, "Key": key(f"KEY#{old}", "KEY")}},
            ],
        )

    def holder(self, key_hash: str) -> KeyHolder | None:
        """Whom a key stands for, strongly consistent: a rotated key ends at once."""
        with table_refusals("look up an API key"):
            item = self._client.get_item(
                TableName=self._table, Key=key(f"KEY#{key_hash}", "KEY"), ConsistentRead=True
            ).get("Item")
        if item is None:
            return None
        return KeyHolder(tenant=item["tenant"]["S"], role=Role(item["role"]["S"]))

    def revoke_keys(self, seen: Tenant) -> None:
        """Ends the tenant's keys; those already gone are done."""
        self.erase([Holding(pk=f"KEY#{digest}", sk="KEY") for digest in seen.key_hashes.values()])

    def holdings(self, tenant_id: str, *, limit: int) -> tuple[Holding, ...]:
        """Items still there; a hook's look-up item comes before the item that leads to it."""
        with table_refusals("list what is kept of a tenant"):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": tenant_pk(tenant_id)}},
                ProjectionExpression="pk, sk",
                ConsistentRead=True,
            )
        own = [Holding(pk=item["pk"]["S"], sk=item["sk"]["S"]) for item in answer["Items"]]
        if "LastEvaluatedKey" in answer:
            # The tenant's own item is what a repeated deletion starts from: it stays to the end.
            own = [holding for holding in own if holding.sk != "TENANT"]
        own.sort(key=_removal_rank)
        return tuple(held for holding in own for held in _with_lookup(holding))[:limit]

    def erase(self, holdings: Sequence[Holding]) -> None:
        """Removes at most 100 items, all or none; those already gone are done."""
        change_together(
            self._client,
            "remove what is kept of a tenant",
            [
                {"Delete": {"TableName": self._table, "Key": key(held.pk, held.sk)}}
                for held in holdings
            ],
        )


def _tenant_item(tenant: Tenant) -> "Item":
    return {
        **key(tenant_pk(tenant.id), "TENANT"),
        "tenant": {"S": tenant.id},
        "name": {"S": tenant.name},
        "created_at": {"S": rfc3339_ms(tenant.created_at)},
        **{_hash_name(role): {"S": digest} for role, digest in tenant.key_hashes.items()},
        "listing": {"S": _LISTING},
        "listed_at": {"S": f"{rfc3339_ms(tenant.created_at)}#{tenant.id}"},
    }


def _tenant(item: "StoredItem") -> Tenant:
    return Tenant(
        id=item["tenant"]["S"],
        name=item["name"]["S"],
        created_at=datetime.fromisoformat(item["created_at"]["S"]),
        key_hashes={role: item[_hash_name(role)]["S"] for role in (Role.ADMIN, Role.AGENT)},
    )


def _key_item(tenant_id: str, role: Role, key_hash: str) -> "Item":
    return {**key(f"KEY#{key_hash}", "KEY"), "tenant": {"S": tenant_id}, "role": {"S": role}}


def _hash_name(role: Role) -> str:
    return f"{role}_key_hash"


def _with_lookup(holding: Holding) -> tuple[Holding, ...]:
    if holding.sk.startswith("HOOK#"):
        return (Holding(pk=holding.sk, sk="HOOK"), holding)
    return (holding,)


def _removal_rank(holding: Holding) -> int:
    if holding.sk == "TENANT":
        return 2
    return 0 if holding.sk.startswith("HOOK#") else 1


def _cursor(listed_at: str) -> str:
    return base64.urlsafe_b64encode(listed_at.encode("ascii")).decode("ascii").rstrip("=")


def _after(cursor: str) -> "Item":
    try:
        listed_at = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        listed_at = ""
    if (form := _LISTED_AT.fullmatch(listed_at)) is None:
        raise bad_cursor()
    return {
        **key(tenant_pk(form[1]), "TENANT"),
        "listing": {"S": _LISTING},
        "listed_at": {"S": listed_at},
    }

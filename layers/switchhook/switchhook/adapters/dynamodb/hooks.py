"""Hooks as tenants see and change them, in TenantTable (docs/access-patterns.md).

A hook is two items that always change in one transaction: one in its tenant's list, without secrets,
and the look-up item that the ingress reads (`hooks_read`).
"""

import re
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
from switchhook.domain.facts.event import Kind
from switchhook.domain.tenants import ListedHook, Page
from switchhook.ports.ingress import Hook

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, TransactWriteItemTypeDef

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_SECRETS = ("secret_ct", "previous_secret_ct", "previous_until")


class TenantHooks:
    """The items `HOOK#<hook>` and `FORMER_HOOK#<hook>` of a tenant, and the look-up items."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def listed(self, tenant_id: str, hook_id: str) -> ListedHook | None:
        """One hook of the tenant, strongly consistent."""
        return self._one(tenant_id, f"HOOK#{hook_id}")

    def former(self, tenant_id: str, hook_id: str) -> ListedHook | None:
        """A hook that the tenant has deleted."""
        return self._one(tenant_id, f"FORMER_HOOK#{hook_id}")

    def page(self, tenant_id: str, *, limit: int, cursor: str | None) -> Page[ListedHook]:
        """The tenant's hooks by id, strongly consistent; a cursor is the last id shown.

        Raises:
            Rejected: the cursor is not one of ours.
        """
        if cursor is not None and not _ID.fullmatch(cursor):
            raise bad_cursor()
        pk = tenant_pk(tenant_id)
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :hook)",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":hook": {"S": "HOOK#"}},
            "Limit": limit,
            "ConsistentRead": True,
        }
        if cursor is not None:
            request["ExclusiveStartKey"] = key(pk, f"HOOK#{cursor}")
        with table_refusals("list hooks"):
            answer = self._client.query(**request)
        last = answer.get("LastEvaluatedKey")
        return Page(
            items=tuple(_listed(item) for item in answer["Items"]),
            next_cursor=None if last is None else last["sk"]["S"].removeprefix("HOOK#"),
        )

    def create(self, hook: Hook, created_at: datetime) -> None:
        """Stores a new hook in both places; the ids are random, so a taken one is a repetition."""
        shared: Item = {
            "tenant": {"S": hook.tenant},
            "provider": {"S": hook.provider},
            "kind": {"S": hook.kind},
            "source": {"S": hook.source},
        }
        listed: Item = {
            **key(tenant_pk(hook.tenant), f"HOOK#{hook.id}"),
            **shared,
            "created_at": {"S": rfc3339_ms(created_at)},
            "has_secret": {"BOOL": hook.secret_ct is not None},
        }
        lookup: Item = {**key(f"HOOK#{hook.id}", "HOOK"), **shared, **_secrets(hook)}
        change_together(
            self._client,
            "create a hook",
            [
                tenant_exists(self._table, hook.tenant),
                put_new(self._table, listed),
                put_new(self._table, lookup),
            ],
        )

    def change_secret(self, seen: Hook, new: Hook) -> None:
        """Stores new secrets; the condition stops two changes at once, the loser's secret is void."""
        change_together(
            self._client,
            "change a hook's secret",
            [_lookup_update(self._table, seen, new), _list_update(self._table, new)],
        )

    def delete(self, tenant_id: str, hook: ListedHook, *, at: datetime) -> None:
        """Removes both items and remembers the source, so that a new hook can continue it."""
        former: Item = {
            **key(tenant_pk(tenant_id), f"FORMER_HOOK#{hook.id}"),
            "provider": {"S": hook.provider},
            "kind": {"S": hook.kind},
            "source": {"S": hook.source},
            "created_at": {"S": rfc3339_ms(hook.created_at)},
            "deleted_at": {"S": rfc3339_ms(at)},
        }
        listed = key(tenant_pk(tenant_id), f"HOOK#{hook.id}")
        change_together(
            self._client,
            "delete a hook",
            [
                {"Delete": {"TableName": self._table, "Key": key(f"HOOK#{hook.id}", "HOOK")}},
                {"Delete": {"TableName": self._table, "Key": listed}},
                {"Put": {"TableName": self._table, "Item": former}},
            ],
        )

    def _one(self, tenant_id: str, sk: str) -> ListedHook | None:
        with table_refusals("read a hook of a tenant"):
            item = self._client.get_item(
                TableName=self._table, Key=key(tenant_pk(tenant_id), sk), ConsistentRead=True
            ).get("Item")
        return None if item is None else _listed(item)


def _listed(item: "StoredItem") -> ListedHook:
    until = item.get("previous_until", {}).get("N")
    return ListedHook(
        id=item["sk"]["S"].partition("#")[2],
        provider=item["provider"]["S"],
        kind=Kind(item["kind"]["S"]),
        source=item["source"]["S"],
        created_at=datetime.fromisoformat(item["created_at"]["S"]),
        has_secret=item.get("has_secret", {}).get("BOOL", False),
        previous_until=None if until is None else int(until),
    )


def _lookup_update(table: str, seen: Hook, new: Hook) -> "TransactWriteItemTypeDef":
    was, becomes = _secrets(seen), _secrets(new)
    condition = " AND ".join(
        f"{name} = :was_{name}" if name in was else f"attribute_not_exists({name})"
        for name in _SECRETS
    )
    gone = [name for name in _SECRETS if name not in becomes]
    changes = "SET " + ", ".join(f"{name} = :{name}" for name in becomes)
    return {
        "Update": {
            "TableName": table,
            "Key": key(f"HOOK#{new.id}", "HOOK"),
            "UpdateExpression": changes + (f" REMOVE {', '.join(gone)}" if gone else ""),
            "ConditionExpression": f"attribute_exists(pk) AND {condition}",
            "ExpressionAttributeValues": {
                **{f":{name}": value for name, value in becomes.items()},
                **{f":was_{name}": value for name, value in was.items()},
            },
        }
    }


def _list_update(table: str, new: Hook) -> "TransactWriteItemTypeDef":
    until = _secrets(new).get("previous_until")
    return {
        "Update": {
            "TableName": table,
            "Key": key(tenant_pk(new.tenant), f"HOOK#{new.id}"),
            "UpdateExpression": "SET has_secret = :true"
            + (" REMOVE previous_until" if until is None else ", previous_until = :until"),
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {
                ":true": {"BOOL": True},
                **({} if until is None else {":until": until}),
            },
        }
    }


def _secrets(hook: Hook) -> "Item":
    found: Item = {}
    if hook.secret_ct is not None:
        found["secret_ct"] = {"B": hook.secret_ct}
    if hook.previous_secret_ct is not None:
        found["previous_secret_ct"] = {"B": hook.previous_secret_ct}
    if hook.previous_until is not None:
        found["previous_until"] = {"N": str(hook.previous_until)}
    return found

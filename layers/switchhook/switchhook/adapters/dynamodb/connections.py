"""Tenants' grants in TenantTable, item `CONNECTION` (docs/access-patterns.md); every change conditional.

A change writes only the attributes that differ from what was seen, so the API gauge, which is noted
by whoever hears of it, never puts an old token back.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from switchhook.adapters.dynamodb.changes import (
    change_together,
    key,
    table_refusals,
    tenant_exists,
)
from switchhook.adapters.dynamodb.keys import StoredItem, tenant_pk
from switchhook.domain.connection import ApiUsage, Check, Connection, ConnectionStatus, OwnApp
from switchhook.domain.errors import Conflict
from switchhook.domain.facts.people import OrgUser

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        TransactWriteItemTypeDef,
        UniversalAttributeValueTypeDef,
    )

    type Values = dict[str, UniversalAttributeValueTypeDef]

SORT_KEY = "CONNECTION"

_MOMENTS = ("connected_at", "refreshed_at", "refresh_sent_at", "lease_until")
_SECRETS = ("access_ciphertext", "refresh_ciphertext")
_TEXTS = ("org_id", "instance_url", "login_url")


class DynamoConnections:
    """The ports `Connections` and `SharedOrgs`: one item per tenant, and one per org (`ORG#`).

    An org's item changes in one transaction with the connection, so it never names a tenant that is not
    connected, nor misses one that connected.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self, tenant: str) -> Connection | None:
        """The connection, strongly consistent; None when the tenant never connected.

        Raises:
            Retryable: the table cannot be read now.
        """
        with table_refusals("read a connection"):
            item = self._client.get_item(
                TableName=self._table, Key=key(tenant_pk(tenant), SORT_KEY), ConsistentRead=True
            ).get("Item")
        return None if item is None else _read(tenant, item)

    def lease(
        self, seen: Connection, *, holder: str, now: datetime, until: datetime
    ) -> Connection | None:
        """Become the tenant's one refresher; None when lost.

        The condition stops two refreshers that saw the same connection: the first one's
        `refresh_sent_at` is not what the second has seen.

        Raises:
            Retryable: the table cannot be written now.
        """
        item = self._update(seen.tenant, _lease(seen, holder, now, until))
        return None if item is None else _read(seen.tenant, item)

    def replace(self, seen: Connection, new: Connection) -> bool:
        """Store `new` if generation and lease holder are still as in `seen`; False when not.

        Repeating it after a lost answer is harmless: the generation has moved on.

        Raises:
            Retryable: the table cannot be written now.
        """
        if seen.generation == 0:
            return self._change(seen, new, [tenant_exists(self._table, seen.tenant)])
        if _org_of(seen) and not _org_of(new):
            return self._change(seen, new, [self._leaving(_org_of(seen), seen.tenant)])
        change = _difference(_attributes(seen), _attributes(new))
        if change is None:
            return True
        return self._update(seen.tenant, _while_seen(change, seen)) is not None

    def connect(self, seen: Connection, new: Connection, *, alone: bool) -> bool:
        """Store a new grant and count the tenant among its org's, if the connection is as in `seen`.

        With `alone` only if no other tenant is connected to the org, or this one is already. False
        when a condition did not hold, or the tenant is gone.

        Raises:
            Retryable: the table cannot be written now.
        """
        beside = [
            tenant_exists(self._table, seen.tenant),
            self._joining(new.org_id, new.tenant, alone=alone),
        ]
        if _org_of(seen) not in {"", new.org_id}:
            beside.append(self._leaving(_org_of(seen), seen.tenant))
        return self._change(seen, new, beside)

    def tenants_of(self, org_id: str) -> frozenset[str]:
        """The tenants connected to an org, strongly consistent.

        Raises:
            Retryable: the table cannot be read now.
        """
        with table_refusals("read which tenants an org has"):
            item = self._client.get_item(
                TableName=self._table, Key=_org_key(org_id), ConsistentRead=True
            ).get("Item", {})
        return frozenset(item.get("tenants", {}).get("SS", ()))

    def _joining(self, org_id: str, tenant: str, *, alone: bool) -> "TransactWriteItemTypeDef":
        joining: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": _org_key(org_id),
                "UpdateExpression": "ADD tenants :joining",
                "ExpressionAttributeValues": {":joining": {"SS": [tenant]}},
            }
        }
        if alone:
            joining["Update"] |= {
                "ConditionExpression": "attribute_not_exists(tenants) OR contains(tenants, :me)",
                "ExpressionAttributeValues": {":joining": {"SS": [tenant]}, ":me": {"S": tenant}},
            }
        return joining

    def _leaving(self, org_id: str, tenant: str) -> "TransactWriteItemTypeDef":
        return {
            "Update": {
                "TableName": self._table,
                "Key": _org_key(org_id),
                "UpdateExpression": "DELETE tenants :leaving",
                "ExpressionAttributeValues": {":leaving": {"SS": [tenant]}},
            }
        }

    def _change(
        self, seen: Connection, new: Connection, beside: "list[TransactWriteItemTypeDef]"
    ) -> bool:
        """Store the connection together with what has to change beside it; False when neither did."""
        change = _difference(_attributes(seen) if seen.generation else {}, _attributes(new))
        if change is None:
            return True
        held = _while_seen(change, seen)
        is_new = "" if seen.generation else "attribute_not_exists(pk) OR "
        stored: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": key(tenant_pk(seen.tenant), SORT_KEY),
                "UpdateExpression": held.text,
                "ConditionExpression": f"{is_new}({held.condition})",
                "ExpressionAttributeNames": held.names,
                "ExpressionAttributeValues": held.values,
            }
        }
        try:
            change_together(self._client, "store a connection", [*beside, stored])
        except Conflict:
            return False
        return True

    def note_usage(self, tenant: str, usage: ApiUsage | None, *, parked: str | None) -> None:
        """Remember the org's API gauge and whether its budget is spent; nothing without a grant.

        `usage` None leaves the gauge as it is.

        Raises:
            Retryable: the table cannot be written now.
        """
        wanted: Values = {}
        if usage is not None:
            wanted["api_usage"] = _usage(usage)
        if parked is not None:
            wanted["parked"] = {"S": parked}
        change = _Change(
            text=_expression(put=tuple(wanted), gone=() if parked else ("parked",)),
            names={f"#{name}": name for name in ("parked", *wanted)},
            values={":never": {"N": "0"}} | {f":{name}": wanted[name] for name in wanted},
            condition="generation > :never",
        )
        self._update(tenant, change)

    def _update(self, tenant: str, change: "_Change") -> StoredItem | None:
        """The item after the update; None when the condition did not hold."""
        with table_refusals("change a connection", spread_by=tenant):
            try:
                return self._client.update_item(
                    TableName=self._table,
                    Key=key(tenant_pk(tenant), SORT_KEY),
                    UpdateExpression=change.text,
                    ConditionExpression=change.condition,
                    ExpressionAttributeNames=change.names,
                    ExpressionAttributeValues=change.values,
                    ReturnValues="ALL_NEW",
                )["Attributes"]
            except self._client.exceptions.ConditionalCheckFailedException:
                return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One update expression with its condition."""

    text: str
    names: dict[str, str]
    values: "Values"
    condition: str = ""


def _org_of(connection: Connection) -> str:
    """The org that the tenant is connected to; empty where it is connected to none."""
    is_connected = connection.status is not ConnectionStatus.NOT_CONNECTED
    return connection.org_id if is_connected else ""


def _org_key(org_id: str) -> "Values":
    return key(f"ORG#{org_id}", "ORG")


def _difference(before: "Values", after: "Values") -> _Change | None:
    """What turns one item into the other; None when nothing does."""
    put = tuple(name for name, value in after.items() if before.get(name) != value)
    gone = tuple(sorted(before.keys() - after.keys()))
    if not put and not gone:
        return None
    return _Change(
        text=_expression(put=put, gone=gone),
        names={f"#{name}": name for name in (*put, *gone)},
        values={f":{name}": after[name] for name in put},
    )


def _expression(*, put: tuple[str, ...], gone: tuple[str, ...]) -> str:
    setting = f"SET {', '.join(f'#{name} = :{name}' for name in put)}" if put else ""
    removing = f"REMOVE {', '.join(f'#{name}' for name in gone)}" if gone else ""
    return f"{setting} {removing}".strip()


def _lease(seen: Connection, holder: str, now: datetime, until: datetime) -> _Change:
    """Makes a refresher of the holder while the connection is as seen and nobody has its lease."""
    values: Values = {
        ":holder": {"S": holder},
        ":now": {"S": _text(now)},
        ":until": {"S": _text(until)},
        ":generation": {"N": str(seen.generation)},
        ":connected": {"S": ConnectionStatus.CONNECTED.value},
    }
    unsent = "attribute_not_exists(refresh_sent_at)"
    if seen.refresh_sent_at is not None:
        values[":was_sent"] = {"S": _text(seen.refresh_sent_at)}
        unsent = "refresh_sent_at = :was_sent"
    return _Change(
        text="SET lease_holder = :holder, lease_until = :until, refresh_sent_at = :now",
        names={"#status": "status"},
        values=values,
        condition=(
            "generation = :generation AND #status = :connected AND "
            f"(attribute_not_exists(lease_until) OR lease_until <= :now) AND {unsent}"
        ),
    )


def _while_seen(change: _Change, seen: Connection) -> _Change:
    """Hold the change to nobody's having stored another pair or taken the lease meanwhile."""
    values: Values = change.values | {":was_generation": {"N": str(seen.generation)}}
    holder = "attribute_not_exists(lease_holder)"
    if seen.lease_holder is not None:
        values[":was_holder"] = {"S": seen.lease_holder}
        holder = "lease_holder = :was_holder"
    return replace(change, values=values, condition=f"generation = :was_generation AND {holder}")


def _text(at: datetime) -> str:
    """Microseconds and offset, always: what is stored is compared with what was seen."""
    return at.isoformat(timespec="microseconds")


def _usage(usage: ApiUsage) -> "UniversalAttributeValueTypeDef":
    return {"M": {"used": {"N": str(usage.used)}, "limit": {"N": str(usage.limit)}}}


def _attributes(connection: Connection) -> "Values":
    """The item without its keys; what is empty is left out."""
    texts = {
        "status": connection.status.value,
        "lease_holder": connection.lease_holder,
        "parked": connection.parked,
        "user": _user_text(connection.user),
        "checks": _checks_text(connection.checks),
        "app": None if connection.app is None else json.dumps(asdict(connection.app)),
        **{name: getattr(connection, name) for name in _TEXTS},
        **{name: _moment_text(getattr(connection, name)) for name in _MOMENTS},
    }
    secrets = {name: getattr(connection, name) for name in _SECRETS}
    usage = connection.usage
    return {
        "generation": {"N": str(connection.generation)},
        **{name: {"S": text} for name, text in texts.items() if text},
        **{name: {"B": secret} for name, secret in secrets.items() if secret},
        **({} if usage is None else {"api_usage": _usage(usage)}),
    }


def _moment_text(at: datetime | None) -> str | None:
    return None if at is None else _text(at)


def _checks_text(checks: tuple[Check, ...]) -> str | None:
    return json.dumps([asdict(check) for check in checks]) if checks else None


def _user_text(user: OrgUser | None) -> str | None:
    if user is None:
        return None
    return json.dumps(asdict(user) | {"last_login_at": _moment_text(user.last_login_at)})


def _read(tenant: str, item: StoredItem) -> Connection:
    return Connection(
        tenant=tenant,
        status=ConnectionStatus(item["status"]["S"]),
        generation=int(item["generation"]["N"]),
        org_id=_string(item, "org_id") or "",
        instance_url=_string(item, "instance_url") or "",
        login_url=_string(item, "login_url") or "",
        app=_read_app(_string(item, "app")),
        user=_read_user(_string(item, "user")),
        access_ciphertext=_secret(item, "access_ciphertext"),
        refresh_ciphertext=_secret(item, "refresh_ciphertext"),
        connected_at=_moment(item, "connected_at"),
        refreshed_at=_moment(item, "refreshed_at"),
        refresh_sent_at=_moment(item, "refresh_sent_at"),
        lease_until=_moment(item, "lease_until"),
        lease_holder=_string(item, "lease_holder"),
        checks=tuple(Check(**stored) for stored in json.loads(_string(item, "checks") or "[]")),
        usage=_read_usage(item),
        parked=_string(item, "parked"),
    )


def _string(item: StoredItem, name: str) -> str | None:
    return item.get(name, {}).get("S")


def _secret(item: StoredItem, name: str) -> bytes:
    return bytes(item.get(name, {}).get("B", b""))


def _moment(item: StoredItem, name: str) -> datetime | None:
    text = _string(item, name)
    return None if text is None else datetime.fromisoformat(text)


def _read_usage(item: StoredItem) -> ApiUsage | None:
    if "api_usage" not in item:
        return None
    usage = item["api_usage"]["M"]
    return ApiUsage(used=int(usage["used"]["N"]), limit=int(usage["limit"]["N"]))


def _read_app(text: str | None) -> OwnApp | None:
    return None if text is None else OwnApp(**json.loads(text))


def _read_user(text: str | None) -> OrgUser | None:
    if text is None:
        return None
    stored = json.loads(text)
    at = stored["last_login_at"]
    return OrgUser(**stored | {"last_login_at": None if at is None else datetime.fromisoformat(at)})

"""Pins in DirectoryTable (docs/access-patterns.md): one item beside what is known of the party, one in a list.

Both change in one transaction, which also removes the party's cached match. Keys hold the party as a
keyed hash only.

Keeps in DirectoryTable which Tasks were moved (docs/access-patterns.md), so that it can be undone.
"""

import re
from datetime import UTC
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from switchhook.adapters.dynamodb.changes import (
    CONDITION_FAILED,
    bad_cursor,
    change_together,
    code_of,
    stored_item,
    table_refusals,
)
from switchhook.adapters.dynamodb.directory import PIN, DirectoryKeys, read_pin
from switchhook.adapters.dynamodb.keys import epoch_ms, tenant_pk
from switchhook.adapters.serial import pack, unpack
from switchhook.domain.errors import Conflict
from switchhook.domain.tenants import Page
from switchhook.domain.writing.repoint import KEPT, Repoint

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, TransactWriteItemTypeDef

    from switchhook.adapters.dynamodb.keys import Item, PartyHasher
    from switchhook.domain.matching.pins import Pin

_LISTED = f"{PIN}#"
_HASH = re.compile(r"[0-9a-f]{32}", re.ASCII)
_AS_SEEN = "record_id = :record AND pinned_at = :at"


class PinTable:
    """The port Pins over the items `PIN` of parties and the tenant's list of them."""

    def __init__(
        self, client: "DynamoDBClient", *, directory_table: str, hasher: "PartyHasher"
    ) -> None:
        self._client = client
        self._keys = DirectoryKeys(table=directory_table, hasher=hasher)

    def read(self, tenant: str, party: str) -> "Pin | None":
        """The pin of one party, strongly consistent.

        Raises:
            Retryable: the table could not be read.
        """
        with table_refusals("read a pin", spread_by=party):
            item = self._client.get_item(
                TableName=self._keys.table,
                Key=self._keys.pin_key(tenant, party),
                ConsistentRead=True,
            ).get("Item")
        return None if item is None else read_pin(item)

    def page(self, tenant: str, *, limit: int, cursor: str | None) -> "Page[Pin]":
        """The tenant's pins, strongly consistent, in the order of their keyed hashes.

        Raises:
            Rejected: the cursor is none of ours.
            Retryable: the table could not be read.
        """
        if cursor is not None and not _HASH.fullmatch(cursor):
            raise bad_cursor()
        pk = _list_pk(tenant)
        request: QueryInputTypeDef = {
            "TableName": self._keys.table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :pin)",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":pin": {"S": _LISTED}},
            "Limit": limit,
            "ConsistentRead": True,
        }
        if cursor is not None:
            request["ExclusiveStartKey"] = {"pk": {"S": pk}, "sk": {"S": _LISTED + cursor}}
        with table_refusals("list pins"):
            answer = self._client.query(**request)
        last = answer.get("LastEvaluatedKey")
        return Page(
            items=tuple(read_pin(item) for item in answer["Items"]),
            next_cursor=None if last is None else last["sk"]["S"].removeprefix(_LISTED),
        )

    def put(self, tenant: str, pin: "Pin") -> None:
        """Store a person's choice in the place of any before it.

        Raises:
            Retryable: the table could not be written; if silent, it may have been.
        """
        change_together(self._client, "pin a match", self._stored(tenant, pin))

    def change(self, tenant: str, seen: "Pin", new: "Pin | None") -> bool:
        """Replace a pin, or remove it (None), if it is still as seen.

        The condition stops a follower of merged records from undoing what a person chose just then.

        Raises:
            Retryable: the table could not be written; if silent, it may have been.
        """
        changes = self._removed(tenant, seen.party) if new is None else self._stored(tenant, new)
        guarded = changes[0].get("Put") or changes[0]["Delete"]
        guarded["ConditionExpression"] = _AS_SEEN
        guarded["ExpressionAttributeValues"] = {
            ":record": {"S": seen.record.id},
            ":at": {"S": _instant(seen)},
        }
        try:
            change_together(self._client, "change a pin", changes)
        except Conflict:
            return False
        return True

    def forget_match(self, tenant: str, party_key: str) -> None:
        """Drop the cached match of a party; harmless when there is none.

        Raises:
            Retryable: the table could not be written.
        """
        with table_refusals("forget a match", spread_by=party_key):
            self._client.delete_item(
                TableName=self._keys.table, Key=self._keys.match_key(tenant, party_key)
            )

    def _stored(self, tenant: str, pin: "Pin") -> "list[TransactWriteItemTypeDef]":
        shared: Item = {
            "record_id": {"S": pin.record.id},
            "pinned_at": {"S": _instant(pin)},
            "body": {"B": pack(pin)},
        }
        table = self._keys.table
        return [
            {
                "Put": {
                    "TableName": table,
                    "Item": {**self._keys.pin_key(tenant, pin.party), **shared},
                }
            },
            {"Put": {"TableName": table, "Item": {**self._list_key(tenant, pin.party), **shared}}},
            {"Delete": {"TableName": table, "Key": self._keys.match_key(tenant, pin.party)}},
        ]

    def _removed(self, tenant: str, party: str) -> "list[TransactWriteItemTypeDef]":
        keys = (
            self._keys.pin_key(tenant, party),
            self._list_key(tenant, party),
            self._keys.match_key(tenant, party),
        )
        return [{"Delete": {"TableName": self._keys.table, "Key": key}} for key in keys]

    def _list_key(self, tenant: str, party: str) -> "Item":
        hashed = self._keys.hasher(tenant, party)
        return {"pk": {"S": _list_pk(tenant)}, "sk": {"S": _LISTED + hashed}}


def _list_pk(tenant: str) -> str:
    return f"{tenant_pk(tenant)}#PINS"


def _instant(pin: "Pin") -> str:
    return pin.pinned_at.astimezone(UTC).isoformat()


class RepointTable:
    """The port Repoints over the items `UNDO#<id>`; their version guards each change."""

    def __init__(self, client: "DynamoDBClient", *, directory_table: str) -> None:
        self._client = client
        self._table = directory_table

    def read(self, tenant: str, undo_id: str) -> Repoint | None:
        """One move of Tasks, strongly consistent; whoever reads it compares its age.

        Raises:
            Retryable: the table could not be read.
        """
        with table_refusals("read what was moved", spread_by=undo_id):
            item = self._client.get_item(
                TableName=self._table, Key=_key(tenant, undo_id), ConsistentRead=True
            ).get("Item")
        return None if item is None else unpack(Repoint, bytes(item["body"]["B"]))

    def commit(self, repoint: Repoint) -> None:
        """Store a new version; the first one must find nothing, or what is no longer kept.

        Raises:
            Conflict: somebody else has changed it.
            Retryable: the table could not be written; if silent, it may have been.
        """
        item = _item(repoint)
        condition = "version = :seen"
        values: Item = {":seen": {"N": str(repoint.version - 1)}}
        if repoint.version == 1:
            condition = "attribute_not_exists(pk) OR expires_at <= :now"
            values = {":now": {"N": str(epoch_ms(repoint.made_at) // 1000)}}
        with table_refusals("store what is moved", spread_by=repoint.id):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as exc:
                if code_of(exc) != CONDITION_FAILED:
                    raise
                if stored_item(exc).get("body") == item["body"]:
                    # botocore repeated a request of ours whose answer was lost.
                    return
                raise Conflict(f"{repoint.id} has moved on from {repoint.version - 1}") from exc


def _item(repoint: Repoint) -> "Item":
    expires_at = epoch_ms(repoint.made_at + KEPT) // 1000
    return {
        **_key(repoint.tenant, repoint.id),
        "version": {"N": str(repoint.version)},
        "expires_at": {"N": str(expires_at)},
        "body": {"B": pack(repoint)},
    }


def _key(tenant: str, undo_id: str) -> "Item":
    return {"pk": {"S": f"{tenant_pk(tenant)}#UNDO"}, "sk": {"S": f"UNDO#{undo_id}"}}

"""Keeps in DirectoryTable which Tasks were moved (docs/access-patterns.md), so that it can be undone."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from switchhook.adapters.dynamodb.items import epoch_ms, tenant_pk
from switchhook.adapters.dynamodb.refusals import (
    CONDITION_FAILED,
    code_of,
    stored_item,
    table_refusals,
)
from switchhook.adapters.serial import pack, unpack
from switchhook.domain.errors import Conflict
from switchhook.domain.repoint import KEPT, Repoint

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from switchhook.adapters.dynamodb.items import Item


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

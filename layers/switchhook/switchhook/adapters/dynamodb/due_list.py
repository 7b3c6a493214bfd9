"""Finds what is due, and moves the due dates of a tenant's markers."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from switchhook.adapters.dynamodb.items import (
    HEAD,
    activity_of,
    due_shard,
    epoch_ms,
    from_epoch_ms,
    shard_name,
    tenant_state,
)
from switchhook.adapters.dynamodb.markers import ACTIVITY, marker_key
from switchhook.adapters.dynamodb.refusals import (
    CONDITION_FAILED,
    code_of,
    stored_item,
    table_refusals,
)
from switchhook.domain.activity import State
from switchhook.ports_caretaker import DueItem

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from switchhook.adapters.dynamodb.items import Item, StoredItem


class DueTable:
    """The port DueList over ActivityTable's index `due`."""

    def __init__(self, client: "DynamoDBClient", *, activity_table: str) -> None:
        self._client = client
        self._table = activity_table

    def due(self, shard: int, *, now: "datetime", limit: int) -> tuple[DueItem, ...]:
        """The shard's items whose `due_at` has passed, oldest first; may lag a second behind.

        `what` is "activity", "park" or "grant". Whoever acts on one reads it again first.

        Raises:
            Retryable: the index could not be read.
        """
        with table_refusals("list what is due"):
            answer = self._client.query(
                TableName=self._table,
                IndexName="due",
                KeyConditionExpression="due_shard = :shard AND due_at <= :now",
                ExpressionAttributeValues={
                    ":shard": {"S": shard_name(shard)},
                    ":now": {"N": str(epoch_ms(now))},
                },
                Limit=limit,
            )
        return tuple(_due_item(item) for item in answer["Items"])

    def parked(self, tenant: str, *, limit: int) -> tuple[str, ...]:
        """Ids of the tenant's parked activities, oldest first; may lag a second behind.

        Raises:
            Retryable: the index could not be read.
        """
        with table_refusals("list parked activities", spread_by=tenant):
            answer = self._client.query(
                TableName=self._table,
                IndexName="by_state",
                KeyConditionExpression="tenant_state = :parked",
                ExpressionAttributeValues={":parked": {"S": tenant_state(tenant, State.PARKED)}},
                ProjectionExpression="pk",
                Limit=limit,
            )
        return tuple(activity_of(item["pk"]["S"])[1] for item in answer["Items"])

    def postpone(self, item: DueItem, until: "datetime | None") -> None:
        """Move a marker's due date, making the marker if need be; None removes the marker.

        An activity's due date is part of its head and changes with it alone. A marker from which a
        newly parked activity asked for a later probe moves on to that instead of being removed, for
        `parked` may not show that activity yet. One that somebody moved since `item` was read stays.

        Raises:
            Retryable: the table could not be written.
        """
        if item.what == ACTIVITY:
            raise ValueError("an activity's due date changes with its head, by Ledger.commit")
        with table_refusals("move a due date", spread_by=item.tenant):
            if until is not None:
                self._move(item, {"N": str(epoch_ms(until))})
            elif probe_at := self._remove(item):
                self._move(item, probe_at, only_from=item.due_at)

    def _remove(self, item: DueItem) -> "AttributeValueTypeDef | None":
        """None when that is all; else the date that keeps the marker."""
        due: AttributeValueTypeDef = {"N": str(epoch_ms(item.due_at))}
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=marker_key(item.tenant, item.what),
                ConditionExpression=(
                    "attribute_not_exists(pk) OR (due_at = :due AND"
                    " (attribute_not_exists(probe_at) OR probe_at <= :due))"
                ),
                ExpressionAttributeValues={":due": due},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as exc:
            if code_of(exc) != CONDITION_FAILED:
                raise
            stored = stored_item(exc)
            return stored["probe_at"] if stored["due_at"] == due else None
        return None

    def _move(
        self, item: DueItem, to: "AttributeValueTypeDef", *, only_from: "datetime | None" = None
    ) -> None:
        values: Item = {":until": to, ":shard": {"S": due_shard(item.tenant)}}
        condition: dict[str, str] = {}
        if only_from is not None:
            values[":from"] = {"N": str(epoch_ms(only_from))}
            condition = {"ConditionExpression": "due_at = :from"}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=marker_key(item.tenant, item.what),
                UpdateExpression="SET due_at = :until, due_shard = :shard",
                ExpressionAttributeValues=values,
                **condition,  # type: ignore[arg-type] # one of update_item's own names
            )
        except ClientError as exc:
            # Somebody else moved it meanwhile: their date holds.
            if code_of(exc) != CONDITION_FAILED:
                raise


def _due_item(item: "StoredItem") -> DueItem:
    pk, sk = item["pk"]["S"], item["sk"]["S"]
    due_at = from_epoch_ms(item["due_at"]["N"])
    if sk == HEAD:
        tenant, activity_id = activity_of(pk)
        return DueItem(tenant=tenant, what=ACTIVITY, activity_id=activity_id, due_at=due_at)
    tenant = pk.removeprefix("T#").removesuffix(f"#{sk}")
    return DueItem(tenant=tenant, what=sk.lower(), activity_id=None, due_at=due_at)

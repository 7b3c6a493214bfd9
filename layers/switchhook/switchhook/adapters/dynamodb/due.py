"""What is due in ActivityTable: activities, and the markers by which a tenant is looked at as a whole.

A marker also holds the condition under which activities may park (docs/access-patterns.md).
"""

from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from switchhook.adapters.dynamodb.changes import (
    CONDITION_FAILED,
    code_of,
    stored_item,
    table_refusals,
)
from switchhook.adapters.dynamodb.keys import (
    HEAD,
    activity_of,
    due_shard,
    epoch_ms,
    from_epoch_ms,
    shard_name,
    tenant_pk,
    tenant_state,
)
from switchhook.domain.activity import State
from switchhook.ports.due import DueItem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        ConditionCheckTypeDef,
        TransactWriteItemTypeDef,
    )

    from switchhook.adapters.dynamodb.keys import Item, StoredItem
    from switchhook.domain.activity import Activity
    from switchhook.domain.connection import Connection
    from switchhook.ports.ledger import ParkWith

ACTIVITY = "activity"
PARK = "park"
GRANT = "grant"


def marker_key(tenant: str, what: str) -> "Item":
    """The one marker of this kind that a tenant has."""
    return {"pk": {"S": f"T#{tenant}#{what.upper()}"}, "sk": {"S": what.upper()}}


def connection_unchanged(
    tenant_table: str, head: "Activity", park: "ParkWith"
) -> "TransactWriteItemTypeDef":
    """Refuses the whole write unless the connection is as it was seen.

    This stops the race between parking and repairing: whoever drains after the repair finds every
    activity that was parked before it, and none is parked behind it.
    """
    check: ConditionCheckTypeDef = {
        "TableName": tenant_table,
        "Key": {"pk": {"S": tenant_pk(head.tenant)}, "sk": {"S": "CONNECTION"}},
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    if park.seen is None:
        return {"ConditionCheck": check}
    condition, values = _as_seen(park.seen)
    return {
        "ConditionCheck": {
            **check,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": values,
        }
    }


def _as_seen(seen: "Connection") -> tuple[str, "Item"]:
    """What must hold for a connection that was there, and the values that it is compared with."""
    values: Item = {
        ":status": {"S": seen.status.value},
        ":generation": {"N": str(seen.generation)},
    }
    parked = "attribute_not_exists(parked)"
    if seen.parked is not None:
        parked = "parked = :parked"
        values[":parked"] = {"S": seen.parked}
    return f"#status = :status AND generation = :generation AND {parked}", values


def park_marker(
    activity_table: str, head: "Activity", park: "ParkWith"
) -> "TransactWriteItemTypeDef":
    """Sees that the caretaker looks at the tenant; a marker that is there keeps its date.

    `probe_at` remembers the newest wish, so that a marker is not removed in the moment in which the
    index does not show the newly parked activity yet (`DueTable.postpone`).
    """
    return {
        "Update": {
            "TableName": activity_table,
            "Key": marker_key(head.tenant, PARK),
            "UpdateExpression": (
                "SET due_at = if_not_exists(due_at, :probe_at), due_shard = :shard,"
                " probe_at = :probe_at, park_reason = :reason"
            ),
            "ExpressionAttributeValues": {
                ":probe_at": {"N": str(epoch_ms(park.probe_at))},
                ":shard": {"S": due_shard(head.tenant)},
                ":reason": {"S": park.reason},
            },
        }
    }


class DueTable:
    """The port `DueDates` over ActivityTable and its index `due`."""

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

    def drain_now(self, tenant: str, *, now: datetime) -> None:
        """Make the parked tenant due at once; harmless when nothing is parked.

        Raises:
            Retryable: the table cannot be written now.
        """
        with table_refusals("make a parked tenant due", spread_by=tenant):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=marker_key(tenant, PARK),
                    UpdateExpression="SET due_at = :now",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues={":now": {"N": str(epoch_ms(now))}},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return

    def keep_alive_at(self, tenant: str, at: datetime) -> None:
        """Refresh the tenant's grant at a time, unless it was used before.

        Raises:
            Retryable: the table cannot be written now.
        """
        with table_refusals("note when to refresh a grant", spread_by=tenant):
            self._client.put_item(
                TableName=self._table,
                Item={
                    **marker_key(tenant, GRANT),
                    "due_shard": {"S": due_shard(tenant)},
                    "due_at": {"N": str(epoch_ms(at))},
                },
            )

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

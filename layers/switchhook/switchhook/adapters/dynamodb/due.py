"""What is due in ActivityTable: activities, and the markers by which a tenant is looked at as a whole.

A marker also holds the condition under which activities may park (docs/access-patterns.md).
"""

from dataclasses import replace
from datetime import datetime, timedelta
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
    activity_pk,
    due_shard,
    epoch_ms,
    from_epoch_ms,
    shard_name,
    tenant_pk,
    tenant_state,
)
from switchhook.domain.activity import State
from switchhook.ports.due import ACTIVITY, GRANT, PARK, Claimed, DueItem

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

    def due(
        self, shard: int, *, now: "datetime", limit: int, after: DueItem | None = None
    ) -> tuple[DueItem, ...]:
        """The shard's items whose `due_at` has passed, oldest first; may lag a second behind.

        `what` is "activity", "park" or "grant". Whoever acts on one claims it, or reads it again, first.

        Raises:
            Retryable: the index could not be read.
        """
        start: dict[str, Item] = {}
        if after is not None:
            start["ExclusiveStartKey"] = {
                **_key_of(after),
                "due_shard": {"S": shard_name(shard)},
                "due_at": {"N": str(epoch_ms(after.due_at))},
            }
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
                **start,  # type: ignore[arg-type] # one of query's own names
            )
        return tuple(_due_item(item) for item in answer["Items"])

    def claim(self, item: DueItem, *, now: "datetime", lease: "timedelta") -> Claimed | None:
        """Move the item's date by a lease that grows with each claim; None when it is not as seen.

        Only the index's date and the two counts of claims change. Body and version of a head stay, so
        whoever is at work on it is not disturbed; every commit writes the item anew, without counts.

        Raises:
            Retryable: the table could not be written; the item is due still, or at the lease's end.
        """
        with table_refusals("claim what is due", spread_by=item.activity_id or item.tenant):
            try:
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=_key_of(item),
                    # An operand is the value before the update: the n-th lease is n times the first.
                    UpdateExpression=(
                        "SET due_at = if_not_exists(lease_ms, :lease) + :now,"
                        " lease_ms = if_not_exists(lease_ms, :lease) + :lease ADD wakes :one"
                    ),
                    ConditionExpression="due_at = :seen",
                    ExpressionAttributeValues={
                        ":lease": {"N": str(lease // timedelta(milliseconds=1))},
                        ":now": {"N": str(epoch_ms(now))},
                        ":one": {"N": "1"},
                        ":seen": {"N": str(epoch_ms(item.due_at))},
                    },
                    ReturnValues="ALL_NEW",
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return None
        stored = answer["Attributes"]
        return Claimed(
            item=replace(item, leased_until=from_epoch_ms(stored["due_at"]["N"])),
            wakes=int(stored["wakes"]["N"]),
            version=int(stored["version"]["N"]) if "version" in stored else 0,
        )

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

        An activity's due date is part of its head: a commit sets it, a claim lends it. A marker from
        which a newly parked activity asked for a later probe moves on to that instead of being removed,
        for `parked` may not show that activity yet. One that somebody moved since `item` was read, or
        claimed, stays: a tenant that was connected again meanwhile is not put off.

        Raises:
            Retryable: the table could not be written.
        """
        if item.what == ACTIVITY:
            raise ValueError("an activity's due date changes with its head, by Ledger.commit")
        with table_refusals("move a due date", spread_by=item.tenant):
            if until is not None:
                self._move(item, {"N": str(epoch_ms(until))})
            elif probe_at := self._remove(item):
                self._move(item, probe_at)

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
                    UpdateExpression="SET due_at = :now REMOVE wakes, lease_ms",
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
        stands: AttributeValueTypeDef = {"N": str(epoch_ms(item.stands_at))}
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=marker_key(item.tenant, item.what),
                ConditionExpression=(
                    "attribute_not_exists(pk) OR (due_at = :stands AND"
                    " (attribute_not_exists(probe_at) OR probe_at <= :due))"
                ),
                ExpressionAttributeValues={
                    ":stands": stands,
                    ":due": {"N": str(epoch_ms(item.due_at))},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as exc:
            if code_of(exc) != CONDITION_FAILED:
                raise
            stored = stored_item(exc)
            return stored["probe_at"] if stored["due_at"] == stands else None
        return None

    def _move(self, item: DueItem, to: "AttributeValueTypeDef") -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=marker_key(item.tenant, item.what),
                UpdateExpression="SET due_at = :until, due_shard = :shard REMOVE wakes, lease_ms",
                ConditionExpression="attribute_not_exists(pk) OR due_at = :stands",
                ExpressionAttributeValues={
                    ":until": to,
                    ":shard": {"S": due_shard(item.tenant)},
                    ":stands": {"N": str(epoch_ms(item.stands_at))},
                },
            )
        except ClientError as exc:
            # Somebody else moved it meanwhile: their date holds.
            if code_of(exc) != CONDITION_FAILED:
                raise


def _key_of(item: DueItem) -> "Item":
    if item.activity_id is None:
        return marker_key(item.tenant, item.what)
    return {"pk": {"S": activity_pk(item.tenant, item.activity_id)}, "sk": {"S": HEAD}}


def _due_item(item: "StoredItem") -> DueItem:
    pk, sk = item["pk"]["S"], item["sk"]["S"]
    due_at = from_epoch_ms(item["due_at"]["N"])
    if sk == HEAD:
        tenant, activity_id = activity_of(pk)
        return DueItem(tenant=tenant, what=ACTIVITY, activity_id=activity_id, due_at=due_at)
    tenant = pk.removeprefix("T#").removesuffix(f"#{sk}")
    return DueItem(tenant=tenant, what=sk.lower(), activity_id=None, due_at=due_at)

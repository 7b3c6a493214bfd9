"""The due markers of a tenant in ActivityTable, and the condition under which parking is allowed."""

from typing import TYPE_CHECKING

from switchhook.adapters.dynamodb.items import due_shard, epoch_ms, tenant_pk

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from switchhook.adapters.dynamodb.items import Item
    from switchhook.domain.activity import Activity
    from switchhook.ports import ParkWith

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
    seen = park.seen
    key: Item = {"pk": {"S": tenant_pk(head.tenant)}, "sk": {"S": "CONNECTION"}}
    if seen is None:
        return {
            "ConditionCheck": {
                "TableName": tenant_table,
                "Key": key,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
    values: Item = {
        ":status": {"S": seen.status.value},
        ":generation": {"N": str(seen.generation)},
    }
    parked = "attribute_not_exists(parked)"
    if seen.parked is not None:
        parked = "parked = :parked"
        values[":parked"] = {"S": seen.parked}
    return {
        "ConditionCheck": {
            "TableName": tenant_table,
            "Key": key,
            "ConditionExpression": f"#status = :status AND generation = :generation AND {parked}",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": values,
        }
    }


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

"""The dates on which the caretaker looks at a tenant as a whole (docs/access-patterns.md)."""

from datetime import datetime
from typing import TYPE_CHECKING

from switchhook.adapters.dynamodb.items import due_shard, epoch_ms
from switchhook.adapters.dynamodb.markers import GRANT, PARK, marker_key
from switchhook.adapters.dynamodb.refusals import table_refusals

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DueMarkers:
    """The port `Markers` over ActivityTable."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

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

"""Reads a hook by its id, which is all that the ingress may read."""

from typing import TYPE_CHECKING

from switchhook.adapters.aws import aws_refusals
from switchhook.domain.facts.event import Kind
from switchhook.ports.ingress import Hook

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


class HookTable:
    """The look-up items `HOOK#<hook>` of TenantTable (docs/access-patterns.md)."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self, hook_id: str) -> Hook | None:
        """The hook as it is now; consistent, since a rotation must be seen by the next read.

        Raises:
            Retryable: the table could not be read.
        """
        with aws_refusals("read a hook"):
            answer = self._client.get_item(
                TableName=self._table,
                Key={"pk": {"S": f"HOOK#{hook_id}"}, "sk": {"S": "HOOK"}},
                ConsistentRead=True,
            )
        item = answer.get("Item")
        if item is None:
            return None
        until = item.get("previous_until", {}).get("N")
        return Hook(
            id=hook_id,
            tenant=item["tenant"]["S"],
            provider=item["provider"]["S"],
            kind=Kind(item["kind"]["S"]),
            source=item["source"]["S"],
            secret_ct=_bytes(item.get("secret_ct")),
            previous_secret_ct=_bytes(item.get("previous_secret_ct")),
            previous_until=None if until is None else int(until),
        )


def _bytes(value: "AttributeValueTypeDef | None") -> bytes | None:
    return None if value is None else bytes(value["B"])

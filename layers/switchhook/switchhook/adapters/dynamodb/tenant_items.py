"""How TenantTable's items are keyed, and the one way in which several of them change together."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from switchhook.adapters.dynamodb.refusals import CANCELED, busy, code_of, table_refusals
from switchhook.domain.errors import Conflict, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        TransactWriteItemTypeDef,
        UniversalAttributeValueTypeDef,
    )

type Item = dict[str, "UniversalAttributeValueTypeDef"]
type StoredItem = dict[str, "AttributeValueTypeDef"]


def key(pk: str, sk: str) -> "dict[str, UniversalAttributeValueTypeDef]":
    """The two key attributes of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def tenant_pk(tenant_id: str) -> str:
    """The key that all of a tenant's own items share."""
    return f"T#{tenant_id}"


def instant(at: datetime) -> str:
    """A time as stored: RFC 3339 in UTC with milliseconds, so that text sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def put_new(table: str, item: Item) -> "TransactWriteItemTypeDef":
    """Puts an item that must not be there yet."""
    return {
        "Put": {
            "TableName": table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }


def tenant_exists(table: str, tenant_id: str) -> "TransactWriteItemTypeDef":
    """Holds a change to the tenant's being there: one that is being deleted gets nothing new."""
    return {
        "ConditionCheck": {
            "TableName": table,
            "Key": key(tenant_pk(tenant_id), "TENANT"),
            "ConditionExpression": "attribute_exists(pk)",
        }
    }


def change_together(
    client: "DynamoDBClient", action: str, changes: "Iterable[TransactWriteItemTypeDef]"
) -> None:
    """Applies all changes or none; `action` says what is tried, without anybody's data.

    botocore gives each transaction a token of its own, so its repeating a request whose answer was
    lost does nothing twice.

    Raises:
        Conflict: a condition did not hold.
        Retryable: the table could not be written, or another transaction held an item.
    """
    with table_refusals(action):
        try:
            client.transact_write_items(TransactItems=list(changes))
        except ClientError as exc:
            if code_of(exc) != CANCELED:
                raise
            codes = {reason.get("Code") for reason in exc.response.get("CancellationReasons", [])}
            if "ConditionalCheckFailed" in codes:
                raise Conflict(f"A condition did not hold when asked to {action}.") from exc
            if "ValidationError" in codes:
                raise
            raise busy(action, "another change is under way") from exc


def bad_cursor() -> Rejected:
    """The answer to a cursor that no page of this list ended with."""
    return Rejected(
        "This cursor is none of ours: give next_cursor of the page before, as it was.",
        code="invalid_cursor",
    )

"""How TenantTable's items change: their keys, several at once, and what DynamoDB's refusals mean.

A busy table is worth another try soon; a malformed request is a bug.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from botocore.exceptions import BotoCoreError, ClientError

from switchhook.adapters.dynamodb.keys import Item, StoredItem, tenant_pk
from switchhook.domain.errors import Conflict, Rejected, Retryable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

CONDITION_FAILED = "ConditionalCheckFailedException"
CANCELED = "TransactionCanceledException"

_BUGS = frozenset(
    {"ValidationException", "IdempotentParameterMismatchException", "SerializationException"}
)
_ANSWERED_BY_CALLER = frozenset({CONDITION_FAILED, CANCELED})


def code_of(error: ClientError) -> str:
    """The error code as DynamoDB names it."""
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def stored_item(error: ClientError) -> StoredItem:
    """The item that a condition did not hold for, where ALL_OLD was asked for; else empty."""
    return cast("StoredItem", error.response.get("Item", {}))


@contextmanager
def table_refusals(action: str, *, spread_by: str = "") -> Iterator[None]:
    """Turn DynamoDB's trouble into ours; `action` says what was tried, without anybody's data.

    A failed condition, a canceled transaction and a malformed request pass as they are: the first
    two are answers, the last is a bug.

    Raises:
        Retryable: `table_busy` when DynamoDB refused, `table_unreachable` when no answer came. Then
            the write may have landed; whoever reads again sees.
    """
    try:
        yield
    except ClientError as exc:
        code = code_of(exc)
        if code in _BUGS or code in _ANSWERED_BY_CALLER:
            raise
        raise busy(action, code, spread_by=spread_by) from exc
    except BotoCoreError as exc:
        raise Retryable(
            f"DynamoDB did not answer when asked to {action}: {type(exc).__name__}.",
            code="table_unreachable",
            after_s=again_after_s(spread_by),
        ) from exc


def busy(action: str, why: str, *, spread_by: str = "") -> Retryable:
    """The refusal of a table that has to do with somebody else right now."""
    return Retryable(
        f"DynamoDB refused to {action} just now: {why}.",
        code="table_busy",
        after_s=again_after_s(spread_by),
    )


def again_after_s(spread_by: str) -> float:
    """0.2 to 1.0 s, spread by a name so that those who collided do not come back together."""
    return 0.2 + 0.8 * hashlib.sha256(spread_by.encode("utf-8", "surrogatepass")).digest()[0] / 255


def key(pk: str, sk: str) -> Item:
    """The two key attributes of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


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

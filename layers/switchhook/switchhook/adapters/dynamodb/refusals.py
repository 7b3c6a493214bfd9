"""What DynamoDB's refusals mean: a busy table is worth another try soon, a malformed request is a bug."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from botocore.exceptions import BotoCoreError, ClientError

from switchhook.domain.errors import Retryable

if TYPE_CHECKING:
    from switchhook.adapters.dynamodb.items import StoredItem

CONDITION_FAILED = "ConditionalCheckFailedException"
CANCELED = "TransactionCanceledException"

_BUGS = frozenset(
    {"ValidationException", "IdempotentParameterMismatchException", "SerializationException"}
)
_ANSWERED_BY_CALLER = frozenset({CONDITION_FAILED, CANCELED})


def code_of(error: ClientError) -> str:
    """The error code as DynamoDB names it."""
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def stored_item(error: ClientError) -> "StoredItem":
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

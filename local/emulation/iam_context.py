"""Works out the IAM condition keys of a request that the emulator leaves out.

Without them `ForAllValues:StringLike` on leading keys allows every key, and a condition on the encryption
context denies everything.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

type Json = dict[str, Any]

LEADING_KEYS = "dynamodb:LeadingKeys"
ENCRYPTION_CONTEXT = "kms:EncryptionContext"
ITEM_OPERATIONS = ("Put", "Get", "Update", "Delete", "ConditionCheck")


def dynamodb_keys(body: bytes, partition_key: Callable[[str, str | None], str | None]) -> Json:
    """Returns `dynamodb:LeadingKeys` of a DynamoDB request, or nothing where it names no item.

    `partition_key(table, index)` gives the name of the partition key, or None for an unknown table.
    """
    request = _parsed(body)
    values = [
        _text(value)
        for item in _requests_of(request)
        if (value := _leading_key(item, partition_key)) is not None
    ]
    return {LEADING_KEYS: values} if values else {}


def kms_keys(body: bytes) -> Json:
    """Returns `kms:EncryptionContext:<name>` for each pair of a KMS request's encryption context."""
    context = _parsed(body).get("EncryptionContext")
    if not isinstance(context, dict) or not context:
        return {}
    keys: Json = {f"{ENCRYPTION_CONTEXT}:{name}": value for name, value in context.items()}
    keys["kms:EncryptionContextKeys"] = list(context)
    return keys


def _parsed(body: bytes) -> Json:
    try:
        request = json.loads(body or b"{}")
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return request if isinstance(request, dict) else {}


def _requests_of(request: Json) -> Iterator[Json]:
    """Yields the single-item requests that a request consists of."""
    if "TransactItems" in request:
        for entry in request["TransactItems"]:
            for operation in ITEM_OPERATIONS:
                if operation in entry:
                    yield entry[operation]
    elif isinstance(request.get("RequestItems"), dict):
        for table, entries in request["RequestItems"].items():
            yield from _batch_requests(table, entries)
    else:
        yield request


def _batch_requests(table: str, entries: object) -> Iterator[Json]:
    if isinstance(entries, dict):
        for key in entries.get("Keys", []):
            yield {"TableName": table, "Key": key}
    elif isinstance(entries, list):
        for entry in entries:
            for write in entry.values():
                yield {"TableName": table, **write}


def _leading_key(
    request: Json, partition_key: Callable[[str, str | None], str | None]
) -> Json | None:
    name = partition_key(str(request.get("TableName", "")), request.get("IndexName"))
    if name is None:
        return None
    for part in ("Key", "Item"):
        value = (request.get(part) or {}).get(name)
        if isinstance(value, dict):
            return value
    return _queried_value(request, name)


def _queried_value(request: Json, name: str) -> Json | None:
    placeholders = request.get("ExpressionAttributeNames") or {}
    for left, right in re.findall(
        r"([#\w]+)\s*=\s*(:\w+)", str(request.get("KeyConditionExpression", ""))
    ):
        if placeholders.get(left, left) == name:
            value = (request.get("ExpressionAttributeValues") or {}).get(right)
            return value if isinstance(value, dict) else None
    return None


def _text(value: Json) -> str:
    """Gives an attribute value as IAM sees it: text as it is, binary in base64."""
    kind, content = next(iter(value.items()))
    if kind == "B" and isinstance(content, bytes):
        return base64.b64encode(content).decode()
    return str(content)

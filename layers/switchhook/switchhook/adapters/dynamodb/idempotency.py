"""What callers asked for under keys of their own: TenantTable, items `IDEM#` (docs/access-patterns.md)."""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from switchhook.adapters.dynamodb.changes import (
    CONDITION_FAILED,
    code_of,
    stored_item,
    table_refusals,
)
from switchhook.adapters.dynamodb.changes import key as item_key
from switchhook.adapters.dynamodb.keys import tenant_pk

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FROM = "IDEM#"


class IdempotencyTable:
    """The port `IdempotencyKeys`; a key shows only as a hash."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def take(self, tenant: str, key: str, asked: str, *, now: datetime, until: datetime) -> str:
        """What was asked under the key first; one that has expired counts as new.

        Raises:
            Retryable: the table is busy; ask again.
        """
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        with table_refusals("remember what was asked"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        **item_key(tenant_pk(tenant), _FROM + digest),
                        "asked": {"S": asked},
                        "expires_at": {"N": str(int(until.timestamp()))},
                    },
                    ConditionExpression="attribute_not_exists(pk) OR expires_at <= :now",
                    ExpressionAttributeValues={":now": {"N": str(int(now.timestamp()))}},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                if code_of(error) != CONDITION_FAILED:
                    raise
                return stored_item(error)["asked"]["S"]
        return asked

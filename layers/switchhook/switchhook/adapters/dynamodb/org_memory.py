"""Keeps what was last fetched of a tenant's org, compressed into one item."""

from dataclasses import replace
from typing import TYPE_CHECKING

from switchhook.adapters.dynamodb.changes import table_refusals
from switchhook.adapters.dynamodb.keys import rfc3339_ms, tenant_pk
from switchhook.adapters.serial import pack, unpack
from switchhook.domain.crm import StoredFacts
from switchhook.domain.errors import Permanent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from switchhook.adapters.dynamodb.keys import Item

LARGEST_BODY = 390_000
"""Bytes of compressed metadata; about 11,000 users."""


class OrgMemoryTable:
    """The port OrgMemory over TenantTable's item METADATA."""

    def __init__(self, client: "DynamoDBClient", *, tenant_table: str) -> None:
        self._client = client
        self._table = tenant_table

    def recall(self, tenant: str) -> StoredFacts | None:
        """The stored metadata, or None.

        Not strongly consistent: facts a second old are as good, and cost half.

        Raises:
            Retryable: the table could not be read.
        """
        with table_refusals("recall an org's metadata", spread_by=tenant):
            answer = self._client.get_item(TableName=self._table, Key=_key(tenant))
        if "Item" not in answer:
            return None
        return _with_ids(unpack(StoredFacts, bytes(answer["Item"]["body"]["B"])))

    def remember(self, tenant: str, facts: StoredFacts) -> None:
        """Store the metadata in place of what was there.

        Raises:
            Permanent: the org has more users than one item holds.
            Retryable: the table could not be written.
        """
        body = pack(_without_ids(facts))
        if len(body) > LARGEST_BODY:
            raise Permanent(
                f"The org of tenant {tenant} has too many active users to remember:"
                f" {len(body)} compressed bytes of at most {LARGEST_BODY}.",
                code="org_too_large",
            )
        with table_refusals("remember an org's metadata", spread_by=tenant):
            self._client.put_item(
                TableName=self._table,
                Item={
                    **_key(tenant),
                    "fetched_at": {"S": rfc3339_ms(facts.fetched_at)},
                    "org_id": {"S": facts.org_id},
                    "body": {"B": body},
                },
            )


def _key(tenant: str) -> "Item":
    return {"pk": {"S": tenant_pk(tenant)}, "sk": {"S": "METADATA"}}


def _without_ids(stored: StoredFacts) -> StoredFacts:
    """Leave out the ids of users that are there anyway: ids hardly compress."""
    ids = stored.facts.user_ids - _listed_ids(stored)
    return replace(stored, facts=replace(stored.facts, user_ids=ids))


def _with_ids(stored: StoredFacts) -> StoredFacts:
    ids = stored.facts.user_ids | _listed_ids(stored)
    return replace(stored, facts=replace(stored.facts, user_ids=ids))


def _listed_ids(stored: StoredFacts) -> frozenset[str]:
    return frozenset(user.id for users in stored.facts.users_by_email.values() for user in users)

"""What is known of parties: claims to people, matches that people chose, and those of a moment ago."""

from typing import TYPE_CHECKING

from switchhook.adapters.dynamodb.claim_items import (
    CLAIMS_FROM,
    MATCH,
    PIN,
    DirectoryKeys,
    read_claim,
    read_match,
    read_pin,
)
from switchhook.adapters.dynamodb.refusals import table_refusals
from switchhook.domain.claims import Known

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from switchhook.adapters.dynamodb.items import PartyHasher


class DirectoryTable:
    """The port Directory over the table of the same name."""

    def __init__(
        self, client: "DynamoDBClient", *, directory_table: str, hasher: "PartyHasher"
    ) -> None:
        self._client = client
        self._keys = DirectoryKeys(table=directory_table, hasher=hasher)

    def known(self, tenant: str, party_key: str) -> Known:
        """Claims (by object type), the pin and the cached match of one party, strongly consistent.

        The match is given as stored: whoever uses it compares `expires_at` and the settings.

        Raises:
            Retryable: the table could not be read.
        """
        with table_refusals("look up a party", spread_by=party_key):
            answer = self._client.query(
                TableName=self._keys.table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": self._keys.pk(tenant, party_key)}},
                ConsistentRead=True,
            )
        items = {item["sk"]["S"]: item for item in answer["Items"]}
        match, pin = items.get(MATCH), items.get(PIN)
        return Known(
            claims=tuple(
                read_claim(item, party_key)
                for sk, item in items.items()
                if sk.startswith(CLAIMS_FROM)
            ),
            match=read_match(match) if match else None,
            pin=read_pin(pin) if pin else None,
        )

    def forget_match(self, tenant: str, party_key: str) -> None:
        """Drop the cached match of a party; harmless when there is none.

        Raises:
            Retryable: the table could not be written.
        """
        with table_refusals("forget a match", spread_by=party_key):
            self._client.delete_item(
                TableName=self._keys.table, Key=self._keys.match_key(tenant, party_key)
            )

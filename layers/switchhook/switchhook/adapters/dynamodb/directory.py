"""What is known of parties: claims to people, matches that people chose, and those of a moment ago.

Claims, pins and cached matches as items of DirectoryTable, with the conditions that guard them.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from switchhook.adapters.dynamodb.changes import table_refusals
from switchhook.adapters.dynamodb.keys import epoch_ms
from switchhook.adapters.serial import pack, unpack
from switchhook.domain.activity import RecordRef
from switchhook.domain.matching.pins import Pin
from switchhook.domain.writing.claims import (
    CachedMatch,
    Claim,
    ClaimChange,
    CompleteClaim,
    DropClaim,
    FollowClaim,
    Known,
    ReleaseClaim,
    TakeClaim,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from switchhook.adapters.dynamodb.keys import Item, PartyHasher, StoredItem

MATCH = "MATCH"
PIN = "PIN"
CLAIMS_FROM = "CLAIM#"

_HELD = "held"
_DONE = "done"
_FREE_OR_MINE_UNUSED = "attribute_not_exists(pk) OR (holder = :me AND claim_state = :held)"
_FREE_OR_MINE = "attribute_not_exists(pk) OR holder = :me"
_USED_UP = "(claim_state = :done AND record_id = :over)"
_NAMING_IT = "claim_state = :done AND record_id = :record"
_FREE_OR_NAMING_IT = "attribute_not_exists(pk) OR (claim_state = :done AND record_id = :record)"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryKeys:
    """Where a tenant's parties lie in DirectoryTable."""

    table: str
    hasher: "PartyHasher"

    def pk(self, tenant: str, identifier: str) -> str:
        """The partition of one party; its identifier shows only as a keyed hash."""
        return f"T#{tenant}#P#{self.hasher(tenant, identifier)}"

    def claim_key(self, tenant: str, claim: Claim) -> "Item":
        """The one item of this person and object type."""
        return {
            "pk": {"S": self.pk(tenant, claim.identifier)},
            "sk": {"S": CLAIMS_FROM + claim.object_type},
        }

    def match_key(self, tenant: str, party_key: str) -> "Item":
        """The party's cached match."""
        return {"pk": {"S": self.pk(tenant, party_key)}, "sk": {"S": MATCH}}

    def pin_key(self, tenant: str, party_key: str) -> "Item":
        """The match that a person chose for the party."""
        return {"pk": {"S": self.pk(tenant, party_key)}, "sk": {"S": PIN}}


def match_item(key: "Item", match: CachedMatch) -> "Item":
    """A cached match; its expiry is compared by whoever reads it."""
    seconds = -(-epoch_ms(match.expires_at) // 1000)
    return {**key, "expires_at": {"N": str(seconds)}, "body": {"B": pack(match)}}


def read_match(item: "StoredItem") -> CachedMatch:
    """The match as it was written."""
    return unpack(CachedMatch, bytes(item["body"]["B"]))


def read_pin(item: "StoredItem") -> Pin:
    """The pin as it was written."""
    return unpack(Pin, bytes(item["body"]["B"]))


def read_claim(item: "StoredItem", identifier: str) -> Claim:
    """The claim as stored; the identifier is the reader's own, for the table holds its hash only."""
    record = None
    if "record_id" in item:
        record = RecordRef(type=item["record_type"]["S"], id=item["record_id"]["S"])
    return Claim(
        identifier=identifier,
        object_type=item["sk"]["S"].removeprefix(CLAIMS_FROM),
        holder=item["holder"]["S"],
        fence_until=datetime.fromisoformat(item["fence_until"]["S"]),
        record=record,
    )


def claim_write(
    change: ClaimChange, *, tenant: str, keys: DirectoryKeys
) -> "TransactWriteItemTypeDef":
    """The conditional write of one change.

    TakeClaim must find nobody else there, or only the record that it may pass over. CompleteClaim
    also makes a claim that is gone, for the record does exist. ReleaseClaim and DropClaim never
    remove what is not theirs to remove, and FollowClaim changes only a claim that is as it was seen.
    """
    claim = change.claim
    key = keys.claim_key(tenant, claim)
    me: Item = {":me": {"S": claim.holder}}
    match change:
        case TakeClaim():
            return _take(change, keys.table, key)
        case CompleteClaim():
            return _put(keys.table, _claim_item(key, claim, _DONE), _FREE_OR_MINE, me)
        case ReleaseClaim():
            unused: Item = {**me, ":held": {"S": _HELD}}
            return _delete(keys.table, key, _FREE_OR_MINE_UNUSED, unused)
        case DropClaim():
            named = claim.record.id if claim.record else ""
            dead: Item = {":done": {"S": _DONE}, ":record": {"S": named}}
            return _delete(keys.table, key, _FREE_OR_NAMING_IT, dead)
        case FollowClaim():
            named = claim.record.id if claim.record else ""
            followed = replace(claim, record=change.successor)
            seen: Item = {":done": {"S": _DONE}, ":record": {"S": named}}
            return _put(keys.table, _claim_item(key, followed, _DONE), _NAMING_IT, seen)


def _take(change: TakeClaim, table: str, key: "Item") -> "TransactWriteItemTypeDef":
    item = _claim_item(key, change.claim, _HELD)
    values: Item = {":me": {"S": change.claim.holder}, ":held": {"S": _HELD}}
    if change.over is None:
        return _put(table, item, _FREE_OR_MINE_UNUSED, values)
    used_up: Item = {":done": {"S": _DONE}, ":over": {"S": change.over.id}}
    return _put(table, item, f"{_FREE_OR_MINE_UNUSED} OR {_USED_UP}", values | used_up)


def _claim_item(key: "Item", claim: Claim, claim_state: str) -> "Item":
    item: Item = {
        **key,
        "holder": {"S": claim.holder},
        "claim_state": {"S": claim_state},
        "fence_until": {"S": claim.fence_until.astimezone(UTC).isoformat()},
    }
    if claim_state == _DONE and claim.record:
        item["record_type"] = {"S": claim.record.type}
        item["record_id"] = {"S": claim.record.id}
    return item


def _put(table: str, item: "Item", condition: str, values: "Item") -> "TransactWriteItemTypeDef":
    return {
        "Put": {
            "TableName": table,
            "Item": item,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def _delete(table: str, key: "Item", condition: str, values: "Item") -> "TransactWriteItemTypeDef":
    return {
        "Delete": {
            "TableName": table,
            "Key": key,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
    }


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

"""Writes and reads what happened to each activity; every change is one all-or-nothing request.

The head's version guards the change. What must be true beside it (nobody else's claim, the
connection as seen) is a condition of the same request, so there is no moment in between.

Keeps events that are too large for an item: whole in the payload bucket, their gist in the table.

The body is stored under its content's name before the item that names it is written, so a process that
dies in between leaves an object that nobody knows of and that the bucket removes by itself. The bucket
keeps a body for 30 days; from then on the gist is all that is known (docs/adr/0016).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError

from switchhook.adapters.dynamodb.changes import (
    CANCELED,
    CONDITION_FAILED,
    busy,
    code_of,
    stored_item,
    table_refusals,
)
from switchhook.adapters.dynamodb.directory import (
    DirectoryKeys,
    claim_write,
    match_item,
    read_claim,
)
from switchhook.adapters.dynamodb.due import connection_unchanged, park_marker
from switchhook.adapters.dynamodb.keys import (
    EVENTS_FROM,
    HEAD,
    LARGEST_BODY,
    activity_pk,
    decision_item,
    epoch_ms,
    event_item,
    event_sk,
    from_epoch_ms,
    head_item,
    read_event,
    read_head,
)
from switchhook.adapters.serial import pack, unpack
from switchhook.domain.activity import Activity, Entry
from switchhook.domain.errors import Conflict, EventHeld
from switchhook.domain.facts.event import Event, gist
from switchhook.domain.writing.claims import Claim, ClaimTaken, CompleteClaim, TakeClaim

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        GetItemInputTypeDef,
        PutTypeDef,
        TransactWriteItemTypeDef,
    )

    from switchhook.adapters.dynamodb.keys import Item, PartyHasher, StoredItem
    from switchhook.ports.ledger import LedgerWrite
    from switchhook.ports.queues import PayloadStore

BUCKET_KEEPS = timedelta(days=30)
_KEY, _UNTIL = "payload_key", "payload_until"


class EventItems:
    """Makes the items of events and reads them, wherever their bodies lie."""

    def __init__(self, payloads: "PayloadStore", *, now: Callable[[], datetime]) -> None:
        self._payloads = payloads
        self._now = now

    def write(self, head: "Activity", event: Event) -> "Item":
        """The item of an event; a large body is stored first, which is harmless when repeated.

        Raises:
            Permanent: even the gist is larger than the ledger takes; nothing is stored.
            Retryable: the body is not known to be stored.
        """
        packed = pack(event)
        if len(packed) <= LARGEST_BODY:
            return event_item(head, event)
        item = event_item(head, gist(event))
        key = f"{head.tenant}/{head.id}/events/{hashlib.sha256(packed).hexdigest()}.z"
        self._payloads.put(key, packed)
        item[_KEY] = {"S": key}
        item[_UNTIL] = {"N": str(epoch_ms(self._now() + BUCKET_KEEPS))}
        return item

    def read(self, item: "StoredItem") -> Event:
        """The event whole, or its gist once the bucket no longer keeps the body.

        Raises:
            Permanent, Retryable: the body could not be read.
        """
        if _KEY not in item or self._now() >= from_epoch_ms(item[_UNTIL]["N"]):
            return read_event(item)
        return unpack(Event, self._payloads.get(item[_KEY]["S"]))


class _Guard(Enum):
    """What it means when the condition of one part does not hold."""

    MUST_HOLD = auto()
    NEW_EVENT = auto()
    TAKE = auto()
    GIVE_BACK = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    write: "TransactWriteItemTypeDef"
    guard: _Guard = _Guard.MUST_HOLD
    claim: Claim | None = None


class LedgerTable:
    """The port Ledger over ActivityTable, DirectoryTable and TenantTable."""

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        activity_table: str,
        directory_table: str,
        tenant_table: str,
        hasher: "PartyHasher",
        events: "EventItems",
    ) -> None:
        self._client = client
        self._events = events
        self._activities = activity_table
        self._tenants = tenant_table
        self._directory = DirectoryKeys(table=directory_table, hasher=hasher)
        self._hasher = hasher

    def read(self, tenant: str, activity_id: str) -> Entry | None:
        """The activity with all its events, strongly consistent; events in order of reception.

        The head is read before the events: an event that comes in meanwhile makes the head stale,
        which the next commit notices, and is never missed under a fresh head. Of an event whose large
        body is no longer kept, the gist is given.

        Raises:
            Retryable: the table, or a large event's body, could not be read.
            Permanent: a large event's body is gone before its time.
        """
        pages = self._client.get_paginator("query").paginate(
            TableName=self._activities,
            KeyConditionExpression="pk = :pk AND sk >= :events",
            ExpressionAttributeValues={
                ":pk": {"S": activity_pk(tenant, activity_id)},
                ":events": {"S": EVENTS_FROM},
            },
            ConsistentRead=True,
            ScanIndexForward=False,
        )
        with table_refusals("read an activity", spread_by=activity_id):
            items = [item for page in pages for item in page["Items"]]
        heads = [read_head(item) for item in items if item["sk"]["S"] == HEAD]
        if not heads:
            return None
        events = [self._events.read(item) for item in items if item["sk"]["S"] != HEAD]
        events.sort(key=lambda event: (event.received_at, event.event_id))
        return Entry(head=heads[0], events=tuple(events))

    def head(self, tenant: str, activity_id: str) -> Activity | None:
        """The activity's head alone, strongly consistent.

        Raises:
            Retryable: the table could not be read.
        """
        item = self._item(tenant, activity_id, HEAD)
        return read_head(item) if item else None

    def holds(self, tenant: str, activity_id: str, event_id: str) -> bool:
        """Whether the activity has this event, strongly consistent; nothing of it is read but its key.

        Raises:
            Retryable: the table could not be read.
        """
        return bool(self._item(tenant, activity_id, event_sk(event_id), only="sk"))

    def _item(
        self, tenant: str, activity_id: str, sk: str, *, only: str | None = None
    ) -> "StoredItem | None":
        request: GetItemInputTypeDef = {
            "TableName": self._activities,
            "Key": {"pk": {"S": activity_pk(tenant, activity_id)}, "sk": {"S": sk}},
            "ConsistentRead": True,
        }
        if only:
            request["ProjectionExpression"] = only
        with table_refusals("read an activity", spread_by=activity_id):
            return self._client.get_item(**request).get("Item")

    def commit(self, write: "LedgerWrite") -> None:
        """Apply the change whole; done twice by a repeated request, it is done once.

        A claim to give back that is no longer the holder's makes DynamoDB refuse the whole request.
        A refused request has changed nothing, so sending the rest is still the only effect. The body of
        a large event is laid in the bucket before, where it means nothing until the commit names it.

        Raises:
            Conflict: the head or the connection is not as expected, or a claim to complete is not
                the holder's; read again.
            EventHeld: only its event stood in the way, which was to be new.
            ClaimTaken: only TakeClaims stood in the way; names their winners.
            Retryable: the tables are busy or silent; if silent, it may have been applied.
            Permanent: a decision, or what an event is without its texts, is larger than the ledger takes.
        """
        parts = self._parts(write)
        if foreign := self._send(write.head, parts):
            rest = [part for part in parts if part not in foreign]
            if self._send(write.head, rest):
                raise Conflict(
                    f"the claims of activity {write.head.id} change just now: read again"
                )

    def _parts(self, write: "LedgerWrite") -> list[_Part]:
        head = write.head
        people = {(change.claim.object_type, change.claim.identifier) for change in write.claims}
        if len(people) != len(write.claims):
            raise ValueError("a commit changes each claim at most once")
        parts = [_Part(write={"Put": self._head_put(head)})]
        if write.event:
            parts.append(self._event_part(head, write.event, is_new=write.is_new_event))
        if write.decision:
            parts.append(self._plain(decision_item(head, write.decision)))
        for change in write.claims:
            request = claim_write(change, tenant=head.tenant, keys=self._directory)
            guard = {TakeClaim: _Guard.TAKE, CompleteClaim: _Guard.MUST_HOLD}.get(
                type(change), _Guard.GIVE_BACK
            )
            parts.append(_Part(write=request, guard=guard, claim=change.claim))
        for party_key, match in write.matches:
            key = self._directory.match_key(head.tenant, party_key)
            put: PutTypeDef = {"TableName": self._directory.table, "Item": match_item(key, match)}
            parts.append(_Part(write={"Put": put}))
        if write.park:
            parts.append(_Part(write=connection_unchanged(self._tenants, head, write.park)))
            parts.append(_Part(write=park_marker(self._activities, head, write.park)))
        return parts

    def _event_part(self, head: Activity, event: Event, *, is_new: bool) -> _Part:
        put = self._plain(self._events.write(head, event))
        if not is_new:
            return put
        put.write["Put"]["ConditionExpression"] = "attribute_not_exists(pk)"
        return replace(put, guard=_Guard.NEW_EVENT)

    def _head_put(self, head: Activity) -> "PutTypeDef":
        item = head_item(head, self._hasher)
        # Tells our own write from somebody else's equal one when a lost answer is asked for again.
        item["write_id"] = {"S": uuid4().hex}
        if head.version == 1:
            return {
                "TableName": self._activities,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(pk)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        return {
            "TableName": self._activities,
            "Item": item,
            "ConditionExpression": "version = :seen",
            "ExpressionAttributeValues": {":seen": {"N": str(head.version - 1)}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _plain(self, item: "Item") -> _Part:
        return _Part(write={"Put": {"TableName": self._activities, "Item": item}})

    def _send(self, head: Activity, parts: Sequence[_Part]) -> list[_Part]:
        """Send the parts together; those that nobody needs but that stood in the way, if any."""
        with table_refusals("write an activity", spread_by=head.id):
            try:
                if len(parts) == 1:
                    self._client.put_item(**parts[0].write["Put"])
                else:
                    # The token makes a request that botocore repeats after a lost answer harmless.
                    self._client.transact_write_items(
                        TransactItems=[part.write for part in parts],
                        ClientRequestToken=str(uuid4()),
                    )
            except ClientError as exc:
                if code_of(exc) == CONDITION_FAILED:
                    _own_or_conflict(head, parts[0], exc)
                    return []
                if code_of(exc) == CANCELED:
                    return _why_canceled(head, parts, exc)
                raise
        return []


def _own_or_conflict(head: Activity, part: _Part, exc: ClientError) -> None:
    if stored_item(exc).get("write_id") != part.write["Put"]["Item"]["write_id"]:
        raise _moved_on(head) from exc


def _moved_on(head: Activity) -> Conflict:
    return Conflict(f"activity {head.id} has moved on from version {head.version - 1}: read again")


def _why_canceled(head: Activity, parts: Sequence[_Part], exc: ClientError) -> list[_Part]:
    reasons: Sequence[Mapping[str, Any]] = exc.response["CancellationReasons"]
    blamed = [
        (part, reason)
        for part, reason in zip(parts, reasons, strict=True)
        if reason.get("Code", "None") != "None"
    ]
    failed = [pair for pair in blamed if pair[1].get("Code") == "ConditionalCheckFailed"]
    if any(part.guard is _Guard.MUST_HOLD for part, _ in failed):
        raise _moved_on(head) from exc
    if others := {str(reason.get("Code")) for _, reason in blamed} - {"ConditionalCheckFailed"}:
        if others & {"ValidationError", "ItemCollectionSizeLimitExceeded"}:
            raise exc
        raise busy("write an activity", ", ".join(sorted(others)), spread_by=head.id) from exc
    if any(part.guard is _Guard.NEW_EVENT for part, _ in failed):
        raise EventHeld(f"activity {head.id} has this event already") from exc
    winners = [
        read_claim(reason["Item"], part.claim.identifier)
        for part, reason in failed
        if part.guard is _Guard.TAKE and part.claim
    ]
    if winners:
        raise ClaimTaken(tuple(winners)) from exc
    return [part for part, _ in failed]

"""The keys and attributes of docs/access-patterns.md, written down once."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from switchhook.adapters.serial import pack, unpack
from switchhook.domain.activity import Activity, DecisionRecord, State
from switchhook.domain.errors import Permanent
from switchhook.domain.facts.event import Event
from switchhook.domain.timing import SHARDS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, UniversalAttributeValueTypeDef

type Item = dict[str, "UniversalAttributeValueTypeDef"]
"""An item, its key or the values of an expression, as it is sent to a table."""

type StoredItem = Mapping[str, "AttributeValueTypeDef"]
"""An item as a table gave it."""

HEAD = "HEAD"
EVENTS_FROM = "EVT#"
DECISIONS_FROM = "DEC#"
KEEP_DAYS = 400

LARGEST_BODY = 300_000
"""Bytes of one compressed body; DynamoDB takes 400 kB an item (docs/adr/0004)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyHasher:
    """Names a party by a keyed hash, so that keys and indexes hold no number or address.

    The same key must be used for as long as claims and lists shall be found again.
    """

    key: bytes = field(repr=False)

    def __call__(self, tenant: str, identifier: str) -> str:
        """32 hex digits, different for the same person in another tenant."""
        named = json.dumps([tenant, identifier]).encode("ascii")
        return hmac.digest(self.key, named, "sha256").hex()[:32]


def tenant_pk(tenant: str) -> str:
    """Where a tenant's own items lie."""
    return f"T#{tenant}"


def activity_pk(tenant: str, activity_id: str) -> str:
    """Where an activity's items lie."""
    return f"T#{tenant}#A#{activity_id}"


def activity_of(pk: str) -> tuple[str, str]:
    """Tenant and activity id of `activity_pk`; an activity id holds no '#'."""
    tenant, _, activity_id = pk.removeprefix("T#").rpartition("#A#")
    return tenant, activity_id


def event_sk(event_id: str) -> str:
    """The same for every delivery of one event."""
    return EVENTS_FROM + hashlib.sha256(event_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def decision_sk(number: int) -> str:
    """Decisions sort by their number."""
    return f"{DECISIONS_FROM}{number:04}"


def due_shard(name: str) -> str:
    """One of 16, always the same for the same activity or tenant."""
    return shard_name(hashlib.sha256(name.encode()).digest()[0] % SHARDS)


def shard_name(shard: int) -> str:
    """The index key of a shard."""
    return f"DUE#{shard:02}"


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970, rounded up: nothing is found due before it is."""
    return -((_EPOCH - at) // _MS)


def from_epoch_ms(value: str | int) -> datetime:
    """The aware UTC time of a stored number."""
    return _EPOCH + timedelta(milliseconds=int(value))


def rfc3339_ms(at: datetime) -> str:
    """The time in RFC 3339 with milliseconds, in UTC: text of constant length that sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def listed_at(head: Activity) -> str:
    """Where the activity stands in every list: by reception, made unique by its id."""
    return f"{rfc3339_ms(head.received_at)}#{head.id}"


def storable(text: str) -> str:
    """The text without lone surrogates, which JSON may bring in and no table takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def expiry(head: Activity) -> "AttributeValueTypeDef":
    """When an activity's items may be collected, in epoch seconds.

    An expired item that is still there tells a repeated event from a new one; so no read of the
    ledger passes it over.
    """
    return {"N": str(epoch_ms(head.received_at + timedelta(days=KEEP_DAYS)) // 1000)}


def head_item(head: Activity, hasher: PartyHasher) -> Item:
    """The head with what the indexes and filters need beside its body."""
    item: Item = {
        "pk": {"S": activity_pk(head.tenant, head.id)},
        "sk": {"S": HEAD},
        "version": {"N": str(head.version)},
        "state": {"S": head.state.value},
        "kind": {"S": head.kind.value},
        "source": {"S": storable(head.source)},
        "external_id": {"S": storable(head.external_id)},
        "tenant": {"S": head.tenant},
        "listed_at": {"S": listed_at(head)},
        "tenant_state": {"S": tenant_state(head.tenant, head.state)},
        "expires_at": expiry(head),
        "body": {"B": _body(pack(head), f"activity {head.id}")},
    }
    if head.reason is not None:
        item["reason"] = {"S": head.reason}
    if head.rule is not None:
        item["rule"] = {"S": head.rule}
    if party := head.party_e164 or head.party_email:
        item["tenant_party"] = {"S": tenant_party(head.tenant, party, hasher)}
    if head.due_at is not None:
        item["due_shard"] = {"S": due_shard(head.id)}
        item["due_at"] = {"N": str(epoch_ms(head.due_at))}
    return item


def tenant_state(tenant: str, state: State) -> str:
    """The index key of a tenant's activities in one state."""
    return f"{tenant}#{state.value}"


def tenant_party(tenant: str, party: str, hasher: PartyHasher) -> str:
    """The index key of a tenant's activities with one party."""
    return f"{tenant}#{hasher(tenant, party)}"


def read_head(item: StoredItem) -> Activity:
    """The head as it was written."""
    return unpack(Activity, bytes(item["body"]["B"]))


def event_item(head: Activity, event: Event) -> Item:
    """One normalised event of the activity."""
    return {
        "pk": {"S": activity_pk(head.tenant, head.id)},
        "sk": {"S": event_sk(event.event_id)},
        "expires_at": expiry(head),
        "body": {"B": _body(pack(event), f"an event of activity {head.id}")},
    }


def read_event(item: StoredItem) -> Event:
    """The event as it was written."""
    return unpack(Event, bytes(item["body"]["B"]))


def decision_item(head: Activity, decision: DecisionRecord) -> Item:
    """The n-th decision on the activity."""
    return {
        "pk": {"S": activity_pk(head.tenant, head.id)},
        "sk": {"S": decision_sk(decision.number)},
        "expires_at": expiry(head),
        "body": {"B": _body(pack(decision), f"a decision on activity {head.id}")},
    }


def read_decision(item: StoredItem) -> DecisionRecord:
    """The decision as it was written."""
    return unpack(DecisionRecord, bytes(item["body"]["B"]))


def _body(packed: bytes, what: str) -> bytes:
    """Hold the bound that parsing promises (docs/adr/0004), before a table refuses the item."""
    if len(packed) > LARGEST_BODY:
        raise Permanent(
            f"{what} has {len(packed)} compressed bytes; the ledger takes {LARGEST_BODY}."
            " Shorten what the provider sends.",
            code="too_large",
        )
    return packed

"""What travels in the activity queue: an event to take in, or a wake-up for an activity."""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from switchhook.domain.errors import Rejected
from switchhook.domain.facts.event import Kind

VERSION = 1
MAX_MESSAGE_BYTES = 240_000
"""Above this the body goes to the payload bucket first; SQS itself bills and limits beyond 256 KiB."""

MAX_BODY_BYTES = 1_048_576
"""The largest webhook body that is accepted, in bytes as sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMessage:
    """One verified webhook on its way to the ledger.

    Exactly one of `packed` (the body, zlib) and `payload_key` (where it lies in the payload bucket)
    is set. `headers` are the few that a replay needs. `backfilled` says that the tenant handed the event
    in later, so that its Task may be in the org without our knowing.
    """

    tenant: str
    hook: str
    provider: str
    activity_kind: Kind
    source: str
    activity_id: str
    external_id: str
    occurrence: int
    event_id: str
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    packed: bytes | None = None
    payload_key: str | None = None
    backfilled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeMessage:
    """A reminder that an activity is due; it carries no facts."""

    tenant: str
    activity_id: str


type QueueMessage = EventMessage | WakeMessage


def pack(raw: bytes) -> bytes:
    """The body as it is stored; equal bodies give equal bytes."""
    return zlib.compress(raw, 6)


def unpack(packed: bytes) -> bytes:
    """The body as the provider sent it (its own credential redacted).

    Raises:
        Rejected: not what `pack` wrote, or larger than any body that is accepted.
    """
    reader = zlib.decompressobj()
    try:
        raw = reader.decompress(packed, MAX_BODY_BYTES + 1)
    except zlib.error as exc:
        raise _unreadable("its body is not zlib") from exc
    if len(raw) > MAX_BODY_BYTES or not reader.eof:
        raise _unreadable("its body is cut or larger than 1 MiB")
    return raw


def to_json(message: QueueMessage) -> str:
    """The message as text: ASCII only, so its length is its size in bytes."""
    match message:
        case WakeMessage():
            written: dict[str, object] = {
                "v": VERSION,
                "kind": "wake",
                "tenant": message.tenant,
                "activity_id": message.activity_id,
            }
        case EventMessage():
            written = _event_to_json(message)
    return json.dumps(written, separators=(",", ":"))


def from_json(text: str) -> QueueMessage:
    """The message that `to_json` wrote.

    Raises:
        Rejected: `unreadable_message`; nothing else in the queue is of our making.
    """
    try:
        written = json.loads(text)
        if not isinstance(written, dict) or written.get("v") != VERSION:
            raise _unreadable(f"it is not of version {VERSION}")
        if written["kind"] == "wake":
            return WakeMessage(
                tenant=_text(written["tenant"]), activity_id=_text(written["activity_id"])
            )
        if written["kind"] == "event":
            return _event_from_json(written)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        raise _unreadable("a field is missing or of another type") from exc
    raise _unreadable("its kind is neither event nor wake")


def _event_to_json(message: EventMessage) -> dict[str, object]:
    written: dict[str, object] = {
        "v": VERSION,
        "kind": "event",
        "tenant": message.tenant,
        "hook": message.hook,
        "provider": message.provider,
        "activity_kind": message.activity_kind.value,
        "source": message.source,
        "activity_id": message.activity_id,
        "external_id": message.external_id,
        "occurrence": message.occurrence,
        "event_id": message.event_id,
        "received_at": message.received_at.astimezone(UTC).isoformat(),
        "headers": dict(message.headers),
    }
    if message.backfilled:
        written["backfilled"] = True
    if message.packed is not None:
        written["body"] = base64.b64encode(message.packed).decode("ascii")
    else:
        written["payload_key"] = message.payload_key
    return written


def _event_from_json(written: Mapping[str, object]) -> EventMessage:
    body = written.get("body")
    key = written.get("payload_key")
    if (body is None) == (key is None):
        raise _unreadable("it has neither or both of body and payload_key")
    headers = written["headers"]
    occurrence = written["occurrence"]
    if not isinstance(headers, dict) or not isinstance(occurrence, int):
        raise _unreadable("headers or occurrence are of another type")
    return EventMessage(
        tenant=_text(written["tenant"]),
        hook=_text(written["hook"]),
        provider=_text(written["provider"]),
        activity_kind=Kind(_text(written["activity_kind"])),
        source=_text(written["source"]),
        activity_id=_text(written["activity_id"]),
        external_id=_text(written["external_id"]),
        occurrence=occurrence,
        event_id=_text(written["event_id"]),
        received_at=datetime.fromisoformat(_text(written["received_at"])),
        headers={_text(name): _text(value) for name, value in headers.items()},
        packed=None if body is None else _bytes(_text(body)),
        payload_key=None if key is None else _text(key),
        backfilled=written.get("backfilled") is True,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _unreadable("a field is not a string")
    return value


def _bytes(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as exc:
        raise _unreadable("its body is not base64") from exc


def _unreadable(why: str) -> Rejected:
    return Rejected(
        f"The queue message cannot be read: {why}. It stays in the queue and ends in the dead letters.",
        code="unreadable_message",
    )

"""What travels in the activity queue: an event to take in, or a word that something is due."""

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
    """A reminder that an activity is due; it carries no facts.

    `wakes` is how often the caretaker has woken it since its head was last written, `version` the head
    that was waiting then; 0 where somebody else reminds.
    """

    tenant: str
    activity_id: str
    wakes: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedMessage:
    """A parked tenant is to be looked at: may its org be asked again, then its activities go on.

    `due_at` is the date of its marker that had passed, `leased_until` the one that it bears since.
    """

    tenant: str
    due_at: datetime
    leased_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAliveMessage:
    """An idle grant is to be refreshed; the dates are those of its marker, as of a parked tenant's."""

    tenant: str
    due_at: datetime
    leased_until: datetime


type MarkerMessage = ParkedMessage | KeepAliveMessage
"""What is asked for a tenant as a whole, by its marker in the due list."""

type QueueMessage = EventMessage | WakeMessage | MarkerMessage


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
            if message.wakes:
                written |= {"wakes": message.wakes, "version": message.version}
        case ParkedMessage():
            written = _marker_to_json("parked", message)
        case KeepAliveMessage():
            written = _marker_to_json("keep_alive", message)
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
            return _wake_from_json(written)
        if written["kind"] == "event":
            return _event_from_json(written)
        if (marked := _MARKED.get(_text(written["kind"]))) is not None:
            return marked(
                tenant=_text(written["tenant"]),
                due_at=_time(written["due_at"]),
                leased_until=_time(written["leased_until"]),
            )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        raise _unreadable("a field is missing or of another type") from exc
    raise _unreadable("its kind is not known to this release")


_MARKED: Mapping[str, type[ParkedMessage | KeepAliveMessage]] = {
    "parked": ParkedMessage,
    "keep_alive": KeepAliveMessage,
}


def _marker_to_json(kind: str, message: MarkerMessage) -> dict[str, object]:
    return {
        "v": VERSION,
        "kind": kind,
        "tenant": message.tenant,
        "due_at": message.due_at.astimezone(UTC).isoformat(),
        "leased_until": message.leased_until.astimezone(UTC).isoformat(),
    }


def _wake_from_json(written: Mapping[str, object]) -> WakeMessage:
    return WakeMessage(
        tenant=_text(written["tenant"]),
        activity_id=_text(written["activity_id"]),
        wakes=_count(written.get("wakes", 0)),
        version=_count(written.get("version", 0)),
    )


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
        received_at=_time(written["received_at"]),
        headers={_text(name): _text(value) for name, value in headers.items()},
        packed=None if body is None else _bytes(_text(body)),
        payload_key=None if key is None else _text(key),
        backfilled=written.get("backfilled") is True,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _unreadable("a field is not a string")
    return value


def _time(value: object) -> datetime:
    return datetime.fromisoformat(_text(value))


def _count(value: object) -> int:
    if not isinstance(value, int):
        raise _unreadable("a count is not a number")
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

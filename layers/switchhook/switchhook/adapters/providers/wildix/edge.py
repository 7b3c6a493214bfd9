"""Wildix at the ingress: the raw body is signed with the integration's secret; standard library only.

The signature covers no time, so a copied request stays valid; it is known by its event id.
"""

from collections.abc import Sequence
from datetime import datetime

from switchhook.adapters.providers.body import read_object, usable_id
from switchhook.adapters.providers.verify import hex_signature
from switchhook.ports.ingress import Located, WebhookRequest

KEPT_HEADERS: tuple[str, ...] = ()
"""Nothing outside the body is needed to read it again."""

IGNORED_FAMILIES = (
    "call:live:",
    "call:transcription:",
    "transcription:",
    "user:",
    "presence:",
    "chat:",
    "message:",
)
"""Beginnings of types that say nothing of how a call ended: progress, words, presence, messages."""


def verify(request: WebhookRequest, *, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG001
    """Whether `x-signature` is the hex HMAC-SHA256 of the raw body; Wildix signs no time."""
    return hex_signature(request.headers.get("x-signature", ""), request.body, secrets)


def locate(request: WebhookRequest) -> Located:
    """The event is named `{type}:{call id}:{time}`, with the flow's number where a single flow is told.

    Wildix has no event id of its own. The call's id is the envelope's `id`,
    or the record's own `id` where the event carries one.
    """
    body = read_object(request.body) or {}
    data = body.get("data")
    record = data if isinstance(data, dict) else {}
    type_ = usable_id(body.get("type"))
    call_id = usable_id(record.get("id")) or usable_id(body.get("id"))
    parts = (type_, call_id, usable_id(body.get("time")), _flow(record))
    return Located(
        named=usable_id(":".join(part for part in parts if part)) if type_ and call_id else None,
        external_id=call_id,
        type=type_,
        ignored=type_ is not None and type_.startswith(IGNORED_FAMILIES),
    )


def redact(raw: bytes) -> bytes:
    """The body as it is: the credential is in a header."""
    return raw


def _flow(record: dict[str, object]) -> str | None:
    flows = record.get("flows")
    if not isinstance(flows, list):
        return usable_id(record.get("flowIndex"))
    if len(flows) != 1 or not isinstance(flows[0], dict):
        return None
    return usable_id(flows[0].get("flowIndex"))

"""Our own format of calls and chats at the ingress, signed as Standard Webhooks asks; the standard library only."""

from collections.abc import Sequence
from datetime import datetime

from switchhook.adapters.providers.body import read_object, usable_id
from switchhook.adapters.providers.verify import standard_webhooks
from switchhook.ports.ingress import Located, WebhookRequest

KEPT_HEADERS: tuple[str, ...] = ("webhook-id", "webhook-timestamp")
"""Who the delivery is and when it was signed; the signature itself proves nothing later."""

_MOST_OCCURRENCES = 1_000_000
_CHATS = ("chat.", "conversation.")


def verify(request: WebhookRequest, *, secrets: Sequence[str], now: datetime) -> bool:
    """Whether one of the offered signatures was made with one of the secrets within 300 s of `now`."""
    return standard_webhooks(request.headers, request.body, secrets, now)


def locate(request: WebhookRequest) -> Located:
    """`webhook-id` is the event's identity, equal on redelivery; no type is ignored at the door."""
    body = read_object(request.body) or {}
    type_ = usable_id(body.get("type"))
    is_chat = type_ is not None and type_.startswith(_CHATS)
    return Located(
        event_id=usable_id(request.headers.get("webhook-id")),
        external_id=usable_id(body.get("chat_id" if is_chat else "call_id")),
        occurrence=occurrence_of(body.get("occurrence")) if is_chat else 1,
        type=type_,
    )


def occurrence_of(value: object) -> int:
    """Which opening of a conversation an event speaks of; the first, where nothing usable stands."""
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return value if is_count and isinstance(value, int) and 1 <= value <= _MOST_OCCURRENCES else 1


def redact(raw: bytes) -> bytes:
    """The body as it is: it carries no credential."""
    return raw

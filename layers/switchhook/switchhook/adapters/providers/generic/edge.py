"""Our own call format at the ingress, signed as Standard Webhooks asks; the standard library only."""

from collections.abc import Sequence
from datetime import datetime

from switchhook.adapters.providers.body import read_object, usable_id
from switchhook.adapters.providers.verify import standard_webhooks
from switchhook.ports_ingress import Located, WebhookRequest

KEPT_HEADERS: tuple[str, ...] = ("webhook-id", "webhook-timestamp")
"""Who the delivery is and when it was signed; the signature itself proves nothing later."""


def verify(request: WebhookRequest, *, secrets: Sequence[str], now: datetime) -> bool:
    """Whether one of the offered signatures was made with one of the secrets within 300 s of `now`."""
    return standard_webhooks(request.headers, request.body, secrets, now)


def locate(request: WebhookRequest) -> Located:
    """`webhook-id` is the event's identity, equal on redelivery; no type is ignored at the door."""
    body = read_object(request.body) or {}
    return Located(
        event_id=usable_id(request.headers.get("webhook-id")),
        external_id=usable_id(body.get("call_id")),
        type=usable_id(body.get("type")),
    )


def redact(raw: bytes) -> bytes:
    """The body as it is: it carries no credential."""
    return raw

"""Chatwoot at the ingress: signed with its time; older versions sign nothing and carry a key in the url.

Standard library only.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from switchhook.adapters.providers.body import read_object, usable_id
from switchhook.adapters.providers.verify import hex_signature, url_key
from switchhook.ports.ingress import Located, WebhookRequest

KEPT_HEADERS: tuple[str, ...] = ("x-chatwoot-delivery", "x-chatwoot-timestamp")
"""Who the delivery is and when it was signed; the signature itself proves nothing later."""

TOLERANCE_S = 300
"""How far the signed time may lie from our clock: Chatwoot signs each try anew."""

CREATED = "conversation_created"
RESOLVED = "conversation_resolved"
CONVERSATIONS = frozenset(
    {
        *(CREATED, RESOLVED, "conversation_opened"),
        *("conversation_status_changed", "conversation_updated"),
    }
)
MESSAGE = "message_created"
MESSAGE_CHANGED = "message_updated"

IGNORED_FAMILIES = ("conversation_typing_", "contact_", "inbox_", "webwidget_")
"""What is not about what was said: typing, address book, set-up, an opened widget."""

_EPOCH = re.compile(r"[0-9]{1,12}", re.ASCII)


def verify(request: WebhookRequest, *, secrets: Sequence[str], now: datetime) -> bool:
    """Whether `{time}.{body}` is signed with one of the secrets within 300 s of `now`.

    A request without a signature, as versions before 4.11.2 send it, is proven by the `key` in its url;
    one that has a signature stands and falls with it.
    """
    offered = request.headers.get("x-chatwoot-signature")
    if offered is None:
        return url_key(request.query, secrets)
    sent_at = request.headers.get("x-chatwoot-timestamp", "")
    scheme, _, given = offered.partition("=")
    if scheme != "sha256" or not _EPOCH.fullmatch(sent_at):
        return False
    if abs(now.timestamp() - int(sent_at)) > TOLERANCE_S:
        return False
    return hex_signature(given, b"%b.%b" % (sent_at.encode("ascii"), request.body), secrets)


def locate(request: WebhookRequest) -> Located:
    """`X-Chatwoot-Delivery` is the event's identity; without it a message is named by its own id.

    The conversation is the `id` that its account counts it by.
    """
    body = read_object(request.body) or {}
    type_ = usable_id(body.get("event"))
    delivery = usable_id(request.headers.get("x-chatwoot-delivery"))
    if type_ in (MESSAGE, MESSAGE_CHANGED):
        named = usable_id(body.get("id"))
        own_id = usable_id(f"{type_}:{named}") if named and type_ == MESSAGE else None
        conversation = body.get("conversation")
        told = conversation.get("id") if isinstance(conversation, dict) else None
        return Located(
            event_id=delivery,
            named=own_id,
            external_id=usable_id(told),
            type=type_,
            ignored=type_ == MESSAGE_CHANGED and not is_rating(body),
        )
    is_its_id = type_ is not None and type_.startswith("conversation_")
    return Located(
        event_id=delivery,
        external_id=usable_id(body.get("id")) if is_its_id else None,
        type=type_,
        ignored=type_ is not None and type_.startswith(IGNORED_FAMILIES),
    )


def is_rating(message: Mapping[str, object]) -> bool:
    """Whether a changed message is a visitor's answer to how it was; other changes are deliveries."""
    attributes = message.get("content_attributes")
    return (
        message.get("content_type") == "input_csat"
        and isinstance(attributes, dict)
        and bool(attributes.get("submitted_values"))
    )


def redact(raw: bytes) -> bytes:
    """The body as it is: the credential is in a header or in the url."""
    return raw

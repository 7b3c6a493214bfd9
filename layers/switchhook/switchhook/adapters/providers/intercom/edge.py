"""Intercom at the ingress: the raw body is signed with the app's client secret; standard library only.

The signature covers no time, so a copied request stays valid; it is known by its notification's id.
"""

from collections.abc import Sequence
from datetime import datetime

from switchhook.adapters.providers.body import read_object, usable_id
from switchhook.adapters.providers.verify import hex_signature
from switchhook.ports.ingress import Located, WebhookRequest

KEPT_HEADERS: tuple[str, ...] = ()
"""Nothing outside the body is needed to read it again."""

PING = "ping"
"""What a new subscription is tried with; it speaks of nothing."""

STARTED = frozenset({"conversation.user.created", "conversation.admin.single.created"})
ENDED = "conversation.admin.closed"

SEEN_BY_ALL = frozenset(
    {
        *STARTED,
        *(f"conversation.{who}.replied" for who in ("user", "admin", "operator")),
        *("conversation.admin.closed", "conversation.admin.opened"),
    }
)
"""Topics whose words the visitor reads too; what is written with any other is for colleagues."""

UPDATES = SEEN_BY_ALL | {
    *("conversation.admin.noted", "conversation.admin.assigned"),
    *("conversation.admin.open.assigned", "conversation.rating.added"),
}

IGNORED = frozenset(
    {
        *(PING, "conversation.read", "conversation.deleted", "conversation.priority.updated"),
        *("conversation.admin.snoozed", "conversation.admin.unsnoozed"),
        *("conversation.contact.attached", "conversation.contact.detached"),
    }
)
IGNORED_FAMILIES = (
    *("conversation_part.", "contact.", "user.", "lead.", "visitor.", "company.", "ticket."),
    *("admin.", "article.", "event.", "subscription.", "content_stat.", "message."),
)
"""Steps that say nothing of a conversation's content, and what is not about one."""


def verify(request: WebhookRequest, *, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG001
    """Whether `X-Hub-Signature` is `sha1=` and the hex HMAC-SHA1 of the raw body."""
    scheme, _, given = request.headers.get("x-hub-signature", "").partition("=")
    return scheme == "sha1" and hex_signature(given, request.body, secrets, digest="sha1")


def locate(request: WebhookRequest) -> Located:
    """The conversation is `data.item.id`; the notification's `id` is equal on redelivery."""
    body = read_object(request.body) or {}
    topic = usable_id(body.get("topic"))
    data = body.get("data")
    item = data.get("item") if isinstance(data, dict) else None
    is_its_id = topic is not None and topic.startswith("conversation.")
    return Located(
        event_id=usable_id(body.get("id")),
        external_id=usable_id(item.get("id")) if is_its_id and isinstance(item, dict) else None,
        type=topic,
        ignored=topic is not None and (topic in IGNORED or topic.startswith(IGNORED_FAMILIES)),
    )


def redact(raw: bytes) -> bytes:
    """The body as it is: the credential is in a header."""
    return raw

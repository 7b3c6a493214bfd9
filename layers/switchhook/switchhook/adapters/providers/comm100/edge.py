"""Comm100 at the ingress: it signs nothing and sends no credential, so the url carries the key.

Standard library only.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from switchhook.adapters.providers.body import read_object, usable_id
from switchhook.adapters.providers.verify import url_key
from switchhook.ports.ingress import Located, WebhookRequest

KEPT_HEADERS: tuple[str, ...] = ()
"""Nothing outside the body is needed to read it again."""

STARTED = "chat_started"
ENDED = "chat_ended"
OFFLINE = "offline_message_submitted"
WRAPPED_UP = frozenset({"chat_wrapped_up", "chat_wraped_up"})
"""The second spelling is Comm100's own, of older versions."""

IGNORED = frozenset(
    {
        *("chat_request", "chat_requested", "chat_transferred"),
        *("agent_status_changed", "operator_status_changed"),
        *("online", "away", "login", "logout"),
    }
)
"""Steps of a chat under way and what agents do; what matters of them stands in `chat_ended` again."""

_NO_ID = frozenset({"0", "-1", "00000000-0000-0000-0000-000000000000"})


def verify(request: WebhookRequest, *, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG001
    """Whether the url was called with `?key=` and one of the secrets; Comm100 signs no time."""
    return url_key(request.query, secrets)


def locate(request: WebhookRequest) -> Located:
    """The event is named `{event}:{chat}`, a wrap-up with its time too: Comm100 has no id of its own."""
    body = read_object(request.body) or {}
    event = usable_id(body.get("event"))
    chat = chat_of(body)
    named = f"{event}:{chat}" if event and chat else None
    if event in WRAPPED_UP and named is not None:
        at = usable_id(_mapping(body.get("wrapup") or body.get("wrap_up")).get("time"))
        named = f"{named}:{at}" if at else None
    return Located(
        named=usable_id(named),
        external_id=chat,
        type=event,
        ignored=event in IGNORED,
    )


def redact(raw: bytes) -> bytes:
    """The body as it is: it carries no credential."""
    return raw


def chat_of(body: Mapping[str, object]) -> str | None:
    """The chat that a body speaks of; an offline message is one of its own, apart from any chat."""
    visitor = _mapping(body.get("visitor"))
    if body.get("event") == OFFLINE:
        message = _mapping(body.get("offline_message"))
        found = _an_id(message.get("id")) or _an_id(visitor.get("chat_id"))
        return usable_id(f"offline-{found}") if found else None
    stated = (visitor.get("chat_id"), body.get("chat_id"), _mapping(body.get("chat")).get("id"))
    return next((found for value in stated if (found := _an_id(value))), None)


def _an_id(value: object) -> str | None:
    found = usable_id(value)
    return None if found in _NO_ID else found


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}

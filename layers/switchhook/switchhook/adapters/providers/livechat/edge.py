"""LiveChat (text.com) at the ingress: a `secret_key` inside the body proves the sender.

Standard library only. The key is a credential that travels in every body, so `redact` blanks it before
anything is stored. What is logged is a thread, for one chat goes on through many.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from switchhook.adapters.providers.body import read_object, usable_id
from switchhook.adapters.providers.redaction import blank_top_level
from switchhook.adapters.providers.verify import body_token
from switchhook.ports.ingress import Located, WebhookRequest

KEPT_HEADERS: tuple[str, ...] = ()
"""Nothing outside the body is needed to read it again."""

STARTED = frozenset({"incoming_chat", "incoming_chat_thread"})
ENDED = frozenset({"chat_deactivated", "thread_closed"})
SAID = frozenset({"incoming_event", "event_updated"})
JOINED = frozenset({"user_added_to_chat", "chat_user_added"})
TAGGED = frozenset({"thread_tagged", "chat_thread_tagged"})
RATED = frozenset({"thread_properties_updated", "chat_thread_properties_updated"})
"""Each kind of event under its present name and the one before."""

IGNORED = frozenset(
    {
        *("events_marked_as_seen", "event_deleted", "incoming_rich_message_postback"),
        *("event_properties_updated", "event_properties_deleted", "chat_properties_updated"),
        *("chat_properties_deleted", "thread_properties_deleted", "thread_untagged"),
        *("chat_thread_properties_deleted", "chat_thread_untagged", "chat_transferred"),
        *("user_removed_from_chat", "chat_user_removed", "follow_up_requested"),
        *("routing_status_set", "customer_session_fields_updated", "incoming_customer"),
    }
)
IGNORED_FAMILIES = (
    *("access_", "agent_", "auto_access_", "bot_", "chat_access_", "customer_", "group_"),
    *("list_", "property_", "tag_"),
)
"""Events of the account, and steps of a chat of which nothing is logged."""


def verify(request: WebhookRequest, *, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG001
    """Whether the body's top-level `secret_key` is one of the secrets; LiveChat signs no time."""
    body = read_object(request.body)
    return body is not None and body_token(body.get("secret_key"), secrets)


def locate(request: WebhookRequest) -> Located:
    """The event is named `{action}:{thread}:{what it speaks of}`: LiveChat has no id of its own.

    What may happen to one thing again (an edited message, a changed rating) is known by its bytes.
    """
    body = read_object(request.body) or {}
    action = usable_id(body.get("action"))
    payload = mapping(body.get("payload"))
    thread = thread_of(payload)
    subject = _subject(action, payload)
    return Located(
        named=usable_id(f"{action}:{thread}{subject}") if thread and subject is not None else None,
        external_id=thread,
        type=action,
        ignored=action is not None and _is_ignored(action, payload),
    )


def redact(raw: bytes) -> bytes:
    """The body with every top-level `secret_key` string blanked; all other bytes stay as they were."""
    return blank_top_level(raw, "secret_key")


def mapping(value: object) -> Mapping[str, object]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def thread_of(payload: Mapping[str, object]) -> str | None:
    """The thread that a payload speaks of, named beside or inside its chat."""
    thread = mapping(mapping(payload.get("chat")).get("thread"))
    return usable_id(payload.get("thread_id")) or usable_id(thread.get("id"))


def _subject(action: str | None, payload: Mapping[str, object]) -> str | None:
    """What of a thread happens only once, behind a colon; None where nothing tells it apart."""
    if action in STARTED or action in ENDED:
        return ""
    found = None
    if action == "incoming_event":
        found = usable_id(mapping(payload.get("event")).get("id"))
    elif action in JOINED:
        found = usable_id(mapping(payload.get("user")).get("id"))
    elif action in TAGGED:
        found = usable_id(payload.get("tag"))
    return None if found is None else f":{found}"


def _is_ignored(action: str, payload: Mapping[str, object]) -> bool:
    """Of a thread's properties only its rating is logged."""
    if action in RATED:
        return not mapping(mapping(payload.get("properties")).get("rating"))
    return action in IGNORED or (action.startswith(IGNORED_FAMILIES))

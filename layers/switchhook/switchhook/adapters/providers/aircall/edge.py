"""Aircall at the ingress: a token inside the body proves the sender, there is no signature.

Standard library only. The token is a credential that travels in every body, so `redact` blanks it
before anything is stored.
"""

from collections.abc import Sequence
from datetime import datetime

from switchhook.adapters.providers.body import read_object, usable_id
from switchhook.adapters.providers.redaction import blank_top_level
from switchhook.adapters.providers.verify import body_token
from switchhook.ports.ingress import Located, WebhookRequest

KEPT_HEADERS: tuple[str, ...] = ()
"""Nothing outside the body is needed to read it again."""

IGNORED = frozenset(
    {
        "call.created",
        "call.ringing_on_agent",
        "call.agent_declined",
        "call.answered",
        "call.hungup",
        "call.hold",
        "call.unhold",
        "call.ivr_option_selected",
    }
)
"""Steps of a call under way; what matters of them stands in `call.ended` again."""

IGNORED_RESOURCES = (
    "number.",
    "user.",
    "contact.",
    "message.",
    "group_message.",
    "integration.",
    "analytics.",
    "transcription.",
    "realtime_transcription.",
    "topics.",
    "sentiment.",
    "action_item.",
    "playbook_result.",
    "custom_summary.",
    "call_evaluation.",
    "ai_voice_agent.",
)
"""Event families that are not about calls, and what is said in them: only its summary is kept."""


def verify(request: WebhookRequest, *, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG001
    """Whether the body's top-level `token` is one of the secrets; Aircall signs no time."""
    body = read_object(request.body)
    return body is not None and body_token(body.get("token"), secrets)


def locate(request: WebhookRequest) -> Located:
    """The event is named `{event}:{call id}:{timestamp}`: Aircall has no id of its own, and counts in seconds.

    A call id is read off call events and off a summary's `call_id`: other resources number themselves
    independently.
    """
    body = read_object(request.body) or {}
    data = body.get("data")
    type_ = usable_id(body.get("event"))
    call_id = usable_id(data.get(_call_id_key(type_))) if isinstance(data, dict) else None
    sent_at = usable_id(body.get("timestamp"))
    return Located(
        named=usable_id(f"{type_}:{call_id}:{sent_at}") if call_id and sent_at else None,
        external_id=call_id,
        type=type_,
        ignored=type_ is not None and (type_ in IGNORED or type_.startswith(IGNORED_RESOURCES)),
    )


def _call_id_key(type_: str | None) -> str | None:
    """Under which key of `data` the call's id stands; None for events of anything else."""
    if type_ == "summary.created":
        return "call_id"
    return "id" if type_ is not None and type_.startswith("call.") else None


def redact(raw: bytes) -> bytes:
    """The body with every top-level `token` string blanked; all other bytes stay as they were."""
    return blank_top_level(raw, "token")

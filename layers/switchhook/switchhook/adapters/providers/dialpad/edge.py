"""Dialpad at the ingress: the whole body is a JWT, signed with a secret that we have made.

Standard library only. What is stored is the JSON that the JWT carries, so that the worker and whoever
reads a stored body meet no encoding; its signature was proven here and proves nothing later.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from switchhook.adapters.providers.body import read_object, usable_id
from switchhook.adapters.providers.verify import jwt_body, jwt_payload
from switchhook.ports.ingress import Located, WebhookRequest

KEPT_HEADERS: tuple[str, ...] = ()
"""Nothing outside the body is needed to read it again."""

ENDED = "hangup"
UNTAKEN = frozenset({"missed", "voicemail"})
"""Ends of a call that nobody took; on one handset of many they say nothing of the call."""

UPDATES = frozenset(
    {"recording", "voicemail_uploaded", "dispositions", "call_transcription", "transcription"}
)
UPDATE_FAMILY = "recap_"

IGNORED = frozenset(
    {
        *("admin", "admin_recording", "barge", "blocked", "calling", "connected", "csat"),
        *("eavesdrop", "hold", "merged", "monitor", "parked", "postcall", "preanswer"),
        *("queued", "ringing", "takeover", "wait"),
    }
)
"""Steps of a call under way; what matters of them stands in `hangup` again."""

ROOTS = ("entry_point_call_id", "master_call_id")


def verify(request: WebhookRequest, *, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG001
    """Whether the body is a JWT that one of the secrets signed with HS256 and that carries an object."""
    return jwt_body(request.body, secrets)


def locate(request: WebhookRequest) -> Located:
    """The call is the leg at which it entered, else its master, else the leg itself.

    The event is named by its state, leg and time: Dialpad has no id of its own. The JSON that a JWT carried
    is located like the JWT, so that a stored event can be.
    """
    told = read_object(jwt_payload(request.body) or request.body) or {}
    state = usable_id(told.get("state"))
    leg = usable_id(told.get("call_id"))
    at = usable_id(told.get("event_timestamp"))
    return Located(
        named=usable_id(f"{state}:{leg}:{at}") if state and leg and at else None,
        external_id=root_of(told) or leg,
        type=state,
        ignored=state in IGNORED or (state in UNTAKEN and root_of(told) not in (None, leg)),
    )


def redact(raw: bytes) -> bytes:
    """The JSON inside the JWT, byte for byte; what is no such JWT stays as it is."""
    return jwt_payload(raw) or raw


def root_of(told: Mapping[str, object]) -> str | None:
    """The id of the leg that a leg belongs to, or None for one that stands alone."""
    ids = (usable_id(told.get(name)) for name in ROOTS)
    return next((found for found in ids if found not in (None, "0")), None)

"""Zoom Phone at the ingress: signed with its time, challenged once, several calls in one body.

Standard library only. A request is not refused for its age: Zoom repeats for up to 85 minutes and
does not say whether it signs anew.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from switchhook.adapters.providers.body import read_object, usable_id
from switchhook.adapters.providers.verify import hex_signature
from switchhook.ports.ingress import Located, WebhookRequest

KEPT_HEADERS: tuple[str, ...] = ("x-zm-request-timestamp",)
"""When the request was signed; the signature itself proves nothing later."""

CHALLENGE = "endpoint.url_validation"

ENDED = frozenset({"phone.callee_ended", "phone.caller_ended"})
"""A side has left the call; what was said on it comes with the history."""

COMPLETED = frozenset(
    f"phone.{side}_call_{kind}_completed"
    for side in ("callee", "caller")
    for kind in ("history", "element")
)
"""The history of a side's part of the call, in its second and third version."""

RECORDED = "phone.recording_completed"
VOICEMAIL = "phone.voicemail_received"

IGNORED = frozenset(
    f"phone.{name}"
    for name in (
        *(
            f"{side}_{step}"
            for side in ("callee", "caller")
            for step in (
                *("ringing", "connected", "answered", "missed", "rejected", "parked"),
                *("hold", "unhold", "mute", "unmute", "meeting_inviting", "call_log_completed"),
            )
        ),
        *("blind_transfer_initiated", "transfer_call_to_voicemail_initiated"),
        *("conference_started", "emergency_alert", "device_registration"),
        *(f"recording_{step}" for step in ("started", "paused", "resumed", "stopped", "failed")),
        *("recording_deleted", "recording_permanently_deleted", "recording_transcript_completed"),
        *("recording_completed_for_access_member", "voicemail_received_for_access_member"),
        *("voicemail_deleted", "voicemail_permanently_deleted", "voicemail_transcript_completed"),
        *("call_log_deleted", "call_log_permanently_deleted", "call_history_deleted"),
        *("call_element_deleted", "ai_call_summary_changed"),
        *("sms_sent", "sms_sent_failed", "sms_received", "sms_etiquette_warn"),
        *("sms_etiquette_block", "sms_campaign_number_opt_in", "sms_campaign_number_opt_out"),
        *("account_settings_updated", "group_settings_updated", "generic_device_provision"),
        *("peering_number_cnam_updated", "peering_number_emergency_address_updated"),
    )
)
"""Steps under way, what each handset saw of a call that others took, texts, and set-up."""

_EPOCH = re.compile(r"[0-9]{1,12}", re.ASCII)


def verify(request: WebhookRequest, *, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG001
    """Whether `v0:{time}:{body}` is signed with one of the secrets; the time itself is not judged."""
    sent_at = request.headers.get("x-zm-request-timestamp", "")
    version, _, given = request.headers.get("x-zm-signature", "").partition("=")
    if version != "v0" or not _EPOCH.fullmatch(sent_at):
        return False
    return hex_signature(given, b"v0:%b:%b" % (sent_at.encode("ascii"), request.body), secrets)


def answer_challenge(request: WebhookRequest, *, secret: str) -> Mapping[str, str] | None:
    """The token of an `endpoint.url_validation`, plain and as HMAC-SHA256 in hex."""
    body = read_object(request.body) or {}
    token = _object(body.get("payload")).get("plainToken")
    if body.get("event") != CHALLENGE or not isinstance(token, str):
        return None
    key, plain = (text.encode("utf-8", "surrogatepass") for text in (secret, token))
    return {
        "plainToken": token,
        "encryptedToken": hmac.digest(key, plain, hashlib.sha256).hex(),
    }


def locate(request: WebhookRequest) -> Located:
    """The call is `call_id`, the one id that every kind of event of a call carries.

    Events are named by what a redelivery repeats: the type, and the ids of the history's or
    recording's parts, or who left the call and when.
    """
    body = read_object(request.body) or {}
    type_ = usable_id(body.get("event"))
    sent_at = request.headers.get("x-zm-request-timestamp", "")
    signed_at_s = int(sent_at) if _EPOCH.fullmatch(sent_at) else None
    if type_ is None or type_ in IGNORED or not type_.startswith("phone."):
        return Located(type=type_, ignored=type_ is not None, signed_at_s=signed_at_s)
    parts = list(_parts(type_, body))
    told = [
        Located(
            named=name,
            external_id=call_id,
            type=type_,
            signed_at_s=signed_at_s,
            body=None if len(parts) == 1 else json.dumps(part).encode(),
        )
        for call_id, name, part in parts
    ]
    return Located(
        named=told[0].named,
        external_id=told[0].external_id,
        type=type_,
        body=told[0].body,
        others=tuple(told[1:]),
        signed_at_s=signed_at_s,
    )


def redact(raw: bytes) -> bytes:
    """The body as it is: it carries no credential."""
    return raw


def _parts(
    type_: str, body: Mapping[str, object]
) -> Iterator[tuple[str | None, str | None, Mapping[str, object]]]:
    """Each call of a body with its event's name and the body cut to it; at least one."""
    payload = _object(body.get("payload"))
    about = _object(payload.get("object"))
    for name in ("call_logs", "call_elements", "recordings"):
        listed = about.get(name)
        if not isinstance(listed, list) or not listed:
            continue
        for call_id, items in _by_call(listed).items():
            cut = {**body, "payload": {**payload, "object": {**about, name: items}}}
            yield call_id, _name(type_, *(_item_id(item) for item in items)), cut
        return
    call_id = usable_id(about.get("call_id"))
    if type_ in ENDED:
        side = _object(about.get("callee" if type_.startswith("phone.callee") else "caller"))
        who = usable_id(side.get("user_id")) or usable_id(side.get("extension_number")) or "-"
        marks = (call_id, who, usable_id(about.get("call_end_time")))
    else:
        marks = (call_id, usable_id(about.get("id")) or "-", "-")
    yield call_id, _name(type_, *marks), body


def _by_call(items: Sequence[object]) -> dict[str | None, list[object]]:
    grouped: dict[str | None, list[object]] = {}
    for item in items:
        part = _object(item)
        call_id = (
            usable_id(part.get("call_id"))
            or usable_id(part.get("call_path_id"))
            or usable_id(part.get("call_history_uuid"))
        )
        grouped.setdefault(call_id, []).append(item)
    return grouped


def _item_id(item: object) -> str | None:
    part = _object(item)
    return usable_id(part.get("id")) or usable_id(part.get("call_element_id"))


def _name(type_: str, *marks: str | None) -> str | None:
    """None when a mark is missing: then the body's own fingerprint is the identity."""
    if not all(marks):
        return None
    told = json.dumps(marks).encode()
    return usable_id(f"{type_}:{hashlib.sha256(told).hexdigest()[:32]}")


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}

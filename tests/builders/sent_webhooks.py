"""Webhooks about a call that ended a moment ago, as Wildix, Zoom Phone and Dialpad sign and send them."""

import base64
import hashlib
import hmac
import itertools
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests

from local.office import API_TIMEOUT_S, Hook

_ids = itertools.count(time.time_ns() // 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A call from outside that rang at Ann, or first at a queue; who took it talked for 200 s.

    It is told of once it has ended; `started_ms` is its beginning in epoch milliseconds.
    """

    number: str
    ann: str
    bob: str
    id: int
    started_ms: int

    def at(self, seconds: float) -> int:
        """So many seconds after the beginning, in epoch milliseconds."""
        return self.started_ms + int(seconds * 1000)

    def iso(self, seconds: float) -> str:
        """The same as Zoom writes it."""
        return datetime.fromtimestamp(self.at(seconds) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def talk(number: str, *, ann: str, bob: str) -> Talk:
    """A call of its own, which ended a moment ago."""
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    return Talk(number=number, ann=ann, bob=bob, id=next(_ids), started_ms=now_ms - 300_000)


def send(hook: Hook, body: dict[str, Any], *, secret: str | None = None) -> requests.Response:
    """Posts one webhook with its provider's signature, made with the hook's secret or another one."""
    signed = _SIGNERS[hook.provider](json.dumps(body).encode(), (secret or hook.secret).encode())
    raw, headers = signed
    return requests.post(hook.url, data=raw, headers=headers, timeout=API_TIMEOUT_S)


def _as_wildix(raw: bytes, secret: bytes) -> tuple[bytes, dict[str, str]]:
    return raw, {"x-signature": hmac.digest(secret, raw, hashlib.sha256).hex()}


def _as_zoom(raw: bytes, secret: bytes) -> tuple[bytes, dict[str, str]]:
    at = str(int(time.time()))
    digest = hmac.digest(secret, f"v0:{at}:".encode() + raw, hashlib.sha256).hex()
    return raw, {"x-zm-request-timestamp": at, "x-zm-signature": f"v0={digest}"}


def _as_dialpad(raw: bytes, secret: bytes) -> tuple[bytes, dict[str, str]]:
    told = _base64url(b'{"alg":"HS256","typ":"JWT"}') + b"." + _base64url(raw)
    signature = _base64url(hmac.digest(secret, told, hashlib.sha256))
    return told + b"." + signature, {"content-type": "application/jwt"}


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


_SIGNERS = {"wildix": _as_wildix, "zoom_phone": _as_zoom, "dialpad": _as_dialpad}


def wildix_end(call: Talk) -> dict[str, Any]:
    """The end of a call as the phone system sees it at once: no duration, nobody's answer proven."""
    ends = {"caller": _wildix_outside(call), "callee": _wildix_agent(call.ann, "201")}
    data = {"status": "CONNECTING", **ends, "destination": "201", "tags": [], "flags": []}
    return _wildix("call:end", call, {**data, "endBy": "CALLEE"}, at_s=240)


def wildix_record(call: Talk) -> dict[str, Any]:
    """The whole call: Ann talks 80 s and hands over to Bob, who talks 120 s."""
    first = _wildix_flow(call, 0, call.ann, "201", begun_s=0, talk_s=80, wait_s=10)
    second = _wildix_flow(call, 1, call.bob, "202", begun_s=90, talk_s=120, wait_s=0)
    handed_over = {"splitReason": "TRANSFER", "splitTransferType": "ATTENDED"}
    data = {"id": f"w{call.id}", "flows": [{**first, **handed_over}, second]}
    return _wildix("call:completed", call, data, at_s=245)


def _wildix(type_: str, call: Talk, data: dict[str, Any], *, at_s: float) -> dict[str, Any]:
    envelope = {"id": f"w{call.id}", "pbx": "99", "company": "pbx", "integrationId": "i1"}
    return {**envelope, "time": call.at(at_s), "type": type_, "data": data}


def _wildix_outside(call: Talk) -> dict[str, Any]:
    return {"type": "REMOTE", "phone": call.number, "name": "Ada Byron", "userId": None}


def _wildix_agent(address: str, extension: str) -> dict[str, Any]:
    return {
        "type": "LOCAL",
        "phone": extension,
        "name": address.partition("-")[0].title(),
        "email": address,
        "userId": f"5{extension}",
        "userExtension": extension,
    }


def _wildix_flow(
    call: Talk,
    index: int,
    address: str,
    extension: str,
    *,
    begun_s: float,
    talk_s: float,
    wait_s: float,
) -> dict[str, Any]:
    lasted_s = wait_s + talk_s
    return {
        "flowIndex": index,
        "startTime": call.at(begun_s),
        "endTime": call.at(begun_s + lasted_s),
        "duration": lasted_s * 1000,
        "connectTime": wait_s * 1000,
        "talkTime": talk_s * 1000,
        "caller": _wildix_outside(call),
        "callee": _wildix_agent(address, extension),
        "direction": "INBOUND",
        "callStatus": "COMPLETED",
        "remotePhone": call.number,
        "destination": extension,
        "tags": [],
        "flags": [],
        "attachments": [],
    }


def zoom_end(call: Talk) -> dict[str, Any]:
    """The end as Bob's side reports it at once; it names him by his Zoom id only."""
    callee = {"extension_type": "user", "user_id": "zu-18", "name": "Bob", "extension_number": 202}
    told = {
        "call_id": str(call.id),
        "callee": callee,
        "caller": {"extension_type": "pstn", "phone_number": call.number},
        "ringing_start_time": call.iso(20),
        "answer_start_time": call.iso(30),
        "call_end_time": call.iso(230),
    }
    return _zoom("phone.callee_ended", call, told, at_s=230)


def zoom_history(call: Talk) -> dict[str, Any]:
    """What the queue and Bob, who took the call there, had of it: the history's second version."""
    logs = [
        {"id": f"{call.id}-1", **_zoom_queue(call)},
        {"id": f"{call.id}-2", **_zoom_member(call)},
    ]
    told = {"user_id": "zu-18", "call_logs": logs}
    return _zoom("phone.callee_call_history_completed", call, told, at_s=240)


def zoom_elements(call: Talk) -> dict[str, Any]:
    """The same in the history's third version."""
    elements = [
        {"call_element_id": f"{call.id}-3", **_zoom_queue(call)},
        {"call_element_id": f"{call.id}-4", **_zoom_member(call)},
    ]
    told = {"user_id": "zu-18", "call_elements": elements}
    return _zoom("phone.callee_call_element_completed", call, told, at_s=241)


def zoom_challenge(token: str) -> dict[str, Any]:
    """What Zoom asks when an address is validated."""
    return {"event": "endpoint.url_validation", "payload": {"plainToken": token}}


def _zoom(type_: str, call: Talk, told: dict[str, Any], *, at_s: float) -> dict[str, Any]:
    payload = {"account_id": "acc", "object": told}
    return {"event": type_, "event_ts": call.at(at_s), "payload": payload}


def _zoom_log(call: Talk) -> dict[str, Any]:
    return {
        "call_id": str(call.id),
        "connect_type": "external",
        "direction": "inbound",
        "caller_name": "Ada Byron",
        "caller_did_number": call.number,
        "caller_number_type": "external_pstn",
        "end_time": call.iso(230),
    }


def _zoom_queue(call: Talk) -> dict[str, Any]:
    queue = {"callee_name": "Sales", "callee_ext_type": "call_queue", "callee_ext_number": "800"}
    times = {"start_time": call.iso(0), "answer_time": call.iso(1), "talk_time": 229}
    told = {"event": "incoming", "result": "connected", "wait_time": 1}
    return {**_zoom_log(call), **queue, **times, **told}


def _zoom_member(call: Talk) -> dict[str, Any]:
    bob = {"callee_name": "Bob", "callee_email": call.bob, "callee_ext_number": "202"}
    times = {"start_time": call.iso(20), "answer_time": call.iso(30), "talk_time": 200}
    told = {"callee_ext_type": "user", "event": "ring_to_member", "result": "answered"}
    return {**_zoom_log(call), **bob, **times, **told, "wait_time": 10}


def dialpad_center(call: Talk) -> dict[str, Any]:
    """The call center's own leg, at which the call entered."""
    target = {"id": 700, "type": "call_center", "name": "Sales"}
    own = {"call_id": call.id, "target": target, "date_connected": call.at(1), "duration": 0}
    return _dialpad(call, own)


def dialpad_rang(call: Talk) -> dict[str, Any]:
    """Ann's leg, whose handset only rang."""
    target = {"id": 517, "type": "user", "name": "Ann", "email": call.ann}
    own = {"call_id": call.id + 10**14, "target": target, "date_connected": None, "duration": 0}
    return _dialpad(call, {**own, "entry_point_call_id": call.id, "date_ended": call.at(30)})


def dialpad_talked(call: Talk) -> dict[str, Any]:
    """Bob's leg, who took the call."""
    target = {"id": 518, "type": "user", "name": "Bob", "email": call.bob}
    own = {"call_id": call.id + 2 * 10**14, "target": target, "date_connected": call.at(30)}
    return _dialpad(call, {**own, "entry_point_call_id": call.id, "duration": 200_000.25})


def _dialpad(call: Talk, own: dict[str, Any]) -> dict[str, Any]:
    return {
        "state": "hangup",
        "direction": "inbound",
        "is_internal": False,
        "master_call_id": None,
        "entry_point_call_id": None,
        "date_started": call.at(0),
        "date_rang": call.at(0),
        "date_ended": call.at(230),
        "event_timestamp": call.at(231),
        "external_number": call.number,
        "internal_number": "+14155580000",
        "contact": {"id": 600, "type": "local", "name": "Ada Byron"},
        "labels": [],
        **own,
    }

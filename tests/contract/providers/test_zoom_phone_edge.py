"""Zoom Phone at the ingress: who is believed, what is answered, which calls a body speaks of."""

import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.adapters.providers.zoom_phone import edge
from switchhook.ports.ingress import WebhookRequest

NOW = datetime(2026, 11, 20, 15, 5, tzinfo=UTC)
SECRET = "example-zoom-secret-token"
BODY = b'{"event":"phone.callee_ended",\n\t"payload":{}}'
SAMPLES = Path(__file__).parent / "zoom_phone"


def request(body: bytes = BODY, *, secret: str = SECRET, **headers: str | None) -> WebhookRequest:
    at = "1795187100"
    mac = hmac.digest(secret.encode(), f"v0:{at}:".encode() + body, "sha256").hex()
    genuine = {"x-zm-request-timestamp": at, "x-zm-signature": f"v0={mac}"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    told = {name: value for name, value in {**genuine, **named}.items() if value is not None}
    return WebhookRequest(headers=told, body=body)


def sample(name: str) -> dict[str, object]:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def locate(body: object):
    return edge.locate(WebhookRequest(headers={}, body=json.dumps(body).encode()))


def test_a_signature_made_elsewhere_is_believed():
    """The value was computed by another implementation for its secret, time and body."""
    told = WebhookRequest(
        headers={
            "x-zm-request-timestamp": "1710000000",
            "x-zm-signature": "v0=ec914a6f28f9db2fdf91b4993df12354403b78ea150c45531c540726289afb4e",
        },
        body=b'{"event":"phone.callee_call_history_completed"}',
    )

    assert edge.verify(told, secrets=["zoom-secret"], now=NOW)
    assert not edge.verify(told, secrets=["zoom-secret-2"], now=NOW)


def test_a_challenge_is_answered_as_another_implementation_does():
    body = {"event": "endpoint.url_validation", "payload": {"plainToken": "plain-token"}}

    assert edge.answer_challenge(request(json.dumps(body).encode()), secret="zoom-secret") == {
        "plainToken": "plain-token",
        "encryptedToken": "d83eef2ba06385e69f487c6fe8949751a8c039fd802f4bc14c765398750528ac",
    }


@pytest.mark.parametrize("secrets", [[SECRET], ["old", SECRET], [SECRET, "old"]])
def test_a_genuine_request_is_believed_also_while_a_secret_changes(secrets):
    assert edge.verify(request(), secrets=secrets, now=NOW)


def test_an_old_request_is_believed_and_its_time_is_told():
    """Zoom repeats for 85 minutes and does not say whether it signs anew."""
    late = datetime(2026, 11, 20, 17, tzinfo=UTC)

    assert edge.verify(request(), secrets=[SECRET], now=late)
    assert edge.locate(request()).signed_at_s == 1795187100


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(request(secret="another"), id="another_secret"),
        pytest.param(request(x_zm_signature=None), id="no_signature"),
        pytest.param(request(x_zm_signature=""), id="an_empty_signature"),
        pytest.param(request(x_zm_signature="v0="), id="nothing_after_the_version"),
        pytest.param(
            request(x_zm_signature=request().headers["x-zm-signature"].removeprefix("v0=")),
            id="no_version",
        ),
        pytest.param(
            request(x_zm_signature=request().headers["x-zm-signature"].replace("v0", "v1")),
            id="another_version",
        ),
        pytest.param(
            request(x_zm_signature=request().headers["x-zm-signature"].upper()), id="upper_case"
        ),
        pytest.param(request(x_zm_request_timestamp=None), id="no_time"),
        pytest.param(request(x_zm_request_timestamp="1795187101"), id="another_time"),
        pytest.param(request(x_zm_request_timestamp="soon"), id="no_number_as_time"),
        pytest.param(
            WebhookRequest(headers=request().headers, body=BODY.replace(b"\n\t", b"")),
            id="the_same_json_written_otherwise",
        ),
        pytest.param(
            WebhookRequest(headers=request().headers, body=BODY + b" "), id="a_longer_body"
        ),
    ],
)
def test_any_change_of_a_genuine_request_is_refused(told: WebhookRequest):
    assert not edge.verify(told, secrets=[SECRET], now=NOW)


def test_without_a_secret_nobody_is_believed():
    empty = request(secret="")

    assert not edge.verify(request(), secrets=[], now=NOW)
    assert not edge.verify(empty, secrets=[""], now=NOW)


@pytest.mark.parametrize(
    "body",
    [
        {"event": "phone.callee_ended", "payload": {"plainToken": "x"}},
        {"event": "endpoint.url_validation", "payload": {"plainToken": 5}},
        {"event": "endpoint.url_validation", "payload": []},
        [],
    ],
)
def test_what_is_no_challenge_is_not_answered(body):
    told = WebhookRequest(headers={}, body=json.dumps(body).encode())

    assert edge.answer_challenge(told, secret=SECRET) is None


@pytest.mark.parametrize(
    ("name", "call_id"),
    [
        ("callee_ended", "7440001"),
        ("callee_history_answered", "7440001"),
        ("callee_element_answered", "7440001"),
        ("callee_history_queue", "7440001"),
        ("recording_completed", "7440001"),
        ("voicemail_received", "7440004"),
        ("caller_ended_canceled", "7440002"),
    ],
)
@pytest.mark.rule("SH-1")
def test_every_kind_of_event_names_its_call_and_itself(name: str, call_id: str):
    located = locate(sample(name))
    again = locate(sample(name))

    assert (located.external_id, located.ignored, located.others) == (call_id, False, ())
    assert located.named == again.named
    assert located.named is not None


@pytest.mark.rule("SH-2")
def test_each_call_of_one_body_is_located_with_its_own_part():
    body = sample("callee_history_two_calls")
    located = locate(body)

    (other,) = located.others
    assert (located.external_id, other.external_id) == ("7440001", "7440005")
    assert located.named != other.named
    assert locate(json.loads(located.body)).named == located.named
    assert [len(json.loads(one.body)["payload"]["object"]["call_logs"]) for one in (located, other)]
    assert located.named == locate(sample("callee_history_answered")).named


@pytest.mark.rule("SH-1")
def test_several_logs_of_one_call_stay_one_event():
    located = locate(sample("callee_history_queue"))

    assert (located.others, located.body) == ((), None)


@pytest.mark.rule("SH-1")
def test_two_members_who_leave_the_same_call_are_two_events():
    first = sample("callee_ended")
    second = sample("callee_ended")
    second["payload"]["object"]["callee"]["user_id"] = "zu-18"

    assert locate(first).named != locate(second).named


@pytest.mark.parametrize(
    ("type_", "ignored"),
    [
        ("phone.callee_missed", True),
        ("phone.callee_ringing", True),
        ("phone.sms_received", True),
        ("phone.ai_call_summary_changed", True),
        ("meeting.ended", True),
        ("endpoint.url_validation", True),
        ("phone.callee_ended", False),
        ("phone.caller_call_element_completed", False),
        ("phone.a_new_type", False),
    ],
)
def test_what_nobody_needs_is_ignored_at_the_door(type_: str, ignored: bool):
    """A handset that did not ring through says nothing of the call; new types are told to the admin."""
    assert locate({"event": type_, "payload": {"object": {"call_id": "1"}}}).ignored is ignored


def test_a_log_without_call_id_is_known_by_its_path():
    body = sample("callee_history_answered")
    body["payload"]["object"]["call_logs"][0].pop("call_id")

    assert locate(body).external_id == "path-1"


@given(st.binary(max_size=60))
def test_no_bytes_break_the_ingress(raw: bytes):
    told = WebhookRequest(headers={}, body=raw)

    assert edge.locate(told).named is None
    assert edge.redact(raw) == raw
    assert not edge.verify(told, secrets=[SECRET], now=NOW)
    assert edge.answer_challenge(told, secret=SECRET) is None

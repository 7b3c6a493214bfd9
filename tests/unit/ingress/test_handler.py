"""The deployed handler file, fed with the event files: status codes, bodies, logs and metrics."""

import base64
import json
import re
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from switchhook.domain.queue_messages import MAX_BODY_BYTES
from unit.ingress.world import SIGNING_SECRET, TOKEN, World, event_file, logged, named


def call(module: ModuleType, event: object) -> tuple[int, dict[str, object]]:
    response = module.handler(event, None)
    assert response["headers"]["content-type"] == "application/json"
    return response["statusCode"], json.loads(response["body"])


@pytest.mark.parametrize(
    ("name", "event_id", "external_id"),
    [
        ("aircall_answered", "call.ended:7001:1795187040:*", "7001"),
        ("aircall_missed", "call.ended:7003:1795186847:*", "7003"),
        ("aircall_voicemail", "call.voicemail_left:7003:1795186850:*", "7003"),
        ("aircall_unknown_type", "call.sung:7001:1795187040:*", "7001"),
        ("generic_signed", "msg-1", "c-1"),
        ("generic_base64", "msg-1", "c-1"),
        ("generic_updated", "msg-2", "c-1"),
        ("dialpad_hangup", "hangup:5100000000000001:1795187010100:*", "5100000000000001"),
        ("dialpad_center_user", "hangup:5100000000000011:1795187010100:*", "5100000000000010"),
    ],
)
@pytest.mark.rule("SH-2")
def test_a_proven_event_is_answered_with_202(
    handler_module: ModuleType, world: World, name: str, event_id: str, external_id: str
):
    """The answer names the activity and the event that are now in the queue."""
    status, body = call(handler_module, event_file(name))

    message = world.outbox.only
    assert status == 202
    assert {"activity_id": message.activity_id, "event_id": named(message, event_id)} == body
    assert (named(message, event_id), external_id) == (message.event_id, message.external_id)


def test_header_names_are_taken_in_any_case(handler_module: ModuleType):
    """HTTP does not tell `Webhook-Id` from `webhook-id`."""
    event = event_file("generic_signed")
    headers = {name.title(): value for name, value in event["headers"].items()}

    assert call(handler_module, {**event, "headers": headers})[0] == 202


def test_an_unreadable_event_with_a_valid_signature_is_answered_with_202(
    handler_module: ModuleType, world: World
):
    """The provider has done its part; the worker tells the admin."""
    status, body = call(handler_module, event_file("generic_unreadable"))

    assert (status, body["event_id"]) == (202, "msg-3")
    assert world.outbox.only.external_id.startswith("sha256:")


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("aircall_forged", 401, "not_proven"),
        ("generic_forged", 401, "not_proven"),
        ("generic_stale", 401, "not_proven"),
        ("generic_unsigned", 401, "not_proven"),
        ("unknown_hook", 404, "unknown_hook"),
    ],
)
def test_a_refusal_says_what_to_do(
    handler_module: ModuleType, world: World, name: str, status: int, code: str
):
    """Refusals have the contract's error shape, and nothing is queued."""
    got, body = call(handler_module, event_file(name))

    error = body["error"]
    assert isinstance(error, dict)
    assert (status, code) == (got, error["code"])
    assert error["message"].endswith(".")
    assert world.outbox.sent == []


def test_an_ignored_type_is_answered_with_200(handler_module: ModuleType, world: World):
    """The answer names the type, so that whoever set the webhook up can leave it out."""
    answered = call(handler_module, event_file("aircall_ringing"))

    assert answered == (200, {"ignored": "call.ringing_on_agent"})
    assert world.outbox.sent == []


@pytest.mark.parametrize("is_base64", [False, True])
def test_a_body_above_one_mebibyte_is_answered_with_413(
    *, handler_module: ModuleType, is_base64: bool
):
    """The bytes count after base64 is undone, before anything is verified."""
    body = b"x" * (MAX_BODY_BYTES + 1)
    text = base64.b64encode(body).decode() if is_base64 else body.decode()
    event = {**event_file("generic_unsigned"), "body": text, "isBase64Encoded": is_base64}

    status, answered = call(handler_module, event)

    assert status == 413
    assert "too_large" in json.dumps(answered)


def test_one_mebibyte_in_base64_is_measured_decoded(handler_module: ModuleType):
    """Base64 makes a body a third longer than it is."""
    text = base64.b64encode(b"x" * MAX_BODY_BYTES).decode()
    event = {**event_file("generic_unsigned"), "body": text, "isBase64Encoded": True}

    assert call(handler_module, event)[0] == 401


@pytest.mark.rule("SH-2")
def test_503_only_when_the_event_could_not_be_stored(handler_module: ModuleType, world: World):
    """The provider is asked to send again, without a word about our inside."""
    world.outbox.down = True

    status, body = call(handler_module, event_file("generic_signed"))

    assert status == 503
    assert body == {
        "error": {
            "code": "not_stored",
            "message": "The event could not be stored. Send the same request again later.",
        }
    }


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"body": None}, id="no_body"),
        pytest.param({"body": 7}, id="body_is_a_number"),
        pytest.param({"body": "%%%", "isBase64Encoded": True}, id="bad_base64"),
        pytest.param({"body": "\u00e9", "isBase64Encoded": True}, id="base64_beyond_ascii"),
        pytest.param({"body": "/w==", "isBase64Encoded": True}, id="no_utf8"),
        pytest.param({"body": "\udcff"}, id="lone_surrogate"),
        pytest.param({"headers": None}, id="no_headers"),
        pytest.param({"headers": ["webhook-id"]}, id="headers_are_a_list"),
        pytest.param(
            {"headers": {"webhook-id": 1, "webhook-timestamp": None}}, id="headers_of_wrong_types"
        ),
    ],
)
def test_a_request_that_cannot_be_converted_proves_nothing(
    handler_module: ModuleType, changes: dict[str, object]
):
    """It is the sender's fault: 401, never 500."""
    assert call(handler_module, {**event_file("generic_signed"), **changes})[0] == 401


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(None, id="no_parameters"),
        pytest.param({}, id="no_hook_id"),
        pytest.param({"hook_id": 7}, id="a_number"),
        pytest.param({"hook_id": ""}, id="empty"),
        pytest.param({"hook_id": "x" * 65}, id="too_long"),
        pytest.param({"hook_id": "a/b"}, id="a_path"),
        pytest.param({"hook_id": "h\u00e9"}, id="beyond_ascii"),
    ],
)
def test_an_address_that_no_hook_can_have_is_not_looked_up(
    handler_module: ModuleType, world: World, path: object
):
    """404 without a read."""
    event = {**event_file("generic_signed"), "pathParameters": path}

    assert call(handler_module, event)[0] == 404
    assert world.hooks.reads == 0


_ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text()), st.binary()
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hook_id=st.sampled_from(["hook-aircall", "hook-generic"]),
    headers=st.one_of(
        _ANYTHING,
        st.dictionaries(
            st.sampled_from(["webhook-id", "Webhook-Timestamp", "webhook-signature", "x"]),
            st.one_of(_ANYTHING, st.sampled_from(["1795187100", "v1,", "v1,AAAA v1,", "v1"])),
        ),
    ),
    body=_ANYTHING,
    is_base64=_ANYTHING,
)
def test_nothing_made_up_is_proven_or_answered_with_5xx(
    handler_module: ModuleType, world: World, hook_id, headers, body, is_base64
):
    """Whatever comes in without the secret ends as 401."""
    event = {
        "pathParameters": {"hook_id": hook_id},
        "headers": headers,
        "body": body,
        "isBase64Encoded": is_base64,
    }

    assert call(handler_module, event)[0] == 401
    assert world.outbox.sent == []


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("aircall_answered", "EventAccepted"),
        ("aircall_ringing", "EventIgnored"),
        ("aircall_forged", "SignatureRejected"),
    ],
)
def test_each_outcome_is_counted_for_its_provider(
    handler_module: ModuleType, capsys: pytest.CaptureFixture[str], name: str, metric: str
):
    """One embedded metric, with the provider as its only dimension."""
    call(handler_module, event_file(name))

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (counted,) = [line for line in lines if "_aws" in line]
    assert counted[metric] == [1.0]
    assert counted["provider"] == "aircall"
    (declared,) = counted["_aws"]["CloudWatchMetrics"]
    assert (declared["Namespace"], declared["Dimensions"]) == ("Switchhook", [["provider"]])


@pytest.mark.parametrize(
    "name",
    [
        "aircall_answered",
        "aircall_forged",
        "aircall_ringing",
        "generic_signed",
        "generic_unreadable",
        "generic_forged",
        "zoom_phone_two_calls",
        "dialpad_hangup",
        "unknown_hook",
    ],
)
@pytest.mark.parametrize("queue_is_down", [False, True])
def test_nothing_that_a_sender_wrote_is_logged(
    *,
    handler_module: ModuleType,
    world: World,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    name: str,
    queue_is_down: bool,
):
    """No number, name, e-mail, id of theirs, token or secret is in any line or metric."""
    world.outbox.down = queue_is_down

    call(handler_module, event_file(name))

    out, err = capfd.readouterr()
    # A metric's time in milliseconds holds any four digits once in a while.
    written = re.sub(r"\b\d{13}\b", "", out + err + logged(caplog.records))
    assert written
    # Not "555" alone: it may be a time of day.
    numbers = ("415 555", "4155550", "415-555")
    names = ("Ada", "Byron", "example.com", "7001", "c-1", "msg-", TOKEN, SIGNING_SECRET)
    private = (*numbers, *names, "hook-nobody", "v1,")
    assert [text for text in private if text in written] == []

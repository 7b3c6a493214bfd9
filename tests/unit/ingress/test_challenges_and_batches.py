"""Providers that ask for a proof of the secret, sign long ago, or tell of several calls at once."""

import hmac
import json
from dataclasses import replace
from types import ModuleType

import pytest

from switchhook.domain.facts.event import Kind
from switchhook.domain.queue_messages import EventMessage, unpack
from switchhook.runtime.ingress import request_of
from switchhook.usecases.receive_webhook import Accepted, Challenged, receive_webhook
from unit.ingress.world import (
    DIALPAD,
    NOW,
    ZOOM,
    ZOOM_SECRET,
    World,
    event_file,
    logged,
    make_world,
)

PROOF = {
    "plainToken": "example-plain-token",
    "encryptedToken": hmac.digest(ZOOM_SECRET.encode(), b"example-plain-token", "sha256").hex(),
}


def receive(world: World, name: str, hook_id: str = ZOOM.id):
    return receive_webhook(
        world.ingress, request_of(event_file(name)), hook_id=hook_id, kind=Kind.CALL, now=NOW
    )


def call(module: ModuleType, name: str) -> tuple[int, dict[str, object]]:
    response = module.handler(event_file(name), None)
    return response["statusCode"], json.loads(response["body"])


def messages(world: World) -> list[EventMessage]:
    return [message for message in world.outbox.sent if isinstance(message, EventMessage)]


def test_a_signed_challenge_is_answered_and_never_queued(handler_module: ModuleType, world: World):
    assert call(handler_module, "zoom_phone_challenge") == (200, PROOF)
    assert world.outbox.sent == []


def test_a_challenge_before_the_hook_has_its_secret_is_refused(
    handler_module: ModuleType, world: World
):
    """An answer without a secret would prove an address that nobody can use."""
    world.hooks.change(ZOOM.id, secret_ct=None)

    assert call(handler_module, "zoom_phone_challenge")[0] == 401


def test_a_challenge_is_answered_with_the_secret_it_was_signed_with():
    """While a secret changes, the sender knows one of the two."""
    rotated = replace(
        ZOOM,
        secret_ct=b"t_one|hook|a-newer-secret",
        previous_secret_ct=ZOOM.secret_ct,
        previous_until=int(NOW.timestamp()) + 60,
    )

    received = receive(make_world(rotated), "zoom_phone_challenge")

    assert received == Challenged(hook=rotated, answer=PROOF)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("zoom_phone_forged", 401),
        ("zoom_phone_missed_on_a_handset", 200),
        ("zoom_phone_ended", 202),
        ("zoom_phone_history", 202),
        ("zoom_phone_old", 202),
        ("dialpad_hangup", 202),
        ("dialpad_center", 202),
        ("dialpad_recording", 202),
        ("dialpad_ringing", 200),
        ("dialpad_alg_none", 401),
        ("dialpad_unsigned", 401),
    ],
)
def test_how_each_event_file_is_answered(
    handler_module: ModuleType, world: World, name: str, status: int
):
    assert call(handler_module, name)[0] == status
    assert len(world.outbox.sent) == (status == 202)


@pytest.mark.rule("SH-2")
def test_each_call_of_one_body_is_queued_for_itself(handler_module: ModuleType, world: World):
    """The answer names the first; each message holds only its own call."""
    status, body = call(handler_module, "zoom_phone_two_calls")

    first, second = messages(world)
    assert status == 202
    assert body == {"activity_id": first.activity_id, "event_id": first.event_id}
    assert (first.external_id, second.external_id) == ("7440001", "7440005")
    for message in (first, second):
        told = json.loads(unpack(message.packed or b""))
        logs = told["payload"]["object"]["call_logs"]
        assert [log["call_id"] for log in logs] == [message.external_id]


@pytest.mark.rule("SH-1")
def test_a_call_told_beside_another_is_the_same_event_as_alone(world: World):
    receive(world, "zoom_phone_history")
    receive(world, "zoom_phone_two_calls")

    alone, beside, _ = messages(world)
    assert (alone.activity_id, alone.event_id) == (beside.activity_id, beside.event_id)


@pytest.mark.parametrize(("name", "is_old"), [("history", False), ("old", True)])
def test_an_old_signature_is_taken_in_and_counted(
    handler_module: ModuleType,
    world: World,
    capsys: pytest.CaptureFixture[str],
    *,
    name: str,
    is_old: bool,
):
    received = receive(world, f"zoom_phone_{name}")
    call(handler_module, f"zoom_phone_{name}")

    assert isinstance(received, Accepted)
    assert received.is_old is is_old
    assert ("OldEventAccepted" in capsys.readouterr().out) is is_old


def test_what_is_queued_of_a_jwt_is_the_json_it_carries(world: World):
    receive(world, "dialpad_hangup", DIALPAD.id)

    stored = unpack(world.outbox.only.packed or b"")

    assert json.loads(stored)["call_id"] == 5100000000000001


def test_nothing_of_a_challenge_is_logged(
    handler_module: ModuleType, caplog: pytest.LogCaptureFixture
):
    call(handler_module, "zoom_phone_challenge")

    written = logged(caplog.records)
    assert "challenge_answered" in written
    private = ("example-plain-token", PROOF["encryptedToken"], ZOOM_SECRET)
    assert [text for text in private if text in written] == []

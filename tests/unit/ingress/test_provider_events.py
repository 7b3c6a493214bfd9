"""The event files of Wildix and of Aircall's later events, at the ingress."""

import pytest

from switchhook.domain.facts.event import Kind
from switchhook.ports.ingress import Hook
from switchhook.runtime.ingress import answer, hook_id_of, request_of
from switchhook.usecases.receive_webhook import receive_webhook
from unit.ingress.world import AIRCALL, NOW, World, event_file, make_world, named

SECRET = "example-secret-1"
WILDIX = Hook(
    id="hook-wildix",
    tenant="t_one",
    provider="wildix",
    kind=Kind.CALL,
    source="hook-wildix",
    secret_ct=b"t_one|hook|" + SECRET.encode(),
)
CALL = "pbx_c1_1795186800.7"


@pytest.fixture
def world() -> World:
    return make_world(AIRCALL, WILDIX)


def status_of(world: World, name: str) -> int:
    event = event_file(name)
    received = receive_webhook(
        world.ingress, request_of(event), hook_id=hook_id_of(event), kind=Kind.CALL, now=NOW
    )
    status = answer(received)["statusCode"]
    assert isinstance(status, int)
    return status


@pytest.mark.parametrize(
    ("name", "event_id", "external_id"),
    [
        ("wildix_started", f"call:start:{CALL}:1795186800000:*", CALL),
        ("wildix_talking", f"call:update:{CALL}:1795186809000:*", CALL),
        ("wildix_ended", f"call:end:{CALL}:1795186803000:*", CALL),
        ("wildix_completed", f"call:completed:{CALL}:1795187015000:0:*", CALL),
        ("wildix_transferred", f"call:completed:{CALL}:1795186950000:*", CALL),
        ("wildix_voicemail", f"call:completed:{CALL}:1795186830000:0:*", CALL),
        ("wildix_internal", f"call:completed:{CALL}:1795186834000:0:*", CALL),
        ("aircall_transferred", "call.transferred:7001:1795186940:*", "7001"),
        ("aircall_tagged", "call.tagged:7001:1795187045:*", "7001"),
        ("aircall_untagged", "call.untagged:7001:1795187049:*", "7001"),
        ("aircall_commented", "call.commented:7001:1795187100:*", "7001"),
        ("aircall_assigned", "call.assigned:7001:1795187110:*", "7001"),
        ("aircall_assets", "call.comm_assets_generated:7001:1795187130:*", "7001"),
        ("aircall_archived", "call.archived:7001:1795187160:*", "7001"),
        ("aircall_summary", "summary.created:7001:1795187300:*", "7001"),
    ],
)
@pytest.mark.rule("SH-2")
def test_everything_that_is_told_of_a_call_belongs_to_it(
    world: World, name: str, event_id: str, external_id: str
):
    """Each event has an id of its own, which ends with what it says, and all name their call alike."""
    assert status_of(world, name) == 202
    message = world.outbox.only
    assert (named(message, event_id), external_id) == (message.event_id, message.external_id)


@pytest.mark.parametrize(
    ("name", "status"),
    [("wildix_transcription", 200), ("aircall_transcription", 200), ("wildix_forged", 401)],
)
def test_what_is_said_in_calls_and_what_is_not_proven_is_not_stored(
    world: World, name: str, status: int
):
    assert status_of(world, name) == status
    assert world.outbox.sent == []


def test_a_hook_that_has_no_secret_yet_believes_nobody(world: World):
    world.hooks.change("hook-wildix", secret_ct=None)

    assert status_of(world, "wildix_ended") == 401

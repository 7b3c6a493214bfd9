"""An agent's application records a chat by hand (CX-34)."""

from dataclasses import replace

import pytest

from builders.told_chats import chat_message
from fakes.cipher import FakeCipher
from fakes.office import connection
from switchhook.usecases.record.advance import record_event

pytestmark = pytest.mark.rule("CX-34")

ASKED = {
    "action": "lead_task",
    "agent": {"email": "ann@example.com", "name": "Ann Agent"},
    "idempotency_key": "k-1",
}


@pytest.fixture
def activity_id(world, tenant):
    """A chat of the tenant that waits for somebody to record it."""
    made = world.office
    own = {"preset": "standard", "default_region": "US", "time_zone": "America/New_York"}
    made.tenants.set_settings(tenant.id, {**own, "chats": {"mode": "manual"}})
    cipher = FakeCipher()
    made.connections.stored[tenant.id] = world.connections.stored[tenant.id] = connection(
        tenant=tenant.id,
        access_ciphertext=cipher.encrypt("access-1", tenant=tenant.id, purpose="access_token"),
    )
    message = replace(chat_message(made), tenant=tenant.id)
    return record_event(message, made.world).id


def apply(call, tenant, activity_id, key=None, **changes):
    path = f"{tenant.path}/activities/{activity_id}/apply"
    return call("POST", path, {**ASKED, **changes}, key=key or tenant.agent)


def test_an_agents_key_may_record_a_chat(call, tenant, activity_id):
    answer = apply(call, tenant, activity_id)

    assert (answer.status, answer.json["id"], answer.json["state"]) == (202, activity_id, "pending")
    assert apply(call, tenant, activity_id).status == 200
    assert apply(call, tenant, activity_id, key=tenant.admin).status == 200


def test_another_body_under_the_same_key_is_refused(call, tenant, activity_id):
    apply(call, tenant, activity_id)

    answer = apply(call, tenant, activity_id, action="case")

    assert (answer.status, answer.error["code"]) == (409, "idempotency_key_reused")


def test_another_action_after_the_first_is_refused(call, tenant, activity_id):
    apply(call, tenant, activity_id)

    answer = apply(call, tenant, activity_id, action="case", idempotency_key="k-2")

    assert (answer.status, answer.error["code"]) == (409, "already_applied")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"action": "none"}, "action"),
        ({"agent": {}}, "agent.email"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"more": 1}, "more"),
    ],
    ids=["no_such_action", "agent_without_email", "empty_key", "unknown_field"],
)
def test_what_cannot_be_asked_for_is_named(call, tenant, activity_id, changes, named):
    answer = apply(call, tenant, activity_id, **changes)

    assert answer.status == 422
    assert named in answer.error["fields"]

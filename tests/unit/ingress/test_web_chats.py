"""Web chats and our own format at the function for chats: keys in urls and bodies, openings, logs."""

import json
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.activity import activity_id
from switchhook.domain.facts.event import Kind
from switchhook.domain.queue_messages import to_json, unpack
from switchhook.ports.ingress import WebhookRequest
from switchhook.runtime.webhook_http import request_of
from unit.ingress.world import COMM100_KEY, LIVECHAT_KEY, NOW, World, event_file, logged

CHAT = "5b0e7a52-6f57-4b1e-9d7a-0c1f2a3b4c5d"
OFFLINE = "offline-77e0d1c2-0000-4000-8000-00000000abcd"
THREAD = "QTHREAD001"


def call(module: ModuleType, name: str) -> tuple[int, dict[str, object]]:
    response = module.handler(event_file(name, "chat_ended"), None)
    return response["statusCode"], json.loads(response["body"])


@pytest.mark.parametrize(
    ("name", "event_id", "external_id"),
    [
        ("comm100_started", f"chat_started:{CHAT}", CHAT),
        ("comm100_ended", f"chat_ended:{CHAT}", CHAT),
        ("comm100_wrapped_up", f"chat_wrapped_up:{CHAT}:/Date(1795190000000)/", CHAT),
        ("comm100_offline_message", f"offline_message_submitted:{OFFLINE}", OFFLINE),
        ("livechat_started", f"incoming_chat:{THREAD}", THREAD),
        ("livechat_message", f"incoming_event:{THREAD}:{THREAD}_3", THREAD),
        ("livechat_note", f"incoming_event:{THREAD}:{THREAD}_4", THREAD),
        ("livechat_agent_joined", f"user_added_to_chat:{THREAD}:bob@example.com", THREAD),
        ("livechat_deactivated", f"chat_deactivated:{THREAD}", THREAD),
        ("generic_started", "chat-msg-2", "9f3"),
        ("generic_call_on_a_chat_hook", "chat-msg-3", "c-1"),
    ],
)
@pytest.mark.rule("SH-2")
def test_a_proven_event_is_answered_with_202(
    chat_handler: ModuleType, world: World, name: str, event_id: str, external_id: str
):
    """The answer names the activity and the event that are now in the queue."""
    status, body = call(chat_handler, name)

    message = world.outbox.only
    assert status == 202
    assert {"activity_id": message.activity_id, "event_id": event_id} == body
    assert (event_id, external_id) == (message.event_id, message.external_id)
    assert (message.activity_kind, message.occurrence) == (Kind.CHAT, 1)


@pytest.mark.rule("SH-1")
def test_each_opening_of_a_conversation_is_an_activity(chat_handler: ModuleType, world: World):
    """The sender's occurrence is part of the activity's identity."""
    status, body = call(chat_handler, "generic_ended")

    message = world.outbox.only
    assert (status, message.occurrence) == (202, 2)
    assert body["activity_id"] == activity_id(
        tenant="t_one", source="hook-generic-chat", external_id="9f2", occurrence=2
    )


def test_what_may_happen_again_is_known_by_its_bytes(chat_handler: ModuleType, world: World):
    """A rating that is changed is another event, a redelivery is not."""
    first, again = (call(chat_handler, "livechat_rated") for _ in range(2))

    assert first == again
    assert str(first[1]["event_id"]).startswith("sha256:")
    assert len(world.outbox.sent) == 2


@pytest.mark.parametrize(
    ("name", "type_"),
    [("comm100_requested", "chat_requested"), ("livechat_seen", "events_marked_as_seen")],
)
def test_an_ignored_type_is_answered_with_200(
    chat_handler: ModuleType, world: World, name: str, type_: str
):
    """The answer names the type, so that whoever set the webhook up can leave it out."""
    assert call(chat_handler, name) == (200, {"ignored": type_})
    assert world.outbox.sent == []


@pytest.mark.parametrize(
    "name", ["comm100_wrong_key", "comm100_without_key", "livechat_forged", "generic_forged"]
)
def test_nothing_is_stored_without_a_proof(chat_handler: ModuleType, world: World, name: str):
    """401, and the queue stays empty."""
    status, body = call(chat_handler, name)

    assert status == 401
    assert isinstance(body["error"], dict)
    assert body["error"]["code"] == "not_proven"
    assert world.outbox.sent == []


@pytest.mark.parametrize(("seconds_left", "expected"), [(1, 202), (0, 401)])
def test_a_rotated_key_works_until_its_time_is_over(
    chat_handler: ModuleType, world: World, seconds_left: int, expected: int
):
    """Until then a provider may be called at either url."""
    world.hooks.change(
        "hook-comm100",
        secret_ct=b"t_one|hook|another-key",
        previous_secret_ct=b"t_one|hook|" + COMM100_KEY.encode(),
        previous_until=int(NOW.timestamp()) + seconds_left,
    )

    assert call(chat_handler, "comm100_ended")[0] == expected


@pytest.mark.rule("SH-10")
@pytest.mark.parametrize("name", ["comm100_ended", "livechat_note"])
def test_a_key_of_url_or_body_is_not_stored(chat_handler: ModuleType, world: World, name: str):
    """Neither in the message nor inside its packed body."""
    call(chat_handler, name)

    message = world.outbox.only
    assert message.packed is not None
    stored = to_json(message) + unpack(message.packed).decode()
    assert [key for key in (COMM100_KEY, LIVECHAT_KEY) if key in stored] == []


@pytest.mark.parametrize(
    "name",
    ["comm100_ended", "comm100_wrong_key", "livechat_note", "livechat_forged", "generic_ended"],
)
@pytest.mark.parametrize("queue_is_down", [False, True])
@pytest.mark.rule("SH-10")
def test_nothing_that_a_sender_wrote_is_logged(
    *,
    chat_handler: ModuleType,
    world: World,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    name: str,
    queue_is_down: bool,
):
    """No name, e-mail, word, id of theirs or key is in any line or metric."""
    world.outbox.down = queue_is_down

    call(chat_handler, name)

    out, err = capfd.readouterr()
    written = out + err + logged(caplog.records)
    assert written
    private = ("Ada", "Byron", "example.com", CHAT, THREAD, "9f2", COMM100_KEY, LIVECHAT_KEY)
    assert [text for text in (*private, "guessed", "key=") if text in written] == []


@given(
    st.none()
    | st.text()
    | st.lists(st.text())
    | st.dictionaries(st.text() | st.integers(), st.none() | st.text() | st.lists(st.text()))
)
def test_any_query_is_a_request(given_query):
    """What is no text by name is left out."""
    told = request_of({"queryStringParameters": given_query})

    assert isinstance(told, WebhookRequest)
    assert all(isinstance(value, str) for pair in told.query.items() for value in pair)

"""The deployed handler file for chats, fed with the event files: status codes, queue and logs."""

from types import ModuleType

import pytest

from switchhook.domain.facts.event import Kind
from unit.ingress.world import (
    CHATWOOT_KEY,
    CHATWOOT_SECRET,
    COMM100_KEY,
    INTERCOM_SECRET,
    LIVECHAT_KEY,
    World,
    event_file,
    logged,
    named,
    tell_chats,
)

DELIVERY = "5f0c0000-0000-4000-8000-00000000000"
NOTIFICATION = "notif_00000000-0000-4000-8000-0000000000"
CHAT = "5b0e7a52-6f57-4b1e-9d7a-0c1f2a3b4c5d"
OFFLINE = "offline-77e0d1c2-0000-4000-8000-00000000abcd"
THREAD = "QTHREAD001"


@pytest.mark.parametrize(
    ("name", "event_id", "external_id"),
    [
        ("chatwoot_started", f"{DELIVERY}1", "88"),
        ("chatwoot_message", f"{DELIVERY}2", "88"),
        ("chatwoot_note", f"{DELIVERY}3", "88"),
        ("chatwoot_labelled", f"{DELIVERY}4", "88"),
        ("chatwoot_resolved", f"{DELIVERY}5", "88"),
        ("chatwoot_reopened", f"{DELIVERY}6", "88"),
        ("chatwoot_rated", f"{DELIVERY}7", "88"),
        ("intercom_started", f"{NOTIFICATION}01", "21300000097"),
        ("intercom_replied", f"{NOTIFICATION}02", "21300000097"),
        ("intercom_noted", f"{NOTIFICATION}04", "21300000097"),
        ("intercom_closed", f"{NOTIFICATION}06", "21300000097"),
        ("intercom_reopened", f"{NOTIFICATION}07", "21300000097"),
        ("intercom_newer_closed", f"{NOTIFICATION}14", "21300000098"),
        ("intercom_rated", f"{NOTIFICATION}15", "21300000098"),
        ("comm100_started", f"chat_started:{CHAT}:*", CHAT),
        ("comm100_ended", f"chat_ended:{CHAT}:*", CHAT),
        ("comm100_wrapped_up", f"chat_wrapped_up:{CHAT}:/Date(1795190000000)/:*", CHAT),
        ("comm100_offline_message", f"offline_message_submitted:{OFFLINE}:*", OFFLINE),
        ("livechat_started", f"incoming_chat:{THREAD}:*", THREAD),
        ("livechat_message", f"incoming_event:{THREAD}:{THREAD}_3:*", THREAD),
        ("livechat_note", f"incoming_event:{THREAD}:{THREAD}_4:*", THREAD),
        ("livechat_agent_joined", f"user_added_to_chat:{THREAD}:bob@example.com:*", THREAD),
        ("livechat_deactivated", f"chat_deactivated:{THREAD}:*", THREAD),
        ("generic_started", "chat-msg-2", "9f3"),
        ("generic_call_on_a_chat_hook", "chat-msg-3", "c-1"),
    ],
)
@pytest.mark.rule("SH-2")
def test_a_proven_event_is_answered_with_202(
    chat_handler: ModuleType, world: World, name: str, event_id: str, external_id: str
):
    """The answer names the activity and the event that are now in the queue."""
    status, body = tell_chats(chat_handler, name)

    message = world.outbox.only
    assert status == 202
    assert {"activity_id": message.activity_id, "event_id": named(message, event_id)} == body
    assert (named(message, event_id), external_id) == (message.event_id, message.external_id)
    assert (message.activity_kind, message.occurrence) == (Kind.CHAT, 1)


def test_an_unsigned_event_is_proven_by_the_key_of_its_url(chat_handler: ModuleType, world: World):
    """Its bytes are its identity, for nothing else names it; the key is not stored."""
    status, _ = tell_chats(chat_handler, "chatwoot_older_resolved")

    message = world.outbox.only
    assert status == 202
    assert message.external_id == "88"
    assert message.event_id.startswith("sha256:")
    assert message.headers == {}


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("chatwoot_typing", "conversation_typing_on"),
        ("chatwoot_delivered", "message_updated"),
        ("intercom_ping", "ping"),
        ("comm100_requested", "chat_requested"),
        ("livechat_seen", "events_marked_as_seen"),
    ],
)
def test_an_ignored_type_is_answered_with_200(
    chat_handler: ModuleType, world: World, name: str, type_: str
):
    """The answer names the type, so that whoever set the webhook up can leave it out.

    A ping, with its tabs and line ends, is believed like any other event and not stored.
    """
    assert tell_chats(chat_handler, name) == (200, {"ignored": type_})
    assert world.outbox.sent == []


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("chatwoot_forged", 401, "not_proven"),
        ("chatwoot_stale", 401, "not_proven"),
        ("chatwoot_unsigned", 401, "not_proven"),
        ("chatwoot_older_wrong_key", 401, "not_proven"),
        ("intercom_forged", 401, "not_proven"),
        ("comm100_wrong_key", 401, "not_proven"),
        ("comm100_without_key", 401, "not_proven"),
        ("livechat_forged", 401, "not_proven"),
        ("generic_forged", 401, "not_proven"),
        ("unknown_hook", 404, "unknown_hook"),
    ],
)
def test_a_refusal_says_what_to_do(
    chat_handler: ModuleType, world: World, name: str, status: int, code: str
):
    """Refusals have the contract's error shape, and nothing is queued."""
    got, body = tell_chats(chat_handler, name)

    error = body["error"]
    assert isinstance(error, dict)
    assert (status, code) == (got, error["code"])
    assert world.outbox.sent == []


@pytest.mark.parametrize(
    ("module", "function", "name"),
    [
        pytest.param("chat_handler", "call_ended", "generic_signed", id="a_call_told_to_chats"),
        pytest.param(
            "handler_module", "chat_ended", "chatwoot_resolved", id="a_chat_told_to_calls"
        ),
    ],
)
def test_a_hook_of_the_other_kind_is_unknown(
    request: pytest.FixtureRequest, world: World, module: str, function: str, name: str
):
    """A hook has one address; the same id under the other kind's path is nobody's."""
    handler = request.getfixturevalue(module).handler

    assert handler(event_file(name, function), None)["statusCode"] == 404
    assert world.outbox.sent == []


@pytest.mark.parametrize("hook_id", ["hook-intercom", "hook-nobody"])
def test_a_probe_is_answered_alike_at_every_address(
    chat_handler: ModuleType, world: World, hook_id: str
):
    """Intercom takes an address whose HEAD is answered; which hooks there are stays our secret."""
    probe = {**event_file("intercom_probe", "chat_ended"), "pathParameters": {"hook_id": hook_id}}

    answered = chat_handler.handler(probe, None)

    assert (answered["statusCode"], answered["body"]) == (200, "")
    assert world.hooks.reads == 0


@pytest.mark.rule("SH-2")
def test_503_only_when_the_event_could_not_be_stored(chat_handler: ModuleType, world: World):
    """The provider is asked to send again."""
    world.outbox.down = True

    assert tell_chats(chat_handler, "intercom_closed")[0] == 503


@pytest.mark.parametrize(
    "name",
    [
        "chatwoot_message",
        "chatwoot_forged",
        "chatwoot_older_resolved",
        "chatwoot_older_wrong_key",
        "intercom_closed",
        "intercom_ping",
        "comm100_ended",
        "comm100_wrong_key",
        "livechat_note",
        "livechat_forged",
        "generic_ended",
        "unknown_hook",
    ],
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
    """No name, e-mail, word, id of theirs, key of a url or secret is in any line or metric."""
    world.outbox.down = queue_is_down

    tell_chats(chat_handler, name)

    out, err = capfd.readouterr()
    written = out + err + logged(caplog.records)
    assert written
    keys = (CHATWOOT_KEY, CHATWOOT_SECRET, INTERCOM_SECRET, COMM100_KEY, LIVECHAT_KEY)
    secrets = (*keys, "guessed", "key=", "sha1=", "sha256=")
    ids = ("21300000097", "notif_", CHAT, THREAD, "9f2")
    private = ("Ada", "Byron", "example.com", "cost", *ids, *secrets)
    assert [text for text in private if text in written] == []

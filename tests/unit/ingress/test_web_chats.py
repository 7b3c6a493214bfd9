"""Web chats and our own format at the function for chats: keys in urls and bodies, openings."""

from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.activity import activity_id
from switchhook.domain.queue_messages import to_json, unpack
from switchhook.ports.ingress import WebhookRequest
from switchhook.runtime.ingress import request_of
from unit.ingress.world import COMM100_KEY, LIVECHAT_KEY, NOW, World, tell_chats


@pytest.mark.rule("SH-1")
def test_each_opening_of_a_conversation_is_an_activity(chat_handler: ModuleType, world: World):
    """The sender's occurrence is part of the activity's identity."""
    status, body = tell_chats(chat_handler, "generic_ended")

    message = world.outbox.only
    assert (status, message.occurrence) == (202, 2)
    assert body["activity_id"] == activity_id(
        tenant="t_one", source="hook-generic-chat", external_id="9f2", occurrence=2
    )


def test_what_may_happen_again_is_known_by_its_bytes(chat_handler: ModuleType, world: World):
    """A rating that is changed is another event, a redelivery is not."""
    first, again = (tell_chats(chat_handler, "livechat_rated") for _ in range(2))

    assert first == again
    assert str(first[1]["event_id"]).startswith("sha256:")
    assert len(world.outbox.sent) == 2


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

    assert tell_chats(chat_handler, "comm100_ended")[0] == expected


@pytest.mark.rule("SH-10")
@pytest.mark.parametrize("name", ["comm100_ended", "livechat_note"])
def test_a_key_of_url_or_body_is_not_stored(chat_handler: ModuleType, world: World, name: str):
    """Neither in the message nor inside its packed body."""
    tell_chats(chat_handler, name)

    message = world.outbox.only
    assert message.packed is not None
    stored = to_json(message) + unpack(message.packed).decode()
    assert [key for key in (COMM100_KEY, LIVECHAT_KEY) if key in stored] == []


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

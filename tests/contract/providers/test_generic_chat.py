"""Our own chat format, as the contract writes it."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.any_json import JSON
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.adapters.providers.event_reader import ProviderEvents
from switchhook.adapters.providers.generic import edge
from switchhook.adapters.providers.generic.payload import parse
from switchhook.domain.facts.chat import (
    AuthorKind,
    ChatFacts,
    ChatFile,
    ChatLine,
    ChatTrigger,
    Visitor,
    WrapUp,
)
from switchhook.domain.facts.event import CallFacts, Event, Kind
from switchhook.domain.facts.people import Agent, Comment
from switchhook.ports.ingress import WebhookRequest
from switchhook.ports.ledger import IgnoredEvent

RECEIVED = datetime(2026, 11, 20, 15, 20, tzinfo=UTC)
STARTED = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
SAMPLES = Path(__file__).parent / "generic"


def body(name: str = "chat_ended", /, **changes: object) -> dict[str, object]:
    loaded = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return {key: value for key, value in {**loaded, **changes}.items() if value != "drop"}


def read(name: str = "chat_ended", /, **changes: object) -> Event:
    raw = json.dumps(body(name, **changes)).encode()
    return parse(raw, event_id="msg-1", received_at=RECEIVED)


def located(**changes: object):
    raw = json.dumps(body(**changes)).encode()
    return edge.locate(WebhookRequest(headers={"webhook-id": "msg-1"}, body=raw))


def after(seconds: float) -> datetime:
    return STARTED + timedelta(seconds=seconds)


@pytest.mark.rule("CX-36", "CX-37", "CX-38", "CX-39", "CX-40", "CX-46", "CX-48", "CX-54", "CX-56")
def test_every_field_of_the_contract():
    """Visitor, agents, lines, note, wrap-up, fields, page and attachments arrive as they were sent."""
    assert read() == Event(
        event_id="msg-1",
        kind=Kind.CHAT,
        type="chat.ended",
        ended=True,
        occurred_at=after(540),
        received_at=RECEIVED,
        call=CallFacts(),
        trigger=ChatTrigger.CHAT_ENDED,
        chat=ChatFacts(
            channel="web_chat",
            source_tenant_id="site-1",
            visitor=Visitor(
                id="v-1", name="Ada Byron", email="ada@example.com", company="Engines Ltd"
            ),
            agents=(
                Agent(id="17", email="ann@example.com", name="Ann Agent"),
                Agent(id="18", email="bob@example.com", name="Bob Agent"),
            ),
            started_at=STARTED,
            ended_at=after(540),
            transcript=(
                ChatLine(
                    at=after(5), author_kind=AuthorKind.VISITOR, author="Ada Byron", text="Hello"
                ),
                ChatLine(at=after(9), author_kind=AuthorKind.BOT, author="Robo", text="One moment"),
            ),
            notes=(Comment(text="wants a quote"),),
            wrap_up=WrapUp(category="Sales", comment="hot"),
            custom_fields={"order": "1780", "vip": "true"},
            custom_variables={"plan": "gold"},
            page_url="https://shop.example.com/pricing",
            files=(
                ChatFile(
                    url="https://files.example.com/a.png",
                    name="a.png",
                    content_type="image/png",
                    size_bytes=1234,
                ),
            ),
        ),
    )


@pytest.mark.rule("CX-16", "CX-17")
@pytest.mark.parametrize(
    ("type_", "trigger", "ended"),
    [
        ("chat.started", ChatTrigger.CHAT_STARTED, False),
        ("chat.ended", ChatTrigger.CHAT_ENDED, True),
        ("chat.offline_message", ChatTrigger.OFFLINE_MESSAGE, True),
        ("conversation.started", ChatTrigger.CONVERSATION_STARTED, False),
        ("conversation.ended", ChatTrigger.CONVERSATION_ENDED, True),
        ("chat.updated", None, False),
    ],
)
def test_what_each_type_sets_off(type_: str, trigger: ChatTrigger | None, *, ended: bool):
    """Everything that is over is `ended`; an update only adds."""
    event = read(type=type_)

    assert (event.kind, event.trigger, event.ended) == (Kind.CHAT, trigger, ended)


@pytest.mark.parametrize(
    ("changes", "occurred_at"),
    [
        ({"type": "chat.started"}, STARTED),
        ({"type": "chat.ended"}, after(540)),
        ({"type": "chat.updated"}, RECEIVED),
        ({"type": "chat.ended", "ended_at": "2026-11-20T15:30:00Z"}, RECEIVED),
        ({"type": "chat.started", "started_at": "2026-11-20T15:30:00Z"}, RECEIVED),
    ],
    ids=["start", "end", "update", "end_in_the_future", "start_in_the_future"],
)
def test_when_it_happened(changes, occurred_at: datetime):
    """A sender's clock that runs ahead must not outrank later facts."""
    assert read(**changes).occurred_at == occurred_at


def test_the_smallest_chat_happens_when_it_comes():
    """Type and id are enough."""
    event = read("chat_smallest")

    assert event.chat == ChatFacts(started_at=RECEIVED)
    assert read(ended_at=None).chat.ended_at == RECEIVED
    assert (
        parse(b'{"type": "chat.updated", "chat_id": "9"}', event_id="m", received_at=RECEIVED).chat
        == ChatFacts()
    )


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize(
    ("changes", "external_id", "occurrence"),
    [
        ({}, "9f2", 2),
        ({"occurrence": "drop"}, "9f2", 1),
        ({"occurrence": None}, "9f2", 1),
        ({"occurrence": 1_000_000}, "9f2", 1_000_000),
        ({"occurrence": 0}, "9f2", 1),
        ({"occurrence": "2"}, "9f2", 1),
        ({"type": "conversation.ended"}, "9f2", 2),
        ({"chat_id": 7}, "7", 2),
        ({"chat_id": None, "call_id": "c-1"}, None, 2),
        ({"type": "call.ended", "call_id": "c-1"}, "c-1", 1),
    ],
)
def test_which_opening_of_which_chat(changes, external_id, occurrence):
    """A call has no occurrence, and its id is another space."""
    found = located(**changes)

    assert (found.external_id, found.occurrence, found.event_id) == (
        external_id,
        occurrence,
        "msg-1",
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"chat_id": None}, "chat_id: ", id="no_chat_id"),
        pytest.param({"occurrence": 0}, "occurrence: ", id="the_zeroth_occurrence"),
        pytest.param({"occurrence": "2"}, "occurrence: ", id="occurrence_as_text"),
        pytest.param({"occurrence": 2.5}, "occurrence: ", id="half_an_occurrence"),
        pytest.param({"ended_at": "SECRET"}, "ended_at: ", id="no_time"),
        pytest.param({"visitor": "SECRET"}, "visitor: ", id="visitor_is_text"),
        pytest.param(
            {"transcript": [{"author_kind": "SECRET", "text": "x"}]},
            "transcript.0.author_kind",
            id="author_kind",
        ),
        pytest.param(
            {"transcript": [{"author_kind": "bot"}]}, "transcript.0.text", id="a_line_without_text"
        ),
    ],
)
def test_a_wrong_shape_is_refused_by_field(changes, reason: str):
    """The reason names fields and never quotes a value."""
    with pytest.raises(Unreadable, match=reason) as refused:
        read(**changes)
    assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        pytest.param({"note": " "}, "notes", (), id="blank_note"),
        pytest.param({"wrap_up": {"category": ""}}, "wrap_up", None, id="blank_wrap_up"),
        pytest.param({"agents": [{"id": ""}]}, "agents", (), id="blank_agent"),
        pytest.param({"custom_fields": [1]}, "custom_fields", {}, id="no_fields"),
        pytest.param(
            {"transcript": [{"id": "m-1", "author_kind": "agent", "text": "Hi"}]},
            "transcript",
            (ChatLine(id="m-1", author_kind=AuthorKind.AGENT, text="Hi"),),
            id="a_line_with_an_id_of_its_own",
        ),
        pytest.param({"subject": "Quote"}, "subject", "Quote", id="an_offline_message's_subject"),
        pytest.param({"surprise": 1}, "channel", "web_chat", id="unknown_keys"),
    ],
)
def test_what_may_be_missing_or_odd(changes, field: str, expected: object):
    """None of it costs the chat."""
    assert getattr(read(**changes).chat, field) == expected


@pytest.mark.rule("CX-48")
def test_a_long_chat_is_read_line_by_line():
    """Up to 5,000 lines."""
    lines = [{"author_kind": "visitor", "text": str(number)} for number in range(5_001)]

    assert len(read(transcript=lines).chat.transcript) == 5_000


@pytest.mark.parametrize(
    ("kind", "is_taken"), [(Kind.CHAT, True), (Kind.CALL, False)], ids=["chat", "call"]
)
def test_a_chat_is_taken_in_by_a_hook_for_chats_only(kind: Kind, *, is_taken: bool):
    """On a hook for calls it says nothing of a call."""
    outcome = ProviderEvents().read(
        "generic", json.dumps(body()).encode(), kind=kind, event_id="msg-1", received_at=RECEIVED
    )

    assert outcome == (read() if is_taken else IgnoredEvent(type="chat.ended"))


@given(st.dictionaries(st.sampled_from(sorted(body())), JSON, max_size=4))
def test_any_json_is_an_event_or_a_refusal(changes: dict[str, object]):
    """And never of another opening than the ingress found."""
    found = located(**changes)
    with suppress(Unreadable, IgnoredType):
        event = read(**changes)
        assert event.occurred_at <= RECEIVED
        assert found.external_id is not None
        assert found.occurrence == (changes.get("occurrence", 2) or 1)

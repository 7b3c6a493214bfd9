"""Chatwoot's conversations and messages, in the captured formats, into normal form."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from switchhook.adapters.providers.chatwoot.payload import parse
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.domain.facts.chat import (
    AuthorKind,
    ChatFacts,
    ChatFile,
    ChatLine,
    ChatTrigger,
    Visitor,
)
from switchhook.domain.facts.event import Event, Kind
from switchhook.domain.facts.people import Agent, Comment

SAMPLES = Path(__file__).parent / "chatwoot"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.json"))
STARTED = datetime(2026, 11, 20, 15, tzinfo=UTC)
RECEIVED = datetime(2026, 11, 20, 16, tzinfo=UTC)
ADA = Visitor(
    id="512",
    name="Ada Byron",
    email="ada@example.com",
    phone="+14155550100",
    company="Engines Ltd",
)
ANN = Agent(id="17", name="Ann Agent")
ANN_WHO_WROTE = Agent(id="17", email="ann@example.com", name="Ann Agent")


def body(name: str) -> dict[str, Any]:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def parsed(told: object, *, received_at: datetime = RECEIVED) -> Event:
    return parse(json.dumps(told).encode(), event_id="e-1", received_at=received_at)


def after(seconds: float) -> datetime:
    return STARTED + timedelta(seconds=seconds)


@pytest.mark.rule("CX-17", "CX-36", "CX-46", "CX-55")
def test_a_conversation_that_begins():
    """All that a conversation tells of itself; its last message comes as an event of its own."""
    expected = Event(
        event_id="e-1",
        kind=Kind.CHAT,
        type="conversation_created",
        ended=False,
        occurred_at=STARTED,
        received_at=RECEIVED,
        whole_tags=True,
        chat=ChatFacts(
            channel="web_chat",
            source_tenant_id="4",
            visitor=ADA,
            started_at=STARTED,
            custom_variables={"plan": "gold"},
            page_url="https://shop.example.com/pricing",
        ),
        trigger=ChatTrigger.CONVERSATION_STARTED,
    )

    assert expected == parsed(body("conversation_created"))


@pytest.mark.parametrize(
    ("name", "type_", "trigger", "ended_at"),
    [
        pytest.param(
            "status_resolved",
            "conversation_status_changed:resolved",
            ChatTrigger.CONVERSATION_ENDED,
            after(540.5),
            id="resolved",
        ),
        pytest.param(
            "older_resolved",
            "conversation_resolved",
            ChatTrigger.CONVERSATION_ENDED,
            RECEIVED,
            id="resolved_of_an_older_version_is_an_end_when_it_comes",
        ),
        pytest.param(
            "status_reopened", "conversation_status_changed:open", None, None, id="opened_again"
        ),
        pytest.param(
            "older_status_changed",
            "conversation_status_changed:open",
            None,
            None,
            id="a_status_that_is_still_open",
        ),
        pytest.param("conversation_updated", "conversation_updated", None, None, id="updated"),
    ],
)
@pytest.mark.rule("CX-17")
def test_what_ends_a_conversation(
    name: str, type_: str, trigger: ChatTrigger | None, ended_at: datetime | None
):
    """Only a resolved conversation is ended; opening it again is told by the type."""
    event = parsed(body(name))

    assert (event.type, event.trigger, event.ended) == (type_, trigger, ended_at is not None)
    assert event.chat.ended_at == ended_at


def test_the_changed_status_goes_before_the_one_that_was():
    """Some versions dump the conversation before the change is made."""
    event = parsed({**body("status_resolved"), "status": "open"})

    assert event.trigger is ChatTrigger.CONVERSATION_ENDED


@pytest.mark.rule("SH-5", "CX-54")
def test_labels_and_attributes_are_told_whole():
    """A label that is not there any more was taken away."""
    event = parsed(body("conversation_updated"))

    assert (event.chat.tags, event.whole_tags) == (("pricing", "hot"), True)
    assert event.chat.custom_fields == {"order": "A-17", "vip": "true", "visits": "3"}
    assert event.occurred_at == after(240.5)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        pytest.param(
            "message_incoming",
            ChatLine(
                at=after(5.3),
                author_kind=AuthorKind.VISITOR,
                author="Ada Byron",
                text="Hello, what does it cost?",
                id="9001",
            ),
            id="the_visitor",
        ),
        pytest.param(
            "older_message",
            ChatLine(
                at=after(5),
                author_kind=AuthorKind.VISITOR,
                author="little-mist-001",
                text="hi",
                id="9001",
            ),
            id="the_visitor_in_an_older_version",
        ),
        pytest.param(
            "message_outgoing",
            ChatLine(
                at=after(60),
                author_kind=AuthorKind.AGENT,
                author="Ann Agent",
                text="Ten a month. See the attached list.",
                id="9003",
            ),
            id="an_agent",
        ),
        pytest.param(
            "message_bot",
            ChatLine(
                at=after(7),
                author_kind=AuthorKind.BOT,
                author="Robbie",
                text="I am a robot",
                id="9008",
            ),
            id="a_bot",
        ),
        pytest.param(
            "message_template",
            ChatLine(
                at=after(6),
                author_kind=AuthorKind.BOT,
                text="We will be back shortly",
                id="9006",
            ),
            id="a_template",
        ),
        pytest.param(
            "message_activity",
            ChatLine(
                at=after(540),
                author_kind=AuthorKind.SYSTEM,
                text="Conversation was marked resolved by Ann Agent",
                id="9007",
            ),
            id="what_happened",
        ),
        pytest.param(
            "message_picture",
            ChatLine(
                at=after(120),
                author_kind=AuthorKind.VISITOR,
                author="Ada Byron",
                text="[screen.png]",
                id="9004",
            ),
            id="nothing_but_a_file",
        ),
    ],
)
@pytest.mark.rule("CX-48")
def test_each_message_is_one_line(name: str, line: ChatLine):
    """Its id is Chatwoot's, so that the same message told twice stays one line."""
    event = parsed(body(name))

    assert event.chat.transcript == (line,)
    assert (event.trigger, event.ended, event.occurred_at) == (None, False, line.at)


@pytest.mark.rule("CX-50")
def test_a_private_message_is_a_note():
    """The visitor never read it: it is no line, and its author did not chat by writing it."""
    chat = parsed(body("message_note")).chat

    assert chat.transcript == ()
    assert chat.notes == (Comment(author="Ann Agent", text="Wants a discount", at=after(180)),)
    assert chat.agents == (ANN,)


@pytest.mark.parametrize(
    ("name", "agents"),
    [
        pytest.param("message_incoming", (ANN,), id="assigned"),
        pytest.param("message_outgoing", (ANN_WHO_WROTE,), id="a_writer_s_e_mail_is_known"),
        pytest.param("message_bot", (ANN,), id="bots_are_none"),
        pytest.param("conversation_created", (), id="nobody_yet"),
    ],
)
@pytest.mark.rule("CX-36")
def test_the_agents(name: str, agents: tuple[Agent, ...]):
    assert agents == parsed(body(name)).chat.agents


def test_whoever_has_the_conversation_is_last():
    """A colleague who helps out does not become the owner's agent."""
    told = body("message_outgoing")
    told["sender"] = {"id": 18, "name": "Bob Agent", "email": "bob@example.com", "type": "user"}

    bob = Agent(id="18", email="bob@example.com", name="Bob Agent")
    assert parsed(told).chat.agents == (bob, ANN)


@pytest.mark.parametrize("declared", ["AgentBot", "Captain::Assistant"])
def test_a_bot_that_has_the_conversation_is_no_agent(declared: str):
    told = body("status_resolved")
    told["meta"] |= {"assignee": {"id": 2, "name": "Robbie"}, "assignee_type": declared}

    assert parsed(told).chat.agents == ()


def test_what_goes_out_in_nobody_s_name_was_sent_by_a_rule():
    told = {**body("message_outgoing"), "sender": None}

    assert parsed(told).chat.transcript[0].author_kind is AuthorKind.BOT


@pytest.mark.rule("CX-56")
def test_files_have_their_addresses_and_names():
    url = "https://chat.example.com/rails/active_storage/blobs/redirect/abc/price%20list.pdf"

    assert parsed(body("message_outgoing")).chat.files == (
        ChatFile(url=url, name="price list.pdf", size_bytes=1234),
    )


@pytest.mark.parametrize(
    ("answer", "rating"),
    [
        pytest.param({"rating": 5, "feedback_message": "Great help"}, "5: Great help", id="both"),
        pytest.param({"rating": 4}, "4", id="a_number_alone"),
        pytest.param({"feedback_message": "Meh"}, "Meh", id="words_alone"),
    ],
)
def test_a_visitor_s_rating(answer: dict[str, object], rating: str):
    told = body("rating")
    told["content_attributes"] = {"submitted_values": {"csat_survey_response": answer}}

    assert parsed(told).chat.rating == rating


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("Channel::WebWidget", "web_chat"),
        ("Channel::Email", "email"),
        ("Channel::FacebookPage", "facebook"),
        ("Channel::TwilioSms", "sms"),
        ("Channel::Whatsapp", "whatsapp"),
        ("Channel::BrandNew", "brand_new"),
        (None, None),
    ],
)
@pytest.mark.rule("CX-47")
def test_the_channel(name: str | None, channel: str | None):
    assert channel == parsed({**body("status_resolved"), "channel": name}).chat.channel


def test_a_clock_ahead_of_ours_is_set_back():
    event = parsed(body("status_resolved"), received_at=after(500))

    assert (event.occurred_at, event.chat.ended_at) == (after(500), after(500))


@pytest.mark.parametrize("name", ["typing", "delivered"])
def test_types_without_content_are_ignored(name: str):
    with pytest.raises(IgnoredType):
        parsed(body(name))


@pytest.mark.parametrize(
    "told",
    [
        pytest.param([], id="a_list"),
        pytest.param({}, id="no_event"),
        pytest.param({"event": "conversation_created"}, id="no_conversation"),
        pytest.param({"event": "message_created", "id": 1}, id="a_message_of_nothing"),
    ],
)
def test_what_names_no_conversation_is_unreadable(told: object):
    with pytest.raises(Unreadable):
        parsed(told)

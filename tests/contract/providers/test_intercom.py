"""Intercom's notifications, in the captured and in the newer documented format, into normal form."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.adapters.providers.intercom.payload import parse
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

SAMPLES = Path(__file__).parent / "intercom"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.json"))
STARTED = datetime(2026, 11, 20, 15, tzinfo=UTC)
RECEIVED = datetime(2026, 11, 20, 16, tzinfo=UTC)
ADA = Visitor(id="66f0000000000000000000a1", name="Ada Byron", email="ada@example.com")
ANN = Agent(id="4170017", email="ann@example.com", name="Ann Agent")
BOB = Agent(id="4170018", email="bob@example.com", name="Bob Agent")
FIRST = ChatLine(
    at=STARTED,
    author_kind=AuthorKind.VISITOR,
    author="Ada Byron",
    text="Hello, what does it cost?",
    id="331000001",
)
NEWER_FIRST = ChatLine(
    at=STARTED,
    author_kind=AuthorKind.VISITOR,
    author="Ada Byron",
    text="Hello,\nwhat does it cost?",
    id="331000002",
)


def body(name: str) -> dict[str, Any]:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def item(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A sample and the conversation inside it."""
    told = body(name)
    return told, told["data"]["item"]


def parsed(told: object, *, received_at: datetime = RECEIVED) -> Event:
    return parse(json.dumps(told).encode(), event_id="e-1", received_at=received_at)


def after(seconds: float) -> datetime:
    return STARTED + timedelta(seconds=seconds)


@pytest.mark.rule("CX-17", "CX-36", "CX-48", "CX-55")
def test_a_closed_conversation():
    """The assigned admin has it, also when another closes it; the first message stands in each event."""
    expected = Event(
        event_id="e-1",
        kind=Kind.CHAT,
        type="conversation.admin.closed",
        ended=True,
        occurred_at=after(540),
        received_at=RECEIVED,
        whole_tags=True,
        chat=ChatFacts(
            source_tenant_id="a1b2c3d4",
            visitor=ADA,
            agents=(ANN,),
            started_at=STARTED,
            ended_at=after(540),
            transcript=(FIRST,),
            tags=("pricing",),
            page_url="https://shop.example.com/pricing",
        ),
        trigger=ChatTrigger.CONVERSATION_ENDED,
    )

    assert expected == parsed(body("admin_closed"))


@pytest.mark.rule("CX-17", "CX-36", "CX-47", "CX-48", "CX-54")
def test_a_closed_conversation_of_the_newer_api():
    """Ids only, where the older one has people: names and e-mails come from whoever wrote."""
    expected = Event(
        event_id="e-1",
        kind=Kind.CHAT,
        type="conversation.admin.closed",
        ended=True,
        occurred_at=after(540),
        received_at=RECEIVED,
        whole_tags=True,
        chat=ChatFacts(
            channel="messenger",
            source_tenant_id="a1b2c3d4",
            subject="Pricing & terms",
            visitor=Visitor(
                id="66f0000000000000000000a2", name="Ada Byron", email="ada@example.com"
            ),
            agents=(ANN,),
            started_at=STARTED,
            ended_at=after(540),
            transcript=(
                NEWER_FIRST,
                ChatLine(
                    at=after(540),
                    author_kind=AuthorKind.AGENT,
                    author="Ann Agent",
                    text="Bye!",
                    id="2824000013",
                ),
            ),
            tags=("pricing",),
            custom_fields={"Issue type": "Billing", "Score": "7", "Escalated": "true"},
            page_url="https://shop.example.com/pricing",
        ),
        trigger=ChatTrigger.CONVERSATION_ENDED,
    )

    assert expected == parsed(body("newer_admin_closed"))


@pytest.mark.parametrize(
    ("name", "trigger"),
    [
        ("user_created", ChatTrigger.CONVERSATION_STARTED),
        ("newer_user_created", ChatTrigger.CONVERSATION_STARTED),
        ("user_replied", None),
        ("admin_replied", None),
        ("admin_noted", None),
        ("admin_assigned", None),
        ("admin_opened", None),
        ("newer_operator_replied", None),
        ("newer_rating", None),
    ],
)
@pytest.mark.rule("CX-17")
def test_only_the_first_message_starts_and_nothing_but_a_closing_ends(
    name: str, trigger: ChatTrigger | None
):
    event = parsed(body(name))

    assert (event.trigger, event.ended, event.chat.ended_at) == (trigger, False, None)
    assert event.type == body(name)["topic"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        pytest.param(
            "admin_replied",
            ChatLine(
                at=after(60),
                author_kind=AuthorKind.AGENT,
                author="Ann Agent",
                text="Ten a month. See our prices (https://shop.example.com/prices).",
                id="2824000001",
            ),
            id="an_admin_whose_reply_assigns_the_conversation",
        ),
        pytest.param(
            "user_replied",
            ChatLine(
                at=after(90),
                author_kind=AuthorKind.VISITOR,
                author="Ada Byron",
                text="Thanks & bye",
                id="2824000002",
            ),
            id="the_visitor",
        ),
        pytest.param(
            "newer_operator_replied",
            ChatLine(
                at=after(10),
                author_kind=AuthorKind.BOT,
                author="Fin",
                text="I am a robot",
                id="2824000011",
            ),
            id="a_bot",
        ),
    ],
)
@pytest.mark.rule("CX-48")
def test_each_reply_is_a_line_behind_the_first_message(name: str, line: ChatLine):
    """HTML becomes text; the ids are Intercom's, so that nothing stands there twice."""
    event = parsed(body(name))

    assert event.chat.transcript[0].id in {FIRST.id, NEWER_FIRST.id}
    assert event.chat.transcript[1:] == (line,)
    assert event.occurred_at == line.at


@pytest.mark.parametrize(
    ("name", "note"),
    [
        pytest.param(
            "admin_noted",
            Comment(author="Bob Agent", text="Wants a discount", at=after(100)),
            id="a_note",
        ),
        pytest.param(
            "admin_assigned",
            Comment(author="Ann Agent", text="Please take over, he is difficult", at=after(110)),
            id="what_is_said_to_the_colleague_who_takes_over",
        ),
    ],
)
@pytest.mark.rule("CX-50")
def test_what_the_visitor_cannot_read_is_a_note(name: str, note: Comment):
    chat = parsed(body(name)).chat

    assert chat.notes == (note,)
    assert chat.transcript == (FIRST,)


def test_a_note_is_one_in_any_notification():
    """A list of parts may hold more than the one that fired."""
    told, conversation = item("newer_admin_closed")
    parts = conversation["conversation_parts"]["conversation_parts"]
    parts.append({**parts[0], "id": "7", "part_type": "note", "body": "<p>Rude</p>"})

    chat = parsed(told).chat

    assert [note.text for note in chat.notes] == ["Rude"]
    assert [line.text for line in chat.transcript[1:]] == ["Bye!"]


@pytest.mark.parametrize(
    ("name", "agents"),
    [
        pytest.param("user_created", (), id="nobody_is_assigned"),
        pytest.param("admin_replied", (ANN,), id="whoever_wrote_is_assigned"),
        pytest.param("admin_noted", (ANN,), id="a_note_is_no_chatting"),
        pytest.param("admin_assigned", (BOB,), id="handed_over"),
        pytest.param("newer_user_created", (), id="nobody_yet"),
        pytest.param("newer_admin_replied", (ANN,), id="by_id_alone"),
        pytest.param("newer_operator_replied", (), id="bots_are_none"),
    ],
)
@pytest.mark.rule("CX-36")
def test_the_agents(name: str, agents: tuple[Agent, ...]):
    assert agents == parsed(body(name)).chat.agents


def test_whoever_has_the_conversation_is_last():
    told, conversation = item("admin_replied")
    conversation["assignee"] = {"type": "admin", "id": BOB.id, "name": BOB.name, "email": BOB.email}

    assert parsed(told).chat.agents == (Agent(id="4170017", name="Ann Agent"), BOB)


@pytest.mark.parametrize(
    "assignee",
    [
        pytest.param({"type": "nobody_admin", "id": None}, id="nobody"),
        pytest.param({"type": "team", "id": "88", "name": "Sales"}, id="a_team"),
        pytest.param({"type": "bot", "id": "99", "name": "Operator"}, id="a_bot"),
        pytest.param(None, id="unsaid"),
    ],
)
def test_without_an_assigned_admin_the_closing_one_has_it(assignee: object):
    told, conversation = item("admin_closed")
    conversation["assignee"] = assignee

    assert parsed(told).chat.agents == (Agent(id="4170018", name="Bob Agent"),)


@pytest.mark.parametrize("admin", [None, 0, "0"])
def test_the_newer_api_says_nobody_in_several_ways(admin: object):
    told, conversation = item("newer_rating")
    conversation["admin_assignee_id"] = admin

    assert parsed(told).chat.agents == ()


def test_an_ai_agent_is_a_bot_whatever_its_type():
    told, conversation = item("newer_admin_replied")
    author = conversation["conversation_parts"]["conversation_parts"][0]["author"]
    author["from_ai_agent"] = True

    chat = parsed(told).chat

    assert chat.transcript[1].author_kind is AuthorKind.BOT
    assert chat.agents == ()


@pytest.mark.parametrize("key", ["contacts", "teammates"])
def test_a_list_may_stand_bare(key: str):
    """Some versions of the API leave out the object around it."""
    told, conversation = item("newer_admin_closed")
    conversation[key] = conversation[key][key]

    assert parsed(told) == parsed(body("newer_admin_closed"))


@pytest.mark.rule("CX-56")
def test_files_have_all_that_is_known_of_them():
    assert parsed(body("user_replied")).chat.files == (
        ChatFile(
            url="https://downloads.example.com/i/o/1/order.pdf",
            name="order.pdf",
            content_type="application/pdf",
            size_bytes=2048,
        ),
    )


def test_a_message_that_is_nothing_but_a_file_names_it():
    told, conversation = item("user_replied")
    conversation["conversation_parts"]["conversation_parts"][0]["body"] = None

    assert parsed(told).chat.transcript[1].text == "[order.pdf]"


def test_a_redacted_message_says_nothing():
    told, conversation = item("user_replied")
    conversation["conversation_parts"]["conversation_parts"][0]["redacted"] = True

    chat = parsed(told).chat

    assert (chat.transcript, chat.files) == ((FIRST,), ())


def test_a_visitor_s_rating():
    event = parsed(body("newer_rating"))

    assert event.chat.rating == "5: Great help"
    assert event.occurred_at == after(600)


def test_a_clock_ahead_of_ours_is_set_back():
    event = parsed(body("admin_closed"), received_at=after(500))

    assert (event.occurred_at, event.chat.ended_at) == (after(500), after(500))


@pytest.mark.parametrize("topic", ["ping", "contact.created", "conversation.admin.sung"])
def test_other_topics_are_ignored(topic: str):
    with pytest.raises(IgnoredType):
        parsed({**body("admin_closed"), "topic": topic})


@pytest.mark.parametrize(
    "told",
    [
        pytest.param([], id="a_list"),
        pytest.param({}, id="no_topic"),
        pytest.param({"topic": "conversation.admin.closed"}, id="no_conversation"),
        pytest.param(
            {"topic": "conversation.admin.closed", "data": {"item": {"id": None}}}, id="no_id"
        ),
    ],
)
def test_what_names_no_conversation_is_unreadable(told: object):
    with pytest.raises(Unreadable):
        parsed(told)

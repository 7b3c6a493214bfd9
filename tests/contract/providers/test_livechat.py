"""LiveChat's webhooks in normal form: a whole thread, line by line, in both generations of its API."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.adapters.providers.livechat import edge
from switchhook.adapters.providers.livechat.payload import parse
from switchhook.domain.chats.merging import merge_chat
from switchhook.domain.facts.chat import (
    AuthorKind,
    ChatFacts,
    ChatFile,
    ChatLine,
    ChatTrigger,
    Visitor,
)
from switchhook.domain.facts.event import Event
from switchhook.domain.facts.people import Agent, Comment
from switchhook.ports.ingress import WebhookRequest

RECEIVED = datetime(2026, 11, 20, 15, 3, tzinfo=UTC)
START = datetime(2026, 11, 20, 15, tzinfo=UTC) + timedelta(microseconds=249_000)
SAMPLES = Path(__file__).parent / "livechat"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.json"))
KEY = "example-livechat-key"
ACCOUNT = "390e44e6-f1e6-4368-8666-74001450800e"
CUSTOMER = "3f0f8235-d60d-4337-83c5-7f813a6ffe01"
THREAD = "QTHREAD001"
ANN = Agent(id="ann@example.com", email="ann@example.com", name="Ann Agent")
BOB = Agent(id="bob@example.com", email="bob@example.com", name="Bob Agent")


def sample(name: str) -> dict:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def event_of(body: object, event_id: str = "e-1") -> Event:
    return parse(json.dumps(body).encode(), event_id=event_id, received_at=RECEIVED)


def read(name: str, /, **changes: object) -> Event:
    """A sample, changed in what it speaks of: its event or its user."""
    body = sample(name)
    for part in ("event", "user"):
        if part in body["payload"]:
            body["payload"][part].update(changes)
    return event_of(body, name)


def facts(**told: object) -> ChatFacts:
    return ChatFacts(channel="web_chat", source_tenant_id=ACCOUNT, **told)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def line(number: int, second: float, kind: AuthorKind, author: str | None, text: str) -> ChatLine:
    return ChatLine(
        id=f"{THREAD}_{number}", at=at(second), author_kind=kind, author=author, text=text
    )


def located(body: object):
    return edge.locate(WebhookRequest(headers={}, body=json.dumps(body).encode()))


HELLO = line(2, 1, AuthorKind.AGENT, "Ann Agent", "Hello. How may I help you?")


@pytest.mark.rule("CX-16", "CX-36", "CX-37", "CX-38", "CX-39", "CX-46", "CX-54", "CX-55")
def test_a_new_thread_tells_who_takes_part_and_what_was_filled_in():
    """The visitor's own words come before the name that LiveChat made up."""
    event = read("incoming_chat")

    assert (event.ended, event.trigger) == (False, ChatTrigger.CHAT_STARTED)
    assert event.occurred_at == START
    assert event.chat == facts(
        visitor=Visitor(
            id=CUSTOMER, name="Ada Byron", email="ada@example.com", phone="+1 415 555 0100"
        ),
        agents=(ANN,),
        started_at=START,
        transcript=(HELLO,),
        custom_fields={"Department": "Sales", "Interests": "Engines, Looms"},
        custom_variables={"plan": "gold", "cart": "3"},
        page_url="https://shop.example.com/pricing",
    )


@pytest.mark.rule("CX-50")
def test_a_new_thread_in_the_older_form():
    """A licence's number, `value` in forms, `recipients` for those who may see a line."""
    event = read("incoming_chat_older")

    assert event.chat == ChatFacts(
        channel="web_chat",
        source_tenant_id="12345",
        visitor=Visitor(id=CUSTOMER, name="Ada Byron", email="ada@example.com"),
        agents=(ANN,),
        started_at=START,
        notes=(Comment(author="ann@example.com", text="to be called back", at=at(2)),),
        custom_variables={"plan": "gold", "cart": "3"},
        page_url="https://shop.example.com/pricing",
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(
            "message_visitor",
            facts(transcript=(line(3, 20, AuthorKind.VISITOR, None, "What does it cost?"),)),
            id="the_visitor_writes",
        ),
        pytest.param(
            "note",
            facts(notes=(Comment(author="ann@example.com", text="hot lead", at=at(40)),)),
            id="a_private_line_is_a_note",
        ),
        pytest.param(
            "file",
            facts(
                transcript=(line(5, 60, AuthorKind.VISITOR, None, "plan.png"),),
                files=(
                    ChatFile(
                        url="https://cdn.example.com/plan.png",
                        name="plan.png",
                        content_type="image/png",
                        size_bytes=123_444,
                    ),
                ),
            ),
            id="a_file",
        ),
        pytest.param(
            "bot_message",
            facts(transcript=(line(6, 70, AuthorKind.BOT, None, "Choose\none of two"),)),
            id="a_bot_shows_cards",
        ),
        pytest.param(
            "system_message",
            facts(transcript=(line(7, 80, AuthorKind.SYSTEM, None, "Chat is idle"),)),
            id="the_system_remarks",
        ),
        pytest.param("agent_joined", facts(agents=(BOB,)), id="an_agent_joins"),
        pytest.param("thread_tagged", facts(tags=("pricing",)), id="a_tag"),
        pytest.param("thread_rated", facts(rating="good (quick)"), id="a_rating"),
        pytest.param("chat_deactivated", facts(ended_at=RECEIVED), id="the_end_is_when_we_hear"),
    ],
)
@pytest.mark.rule("CX-48", "CX-50", "CX-56")
def test_each_step_states_only_what_it_tells(name: str, expected: ChatFacts):
    """And sets nothing off, but for the end."""
    event = read(name)

    assert event.chat == expected
    is_end = name == "chat_deactivated"
    assert (event.ended, event.trigger) == (
        is_end,
        ChatTrigger.CHAT_ENDED if is_end else None,
    )


def test_a_line_happened_when_it_was_said_and_an_edit_when_it_comes():
    """So that the edited words outrank the first ones."""
    assert read("message_visitor").occurred_at == at(20)
    assert read("message_edited").occurred_at == RECEIVED


@pytest.mark.rule("SH-1", "CX-48", "CX-57")
def test_a_whole_thread_is_the_same_in_any_order():
    """Each line once and the edited one in its last words; the agent who joined last is the last."""
    told = [read(name) for name in NAMES if name != "incoming_chat_older"]
    told.append(read("message_visitor"))
    Random(7).shuffle(told)  # noqa: S311 - any order will do

    merged = merge_chat(told)

    assert merged == merge_chat(list(reversed(told)))
    assert [said.text for said in merged.transcript] == [
        "Hello. How may I help you?",
        "What does it cost now?",
        "plan.png",
        "Choose\none of two",
        "Chat is idle",
    ]
    assert merged.agents == (ANN, BOB)
    assert (merged.started_at, merged.ended_at) == (START, RECEIVED)
    assert merged.visitor.email == "ada@example.com"
    assert {located(sample(name)).external_id for name in NAMES} == {THREAD}


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        pytest.param(
            {"author_id": "ann@example.com"},
            "transcript",
            (line(3, 20, AuthorKind.AGENT, "ann@example.com", "What does it cost?"),),
            id="an_agent_is_known_by_the_address",
        ),
        pytest.param(
            {"author_id": None},
            "transcript",
            (line(3, 20, AuthorKind.SYSTEM, None, "What does it cost?"),),
            id="nobody_wrote_it",
        ),
        pytest.param({"text": " "}, "transcript", (), id="a_blank_line"),
        pytest.param({"type": "annotation"}, "transcript", (), id="a_type_nobody_needs"),
        pytest.param(
            {"type": "file", "visibility": "agents", "name": "a.txt", "url": "https://x.example/a"},
            "notes",
            (Comment(author=CUSTOMER, text="a.txt (https://x.example/a)", at=at(20)),),
            id="a_private_file_is_a_note",
        ),
        pytest.param(
            {"type": "file", "url": "javascript:alert(1)", "name": "a"}, "files", (), id="no_link"
        ),
        pytest.param(
            {"type": "system_message", "visibility": "agents"}, "notes", (), id="system_to_agents"
        ),
        pytest.param(
            {"type": "filled_form", "fields": [{"label": "Telefon", "answer": "123"}, 7]},
            "visitor",
            Visitor(phone="123"),
            id="a_form_in_the_middle",
        ),
    ],
)
def test_odd_lines(changes: dict[str, object], field: str, expected: object):
    """None of them costs the chat."""
    assert getattr(read("message_visitor", **changes).chat, field) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": "5c9871d5372c824cbf22d860a707a578", "email": ""}, ()),
        ({"type": "customer"}, ()),
        ({"email": None}, (BOB,)),
        ({"name": None}, (Agent(id="bob@example.com", email="bob@example.com"),)),
    ],
    ids=["a_bot_is_no_agent", "a_customer_is_no_agent", "the_id_is_the_address", "no_name"],
)
def test_who_joins(changes, expected):
    """People are known by an e-mail address as their id."""
    assert read("agent_joined", **changes).chat.agents == expected


@pytest.mark.parametrize(
    ("rating", "expected"),
    [
        ({"score": 0}, "bad"),
        ({"comment": "so so"}, "so so"),
        ({"score": 7, "comment": ""}, "7"),
        ({}, None),
        ("x", None),
    ],
)
def test_ratings(rating, expected):
    """LiveChat's thumbs in words."""
    body = sample("thread_rated")
    body["payload"]["properties"]["rating"] = rating

    assert event_of(body).chat.rating == expected
    assert located(body).ignored is (expected is None)


@pytest.mark.parametrize(
    ("action", "ignored"),
    [
        ("incoming_chat", False),
        ("events_marked_as_seen", True),
        ("chat_transferred", True),
        ("agent_created", True),
        ("customer_banned", True),
        ("thread_properties_updated", True),
        ("a_new_action", False),
    ],
)
def test_what_says_nothing_of_a_thread_is_ignored_at_the_door(action: str, *, ignored: bool):
    """Other properties than a rating among it; new actions go to the ledger."""
    body = {"action": action, "payload": {"thread_id": "T", "properties": {"routing": {}}}}

    assert located(body).ignored is ignored


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("incoming_chat", f"incoming_chat:{THREAD}"),
        ("message_visitor", f"incoming_event:{THREAD}:{THREAD}_3"),
        ("message_edited", None),
        ("agent_joined", f"user_added_to_chat:{THREAD}:bob@example.com"),
        ("thread_tagged", f"thread_tagged:{THREAD}:pricing"),
        ("thread_rated", None),
        ("chat_deactivated", f"chat_deactivated:{THREAD}"),
    ],
)
def test_a_redelivery_is_the_same_event(name: str, named: str | None):
    """What may happen again with other words is known by its bytes."""
    assert located(sample(name)).named == named


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "action: "),
        ({"action": "incoming_chat"}, "payload: "),
        (
            {"action": "incoming_chat", "payload": {"chat": {"thread": {}}}},
            "payload.chat.thread.id",
        ),
        ({"action": "chat_deactivated", "payload": {}}, "payload.thread_id: "),
    ],
)
def test_a_wrong_shape_is_refused_by_field(body, reason: str):
    """One clear reason."""
    with pytest.raises(Unreadable, match=reason):
        event_of(body)


def test_another_action_says_nothing_of_a_thread():
    """It is told to the admin, who may have subscribed to too much."""
    with pytest.raises(IgnoredType, match="a_new_action"):
        event_of({"action": "a_new_action"})


@pytest.mark.parametrize(
    ("body", "secrets", "believed"),
    [
        pytest.param({"secret_key": KEY}, [KEY], True, id="the_secret"),
        pytest.param({"secret_key": KEY}, ["new", KEY], True, id="the_former_secret"),
        pytest.param({"secret_key": "other"}, [KEY], False, id="another"),
        pytest.param({"secret_key": ""}, ["", KEY], False, id="empty"),
        pytest.param({"secret_key": [KEY]}, [KEY], False, id="a_list"),
        pytest.param({"payload": {"secret_key": KEY}}, [KEY], False, id="deeper"),
        pytest.param({}, [KEY], False, id="absent"),
        pytest.param([KEY], [KEY], False, id="no_object"),
        pytest.param({"secret_key": KEY}, [], False, id="without_a_secret"),
    ],
)
def test_the_key_in_the_body_is_the_proof(body, secrets, *, believed: bool):
    """At the top level only, where LiveChat writes it; the url's key is another scheme."""
    told = WebhookRequest(headers={}, body=json.dumps(body).encode(), query={"key": KEY})

    assert edge.verify(told, secrets=secrets, now=RECEIVED) is believed


def test_what_is_stored_does_not_hold_the_key():
    """Every other byte is kept."""
    raw = (SAMPLES / "note.json").read_bytes()

    stored = edge.redact(raw)

    assert stored == raw.replace(f'"{KEY}"'.encode(), b'"redacted"')
    assert parse(stored, event_id="note", received_at=RECEIVED) == read("note")
    assert edge.redact(b'{"a": {"secret_key": "x"}, "secret\\u005fkey" : "x"}') == (
        b'{"a": {"secret_key": "x"}, "secret\\u005fkey" : "redacted"}'
    )


@given(st.binary(max_size=60))
def test_no_bytes_break_the_ingress(raw: bytes):
    """Nothing is believed, nothing fails."""
    told = WebhookRequest(headers={}, body=raw)

    assert not edge.verify(told, secrets=[KEY], now=RECEIVED)
    assert edge.locate(told).named is None
    assert isinstance(edge.redact(raw), bytes)

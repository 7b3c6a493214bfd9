"""Comm100's events in normal form, of both generations, and what is told after the end."""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from builders.cpu_time import least_cpu_s
from switchhook.adapters.providers.comm100 import edge
from switchhook.adapters.providers.comm100.payload import parse
from switchhook.adapters.providers.comm100.transcript import lines_of
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.domain.chats.merging import merge_chat
from switchhook.domain.facts.chat import (
    AuthorKind,
    ChatFacts,
    ChatFile,
    ChatLine,
    ChatTrigger,
    Visitor,
    WrapUp,
)
from switchhook.domain.facts.event import Event, Kind
from switchhook.domain.facts.people import Agent, Comment
from switchhook.ports.ingress import WebhookRequest

RECEIVED = datetime(2026, 11, 20, 16, tzinfo=UTC)
START = datetime(2026, 11, 20, 15, tzinfo=UTC)
SAMPLES = Path(__file__).parent / "comm100"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.json"))
CHAT = "5b0e7a52-6f57-4b1e-9d7a-0c1f2a3b4c5d"
VISITOR = "0d9c8b7a-1111-4222-8333-944445555666"
KEY = "k" * 43
PAGE = "https://shop.example.com/pricing"


def sample(name: str) -> dict:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def event_of(body: object, event_id: str = "e-1") -> Event:
    return parse(json.dumps(body).encode(), event_id=event_id, received_at=RECEIVED)


def read(name: str, /, **chat: object) -> Event:
    body = sample(name)
    if chat:
        body["chat"] = {**body["chat"], **chat}
    return event_of(body, name)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def located(body: object):
    return edge.locate(WebhookRequest(headers={}, body=json.dumps(body).encode()))


@pytest.mark.rule("CX-36", "CX-37", "CX-38", "CX-39", "CX-40", "CX-48", "CX-50", "CX-54", "CX-55")
def test_an_ended_chat():
    """What was written for this chat comes before what the site remembers of the visitor."""
    event = read("chat_ended")

    assert (event.kind, event.ended, event.trigger) == (Kind.CHAT, True, ChatTrigger.CHAT_ENDED)
    assert event.occurred_at == at(540)
    assert event.chat == ChatFacts(
        channel="web_chat",
        visitor=Visitor(
            id=VISITOR,
            name="Ada Byron",
            email="ada@example.com",
            phone="+1 415 555 0100",
            company="Engines Ltd",
        ),
        agents=(Agent(name="Ann Agent"),),
        started_at=START,
        ended_at=at(540),
        transcript=(
            line(0, AuthorKind.SYSTEM, None, "Agent Ann Agent has joined the chat."),
            line(5, AuthorKind.VISITOR, "Ada Byron", "Hello, what does it cost: a lot?"),
            line(20, AuthorKind.AGENT, "Ann Agent", "Two options,\nboth cheap."),
            line(530, AuthorKind.AGENT, "Ann Agent", "Bye!"),
            line(530, AuthorKind.SYSTEM, None, "The visitor has left the chat."),
            line(530, AuthorKind.SYSTEM, None, "The chat is ended.(16:09:00)"),
        ),
        notes=(Comment(text="wants a quote"),),
        rating="5 (quick)",
        custom_fields={"order_id": "1780"},
        custom_variables={"plan": "silver"},
        page_url=PAGE,
    )


def line(second: float, kind: AuthorKind, author: str | None, text: str) -> ChatLine:
    return ChatLine(at=at(second), author_kind=kind, author=author, text=text)


def test_an_ended_chat_in_the_older_form():
    """Whole numbers as ids, seconds as times, operators, a wrap-up inside the chat, one attachment."""
    event = read("chat_ended_older")

    assert event.occurred_at == at(540)
    assert event.chat == ChatFacts(
        channel="web_chat",
        visitor=Visitor(id="71", name="Ada Byron", email="ada@example.com", company="Engines Ltd"),
        agents=(Agent(name="ann"), Agent(name="bob - Engines")),
        started_at=START,
        ended_at=at(540),
        transcript=(
            line(0, AuthorKind.SYSTEM, None, "Operator bob - Engines has joined the chat."),
            line(6, AuthorKind.AGENT, "bob - Engines", "Hi Ada."),
            line(30, AuthorKind.VISITOR, "Ada Byron", "Hi"),
        ),
        notes=(Comment(text="paid"),),
        wrap_up=WrapUp(category="Sales", comment="hot", fields={"Lead source": "fair"}),
        rating="1",
        custom_fields={"order_id": "1780", "amount": "500"},
        custom_variables={"user_login": "yes"},
        page_url=PAGE,
        files=(ChatFile(url="https://files.example.com/download?id=3679", name="screen.png"),),
    )


@pytest.mark.rule("CX-16")
def test_a_started_chat_begins_when_we_are_told():
    """It is ordered by the begin of the visit, so that a late one does not outrank the end."""
    event = read("chat_started")

    assert (event.ended, event.trigger) == (False, ChatTrigger.CHAT_STARTED)
    assert (event.occurred_at, event.chat.started_at) == (at(-100), RECEIVED)
    assert event.chat.visitor.name == "Ada"
    assert event.chat.custom_variables == {"plan": "gold"}


@pytest.mark.rule("CX-16", "CX-30")
def test_an_offline_message_is_a_chat_of_one_line():
    """Nobody answered: no agent, and the blank attachment is none."""
    event = read("offline_message")

    assert (event.ended, event.trigger) == (True, ChatTrigger.OFFLINE_MESSAGE)
    assert event.chat == ChatFacts(
        channel="web_chat",
        subject="Quote",
        visitor=Visitor(
            id=VISITOR, name="Ada Byron", email="ada@example.com", company="Engines Ltd"
        ),
        started_at=START,
        ended_at=START,
        transcript=(line(0, AuthorKind.VISITOR, "Ada Byron", "Please call me."),),
        custom_variables={"plan": "gold"},
        page_url=PAGE,
    )


@pytest.mark.rule("CX-51")
def test_a_wrap_up_sets_nothing_off_and_states_only_itself():
    """By then the visitor's record may be of another visit."""
    event = read("chat_wrapped_up")

    assert (event.ended, event.trigger) == (False, None)
    assert event.occurred_at == datetime.fromtimestamp(1_795_190_000, UTC)
    assert event.chat == ChatFacts(
        channel="web_chat",
        wrap_up=WrapUp(category="Sales", comment="call back in May", fields={"Budget": "10k"}),
    )


@pytest.mark.rule("CX-51", "SH-1")
def test_start_end_and_wrap_up_are_one_chat_in_any_order():
    """Also when the wrap-up overtakes the end."""
    told = [read("chat_started"), read("chat_ended"), read("chat_wrapped_up")]
    merged = [merge_chat(order) for order in permutations(told)]

    assert {located(sample(name)).external_id for name in NAMES if name[5:] != "ended_older"} == {
        CHAT,
        "offline-77e0d1c2-0000-4000-8000-00000000abcd",
    }
    assert merged.count(merged[0]) == 6
    assert (merged[0].started_at, merged[0].ended_at) == (START, at(540))
    assert merged[0].visitor.name == "Ada Byron"
    assert merged[0].wrap_up == WrapUp(
        category="Sales", comment="call back in May", fields={"Budget": "10k"}
    )


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        pytest.param({"agents": ["Ann", {"x": 1}, "Bob"]}, "agents", ("Ann", "Bob"), id="a_list"),
        pytest.param({"agents": "Ann;Bob, Ann"}, "agents", ("Ann", "Bob"), id="several_in_a_text"),
        pytest.param({"agents": ""}, "agents", (), id="nobody"),
        pytest.param({"agents": 7}, "agents", (), id="no_names"),
    ],
)
def test_agents_are_names(changes, field, expected):
    """In the order in which they are listed, each once."""
    assert tuple(agent.name for agent in getattr(read("chat_ended", **changes).chat, field)) == (
        expected
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("plan", {"plan": "gold"}, id="a_text"),
        pytest.param(7, {"7": "gold"}, id="a_number"),
        pytest.param(True, {}, id="a_flag"),
        pytest.param(["plan"], {}, id="a_list"),
        pytest.param(None, {}, id="null"),
    ],
)
def test_a_field_is_named_by_a_text_or_a_number(name: object, expected: dict[str, str]):
    """Any other is unsaid and costs no chat."""
    fields = [{"name": name, "value": "gold"}]

    assert read("chat_ended", custom_fields=fields).chat.custom_fields == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("/Date(1795186800000)/", START, id="milliseconds"),
        pytest.param("/Date(1795186800)/", START, id="seconds"),
        pytest.param("/Date(1795186800000+0100)/", START, id="the_zone_changes_nothing"),
        pytest.param(1795186800, START, id="a_number"),
        pytest.param("2026-11-20T16:00:00+01:00", START, id="iso"),
        pytest.param("/Date(-62135596800000)/", None, id="never"),
        pytest.param("/Date(999999999999999)/", None, id="beyond_all_times"),
        pytest.param("10s", None, id="a_duration"),
        pytest.param(None, None, id="null"),
    ],
)
def test_times_are_read_in_every_form(written: object, expected: datetime | None):
    """What is no time is unsaid and costs no chat."""
    assert read("chat_ended", start_time=written).chat.started_at == expected


def transcript(text: str, **changes: object) -> tuple[ChatLine, ...]:
    known = {
        "started_at": START,
        "ended_at": at(600),
        "visitor": "Ada",
        "agents": ("Ann",),
        **changes,
    }
    return lines_of(text, **known)  # type: ignore[arg-type] # what a test changes


@pytest.mark.parametrize(
    ("clock", "second"),
    [("15:00:07", 7), ("16:00:07", 7), ("20:30:07", 7), ("07:15:07", 7), ("14:59:30", -30)],
    ids=["utc", "vienna", "india", "odd_zone", "just_before_the_start"],
)
def test_the_lines_clock_may_be_of_any_zone(clock: str, second: int):
    """The one quarter hour is taken in which every line lies inside the chat."""
    (told,) = transcript(f"[{clock}] Ada: Hi\u2299")

    assert told.at == at(second)


def test_a_chat_over_midnight_goes_on_the_next_day():
    """The clock has no date."""
    started = datetime(2026, 11, 20, 23, 58, tzinfo=UTC)

    told = transcript(
        "[23:59:00] Ada: Hi\u2299[00:01:00] Ann: Hello",
        started_at=started,
        ended_at=started + timedelta(minutes=5),
    )

    assert [line.at for line in told] == [
        started + timedelta(minutes=1),
        started + timedelta(minutes=3),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"started_at": None}, id="no_start"),
        pytest.param({"ended_at": None}, id="no_end"),
        pytest.param({"ended_at": at(7_000)}, id="several_zones_fit"),
        pytest.param({"ended_at": at(-7_000)}, id="the_end_before_the_start"),
    ],
)
def test_a_clock_whose_zone_cannot_be_told_gives_no_lines(changes):
    """A wrong time would be worse than none: the text is kept as it is."""
    assert transcript("[16:10:00] Ada: Hi", **changes) == ()


@pytest.mark.rule("CX-48")
def test_a_transcript_without_lines_is_kept_as_text():
    """With its separators as line ends."""
    chat = read("chat_ended", start_time=None).chat

    assert chat.transcript == ()
    assert chat.transcript_text is not None
    assert chat.transcript_text.splitlines()[:2] == [
        "Agent Ann Agent has joined the chat.",
        "[16:00:05] Ada Byron: Hello, what does it cost: a lot?",
    ]
    assert edge.redact(b"x") == b"x"


@pytest.mark.parametrize(
    ("author", "kind"),
    [
        ("Ada", AuthorKind.VISITOR),
        ("ada", AuthorKind.VISITOR),
        ("Visitor", AuthorKind.VISITOR),
        ("Ann", AuthorKind.AGENT),
        ("Bob - Engines", AuthorKind.AGENT),
        ("Somebody", AuthorKind.AGENT),
        ("Chatbot", AuthorKind.BOT),
        ("Engines Bot", AuthorKind.BOT),
        ("Abbott", AuthorKind.AGENT),
        ("System", AuthorKind.SYSTEM),
    ],
)
def test_who_wrote_a_line(author: str, kind: AuthorKind):
    """By name, and by having joined as an agent."""
    told = transcript(f"Agent Bob - Engines has joined the chat.\u2299[15:00:07] {author}: Hi")

    assert told[1] == line(7, kind, author, "Hi")


@pytest.mark.rule("CX-48")
def test_a_transcript_of_a_megabyte_is_read_whole():
    """Nothing of it is lost on the way to an attachment."""
    text = "\u2299".join(f"[15:00:07] Ada: {number} {'x' * 400}" for number in range(2_000))

    assert len(read("chat_ended", chat_transcript=text, start_time=None).chat.transcript_text) > (
        800_000
    )
    assert len(transcript(text)) == 2_000


def test_more_lines_than_anybody_reads_are_kept_as_text():
    """None of them is lost."""
    assert transcript("[15:00:07] Ada: Hi\u2299" * 5_001) == ()


@pytest.mark.parametrize(
    "unit",
    ["Agent ", "\u2299", "[15:00:07]\u2299", "[15:00:07] a:", "\\n[", "[15:00:07] Agent a:\n"],
)
def test_a_hostile_transcript_costs_little(unit: str):
    """However a mebibyte is made up, it is read within a few seconds of a slow machine."""
    text = unit * (1_048_576 // len(unit.encode()))

    assert least_cpu_s(lambda: transcript(text)) < 3


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param({}, "event: ", id="no_event"),
        pytest.param({"event": ["x"]}, "event: ", id="event_is_a_list"),
        pytest.param({"event": "chat_ended"}, "visitor.chat_id: ", id="no_chat"),
        pytest.param(
            {"event": "chat_ended", "visitor": {"chat_id": 0}}, "visitor.chat_id: ", id="no_chat_id"
        ),
    ],
)
def test_a_wrong_shape_is_refused_by_field(body, reason: str):
    """One clear reason; anything else that is odd is unsaid."""
    with pytest.raises(Unreadable, match=reason):
        event_of(body)


@pytest.mark.parametrize("name", ["chat_requested", "agent_status_changed", "a_new_event"])
def test_other_events_say_nothing_of_a_chat(name: str):
    """Whatever else they hold."""
    with pytest.raises(IgnoredType, match=name):
        event_of({**sample("chat_ended"), "event": name})


def test_the_misspelt_event_is_a_wrap_up_too():
    """As older versions write it."""
    body = {**sample("chat_wrapped_up"), "event": "chat_wraped_up"}

    assert event_of(body).chat == read("chat_wrapped_up").chat
    assert not located(body).ignored


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize(
    ("body", "named", "external_id"),
    [
        (sample("chat_started"), f"chat_started:{CHAT}", CHAT),
        (sample("chat_ended"), f"chat_ended:{CHAT}", CHAT),
        (sample("chat_ended_older"), "chat_ended:1098", "1098"),
        (
            sample("chat_wrapped_up"),
            f"chat_wrapped_up:{CHAT}:/Date(1795190000000)/",
            CHAT,
        ),
        (
            sample("offline_message"),
            "offline_message_submitted:offline-77e0d1c2-0000-4000-8000-00000000abcd",
            "offline-77e0d1c2-0000-4000-8000-00000000abcd",
        ),
        ({"event": "chat_wrapped_up", "chat_id": 5, "wrapup": {}}, None, "5"),
        (
            {"event": "chat_ended", "visitor": {"chat_id": -1}, "chat": {"id": 7}},
            "chat_ended:7",
            "7",
        ),
        (
            {"event": "chat_ended", "chat": {"id": "00000000-0000-0000-0000-000000000000"}},
            None,
            None,
        ),
        ({"event": "chat_ended", "visitor": "x", "chat": [1]}, None, None),
    ],
)
def test_every_event_of_a_chat_names_it(body, named, external_id):
    """An offline message is none of the chats, even under the same number."""
    found = located(body)

    assert (found.named, found.external_id, found.ignored) == (named, external_id, False)


@pytest.mark.parametrize(
    ("query", "secrets", "believed"),
    [
        ({"key": KEY}, [KEY], True),
        ({"key": KEY}, ["new" * 9, KEY], True),
        ({"key": KEY, "x": "1"}, [KEY], True),
        ({}, [KEY], False),
        ({"key": ""}, ["", KEY], False),
        ({"key": KEY[:-1]}, [KEY], False),
        ({"key": KEY + "k"}, [KEY], False),
        ({"key": f"{KEY},{KEY}"}, [KEY], False),
        ({"Key": KEY}, [KEY], False),
        ({"key": KEY}, [], False),
        ({"key": "\udcff"}, [KEY], False),
    ],
)
def test_the_key_in_the_url_is_the_proof(query, secrets, *, believed: bool):
    """Nothing in the body or the headers stands in for it."""
    body = json.dumps({**sample("chat_ended"), "key": KEY}).encode()
    told = WebhookRequest(headers={"key": KEY}, body=body, query=query)

    assert edge.verify(told, secrets=secrets, now=RECEIVED) is believed


def test_the_key_is_not_shown_by_whatever_prints_a_request():
    """Not in a trace either."""
    assert KEY not in repr(WebhookRequest(headers={}, body=b"", query={"key": KEY}))

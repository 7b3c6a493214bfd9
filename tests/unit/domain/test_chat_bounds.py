"""However much a sender wrote of a chat, what is kept can be stored; what people write is kept whole."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switchhook.adapters.dynamodb.keys import LARGEST_BODY
from switchhook.adapters.serial import pack
from switchhook.domain.facts.chat import (
    MOST_FIELD_CHARS,
    MOST_TRANSCRIPT_CHARS,
    AuthorKind,
    ChatFacts,
    ChatFile,
    ChatLine,
    WrapUp,
    bounded_chat,
)
from switchhook.domain.facts.event import Event, Kind, bounded, gist
from switchhook.domain.facts.people import Agent, Comment

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
NOISE = "".join(chr(0x4E00 + (n * 7919) % 20_000) for n in range(70_000))


def line(text: str) -> ChatLine:
    return ChatLine(author_kind=AuthorKind.VISITOR, author="Ada", text=text)


def test_a_chat_as_people_write_them_is_left_as_it_is():
    chat = ChatFacts(
        transcript=tuple(line("x" * 500) for _ in range(2_000)),
        transcript_text=None,
        notes=(Comment(author="Ann", text="call back"),),
        agents=(Agent(name="Ann"),),
        tags=("vip",),
        wrap_up=WrapUp(category="Sales", fields={"lead": "hot"}),
        custom_fields={"size": "50"},
        custom_variables={"cart": "3"},
        files=tuple(ChatFile(url=f"https://files.example.com/{n}") for n in range(100)),
    )

    assert bounded_chat(chat) == chat


def test_the_line_that_reaches_the_end_is_cut_and_later_ones_are_left_out():
    kept = bounded_chat(
        ChatFacts(transcript=(line("a" * 1_000_000), line("b" * 1_000_000), line("c")))
    )

    assert [set(one.text) for one in kept.transcript] == [{"a"}, {"b"}]
    assert sum(len(one.text) for one in kept.transcript) <= MOST_TRANSCRIPT_CHARS


def test_a_text_and_lines_share_their_room():
    kept = bounded_chat(
        ChatFacts(transcript_text="t" * 2 * MOST_TRANSCRIPT_CHARS, transcript=(line("a"),))
    )

    assert (kept.transcript_text, kept.transcript) == ("t" * MOST_TRANSCRIPT_CHARS, ())


def test_a_long_note_is_cut():
    (kept,) = bounded_chat(ChatFacts(notes=(Comment(text="n" * 100_000),))).notes

    assert len(kept.text) < MOST_FIELD_CHARS


def test_fields_are_kept_in_order_while_there_is_room():
    fields = {f"f{number}": "v" * 1_000 for number in range(100)}

    kept = bounded_chat(ChatFacts(custom_fields=fields, custom_variables={"late": "x"}))

    assert list(kept.custom_fields) == list(fields)[: len(kept.custom_fields)]
    assert 50 < len(kept.custom_fields) < 60
    assert kept.custom_variables == {}


@pytest.mark.parametrize("count", [1, 50])
def test_whatever_is_told_its_gist_fits_into_an_item(count: int):
    noise = tuple(NOISE[number:] for number in range(count))
    chat = ChatFacts(
        channel=NOISE[:1_000],
        transcript_text=NOISE,
        transcript=tuple(line(text) for text in noise),
        notes=tuple(Comment(text=text) for text in noise),
        agents=tuple(Agent(name=text[:1_000]) for text in noise),
        tags=noise,
        files=tuple(ChatFile(url=text) for text in noise),
        wrap_up=WrapUp(comment=NOISE, fields=dict.fromkeys(noise, NOISE)),
        custom_fields=dict.fromkeys(noise, NOISE),
    )
    event = Event(
        event_id="e",
        kind=Kind.CHAT,
        type="chat.ended",
        ended=True,
        occurred_at=AT,
        received_at=AT,
        chat=chat,
    )

    assert len(pack(gist(bounded(event)))) <= LARGEST_BODY


@settings(max_examples=50)
@given(
    texts=st.lists(st.text(max_size=50), max_size=20),
    fields=st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=9),
)
def test_bounding_twice_changes_nothing_more(texts: list[str], fields: dict[str, str]):
    chat = ChatFacts(
        transcript=tuple(line(text * 4_000) for text in texts),
        notes=tuple(Comment(text=text * 2_000) for text in texts),
        tags=tuple(texts),
        custom_fields=fields,
    )

    once = bounded_chat(chat)

    assert bounded_chat(once) == once

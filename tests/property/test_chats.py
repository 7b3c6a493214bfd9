"""What holds for every chat: of merged facts, decisions and texts alike, whatever a visitor writes."""

import re
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.calls import START, a_record, the_settings
from builders.chats import ADAS_EMAIL, a_chat, a_chat_input
from switchhook.domain.chats.decide import decide_chat
from switchhook.domain.chats.merging import merge_chat
from switchhook.domain.chats.revisions import changes
from switchhook.domain.chats.screening import choose_action
from switchhook.domain.decision import Log
from switchhook.domain.facts.chat import (
    AuthorKind,
    ChatAction,
    ChatFacts,
    ChatFile,
    ChatLine,
    ChatTrigger,
    Visitor,
    WrapUp,
)
from switchhook.domain.facts.event import Event, Kind
from switchhook.domain.facts.fields import STANDARD_FIELDS
from switchhook.domain.facts.people import Agent, Comment
from switchhook.domain.settings.schema import UpdateExisting
from switchhook.domain.text import width
from switchhook.domain.writing.slots import key_in, keyed

MOMENTS = st.integers(0, 6).map(lambda seconds: START + timedelta(seconds=seconds))
WORDS = st.sampled_from(["ok", "Ada", "Ann", "a", "b"])
NASTY = st.builds(
    lambda begin, text, times: (begin + text) * times,
    st.sampled_from(["", "=", "+", "-", "@", "\t=", "<b>", "</", "\u202e", "\x00", "\nChat id: "]),
    st.text(st.characters(codec=None), max_size=30),
    st.sampled_from([1, 1, 20, 1500]),
)
MAYBE = st.none() | NASTY
LINES = st.builds(
    ChatLine,
    at=st.none() | MOMENTS,
    author_kind=st.sampled_from(AuthorKind),
    author=st.none() | WORDS,
    text=WORDS,
    id=st.none() | st.sampled_from(["1", "2", "3"]),
)
AGENTS = st.builds(Agent, id=st.none() | WORDS, email=st.none() | WORDS, name=st.none() | WORDS)
FACTS = st.builds(
    ChatFacts,
    channel=st.none() | WORDS,
    visitor=st.builds(Visitor, name=st.none() | WORDS, email=st.none() | WORDS),
    agents=st.lists(AGENTS, max_size=3).map(tuple),
    transcript=st.lists(LINES, max_size=4).map(tuple),
    transcript_text=st.none() | WORDS,
    notes=st.lists(st.builds(Comment, text=WORDS, at=st.none() | MOMENTS), max_size=2).map(tuple),
    wrap_up=st.none() | st.builds(WrapUp, category=st.none() | WORDS),
    tags=st.lists(WORDS, max_size=2).map(tuple),
    custom_fields=st.dictionaries(WORDS, WORDS, max_size=2),
    files=st.lists(st.builds(ChatFile, url=WORDS, name=st.none() | WORDS), max_size=2).map(tuple),
)
EVENTS = st.lists(
    st.builds(
        Event,
        event_id=st.sampled_from("abcdef"),
        kind=st.just(Kind.CHAT),
        type=st.just("t"),
        ended=st.booleans(),
        occurred_at=MOMENTS,
        received_at=MOMENTS,
        held_s=st.sampled_from([0, 0, 60]),
        whole_tags=st.booleans(),
        chat=FACTS,
        trigger=st.none() | st.sampled_from(ChatTrigger),
    ),
    max_size=5,
)
CHATS = st.builds(
    ChatFacts,
    channel=MAYBE,
    source_tenant_id=MAYBE,
    subject=MAYBE,
    visitor=st.builds(
        Visitor, id=MAYBE, name=MAYBE, email=MAYBE | st.just(ADAS_EMAIL), company=MAYBE
    ),
    agents=st.lists(st.builds(Agent, name=MAYBE, email=MAYBE), max_size=2).map(tuple),
    started_at=st.none() | MOMENTS,
    transcript=st.lists(
        st.builds(ChatLine, author_kind=st.sampled_from(AuthorKind), author=MAYBE, text=NASTY),
        max_size=3,
    ).map(tuple),
    transcript_text=MAYBE,
    notes=st.lists(st.builds(Comment, author=MAYBE, text=NASTY), max_size=2).map(tuple),
    wrap_up=st.none()
    | st.builds(
        WrapUp, category=MAYBE, comment=MAYBE, fields=st.dictionaries(NASTY, NASTY, max_size=2)
    ),
    rating=MAYBE,
    tags=st.lists(NASTY, max_size=2).map(tuple),
    custom_fields=st.dictionaries(NASTY, NASTY, max_size=3),
    page_url=MAYBE,
    files=st.lists(st.builds(ChatFile, url=NASTY, name=MAYBE), max_size=2).map(tuple),
)


class Told:
    """A chat that is too long to be printed."""

    def __init__(self, chat):
        self.chat = chat

    def __repr__(self):
        return repr(self.chat)[:2000]


TOLD = st.builds(Told, CHATS)
ACTIONS = st.sampled_from([each for each in ChatAction if each is not ChatAction.NONE])
CANDIDATES = st.lists(
    st.builds(
        a_record,
        st.sampled_from(["Contact", "Lead", "Account"]),
        st.integers(1, 4).map(lambda number: f"X{number}"),
        numbers=st.just(()),
        email=st.sampled_from([ADAS_EMAIL, "ADA@example.org", "eve@example.org"]),
        name=MAYBE,
        is_converted=st.sampled_from([False, False, True]),
        converted_contact_id=st.none() | st.just("ContactX1"),
        modified_at=st.none() | MOMENTS,
    ).map(lambda one: replace(one, record=replace(one.record, id=one.record.type + one.record.id))),
    max_size=5,
    unique_by=lambda one: one.record.id,
)
OUR_TAG = re.compile(r"<[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+>")
TAG = re.compile(r"<[A-Za-z/!?]")
INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.rule("CX-27", "SH-5")
@given(EVENTS, st.randoms(use_true_random=False))
def test_merging_knows_neither_order_nor_repetition(events, random):
    shuffled = [*events, *random.choices(events, k=2)] if events else []
    random.shuffle(shuffled)

    assert merge_chat(shuffled) == merge_chat(events)


@pytest.mark.rule("CX-16", "CX-17")
@given(EVENTS, st.randoms(use_true_random=False))
def test_the_action_knows_no_order(events, random):
    shuffled = list(events)
    random.shuffle(shuffled)
    chats = the_settings().chats

    assert choose_action(shuffled, chats) == choose_action(events, chats)


@pytest.mark.rule("CX-20", "CX-47", "CX-48")
@given(TOLD, ACTIONS)
def test_no_value_is_longer_than_its_field_or_anything_but_plain_text(told, action):
    decision = decide_chat(a_chat_input(chat=told.chat, action=action))

    assert isinstance(decision, Log)
    (slot,) = decision.slots
    person = slot.person
    written = {"Case" if slot.kind == "case" else "Task": slot.fields}
    if person is not None:
        written[person.object_type] = person.fields
    for object_type, values in written.items():
        for name, facts in STANDARD_FIELDS[object_type].items():
            assert width(values.get(name, "")) <= facts.length
        for text in values.values():
            assert not INVISIBLE.search(text)
            assert not TAG.search(OUR_TAG.sub("", text))
            assert not text.startswith(("=", "@", "-"))
    assert not INVISIBLE.search(slot.whole_transcript or "")
    assert all(len(reason.text) <= 300 for reason in decision.explanation)


@pytest.mark.rule("CX-49", "SH-7")
@given(TOLD)
def test_no_text_can_pose_as_our_id_or_key(told):
    key = "sh1:abcdefghijklmnopqrstuvwxyz"
    decision = decide_chat(a_chat_input(chat=told.chat, action=ChatAction.CASE))

    assert isinstance(decision, Log)
    text = decision.slots[0].fields["Description"]
    labels = [line for line in text.split("\n") if line.startswith("Chat id:")]
    assert labels == ["Chat id: ch-1"]
    assert key_in(text, [key]) is None
    assert key_in(keyed(text, key), [key]) == key
    assert width(keyed(text, key)) <= 32_000


@pytest.mark.rule("CX-21", "SH-3")
@given(CANDIDATES, ACTIONS, st.randoms(use_true_random=False))
def test_the_order_of_candidates_never_matters(candidates, action, random):
    shuffled = list(candidates)
    random.shuffle(shuffled)

    assert decide_chat(a_chat_input(*shuffled, action=action)) == decide_chat(
        a_chat_input(*candidates, action=action)
    )


@pytest.mark.rule("CX-19", "CX-33")
@given(
    st.dictionaries(WORDS, st.none() | WORDS | st.just(" ")),
    st.dictionaries(WORDS, WORDS | st.sampled_from(["", " "])),
    st.sampled_from(UpdateExisting),
)
def test_a_blank_never_erases_and_once_changed_nothing_is_left_to_change(stands, told, policy):
    changed = changes(stands, told, policy)

    assert all(text.strip() for text in changed.values())
    assert changes({**stands, **changed}, told, policy) == {}
    if policy is UpdateExisting.FILL_BLANKS:
        assert not any((stands.get(name) or "").strip() for name in changed)


def test_every_fact_of_a_chat_is_merged():
    whole = a_chat(
        subject="s",
        transcript_text=None,
        notes=(Comment(text="n"),),
        wrap_up=WrapUp(category="c"),
        rating="1",
        tags=("t",),
        custom_fields={"a": "b"},
        custom_variables={"c": "d"},
        page_url="https://x.example",
        files=(ChatFile(url="https://x.example/f"),),
    )
    event = Event(
        event_id="e",
        kind=Kind.CHAT,
        type="t",
        ended=True,
        occurred_at=START,
        received_at=START,
        chat=whole,
    )

    merged = merge_chat([event])

    assert {spec.name for spec in fields(whole)} == {
        spec.name
        for spec in fields(whole)
        if getattr(merged, spec.name) == getattr(whole, spec.name)
    }

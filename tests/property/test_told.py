"""What a chat's head carries of its events is what the events say, in whatever order they came."""

from dataclasses import replace
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from property.test_chats import EVENTS, FACTS, MOMENTS
from switchhook.domain.chats.merging import merge_chat
from switchhook.domain.chats.told import says_nothing_new, told_by, told_with
from switchhook.domain.facts.chat import ChatFacts, Visitor
from switchhook.domain.facts.event import Event, Kind

NAMES = st.none() | st.sampled_from(["a", "b"])
LATER = st.builds(
    Event,
    event_id=st.just("later"),
    kind=st.just(Kind.CHAT),
    type=st.just("t"),
    ended=st.just(False),
    occurred_at=MOMENTS,
    received_at=MOMENTS,
    held_s=st.sampled_from([0, 60]),
    chat=FACTS | st.builds(ChatFacts, visitor=st.builds(Visitor, name=NAMES, email=NAMES)),
)


def who(chat: ChatFacts) -> tuple[object, ...]:
    """All that screening looks at besides what set the chat off."""
    return chat.visitor, chat.ended_at, {agent.email for agent in chat.agents if agent.email}


@given(EVENTS.filter(bool))
def test_one_by_one_they_are_carried_as_all_at_once(events):
    first, *others = events

    carried = reduce(told_with, others, told_by([first]))

    whole = told_by(events)
    assert replace(carried, people=None) == replace(whole, people=None)


@given(EVENTS.filter(bool), LATER)
def test_what_says_nothing_new_leaves_who_took_part_as_it_was(events, later):
    later = replace(later, chat=replace(later.chat, transcript=()))
    told = told_by(events)

    if says_nothing_new(told, later):
        assert who(merge_chat([*events, later])) == who(merge_chat(events))
        assert told_with(told, later).people == told_by([*events, later]).people

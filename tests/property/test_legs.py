"""What holds for every set of legs and events: order and repetition never matter, nothing is lost."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.calls import ADA, BEN, START
from switchhook.domain.calls.merging import combine, held_until, merge_events
from switchhook.domain.facts.event import (
    CallFacts,
    Direction,
    Event,
    Kind,
    Outcome,
    Participant,
    Role,
    Transfer,
)
from switchhook.domain.facts.people import Agent, Comment

MOMENTS = st.integers(0, 6).map(lambda second: START + timedelta(seconds=second))
TIMES = st.none() | MOMENTS
WORDS = st.sampled_from([None, "", "a", "b"])
NUMBERS = st.sampled_from([None, ADA, BEN, "201"])
AGENTS = st.none() | st.builds(Agent, id=WORDS, email=WORDS, name=WORDS, extension=WORDS)
LEGS = st.builds(
    CallFacts,
    direction=st.none() | st.sampled_from(Direction),
    outcome=st.none() | st.sampled_from(Outcome),
    external_number=NUMBERS,
    external_name=WORDS,
    agent=AGENTS,
    participants=st.lists(
        st.builds(Participant, role=st.sampled_from(Role), number=NUMBERS, email=WORDS, name=WORDS),
        max_size=2,
    ).map(tuple),
    started_at=TIMES,
    answered_at=TIMES,
    ended_at=TIMES,
    wait_s=st.none() | st.integers(0, 9).map(float),
    talk_s=st.none() | st.integers(0, 9).map(float),
    queue=WORDS,
    transfers=st.lists(st.builds(Transfer, by=WORDS, to=WORDS, kind=WORDS), max_size=2).map(tuple),
    tags=st.lists(st.sampled_from("abc"), max_size=2).map(tuple),
    comments=st.lists(st.builds(Comment, text=st.sampled_from("xy")), max_size=2).map(tuple),
    during_opening_hours=st.none() | st.booleans(),
)
EVENTS = st.lists(
    st.builds(
        Event,
        event_id=st.integers(1, 6).map(str),
        kind=st.just(Kind.CALL),
        type=st.just("ended"),
        ended=st.booleans(),
        occurred_at=MOMENTS,
        received_at=MOMENTS,
        held_s=st.sampled_from([0, 30, 60]),
        leg=st.sampled_from([None, "a", "b"]),
        call=LEGS,
    ),
    max_size=6,
    unique_by=lambda event: event.event_id,
)


@pytest.mark.rule("SH-1")
@given(legs=st.lists(LEGS, max_size=4), data=st.data())
def test_the_order_of_legs_does_not_matter(legs, data):
    assert combine(data.draw(st.permutations(legs))) == combine(legs)


@pytest.mark.rule("XB-14")
@given(legs=st.lists(LEGS, min_size=1, max_size=4))
def test_a_call_is_at_least_what_its_legs_are(legs):
    call = combine(legs)

    assert {tag for leg in legs for tag in leg.tags} == set(call.tags)
    assert {one for leg in legs for one in leg.comments} == set(call.comments)
    assert all(call.started_at <= leg.started_at for leg in legs if leg.started_at)
    assert all(call.ended_at >= leg.ended_at for leg in legs if leg.ended_at)
    assert (Outcome.ANSWERED in {leg.outcome for leg in legs}) <= (call.outcome is Outcome.ANSWERED)
    assert call.agent is None or call.agent in [leg.agent for leg in legs]
    assert len(legs) == 1 or len(set(call.participants)) == len(call.participants)


@pytest.mark.rule("SH-1", "SH-5")
@given(events=EVENTS, data=st.data())
def test_legs_and_held_events_in_any_order_and_repetition_are_one_call(events, data):
    shuffled = data.draw(st.permutations([*events, *events[:3]]))

    assert merge_events(shuffled) == merge_events(events)
    assert held_until(shuffled) == held_until(events)


@given(events=EVENTS)
def test_a_wait_ends_with_the_best_end_and_never_outlasts_the_first(events):
    until = held_until(events)
    ends = [event for event in events if event.ended]

    if any(event.held_s == 0 for event in ends) or not ends:
        assert until is None
    else:
        assert all(until <= event.received_at + timedelta(seconds=event.held_s) for event in ends)

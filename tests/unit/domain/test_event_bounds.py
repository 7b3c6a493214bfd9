"""An event is short enough to be stored whole, however much a sender wrote."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.connection import Grant, TokenPair
from switchhook.domain.facts.event import (
    MOST_LISTED_CHARS,
    CallFacts,
    Event,
    Kind,
    Participant,
    Role,
    bounded,
)
from switchhook.domain.facts.people import Comment

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def event(**facts: object) -> Event:
    return Event(
        event_id="e-1",
        kind=Kind.CALL,
        type="call.ended",
        ended=True,
        occurred_at=AT,
        received_at=AT,
        call=CallFacts(**facts),
    )


def listed(call: CallFacts) -> int:
    texts = [*call.tags, *(comment.text for comment in call.comments)]
    return sum(map(len, texts))


def test_an_ordinary_event_is_left_as_it_is():
    ordinary = event(
        tags=("vip",),
        comments=(Comment(author="Ann", text="call back"),),
        participants=(Participant(role=Role.EXTERNAL, number="+1"),),
    )

    assert bounded(ordinary) == ordinary


def test_the_comment_that_reaches_the_end_is_cut_and_later_ones_are_left_out():
    long, second, third = (Comment(text=letter * 50_000) for letter in "abc")

    kept = bounded(event(comments=(long, second, third))).call.comments

    assert kept[0] == long
    assert [set(comment.text) for comment in kept] == [{"a"}, {"b"}]


def test_participants_come_before_tags_and_tags_before_comments():
    crowd = tuple(Participant(role=Role.EXTERNAL, name="n" * 1_000) for _ in range(100))

    kept = bounded(event(participants=crowd, tags=("t",), comments=(Comment(text="c"),))).call

    assert 0 < len(kept.participants) < 100
    assert (kept.tags, kept.comments) == ((), ())


@given(
    tags=st.lists(st.text(max_size=2_000), max_size=80),
    comments=st.lists(st.text(max_size=20_000), max_size=20),
)
def test_no_event_holds_more_than_its_bound(tags: list[str], comments: list[str]):
    written = event(tags=tuple(tags), comments=tuple(Comment(text=text) for text in comments))

    assert listed(bounded(written).call) <= MOST_LISTED_CHARS


@pytest.mark.rule("SH-10", "SH-8")
def test_tokens_do_not_show_when_a_grant_is_printed():
    grant = Grant(
        tenant="t", generation=1, access_token="sesame", instance_url="u", org_id="o", user_id="i"
    )
    pair = TokenPair(
        access_token="sesame", refresh_token="sesame", instance_url="u", identity_url="i"
    )

    assert "sesame" not in f"{grant!r} {pair!r}"

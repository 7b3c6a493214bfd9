"""Events: everything that was said of one call, whatever the order."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders.calls import START
from switchhook.domain.events import CallFacts, Comment, Event, Kind, Outcome, merge_events


def an_event(event_id="e-1", *, at_s=0, ended=True, **facts):
    at = START + timedelta(seconds=at_s)
    return Event(
        event_id=event_id,
        kind=Kind.CALL,
        type="call.ended" if ended else "call.updated",
        ended=ended,
        occurred_at=at,
        received_at=at,
        call=CallFacts(**facts),
    )


def test_no_event_says_nothing():
    assert merge_events(()) == CallFacts()


@pytest.mark.rule("SH-5")
def test_a_later_event_overrules_what_it_states_and_nothing_else():
    ended = an_event(outcome=Outcome.MISSED, queue="Sales", tags=("a",))
    late = an_event("e-2", at_s=9, ended=False, outcome=Outcome.VOICEMAIL, tags=("b", "a"))

    for order in ((ended, late), (late, ended), (late, ended, late)):
        assert merge_events(order) == CallFacts(
            outcome=Outcome.VOICEMAIL, queue="Sales", tags=("a", "b")
        )


@pytest.mark.rule("SH-5")
def test_comments_of_all_events_are_gathered_once():
    first, second = Comment(text="call back"), Comment(text="done")
    events = (an_event(comments=(first,)), an_event("e-2", at_s=1, comments=(first, second)))

    assert merge_events(events).comments == (first, second)


def test_the_end_outranks_an_update_of_the_same_instant():
    end, update = an_event("e-1", queue="end"), an_event("e-2", ended=False, queue="update")

    assert merge_events((end, update)).queue == "end"
    assert merge_events((update, end)).queue == "end"


@pytest.mark.rule("SH-1")
def test_a_redelivery_with_a_later_arrival_changes_nothing():
    event = an_event(tags=("a",))
    again = replace(event, received_at=START + timedelta(hours=1))

    assert merge_events((event, again)) == merge_events((event,))

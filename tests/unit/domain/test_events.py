"""Events: everything that was said of one call, whatever the order."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders.calls import START
from switchhook.domain.calls.merging import merge_events
from switchhook.domain.facts.event import CallFacts, Event, Kind, Outcome, Transfer
from switchhook.domain.facts.people import Comment


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


def test_a_whole_list_of_tags_takes_away_what_it_does_not_name():
    """Also the last one; what is told after it is gathered again."""
    tagged = an_event(tags=("a", "b"))
    untagged = replace(an_event("e-2", at_s=1, ended=False, tags=("b",)), whole_tags=True)
    cleared = replace(an_event("e-3", at_s=2, ended=False), whole_tags=True)
    added = an_event("e-4", at_s=3, ended=False, tags=("c",))

    assert merge_events((untagged, tagged)).tags == ("b",)
    assert merge_events((cleared, tagged, untagged)).tags == ()
    assert merge_events((added, cleared, tagged, untagged)).tags == ("c",)


def test_a_transfer_is_told_once_with_its_kind():
    """Two of a kind with different words were two."""
    plain, blind = Transfer(by="ann", to="bob"), Transfer(by="ann", to="bob", kind="blind")
    attended = Transfer(by="ann", to="bob", kind="attended")
    events = (
        an_event(transfers=(blind,)),
        an_event("e-2", at_s=1, transfers=(plain,)),
        an_event("e-3", at_s=2, transfers=(attended,)),
    )

    assert merge_events(events[:2]).transfers == (blind,)
    assert merge_events(events[1:]).transfers == (attended,)
    assert merge_events(events).transfers == (blind, attended)


def test_the_end_outranks_an_update_of_the_same_instant():
    end, update = an_event("e-1", queue="end"), an_event("e-2", ended=False, queue="update")

    assert merge_events((end, update)).queue == "end"
    assert merge_events((update, end)).queue == "end"


@pytest.mark.rule("SH-1")
def test_a_redelivery_with_a_later_arrival_changes_nothing():
    event = an_event(tags=("a",))
    again = replace(event, received_at=START + timedelta(hours=1))

    assert merge_events((event, again)) == merge_events((event,))

"""What Aircall tells of a call beside and after its end."""

import pytest

from builders.aircall_webhooks import ANN, RECEIVED, after, raw, read, renamed, summary, told
from switchhook.adapters.providers.aircall.payload import UPDATES, parse
from switchhook.domain.calls.merging import merge_events
from switchhook.domain.facts.event import CallFacts, Event, Outcome, Transfer
from switchhook.domain.facts.people import Comment


def test_a_voicemail_adds_to_its_missed_call():
    """It comes 3 s after the end and makes the outcome a voicemail, in either order of arrival."""
    ended, voicemail = read("ended_missed"), read("voicemail_left")
    voicemail = Event(
        event_id="e-2",
        kind=voicemail.kind,
        type=voicemail.type,
        ended=voicemail.ended,
        occurred_at=voicemail.occurred_at,
        received_at=voicemail.received_at,
        call=voicemail.call,
    )

    merged = merge_events((voicemail, ended))

    assert not voicemail.ended
    assert (
        merged.outcome,
        merged.voicemail_url,
    ) == (Outcome.VOICEMAIL, "https://assets.aircall.io/calls/7003/voicemail")
    assert merged.recording_url is None
    assert merged == merge_events((ended, voicemail))


@pytest.mark.rule("AC-25", "AC-26")
def test_comments_tags_and_transfers_of_a_later_event():
    """`tagged_by` may be an empty object; a comment keeps its line breaks."""
    event = read("commented_after_transfer")

    assert not event.ended
    assert event.occurred_at == after(400)
    assert event.call.tags == ("pricing",)
    assert event.call.comments == (
        Comment(author="ann@example.com", text="call back\non Monday", at=after(400)),
    )
    assert event.call.transfers == (Transfer(by="ann@example.com", to="bob@example.com"),)


PRICING, HOT = {"id": 81, "name": "pricing"}, {"id": 82, "name": "hot"}


@pytest.mark.parametrize(
    ("events", "tags"),
    [
        pytest.param((("call.tagged", 5, [PRICING]),), ("pricing",), id="tagged"),
        pytest.param(
            (("call.tagged", 5, [PRICING]), ("call.untagged", 9, [])), (), id="the_last_taken_away"
        ),
        pytest.param(
            (("call.tagged", 5, [PRICING, HOT]), ("call.untagged", 9, [HOT])),
            ("hot",),
            id="one_taken_away",
        ),
        pytest.param(
            (("call.untagged", 5, []), ("call.tagged", 9, [PRICING])), ("pricing",), id="again"
        ),
        pytest.param(
            (("call.tagged", 5, [PRICING]), ("call.transferred", 9, [])),
            ("pricing",),
            id="a_step_of_the_call_says_nothing_of_tags",
        ),
        pytest.param(
            (("call.tagged", 5, [PRICING]), ("call.archived", 9, "drop")),
            ("pricing",),
            id="a_list_that_is_not_told_takes_nothing_away",
        ),
    ],
)
@pytest.mark.rule("AC-25")
def test_the_latest_list_of_tags_stands(events: tuple, tags: tuple[str, ...]):
    """Each event carries the whole list; in which order they come does not matter."""
    later = told(
        raw("ended_answered"),
        *(renamed(type_, at=at, tags=listed) for type_, at, listed in events),
    )

    assert merge_events(later).tags == tags
    assert merge_events(later[::-1]).tags == tags


@pytest.mark.rule("XB-14")
def test_the_journey_of_a_call_transferred_twice():
    """The end tells the last hand-over only; the steps before it come as events of their own."""
    user = {"id": 503, "name": "Cat Agent", "email": "cat@example.com"}
    by_bob = {"transferred_by": {"email": "bob@example.com"}, "transferred_to": user}
    by_ann = {
        "transferred_by": {"email": "ann@example.com"},
        "transferred_to": {"email": "bob@example.com"},
    }
    events = told(
        renamed("call.transferred", at=-200, **by_ann),
        renamed("call.transferred", at=-100, **by_bob),
        renamed("call.ended", user=user, **by_bob),
    )

    call = merge_events(events)

    assert call == merge_events(events[::-1])
    assert call.transfers == (
        Transfer(by="ann@example.com", to="bob@example.com"),
        Transfer(by="bob@example.com", to="cat@example.com"),
    )
    assert call.agent is not None
    assert call.agent.email == "cat@example.com"


@pytest.mark.parametrize(
    ("type_", "kind"),
    [("call.unsuccessful_transfer", "unsuccessful"), ("call.external_transferred", "external")],
)
def test_what_became_of_a_transfer_is_told_once(type_: str, kind: str):
    """The end repeats the hand-over without saying whether it worked."""
    hand_over = {
        "transferred_by": {"email": "ann@example.com"},
        "transferred_to": {"email": "bob@example.com"},
    }
    step = renamed(type_, at=-100, tags=[PRICING], **hand_over)

    call = merge_events(told(step, renamed("call.ended", **hand_over)))

    assert call.transfers == (Transfer(by="ann@example.com", to="bob@example.com", kind=kind),)
    (event,) = told(step)
    assert event.call == CallFacts(transfers=call.transfers)
    assert not event.ended


def test_a_missed_call_is_its_assignee_s():
    """Nobody talked; whoever took it on may follow it up. One who talked keeps it."""
    ann = {"id": 501, "name": "Ann Agent", "email": "ann@example.com"}
    bob = {"id": 502, "name": "Bob Agent", "email": "bob@example.com"}

    (missed, answered) = told(
        renamed("call.assigned", "ended_missed", assigned_to=ann),
        renamed("call.assigned", assigned_to=bob),
    )

    assert (missed.call.agent, answered.call.agent) == (ANN, ANN)


def test_the_link_that_lasts_comes_after_the_end():
    """`call.comm_assets_generated` brings it; a voicemail's is known by its address."""
    recorded = told(
        raw("ended_answered", asset=None),
        renamed(
            "call.comm_assets_generated", at=60, asset="https://assets.aircall.io/c/1/recording"
        ),
    )
    spoken = told(
        raw("ended_missed"),
        renamed(
            "call.comm_assets_generated",
            "ended_missed",
            at=60,
            asset="https://assets.aircall.io/c/2/voicemail",
        ),
    )

    assert merge_events(recorded).recording_url == "https://assets.aircall.io/c/1/recording"
    assert merge_events(spoken).voicemail_url == "https://assets.aircall.io/c/2/voicemail"
    assert merge_events(spoken).outcome is Outcome.VOICEMAIL


@pytest.mark.rule("AC-25")
def test_a_summary_becomes_a_remark_of_the_ai():
    """It adds to the remarks of people and changes nothing else."""
    events = told(raw("commented_after_transfer"), summary())

    assert merge_events(events).comments == (
        Comment(author="ann@example.com", text="call back\non Monday", at=after(400)),
        Comment(author="AI summary", text="Ada asks for a price.", at=after(500)),
    )
    assert events[1].call == CallFacts(comments=merge_events(events).comments[1:])
    assert told(summary(content=" "))[0].call == CallFacts()


@pytest.mark.parametrize("type_", sorted(UPDATES))
def test_later_events_add_facts_and_do_not_end_a_call(type_: str):
    """Only `call.ended` lets a call be logged."""
    text = raw("ended_answered").replace(b'"call.ended"', f'"{type_}"'.encode())

    assert not parse(text, event_id="e", received_at=RECEIVED).ended

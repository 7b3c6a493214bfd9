"""Dialpad's events in normal form: the legs of a call, and what is told after its end."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders.calls import screened
from switchhook.adapters.providers.dialpad.payload import parse
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.domain.calls.merging import held_until, merge_events
from switchhook.domain.calls.screening import call_type
from switchhook.domain.decision import Skip
from switchhook.domain.facts.event import CallFacts, CallType, Direction, Outcome, Role, Transfer
from switchhook.domain.facts.people import Agent, Comment

RECEIVED = datetime(2026, 11, 20, 16, tzinfo=UTC)
START = datetime(2026, 11, 20, 15, tzinfo=UTC)
SAMPLES = Path(__file__).parent / "dialpad"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.json"))


def sample(name: str, **changes: object) -> dict[str, object]:
    return {**json.loads((SAMPLES / f"{name}.json").read_text()), **changes}


def read(name, **changes):
    body = sample(name, **changes)
    event_id = f"{body['state']}:{body['call_id']}"
    return parse(json.dumps(body).encode(), event_id=event_id, received_at=RECEIVED)


def at(second: float):
    return START + timedelta(seconds=second)


@pytest.mark.rule("XB-14", "AC-21", "AC-22", "AC-23", "AC-26", "AC-27")
def test_an_answered_call():
    event = read("hangup_answered")

    assert (event.ended, event.held_s, event.leg) == (True, 0, "5100000000000001")
    assert event.occurred_at == at(210.1)
    assert event.call == CallFacts(
        direction=Direction.INBOUND,
        outcome=Outcome.ANSWERED,
        external_number="+14155550100",
        external_name="Ada Byron",
        external_email="ada@example.com",
        internal_number="+14155550199",
        agent=Agent(id="5200000000000017", email="ann@example.com", name="Ann Agent"),
        started_at=START,
        answered_at=at(9.5),
        ended_at=at(209.5),
        wait_s=8.5,
        talk_s=200.00025,
        tags=("pricing",),
    )


@pytest.mark.rule("AC-27")
def test_the_leg_of_a_call_center_waits_for_the_agents_leg():
    center, agent = read("hangup_center"), read("hangup_center_user")

    assert (center.ended, center.held_s, center.call.agent) == (True, 60, None)
    assert (center.call.outcome, center.call.talk_s) == (Outcome.MISSED, None)
    assert held_until((center,)) == RECEIVED + timedelta(seconds=60)
    assert held_until((center, agent)) is None


@pytest.mark.rule("AC-23", "XB-14")
def test_the_legs_of_a_call_center_are_one_call():
    call = merge_events([read("hangup_center"), read("hangup_center_user")])

    assert (call.outcome, call.queue) == (Outcome.ANSWERED, "Sales")
    assert (call.agent.email, call.talk_s) == ("ann@example.com", 180)
    assert (call.started_at, call.answered_at, call.wait_s) == (START, at(29.5), 29.5)


@pytest.mark.rule("SH-1")
def test_a_colleague_whose_phone_only_rang_changes_nothing():
    rang = read("hangup_center_ringing")
    told = [read("hangup_center"), read("hangup_center_user")]

    assert not rang.ended
    with_rang, without = merge_events([*told, rang]), merge_events(told)
    assert with_rang.agent == without.agent
    assert with_rang.talk_s == without.talk_s
    assert with_rang.outcome is Outcome.ANSWERED
    assert with_rang.transfers == ()


@pytest.mark.rule("XB-14")
def test_a_transfer_is_told_once_and_the_last_agent_owns_the_call():
    names = ("hangup_transferred", "hangup_center_user", "hangup_center")

    call = merge_events([read(name) for name in names])

    assert call.transfers == (Transfer(by="ann@example.com", to="bob@example.com"),)
    assert (call.agent.email, call.talk_s) == ("bob@example.com", 240)
    agents = [end.email for end in call.participants if end.role is Role.AGENT]
    assert agents == ["ann@example.com", "bob@example.com"]


def test_a_call_center_that_nobody_served_is_a_missed_call():
    call = merge_events([read("hangup_center")])

    assert call_type(call) is CallType.MISSED
    assert call.queue == "Sales"


@pytest.mark.rule("AC-3")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hangup_answered", CallType.INBOUND_ANSWERED),
        ("hangup_outbound_unanswered", CallType.OUTBOUND_UNANSWERED),
        ("hangup_voicemail", CallType.VOICEMAIL),
        ("missed", CallType.MISSED),
    ],
)
def test_which_type_a_call_is(name: str, expected: CallType):
    assert call_type(read(name).call) is expected


@pytest.mark.rule("XB-16")
def test_an_unanswered_call_is_not_taken_for_one_that_was_given_up():
    """Nothing in an event says who ended a call that nobody took."""
    event = read("hangup_outbound_unanswered", date_ended=sample("missed")["date_started"] + 2000)

    assert event.call.outcome is Outcome.UNANSWERED
    assert event.call.internal_number is None


def test_a_missed_call_is_held_for_its_hangup():
    missed, hangup = read("missed"), read("hangup_voicemail", call_id=5100000000000004)

    assert (missed.ended, missed.held_s) == (True, 60)
    assert missed.call.ended_at == at(31)
    assert merge_events((missed, hangup)).outcome is Outcome.VOICEMAIL
    assert held_until((missed, hangup)) is None


@pytest.mark.rule("SH-5", "AC-24", "AC-25")
def test_what_is_told_after_the_end_lands_in_the_same_leg():
    names = ("recording", "recap_summary", "dispositions", "hangup_answered")
    events = [read(name) for name in names]

    call = merge_events(events)

    assert [event.ended for event in events] == [False, False, False, True]
    assert {event.leg for event in events} == {"5100000000000001"}
    assert call.recording_url == "https://dialpad.example.com/shared/call/r-1"
    assert call.comments == (
        Comment(author="AI summary", text="Ada asked for a price list.", at=at(300)),
    )
    assert call.disposition == "Qualified, Hot"
    assert (call.outcome, call.talk_s) == (Outcome.ANSWERED, 200.00025)


@pytest.mark.rule("AC-26", "SH-5")
def test_a_label_that_was_taken_away_is_gone():
    before = read("hangup_answered")
    after = read("dispositions", labels=["won"])

    assert before.call.tags == ("pricing",)
    assert merge_events((after, before)).tags == ("won",)
    assert merge_events((before, read("recording", labels=None))).tags == ("pricing",)


@pytest.mark.rule("SH-10")
def test_transcripts_are_not_taken():
    event = read("recording", state="call_transcription", transcription_text="Hello Ada")

    assert "Hello Ada" not in repr(event)


@pytest.mark.rule("XB-17")
@pytest.mark.parametrize("is_internal", [True, "TRUE", "true"])
def test_a_call_between_users_is_internal(is_internal):
    call = read("hangup_answered", is_internal=is_internal, external_number="201").call

    passed = screened(call)

    assert call.direction is Direction.INTERNAL
    assert isinstance(passed, Skip)
    assert passed.rule == "XB-17"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("TRUE", Direction.INTERNAL),
        ("false", Direction.INBOUND),
        (False, Direction.INBOUND),
        ("maybe", Direction.INBOUND),
        (1, Direction.INBOUND),
        (None, Direction.INBOUND),
    ],
)
def test_booleans_are_read_leniently(stated, expected):
    assert read("hangup_answered", is_internal=stated).call.direction is expected


@pytest.mark.rule("SH-1")
def test_ids_are_kept_digit_for_digit():
    event = read("hangup_answered", call_id=9223372036854775807)

    assert event.leg == "9223372036854775807"


@pytest.mark.parametrize(
    "changes",
    [
        {"date_ended": 16828074, "date_started": 168208017, "date_connected": 16884},
        {"target": [], "contact": None, "entry_point_target": "x", "labels": None},
        {"target": {"type": "user"}, "labels": [{"name": "a"}, 5], "call_dispositions": {"a": "b"}},
        {"recording_details": None, "duration": None, "event_timestamp": None},
        {"contact": {"phone": "+2", "type": "local", "email": ""}, "external_number": "+1619"},
    ],
)
def test_odd_values_do_not_lose_a_call(changes):
    event = read("hangup_answered", **changes)

    assert event.ended
    assert event.call.outcome is Outcome.ANSWERED or "target" in changes


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"x", "not a JSON object", id="no_json"),
        pytest.param(b"{}", "state", id="no_state"),
        pytest.param(b'{"state": "hangup", "direction": "inbound"}', "call_id", id="no_call_id"),
        pytest.param(b'{"state": "hangup", "call_id": 1}', "direction", id="no_direction"),
    ],
)
def test_a_body_without_what_it_needs_is_named(body, reason):
    with pytest.raises(Unreadable, match=reason):
        parse(body, event_id="e", received_at=RECEIVED)


@pytest.mark.parametrize("state", ["ringing", "connected", "barge", "dreaming"])
def test_other_states_tell_nothing_of_a_call(state: str):
    with pytest.raises(IgnoredType):
        read("hangup_answered", state=state)


@pytest.mark.parametrize("name", NAMES)
def test_unknown_fields_do_no_harm_in_any_sample(name: str):
    body = sample(name)
    target = {**body["target"], "novelty": "x"}

    assert read(name, novelty={"a": [1]}, target=target) == read(name)

"""Zoom Phone's events in normal form: both sides of a call, live and as history."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders.calls import screened, the_settings
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.adapters.providers.zoom_phone import edge
from switchhook.adapters.providers.zoom_phone.payload import parse
from switchhook.domain.calls.merging import held_until, merge_events
from switchhook.domain.calls.screening import call_type
from switchhook.domain.decision import Skip
from switchhook.domain.facts.event import CallFacts, CallType, Direction, Outcome, Transfer
from switchhook.domain.facts.people import Agent
from switchhook.ports.ingress import WebhookRequest

RECEIVED = datetime(2026, 11, 20, 16, tzinfo=UTC)
START = datetime(2026, 11, 20, 15, tzinfo=UTC)
SAMPLES = Path(__file__).parent / "zoom_phone"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.json"))


def sample(name: str) -> dict[str, object]:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def read(body, event_id=None):
    """The event as it comes out of the ingress and the worker."""
    raw = json.dumps(body).encode()
    located = edge.locate(WebhookRequest(headers={}, body=raw))
    return parse(
        located.body or raw, event_id=event_id or located.named or "e", received_at=RECEIVED
    )


def changed(name, **log):
    body = sample(name)
    told = body["payload"]["object"]
    told["call_logs"] = [{**told["call_logs"][0], **log}, *told["call_logs"][1:]]
    return body


@pytest.mark.rule("XB-14", "AC-22", "AC-23", "AC-27")
def test_an_answered_call_in_the_history():
    event = read(sample("callee_history_answered"))

    assert (event.ended, event.held_s) == (True, 0)
    assert event.occurred_at == datetime(2026, 11, 20, 15, 4, 5, tzinfo=UTC)
    assert event.call == CallFacts(
        direction=Direction.INBOUND,
        outcome=Outcome.ANSWERED,
        external_number="+14155550100",
        external_name="Ada Byron",
        internal_number="+14155550199",
        agent=Agent(id="ext-201", email="ann@example.com", name="Ann Agent", extension="201"),
        started_at=START,
        answered_at=START + timedelta(seconds=9),
        ended_at=START + timedelta(seconds=209),
        wait_s=9,
        talk_s=200,
    )


def test_both_versions_of_the_history_tell_the_same_of_the_same_leg():
    second, third = (read(sample(f"callee_{kind}_answered")) for kind in ("history", "element"))

    assert (second.call, second.leg) == (third.call, third.leg)
    assert second.event_id != third.event_id
    assert merge_events((second, third)) == second.call


def test_a_side_that_has_left_is_held_for_the_history():
    event = read(sample("callee_ended"))

    assert (event.ended, event.held_s, event.leg) == (True, 60, None)
    assert held_until((event,)) == RECEIVED + timedelta(seconds=60)
    assert event.call == CallFacts(
        direction=Direction.INBOUND,
        outcome=Outcome.ANSWERED,
        external_number="+14155550100",
        internal_number="+14155550199",
        agent=Agent(id="zu-17", name="Ann Agent", extension="201"),
        started_at=START,
        answered_at=START + timedelta(seconds=9),
        ended_at=START + timedelta(seconds=209),
        wait_s=9,
        talk_s=200,
    )


@pytest.mark.rule("SH-1")
def test_every_event_of_a_call_is_of_one_activity_and_its_facts_are_told_once():
    bodies = [
        sample(name)
        for name in (
            "recording_completed",
            "callee_ended",
            "callee_history_answered",
            "callee_element_answered",
        )
    ]
    located = [
        edge.locate(WebhookRequest(headers={}, body=json.dumps(body).encode())) for body in bodies
    ]
    merged = merge_events([read(body) for body in bodies])

    assert {one.external_id for one in located} == {"7440001"}
    assert len({one.named for one in located}) == 4
    assert (merged.talk_s, merged.agent.email) == (200, "ann@example.com")
    assert merged.recording_url == "https://zoom.example.com/v2/phone/recording/download/rec-1"


@pytest.mark.rule("AC-27")
def test_a_call_through_a_queue_belongs_to_the_member_who_took_it():
    call = read(sample("callee_history_queue")).call

    assert (call.agent.email, call.queue) == ("bob@example.com", "Sales")
    assert (call.talk_s, call.wait_s) == (90, 30)
    assert call.transfers == ()


@pytest.mark.rule("AC-27")
def test_who_took_a_call_for_a_queue_may_stand_as_its_operator():
    body = changed(
        "callee_history_queue",
        operator_ext_type="user",
        operator_ext_id="ext-203",
        operator_name="Cem Agent",
        operator_ext_number="203",
    )
    body["payload"]["object"]["call_logs"].pop()

    call = read(body).call

    assert call.agent == Agent(id="ext-203", name="Cem Agent", extension="203")
    assert (call.outcome, call.talk_s) == (Outcome.ANSWERED, 119)


def test_a_queue_that_answers_by_itself_proves_no_answer():
    body = sample("callee_history_queue")
    body["payload"]["object"]["call_logs"].pop()

    call = read(body).call

    assert (call.outcome, call.talk_s, call.agent) == (None, None, None)
    assert call_type(call) is CallType.MISSED


@pytest.mark.rule("XB-16")
@pytest.mark.parametrize("name", ["caller_history_canceled", "caller_ended_canceled"])
def test_a_call_that_the_caller_gave_up_within_five_seconds_is_not_logged(name: str):
    call = read(sample(name)).call

    passed = screened(call, settings=the_settings())

    assert (call.outcome, call.direction) == (Outcome.CANCELED, Direction.OUTBOUND)
    assert isinstance(passed, Skip)
    assert passed.rule == "XB-16"


@pytest.mark.rule("XB-17")
def test_a_call_between_users_is_internal_from_either_side():
    history = read(sample("caller_history_internal"))
    live = sample("callee_ended")
    live["payload"]["object"]["caller"] = {"extension_type": "user", "user_id": "zu-18"}

    for call in (history.call, read(live).call):
        passed = screened(call)
        assert call.direction is Direction.INTERNAL
        assert isinstance(passed, Skip)
        assert passed.rule == "XB-17"


@pytest.mark.rule("AC-3", "AC-24")
def test_a_voicemail_is_one_with_its_link():
    call = merge_events(
        [read(sample("callee_history_voicemail")), read(sample("voicemail_received"))]
    )

    assert call_type(call) is CallType.VOICEMAIL
    assert call.voicemail_url == "https://zoom.example.com/v2/phone/voicemail/download/vm-1"


@pytest.mark.parametrize(
    ("result", "answer_time", "expected"),
    [
        ("answered", "2026-11-20T15:00:09Z", Outcome.ANSWERED),
        ("picked_up", None, Outcome.ANSWERED),
        ("hang_up", "2026-11-20T15:00:09Z", Outcome.ANSWERED),
        ("hang_up", None, Outcome.MISSED),
        ("no_answer", None, Outcome.MISSED),
        ("ring_timeout", "", Outcome.MISSED),
        ("overflowed", None, Outcome.MISSED),
        ("abandoned", None, Outcome.CANCELED),
        ("voicemail", None, Outcome.VOICEMAIL),
        ("rejected", None, Outcome.REJECTED),
        ("busy", None, Outcome.BUSY),
        ("service_unavailable", None, Outcome.FAILED),
        ("a_new_word", None, Outcome.MISSED),
        (None, "2026-11-20T15:00:09Z", Outcome.ANSWERED),
    ],
)
def test_what_a_result_means(result, answer_time, expected):
    body = changed("callee_history_answered", result=result, answer_time=answer_time)

    assert read(body).call.outcome == expected


@pytest.mark.rule("X-11", "XB-15")
@pytest.mark.parametrize(
    "hidden", [{"hide_caller_id": True}, {"caller_number_type": "anonymous_number"}]
)
def test_a_hidden_number_is_withheld(hidden):
    assert read(changed("callee_history_answered", **hidden)).call.external_number is None


def test_a_handset_whose_call_others_took_ends_nothing():
    taken = read(changed("callee_history_answered", result_reason="answered_by_other"))
    ringing = read(
        changed(
            "callee_history_answered", event="ring_to_member", result="no_answer", answer_time=None
        )
    )

    assert not taken.ended
    assert (taken.call.outcome, taken.call.talk_s) == (Outcome.MISSED, None)
    assert (ringing.ended, ringing.held_s) == (True, 60)


@pytest.mark.rule("XB-14")
def test_a_transfer_is_the_change_from_one_side_to_the_next():
    first = read(sample("callee_history_answered"))
    second = read(
        changed(
            "callee_history_answered",
            id="log-9",
            event="warm_transfer",
            connect_type="internal",
            caller_ext_id="ext-201",
            callee_ext_id="ext-202",
            callee_email="bob@example.com",
            callee_name="Bob Agent",
            start_time="2026-11-20T15:03:20Z",
            answer_time="2026-11-20T15:03:25Z",
            end_time="2026-11-20T15:05:25Z",
            talk_time=120,
        )
    )

    call = merge_events((second, first))

    assert call.transfers == (
        Transfer(by="ann@example.com", to="bob@example.com", kind="attended"),
    )
    assert (call.talk_s, call.agent.email) == (320, "bob@example.com")
    assert (call.direction, call.external_number) == (Direction.INBOUND, "+14155550100")


def test_a_link_keeps_nothing_that_expires():
    body = sample("recording_completed")
    body["payload"]["object"]["recordings"][0]["download_url"] = "https://[broken"

    assert read(body).call.recording_url is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"[]", "not a JSON object", id="no_object"),
        pytest.param(b'{"event": "phone.callee_ended"}', "payload", id="no_payload"),
        pytest.param(
            b'{"event": "phone.callee_ended", "payload": {"object": {}}}',
            "payload.object.call_id",
            id="no_call_id",
        ),
        pytest.param(
            b'{"event": "phone.callee_call_history_completed",'
            b' "payload": {"object": {"call_logs": []}}}',
            "call_logs or call_elements",
            id="no_logs",
        ),
    ],
)
def test_a_body_without_what_it_needs_is_named(body, reason):
    with pytest.raises(Unreadable, match=reason):
        parse(body, event_id="e", received_at=RECEIVED)


@pytest.mark.parametrize("type_", ["phone.callee_missed", "phone.call_dreamt", "meeting.ended"])
def test_other_types_tell_nothing_of_a_call(type_):
    with pytest.raises(IgnoredType):
        parse(json.dumps({"event": type_}).encode(), event_id="e", received_at=RECEIVED)


@pytest.mark.parametrize("name", NAMES)
def test_unknown_fields_do_no_harm_in_any_sample(name: str):
    body = sample(name)
    plain = read(body, "e")
    told = body["payload"]["object"]
    told["novelty"] = {"a": [1]}
    for items in (told.get("call_logs"), told.get("call_elements"), told.get("recordings")):
        for item in items or ():
            item["novelty"] = "x"

    assert read(body, "e") == plain

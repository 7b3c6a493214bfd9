"""Wildix's records of whole calls, in the documented format, into normal form."""

import pytest

from builders.wildix_webhooks import (
    ADA,
    ANN,
    BOB,
    CAT,
    LOCAL,
    RECEIVED,
    REMOTE,
    STARTED,
    T0,
    after,
    body,
    completed,
    ends,
    parsed,
)
from switchhook.domain.calls.merging import merge_events
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
from switchhook.domain.facts.people import Agent


@pytest.mark.rule("XB-14")
def test_a_completed_call():
    """Times and durations are milliseconds; holding is no talk, and the queue is part of the wait."""
    expected = Event(
        event_id="e-1",
        kind=Kind.CALL,
        type="call:completed",
        ended=True,
        occurred_at=after(215),
        received_at=RECEIVED,
        leg="flow-0",
        call=CallFacts(
            direction=Direction.INBOUND,
            outcome=Outcome.ANSWERED,
            external_number="+14155550100",
            external_name="Ada Byron",
            external_email="ada@example.com",
            internal_number="+43720555000",
            agent=ANN,
            participants=(ADA, *ends(ANN)),
            started_at=STARTED,
            answered_at=after(9),
            ended_at=after(210),
            wait_s=9.0,
            talk_s=200.0,
            queue="Support",
            recording_url="https://pbx.example.com/recordings/c1.wav",
            tags=("pricing",),
        ),
    )

    assert expected == parsed(body("completed_inbound"))


@pytest.mark.rule("XB-14")
def test_a_call_that_was_transferred_twice():
    """The last agent who talked has it; a talk between agents on the way is no call of its own."""
    event = parsed(body("completed_transferred"))

    assert event.leg is None
    assert event.call.agent == CAT
    assert event.call.direction is Direction.INBOUND
    assert event.call.transfers == (
        Transfer(by="ann@example.com", to="bob@example.com", kind="attended"),
        Transfer(by="bob@example.com", to="cat@example.com", kind="blind"),
    )
    assert event.call.participants == (ADA, *ends(ANN, BOB, CAT))
    assert (event.call.wait_s, event.call.talk_s) == (9.0, 138.0)
    assert (event.call.started_at, event.call.answered_at) == (STARTED, after(9))
    assert event.call.ended_at == after(142)


@pytest.mark.rule("XB-14")
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 2, 3, 0, 1)])
def test_flows_that_come_one_by_one_are_the_same_call(order: tuple[int, ...]):
    """Each delivery names its flow; the whole is what one delivery of all would have told."""
    told = body("completed_transferred")
    events = tuple(
        parsed(
            {**told, "data": {**told["data"], "flows": [told["data"]["flows"][index]]}},
            event_id=f"e-{index}",
        )
        for index in order
    )

    assert [event.leg for event in events] == [f"flow-{index}" for index in order]
    assert merge_events(events) == parsed(told).call


@pytest.mark.parametrize(
    ("flow", "held_s"),
    [
        pytest.param({}, 0, id="a_whole_call"),
        pytest.param({"splitTransferType": "BLIND"}, 60, id="transferred"),
        pytest.param({"splitReason": "TRANSFER"}, 60, id="split"),
        pytest.param({"mergeWith": "pbx_c1_9"}, 60, id="merged_into_a_conference"),
    ],
)
def test_a_single_flow_that_goes_on_waits_for_the_next(flow: dict, held_s: int):
    """Its agent may not be the last who talked."""
    assert parsed(completed(**flow)).held_s == held_s


def test_a_conference_names_every_party_outside():
    """Flows that were merged share no party but our agent."""
    told = body("completed_inbound")
    ben = {"type": "REMOTE", "phone": "+14155550101", "name": "Ben"}
    flow = told["data"]["flows"][0]
    other = {**flow, "flowIndex": 1, "caller": ben, "remotePhone": "+14155550101"}
    told["data"]["flows"] = [{**flow, "mergeWith": "pbx_c1_9"}, other]

    call = parsed(told).call

    outside = [end for end in call.participants if end.role is Role.EXTERNAL]
    assert outside == [ADA, Participant(role=Role.EXTERNAL, number="+14155550101", name="Ben")]
    assert call.agent == ANN
    assert call.transfers == ()


@pytest.mark.parametrize(
    ("flow", "direction", "number"),
    [
        pytest.param({}, Direction.INBOUND, "+14155550100", id="as_stated"),
        pytest.param({"direction": "OUTBOUND"}, Direction.OUTBOUND, "+14155550100", id="outbound"),
        pytest.param({"direction": "UNDEFINED"}, Direction.INBOUND, "+14155550100", id="undefined"),
        pytest.param({"direction": "SIDEWAYS"}, Direction.INBOUND, "+14155550100", id="unheard_of"),
        pytest.param(
            {"direction": None, "caller": LOCAL, "callee": REMOTE, "remotePhone": None},
            Direction.OUTBOUND,
            "0720555111",
            id="from_the_sides",
        ),
        pytest.param({"remotePhone": None}, Direction.INBOUND, "+14155550100", id="by_its_side"),
        pytest.param(
            {"caller": LOCAL}, Direction.INBOUND, "+14155550100", id="only_the_number_is_outside"
        ),
        pytest.param(
            {"caller": LOCAL, "remotePhone": None},
            Direction.INTERNAL,
            None,
            id="two_users_whatever_it_says",
        ),
        pytest.param({"direction": "INTERNAL"}, Direction.INTERNAL, None, id="internal_as_stated"),
        pytest.param(
            {"caller": {"role": "CLIENT", "phone": "+14155550100"}, "direction": None},
            Direction.INBOUND,
            "+14155550100",
            id="sides_by_role",
        ),
        pytest.param(
            {"callee": {"role": "AGENT", "phone": "204"}, "caller": None, "direction": None},
            Direction.INBOUND,
            "+14155550100",
            id="no_caller_side",
        ),
        pytest.param(
            {"callee": REMOTE}, Direction.INBOUND, "+14155550100", id="forwarded_outside_again"
        ),
        pytest.param(
            {"caller": {"type": "REMOTE", "phone": "anonymous"}, "remotePhone": None},
            Direction.INBOUND,
            None,
            id="withheld",
        ),
    ],
)
@pytest.mark.rule("XB-17")
def test_which_way_a_call_went(flow: dict, direction: Direction, number: str | None):
    """The side that is ours tells; a call between two of ours is internal."""
    call = parsed(completed(**flow)).call

    assert (call.direction, call.external_number) == (direction, number)


@pytest.mark.parametrize(
    ("flow", "outcome"),
    [
        pytest.param({}, Outcome.ANSWERED, id="talked"),
        pytest.param({"talkTime": None}, Outcome.ANSWERED, id="completed_without_a_talk_time"),
        pytest.param({"talkTime": 0}, Outcome.MISSED, id="nobody_talked"),
        pytest.param({"callStatus": "MISSED"}, Outcome.MISSED, id="a_menu_talked"),
        pytest.param(
            {"callStatus": None, "talkTime": None}, Outcome.MISSED, id="no_answer_is_proven"
        ),
        pytest.param({"flags": ["voicemail"]}, Outcome.VOICEMAIL, id="voicemail_flag"),
        pytest.param(
            {"attachments": [{"voicemail": {"url": "https://pbx.example.com/v.wav"}}]},
            Outcome.VOICEMAIL,
            id="voicemail_link",
        ),
        pytest.param(
            {"flags": ["voicemail"], "direction": "OUTBOUND"},
            Outcome.ANSWERED,
            id="their_mailbox_is_no_voicemail_of_ours",
        ),
        pytest.param({"talkTime": 0, "endBy": "CALLER"}, Outcome.CANCELED, id="the_caller_gave_up"),
        pytest.param({"talkTime": 0, "endCause": "17"}, Outcome.BUSY, id="busy"),
        pytest.param({"talkTime": 0, "endCause": "21"}, Outcome.REJECTED, id="rejected"),
        pytest.param(
            {"talkTime": 0, "endBy": "CALLEE", "endCause": "21"},
            Outcome.REJECTED,
            id="the_callee_rejected",
        ),
        pytest.param(
            {"talkTime": 0, "endCauseStr": "Originator Cancel"},
            Outcome.CANCELED,
            id="the_cause_says_so",
        ),
        pytest.param({"talkTime": 0, "callStatus": "CANCELLED"}, Outcome.CANCELED, id="cancelled"),
        pytest.param(
            {"talkTime": 0, "direction": "OUTBOUND"}, None, id="outbound_is_left_to_the_end_event"
        ),
    ],
)
@pytest.mark.rule("AC-3", "XB-16")
def test_how_a_completed_call_ended(flow: dict, outcome: Outcome | None):
    """Cancelled is only what the caller is said to have ended."""
    assert parsed(completed(**flow)).call.outcome is outcome


def test_a_voicemail_keeps_its_link():
    call = parsed(body("completed_voicemail")).call

    assert call.outcome is Outcome.VOICEMAIL
    assert call.voicemail_url == "https://pbx.example.com/voicemail/c2.wav"
    assert (call.recording_url, call.talk_s, call.answered_at) == (None, 0.0, None)


@pytest.mark.parametrize(
    ("flow", "outcome"),
    [
        pytest.param({"talkTime": 0, "callStatus": "MISSED"}, Outcome.VOICEMAIL, id="nobody"),
        pytest.param({}, Outcome.ANSWERED, id="an_agent_before_it"),
        pytest.param(
            {"direction": "OUTBOUND", "talkTime": 0, "endCause": "17"}, Outcome.BUSY, id="not_ours"
        ),
    ],
)
def test_a_voicemail_flag_of_the_whole_call_counts_unless_somebody_talked(
    flow: dict, outcome: Outcome
):
    told = completed(**flow)
    second = {**told["data"]["flows"][0], "flowIndex": 1}
    told["data"] = {**told["data"], "flags": ["Voicemail"]}
    told["data"]["flows"].append(second)

    assert parsed(told).call.outcome is outcome


@pytest.mark.rule("XB-17")
def test_an_internal_call_has_agents_only():
    call = parsed(body("completed_internal")).call

    assert call.direction is Direction.INTERNAL
    assert (call.external_number, call.agent) == (None, BOB)
    assert call.participants == ends(ANN, BOB)


@pytest.mark.parametrize(
    ("flow", "name", "expected"),
    [
        pytest.param({"endTime": None}, "ended_at", after(210), id="end_from_the_duration"),
        pytest.param(
            {"endTime": None, "duration": None}, "ended_at", after(215), id="end_from_the_event"
        ),
        pytest.param({"startTime": str(T0)}, "started_at", STARTED, id="digits_in_a_string"),
        pytest.param({"startTime": 0}, "started_at", None, id="no_start"),
        pytest.param({"waitTime": -1, "queueTime": None}, "wait_s", 5.0, id="negative_is_unsaid"),
        pytest.param({"queueName": None, "service": "Hotline"}, "queue", "Hotline", id="service"),
        pytest.param({"serviceNumber": None}, "internal_number", "201", id="destination"),
        pytest.param({"direction": "OUTBOUND"}, "internal_number", None, id="what_was_dialled"),
        pytest.param({"tags": ["a", {"x": 1}, " "]}, "tags", ("a",), id="odd_tags"),
        pytest.param({"tags": "a"}, "tags", (), id="no_list_of_tags"),
        pytest.param({"callee": None}, "agent", None, id="nobody_of_ours"),
        pytest.param({"callee": {"type": "LOCAL"}}, "agent", None, id="a_nameless_side"),
        pytest.param(
            {"attachments": None, "recordingsData": [{"url": "https://pbx.example.com/old.wav"}]},
            "recording_url",
            "https://pbx.example.com/old.wav",
            id="older_recordings",
        ),
        pytest.param({"attachments": [{"fax": {"url": "x"}}]}, "recording_url", None, id="a_fax"),
        pytest.param(
            {"callee": {**LOCAL, "userId": None, "userExtension": None}},
            "agent",
            Agent(extension="204"),
            id="an_extension_without_a_user",
        ),
    ],
)
def test_what_may_be_missing_or_odd(flow: dict, name: str, expected: object):
    """None of it keeps a call from being logged."""
    assert expected == getattr(parsed(completed(**flow)).call, name)


def test_a_record_may_say_once_what_all_its_flows_share():
    """And a record without a list of flows is its only flow."""
    told = body("completed_inbound")
    (flow,) = told["data"]["flows"]
    shared = ("direction", "remotePhone", "caller", "callStatus", "attachments", "tags")
    rest = {key: value for key, value in flow.items() if key not in shared}
    around = {"id": told["id"], **{key: flow[key] for key in shared}}
    second = {**rest, "flowIndex": 1, "startTime": T0 + 210_000, "endTime": T0 + 420_000}

    of_two = parsed({**told, "data": {**around, "flows": [rest, second]}}).call
    flat = parsed({**told, "data": {"id": told["id"], **flow}}).call

    assert (of_two.external_number, of_two.talk_s, of_two.tags) == (
        "+14155550100",
        400.0,
        ("pricing",),
    )
    assert of_two.recording_url == "https://pbx.example.com/recordings/c1.wav"
    assert flat == parsed(told).call

"""Wildix's events of calls under way, what outranks them, and what is refused."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.wildix_webhooks import (
    ADA,
    ANN,
    LOCAL,
    RECEIVED,
    STARTED,
    T0,
    after,
    body,
    completed,
    ends,
    live,
    parsed,
)
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.domain.calls.merging import held_until, merge_events
from switchhook.domain.facts.event import (
    CallFacts,
    Direction,
    Outcome,
)


def test_a_call_under_way_tells_when_it_began_and_does_not_end():
    start, update = parsed(body("start_outbound")), parsed(body("update_talking"))

    assert (start.ended, update.ended) == (False, False)
    assert start.call == CallFacts(started_at=STARTED, agent=ANN)
    assert update.call.outcome is Outcome.ANSWERED
    assert update.call.participants == (*(ADA,), *ends(ANN))


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        pytest.param({}, Outcome.CANCELED, id="the_caller_gave_up"),
        pytest.param({"endBy": "CALLEE"}, Outcome.REJECTED, id="rejected"),
        pytest.param({"endBy": None, "endCause": "17"}, Outcome.BUSY, id="busy"),
        pytest.param({"endBy": None, "endCause": None}, Outcome.UNANSWERED, id="no_answer_proven"),
        pytest.param({"status": "DANCING", "endBy": None, "endCause": "16"}, Outcome.UNANSWERED),
        pytest.param({"status": "TALKING", "endBy": "CALLER"}, Outcome.ANSWERED, id="answered"),
        pytest.param(
            {"status": "TALKING", "endBy": "CALLEE", "endCause": "16", "callee": None},
            Outcome.UNANSWERED,
            id="a_menu_is_no_answer",
        ),
    ],
)
@pytest.mark.rule("XB-16")
def test_how_a_call_ended_by_its_end_event_alone(data: dict, outcome: Outcome):
    """Not answered, unless an answer is proven; cancelled, when the caller ended it."""
    event = parsed(live("end_outbound", **data))

    assert (event.ended, event.held_s) == (True, 60)
    assert (event.call.outcome, event.call.ended_at) == (outcome, after(3))
    assert event.call.started_at is None


def test_an_answer_that_was_seen_outlives_how_the_end_looks():
    """After a transfer the end event may show the last, unanswered ringing."""
    start, update = parsed(body("start_outbound")), parsed(body("update_talking"), event_id="e-2")
    told = {**live("end_outbound", status="CONNECTING"), "time": T0 + 20_000}
    end = parsed(told, event_id="e-3")

    call = merge_events((end, update, start))

    assert (call.outcome, call.agent) == (Outcome.ANSWERED, ANN)
    assert (call.started_at, call.ended_at) == (STARTED, after(20))


def test_a_voicemail_is_told_by_the_end_event_too():
    sides = {"caller": {"type": "REMOTE", "phone": "+14155550100"}, "callee": LOCAL}

    assert parsed(live("end_outbound", **sides, flags=["voicemail"])).call.outcome is (
        Outcome.VOICEMAIL
    )


@pytest.mark.rule("XB-17")
def test_a_dialled_number_stands_for_a_callee_that_is_not_told():
    """Only at the end: before it, a side may still come."""
    end = parsed(live("end_outbound", callee=None)).call
    between_users = parsed(live("end_outbound", callee=LOCAL)).call

    assert (end.direction, end.external_number) == (Direction.OUTBOUND, "+14155550100")
    assert (between_users.direction, between_users.external_number) == (Direction.INTERNAL, None)


def test_the_record_outranks_the_events_of_the_call_under_way():
    """In any order, also when it comes first; what only the end event proves is kept."""
    start = parsed(body("start_outbound"), event_id="e-1")
    end = parsed(body("end_outbound"), event_id="e-2")
    told = completed(
        direction="OUTBOUND",
        caller=body("start_outbound")["data"]["caller"],
        callee=body("update_talking")["data"]["callee"],
        talkTime=0,
        callStatus="MISSED",
        startTime=T0 + 100,
        endTime=T0 + 2_900,
    )
    record = parsed({**told, "time": T0 + 1_000}, event_id="e-3")

    call = merge_events((record, end, start))

    assert call == merge_events((start, end, record))
    assert (call.started_at, call.ended_at) == (after(0.1), after(2.9))
    assert call.outcome is Outcome.CANCELED
    assert held_until((start, end)) == RECEIVED + timedelta(seconds=60)
    assert held_until((start, end, record)) is None


@pytest.mark.parametrize(
    "type_", ["call:live:progress", "call:transcription:completed", "user:presence", "fax:sent"]
)
def test_other_types_say_nothing_of_a_call(type_: str):
    """They are named, so that the ledger can."""
    with pytest.raises(IgnoredType, match=type_):
        parsed({**body("completed_inbound"), "type": type_})


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        pytest.param({}, "type: ", id="no_type"),
        pytest.param({"type": "call:end"}, "data: ", id="no_data"),
        pytest.param({"type": "call:completed", "data": {}}, "data.flows: ", id="nobody"),
        pytest.param({"type": "call:completed", "data": {"flows": [{}]}}, "data.flows", id="empty"),
        pytest.param({"type": "call:completed", "data": {"flows": [5]}}, "data.flows.0", id="flow"),
        pytest.param(completed(startTime="at +155501"), "data.flows.0.startTime: ", id="no_time"),
        pytest.param(completed(startTime=10**17), "data.flows.0.startTime: ", id="microseconds"),
        pytest.param(completed(talkTime=True), "data.flows.0.talkTime: ", id="no_duration"),
        pytest.param(completed(talkTime=10**13), "data.flows.0.talkTime: ", id="endless"),
        pytest.param(completed(caller=["+155501"]), "data.flows.0.caller: ", id="no_side"),
    ],
)
def test_an_unreadable_body_is_refused_by_field(told: dict, reason: str):
    """The reason names fields and never quotes a value."""
    with pytest.raises(Unreadable, match=reason) as refused:
        parsed(told)
    assert "155501" not in str(refused.value)


_KEYS = st.sampled_from(
    ["flows", "caller", "callee", "type", "phone", "startTime", "talkTime", "direction", "tags"]
)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["LOCAL", "REMOTE", "INBOUND", "+14155550100", "COMPLETED"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_KEYS | st.text(), inner, max_size=5)
    ),
    max_leaves=15,
)


@given(
    type_=st.sampled_from(["call:start", "call:update", "call:end", "call:completed"]) | _VALUES,
    time=_VALUES,
    data=st.dictionaries(_KEYS | st.text(), _VALUES, max_size=6) | _VALUES,
)
def test_any_json_is_read_or_refused(type_: object, time: object, data: object):
    """Whatever holds a signature reaches the parser; it answers in its own words."""
    try:
        event = parsed({"type": type_, "time": time, "data": data})
    except (Unreadable, IgnoredType):
        return
    assert event.occurred_at.tzinfo is not None

"""Aircall's webhooks, in the format of captured ones, into normal form."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.aircall_webhooks import (
    ANN,
    RECEIVED,
    STARTED,
    after,
    raw,
    read,
    summary,
)
from switchhook.adapters.providers.aircall.payload import parse
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.domain.facts.event import (
    CallFacts,
    Direction,
    Event,
    Kind,
    Outcome,
    Participant,
    Role,
)
from switchhook.domain.facts.people import Comment


@pytest.mark.rule("AC-23", "AC-24")
def test_an_answered_call():
    """Talk time excludes ringing; the stable asset link is kept, the expiring one is not."""
    expected = Event(
        event_id="e-1",
        kind=Kind.CALL,
        type="call.ended",
        ended=True,
        occurred_at=after(240),
        received_at=RECEIVED,
        whole_tags=True,
        call=CallFacts(
            direction=Direction.INBOUND,
            outcome=Outcome.ANSWERED,
            external_number="+1 415-555-0100",
            external_name="Ada Byron",
            external_email="ada@example.com",
            internal_number="+43 1 5550100",
            agent=ANN,
            started_at=STARTED,
            answered_at=after(9),
            ended_at=after(209),
            wait_s=9.0,
            talk_s=200.0,
            queue="Sales",
            recording_url="https://assets.aircall.io/calls/7001/recording",
            during_opening_hours=True,
            time_zone="Europe/Vienna",
        ),
    )

    assert expected == read("ended_answered")


def test_a_missed_call_has_neither_user_nor_contact():
    """The keys are missing, not null; the whole call was waiting."""
    expected = CallFacts(
        direction=Direction.INBOUND,
        outcome=Outcome.MISSED,
        external_number="+1 415-555-0100",
        internal_number="+43 1 5550100",
        started_at=STARTED,
        ended_at=after(17),
        wait_s=17.0,
        queue="Support Vienna",
        during_opening_hours=True,
        time_zone="Europe/Vienna",
    )

    assert expected == read("ended_missed").call


@pytest.mark.parametrize(
    ("name", "changes", "outcome"),
    [
        pytest.param("ended_answered", {}, Outcome.ANSWERED, id="answered"),
        pytest.param(
            "ended_answered", {"direction": "outbound"}, Outcome.ANSWERED, id="outbound_answered"
        ),
        pytest.param("ended_outbound_unanswered", {}, Outcome.UNANSWERED, id="nobody_picked_up"),
        pytest.param("ended_missed", {}, Outcome.MISSED, id="missed"),
        pytest.param("archived_ivr", {}, Outcome.MISSED, id="missed_without_a_reason"),
        pytest.param("voicemail_left", {}, Outcome.VOICEMAIL, id="voicemail"),
        pytest.param(
            "voicemail_left", {"asset": None}, Outcome.VOICEMAIL, id="voicemail_without_its_page"
        ),
        pytest.param(
            "voicemail_left", {"direction": "outbound"}, Outcome.UNANSWERED, id="outbound_has_none"
        ),
        pytest.param("tagged_while_ringing", {}, None, id="still_ringing"),
        pytest.param(
            "tagged_while_ringing",
            {"answered_at": 1795186809},
            Outcome.ANSWERED,
            id="still_talking",
        ),
    ],
)
@pytest.mark.rule("AC-3")
def test_the_outcome(name: str, changes: dict[str, object], outcome: Outcome | None):
    """Answered when `answered_at` is set, whatever else; then voicemail before missed."""
    assert outcome == read(name, **changes).call.outcome


@pytest.mark.parametrize(
    ("name", "changes", "during"),
    [
        pytest.param("ended_answered", {}, True, id="open"),
        pytest.param("ended_missed_out_of_hours", {}, False, id="the_reason_beats_the_number"),
        pytest.param("ended_answered", {"number": "drop"}, None, id="no_number"),
        pytest.param("commented_after_transfer", {}, None, id="a_later_event_does_not_know"),
    ],
)
def test_opening_hours(*, name: str, changes: dict[str, object], during: bool | None):
    """`open` is of the moment the event was sent: a comment at night says nothing of the call."""
    assert during is read(name, **changes).call.during_opening_hours


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        pytest.param({"raw_digits": "anonymous"}, "external_number", None, id="withheld_number"),
        pytest.param({"user": {}}, "agent", None, id="empty_user"),
        pytest.param({"user": None, "contact": None}, "agent", None, id="null_user"),
        pytest.param({"teams": None}, "queue", "Support Vienna", id="no_teams"),
        pytest.param({"asset": None}, "recording_url", None, id="no_stable_link_no_link"),
        pytest.param({"ended_at": 1795186800}, "talk_s", 0.0, id="clocks_disagree"),
        pytest.param({"tags": [{}, {"name": " "}]}, "tags", (), id="nameless_tags"),
        pytest.param({"transferred_to": {}}, "transfers", (), id="transfer_to_nobody"),
        pytest.param(
            {"contact": {"first_name": "Ada", "last_name": None}},
            "external_name",
            "Ada",
            id="half_a_name",
        ),
        pytest.param(
            {"comments": [{"content": "\ud83d"}]},
            "comments",
            (Comment(text="\ufffd"),),
            id="half_an_emoji",
        ),
        pytest.param(
            {"started_at": "1795186800"}, "started_at", STARTED, id="times_as_digits_in_a_string"
        ),
    ],
)
def test_what_may_be_missing_or_odd(changes: dict[str, object], field: str, expected: object):
    """None of it keeps a call from being logged."""
    assert expected == getattr(read("ended_answered", **changes).call, field)


@pytest.mark.parametrize(
    ("participants", "expected"),
    [
        pytest.param(
            [
                {"id": "501", "type": "user", "name": "Ann Agent"},
                {"id": "1", "type": "external", "phone_number": "+1 415-555-0100"},
                {"id": "2", "type": "contact", "name": "Bo", "phone_number": "+1 415-555-0111"},
            ],
            (
                Participant(role=Role.AGENT, name="Ann Agent"),
                Participant(role=Role.EXTERNAL, number="+1 415-555-0100"),
                Participant(role=Role.EXTERNAL, number="+1 415-555-0111", name="Bo"),
            ),
            id="a_conference",
        ),
        pytest.param([{"type": "user"}, {"type": "contact"}], (), id="external_without_number"),
        pytest.param([{"type": "user"}], (), id="agents_only"),
        pytest.param([], (), id="nobody"),
        pytest.param(None, (), id="not_said"),
    ],
)
def test_participants_are_taken_when_they_name_every_number(
    participants: object, expected: tuple[Participant, ...]
):
    """A list that would lose the caller is left out; the main number stands alone then."""
    assert expected == read("ended_answered", participants=participants).call.participants


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "tags", "user", "name", "number", "content"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(
    type_=st.sampled_from(["call.ended", "call.tagged", "call.transferred", "summary.created"]),
    changes=st.dictionaries(
        st.sampled_from(["id", "call_id", "started_at", "tags", "user", "number", "content"]),
        _JSON,
        max_size=4,
    ),
    timestamp=_JSON,
)
def test_any_json_is_read_or_refused(type_: str, changes: dict, timestamp: object):
    """Whatever holds the token reaches the parser; it answers in its own words."""
    body = json.loads(raw("ended_answered"))
    body = {**body, "event": type_, "timestamp": timestamp, "data": {**body["data"], **changes}}
    try:
        event = parse(json.dumps(body).encode(), event_id="e", received_at=RECEIVED)
    except (Unreadable, IgnoredType):
        return
    assert event.type == type_


@pytest.mark.parametrize("type_", ["call.hungup", "call.sung", "number.opened", "summary.deleted"])
def test_other_types_say_nothing_of_a_call(type_: str):
    """They are named, so that the ledger can."""
    text = raw("ended_answered").replace(b'"call.ended"', f'"{type_}"'.encode())

    with pytest.raises(IgnoredType, match=type_) as ignored:
        parse(text, event_id="e", received_at=RECEIVED)
    assert ignored.value.type == type_


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(b"\xff", "not a JSON object", id="no_utf8"),
        pytest.param(b"[]", "not a JSON object", id="a_list"),
        pytest.param(b"{}", "event: ", id="no_event"),
        pytest.param(b'{"event": "call.ended"}', "timestamp: .*; data: ", id="no_data"),
        pytest.param(raw("ended_answered", id=None), "data.id: ", id="no_id"),
        pytest.param(summary(call_id=None), "data.call_id: ", id="a_summary_of_no_call"),
        pytest.param(raw("ended_answered", ended_at=None), "data.ended_at: ", id="no_end"),
        pytest.param(
            raw("ended_answered", direction="+155501"), "data.direction: ", id="direction"
        ),
        pytest.param(raw("ended_answered", started_at=-1), "data.started_at: ", id="negative_time"),
        pytest.param(
            raw("ended_answered", started_at=10**13), "data.started_at", id="milliseconds"
        ),
        pytest.param(raw("ended_answered", started_at=1e400), "data.started_at", id="infinity"),
        pytest.param(raw("ended_answered", user=["+155501"]), "data.user: ", id="user_is_a_list"),
    ],
)
def test_an_unreadable_body_is_refused_by_field(text: bytes, reason: str):
    """The reason names fields and never quotes a value."""
    with pytest.raises(Unreadable, match=reason) as refused:
        parse(text, event_id="e", received_at=RECEIVED)
    assert "155501" not in str(refused.value)

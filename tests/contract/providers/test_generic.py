"""Our own call format, as the contract writes it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.adapters.providers.catalog import PROVIDERS, Catalog, edge_of, payload_parser
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.adapters.providers.event_reader import ProviderEvents
from switchhook.adapters.providers.generic.payload import parse
from switchhook.domain.errors import Rejected
from switchhook.domain.facts.event import (
    MOST_LISTED_CHARS,
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
from switchhook.ports.ingress import WebhookRequest
from switchhook.ports.ledger import IgnoredEvent, UnreadableEvent

RECEIVED = datetime(2026, 11, 20, 15, 5, tzinfo=UTC)
STARTED = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def body(name: str, /, **changes: object) -> dict[str, object]:
    loaded = json.loads((Path(__file__).parent / "generic" / f"{name}.json").read_text())
    return {key: value for key, value in {**loaded, **changes}.items() if value != "drop"}


def read(name: str, /, **changes: object) -> Event:
    raw = json.dumps(body(name, **changes)).encode()
    return parse(raw, event_id="msg-1", received_at=RECEIVED)


def after(seconds: float) -> datetime:
    return STARTED + timedelta(seconds=seconds)


@pytest.mark.rule("XB-14")
def test_every_field_of_the_contract():
    """Participants, times, transfers, tags, comments and the rest arrive as they were sent."""
    expected = Event(
        event_id="msg-1",
        kind=Kind.CALL,
        type="call.ended",
        ended=True,
        occurred_at=after(209),
        received_at=RECEIVED,
        call=CallFacts(
            direction=Direction.INBOUND,
            outcome=Outcome.ANSWERED,
            external_number="+1 415 555 0100",
            external_name="Ada Byron",
            internal_number="+1 415 555 0199",
            agent=Agent(id="17", email="ann@example.com", name="Ann Agent", extension="201"),
            participants=(
                Participant(
                    role=Role.AGENT, number="201", email="ann@example.com", name="Ann Agent"
                ),
                Participant(role=Role.EXTERNAL, number="+14155550100"),
            ),
            started_at=STARTED,
            answered_at=after(9),
            ended_at=after(209),
            wait_s=9.0,
            talk_s=200.0,
            queue="Sales",
            recording_url="https://pbx.example.com/r/1",
            transfers=(Transfer(by="ann@example.com", to="bob@example.com", kind="attended"),),
            tags=("pricing",),
            comments=(Comment(author="Ann Agent", text="call back", at=after(240)),),
            disposition="won",
            during_opening_hours=True,
        ),
    )

    assert expected == read("ended_answered")


def test_the_smallest_ended_call():
    """Six fields are enough; times come in any offset and with fractions."""
    expected = CallFacts(
        direction=Direction.OUTBOUND,
        outcome=Outcome.BUSY,
        started_at=STARTED,
        ended_at=after(4.5),
    )

    assert expected == read("ended_smallest").call


def test_an_update_states_only_what_it_names():
    """It does not end a call and happens when it comes."""
    event = read("updated")

    assert (event.ended, event.occurred_at) == (False, RECEIVED)
    assert (
        CallFacts(tags=("pricing", "vip"), recording_url="https://pbx.example.com/r/1")
        == event.call
    )


@pytest.mark.parametrize("field", ["direction", "outcome", "started_at", "ended_at"])
@pytest.mark.parametrize("value", ["drop", None])
def test_an_ended_call_has_to_say_its_end(field: str, value: object):
    """A missing or null field is named."""
    with pytest.raises(Unreadable, match=f"{field}: "):
        read("ended_answered", **{field: value})


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_of_the_contract_is_read(outcome: Outcome):
    """All eight."""
    assert outcome is read("ended_answered", outcome=outcome.value).call.outcome


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        pytest.param({"external": None}, "external_number", None, id="no_external"),
        pytest.param({"external": {"number": None}}, "external_number", None, id="null_number"),
        pytest.param(
            {"external": {"number": "Anonymous"}}, "external_number", None, id="withheld_number"
        ),
        pytest.param(
            {"external": {"number": 14155550100}},
            "external_number",
            "14155550100",
            id="number_as_a_number",
        ),
        pytest.param({"agent": {"id": ""}}, "agent", None, id="blank_agent"),
        pytest.param(
            {"agent": {"extension": 201}}, "agent", Agent(extension="201"), id="extension_as_number"
        ),
        pytest.param({"tags": [" ", "a", None]}, "tags", ("a",), id="blank_tags"),
        pytest.param({"comments": [{"text": " "}]}, "comments", (), id="blank_comment"),
        pytest.param({"queue": "\ud83d!"}, "queue", "\ufffd!", id="half_an_emoji"),
        pytest.param({"wait_s": None}, "wait_s", 9.0, id="wait_from_the_times"),
        pytest.param({"talk_s": None}, "talk_s", 200.0, id="talk_from_the_times"),
        pytest.param({"talk_s": 3.5}, "talk_s", 3.5, id="what_is_said_beats_the_times"),
        pytest.param({"talk_s": None, "answered_at": None}, "talk_s", None, id="nothing_to_tell"),
        pytest.param(
            {"talk_s": None, "ended_at": "2026-11-20T15:00:01Z"},
            "talk_s",
            0.0,
            id="clocks_disagree",
        ),
        pytest.param({"during_opening_hours": None}, "during_opening_hours", None, id="hours"),
        pytest.param({"surprise": {"deep": [1]}}, "queue", "Sales", id="unknown_keys"),
        pytest.param({"time_zone": "Europe/Vienna"}, "time_zone", "Europe/Vienna", id="zone"),
    ],
)
def test_what_may_be_missing_or_odd(changes: dict[str, object], field: str, expected: object):
    """None of it keeps a call from being logged."""
    assert expected == getattr(read("ended_answered", **changes).call, field)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"call_id": None}, "call_id: ", id="no_call_id"),
        pytest.param({"call_id": "x" * 257}, "call_id: ", id="endless_call_id"),
        pytest.param({"direction": "SECRET"}, "direction: ", id="direction"),
        pytest.param({"outcome": "SECRET"}, "outcome: ", id="outcome"),
        pytest.param({"started_at": "SECRET"}, "started_at: ", id="no_time"),
        pytest.param({"started_at": 1795186800}, "started_at: ", id="a_number_is_no_time"),
        pytest.param({"started_at": "2026-11-20T15:00:00"}, "with its offset", id="local_time"),
        pytest.param({"started_at": "0001-01-01T00:00:00+14:00"}, "started_at", id="before_time"),
        pytest.param({"talk_s": -1}, "talk_s: ", id="negative_talk"),
        pytest.param({"talk_s": 1e400}, "talk_s: ", id="infinite_talk"),
        pytest.param({"participants": [{"role": "SECRET"}]}, "participants.0.role", id="role"),
        pytest.param({"comments": [{"author": "SECRET"}]}, "comments.0.text", id="no_text"),
        pytest.param({"external": "SECRET"}, "external: ", id="external_is_text"),
        pytest.param({"transfers": {"by": "SECRET"}}, "transfers: ", id="transfers_an_object"),
        pytest.param({"type": ["SECRET"]}, "type: ", id="type_is_a_list"),
    ],
)
def test_a_wrong_shape_is_refused_by_field(changes: dict[str, object], reason: str):
    """The reason names fields and never quotes a value."""
    with pytest.raises(Unreadable, match=reason) as refused:
        read("ended_answered", **changes)
    assert "SECRET" not in str(refused.value)


def test_at_most_five_fields_are_named():
    """A body of another kind does not fill the ledger with its faults."""
    wrong = {name: ["x"] for name in ("queue", "disposition", "wait_s", "talk_s", "agent", "tags")}

    with pytest.raises(Unreadable) as refused:
        read("ended_answered", direction=1, outcome=1, **wrong)
    assert refused.value.reason.count("; ") == 4


@pytest.mark.parametrize(
    "type_", ["call.started", "CALL.ENDED", "chat.opened", "conversation.updated"]
)
def test_other_types_say_nothing(type_: str):
    """Whatever else the body holds."""
    with pytest.raises(IgnoredType, match=type_):
        parse(json.dumps({"type": type_}).encode(), event_id="m", received_at=RECEIVED)


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"\xff", b"\xef\xbb\xbf{}", b"[" * 99_999])
def test_what_is_no_object_is_refused(raw: bytes):
    """One clear reason."""
    with pytest.raises(Unreadable, match="not a JSON object in UTF-8"):
        parse(raw, event_id="m", received_at=RECEIVED)


def test_an_end_in_the_future_happened_when_it_was_received():
    """A sender's clock that runs ahead must not outrank later updates."""
    event = read("ended_answered", ended_at="2026-11-20T15:20:00Z")

    assert event.occurred_at == RECEIVED


@given(
    st.dictionaries(
        st.sampled_from([*body("ended_answered"), "time_zone"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2)
            ),
            max_leaves=4,
        ),
        max_size=4,
    )
)
def test_any_json_is_an_event_or_a_refusal(changes: dict[str, object]):
    """No other error reaches the worker."""
    changed = {**body("ended_answered"), **changes}
    try:
        event = parse(json.dumps(changed).encode(), event_id="m", received_at=RECEIVED)
    except (Unreadable, IgnoredType):
        return
    assert event.occurred_at <= RECEIVED


@given(st.binary(max_size=300))
def test_any_bytes_are_an_event_or_a_refusal_of_every_provider(raw: bytes):
    """As values, where the worker asks for them."""
    for provider in PROVIDERS:
        outcome = ProviderEvents().read(
            provider, raw, kind=Kind.CALL, event_id="m", received_at=RECEIVED
        )
        assert isinstance(outcome, UnreadableEvent | IgnoredEvent)


def test_the_worker_hears_outcomes_as_values():
    """An event, an ignored type, an unreadable body."""

    def outcome(raw: bytes) -> object:
        return ProviderEvents().read(
            "generic", raw, kind=Kind.CALL, event_id="msg-1", received_at=RECEIVED
        )

    assert outcome(json.dumps(body("ended_answered")).encode()) == read("ended_answered")
    assert outcome(b'{"type": "call.begun"}') == IgnoredEvent(type="call.begun")
    assert outcome(b'{"type": "chat.ended", "chat_id": "1"}') == IgnoredEvent(type="chat.ended")
    assert outcome(b"[]") == UnreadableEvent(reason="it is not a JSON object in UTF-8")


@pytest.mark.parametrize("provider", list(PROVIDERS))
def test_every_listed_provider_is_there(provider: str):
    """Each has an edge and a parser, and keeps no credential header."""
    edge = edge_of(provider)

    assert callable(payload_parser(provider))
    assert not {"authorization", "webhook-signature"} & set(edge.KEPT_HEADERS)
    assert not edge.verify(WebhookRequest(headers={}, body=b""), secrets=["s"], now=RECEIVED)


@pytest.mark.parametrize("ask", [edge_of, payload_parser])
def test_an_unknown_provider_is_refused_with_those_there_are(ask):
    """Also names that would reach for another module."""
    with pytest.raises(Rejected, match="aircall, generic"):
        ask("generic.payload")


@pytest.mark.parametrize(
    ("provider", "secret", "works"),
    [
        ("aircall", "0c2cdd46", True),
        ("aircall", "", False),
        ("aircall", "x" * 257, False),
        ("aircall", "line\nbreak", False),
        ("generic", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", True),
        ("generic", "whsec_short", False),
        ("generic", "a password", False),
        ("zoom_phone", "example-zoom-secret-token", True),
        ("zoom_phone", "", False),
        ("dialpad", "whsec_EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8=", True),
        ("dialpad", "a text of the admin's choice", True),
        ("dialpad", "too short for a key", False),
        ("dialpad", "x" * 257, False),
        ("comm100", "x" * 24, True),
        ("comm100", "a-_9" * 8, True),
        ("comm100", "x" * 23, False),
        ("comm100", "x" * 257, False),
        ("comm100", "a text with spaces in it, so", False),
        ("comm100", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX+/=", False),
        ("livechat", "a key of the admin's choice", True),
        ("livechat", "", False),
    ],
)
def test_a_secret_that_cannot_work_is_told_when_it_is_given(
    *, provider: str, secret: str, works: bool
):
    """Not later, by rejected webhooks; the sentence does not quote it."""
    problem = Catalog().secret_problem(provider, secret)

    assert works is (problem is None)
    assert problem is None or not secret or secret not in problem


def test_the_catalog_tells_what_a_hook_needs():
    """Aircall's ids are one space for all, and its secret is its own; ours is ours."""
    catalog = Catalog()
    aircall, generic = catalog.facts("aircall"), catalog.facts("generic")

    assert {"aircall", "generic", "wildix"} <= set(catalog.names())
    assert aircall is not None
    assert generic is not None
    assert (aircall.fixed_source, aircall.secret_is_ours) == ("aircall", False)
    assert (generic.fixed_source, generic.secret_is_ours) == (None, True)
    assert catalog.facts("fax") is None


def test_what_is_too_long_for_any_task_is_cut_and_costs_no_call():
    """Names, comments and lists are cut; a link that would be cut is left out."""
    call = read(
        "ended_answered",
        external={"number": "+1 415 555 0100", "name": "n" * 5_000},
        tags=["t"] * 600,
        comments=[{"text": "c" * 40_000}],
        recording_url="https://example.com/" + "u" * 5_000,
    ).call

    assert (len(call.external_name), len(call.tags)) == (1_000, 500)
    assert len(call.comments[0].text) == 32_000
    assert call.recording_url is None


def test_an_event_of_a_million_characters_is_bounded_before_the_ledger():
    """However much a sender writes, what is stored fits one item; the first words are kept."""
    noise = [
        {"author": f"a{number}", "text": chr(0x4E00 + number) * 3_000} for number in range(300)
    ]
    raw = json.dumps(body("ended_answered", comments=noise, tags=["x" * 900] * 10)).encode()

    event = ProviderEvents().read(
        "generic", raw, kind=Kind.CALL, event_id="msg-1", received_at=RECEIVED
    )

    assert isinstance(event, Event)
    written = [*event.call.tags, *(comment.text for comment in event.call.comments)]
    assert 55_000 < sum(map(len, written)) <= MOST_LISTED_CHARS
    assert event.call.comments[0].text == chr(0x4E00) * 3_000

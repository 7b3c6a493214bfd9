"""What is stored comes back as it was, whatever a provider sent."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.adapters.serial import dumps, from_json, loads, pack, to_json, unpack
from switchhook.domain.activity import (
    Activity,
    DecisionRecord,
    OwnerChoice,
    RecordRef,
    SalesforceCall,
    Slot,
)
from switchhook.domain.crm import StoredFacts
from switchhook.domain.decision import Candidate, OrgFacts, Skip
from switchhook.domain.facts.event import Event
from switchhook.domain.facts.people import OrgUser
from switchhook.domain.rules import Rule
from switchhook.domain.writing.claims import CachedMatch

# Every code point, lone surrogates too: JSON from outside may hold them.
st.register_type_strategy(str, st.text(st.characters(codec=None), max_size=12))
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(float, st.floats(allow_nan=False))

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
SLOTS = st.from_type(Slot)
FIELDS = st.dictionaries(st.text(max_size=5), st.lists(st.text(max_size=5)).map(tuple))
SHAPES = {
    Event: st.from_type(Event),
    Activity: st.builds(Activity, slots=st.lists(SLOTS, max_size=3).map(tuple)),
    CachedMatch: st.from_type(CachedMatch),
    Candidate: st.from_type(Candidate),
    OwnerChoice: st.from_type(OwnerChoice),
    StoredFacts: st.builds(
        StoredFacts,
        facts=st.builds(
            OrgFacts,
            users_by_email=st.dictionaries(
                st.text(max_size=5), st.lists(st.from_type(OrgUser), max_size=2).map(tuple)
            ),
            phone_fields=FIELDS,
            text_fields=FIELDS,
        ),
    ),
    DecisionRecord: st.builds(
        DecisionRecord,
        candidates=st.lists(st.dictionaries(st.text(max_size=5), JSON_VALUES), max_size=2).map(
            tuple
        ),
        explanation=st.lists(
            st.dictionaries(st.text(max_size=5), st.text(max_size=5)), max_size=2
        ).map(tuple),
        salesforce_calls=st.lists(st.from_type(SalesforceCall), max_size=2).map(tuple),
    ),
}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
@given(data=st.data())
def test_a_value_comes_back_as_it_was(shape, data):
    value = data.draw(SHAPES[shape])

    assert unpack(shape, pack(value)) == value
    assert loads(shape, dumps(value)) == value


def test_whole_and_fractional_seconds_stay_what_they_are():
    event = from_json(
        Event,
        {
            "event_id": "e",
            "kind": "call",
            "type": "call.ended",
            "ended": True,
            "occurred_at": "2026-11-20T15:00:00Z",
            "received_at": "2026-11-20T15:00:00.25Z",
            "call": {"wait_s": 9, "talk_s": 0.0},
        },
    )

    stored = json.loads(dumps(event))["call"]
    assert (repr(stored["wait_s"]), repr(stored["talk_s"])) == ("9", "0.0")


def test_defaults_are_not_stored():
    assert to_json(RecordRef(type="Lead", id="1")) == {"type": "Lead", "id": "1"}
    assert to_json(OrgUser(id="1", name="Ann", email="ann@example.com")) == {
        "id": "1",
        "name": "Ann",
        "email": "ann@example.com",
    }


def test_a_default_of_another_type_is_stored():
    user = replace(OrgUser(id="1", name="Ann", email="a@example.com"), is_active=1)

    assert to_json(user)["is_active"] == 1


def test_a_field_of_a_later_release_is_passed_over():
    assert from_json(RecordRef, {"type": "Lead", "id": "1", "colour": "red"}) == RecordRef(
        type="Lead", id="1"
    )


def test_times_are_stored_in_utc():
    vienna = timezone(timedelta(hours=1))
    call = SalesforceCall(at=datetime(2026, 1, 1, 12, tzinfo=vienna), what="search", status="200")

    assert to_json(call)["at"] == "2026-01-01T11:00:00Z"
    assert from_json(SalesforceCall, to_json(call)) == call


def test_sets_are_stored_in_one_order():
    assert to_json(frozenset({"b", "a", "c"})) == ["a", "b", "c"]


def test_a_rule_is_stored_and_read_as_its_id():
    skip = Skip(rule=Rule.XB_16, reason="short_call", text="Too short.")

    stored = dumps(skip)

    assert stored == dumps(replace(skip, rule="XB-16"))
    assert type(loads(Skip, stored).rule) is str


def test_a_rule_of_another_release_can_be_read():
    assert loads(Skip, '{"rule":"ZZ-1","reason":"r","text":"t"}').rule == "ZZ-1"


def test_bytes_come_back_as_they_were():
    @dataclass(frozen=True)
    class Sealed:
        ciphertext: bytes

    sealed = Sealed(ciphertext=b"\x00\xff")

    assert from_json(Sealed, to_json(sealed)) == sealed


@pytest.mark.parametrize(
    ("value", "error"),
    [
        pytest.param(datetime(2026, 1, 1), ValueError, id="a_time_without_a_zone"),  # noqa: DTZ001 - that is the point
        pytest.param(object(), TypeError, id="an_object"),
    ],
)
def test_what_has_no_stored_form_is_refused(value, error):
    with pytest.raises(error):
        to_json(value)


def test_a_shape_that_json_cannot_tell_apart_is_refused():
    @dataclass(frozen=True)
    class Either:
        what: datetime | RecordRef

    with pytest.raises(TypeError, match="told apart"):
        from_json(Either, {"what": "2026-01-01T00:00:00Z"})

"""The queue's message: what goes in comes out, and nothing else is believed."""

import json
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.errors import Rejected
from switchhook.domain.facts.event import Kind
from switchhook.domain.queue_messages import (
    MAX_BODY_BYTES,
    EventMessage,
    KeepAliveMessage,
    ParkedMessage,
    WakeMessage,
    from_json,
    pack,
    to_json,
    unpack,
)

EVENT = EventMessage(
    tenant="t_one",
    hook="h_one",
    provider="generic",
    activity_kind=Kind.CALL,
    source="h_one",
    activity_id="a1",
    external_id="c-1",
    occurrence=1,
    event_id="msg-1",
    received_at=datetime(2026, 11, 20, 15, 5, 0, 123456, tzinfo=UTC),
    headers={"webhook-id": "msg-1"},
    packed=pack(b'{"type": "call.ended"}'),
)


@given(
    texts=st.lists(st.text(), min_size=7, max_size=7),
    raw=st.binary(),
    headers=st.dictionaries(st.text(), st.text()),
    at=st.datetimes(timezones=st.just(UTC)),
    laid_aside=st.booleans(),
)
def test_an_event_message_survives_the_queue(texts, raw, headers, at, laid_aside):
    """Any text, also one that no store could take, comes out as it went in."""
    tenant, hook, provider, source, activity, external, event = texts
    message = EventMessage(
        tenant=tenant,
        hook=hook,
        provider=provider,
        activity_kind=Kind.CALL,
        source=source,
        activity_id=activity,
        external_id=external,
        occurrence=1,
        event_id=event,
        received_at=at,
        headers=headers,
        packed=None if laid_aside else pack(raw),
        payload_key="t/a/1.z" if laid_aside else None,
    )

    assert message == from_json(to_json(message))
    assert to_json(message).isascii()


def test_a_wake_up_survives_the_queue():
    """It carries no facts."""
    message = WakeMessage(tenant="t_one", activity_id="a1")

    assert json.loads(to_json(message)) == {
        "v": 1,
        "kind": "wake",
        "tenant": "t_one",
        "activity_id": "a1",
    }
    assert message == from_json(to_json(message))


AT = datetime(2026, 11, 20, 15, 0, 0, 5000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("message", "written"),
    [
        pytest.param(
            WakeMessage(tenant="t_one", activity_id="a1", wakes=3, version=7),
            {"kind": "wake", "activity_id": "a1", "wakes": 3, "version": 7},
            id="a_counted_wake_up",
        ),
        pytest.param(
            ParkedMessage(tenant="t_one", due_at=AT, leased_until=AT),
            {"kind": "parked", "due_at": AT.isoformat(), "leased_until": AT.isoformat()},
            id="a_parked_tenant",
        ),
        pytest.param(
            KeepAliveMessage(tenant="t_one", due_at=AT, leased_until=AT),
            {"kind": "keep_alive", "due_at": AT.isoformat(), "leased_until": AT.isoformat()},
            id="an_idle_grant",
        ),
    ],
)
def test_what_the_caretaker_says_survives_the_queue(message, written: dict[str, object]):
    """Kind and dates, and no facts."""
    assert json.loads(to_json(message)) == {"v": 1, "tenant": "t_one", **written}
    assert from_json(to_json(message)) == message


def test_the_last_releases_wake_up_is_still_read():
    """It counts nothing."""
    text = '{"v":1,"kind":"wake","tenant":"t_one","activity_id":"a1"}'

    assert from_json(text) == WakeMessage(tenant="t_one", activity_id="a1", wakes=0, version=0)


def changed(**changes: object) -> str:
    written = {**json.loads(to_json(EVENT)), **changes}
    return json.dumps({name: value for name, value in written.items() if value != "drop"})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("[]", id="no_object"),
        pytest.param("[" * 100_000, id="nested_too_deep"),
        pytest.param(changed(v=2), id="another_version"),
        pytest.param(changed(kind="nap"), id="another_kind"),
        pytest.param(changed(tenant="drop"), id="no_tenant"),
        pytest.param(changed(tenant=7), id="tenant_is_a_number"),
        pytest.param(changed(activity_kind="fax"), id="no_such_activity"),
        pytest.param(changed(received_at="yesterday"), id="no_time"),
        pytest.param(changed(headers=[]), id="headers_are_a_list"),
        pytest.param(changed(occurrence="1"), id="occurrence_is_text"),
        pytest.param(changed(body="drop"), id="no_body"),
        pytest.param(changed(payload_key="k"), id="two_bodies"),
        pytest.param(changed(body="%%%"), id="no_base64"),
        pytest.param('{"v": 1, "kind": "wake"}', id="wake_without_activity"),
        pytest.param('{"v": 1, "kind": "parked", "tenant": "t"}', id="parked_without_dates"),
        pytest.param(
            '{"v": 1, "kind": "wake", "tenant": "t", "activity_id": "a", "wakes": "3"}',
            id="wakes_are_text",
        ),
        pytest.param(
            '{"v": 1, "kind": "wake", "tenant": 1, "activity_id": 2}', id="wake_of_numbers"
        ),
    ],
)
def test_a_message_of_another_making_is_refused(text: str):
    """One clear error, whatever is wrong."""
    with pytest.raises(Rejected, match="cannot be read") as refused:
        from_json(text)
    assert refused.value.code == "unreadable_message"


@given(st.binary(max_size=2_000))
def test_a_packed_body_comes_out_as_it_went_in(raw: bytes):
    """Packing loses nothing and is the same every time."""
    assert raw == unpack(pack(raw))
    assert pack(raw) == pack(raw)


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(b"nonsense", id="no_zlib"),
        pytest.param(pack(b"x" * 100)[:-3], id="cut"),
        pytest.param(zlib.compress(bytes(MAX_BODY_BYTES + 1)), id="a_bomb"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_body_that_was_not_packed_here_is_refused(packed: bytes):
    """A small message cannot blow the worker up."""
    with pytest.raises(Rejected, match="cannot be read"):
        unpack(packed)


def test_the_largest_body_is_unpacked():
    """The limit itself is allowed."""
    assert len(unpack(pack(bytes(MAX_BODY_BYTES)))) == MAX_BODY_BYTES

"""Aircall at the ingress: who is believed, what is located, what is blanked."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.adapters.providers.aircall import edge
from switchhook.ports.ingress import Located, WebhookRequest

RECEIVED = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
TOKEN = "example-token-1"
CALL = (Path(__file__).parent / "aircall/ended_answered.json").read_bytes()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            CALL,
            Located(named="call.ended:7001:1795187040", external_id="7001", type="call.ended"),
            id="a_call",
        ),
        pytest.param(
            b'{"event": "call.hungup", "timestamp": 1, "data": {"id": 7}}',
            Located(named="call.hungup:7:1", external_id="7", type="call.hungup", ignored=True),
            id="an_ignored_type",
        ),
        pytest.param(
            b'{"event": "user.opened", "timestamp": 1, "data": {"id": 7}}',
            Located(type="user.opened", ignored=True),
            id="ids_of_users_are_no_calls",
        ),
        pytest.param(
            b'{"event": "call.ended", "data": {"id": 7}}',
            Located(external_id="7", type="call.ended"),
            id="no_timestamp",
        ),
        pytest.param(
            b'{"event": "call.ended", "timestamp": 1, "data": {"id": true}}',
            Located(type="call.ended"),
            id="an_id_that_is_none",
        ),
        pytest.param(
            b'{"event": "summary.created", "timestamp": 1, "data": {"id": 7, "call_id": 8}}',
            Located(named="summary.created:8:1", external_id="8", type="summary.created"),
            id="a_summary_names_its_call",
        ),
        pytest.param(
            b'{"event": "transcription.created", "timestamp": 1, "data": {"id": 7, "call_id": 8}}',
            Located(type="transcription.created", ignored=True),
            id="what_was_said_is_not_kept",
        ),
        pytest.param(b'{"event": 1, "data": []}', Located(type="1"), id="odd_types"),
        pytest.param(b"not json", Located(), id="no_json"),
    ],
)
def test_what_the_ingress_locates(body: bytes, expected: Located):
    """A redelivery repeats event, id and timestamp, so it gives the same event id."""
    assert expected == edge.locate(WebhookRequest(headers={}, body=body))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            b'{ "token" :\t"s3cret" , "a":1.50 }',
            b'{ "token" :\t"redacted" , "a":1.50 }',
            id="spaces",
        ),
        pytest.param(
            b'{"data":{"token":"theirs"},"token":"s3cret"}',
            b'{"data":{"token":"theirs"},"token":"redacted"}',
            id="top_level_only",
        ),
        pytest.param(
            b'{"token":"a","token":"b"}', b'{"token":"redacted","token":"redacted"}', id="repeated"
        ),
        pytest.param(
            b'{"tok\\u0065n":"s3cret"}', b'{"tok\\u0065n":"redacted"}', id="an_escaped_key"
        ),
        pytest.param(b'{"token":"s\\"3\\\\"}', b'{"token":"redacted"}', id="escapes_in_the_value"),
        pytest.param(b'{"token":5,"x":"kept"}', b'{"token":5,"x":"kept"}', id="a_number"),
        pytest.param(b'{"token":["x"],"y":"kept"}', b'{"token":["x"],"y":"kept"}', id="a_list"),
        pytest.param(
            b'{"a":"token","b":"token","token":"x"}',
            b'{"a":"token","b":"token","token":"redacted"}',
            id="the_word_as_a_value",
        ),
        pytest.param(b'["token","x"]', b'["token","x"]', id="no_object"),
        pytest.param(b"\xff{", b"\xff{", id="no_json"),
        pytest.param(
            b'{"\\x":"kept","token":"x"}', b'{"\\x":"kept","token":"redacted"}', id="a_broken_key"
        ),
    ],
)
def test_only_the_credential_is_blanked(body: bytes, expected: bytes):
    """Every other byte stays, for the body is kept to be read again."""
    assert expected == edge.redact(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text() | st.just("token"), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    body=st.dictionaries(st.text() | st.just("data"), _JSON, max_size=5),
    is_ascii=st.booleans(),
    indent=st.sampled_from([None, 2]),
)
def test_redaction_changes_the_token_and_nothing_else(body, is_ascii, indent):
    """Read as JSON, the stored body is the sent one but for its token."""
    body["token"] = TOKEN
    sent = json.dumps(body, ensure_ascii=is_ascii, indent=indent).encode("utf-8", "replace")

    stored = json.loads(edge.redact(sent))

    assert stored == {**json.loads(sent), "token": "redacted"}


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(body: bytes):
    """Unproven bytes reach `verify`; nothing that it lets through can break what follows."""
    request = WebhookRequest(headers={}, body=body)

    assert not edge.verify(request, secrets=[TOKEN], now=RECEIVED)
    edge.locate(request)
    edge.redact(body)


def test_a_genuine_body_is_believed_and_a_stored_one_no_longer():
    """What is kept cannot be posted again."""
    body = CALL

    assert edge.verify(WebhookRequest(headers={}, body=body), secrets=[TOKEN], now=RECEIVED)
    stored = WebhookRequest(headers={}, body=edge.redact(body))
    assert not edge.verify(stored, secrets=[TOKEN], now=RECEIVED)

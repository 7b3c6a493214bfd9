"""Dialpad at the ingress: which JWT is believed, what is stored of it, which call it speaks of."""

import base64
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.adapters.providers.dialpad import edge
from switchhook.ports.ingress import Located, WebhookRequest

NOW = datetime(2026, 11, 20, 15, 5, tzinfo=UTC)
SECRET = "whsec_EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8="
CLAIMS = (Path(__file__).parent / "dialpad/hangup_answered.json").read_bytes()
HS256 = {"alg": "HS256", "typ": "JWT"}


def b64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def jwt(claims=CLAIMS, header=HS256, *, secret: str = SECRET, digest: str = "sha256") -> bytes:
    """A compact JWT, signed with a digest that its header need not name."""
    told = header if isinstance(header, bytes) else json.dumps(header).encode()
    signed = b64(told) + b"." + b64(claims)
    return signed + b"." + b64(hmac.digest(secret.encode(), signed, digest))


def believes(body: bytes, *secrets: str) -> bool:
    told = WebhookRequest(headers={}, body=body)
    return edge.verify(told, secrets=secrets or (SECRET,), now=NOW)


def test_a_token_made_elsewhere_is_believed():
    """The example that introductions to JWT use, with its key: computed by other implementations."""
    token = (
        b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
        b"eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ."
        b"SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
    )

    assert believes(token, "your-256-bit-secret")
    assert not believes(token, "your-256-bit-secret2")


@pytest.mark.parametrize(
    ("body", "secrets"),
    [
        pytest.param(jwt(), (SECRET,), id="as_dialpad_sends_it"),
        pytest.param(jwt(header={"alg": "HS256"}), (SECRET,), id="without_typ"),
        pytest.param(jwt(header={"typ": "jwt", "alg": "HS256", "x": 1}), (SECRET,), id="more_said"),
        pytest.param(jwt(), ("new", SECRET), id="the_former_secret"),
        pytest.param(jwt(secret="new"), ("new", SECRET), id="the_new_secret"),
    ],
)
def test_a_genuine_token_is_believed(body: bytes, secrets: tuple[str, ...]):
    assert believes(body, *secrets)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(jwt(header={"alg": "none"}), id="alg_none_signed_all_the_same"),
        pytest.param(
            jwt(header={"alg": "none"}).rpartition(b".")[0] + b".", id="alg_none_unsigned"
        ),
        pytest.param(jwt(header={"alg": "None"}), id="alg_none_in_other_letters"),
        pytest.param(jwt(header={"alg": "hs256"}), id="alg_in_other_letters"),
        pytest.param(jwt(header={"alg": "HS512"}, digest="sha512"), id="HS512"),
        pytest.param(jwt(header={"alg": "HS384"}, digest="sha384"), id="HS384"),
        pytest.param(jwt(digest="sha512"), id="HS512_that_says_HS256"),
        pytest.param(jwt(header={"alg": "RS256"}), id="RS256_signed_with_the_secret"),
        pytest.param(jwt(header={"alg": ["HS256"]}), id="a_list_of_algorithms"),
        pytest.param(jwt(header={"typ": "JWT"}), id="no_alg"),
        pytest.param(jwt(header=b'["HS256"]'), id="a_header_that_is_no_object"),
        pytest.param(jwt(header={**HS256, "crit": ["b64"], "b64": False}), id="crit"),
        pytest.param(jwt(header={**HS256, "zip": "DEF"}), id="zip"),
        pytest.param(jwt(jwt(), header={**HS256, "cty": "JWT"}), id="nested"),
        pytest.param(jwt(jwt()), id="nested_without_saying_so"),
        pytest.param(jwt(b"[]"), id="claims_that_are_no_object"),
        pytest.param(jwt(secret="another"), id="another_secret"),
        pytest.param(jwt(secret=""), id="an_empty_secret"),
        pytest.param(CLAIMS, id="bare_json"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"..", id="empty_parts"),
        pytest.param(jwt() + b".x", id="four_parts"),
        pytest.param(jwt()[:-1], id="a_cut_signature"),
        pytest.param(jwt() + b"=", id="padding"),
        pytest.param(b" " + jwt(), id="a_space_before"),
        pytest.param(
            b".".join((jwt().split(b".")[0], b64(CLAIMS + b" "), jwt().split(b".")[2])),
            id="other_claims",
        ),
    ],
)
def test_any_other_token_is_refused(body: bytes):
    assert not believes(body)


def test_without_a_secret_nobody_is_believed():
    told = WebhookRequest(headers={}, body=jwt(secret=""))

    assert not edge.verify(told, secrets=(), now=NOW)
    assert not edge.verify(told, secrets=("",), now=NOW)


def test_what_is_stored_is_the_json_inside_byte_for_byte():
    assert edge.redact(jwt()) == CLAIMS
    assert edge.redact(b"no token") == b"no token"


def locate(**claims: object) -> Located:
    body = jwt(json.dumps({"state": "hangup", "event_timestamp": 9, **claims}).encode())
    return edge.locate(WebhookRequest(headers={}, body=body))


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ({"call_id": 7}, "7"),
        ({"call_id": 7, "entry_point_call_id": None, "master_call_id": None}, "7"),
        ({"call_id": 7, "entry_point_call_id": 5}, "5"),
        ({"call_id": 7, "master_call_id": 6}, "6"),
        ({"call_id": 7, "entry_point_call_id": 5, "master_call_id": 6}, "5"),
        ({"call_id": 7, "entry_point_call_id": 0, "master_call_id": ""}, "7"),
        ({"call_id": 9223372036854775807}, "9223372036854775807"),
        ({"call_id": "7"}, "7"),
        ({"call_id": 7.5}, None),
        ({"call_id": True}, None),
        ({}, None),
    ],
)
def test_the_legs_of_a_call_name_the_leg_it_entered_by(ids, expected):
    assert locate(**ids).external_id == expected


@pytest.mark.rule("SH-1")
def test_a_redelivery_is_the_same_event_and_each_telling_of_a_state_its_own():
    first = locate(call_id=7)

    assert first.named == "hangup:7:9"
    assert first == locate(call_id=7)
    assert locate(call_id=7, event_timestamp=10).named != first.named
    assert locate(call_id=8, entry_point_call_id=7).named != first.named


def test_a_stored_event_is_located_like_the_token_it_came_in():
    token = WebhookRequest(headers={}, body=jwt())

    assert edge.locate(WebhookRequest(headers={}, body=edge.redact(jwt()))) == edge.locate(token)


@pytest.mark.parametrize(
    ("claims", "ignored"),
    [
        ({"state": "ringing"}, True),
        ({"state": "connected"}, True),
        ({"state": "csat"}, True),
        ({"state": "missed", "entry_point_call_id": 5}, True),
        ({"state": "voicemail", "master_call_id": 5}, True),
        ({"state": "missed"}, False),
        ({"state": "missed", "entry_point_call_id": 7}, False),
        ({"state": "hangup", "entry_point_call_id": 5}, False),
        ({"state": "recording"}, False),
        ({"state": "recap_action_items"}, False),
        ({"state": "a_new_state"}, False),
    ],
)
def test_steps_of_a_call_are_ignored_at_the_door(claims, ignored):
    """One handset of many that missed a call says nothing of the call; new states are told."""
    assert locate(call_id=7, **claims).ignored is ignored


@given(st.binary(max_size=60))
def test_no_bytes_break_the_ingress(raw: bytes):
    told = WebhookRequest(headers={}, body=raw)

    assert not edge.verify(told, secrets=[SECRET], now=NOW)
    assert edge.locate(told).named is None
    assert isinstance(edge.redact(raw), bytes)


@given(
    st.dictionaries(
        st.sampled_from(["call_id", "state", "master_call_id"]),
        st.text() | st.integers() | st.floats() | st.none() | st.lists(st.integers()),
    )
)
def test_no_claims_break_the_ingress(claims):
    assert edge.locate(WebhookRequest(headers={}, body=jwt(json.dumps(claims).encode())))

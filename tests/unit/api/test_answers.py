"""Whatever is sent, the answer is in the contract's shape: no trace, no echo, no 500 for wrong content."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from switchhook.domain.errors import (
    Conflict,
    NeedsReconnect,
    Permanent,
    Retryable,
    SwitchhookError,
)
from switchhook.runtime.api.refusals import refused
from unit.api.world import NEW_TENANT, OPERATOR_KEY, Caller, World, make_tenant

MALFORMED = [
    pytest.param(b"{", id="cut"),
    pytest.param(b"not json", id="text"),
    pytest.param(b'{"name": "\xff"}', id="not_utf8"),
    pytest.param(b'{"a": NaN}', id="nan"),
    pytest.param(b'{"a": -Infinity}', id="infinity"),
    pytest.param(b'{"a": ' + b"1" * 5000 + b"}", id="number_too_long"),
    pytest.param(b"[" * 200_000, id="nested_too_deeply_to_parse"),
    pytest.param(b'{"a":' * 100 + b"1" + b"}" * 100, id="nested_too_deeply"),
    pytest.param(b'{"name": "\\ud800"}', id="half_a_character"),
    pytest.param(b"\xef\xbb\xbf{}", id="byte_order_mark"),
]


@pytest.mark.parametrize("raw", MALFORMED)
def test_a_body_that_is_no_json_is_400(call, tenant, raw):
    answer = call("PATCH", f"{tenant.path}/settings", raw=raw, key=tenant.admin)

    assert answer.status == 400
    assert answer.error["code"] == "malformed_json"


def test_a_body_that_is_too_large_is_413(call, tenant):
    answer = call("PUT", f"{tenant.path}/people", raw=b" " * 350_001, key=tenant.admin)

    assert answer.status == 413


def test_a_body_in_base64_is_read_like_any_other(call):
    raw = json.dumps(NEW_TENANT).encode()

    assert call("POST", "/v1/tenants", raw=raw, key=OPERATOR_KEY).status == 201


def test_a_body_whose_base64_is_broken_is_400(call, monkeypatch, tenant):
    real = call.api

    def broken(event, context):
        return real({**event, "body": "%%%", "isBase64Encoded": True}, context)

    monkeypatch.setattr(call, "api", broken)

    assert call("PUT", f"{tenant.path}/people", {}, key=tenant.admin).status == 400


def test_what_was_sent_is_not_echoed_in_a_refusal(call, tenant):
    body = {"agents": [{"email": "not-an-address-of-ada"}], "own_numbers": ["55-secret-55"]}

    answer = call("PUT", f"{tenant.path}/people", body, key=tenant.admin)

    assert answer.status == 422
    assert "ada" not in answer.text
    assert "secret" not in answer.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        "name",
        "preset",
        "default_region",
        "time_zone",
        "provider",
        "kind",
        "secret",
        "source",
        "replaces",
        "role",
        "agents",
        "email",
        "own_numbers",
        "internal_domains",
        "confirm_org",
        "keep_previous_s",
        "calls",
        "workflow",
        "language",
    ]
)
CHANGING = [
    ("POST", "/keys/rotate"),
    ("PATCH", "/settings"),
    ("PUT", "/people"),
    ("POST", "/hooks"),
    ("POST", "/connection"),
]


@pytest.fixture(scope="module")
def lasting():
    call = Caller(World())
    return call, make_tenant(call)


@pytest.mark.parametrize(("method", "path"), CHANGING, ids=[path for _, path in CHANGING])
@given(body=JSON | st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON), max_size=4))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_content_whatsoever_is_our_fault(lasting, method, path, body):
    call, tenant = lasting
    if path == "/keys/rotate" and isinstance(body, dict) and body == {"role": "admin"}:
        body = {"role": "nobody"}

    answer = call(method, tenant.path + path, body, key=tenant.admin)

    assert answer.status < 500
    assert answer.status < 400 or set(answer.json) == {"error"}


@given(path=st.text(max_size=30), query=st.dictionaries(st.text(max_size=8), st.text(max_size=30)))
@settings(max_examples=60)
def test_no_path_or_query_whatsoever_is_our_fault(lasting, path, query):
    call, tenant = lasting

    for start in ("/", f"{tenant.path}/activities", f"{tenant.path}/hooks/"):
        assert call("GET", start + path, key=tenant.admin, query=query).status < 500


def test_a_bug_is_500_with_a_request_id_and_nothing_of_its_inside(call, world, tenant, monkeypatch):
    def bug(tenant_id):
        message = "number +14155550100 of Ada Byron"
        raise RuntimeError(message)

    monkeypatch.setattr(world.people, "read", bug)

    answer = call("GET", f"{tenant.path}/people", key=tenant.admin)

    assert answer.status == 500
    assert answer.error["code"] == "internal"
    assert "req-1" in answer.error["message"]
    assert "Ada" not in answer.text
    assert "RuntimeError" not in answer.text
    assert "unexpected_error" in call.log
    assert "RuntimeError" in call.log
    assert "Ada" not in call.log


@pytest.mark.rule("SH-10")
def test_a_log_line_holds_no_key_body_or_query(call, tenant):
    body = {"agents": [{"email": "ann@example.com"}], "own_numbers": ["+14155550199"]}
    call("PUT", f"{tenant.path}/people", body, key=tenant.admin)
    party = {"party": "+14155550100"}
    call("GET", f"{tenant.path}/activities", key=tenant.admin, query=party)
    call("GET", "/v1/tenants/+14155550177/people", key=tenant.admin)

    told = call.log
    assert "request_served" in told
    for private in (tenant.admin, "ann@example.com", "5550199", "5550100", "5550177"):
        assert private not in told


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(Retryable("DynamoDB was busy.", code="busy", after_s=0.2), 503, id="later"),
        pytest.param(Conflict("inside words"), 409, id="conflict"),
        pytest.param(NeedsReconnect("Connect again.", code="broken"), 409, id="reconnect"),
        pytest.param(Permanent("Salesforce refused.", code="REFUSED"), 502, id="permanent"),
        pytest.param(SwitchhookError("Else.", code="else"), 500, id="any_other"),
    ],
)
def test_each_family_of_error_has_its_status(error, status):
    reply = refused(error)

    assert reply.status == status
    assert reply.body.error.code == error.code
    assert "inside words" not in reply.body.error.message
    assert reply.headers.get("Retry-After") == ("1" if status == 503 else None)


def test_answers_are_not_to_be_stored_or_sniffed(call):
    headers = call("GET", "/v1/health").headers

    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"] == "application/json"

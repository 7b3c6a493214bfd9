"""A page of another origin may read answers only where the tenant's admin has named that origin."""

import pytest

from unit.api.world import OPERATOR_KEY

ORIGIN = "https://app.example.com"


@pytest.fixture
def allowing(call, tenant):
    call("PATCH", f"{tenant.path}/settings", {"cors_origins": [ORIGIN]}, key=tenant.admin)
    return tenant


def asked(call, method, path, *, origin=ORIGIN, key=None):
    return call(method, path, key=key, headers={"origin": origin})


def test_by_default_no_origin_is_allowed(call, tenant):
    answer = asked(call, "GET", f"{tenant.path}/settings", key=tenant.admin)

    assert answer.status == 200
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.rule("XB-5")
def test_a_named_origin_may_read_answers_and_refusals(call, allowing):
    path = f"{allowing.path}/settings"

    answers = [asked(call, "GET", path, key=allowing.admin), asked(call, "GET", path)]

    assert [answer.status for answer in answers] == [200, 401]
    assert [answer.headers["access-control-allow-origin"] for answer in answers] == [ORIGIN] * 2
    assert [answer.headers["vary"] for answer in answers] == ["Origin"] * 2


@pytest.mark.parametrize(
    "origin", ["https://evil.example.com", "null", "https://app.example.com.evil.org", "*", ""]
)
def test_any_other_origin_may_not(call, allowing, origin):
    answer = asked(call, "GET", f"{allowing.path}/settings", origin=origin, key=allowing.admin)

    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["vary"] == "Origin"


def test_a_preflight_tells_a_named_origin_what_it_may_send(call, allowing):
    answer = asked(call, "OPTIONS", f"{allowing.path}/settings")

    assert (answer.status, answer.text) == (204, "")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-methods"] == "GET, PATCH, OPTIONS"
    assert answer.headers["access-control-allow-headers"] == "authorization, content-type"


@pytest.mark.parametrize("path", ["/v1/tenants", "/v1/tenants/unknown/settings"])
def test_a_preflight_elsewhere_allows_nothing(call, path):
    answer = asked(call, "OPTIONS", path)

    assert answer.status == 204
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_operators_routes_are_not_for_pages(call):
    answer = asked(call, "GET", "/v1/tenants", key=OPERATOR_KEY)

    assert "access-control-allow-origin" not in answer.headers


def test_an_answer_stands_though_the_origins_cannot_be_read(call, world, allowing, monkeypatch):
    from switchhook.domain.errors import Retryable  # noqa: PLC0415

    def unreachable(tenant_id):
        raise Retryable(f"No answer ({tenant_id}).", code="table_unreachable", after_s=1)

    monkeypatch.setattr(world.versions, "latest", unreachable)

    answer = asked(call, "GET", f"{allowing.path}/people", key=allowing.admin)

    assert answer.status == 200
    assert "access-control-allow-origin" not in answer.headers


def test_a_bug_behind_a_preflight_is_a_500_in_the_contracts_shape(
    call, world, allowing, monkeypatch
):
    monkeypatch.setattr(world.versions, "latest", lambda _tenant_id: 1 / 0)

    answer = asked(call, "OPTIONS", f"{allowing.path}/people")

    assert (answer.status, answer.error["code"]) == (500, "internal")

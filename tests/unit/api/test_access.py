"""Who may ask what: the operator tenants, an admin everything of one tenant, an agent none of it yet."""

import re

import pytest

from switchhook.domain.tenants import Role
from switchhook.runtime.api.table import ROUTES
from unit.api.world import OPERATOR_KEY, make_tenant

GUARDED = [route for route in ROUTES if route.roles]


def filled(route, tenant_id):
    path = route.path.replace("{tenant_id}", tenant_id)
    return re.sub(r"\{\w+\}", "x1", path)


def every(routes):
    return [pytest.param(route, id=f"{route.method} {route.path}") for route in routes]


@pytest.mark.parametrize("route", every(GUARDED))
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no_key"),
        pytest.param({"authorization": ""}, id="empty_header"),
        pytest.param({"authorization": "Bearer"}, id="no_token"),
        pytest.param({"authorization": f"Basic {OPERATOR_KEY}"}, id="other_scheme"),
        pytest.param({"authorization": "Bearer sha_unknown"}, id="unknown_admin_key"),
        pytest.param({"authorization": "Bearer shg_unknown"}, id="unknown_agent_key"),
        pytest.param({"authorization": f"Bearer {OPERATOR_KEY}x"}, id="nearly_the_operator"),
        pytest.param({"authorization": "Bearer " + "x" * 600}, id="far_too_long"),
        pytest.param({"authorization": "Bearer \ud800"}, id="half_a_character"),
    ],
)
def test_without_a_valid_key_every_guarded_route_answers_401(call, tenant, route, headers):
    answer = call(route.method, filled(route, tenant.id), headers=headers)

    assert answer.status == 401
    assert answer.error["code"] == "unauthorized"
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("route", every(r for r in GUARDED if r.below_a_tenant))
@pytest.mark.parametrize("role", ["admin", "agent"])
def test_another_tenants_thing_is_404_whatever_is_asked_of_it(call, tenant, route, role):
    other = make_tenant(call, name="Other Ltd")

    answer = call(route.method, filled(route, tenant.id), {}, key=getattr(other, role))

    assert answer.status == 404
    assert answer.error["code"] == "not_found"


@pytest.mark.parametrize("route", every(r for r in GUARDED if Role.AGENT not in r.roles))
def test_an_agent_key_may_not_do_what_admins_and_operators_do(call, tenant, route):
    answer = call(route.method, filled(route, tenant.id), {}, key=tenant.agent)

    assert answer.status == 403
    assert answer.error["code"] == "forbidden"


@pytest.mark.parametrize("route", every(r for r in GUARDED if r.roles == {Role.OPERATOR}))
def test_an_admin_key_may_not_do_what_operators_do(call, tenant, route):
    answer = call(route.method, filled(route, tenant.id), {}, key=tenant.admin)

    assert answer.status == 403


@pytest.mark.parametrize("route", every(r for r in GUARDED if Role.OPERATOR not in r.roles))
def test_the_operators_key_does_not_open_what_is_the_tenants(call, tenant, route):
    answer = call(route.method, filled(route, tenant.id), {}, key=OPERATOR_KEY)

    assert answer.status == 403


@pytest.mark.parametrize("path", ["/v1/health", "/openapi.json"])
def test_health_and_description_ask_for_no_key(call, path):
    assert call("GET", path).status == 200


@pytest.mark.parametrize("key", ["", "Bearer", "sha_", "x"])
def test_nobody_is_the_operator_while_no_operator_key_is_set(call, world, key):
    world.operator.current = lambda: ""

    assert call("GET", "/v1/tenants", headers={"authorization": f"Bearer {key}"}).status == 401


def test_the_bearer_scheme_is_read_in_any_case(call):
    headers = {"authorization": f"bearer  {OPERATOR_KEY} "}

    assert call("GET", "/v1/tenants", headers=headers).status == 200


def test_a_path_that_leads_nowhere_is_404_in_the_contracts_shape(call):
    answer = call("GET", "/v1/nothing")

    assert answer.status == 404
    assert answer.error["code"] == "not_found"


def test_a_method_that_a_path_does_not_take_is_405_and_names_those_it_takes(call, tenant):
    answer = call("POST", f"{tenant.path}/settings", {}, key=tenant.admin)

    assert answer.status == 405
    assert answer.headers["allow"] == "GET, PATCH, OPTIONS"

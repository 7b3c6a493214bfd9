"""An admin stores the tenant's own Salesforce app; nobody ever sees its secret again."""

import pytest

from switchhook.domain.connection import Connection, ConnectionStatus
from unit.api.world import BASE, OPERATOR_KEY

SECRET = "very-s3cret"
APP = {
    "client_id": "3MVG9.own_app",
    "client_secret": SECRET,
    "login_url": "https://acme.my.salesforce.com",
}
REDIRECT = f"{BASE}/oauth/salesforce/callback"

pytestmark = pytest.mark.rule("CX-2", "CX-9", "CX-11", "CX-12")


def at(call, method, tenant, body=None):
    return call(method, f"{tenant.path}/app", body, key=tenant.admin)


def connect(world, tenant, app=None):
    world.connections.stored[tenant.id] = Connection(
        tenant=tenant.id, status=ConnectionStatus.CONNECTED, generation=1, app=app
    )


def test_a_tenant_without_an_app_sees_the_deployments_and_the_redirect_address(call, tenant):
    answer = at(call, "GET", tenant)

    assert answer.status == 200
    assert answer.json | {"note": ""} == {
        "kind": "default",
        "client_id": None,
        "login_url": "https://login.salesforce.com",
        "redirect_url": REDIRECT,
        "in_force": True,
        "note": "",
    }


def test_an_own_app_is_shown_without_its_secret(call, world, tenant):
    stored = at(call, "PUT", tenant, APP)
    shown = at(call, "GET", tenant)

    assert (stored.status, shown.status) == (200, 200)
    assert stored.json == shown.json
    assert shown.json | {"note": ""} == {
        "kind": "own",
        "client_id": APP["client_id"],
        "login_url": APP["login_url"],
        "redirect_url": REDIRECT,
        "in_force": True,
        "note": "",
    }
    assert [app.client_secret for app in world.app_secrets.stored.values()] == [SECRET]


@pytest.mark.rule("SH-10")
def test_the_secret_is_in_no_answer_and_no_log(call, tenant):
    bad = APP | {"client_secret": f"{SECRET} with a space"}
    answers = [
        at(call, "PUT", tenant, APP),
        at(call, "PUT", tenant, bad),
        at(call, "PUT", tenant, APP | {"login_url": "https://evil.example"}),
        at(call, "GET", tenant),
        at(call, "DELETE", tenant),
    ]

    assert [answer.status for answer in answers] == [200, 422, 422, 200, 200]
    assert [answer for answer in answers if SECRET in answer.text] == []
    assert SECRET not in call.log


@pytest.mark.parametrize(
    ("body", "named"),
    [
        pytest.param({"client_id": "a"}, "client_secret", id="no_secret"),
        pytest.param({"client_secret": "b"}, "client_id", id="no_client_id"),
        pytest.param(APP | {"client_id": ""}, "client_id", id="an_empty_client_id"),
        pytest.param(APP | {"client_id": "a b"}, "client_id", id="a_client_id_with_a_space"),
        pytest.param(
            APP | {"client_secret": "x\n"}, "client_secret", id="a_secret_with_a_line_end"
        ),
        pytest.param(APP | {"client_secret": "x" * 513}, "client_secret", id="an_endless_secret"),
        pytest.param(APP | {"login_url": "https://evil.example"}, "login_url", id="a_foreign_host"),
        pytest.param(
            APP | {"login_url": "http://login.salesforce.com"}, "login_url", id="plain_http"
        ),
        pytest.param(APP | {"login_url": "https://10.0.0.1"}, "login_url", id="an_address"),
        pytest.param(APP | {"scope": "full"}, "scope", id="an_unknown_name"),
    ],
)
def test_an_app_that_cannot_be_taken_is_refused_by_name(call, world, tenant, body, named):
    answer = at(call, "PUT", tenant, body)

    assert answer.status == 422
    assert list(answer.error["fields"]) == [named]
    assert world.app_secrets.stored == {}


def test_without_a_login_address_people_sign_in_where_everybody_does(call, tenant):
    answer = at(call, "PUT", tenant, {name: APP[name] for name in ("client_id", "client_secret")})

    assert answer.json["login_url"] == "https://login.salesforce.com"


@pytest.mark.parametrize(
    "path", ["https://acme.my.site.com/partners", "https://test.salesforce.com"]
)
@pytest.mark.rule("SH-11")
def test_people_may_sign_in_at_a_site_or_a_sandbox(call, tenant, path):
    assert at(call, "PUT", tenant, APP | {"login_url": path}).json["login_url"] == path


def test_a_connected_tenant_is_told_that_its_grant_goes_on(call, world, tenant):
    connect(world, tenant)

    stored = at(call, "PUT", tenant, APP)

    assert stored.json["in_force"] is False
    assert "stays connected" in stored.json["note"]
    assert world.connections.read(tenant.id).status is ConnectionStatus.CONNECTED


def test_deleting_the_app_brings_the_deployments_back(call, world, tenant):
    at(call, "PUT", tenant, APP)

    gone = at(call, "DELETE", tenant)

    assert (gone.json["kind"], gone.json["client_id"]) == ("default", None)
    assert world.app_secrets.stored == {}
    assert at(call, "DELETE", tenant).status == 200


def test_deleting_the_app_of_a_grant_keeps_its_credentials(call, world, tenant):
    at(call, "PUT", tenant, APP)
    connect(world, tenant, world.app_choices.read(tenant.id).app)

    gone = at(call, "DELETE", tenant)

    assert gone.json["in_force"] is False
    assert len(world.app_secrets.stored) == 1


@pytest.mark.rule("CX-3")
def test_with_its_own_app_a_tenant_connects_where_the_deployment_has_none(call, world, tenant):
    world.app.default = None
    at(call, "PUT", tenant, APP)

    assert call("POST", f"{tenant.path}/connection", key=tenant.admin).status == 201


def test_a_deleted_tenants_app_is_deleted_with_it(call, world, tenant):
    at(call, "PUT", tenant, APP)
    connect(world, tenant, world.app_choices.read(tenant.id).app)

    assert call("DELETE", tenant.path, key=OPERATOR_KEY).status == 200
    assert world.app_secrets.stored == {}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_admins_handle_the_app(call, tenant, method):
    body = APP if method == "PUT" else None

    assert call(method, f"{tenant.path}/app", body, key=tenant.agent).status == 403

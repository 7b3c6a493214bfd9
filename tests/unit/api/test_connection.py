"""An admin gets a link to connect, sees how the connection stands, and ends it knowing what that does."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from switchhook.domain.activity import Activity, State
from switchhook.domain.connection import ApiUsage, Check, Connection, ConnectionStatus
from switchhook.domain.facts.event import Kind
from switchhook.domain.facts.people import OrgUser
from switchhook.domain.tenants import fingerprint
from switchhook.ports.connect import ConnectTicket
from unit.api.world import BASE, NOW


@pytest.fixture
def connected(world, tenant):
    world.connections.stored[tenant.id] = Connection(
        tenant=tenant.id,
        status=ConnectionStatus.CONNECTED,
        generation=1,
        org_id="00D000000000001AAA",
        instance_url="https://engines.my.salesforce.com",
        user=OrgUser(id="005000000000001AAA", name="Ada Admin", email="ada@example.com"),
        access_ciphertext=b"access",
        refresh_ciphertext=b"refresh",
        connected_at=NOW,
        checks=(Check(id="api", ok=True, text="The API can be used."),),
        usage=ApiUsage(used=120, limit=15_000),
    )


def at(call, method, tenant, body=None, **query):
    return call(method, f"{tenant.path}/connection", body, key=tenant.admin, query=query or None)


def at_preview(call, tenant):
    return call("GET", f"{tenant.path}/connection/preview-disconnect", key=tenant.admin)


@pytest.mark.rule("CX-3")
def test_without_an_app_of_the_deployment_nobody_gets_a_link(call, world, tenant):
    world.app.default = None

    answer = at(call, "POST", tenant)

    assert (answer.status, answer.error["code"]) == (409, "app_not_set_up")
    assert "operator" in answer.error["message"]
    assert world.table.tickets == {}


@pytest.mark.parametrize(
    ("body", "is_confirmed"),
    [(None, False), ({}, False), ({"confirm_org": False}, False), ({"confirm_org": True}, True)],
)
def test_a_link_to_connect_holds_a_ticket_that_is_stored_as_its_hash(
    call, world, tenant, body, is_confirmed
):
    answer = at(call, "POST", tenant, body)

    url = urlsplit(answer.json["connect_url"])
    ticket = parse_qs(url.query)["ticket"][0]
    assert answer.status == 201
    assert answer.json["connect_url"].startswith(f"{BASE}/oauth/salesforce/start?")
    assert answer.json["expires_at"] == "2026-11-20T15:10:00Z"
    assert world.table.tickets == {
        fingerprint(ticket): ConnectTicket(
            tenant=tenant.id,
            confirm_org=is_confirmed,
            expires_at=NOW + timedelta(minutes=10),
        )
    }


@pytest.mark.parametrize("body", [{"confirm_org": "yes"}, {"confirm_org": None}, {"org": 1}])
def test_a_wish_to_connect_that_cannot_be_read_is_422(call, tenant, body):
    assert at(call, "POST", tenant, body).status == 422


def test_a_tenant_that_never_connected_says_so(call, tenant):
    assert at(call, "GET", tenant).json == {
        "status": "not_connected",
        "salesforce": None,
        "checks": [],
        "api_usage": None,
        "app": "default",
        "parked": None,
        "connected_at": None,
    }


@pytest.mark.rule("CX-7")
@pytest.mark.usefixtures("connected")
def test_the_connected_account_is_shown_without_its_tokens(call, tenant):
    assert at(call, "GET", tenant).json == {
        "status": "connected",
        "salesforce": {
            "org_id": "00D000000000001AAA",
            "instance_url": "https://engines.my.salesforce.com",
            "user": {
                "id": "005000000000001AAA",
                "name": "Ada Admin",
                "email": "ada@example.com",
            },
        },
        "checks": [{"id": "api", "ok": True, "text": "The API can be used."}],
        "api_usage": {"used": 120, "limit": 15_000},
        "app": "default",
        "parked": None,
        "connected_at": "2026-11-20T15:00:00Z",
    }


@pytest.mark.rule("CX-60", "CX-62")
@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("query", [{}, {"confirm": "false"}])
def test_disconnecting_unconfirmed_says_what_would_happen_and_changes_nothing(
    call, world, tenant, query
):
    answer = at(call, "DELETE", tenant, **query)

    assert (answer.status, answer.error["code"]) == (409, "confirmation_needed")
    assert "would" in answer.error["message"]
    assert "confirm=true" in answer.error["message"]
    assert answer.error["fields"] == at_preview(call, tenant).json
    assert world.disconnected == []


@pytest.mark.rule("CX-60", "CX-62")
@pytest.mark.usefixtures("connected")
def test_a_preview_says_what_disconnecting_would_do_and_changes_nothing(call, world, tenant):
    for number, state in enumerate((State.PARKED, State.WAITING, State.PENDING, State.LOGGED)):
        head = Activity(
            id=f"A-{number}",
            tenant=tenant.id,
            kind=Kind.CALL,
            provider="generic",
            source="s",
            external_id=f"c-{number}",
            occurrence=1,
            state=state,
            version=1,
            received_at=NOW,
        )
        world.ledger.add(head)
    hook = {"provider": "generic", "kind": "call"}
    assert call("POST", f"{tenant.path}/hooks", hook, key=tenant.admin).status == 201
    before = dict(world.connections.stored)

    seen = at_preview(call, tenant)

    assert seen.status == 200
    assert {name: seen.json[name] for name in ("connected_as", "org_id", "status")} == {
        "connected_as": "Ada Admin",
        "org_id": "00D000000000001AAA",
        "status": "connected",
    }
    assert (seen.json["open_activities"], seen.json["hooks"]) == (3, 1)
    assert any("3 open activities would wait" in sentence for sentence in seen.json["would"])
    assert "settings and people" in seen.json["keeps"]
    assert world.connections.stored == before
    assert world.disconnected == []


def test_a_preview_of_what_is_not_connected_would_do_nothing(call, tenant):
    seen = at_preview(call, tenant).json

    assert (seen["status"], seen["connected_as"], seen["would"]) == ("not_connected", None, [])


@pytest.mark.parametrize("key", ["agent", None])
def test_a_preview_is_for_admins(call, tenant, key):
    given = getattr(tenant, key) if key else None
    path = f"{tenant.path}/connection/preview-disconnect"

    assert call("GET", path, key=given).status in {401, 403}


@pytest.mark.rule("CX-61")
@pytest.mark.usefixtures("connected")
def test_disconnecting_confirmed_ends_the_grant(call, world, tenant):
    answer = at(call, "DELETE", tenant, confirm="true")

    assert answer.status == 200
    assert (answer.json["status"], answer.json["grant_revoked"]) == ("not_connected", True)
    assert world.disconnected == [tenant.id]


def test_disconnecting_what_is_not_connected_changes_nothing(call, world, tenant):
    answer = at(call, "DELETE", tenant)

    assert (answer.status, answer.json["status"]) == (200, "not_connected")
    assert world.disconnected == []


@pytest.mark.usefixtures("connected")
def test_a_confirmation_that_is_neither_yes_nor_no_is_422(call, world, tenant):
    assert at(call, "DELETE", tenant, confirm="perhaps").status == 422
    assert world.disconnected == []


def test_a_ticket_for_a_tenant_that_is_being_deleted_is_refused(call, world, tenant):
    world.table.tenants.clear()

    assert at(call, "POST", tenant).status == 409

"""The operator makes, lists and deletes tenants; keys are shown once and can be rotated."""

import pytest

from switchhook.domain.connection import Connection, ConnectionStatus
from switchhook.domain.errors import Retryable
from switchhook.domain.facts.event import Kind
from switchhook.domain.tenants import fingerprint
from switchhook.usecases.org.connect import issue_ticket
from switchhook.usecases.tenants.hooks import HookEntropy, HookWish, create_hook
from switchhook.usecases.tenants.tenants import TenantEntropy, create_tenant
from unit.api.world import NEW_TENANT, NOW, OPERATOR_KEY, make_tenant


def test_a_new_tenant_is_given_two_keys_that_open_it(call):
    answer = call("POST", "/v1/tenants", NEW_TENANT, key=OPERATOR_KEY)

    made = answer.json
    assert answer.status == 201
    assert set(made) == {"tenant_id", "admin_key", "agent_key"}
    assert made["admin_key"].startswith("sha_")
    assert made["agent_key"].startswith("shg_")
    path = f"/v1/tenants/{made['tenant_id']}/settings"
    assert call("GET", path, key=made["admin_key"]).status == 200


def test_only_the_hashes_of_keys_are_stored(world, tenant):
    assert {fingerprint(tenant.admin), fingerprint(tenant.agent)} == set(world.table.keys)
    assert tenant.admin not in repr(vars(world.table))
    assert tenant.agent not in repr(vars(world.table))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param({"preset": "nonesuch"}, "preset", id="unknown_preset"),
        pytest.param({"default_region": "ZZ"}, "default_region", id="unknown_region"),
        pytest.param({"time_zone": "Mars/Phobos"}, "time_zone", id="unknown_zone"),
        pytest.param({"time_zone": "../etc/passwd"}, "time_zone", id="zone_that_leaves_its_folder"),
        pytest.param({"name": ""}, "name", id="empty_name"),
        pytest.param({"name": "  "}, "name", id="blank_name"),
        pytest.param({"name": "x" * 201}, "name", id="name_too_long"),
        pytest.param({"name": 7}, "name", id="name_is_no_text"),
        pytest.param({"name": None}, "name", id="name_is_null"),
        pytest.param({"plan": "gold"}, "plan", id="unknown_name"),
    ],
)
def test_a_tenant_that_cannot_be_taken_is_422_naming_the_field(call, world, change, named):
    answer = call("POST", "/v1/tenants", {**NEW_TENANT, **change}, key=OPERATOR_KEY)

    assert answer.status == 422
    assert list(answer.error["fields"]) == [named]
    assert named in answer.error["message"]
    assert world.table.tenants == {}


@pytest.mark.parametrize("missing", sorted(NEW_TENANT))
def test_each_field_of_a_new_tenant_is_required(call, missing):
    body = {name: value for name, value in NEW_TENANT.items() if name != missing}

    answer = call("POST", "/v1/tenants", body, key=OPERATOR_KEY)

    assert answer.status == 422
    assert answer.error["fields"] == {missing: f"{missing} is required."}


def test_tenants_are_listed_page_by_page_without_their_keys(call):
    made = [make_tenant(call, name=f"Tenant {number}") for number in range(3)]

    first = call("GET", "/v1/tenants", key=OPERATOR_KEY, query={"limit": "2"}).json
    query = {"limit": "2", "cursor": first["next_cursor"]}
    second = call("GET", "/v1/tenants", key=OPERATOR_KEY, query=query).json

    assert [item["tenant_id"] for item in first["items"]] == [made[0].id, made[1].id]
    assert first["items"][0] == {
        "tenant_id": made[0].id,
        "name": "Tenant 0",
        "created_at": "2026-11-20T15:00:00Z",
    }
    assert [item["tenant_id"] for item in second["items"]] == [made[2].id]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many", ""])
def test_a_limit_outside_1_to_100_is_422(call, limit):
    answer = call("GET", "/v1/tenants", key=OPERATOR_KEY, query={"limit": limit})

    assert answer.status == 422
    assert list(answer.error["fields"]) == ["limit"]


@pytest.mark.parametrize("role", ["operator", "admin"])
def test_a_tenant_can_be_looked_at(call, tenant, role):
    key = OPERATOR_KEY if role == "operator" else tenant.admin

    assert call("GET", tenant.path, key=key).json["name"] == "Engines Ltd"


def test_a_deleted_tenants_keys_hooks_and_settings_are_gone_and_the_answer_says_what_stays(
    call, world, tenant
):
    hook = {"provider": "generic", "kind": "call"}
    call("POST", f"{tenant.path}/hooks", hook, key=tenant.admin)

    answer = call("DELETE", tenant.path, key=OPERATOR_KEY)

    assert answer.status == 200
    assert "activity log is kept" in answer.json["kept"]
    assert answer.json["grant_revoked"] is None
    assert (world.table.tenants, world.table.keys, world.table.hooks) == ({}, {}, {})
    assert call("GET", tenant.path, key=tenant.admin).status == 401
    assert call("DELETE", tenant.path, key=OPERATOR_KEY).status == 404


def test_deleting_ends_with_the_tenant_itself_so_that_an_interrupted_deletion_can_be_repeated(
    call, world, tenant, monkeypatch
):
    def interrupted(holdings):
        del holdings
        raise Retryable("DynamoDB did not answer.", code="table_unreachable", after_s=1)

    monkeypatch.setattr(world.table, "erase", interrupted)
    first = call("DELETE", tenant.path, key=OPERATOR_KEY)
    monkeypatch.undo()

    assert first.status == 503
    assert world.table.keys == {}
    assert call("DELETE", tenant.path, key=OPERATOR_KEY).status == 200


def test_more_than_one_transaction_of_items_is_removed(call, world, tenant):
    for _ in range(120):
        hook = {"provider": "generic", "kind": "call"}
        call("POST", f"{tenant.path}/hooks", hook, key=tenant.admin)

    assert call("DELETE", tenant.path, key=OPERATOR_KEY).json["removed_items"] == 122
    assert world.table.hooks == {}


@pytest.mark.parametrize(
    ("works", "told"),
    [pytest.param(True, True, id="revoked"), pytest.param(False, False, id="org_is_down")],
)
def test_deleting_revokes_the_grant_but_does_not_wait_for_salesforce(
    call, world, tenant, monkeypatch, works, told
):
    def cannot(tenant_id):
        raise Retryable(f"Salesforce is down ({tenant_id}).", code="unreachable", after_s=1)

    world.connections.stored[tenant.id] = Connection(
        tenant=tenant.id, status=ConnectionStatus.CONNECTED, generation=1
    )
    if not works:
        monkeypatch.setattr(world, "disconnect", cannot)

    answer = call("DELETE", tenant.path, key=OPERATOR_KEY)

    assert (answer.status, answer.json["grant_revoked"]) == (200, told)


@pytest.mark.parametrize(("role", "prefix"), [("admin", "sha_"), ("agent", "shg_")])
@pytest.mark.parametrize("by", ["operator", "admin"])
def test_a_rotated_key_replaces_the_old_one_at_once(call, world, tenant, role, prefix, by):
    key = OPERATOR_KEY if by == "operator" else tenant.admin

    answer = call("POST", f"{tenant.path}/keys/rotate", {"role": role}, key=key)

    new = answer.json["key"]
    assert answer.status == 201
    assert answer.json == {"role": role, "key": new, f"{role}_key": new}
    assert new.startswith(prefix)
    assert fingerprint(new) in world.table.keys
    assert fingerprint(getattr(tenant, role)) not in world.table.keys


@pytest.mark.parametrize("body", [{}, {"role": "operator"}, {"role": "owner"}, {"role": None}])
def test_only_the_keys_of_admin_and_agent_can_be_rotated(call, tenant, body):
    answer = call("POST", f"{tenant.path}/keys/rotate", body, key=tenant.admin)

    assert answer.status == 422


def test_of_two_rotations_at_once_the_second_is_told(call, world, tenant):
    path = f"{tenant.path}/keys/rotate"
    world.table.before_write = lambda: call("POST", path, {"role": "agent"}, key=tenant.admin)

    answer = call("POST", path, {"role": "agent"}, key=tenant.admin)

    assert answer.status == 409
    assert answer.error["code"] == "conflict"
    assert len(world.table.keys) == 2


def test_what_holds_a_key_or_secret_prints_without_it(world):
    entropy = TenantEntropy(tenant_id=bytes(32), admin_key=bytes(32), agent_key=bytes(32))
    patch = {k: v for k, v in NEW_TENANT.items() if k != "name"}
    made = create_tenant("Engines Ltd", patch, tenants=world.tenants, entropy=entropy, now=NOW)
    ticket = issue_ticket(
        made.tenant.id, confirm_org=False, steps=world.connect_steps, entropy=bytes(32), now=NOW
    )
    wish = HookWish(provider="aircall", kind=Kind.CALL, secret="a token")
    hook = create_hook(
        made.tenant.id,
        HookWish(provider="generic", kind=Kind.CALL),
        catalog=world.catalog,
        hooks=world.hooks,
        cipher=world.cipher,
        entropy=HookEntropy(hook_id=bytes(32), secret=bytes(32)),
        now=NOW,
    )

    printed = f"{made!r} {ticket!r} {wish!r} {hook!r}"

    for private in (*made.keys.values(), ticket.ticket, "a token", hook.secret):
        assert private not in printed

"""An admin makes hooks, gives them secrets, rotates and deletes them; a secret is shown once at most."""

import base64
import re
from datetime import timedelta

import pytest

from switchhook.domain.facts.event import Kind
from switchhook.ports.ingress import Hook
from unit.api.world import BASE, NOW, make_tenant

GENERIC = {"provider": "generic", "kind": "call"}
AIRCALL = {"provider": "aircall", "kind": "call"}
COMM100 = {"provider": "comm100", "kind": "chat"}
TOKEN = "0123456789abcdef0123456789abcdef"


def post(call, tenant, body):
    return call("POST", f"{tenant.path}/hooks", body, key=tenant.admin)


def made(call, tenant, body):
    answer = post(call, tenant, body)
    assert answer.status == 201, answer.text
    return answer.json


def at(call, method, tenant, hook, body=None, *, then=""):
    path = f"{tenant.path}/hooks/{hook['hook_id']}{then}"
    return call(method, path, body, key=tenant.admin)


def test_a_generic_hook_comes_with_a_secret_of_32_random_bytes(call, world, tenant):
    hook = made(call, tenant, GENERIC)

    assert hook["secret"].startswith("whsec_")
    assert len(base64.b64decode(hook["secret"].removeprefix("whsec_"))) == 32
    assert hook["needs_secret"] is False
    assert hook["source"] == hook["hook_id"]
    assert hook["url"] == f"{BASE}/hooks/{hook['hook_id']}/call-ended"
    assert hook["instructions"]
    stored = world.table.hooks[hook["hook_id"]]
    assert stored == Hook(
        id=hook["hook_id"],
        tenant=tenant.id,
        provider="generic",
        kind=Kind.CALL,
        source=hook["hook_id"],
        secret_ct=world.cipher.encrypt(hook["secret"], tenant=tenant.id, purpose="hook"),
    )


def test_a_chat_hook_has_an_address_of_its_own(call, tenant):
    hook = made(call, tenant, {**GENERIC, "kind": "chat"})

    assert hook["url"] == f"{BASE}/hooks/{hook['hook_id']}/chat-ended"


def test_a_provider_that_proves_nothing_gets_a_key_in_the_url(call, world, tenant):
    """The key is the secret: letters and digits that no url changes, shown where it is made only."""
    hook = made(call, tenant, COMM100)
    bare = f"{BASE}/hooks/{hook['hook_id']}/chat-ended"

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", hook["secret"])
    assert hook["url"] == f"{bare}?key={hook['secret']}"
    stored = world.table.hooks[hook["hook_id"]]
    assert (
        world.cipher.decrypt(stored.secret_ct, tenant=tenant.id, purpose="hook") == (hook["secret"])
    )
    shown = at(call, "GET", tenant, hook)
    assert shown.json["url"] == bare
    assert hook["secret"] not in shown.text
    assert hook["secret"] not in call("GET", f"{tenant.path}/hooks", key=tenant.admin).text


def test_a_rotated_key_is_a_new_url_and_a_given_one_is_not_echoed(call, tenant):
    hook = made(call, tenant, COMM100)

    rotated = at(call, "POST", tenant, hook, {}, then="/rotate").json
    given = at(call, "PATCH", tenant, hook, {"secret": "g" * 30})

    assert rotated["secret"] != hook["secret"]
    assert rotated["url"].endswith(f"?key={rotated['secret']}")
    assert "key=" not in given.json["url"]
    assert "g" * 30 not in given.text


def test_an_aircall_hook_needs_the_secret_that_aircall_makes(call, world, tenant):
    hook = made(call, tenant, AIRCALL)

    assert hook["needs_secret"] is True
    assert "secret" not in hook
    assert hook["source"] == "aircall"
    assert world.table.hooks[hook["hook_id"]].secret_ct is None

    given = at(call, "PATCH", tenant, hook, {"secret": TOKEN})

    assert given.json["needs_secret"] is False
    assert TOKEN not in given.text
    stored = world.table.hooks[hook["hook_id"]]
    assert world.cipher.decrypt(stored.secret_ct, tenant=tenant.id, purpose="hook") == TOKEN
    assert stored.previous_secret_ct is None


def test_a_given_secret_is_never_echoed(call, tenant):
    answer = post(call, tenant, {**AIRCALL, "secret": TOKEN})

    assert answer.json["needs_secret"] is False
    assert TOKEN not in answer.text


def test_without_a_configured_address_the_url_has_the_domain_that_was_called(world, tenant):
    from unit.api.world import Caller  # noqa: PLC0415

    world.public_base_url = ""
    hook = made(Caller(world), tenant, GENERIC)

    assert hook["url"].startswith("https://api.example.com/hooks/")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param({"provider": "nonesuch"}, "provider", id="unknown_provider"),
        pytest.param({**AIRCALL, "kind": "chat"}, "kind", id="kind_it_does_not_have"),
        pytest.param({"kind": "fax"}, "kind", id="no_kind"),
        pytest.param({"kind": None}, "kind", id="null_kind"),
        pytest.param({"secret": "short"}, "secret", id="secret_of_the_wrong_form"),
        pytest.param({"secret": "whsec_dG9vc2hvcnQ="}, "secret", id="secret_too_short"),
        pytest.param({"secret": 5}, "secret", id="secret_is_no_text"),
        pytest.param({"secret": "x" * 600}, "secret", id="secret_too_long"),
        pytest.param({"source": ""}, "source", id="empty_source"),
        pytest.param({"source": "a b"}, "source", id="source_with_a_space"),
        pytest.param({"source": "main\n"}, "source", id="source_with_a_line_end"),
        pytest.param({"source": "x" * 101}, "source", id="source_too_long"),
        pytest.param({"replaces": "h_unknown"}, "replaces", id="replaces_nothing"),
        pytest.param({"replaces": "a/b#c"}, "replaces", id="replaces_no_id"),
        pytest.param({"colour": "red"}, "colour", id="unknown_name"),
    ],
)
def test_a_hook_that_cannot_be_taken_is_422_naming_the_field(call, world, tenant, change, named):
    answer = post(call, tenant, {**GENERIC, **change})

    assert answer.status == 422
    assert list(answer.error["fields"]) == [named]
    assert world.table.hooks == {}


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize("is_deleted", [False, True], ids=["standing", "deleted"])
def test_a_hook_that_replaces_another_continues_its_source(call, tenant, is_deleted):
    old = made(call, tenant, GENERIC)
    if is_deleted:
        at(call, "DELETE", tenant, old)

    new = made(call, tenant, {**GENERIC, "replaces": old["hook_id"]})

    assert new["hook_id"] != old["hook_id"]
    assert new["source"] == old["source"]


def test_a_given_source_is_taken_also_where_the_provider_has_one_of_its_own(call, tenant):
    assert made(call, tenant, {**GENERIC, "source": "main"})["source"] == "main"
    assert made(call, tenant, {**AIRCALL, "source": "branch"})["source"] == "branch"


def test_replacing_and_another_source_contradict_each_other(call, tenant):
    old = made(call, tenant, {**GENERIC, "source": "main"})

    answer = post(call, tenant, {**GENERIC, "replaces": old["hook_id"], "source": "branch"})

    assert answer.status == 422
    assert list(answer.error["fields"]) == ["source"]


def test_a_hook_cannot_replace_one_of_another_provider_or_tenant(call, tenant):
    old = made(call, tenant, GENERIC)
    other = make_tenant(call, name="Other Ltd")

    across_providers = post(call, tenant, {**AIRCALL, "replaces": old["hook_id"]})
    across_tenants = post(call, other, {**GENERIC, "replaces": old["hook_id"]})

    assert (across_providers.status, across_tenants.status) == (422, 422)


def test_hooks_are_listed_and_shown_without_their_secrets(call, tenant):
    hooks = [made(call, tenant, GENERIC), made(call, tenant, AIRCALL)]

    listed = call("GET", f"{tenant.path}/hooks", key=tenant.admin)

    shown = [{k: v for k, v in hook.items() if k != "secret"} for hook in hooks]
    assert listed.json == {"items": shown, "next_cursor": None}
    assert at(call, "GET", tenant, hooks[0]).json == shown[0]


def test_hooks_are_listed_page_by_page(call, tenant):
    hooks = [made(call, tenant, GENERIC)["hook_id"] for _ in range(3)]
    query = {"limit": "2"}

    first = call("GET", f"{tenant.path}/hooks", key=tenant.admin, query=query).json
    query["cursor"] = first["next_cursor"]
    second = call("GET", f"{tenant.path}/hooks", key=tenant.admin, query=query).json

    assert [hook["hook_id"] for hook in first["items"] + second["items"]] == hooks
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("body", "kept_s"), [({}, 86_400), ({"keep_previous_s": 60}, 60)], ids=["default", "given"]
)
def test_after_a_rotation_the_old_secret_works_for_a_while(call, world, tenant, body, kept_s):
    hook = made(call, tenant, GENERIC)
    before = world.table.hooks[hook["hook_id"]]

    rotated = at(call, "POST", tenant, hook, body, then="/rotate").json

    after = world.table.hooks[hook["hook_id"]]
    assert rotated["secret"] != hook["secret"]
    assert rotated["source"] == hook["source"]
    assert after.previous_secret_ct == before.secret_ct
    assert after.previous_until == int(NOW.timestamp()) + kept_s
    assert rotated["previous_secret_until"] is not None
    assert at(call, "GET", tenant, hook).json["previous_secret_until"] is not None
    world.time = NOW + timedelta(seconds=kept_s)
    assert at(call, "GET", tenant, hook).json["previous_secret_until"] is None


def test_a_rotation_can_end_the_old_secret_at_once(call, world, tenant):
    hook = made(call, tenant, GENERIC)

    at(call, "POST", tenant, hook, {"keep_previous_s": 0}, then="/rotate")

    after = world.table.hooks[hook["hook_id"]]
    assert (after.previous_secret_ct, after.previous_until) == (None, None)


@pytest.mark.parametrize("kept_s", [-1, 2_592_001, 1.5, "60", True, None])
def test_how_long_the_old_secret_works_has_its_bounds(call, tenant, kept_s):
    hook = made(call, tenant, GENERIC)

    answer = at(call, "POST", tenant, hook, {"keep_previous_s": kept_s}, then="/rotate")

    assert answer.status == 422
    assert list(answer.error["fields"]) == ["keep_previous_s"]


def test_a_secret_that_the_provider_makes_cannot_be_rotated_here(call, tenant):
    hook = made(call, tenant, AIRCALL)

    answer = at(call, "POST", tenant, hook, then="/rotate")

    assert (answer.status, answer.error["code"]) == (409, "secret_not_ours")


def test_a_new_secret_from_the_provider_keeps_the_old_one_for_a_while(call, world, tenant):
    hook = made(call, tenant, {**AIRCALL, "secret": TOKEN})

    at(call, "PATCH", tenant, hook, {"secret": TOKEN[::-1], "keep_previous_s": 10})

    stored = world.table.hooks[hook["hook_id"]]
    previous = world.cipher.decrypt(stored.previous_secret_ct, tenant=tenant.id, purpose="hook")
    assert previous == TOKEN
    assert stored.previous_until == int(NOW.timestamp()) + 10


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"keep_previous_s": 5}, id="no_secret"),
        pytest.param({"secret": ""}, id="empty"),
        pytest.param({"secret": None}, id="null"),
        pytest.param({"secret": "line\nend"}, id="unprintable"),
        pytest.param({"secret": TOKEN, "source": "x"}, id="more_than_a_secret"),
    ],
)
def test_an_unusable_secret_is_422(call, tenant, body):
    hook = made(call, tenant, AIRCALL)

    assert at(call, "PATCH", tenant, hook, body).status == 422


@pytest.mark.parametrize(
    ("provider", "method", "then", "body"),
    [
        pytest.param(GENERIC, "POST", "/rotate", {}, id="rotation"),
        pytest.param(AIRCALL, "PATCH", "", {"secret": TOKEN}, id="given_secret"),
    ],
)
def test_of_two_changes_of_a_secret_at_once_the_second_is_told(
    call, world, tenant, provider, method, then, body
):
    hook = made(call, tenant, provider)
    world.table.before_write = lambda: at(call, method, tenant, hook, body, then=then)

    answer = at(call, method, tenant, hook, body, then=then)

    assert (answer.status, answer.error["code"]) == (409, "conflict")


def test_a_deleted_hook_is_gone(call, world, tenant):
    hook = made(call, tenant, GENERIC)

    answer = at(call, "DELETE", tenant, hook)

    assert (answer.status, answer.text) == (204, "")
    assert world.table.hooks == {}
    assert at(call, "GET", tenant, hook).status == 404
    assert call("GET", f"{tenant.path}/hooks", key=tenant.admin).json["items"] == []


@pytest.mark.parametrize(
    ("method", "then", "body"),
    [
        pytest.param("GET", "", None, id="show"),
        pytest.param("PATCH", "", {"secret": TOKEN}, id="give_a_secret"),
        pytest.param("DELETE", "", None, id="delete"),
        pytest.param("POST", "/rotate", {}, id="rotate"),
    ],
)
@pytest.mark.parametrize("whose", ["nobody", "another", "no_id"])
def test_a_hook_that_is_not_the_tenants_is_404(call, world, tenant, method, then, body, whose):
    other = make_tenant(call, name="Other Ltd")
    hook_id = {"nobody": "h_unknown", "no_id": "h+1", "another": None}[whose]
    if hook_id is None:
        hook_id = made(call, other, GENERIC)["hook_id"]
    before = dict(world.table.hooks)

    answer = call(method, f"{tenant.path}/hooks/{hook_id}{then}", body, key=tenant.admin)

    assert answer.status == 404
    assert world.table.hooks == before


def test_a_hook_whose_look_up_is_gone_is_404(call, world, tenant):
    hook = made(call, tenant, GENERIC)
    world.table.hooks.clear()

    assert at(call, "POST", tenant, hook, {}, then="/rotate").status == 404

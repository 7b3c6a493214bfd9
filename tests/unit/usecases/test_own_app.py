"""A tenant's own app is stored whole, changed without breaking a grant, and forgotten with its last one."""

from dataclasses import replace

import pytest

from fakes.apps import FakeAppChoices, FakeApps, FakeAppSecrets
from fakes.connections import FakeConnections
from switchhook.adapters.salesforce.hosts import SalesforceHosts
from switchhook.domain.connection import Connection, ConnectionStatus
from switchhook.domain.errors import Conflict, Rejected, Retryable
from switchhook.ports.connect import AppCredentials
from switchhook.usecases.org.own_app import (
    AppStores,
    drop_app,
    erase_apps,
    forget_app,
    is_in_force,
    put_app,
    refuse_without_app,
)

FIRST = AppCredentials(client_id="first", client_secret="s-1")
SECOND = AppCredentials(client_id="second", client_secret="s-2")
LOGIN = "https://login.salesforce.com"

pytestmark = pytest.mark.rule("CX-2", "CX-11")


@pytest.fixture
def stores():
    return AppStores(
        choices=FakeAppChoices(),
        secrets=FakeAppSecrets(),
        connections=FakeConnections(),
        secret_prefix="stack/apps/",
    )


def put(stores, credentials=FIRST, *, login_url=LOGIN, tenant="t-1"):
    return put_app(
        tenant,
        credentials,
        login_url=login_url,
        read_login_url=SalesforceHosts().login_base,
        stores=stores,
    )


def connect(stores, app, tenant="t-1"):
    stores.connections.stored[tenant] = Connection(
        tenant=tenant, status=ConnectionStatus.CONNECTED, generation=1, app=app
    )


def kept(stores):
    return {credentials.client_id for credentials in stores.secrets.stored.values()}


def test_an_app_is_stored_with_its_secret_apart(stores):
    choice = put(stores)

    assert stores.choices.read("t-1") == choice
    assert (choice.app.client_id, choice.login_url) == ("first", LOGIN)
    assert stores.secrets.stored == {choice.app.secret_id: FIRST}
    assert "stack/apps/t-1/" in choice.app.secret_id


def test_storing_an_app_twice_is_storing_it_once(stores):
    assert put(stores) == put(stores)
    assert kept(stores) == {"first"}


def test_tenants_with_the_same_app_keep_it_apart(stores):
    mine, other = put(stores), put(stores, tenant="t-2")

    drop_app("t-2", stores=stores)

    assert mine.app.secret_id != other.app.secret_id
    assert list(stores.secrets.stored) == [mine.app.secret_id]


def test_a_new_secret_of_the_same_app_takes_the_old_ones_place(stores):
    before = put(stores)
    connect(stores, before.app)

    after = put(stores, replace(FIRST, client_secret="rotated"))

    assert after == before
    assert stores.secrets.stored[before.app.secret_id].client_secret == "rotated"


def test_an_app_nobody_is_connected_through_goes_when_another_comes(stores):
    put(stores)
    put(stores, SECOND)

    assert kept(stores) == {"second"}


@pytest.mark.parametrize("change", [lambda s: put(s, SECOND), lambda s: drop_app("t-1", stores=s)])
def test_the_app_of_a_grant_is_kept_until_the_grant_ends(stores, change):
    first = put(stores).app
    connect(stores, first)

    change(stores)
    assert "first" in kept(stores)
    forget_app(first, "t-1", choices=stores.choices, secrets=stores.secrets)

    assert "first" not in kept(stores)


def test_the_app_that_the_tenant_still_chooses_outlives_its_grant(stores):
    app = put(stores).app

    forget_app(app, "t-1", choices=stores.choices, secrets=stores.secrets)

    assert kept(stores) == {"first"}


def test_forgetting_fails_nobodys_work(stores):
    app = put(stores).app
    stores.choices.drop("t-1")
    stores.secrets.is_down = True

    forget_app(app, "t-1", choices=stores.choices, secrets=stores.secrets)

    assert kept(stores) == {"first"}


def test_a_store_that_does_not_answer_leaves_the_choice_as_it_was(stores):
    stores.secrets.is_down = True

    with pytest.raises(Retryable):
        put(stores)

    assert stores.choices.read("t-1") is None


def test_a_secret_that_comes_and_goes_at_once_is_a_conflict(stores, monkeypatch):
    monkeypatch.setattr(stores.secrets, "create", lambda *_: None)

    with pytest.raises(Conflict):
        put(stores)


def test_dropping_what_is_not_there_is_harmless(stores):
    drop_app("t-1", stores=stores)

    assert stores.choices.read("t-1") is None


def test_a_deleted_tenant_leaves_no_credentials(stores):
    connect(stores, put(stores).app)
    put(stores, SECOND)

    erase_apps("t-1", stores=stores)

    assert kept(stores) == set()


@pytest.mark.parametrize(
    "login_url",
    [
        pytest.param("https://evil.example", id="another_host"),
        pytest.param("http://login.salesforce.com", id="plain_http"),
        pytest.param("https://acme.my.site.com/partners/s/login", id="a_page_of_a_site"),
    ],
)
def test_an_address_that_is_not_salesforces_is_refused_by_name(stores, login_url):
    with pytest.raises(Rejected) as refused:
        put(stores, login_url=login_url)

    assert refused.value.status == 422
    assert list(refused.value.fields) == ["login_url"]
    assert kept(stores) == set()


@pytest.mark.rule("SH-11")
def test_people_may_sign_in_at_a_site(stores):
    site = "https://acme.my.site.com/partners"

    assert put(stores, login_url=f"{site}/").login_url == site


@pytest.mark.parametrize(
    ("connected_through", "chosen", "expected"),
    [
        pytest.param(None, None, True, id="both_the_deployments"),
        pytest.param(FIRST, FIRST, True, id="the_same_own_app"),
        pytest.param(FIRST, SECOND, False, id="another_own_app"),
        pytest.param(FIRST, None, False, id="the_own_app_was_dropped"),
        pytest.param(None, FIRST, False, id="the_own_app_is_new"),
    ],
)
def test_a_choice_is_in_force_unless_a_grant_of_another_app_lives(
    stores, connected_through, chosen, expected
):
    app = put(stores, connected_through).app if connected_through else None
    connect(stores, app)
    if chosen:
        put(stores, chosen)
    elif connected_through:
        drop_app("t-1", stores=stores)

    choice = stores.choices.read("t-1")
    assert is_in_force("t-1", choice=choice, connections=stores.connections) is expected


@pytest.mark.rule("CX-3")
def test_without_any_app_nobody_can_connect(stores):
    nobody = FakeApps(None, stores.secrets)

    with pytest.raises(Rejected, match="operator") as refused:
        refuse_without_app("t-1", choices=stores.choices, default=nobody)
    put(stores)
    refuse_without_app("t-1", choices=stores.choices, default=nobody)

    assert (refused.value.status, refused.value.code) == (409, "app_not_set_up")


@pytest.mark.rule("CX-3")
def test_an_app_that_cannot_be_read_now_is_not_said_to_be_missing(stores):
    apps = FakeApps(FIRST, stores.secrets)
    apps.error = Retryable("not now", code="app_secret_unavailable", after_s=5)

    with pytest.raises(Retryable):
        refuse_without_app("t-1", choices=stores.choices, default=apps)

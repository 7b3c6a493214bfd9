"""An admin's way to Salesforce and back, against a running org."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from builders.connecting_admin import CHANCE, CIPHER, REDIRECT_URI, Admin, works
from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.errors import Conflict, NeedsReconnect, Permanent, Rejected, Retryable
from switchhook.domain.tenants import fingerprint
from switchhook.usecases.org.connect import Question, finish, question

pytestmark = [pytest.mark.org, pytest.mark.rule("SH-8")]


@pytest.fixture
def admin(org):
    return Admin(org)


@pytest.mark.rule("CX-10", "CX-13")
def test_the_way_leads_to_salesforce_with_pkce(admin):
    admin.asks_for_a_link()

    going = admin.starts()

    query = parse_qs(urlsplit(going.url).query)
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["code_challenge"][0]) == 43
    assert query["redirect_uri"] == [REDIRECT_URI]
    assert query["scope"] == ["api id refresh_token"]
    assert CHANCE.verifier not in going.url


def test_what_is_stored_of_a_way_opens_nothing(admin):
    admin.asks_for_a_link()
    admin.starts()

    ((state_hash, state),) = admin.steps.states.items()
    assert state_hash == fingerprint(CHANCE.state)
    assert state.browser_hash == fingerprint(CHANCE.browser)
    assert state.verifier_ciphertext == CIPHER.encrypt(
        CHANCE.verifier, tenant="t-1", purpose="pkce"
    )


@pytest.mark.rule("CX-7", "CX-8", "CX-58")
def test_allowing_connects_the_tenant_as_that_user(org, admin):
    connection = admin.connects()

    assert connection == admin.connections.read("t-1")
    assert (connection.status, connection.generation) == (ConnectionStatus.CONNECTED, 1)
    assert connection.user.email == "admin@orgsim.example"
    assert connection.instance_url == org.login_url
    assert works(org, admin.grant())


@pytest.mark.rule("CX-5")
def test_the_checks_are_made_and_the_metadata_is_warm(admin):
    connection = admin.connects()

    assert all(check.ok for check in connection.checks)
    assert len(connection.checks) == 11
    assert admin.memory.facts["t-1"].org_id == connection.org_id


def test_what_is_parked_is_drained_and_the_grant_is_kept_alive(admin):
    connection = admin.connects()

    assert admin.due_dates.drained == ["t-1"]
    assert admin.due_dates.kept_alive == [("t-1", connection.connected_at + timedelta(days=25))]


@pytest.mark.rule("CX-4")
def test_a_person_is_asked_first_and_the_ticket_stays(admin):
    admin.asks_for_a_link()

    asked = [question("ticket", world=admin.world) for _ in range(3)]

    assert asked == [Question(tenant_id="t-1", tenant_name="Lovelace Engines")] * 3
    assert admin.starts()


@pytest.mark.parametrize(
    "late_s", [pytest.param(None, id="spent"), pytest.param(601, id="too_old")]
)
def test_nobody_is_asked_about_a_ticket_that_does_not_work(admin, late_s):
    admin.asks_for_a_link()
    if late_s is None:
        admin.starts()
    else:
        admin.offset = timedelta(seconds=late_s)

    with pytest.raises(Rejected) as refused:
        question("ticket", world=admin.world)

    assert (refused.value.code, refused.value.status) == ("stale_link", 400)


def test_a_deleted_tenant_is_neither_asked_about_nor_connected(org, admin):
    admin.asks_for_a_link()
    back = admin.comes_back()
    admin.asks_for_a_link()
    admin.steps.names.clear()

    with pytest.raises(Rejected, match="is gone"):
        question("ticket", world=admin.world)
    with pytest.raises(Rejected, match="is gone"):
        finish(back, world=admin.world)

    assert org.requests_to("/oauth2/token") == []


def test_salesforce_asks_for_log_in_and_consent_always(admin):
    admin.asks_for_a_link()

    assert parse_qs(urlsplit(admin.starts().url).query)["prompt"] == ["login consent"]


def test_a_ticket_works_once(admin):
    admin.asks_for_a_link()
    admin.starts()

    with pytest.raises(Rejected, match="used already"):
        admin.starts()


def test_an_old_ticket_does_not_work(admin):
    admin.asks_for_a_link()
    admin.offset = timedelta(minutes=10, seconds=1)

    with pytest.raises(Rejected) as refused:
        admin.starts()

    assert (refused.value.code, refused.value.status) == ("stale_link", 400)


def test_a_state_works_once(admin):
    admin.asks_for_a_link()
    back = admin.comes_back()
    finish(back, world=admin.world)

    with pytest.raises(Rejected, match="used already"):
        finish(back, world=admin.world)


def test_an_old_state_does_not_work(admin):
    admin.asks_for_a_link()
    back = admin.comes_back()
    admin.offset = timedelta(minutes=10, seconds=1)

    with pytest.raises(Rejected, match="ten minutes"):
        finish(back, world=admin.world)


@pytest.mark.parametrize(
    "browser",
    [
        pytest.param(None, id="without_a_cookie"),
        pytest.param("c" * 43, id="with_another_cookie"),
        pytest.param("", id="with_an_empty_cookie"),
    ],
)
def test_another_browser_is_refused_and_the_state_is_spent(admin, browser):
    admin.asks_for_a_link()
    back = admin.comes_back()

    with pytest.raises(Rejected) as refused:
        finish(replace(back, browser=browser), world=admin.world)

    assert (refused.value.code, refused.value.status) == ("foreign_browser", 403)
    assert admin.steps.states == {}
    assert admin.connections.read("t-1") is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"state": None}, "stale_link", id="no_state"),
        pytest.param({"state": "x" * 43}, "stale_link", id="unknown_state"),
        pytest.param({"code": None}, "stale_link", id="no_code"),
        pytest.param({"code": "made-up"}, "invalid_grant", id="made_up_code"),
    ],
)
def test_what_salesforce_did_not_send_connects_nothing(admin, changes, code):
    admin.asks_for_a_link()

    with pytest.raises(Rejected) as refused:
        finish(admin.comes_back(**changes), world=admin.world)

    assert refused.value.code == code
    assert admin.connections.read("t-1") is None


def test_denying_changes_nothing_and_says_so(admin):
    admin.asks_for_a_link()

    with pytest.raises(Rejected, match="did not allow") as refused:
        finish(admin.comes_back("deny"), world=admin.world)

    assert refused.value.status == 403
    assert admin.connections.read("t-1") is None


def test_connecting_again_replaces_the_grant_and_clears_what_was_wrong(org, admin):
    admin.connects()
    broken = replace(
        admin.connections.read("t-1"),
        status=ConnectionStatus.BROKEN,
        access_ciphertext=b"",
        refresh_ciphertext=b"",
        parked="budget",
    )
    admin.connections.stored["t-1"] = broken

    connection = admin.connects()

    assert (connection.status, connection.generation) == (ConnectionStatus.CONNECTED, 2)
    assert connection.parked is None
    assert works(org, admin.grant())


def connected_elsewhere(admin):
    admin.connects()
    elsewhere = replace(admin.connections.read("t-1"), org_id="00Dxx0000000009EAA")
    admin.connections.stored["t-1"] = elsewhere
    return elsewhere


def test_another_org_is_refused_and_its_grant_is_revoked(org, admin):
    elsewhere = connected_elsewhere(admin)
    before = len(org.requests_to("/oauth2/revoke"))

    with pytest.raises(Rejected) as refused:
        admin.connects()

    assert (refused.value.code, refused.value.status) == ("other_org", 409)
    assert "confirm_org" in refused.value.message
    assert admin.connections.read("t-1") == elsewhere
    assert len(org.requests_to("/oauth2/revoke")) == before + 1


def test_another_org_is_accepted_when_confirmed(admin):
    connected_elsewhere(admin)

    connection = admin.connects(confirm_org=True)

    assert connection.org_id != "00Dxx0000000009EAA"


def test_an_app_without_offline_access_is_refused_in_words(org, admin, monkeypatch):
    exchange = org.tokens.exchange
    monkeypatch.setattr(
        org.tokens, "exchange", lambda *a, **k: replace(exchange(*a, **k), refresh_token=None)
    )

    with pytest.raises(Rejected, match="refresh_token"):
        admin.connects()

    assert admin.connections.read("t-1") is None


@pytest.mark.parametrize("effect", ["status_503", "drop_before"])
def test_checks_that_cannot_be_made_do_not_undo_the_connection(org, admin, effect):
    org.fault(effect, path="/describe")

    connection = admin.connects()

    assert (connection.status, connection.checks) == (ConnectionStatus.CONNECTED, ())
    assert admin.due_dates.drained == ["t-1"]


@pytest.mark.rule("CX-5")
def test_a_user_without_the_api_is_connected_with_a_warning(admin):
    class NoApi:
        def describe(self, _grant, _object_type):
            raise Permanent("The REST API is not enabled.", code="API_DISABLED_FOR_ORG")

    admin.world = replace(admin.world, org=NoApi())

    connection = admin.connects()

    (check,) = connection.checks
    assert connection.status is ConnectionStatus.CONNECTED
    assert (check.id, check.ok) == ("api_access", False)
    assert "The REST API is not enabled." in check.text


def test_an_unreachable_salesforce_connects_nothing(org, admin):
    admin.asks_for_a_link()
    back = admin.comes_back()
    org.fault("html_502", path="/userinfo")

    with pytest.raises(Retryable):
        finish(back, world=admin.world)

    assert admin.connections.read("t-1") is None


@pytest.mark.rule("CX-61")
def test_disconnecting_revokes_and_deletes_the_tokens(org, admin):
    admin.connects()
    grant = admin.grant()

    assert admin.disconnects() is True

    stored = admin.connections.read("t-1")
    assert stored.status is ConnectionStatus.NOT_CONNECTED
    assert (stored.access_ciphertext, stored.refresh_ciphertext) == (b"", b"")
    with pytest.raises(Retryable):
        works(org, grant)
    with pytest.raises(NeedsReconnect):
        admin.grant()


def test_disconnecting_twice_is_harmless(org, admin):
    admin.connects()
    admin.disconnects()

    assert admin.disconnects() is True
    assert len(org.requests_to("/oauth2/revoke")) == 1


def test_an_unreachable_salesforce_does_not_keep_anybody_connected(org, admin):
    admin.connects()
    org.fault("html_502", path="/revoke")

    assert admin.disconnects() is False
    assert admin.connections.read("t-1").status is ConnectionStatus.NOT_CONNECTED


def test_after_disconnecting_the_same_org_connects_without_confirmation(admin):
    admin.connects()
    admin.disconnects()

    assert admin.connects().status is ConnectionStatus.CONNECTED


def test_after_disconnecting_another_org_still_needs_confirmation(admin):
    connected_elsewhere(admin)
    admin.disconnects()

    with pytest.raises(Rejected) as refused:
        admin.connects()

    assert refused.value.code == "other_org"


def test_a_connection_that_never_rests_is_left_to_the_admin(admin, monkeypatch):
    admin.connects()
    monkeypatch.setattr(admin.connections, "replace", lambda *_: False)

    with pytest.raises(Conflict):
        admin.disconnects()


def test_a_grant_made_by_connecting_can_be_refreshed(org, admin):
    admin.connects()

    assert works(org, admin.renews())

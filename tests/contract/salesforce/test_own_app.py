"""A tenant connects through its own app, or through a site's own login, against a running org."""

from urllib.parse import parse_qs, urlsplit

import pytest

from builders.connecting_admin import Admin, works
from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.errors import NeedsReconnect, Rejected, Retryable, SessionExpired
from switchhook.ports.connect import AppCredentials
from switchhook.usecases.org.connect import finish

pytestmark = [pytest.mark.org, pytest.mark.rule("CX-2", "SH-8")]

FIRST = AppCredentials(client_id="own-first", client_secret="first s3cret")
SECOND = AppCredentials(client_id="own-second", client_secret="second s3cret")
SITE = {"path": "partners", "name": "Partners"}


@pytest.fixture
def admin(org):
    return Admin(org)


@pytest.fixture
def site(org):
    """The address of an Experience Cloud site of the org."""
    org.settings(communities=[SITE])
    return f"{org.login_url}/{SITE['path']}"


def kept(admin):
    return {app.client_id for app in admin.secrets.stored.values()}


def paths_of_tokens(org):
    return [each["path"] for each in org.requests_to("/oauth2/token")]


@pytest.mark.rule("CX-9", "CX-10", "CX-13")
def test_connecting_goes_through_the_tenants_own_app_with_pkce(org, admin):
    choice = admin.puts_app(FIRST)
    admin.asks_for_a_link()
    query = parse_qs(urlsplit(admin.starts().url).query)

    connection = admin.connects()

    assert query["client_id"] == [FIRST.client_id]
    assert query["code_challenge_method"] == ["S256"]
    assert connection.app == choice.app
    assert works(org, admin.grant())


def test_a_grant_of_an_own_app_is_refreshed_with_it(org, admin):
    admin.puts_app(FIRST)
    admin.connects()

    assert works(org, admin.renews())


def test_replacing_the_app_breaks_no_grant(org, admin):
    admin.puts_app(FIRST)
    admin.connects()

    admin.puts_app(SECOND)

    assert works(org, admin.renews())
    assert works(org, admin.renews())
    assert kept(admin) == {"own-first", "own-second"}


def test_dropping_the_app_breaks_no_grant(org, admin):
    admin.puts_app(FIRST)
    admin.connects()

    admin.drops_app()

    assert works(org, admin.renews())


def test_a_first_own_app_leaves_the_deployments_grant_alone(org, admin):
    admin.connects()

    admin.puts_app(FIRST)

    assert works(org, admin.renews())
    assert admin.connections.read("t-1").app is None


def test_connecting_again_goes_over_to_the_new_app_and_forgets_the_old_one(org, admin):
    admin.puts_app(FIRST)
    admin.connects()
    second = admin.puts_app(SECOND)

    connection = admin.connects()

    assert connection.app == second.app
    assert kept(admin) == {"own-second"}
    assert works(org, admin.renews())


@pytest.mark.rule("CX-61")
def test_disconnecting_revokes_and_forgets_the_app_that_was_replaced(org, admin):
    admin.puts_app(FIRST)
    admin.connects()
    admin.puts_app(SECOND)

    assert admin.disconnects() is True
    assert kept(admin) == {"own-second"}
    assert len(org.requests_to("/oauth2/revoke")) == 1


def test_disconnecting_keeps_the_app_that_the_tenant_chooses(admin):
    admin.puts_app(FIRST)
    admin.connects()
    admin.disconnects()

    assert kept(admin) == {"own-first"}
    assert admin.connects().status is ConnectionStatus.CONNECTED


def test_a_sign_in_begun_through_another_app_connects_nothing(admin):
    admin.puts_app(FIRST)
    admin.asks_for_a_link()
    back = admin.comes_back()
    admin.puts_app(SECOND)

    with pytest.raises(Rejected, match="app of this account was changed"):
        finish(back, world=admin.world)

    assert admin.connections.read("t-1") is None


def test_a_wrong_secret_connects_nothing_and_says_so(org, admin):
    app = admin.puts_app(FIRST).app
    admin.secrets.stored[app.secret_id] = AppCredentials(client_id="own-first", client_secret="no")
    admin.asks_for_a_link()

    with pytest.raises(Retryable, match="credentials") as refused:
        finish(admin.comes_back(), world=admin.world)

    assert refused.value.code == "app_refused"
    assert admin.connections.read("t-1") is None


def test_a_grant_whose_apps_secret_is_lost_waits_for_an_admin(admin):
    admin.puts_app(FIRST)
    admin.connects()
    admin.secrets.stored.clear()

    with pytest.raises(NeedsReconnect):
        admin.renews()

    assert admin.connections.read("t-1").status is ConnectionStatus.BROKEN


@pytest.mark.rule("SH-11")
def test_a_site_is_signed_in_at_from_beginning_to_end(org, admin, site):
    admin.puts_app(FIRST, login_url=f"{site}/")
    connection = admin.connects()

    grant = admin.renews()
    admin.disconnects()

    assert connection.login_url == site
    assert connection.instance_url == org.login_url
    with pytest.raises(SessionExpired):
        works(org, grant)
    assert set(paths_of_tokens(org)) == {"/partners/services/oauth2/token"}
    assert [each["path"] for each in org.requests_to("/oauth2/revoke")] == [
        "/partners/services/oauth2/revoke"
    ]
    assert [each["path"] for each in org.requests_to("/oauth2/authorize")] == [
        "/partners/services/oauth2/authorize"
    ]


@pytest.mark.rule("SH-11", "CX-5")
def test_a_partner_who_connects_is_told_what_sharing_hides(org, admin, site):
    profiles = "SELECT Id FROM Profile WHERE PermissionsViewAllData = false"
    profile = org.rest.get(org.grant(), "query/", params={"q": profiles}).body["records"][0]["Id"]
    org.load(
        (
            "User",
            {
                "Username": "pia@partner.example",
                "LastName": "Partner",
                "Alias": "pia",
                "Email": "pia@partner.example",
                "ProfileId": profile,
                "UserType": "PowerPartner",
                "IsActive": True,
            },
        )
    )
    org.settings(sharing="private")
    admin.puts_app(FIRST, login_url=site)

    connection = admin.connects(username="pia@partner.example")

    failed = {check.id: check.text for check in connection.checks if not check.ok}
    assert connection.user.email == "pia@partner.example"
    assert list(failed) == ["sees_all_records"]
    assert "PowerPartner" in failed["sees_all_records"]
    facts = admin.memory.facts["t-1"].facts
    assert not facts.sees_all_records
    assert connection.user.id in facts.user_ids

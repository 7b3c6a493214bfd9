"""What a browser meets: prompts, sites, the front door, apps that are not installed."""

from urllib.parse import parse_qs, urlsplit

import pytest

from oauth.conftest import came_back, refusal

SITE = {"path": "help", "name": "Help Centre"}


def enter(app, path="/login"):
    """Log the browser in without any app."""
    answer = app.log_in(app.get(app.root + path))
    assert answer.status_code == 302, answer.text
    return answer


class TestPrompt:
    def test_a_browser_that_is_logged_in_goes_straight_to_consent(self, app):
        enter(app)

        page = app.authorize()

        assert 'id="allow"' in page.text
        assert came_back(app.submit(page, answer="allow"))["code"].startswith("aPrx")

    def test_what_the_user_allows_already_is_not_asked_again(self, app):
        app.connect()
        enter(app)

        back = came_back(app.authorize())

        assert back["state"] == "s7"
        assert app.exchange(back["code"]).ok

    def test_more_than_the_user_allows_is_asked(self, app):
        app.connect(scope="api")
        enter(app)

        assert 'id="allow"' in app.authorize(scope="api web").text

    @pytest.mark.parametrize(
        ("prompt", "shown"),
        [
            pytest.param("login", 'id="password"', id="login"),
            pytest.param("consent", 'id="allow"', id="consent"),
            pytest.param("login consent", 'id="password"', id="both"),
        ],
    )
    def test_prompt_asks_again(self, app, prompt, shown):
        app.connect()
        enter(app)

        assert shown in app.authorize(prompt=prompt).text

    def test_login_consent_asks_for_both_whatever_the_browser_and_the_user_gave_before(self, app):
        app.connect()
        enter(app)

        login = app.authorize(prompt="login consent")
        consent = app.log_in(login)

        assert 'id="password"' in login.text
        assert 'id="allow"' in consent.text
        assert came_back(app.submit(consent, answer="allow"))["code"].startswith("aPrx")

    def test_login_consent_gives_no_code_to_whoever_skips_the_log_in(self, app):
        app.connect()
        enter(app)

        answer = app.submit(app.authorize(prompt="login consent"), answer="allow")

        assert 'id="allow"' not in answer.text
        assert "code=" not in answer.headers.get("Location", "")

    def test_login_consent_never_succeeds_without_a_page(self, app):
        app.connect()
        enter(app)

        back = came_back(app.authorize(prompt="login consent", immediate="true"))

        assert back["error"] == "immediate_unsuccessful"

    def test_without_a_page_only_what_is_approved_succeeds(self, app):
        back = came_back(app.authorize(immediate="true"))

        assert (back["error"], back["state"]) == ("immediate_unsuccessful", "s7")

    def test_a_popup_shows_the_same_pages(self, app):
        assert 'id="login"' in app.authorize(display="popup").text


class TestNotInstalled:
    def test_the_app_learns_that_an_admin_has_to_install_it(self, app):
        app.register(installed=False)

        answer = app.authorize()

        assert answer.headers["Location"].endswith(
            "?error=invalid_client&error_description=app+must+be+installed+into+org&state=s7"
        )

    def test_tokens_given_before_go_on(self, app):
        tokens = app.connect()
        app.register(installed=False)

        assert app.refresh(tokens["refresh_token"]).ok


def test_an_app_asks_for_no_scope_beyond_its_own(app):
    """Without a scope it gets all of them."""
    app.register(scopes=["id", "openid"])

    assert came_back(app.authorize(scope="api"))["error"] == "invalid_scope"
    assert app.connect(scope="")["scope"] == "id openid"


class TestSite:
    @pytest.fixture(autouse=True)
    def _site(self, app):
        app.rest.settings(communities=[SITE])
        app.site = "/help"

    def test_a_log_in_at_a_site_tells_the_sites_address(self, app):
        tokens = app.connect()

        assert tokens["sfdc_community_url"] == f"{app.root}/help"
        assert tokens["sfdc_community_id"].startswith("0DB")
        assert tokens["instance_url"] == app.root
        assert app.works(tokens["access_token"])
        refreshed = app.refresh(tokens["refresh_token"]).json()
        assert refreshed["sfdc_community_url"] == f"{app.root}/help"

    def test_a_sites_code_is_a_sites_code_at_the_orgs_address_too(self, app):
        code = app.code()
        app.site = ""

        assert app.exchange(code).json()["sfdc_community_url"] == f"{app.root}/help"

    def test_the_orgs_own_tokens_name_no_site(self, app):
        app.site = ""

        assert not [key for key in app.connect() if key.startswith("sfdc_")]

    def test_a_site_has_a_log_in_page_of_its_own(self, app):
        page = app.get(f"{app.root}/help/login")

        assert "Help Centre" in page.text
        assert enter(app, "/help/login").headers["Location"] == "/help/"
        assert 'id="allow"' in app.authorize().text

    def test_a_site_has_no_data_api_here(self, app):
        answer = app.get(f"{app.root}/help/services/data/v62.0/limits")

        assert refusal(answer)[:2] == (501, "not_implemented")

    @pytest.mark.parametrize("path", ["services", "a/b", "", "ID"])
    def test_a_sites_path_must_not_be_the_orgs(self, app, path):
        site = {"path": path, "name": "x"}

        answer = app.rest.control("POST", "settings", {"communities": [site]}, status=422)

        assert "communities" in answer["error"]["fields"]


class TestFrontDoor:
    def single_access(self, app, **params):
        headers = {"Authorization": f"Bearer {self.token}"}
        return app.browser.get(app.url("singleaccess"), params=params, headers=headers, timeout=10)

    @pytest.fixture(autouse=True)
    def _connected(self, app):
        self.token = app.connect(scope="api web")["access_token"]

    def test_a_token_opens_the_door_once(self, app):
        address = self.single_access(app, redirect_uri="/lightning/page").json()["frontdoor_uri"]

        first, second = app.get(address), app.get(address)

        assert address.startswith(f"{app.root}/secur/frontdoor.jsp?otp=")
        assert first.headers["Location"] == "/lightning/page"
        assert "sid" in first.headers["Set-Cookie"]
        assert urlsplit(second.headers["Location"]).path == "/login"

    def test_whoever_came_through_the_door_is_logged_in(self, app):
        app.get(self.single_access(app).json()["frontdoor_uri"])

        assert 'id="allow"' in app.authorize(prompt="consent").text

    def test_a_pass_lives_a_minute(self, app):
        address = self.single_access(app).json()["frontdoor_uri"]
        app.rest.clock.forward(61)

        assert urlsplit(app.get(address).headers["Location"]).path == "/login"

    def test_an_access_token_is_a_key_as_well(self, app):
        answer = app.get(f"{app.root}/secur/frontdoor.jsp", sid=self.token, retURL="/x")

        assert answer.headers["Location"] == "/x"

    @pytest.mark.parametrize("address", ["https://else.example/", "//else.example", "/\\else"])
    def test_nobody_is_sent_to_another_host(self, app, address):
        answer = app.get(f"{app.root}/secur/frontdoor.jsp", sid=self.token, retURL=address)

        assert answer.headers["Location"] == "/"

    def test_any_letter_may_be_in_the_address(self, app):
        answer = app.get(f"{app.root}/secur/frontdoor.jsp", sid=self.token, retURL="/ω b?c=1%2F")

        assert answer.headers["Location"] == "/%CF%89%20b?c=1%2F"

    def test_the_token_needs_the_scope(self, app):
        self.token = app.connect(scope="api")["access_token"]

        assert refusal(self.single_access(app))[:2] == (400, "invalid_scope")

    def test_a_log_in_page_leads_where_the_browser_wanted_to_go(self, app):
        door = app.get(f"{app.root}/secur/frontdoor.jsp", otp="x", startURL="/a?b=c")
        page = app.get(app.root + door.headers["Location"])

        assert parse_qs(urlsplit(door.headers["Location"]).query) == {"startURL": ["/a?b=c"]}
        assert 'role="alert"' in app.log_in(page, password="wrong").text
        assert app.log_in(page).headers["Location"] == "/a?b=c"

"""The web-server flow, tokens and grants."""

import base64
import hashlib
import hmac
import re
from urllib.parse import parse_qs, urlsplit

import pytest

APP = {
    "client_id": "dialer",
    "client_secret": "s3cret",
    "redirect_uris": ["https://app.example/callback"],
    "rotation": True,
}
CALLBACK = APP["redirect_uris"][0]
VERIFIER = "v" * 171
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)


class Browser:
    """Walks through the pages the way a person does."""

    def __init__(self, rest, **app):
        self.rest = rest
        self.app = APP | app
        rest.settings(connected_apps=[self.app])
        self.root = rest.addresses.login_url
        self.oauth = f"{self.root}/services/oauth2"

    def post(self, name, **form):
        return self.rest.session.post(
            f"{self.oauth}/{name}", data=form, timeout=10, allow_redirects=False
        )

    def open(self, **params):
        asked = {
            "response_type": "code",
            "client_id": self.app["client_id"],
            "redirect_uri": self.app["redirect_uris"][0],
            "state": "st/ate+1",
            "code_challenge": CHALLENGE,
            "scope": "api refresh_token",
        } | params
        asked = {k: v for k, v in asked.items() if v is not None}
        return self.rest.session.get(
            f"{self.oauth}/authorize", params=asked, timeout=10, allow_redirects=False
        )

    def log_in(self, page, username=None, password=None):
        pending = re.search(r'name="pending" value="([^"]+)"', page.text).group(1)
        return self.post(
            "login",
            pending=pending,
            username=username or self.rest.addresses.username,
            password=password or self.rest.addresses.password,
        )

    def answer(self, page, word="allow"):
        pending = re.search(r'name="pending" value="([^"]+)"', page.text).group(1)
        redirect = self.post("consent", pending=pending, answer=word)
        assert redirect.status_code == 302, redirect.text
        self.location = redirect.headers["Location"]
        return {k: v[0] for k, v in parse_qs(urlsplit(self.location).query).items()}

    def code(self, **params):
        return self.answer(self.log_in(self.open(**params)))["code"]

    def exchange(self, code, /, **changes):
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self.app["client_id"],
            "client_secret": self.app.get("client_secret"),
            "redirect_uri": self.app["redirect_uris"][0],
            "code_verifier": VERIFIER,
        } | changes
        return self.post("token", **{k: v for k, v in form.items() if v is not None})

    def connect(self, **params):
        answer = self.exchange(self.code(**params))
        assert answer.ok, answer.text
        return answer.json()

    def refresh(self, token, **changes):
        form = {
            "grant_type": "refresh_token",
            "client_id": self.app["client_id"],
            "client_secret": self.app.get("client_secret"),
            "refresh_token": token,
        } | changes
        return self.post("token", **{k: v for k, v in form.items() if v is not None})

    def works(self, access_token):
        headers = {"Authorization": f"OAuth {access_token}"}
        return self.rest.call("GET", "/limits", headers=headers).status_code == 200


def error(answer):
    return answer.status_code, answer.json()["error"], answer.json()["error_description"]


@pytest.fixture
def browser(rest):
    return Browser(rest)


def test_a_person_logs_in_allows_and_the_app_gets_tokens(rest, browser):
    """The whole way, with PKCE, state and both pages."""
    page = browser.open()
    assert all(text in page.text for text in ('id="username"', 'id="password"', 'id="login"'))
    assert "dialer" in page.text
    consent = browser.log_in(page)
    assert all(text in consent.text for text in ('id="allow"', 'id="deny"', "dialer", "api"))
    back = browser.answer(consent)
    assert browser.location.startswith(f"{CALLBACK}?code=aPrx")
    assert back["state"] == "st/ate+1"

    answer = browser.exchange(back["code"])

    tokens = answer.json()
    assert set(tokens) == {
        "access_token",
        "signature",
        "scope",
        "instance_url",
        "id",
        "token_type",
        "issued_at",
        "refresh_token",
    }
    assert re.fullmatch(r"00D\w{12}!\S+", tokens["access_token"])
    assert tokens["instance_url"] == rest.addresses.instance_url
    assert tokens["id"].startswith(f"{rest.addresses.login_url}/id/00D")
    assert tokens["issued_at"] == "1778662800000"
    signed = (tokens["id"] + tokens["issued_at"]).encode()
    digest = hmac.new(APP["client_secret"].encode(), signed, hashlib.sha256).digest()
    assert tokens["signature"] == base64.b64encode(digest).decode()
    assert browser.works(tokens["access_token"])


def test_a_denial_comes_back_with_the_state(browser):
    """The words are those of a real org."""
    browser.answer(browser.log_in(browser.open(state="s1")), "deny")

    assert browser.location == (
        f"{CALLBACK}?error=access_denied&error_description=end-user+denied+authorization&state=s1"
    )


@pytest.mark.parametrize(
    "params",
    [
        pytest.param({"client_id": "nobody"}, id="an_app_nobody_registered"),
        pytest.param({"redirect_uri": f"{CALLBACK}/"}, id="a_callback_that_is_longer"),
        pytest.param({"redirect_uri": "https://evil.example/callback"}, id="another_host"),
        pytest.param({"redirect_uri": None}, id="no_callback"),
    ],
)
def test_what_cannot_be_trusted_is_never_redirected(browser, params):
    """The person sees why; the browser stays here."""
    answer = browser.open(**params)

    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert 'role="alert"' in answer.text


def test_a_wrong_password_leads_back_to_the_form(browser):
    """The username stays filled in."""
    page = browser.log_in(browser.open(), password="wrong")

    assert 'role="alert"' in page.text
    assert 'id="login"' in page.text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"code_verifier": "w" * 43}, "invalid code verifier", id="wrong_verifier"),
        pytest.param({"code_verifier": None}, "invalid code verifier", id="no_verifier"),
        pytest.param({"code": "aPrxno=="}, "invalid authorization code", id="unknown_code"),
        pytest.param({"client_secret": "x"}, "invalid client credentials", id="wrong_secret"),
        pytest.param({"client_secret": None}, "invalid client credentials", id="no_secret"),
        pytest.param({"client_id": "x"}, "client identifier invalid", id="unknown_app"),
        pytest.param(
            {"redirect_uri": "https://app.example/"},
            "redirect_uri must match configuration",
            id="another_callback",
        ),
        pytest.param(
            {"grant_type": None}, "missing required parameter: grant_type", id="no_grant_type"
        ),
        pytest.param({"grant_type": "password"}, "grant type not supported", id="other_grants"),
    ],
)
def test_a_code_is_only_good_with_everything_that_belongs_to_it(browser, changes, expected):
    """Status 400 with OAuth's two keys."""
    answer = browser.exchange(browser.code(), **changes)

    assert (answer.status_code, answer.json()["error_description"]) == (400, expected)


def test_a_code_works_once_and_for_fifteen_minutes(rest, browser):
    """A second use and a late one are refused."""
    code, late = browser.code(), browser.code()

    assert browser.exchange(code).ok
    refused = (400, "invalid_grant", "expired authorization code")
    assert error(browser.exchange(code)) == refused
    rest.clock.forward(901)
    assert error(browser.exchange(late)) == refused


def test_the_secret_may_come_as_http_basic(rest, browser):
    """Without a client id in the body."""
    answer = rest.session.post(
        f"{browser.oauth}/token",
        data={
            "grant_type": "authorization_code",
            "code": browser.code(),
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        },
        auth=(APP["client_id"], APP["client_secret"]),
        timeout=10,
    )

    assert answer.status_code == 200


def test_without_the_scope_there_is_no_refresh_token(browser):
    """It has to be asked for."""
    assert "refresh_token" not in browser.connect(scope="api")


def test_the_command_line_app_is_known_to_every_org_and_has_no_secret(rest):
    """Its refresh tokens do not rotate, because it never stores a new one."""
    browser = Browser(
        rest,
        client_id="PlatformCLI",
        client_secret=None,
        redirect_uris=["http://localhost:1717/OauthRedirect"],
    )
    tokens = browser.connect(scope="refresh_token api web")

    first = browser.refresh(tokens["refresh_token"])
    second = browser.refresh(tokens["refresh_token"])

    assert (first.status_code, second.status_code) == (200, 200)
    assert "refresh_token" not in first.json()


class TestRotation:
    def test_each_refresh_gives_a_new_refresh_token(self, browser):
        first = browser.connect()
        second = browser.refresh(first["refresh_token"]).json()
        third = browser.refresh(second["refresh_token"]).json()

        tokens = [t["refresh_token"] for t in (first, second, third)]
        assert len(set(tokens)) == 3
        assert all(browser.works(t["access_token"]) for t in (first, second, third))

    def test_using_a_spent_token_kills_the_whole_grant(self, browser):
        first = browser.connect()
        second = browser.refresh(first["refresh_token"]).json()

        reuse = browser.refresh(first["refresh_token"])
        after = browser.refresh(second["refresh_token"])

        expected = (400, "invalid_grant", "expired access/refresh token")
        assert (error(reuse), error(after)) == (expected, expected)
        assert not browser.works(second["access_token"])

    def test_one_grants_fate_is_not_anothers(self, browser):
        first, other = browser.connect(), browser.connect()
        browser.refresh(first["refresh_token"])
        browser.refresh(first["refresh_token"])

        assert browser.works(other["access_token"])


def test_a_sixth_grant_kills_the_oldest(browser):
    """Five per user and app."""
    tokens = [browser.connect() for _ in range(6)]

    assert [browser.works(t["access_token"]) for t in tokens] == [False] + [True] * 5
    assert not browser.refresh(tokens[0]["refresh_token"]).ok


class TestRevoke:
    def test_a_refresh_token_takes_its_access_tokens_along(self, browser):
        tokens = browser.connect()

        answer = browser.post("revoke", token=tokens["refresh_token"])

        assert (answer.status_code, answer.content) == (200, b"")
        assert not browser.works(tokens["access_token"])
        assert not browser.refresh(tokens["refresh_token"]).ok

    def test_an_access_token_takes_only_itself(self, browser):
        tokens = browser.connect()
        browser.post("revoke", token=tokens["access_token"])

        assert not browser.works(tokens["access_token"])
        assert browser.refresh(tokens["refresh_token"]).ok

    def test_an_unknown_token_is_refused(self, browser):
        assert browser.post("revoke", token="x").status_code == 400


def test_a_session_lives_as_long_as_it_is_used(rest, browser):
    """The time-out slides; after it the answer is 401."""
    rest.settings(session_timeout_s=100)
    token = browser.connect()["access_token"]

    for _ in range(3):
        rest.clock.forward(90)
        assert browser.works(token)
    rest.clock.forward(101)
    answer = rest.call("GET", "/limits", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401
    assert answer.json() == [
        {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}
    ]


def test_a_deactivated_user_can_neither_work_nor_refresh_nor_log_in(rest, browser):
    """OAuth says inactive_user."""
    user = rest.load("User", Username="jo@vidre.example", LastName="Jo")
    tokens = browser.exchange(
        browser.answer(browser.log_in(browser.open(), username="jo@vidre.example"))["code"]
    ).json()
    rest.call("PATCH", f"/sobjects/User/{user}", {"IsActive": False})

    assert not browser.works(tokens["access_token"])
    assert error(browser.refresh(tokens["refresh_token"]))[1] == "inactive_user"
    page = browser.log_in(browser.open(), username="jo@vidre.example")
    assert 'role="alert"' in page.text


def test_a_token_without_the_api_scope_opens_no_data(rest, browser):
    """The session is valid, but not for this."""
    assert not browser.works(browser.connect(scope="id")["access_token"])


def test_userinfo_and_the_identity_url_tell_who_the_user_is(rest, browser):
    """Clients need the user id, the org id and the username."""
    tokens = browser.connect()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}

    info = rest.call("GET", f"{browser.oauth}/userinfo", headers=headers).json()
    who = rest.session.get(
        tokens["id"], params={"oauth_token": tokens["access_token"], "format": "json"}, timeout=10
    ).json()
    refused = rest.session.get(tokens["id"], timeout=10)

    assert (info["user_id"], info["organization_id"]) == (
        rest.org.store.admin_id,
        rest.org.store.org_id,
    )
    assert (info["preferred_username"], who["username"]) == (rest.addresses.username,) * 2
    assert (who["user_id"], who["organization_id"]) == (info["user_id"], info["organization_id"])
    assert refused.status_code == 403


def test_introspection_tells_living_tokens_from_dead_ones(browser):
    """Only to the app they belong to."""
    token = browser.connect()["access_token"]
    app = {"client_id": APP["client_id"], "client_secret": APP["client_secret"]}

    alive = browser.post("introspect", token=token, **app).json()
    dead = browser.post("introspect", token="x", **app).json()

    assert (alive["active"], alive["client_id"], dead) == (True, "dialer", {"active": False})


def test_tokens_asked_for_over_plain_http_stay_on_plain_http(rest, browser):
    """Tools that cannot check the certificate follow instance_url."""
    browser.oauth = f"{rest.addresses.http_url}/services/oauth2"

    assert browser.connect()["instance_url"] == rest.addresses.http_url

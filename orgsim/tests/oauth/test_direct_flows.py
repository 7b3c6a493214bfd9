"""Tokens without a browser: assertions, client credentials, passwords."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from oauth.conftest import refusal
from rest.conftest import START

NOW = int(START.timestamp())
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
NOT_APPROVED = (400, "invalid_grant", "user hasn't approved this consumer")


@pytest.fixture
def assertion(app, signing_key):
    """Makes a signed assertion for the admin, with changes."""

    def make(*, key=signing_key, algorithm="RS256", **changes):
        claims = {
            "iss": "lark",
            "sub": app.rest.addresses.username,
            "aud": "https://login.salesforce.com",
            "exp": NOW + 180,
        } | changes
        return jwt.encode(claims, key, algorithm=algorithm)

    return make


class TestJwtBearer:
    @pytest.fixture(autouse=True)
    def _registered(self, app, certificate):
        app.register(certificate=certificate, preauthorized=True)

    def ask(self, app, text):
        return app.post("token", grant_type=JWT_BEARER, assertion=text)

    def test_an_approved_users_assertion_gives_a_token_and_little_else(self, app, assertion):
        answer = self.ask(app, assertion())

        body = answer.json()
        assert set(body) == {"access_token", "scope", "instance_url", "id", "token_type"}
        assert body["scope"] == "api id web"
        assert body["id"].endswith(app.rest.org.store.admin_id)
        assert app.works(body["access_token"])

    @pytest.mark.parametrize(
        "audience",
        [
            pytest.param("https://login.salesforce.com", id="production"),
            pytest.param("https://test.salesforce.com", id="sandbox"),
            pytest.param("{root}", id="the_org_itself"),
        ],
    )
    def test_the_audience_may_be_a_login_host_or_the_org(self, app, assertion, audience):
        answer = self.ask(app, assertion(aud=audience.format(root=app.root)))

        assert answer.status_code == 200

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            pytest.param(
                {"aud": "https://else.example"}, ("invalid_grant", "audience is invalid"), id="aud"
            ),
            pytest.param(
                {"exp": NOW}, ("invalid_grant", "expired authorization code"), id="expired"
            ),
            pytest.param(
                {"exp": NOW + 301}, ("invalid_grant", "invalid assertion"), id="lives_too_long"
            ),
            pytest.param({"exp": None}, ("invalid_grant", "invalid assertion"), id="no_expiry"),
            pytest.param(
                {"iss": "nobody"}, ("invalid_client_id", "client identifier invalid"), id="iss"
            ),
            pytest.param({"sub": "no@such.example"}, NOT_APPROVED[1:], id="unknown_user"),
        ],
    )
    def test_each_claim_counts(self, app, assertion, changes, expected):
        assert refusal(self.ask(app, assertion(**changes))) == (400, *expected)

    def test_five_minutes_are_still_allowed(self, app, assertion):
        assert self.ask(app, assertion(exp=NOW + 300)).ok

    def test_another_key_signs_nothing(self, app, assertion):
        other = rsa.generate_private_key(65537, 2048)

        expected = (400, "invalid_client", "invalid client credentials")
        assert refusal(self.ask(app, assertion(key=other))) == expected

    @pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "é.é.é", "e30.e30.e30"])
    def test_what_is_no_assertion_is_refused(self, app, text):
        assert refusal(self.ask(app, text))[0] == 400

    def test_a_name_that_is_no_text_is_refused(self, app, assertion):
        assert refusal(self.ask(app, assertion(sub="\ud800")))[1] == "invalid_grant"

    def test_a_token_signed_with_the_certificate_as_a_secret_is_refused(self, app, assertion):
        answer = self.ask(app, assertion(key="k" * 32, algorithm="HS256"))

        assert refusal(answer) == (400, "invalid_grant", "invalid assertion")

    def test_a_user_who_approved_the_app_needs_no_admin(self, app, assertion, certificate):
        app.register(certificate=certificate)

        before = self.ask(app, assertion())
        app.connect(scope="api refresh_token")
        after = self.ask(app, assertion())

        assert refusal(before) == NOT_APPROVED
        assert after.json()["scope"] == "api refresh_token"
        assert "refresh_token" not in after.json()

    def test_an_app_without_a_certificate_asserts_nothing(self, app, assertion):
        app.register(preauthorized=True)

        assert refusal(self.ask(app, assertion()))[1] == "invalid_client"

    def test_a_deactivated_user_gets_nothing(self, app, assertion):
        user = app.rest.load("User", Username="kit@lark.example", LastName="Kit")
        app.rest.call("PATCH", f"/sobjects/User/{user}", {"IsActive": False})

        answer = self.ask(app, assertion(sub="kit@lark.example"))

        assert refusal(answer) == (400, "inactive_user", "user is inactive")


class TestClientCredentials:
    def ask(self, app):
        return app.post("token", grant_type="client_credentials", **app.secret)

    def test_the_app_acts_as_the_user_its_admin_chose(self, app):
        user = app.rest.load("User", Username="robot@lark.example", LastName="Robot")
        app.register(run_as="robot@lark.example", scopes=["api", "refresh_token"])

        body = self.ask(app).json()

        assert set(body) == {
            *("access_token", "scope", "instance_url", "id", "token_type"),
            *("issued_at", "signature"),
        }
        assert (body["id"].rsplit("/")[-1], body["scope"]) == (user, "api")
        assert app.works(body["access_token"])

    def test_without_a_user_there_is_no_token(self, app):
        expected = (400, "invalid_grant", "no client credentials user enabled")
        assert refusal(self.ask(app)) == expected

    def test_the_secret_is_needed(self, app):
        app.register(run_as=app.rest.addresses.username)

        answer = app.post("token", grant_type="client_credentials", client_id="lark")

        assert refusal(answer) == (400, "invalid_client", "invalid client credentials")

    def test_an_app_without_a_secret_cannot_vouch_for_itself(self, app):
        app.register(client_secret=None, run_as=app.rest.addresses.username)

        assert refusal(self.ask(app))[1] == "invalid_client"

    def test_a_revoke_fault_ends_its_token(self, app):
        app.register(run_as=app.rest.addresses.username)
        token = self.ask(app).json()["access_token"]
        app.rest.fault("revoke")

        assert not app.works(token)
        assert not app.works(token)


class TestPassword:
    def ask(self, app, **changes):
        form = {
            "username": app.rest.addresses.username,
            "password": app.rest.addresses.password,
        } | changes
        return app.post("token", grant_type="password", **app.secret, **form)

    def test_it_is_off_by_default(self, app):
        expected = (400, "unsupported_grant_type", "grant type not supported")
        assert refusal(self.ask(app)) == expected

    def test_an_admin_may_allow_it(self, app):
        app.rest.settings(username_password_flow=True)

        body = self.ask(app).json()

        assert set(body) == {
            *("access_token", "instance_url", "id", "token_type", "issued_at", "signature"),
        }
        assert app.works(body["access_token"])

    def test_a_wrong_password_fails(self, app):
        app.rest.settings(username_password_flow=True)

        expected = (400, "invalid_grant", "authentication failure")
        assert refusal(self.ask(app, password="wrong")) == expected


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        pytest.param("certificate", "no certificate", id="certificate_is_pem"),
        pytest.param("refresh_ip_allow_list", ["localhost"], id="allow_list_has_addresses"),
        pytest.param("scopes", "api", id="scopes_are_a_list"),
        pytest.param("installed", "yes", id="installed_is_true_or_false"),
    ],
)
def test_an_app_that_does_not_fit_is_named(app, setting, value):
    """The control plane answers 422 and changes nothing."""
    wrong = {**app.secret, "redirect_uris": [], setting: value}

    answer = app.rest.control("POST", "settings", {"connected_apps": [wrong]}, status=422)

    assert "connected_apps" in answer["error"]["fields"]


@pytest.mark.parametrize(
    ("grant_type", "expected"),
    [
        pytest.param("device", (501, "not_implemented"), id="what_a_real_org_does"),
        pytest.param("magic", (400, "unsupported_grant_type"), id="what_no_org_does"),
    ],
)
def test_other_flows_are_refused_in_their_own_way(app, grant_type, expected):
    """What is not built is never answered wrongly."""
    assert refusal(app.post("token", grant_type=grant_type, **app.secret))[:2] == expected

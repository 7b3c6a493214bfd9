"""What is in a token answer, who the user is, and when a token ends."""

import base64
import hashlib
import hmac
import json
import re
from urllib.parse import urlencode

import jwt
import pytest
import requests
from jwt.algorithms import RSAAlgorithm
from requests.adapters import HTTPAdapter

from oauth.conftest import CALLBACK, VERIFIER, refusal
from orgsim.settings import Settings
from orgsim.settings_reading import merge_settings, settings_as_json
from rest.conftest import START

NOW = int(START.timestamp())
LOCKED = (400, "inactive_org", "organization has been locked, closed or suspended")


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class TestIdToken:
    def read(self, app, token):
        keys = app.get(f"{app.root}/id/keys").json()["keys"]
        assert jwt.get_unverified_header(token)["kid"] == keys[0]["kid"]
        return jwt.decode(
            token,
            RSAAlgorithm.from_jwk(keys[0]),
            algorithms=["RS256"],
            audience="lark",
            options={"verify_exp": False, "verify_iat": False},
        )

    def test_the_scope_openid_brings_a_signed_statement(self, app):
        tokens = app.connect(nonce="n-1")

        claims = self.read(app, tokens["id_token"])

        digest = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
        assert claims == {
            "iss": app.root,
            "sub": tokens["id"],
            "aud": "lark",
            "iat": NOW,
            "exp": NOW + 120,
            "at_hash": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "nonce": "n-1",
        }

    def test_without_the_scope_there_is_none(self, app):
        assert "id_token" not in app.connect(scope="api")

    def test_a_refresh_brings_a_new_one(self, app):
        body = app.refresh(app.connect()["refresh_token"]).json()

        assert self.read(app, body["id_token"])["sub"] == body["id"]

    def test_discovery_names_addresses_that_answer(self, app):
        found = app.get(f"{app.root}/.well-known/openid-configuration").json()

        assert found["issuer"] == app.root
        assert found["jwks_uri"] == f"{app.root}/id/keys"
        assert found["token_endpoint"] == app.url("token")


def test_the_signature_proves_who_answered(app):
    """The way django-salesforce checks it, refreshed tokens included."""
    first = app.connect()
    for body in (first, app.refresh(first["refresh_token"]).json()):
        content = (body["id"] + body["issued_at"]).encode()
        expected = base64.b64encode(hmac.digest(b"quiet", content, "sha256")).decode()

        assert body["signature"] == expected


def test_unknown_fields_do_no_harm(app):
    """Some clients repeat their verifier or the scope when they refresh."""
    answer = app.post(
        "token",
        grant_type="refresh_token",
        refresh_token=app.connect()["refresh_token"],
        code_verifier=VERIFIER,
        scope="api",
        flavour="mint",
        **app.secret,
    )

    assert answer.status_code == 200


def test_a_body_in_chunks_is_read(app):
    """Both jsforce and sf send token requests without a length."""
    form = {
        "grant_type": "authorization_code",
        "code": app.code(),
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **app.secret,
    }
    written = urlencode(form).encode()

    answer = app.browser.post(
        app.url("token"),
        data=iter([written[:50], written[50:]]),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=10,
    )

    assert answer.request.headers["Transfer-Encoding"] == "chunked"
    assert app.works(answer.json()["access_token"])


class TestIntrospection:
    def ask(self, app, token):
        return app.post("introspect", token=token, **app.secret).json()

    def test_a_living_access_token(self, app):
        tokens = app.connect(scope="api refresh_token")

        assert self.ask(app, tokens["access_token"]) == {
            "active": True,
            "scope": "api refresh_token",
            "client_id": "lark",
            "username": app.rest.addresses.username,
            "sub": tokens["id"],
            "token_type": "access_token",
            "exp": NOW + 7200,
            "iat": NOW,
            "nbf": NOW,
        }

    def test_a_living_refresh_token(self, app):
        tokens = app.connect()

        told = self.ask(app, tokens["refresh_token"])

        assert (told["active"], told["token_type"]) == (True, "refresh_token")
        app.refresh(tokens["refresh_token"])
        assert self.ask(app, tokens["refresh_token"]) == {"active": False}

    def test_asking_does_not_prolong(self, app):
        app.rest.settings(session_timeout_s=100)
        token = app.connect()["access_token"]
        app.rest.clock.forward(60)
        assert self.ask(app, token)["exp"] == NOW + 100
        app.rest.clock.forward(60)

        assert self.ask(app, token) == {"active": False}
        assert not app.works(token)

    def test_using_the_token_does_prolong(self, app):
        app.rest.settings(session_timeout_s=100)
        token = app.connect()["access_token"]
        app.rest.clock.forward(60)
        assert app.works(token)

        assert self.ask(app, token)["exp"] == NOW + 160

    def test_another_apps_token_is_none_of_its_business(self, app):
        token = app.connect()["access_token"]
        other = {"client_id": "wren", "client_secret": "loud"}
        app.rest.settings(connected_apps=[{**other, "redirect_uris": []}])

        assert app.post("introspect", token=token, **other).json() == {"active": False}

    def test_only_apps_may_ask(self, app):
        answer = app.post("introspect", token="x", client_id="lark", client_secret="wrong")

        assert refusal(answer)[1] == "invalid_client"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_is_revoked_by_address_or_by_form(app, method):
    """Some clients send GET."""
    token = app.connect()["access_token"]
    where = "params" if method == "GET" else "data"

    answer = app.browser.request(method, app.url("revoke"), timeout=10, **{where: {"token": token}})

    assert (answer.status_code, answer.content) == (200, b"")
    assert not app.works(token)


class TestWhoTheUserIs:
    def test_userinfo_has_every_key(self, app):
        token = app.connect()["access_token"]

        info = app.browser.get(app.url("userinfo"), headers=bearer(token), timeout=10).json()

        assert set(info) == {
            *("sub", "user_id", "organization_id", "preferred_username", "nickname", "name"),
            *("email", "email_verified", "given_name", "family_name", "zoneinfo", "photos"),
            *("profile", "picture", "address", "is_salesforce_integration_user", "urls"),
            *("active", "user_type", "language", "locale", "utcOffset", "updated_at"),
        }
        assert len(info) == 23
        assert info["urls"]["rest"] == f"{app.root}/services/data/v{{version}}/"
        assert re.search(r"/services/Soap/u/\{version\}/00D\w{12}$", info["urls"]["partner"])

    def test_an_integration_user_in_california(self, app):
        profile = app.rest.load("Profile", Name="Minimum Access - API Only Integrations")
        app.rest.load(
            "User",
            Username="bot@lark.example",
            LastName="Bot",
            ProfileId=profile,
            TimeZoneSidKey="America/Los_Angeles",
            City="Fresno",
        )
        headers = app.rest.log_in("bot@lark.example")

        info = app.browser.get(app.url("userinfo"), headers=headers, timeout=10).json()
        who = app.browser.get(info["sub"], headers=headers, timeout=10).json()

        assert info["is_salesforce_integration_user"] is True
        assert info["utcOffset"] == -8 * 3600 * 1000
        assert (who["addr_city"], who["addr_street"]) == ("Fresno", None)

    @pytest.mark.parametrize(
        ("version", "written"),
        [
            pytest.param(None, "v{version}/", id="a_placeholder"),
            pytest.param("61.0", "v61.0/", id="that_version"),
            pytest.param("latest", "v67.0/", id="the_newest"),
        ],
    )
    def test_the_identity_url_takes_the_token_in_the_address(self, app, version, written):
        tokens = app.connect()
        params = {"format": "json", "oauth_token": tokens["access_token"], "version": version}

        who = app.get(tokens["id"], **params).json()

        assert (who["id"], who["username"]) == (tokens["id"], app.rest.addresses.username)
        assert who["urls"]["rest"].endswith(written)

    def test_other_forms_are_not_built(self, app):
        tokens = app.connect()

        answer = app.get(tokens["id"], format="xml", oauth_token=tokens["access_token"])

        assert answer.status_code == 501

    def test_each_mistake_has_its_word(self, app):
        tokens = app.connect()
        headers = bearer(tokens["access_token"])
        org, user = tokens["id"].split("/")[-2:]
        other_user = app.rest.load("User", Username="eve@lark.example", LastName="Eve")

        def ask(path, headers):
            answer = app.browser.get(f"{app.root}/id/{path}", headers=headers, timeout=10)
            return answer.status_code, answer.text

        assert ask(f"{org}/{user}", {}) == (403, "Missing_OAuth_Token")
        assert ask(f"{org}/{user}", bearer("x")) == (403, "Bad_OAuth_Token")
        assert ask(f"{org}/{other_user}", headers) == (404, "Bad_Id")
        assert ask(f"00D000000000001AAA/{user}", headers) == (403, "Wrong_Org")
        assert ask(f"{org[:15]}/{user[:15]}", headers)[0] == 200


class TestLockedOrg:
    def test_nothing_goes_while_the_org_is_locked(self, app):
        tokens = app.connect()
        page = app.authorize()
        app.rest.settings(org_locked=True)

        refreshed = app.refresh(tokens["refresh_token"])
        logged_in = app.log_in(page)

        assert refusal(refreshed) == LOCKED
        assert not app.works(tokens["access_token"])
        assert 'role="alert"' in logged_in.text
        assert app.post("introspect", token=tokens["refresh_token"], **app.secret).json() == {
            "active": False
        }

    def test_unlocking_it_brings_everything_back(self, app):
        tokens = app.connect()
        app.rest.settings(org_locked=True)
        app.refresh(tokens["refresh_token"])
        app.rest.settings(org_locked=False)

        assert app.works(tokens["access_token"])
        assert app.refresh(tokens["refresh_token"]).ok


class TestRename:
    def test_tokens_go_on_and_the_next_answer_tells_the_new_address(self, app):
        before = app.connect()
        app.rest.settings(instance_host="127.0.0.1")

        after = app.refresh(before["refresh_token"]).json()

        new = app.root.replace("localhost", "127.0.0.1")
        assert (before["instance_url"], after["instance_url"]) == (app.root, new)
        assert before["id"] == after["id"]
        assert app.works(before["access_token"], new)
        assert app.works(after["access_token"], new)
        assert app.works(after["access_token"], app.root)

    def test_control_tokens_are_told_too(self, app):
        app.rest.settings(instance_host="127.0.0.1")

        assert "//127.0.0.1:" in app.rest.control("POST", "token", {})["instance_url"]


class _From(HTTPAdapter):
    """Connects from an address of this machine other than the usual one."""

    def init_poolmanager(self, *args, **more):
        super().init_poolmanager(*args, **more, source_address=("127.0.0.2", 0))


class TestAllowList:
    def refresh_from_elsewhere(self, app, token):
        with requests.Session() as session:
            session.mount("http://", _From())
            session.trust_env = False
            return session.post(
                f"{app.rest.addresses.http_url}/services/oauth2/token",
                data={"grant_type": "refresh_token", "refresh_token": token, **app.secret},
                timeout=10,
            )

    @pytest.mark.parametrize("listed", ["127.0.0.1", "127.0.0.0/31"])
    def test_a_refresh_from_elsewhere_is_refused_and_spends_nothing(self, app, listed):
        app.register(refresh_ip_allow_list=[listed, "2001:db8::/32"])
        token = app.connect()["refresh_token"]

        refused = self.refresh_from_elsewhere(app, token)
        allowed = app.refresh(token)

        assert refusal(refused) == (400, "invalid_grant", "ip restricted")
        assert allowed.status_code == 200

    def test_without_a_list_every_address_will_do(self, app):
        assert self.refresh_from_elsewhere(app, app.connect()["refresh_token"]).ok


def test_settings_are_kept_as_they_were(certificate):
    """An org in a file finds its apps and sites again."""
    app = {"client_id": "lark", "redirect_uris": [], "certificate": certificate, "scopes": ["id"]}
    changes = {
        "connected_apps": [app | {"installed": False, "refresh_ip_allow_list": ["10.0.0.1"]}],
        "communities": [{"path": "help", "name": "Help"}],
        "org_locked": True,
        "instance_host": "127.0.0.1",
    }
    settings = merge_settings(Settings(), changes)

    written = json.loads(json.dumps(settings_as_json(settings, with_secrets=True)))

    assert merge_settings(Settings(), written) == settings


def test_settings_outlive_a_look_at_them(app, certificate):
    """The control plane shows everything but the secret."""
    app.register(certificate=certificate, scopes=["api"], refresh_ip_allow_list=["10.0.0.0/8"])

    shown = app.rest.control("GET", "settings")["connected_apps"]

    lark = next(entry for entry in shown if entry["client_id"] == "lark")
    assert (lark["scopes"], lark["refresh_ip_allow_list"]) == (["api"], ["10.0.0.0/8"])
    assert (lark["certificate"], lark["installed"]) == (certificate, True)
    assert "client_secret" not in lark


def test_the_parameters_of_a_token_may_stand_in_the_address(app):
    """As many an example for a POST without a body has them."""
    token = app.connect()["refresh_token"]
    asked = {"grant_type": "refresh_token", "refresh_token": token, **app.secret}

    answer = app.browser.post(app.url("token"), params=asked, timeout=10)

    assert app.works(answer.json()["access_token"])

"""Every documented OAuth exchange, replayed for its shape."""

import jwt
import pytest

from oauth.conftest import (
    App,
    app,
    came_back,
    certificate,
    clock,
    rest,
    server,
    signing_key,
)
from replay.shapes import check
from replay.tally import NOT_APPLICABLE, RECORDED
from rest.conftest import START

__all__ = ["app", "certificate", "clock", "rest", "server", "signing_key"]

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
REFRESHED = {
    "id": str,
    "issued_at": str,
    "instance_url": str,
    "signature": str,
    "access_token": str,
    "token_type": "Bearer",
    "scope": str,
}
ASSERTED = {"access_token": str, "scope": str, "instance_url": str, "id": str, "token_type": str}
LIVING = {
    "active": True,
    "scope": str,
    "client_id": str,
    "username": str,
    "sub": str,
    "token_type": "access_token",
    "exp": int,
    "iat": int,
    "nbf": int,
}


def refused(error):
    return {"error": error, "error_description": str}


def rotated(app: App):
    app.register(rotation=True)
    return app.refresh(app.connect(scope="api refresh_token")["refresh_token"])


def not_rotated(app: App):
    app.register(rotation=False)
    return app.refresh(app.connect(scope="api refresh_token")["refresh_token"])


def spent(app: App):
    token = app.connect()["refresh_token"]
    app.browser.post(app.url("revoke"), data={"token": token}, timeout=10)
    return app.refresh(token)


def used_code(app: App):
    code = app.code()
    app.exchange(code)
    return app.exchange(code)


def wrong_password(app: App):
    app.rest.settings(username_password_flow=True)
    return app.post("token", grant_type="password", username="x", password="wrong", **app.secret)


def inactive(app: App):
    user = app.rest.load("User", Username="ida@lark.example", LastName="Ida", IsActive=True)
    consent = app.log_in(app.authorize(), username="ida@lark.example")
    code = came_back(app.submit(consent, answer="allow"))["code"]
    app.rest.load("User", Id=user, IsActive=False)
    return app.exchange(code)


def locked(app: App):
    token = app.connect()["refresh_token"]
    app.rest.settings(org_locked=True)
    return app.refresh(token)


def refreshed_by(app: App, **who):
    token = app.connect()["refresh_token"]
    return app.post("token", grant_type="refresh_token", refresh_token=token, **who)


def introspected(app: App):
    return app.post("introspect", token=app.connect()["access_token"], **app.secret)


def revoked(app: App):
    return app.post("revoke", token=app.connect()["refresh_token"])


# What is done, the status, the shape of the body; None is a body that is empty.
EXCHANGES = {
    "code exchange": (
        lambda app: app.exchange(app.code(scope="openid")),
        200,
        {**REFRESHED, "id_token": str},
    ),
    "refresh": (not_rotated, 200, REFRESHED),
    "refresh with rotation": (rotated, 200, {**REFRESHED, "refresh_token": str}),
    "refresh token expired": (spent, 400, refused("invalid_grant")),
    "authentication failure": (wrong_password, 400, refused("invalid_grant")),
    "code used before": (used_code, 400, refused("invalid_grant")),
    "unknown client": (
        lambda app: refreshed_by(app, client_id="nobody"),
        400,
        refused("invalid_client_id"),
    ),
    "wrong secret": (
        lambda app: refreshed_by(app, client_id="lark", client_secret="loud"),
        400,
        refused("invalid_client"),
    ),
    "unknown grant type": (
        lambda app: app.post("token", grant_type="wish"),
        400,
        refused("unsupported_grant_type"),
    ),
    "no grant type": (lambda app: app.post("token"), 400, refused("invalid_request")),
    "inactive user": (inactive, 400, refused("inactive_user")),
    "inactive org": (locked, 400, refused("inactive_org")),
    "introspection of a living token": (introspected, 200, LIVING),
    "introspection of a dead token": (
        lambda app: app.post("introspect", token="gone", **app.secret),
        200,
        {"active": False},
    ),
    "revocation": (revoked, 200, None),
    "revocation of nothing": (
        lambda app: app.post("revoke", token="nothing"),
        400,
        refused("unsupported_token_type"),
    ),
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_an_answer_has_its_documented_shape(app, name, record_property):
    """Status, and the keys and types of the body."""
    record_property("replayed", f"oauth: {name}")
    act, status, shape = EXCHANGES[name]

    answer = act(app)

    assert answer.status_code == status, answer.text
    if shape is None:
        assert answer.content == b""
    else:
        assert answer.headers["Content-Type"].startswith("application/json")
        check(answer.json(), shape)


ASSERTIONS = {
    "assertion": (True, 200, ASSERTED),
    "assertion not approved": (False, 400, refused("invalid_grant")),
}


@pytest.mark.parametrize("name", ASSERTIONS)
def test_an_assertion_is_answered_in_its_documented_shape(
    app, certificate, signing_key, name, record_property
):
    """A user who approved nothing is refused unless an admin did."""
    record_property("replayed", f"oauth: {name}")
    approved, status, shape = ASSERTIONS[name]
    app.register(certificate=certificate, preauthorized=approved)
    claims = {
        "iss": "lark",
        "sub": app.rest.addresses.username,
        "aud": "https://login.salesforce.com",
        "exp": int(START.timestamp()) + 60,
    }

    answer = app.post(
        "token",
        grant_type=JWT_BEARER,
        assertion=jwt.encode(claims, signing_key, algorithm="RS256"),
    )

    assert answer.status_code == status, answer.text
    check(answer.json(), shape)


def allowed(app: App):
    return app.submit(app.log_in(app.authorize()), answer="allow")


def denied(app: App):
    return app.submit(app.log_in(app.authorize()), answer="deny")


def not_installed(app: App):
    app.register(installed=False)
    return app.authorize()


FAILED = {"error", "error_description", "state"}
REDIRECTS = {
    "authorization": (allowed, {"code", "state"}, None),
    "authorization denied": (denied, FAILED, "access_denied"),
    "app not installed": (not_installed, FAILED, "invalid_client"),
}


@pytest.mark.parametrize("name", REDIRECTS)
def test_the_browser_comes_back_with_the_documented_parameters(app, name, record_property):
    """302 to the app's address, where the state is as it was sent."""
    record_property("replayed", f"oauth: {name}")
    act, parameters, error = REDIRECTS[name]

    back = came_back(act(app))

    assert set(back) == parameters
    assert (back["state"], back.get("error")) == ("s7", error)


def test_no_documented_exchange_is_forgotten():
    """Each kind is replayed or is listed with the reason why not."""
    replayed = len(EXCHANGES) + len(ASSERTIONS) + len(REDIRECTS)

    assert replayed + len(NOT_APPLICABLE["oauth"]) == RECORDED["oauth"]

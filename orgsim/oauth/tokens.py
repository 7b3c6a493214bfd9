"""The token, revoke and introspect endpoints, and who a token belongs to."""

import base64
import hashlib
import hmac
import secrets
from urllib.parse import unquote_plus

from orgsim.oauth.authorize import AuthorizeFlow
from orgsim.oauth.grants import Grants
from orgsim.settings import ConnectedApp
from orgsim.store import Store
from orgsim.web import HttpAnswer, HttpRequest, json_answer

__all__ = ["OAuthError", "TokenEndpoints"]

_NO_STORE = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"}


class OAuthError(Exception):
    """A refusal in OAuth's form, answered with status 400."""

    def __init__(self, error: str, description: str) -> None:
        """Keep the error word and its description."""
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


class TokenEndpoints:
    """What apps ask for directly, without a browser."""

    def __init__(self, store: Store, grants: Grants, flow: AuthorizeFlow) -> None:
        """Issue tokens for the users and apps of one org."""
        self._store = store
        self._grants = grants
        self._flow = flow

    def token(self, request: HttpRequest, origin: str) -> HttpAnswer:
        """Exchange a code or a refresh token; unknown form fields do not hurt."""
        form = request.form
        match form.get("grant_type"):
            case None | "":
                raise OAuthError("invalid_request", "missing required parameter: grant_type")
            case "authorization_code":
                body = self._exchange_code(request, form, origin)
            case "refresh_token":
                body = self._refresh(request, form, origin)
            case _:
                raise OAuthError("unsupported_grant_type", "grant type not supported")
        return json_answer(body, headers=_NO_STORE)

    def revoke(self, request: HttpRequest, _origin: str) -> HttpAnswer:
        """Revoke the token named in the form or the address."""
        token = request.form.get("token") or request.params.get("token") or ""
        if not self._grants.revoke(token):
            raise OAuthError("unsupported_token_type", "this token type is not supported")
        return HttpAnswer()

    def introspect(self, request: HttpRequest, origin: str) -> HttpAnswer:
        """Tell an app whether one of its access tokens lives."""
        form = request.form
        app = self._client(request, form)
        session = self._grants.session(form.get("token"))
        if session is None or session.client_id != app.client_id:
            return json_answer({"active": False})
        user = self._store.get("User", session.user_id) or {}
        issued = int(session.issued_s)
        expires = int(self._store.now().timestamp() + self._store.settings.session_timeout_s)
        return json_answer(
            {
                "active": True,
                "scope": session.scope,
                "client_id": session.client_id,
                "username": user.get("Username"),
                "sub": self._identity_url(origin, session.user_id),
                "token_type": "access_token",
                "exp": expires,
                "iat": issued,
                "nbf": issued,
            }
        )

    def _exchange_code(
        self, request: HttpRequest, form: dict[str, str], origin: str
    ) -> dict[str, object]:
        _require(form, "code", "redirect_uri")
        app = self._client(request, form)
        code = self._flow.redeem(form["code"])
        if code is None or code.client_id != app.client_id:
            raise OAuthError("invalid_grant", "invalid authorization code")
        if code.redirect_uri != form["redirect_uri"]:
            raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
        if code.challenge is not None and not _proves(form.get("code_verifier"), code.challenge):
            raise OAuthError("invalid_grant", "invalid code verifier")
        self._require_active(code.user_id)
        with self._store.transaction():
            grant_id = self._grants.grant(code.user_id, app.client_id, code.scope)
            body = self._answer(app, code.user_id, grant_id, code.scope, origin)
            if {"refresh_token", "offline_access"} & set(code.scope.split()):
                body["refresh_token"] = self._grants.new_refresh_token(grant_id)
        return body

    def _refresh(
        self, request: HttpRequest, form: dict[str, str], origin: str
    ) -> dict[str, object]:
        _require(form, "refresh_token")
        app = self._client(request, form)
        rotation = self._store.settings.rotation if app.rotation is None else app.rotation
        body: dict[str, object] | None = None
        with self._store.transaction():
            found = self._grants.use_refresh_token(form["refresh_token"], app.client_id)
            if found is not None and found.grant_id is not None:
                self._require_active(found.user_id)
                body = self._answer(app, found.user_id, found.grant_id, found.scope, origin)
                if rotation:
                    body["refresh_token"] = self._grants.new_refresh_token(found.grant_id)
        # Raised out here: inside, it would undo the revocation that a reused token brings about.
        if body is None:
            raise OAuthError("invalid_grant", "expired access/refresh token")
        return body

    def _answer(
        self, app: ConnectedApp, user_id: str, grant_id: int, scope: str, origin: str
    ) -> dict[str, object]:
        identity = self._identity_url(origin, user_id)
        issued_at = str(int(self._store.now().timestamp() * 1000))
        signature = hmac.new(
            (app.client_secret or "").encode(), (identity + issued_at).encode(), hashlib.sha256
        )
        return {
            "access_token": self._grants.open_session(user_id, app.client_id, grant_id, scope),
            "signature": base64.b64encode(signature.digest()).decode(),
            "scope": scope,
            "instance_url": origin,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued_at,
        }

    def _client(self, request: HttpRequest, form: dict[str, str]) -> ConnectedApp:
        """Return the app that calls; its secret comes in the form or as HTTP Basic."""
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        basic = _basic_credentials(request)
        if basic is not None:
            client_id, secret = basic
        app = self._store.settings.app(client_id)
        if app is None:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if app.client_secret is not None and not secrets.compare_digest(
            secret.encode(), app.client_secret.encode()
        ):
            raise OAuthError("invalid_client", "invalid client credentials")
        return app

    def _require_active(self, user_id: str) -> None:
        user = self._store.get("User", user_id)
        if user is None or not user["IsActive"]:
            raise OAuthError("inactive_user", "user is inactive")

    def _identity_url(self, origin: str, user_id: str) -> str:
        return f"{origin}/id/{self._store.org_id}/{user_id}"


def _require(form: dict[str, str], *names: str) -> None:
    for name in names:
        if not form.get(name):
            raise OAuthError("invalid_request", f"missing required parameter: {name}")


def _basic_credentials(request: HttpRequest) -> tuple[str, str] | None:
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        raise OAuthError("invalid_client", "invalid client credentials") from None
    return unquote_plus(client_id), unquote_plus(secret)


def _proves(verifier: str | None, challenge: str) -> bool:
    """Return whether S256 of the verifier is the challenge; any length is taken."""
    if not verifier:
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    return secrets.compare_digest(
        base64.urlsafe_b64encode(digest).rstrip(b"="), challenge.rstrip("=").encode()
    )

"""The ways to come by a token: code, refresh token, assertion, the app's own word, a password."""

import base64
import hashlib
import secrets
from dataclasses import replace
from typing import Final

from orgsim.oauth.answers import TokenAnswers
from orgsim.oauth.authorize import AuthorizeFlow
from orgsim.oauth.clients import calling_app, check_address, check_installed
from orgsim.oauth.errors import OAuthError, require
from orgsim.oauth.grants import OFFLINE_SCOPES, Grants
from orgsim.oauth.jwt import Assertion, read_assertion
from orgsim.oauth.place import Place, instance_url
from orgsim.oauth.reading import public_key
from orgsim.settings import ConnectedApp
from orgsim.store import Row, Store
from orgsim.web import HttpRequest

__all__ = ["GrantFlows"]

_LOGIN_AUDIENCES: Final = frozenset({"https://login.salesforce.com", "https://test.salesforce.com"})
_LONGEST_ASSERTION_S: Final = 300
_DIRECT_SCOPES: Final = ("api", "id", "web")


class GrantFlows:
    """Answers token requests, one method per grant type; each raises OAuthError to refuse."""

    def __init__(
        self, store: Store, grants: Grants, flow: AuthorizeFlow, answers: TokenAnswers
    ) -> None:
        """Issue tokens for the users and apps of one org."""
        self._store = store
        self._grants = grants
        self._flow = flow
        self._answers = answers

    def exchange_code(self, request: HttpRequest, place: Place) -> dict[str, object]:
        """Exchange an authorization code, once."""
        form = request.sent
        require(form, "code", "redirect_uri")
        app = calling_app(self._store.settings, request, form)
        code = self._flow.redeem(form["code"])
        if code is None:
            spent = self._flow.is_spent(form["code"])
            raise OAuthError(
                "invalid_grant", f"{'expired' if spent else 'invalid'} authorization code"
            )
        if code.client_id != app.client_id:
            raise OAuthError("invalid_grant", "invalid authorization code")
        if code.redirect_uri != form["redirect_uri"]:
            raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
        if code.challenge is not None and not _proves(form.get("code_verifier"), code.challenge):
            raise OAuthError("invalid_grant", "invalid code verifier")
        self._require_active(self._store.get("User", code.user_id))
        place = replace(place, community=place.community or code.community)
        with self._store.transaction():
            grant_id = self._grants.grant(code.user_id, app.client_id, code.scope)
            body = self._answers.signed(app, code.user_id, grant_id, code.scope, place)
            if OFFLINE_SCOPES & set(code.scope.split()):
                body["refresh_token"] = self._grants.new_refresh_token(grant_id)
        return self._answers.with_id_token(body, app, place, code.nonce)

    def refresh(self, request: HttpRequest, place: Place) -> dict[str, object]:
        """Exchange a refresh token; whether it rotates is a property of the app."""
        form = request.sent
        require(form, "refresh_token")
        app = calling_app(self._store.settings, request, form)
        check_address(app, request.client_ip)
        rotation = self._store.settings.rotation if app.rotation is None else app.rotation
        body: dict[str, object] | None = None
        with self._store.transaction():
            found = self._grants.use_refresh_token(form["refresh_token"], app.client_id)
            if found is not None and found.grant_id is not None:
                self._require_active(self._store.get("User", found.user_id))
                body = self._answers.signed(app, found.user_id, found.grant_id, found.scope, place)
                if rotation:
                    body["refresh_token"] = self._grants.new_refresh_token(found.grant_id)
        # Raised out here: inside, it would undo the revocation that a reused token brings about.
        if body is None:
            raise OAuthError("invalid_grant", "expired access/refresh token")
        return self._answers.with_id_token(body, app, place)

    def jwt_bearer(self, request: HttpRequest, place: Place) -> dict[str, object]:
        """Exchange an assertion that the app signed with the key of its certificate."""
        require(request.sent, "assertion")
        try:
            assertion = read_assertion(request.sent["assertion"])
        except (ValueError, RecursionError):
            raise OAuthError("invalid_grant", "invalid assertion") from None
        app = self._store.settings.app(str(assertion.claims.get("iss", "")))
        if app is None:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if app.certificate is None or not assertion.signed_by(public_key(app.certificate)):
            raise OAuthError("invalid_client", "invalid client credentials")
        self._check_claims(assertion, place)
        check_installed(app)
        user = self._user_named(str(assertion.claims.get("sub", "")))
        approved = self._approved(user, app)
        if user is None or not approved:
            raise OAuthError("invalid_grant", "user hasn't approved this consumer")
        self._require_active(user)
        return self._answers.bare(app, str(user["Id"]), None, " ".join(approved), place)

    def client_credentials(self, request: HttpRequest, place: Place) -> dict[str, object]:
        """Give an app the token of the user its admin lets it run as."""
        app = calling_app(self._store.settings, request, request.sent)
        if app.client_secret is None:
            raise OAuthError("invalid_client", "invalid client credentials")
        check_installed(app)
        user = self._user_named(app.run_as or "")
        if user is None:
            raise OAuthError("invalid_grant", "no client credentials user enabled")
        self._require_active(user)
        return self._answers.signed(app, str(user["Id"]), None, _direct_scope(app), place)

    def password(self, request: HttpRequest, place: Place) -> dict[str, object]:
        """Exchange a username and a password, where the org's admin allows that at all."""
        if not self._store.settings.username_password_flow:
            raise OAuthError("unsupported_grant_type", "grant type not supported")
        form = request.sent
        require(form, "username", "password")
        app = calling_app(self._store.settings, request, form)
        check_installed(app)
        user = self._user_named(form["username"])
        right = secrets.compare_digest(form["password"].encode(), self._store.password.encode())
        if user is None or not right:
            raise OAuthError("invalid_grant", "authentication failure")
        self._require_active(user)
        body = self._answers.signed(app, str(user["Id"]), None, _direct_scope(app), place)
        del body["scope"]  # this flow's answers have none
        return body

    def _check_claims(self, assertion: Assertion, place: Place) -> None:
        audience = assertion.claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        own = {place.origin, instance_url(place.origin, self._store.settings), place.base}
        own |= {f"{place.origin}/{site.path}" for site in self._store.settings.communities}
        if not any(isinstance(name, str) and name in _LOGIN_AUDIENCES | own for name in named):
            raise OAuthError("invalid_grant", "audience is invalid")
        expires, now = assertion.claims.get("exp"), self._store.now().timestamp()
        if isinstance(expires, bool) or not isinstance(expires, int | float):
            raise OAuthError("invalid_grant", "invalid assertion")
        if expires <= now:
            raise OAuthError("invalid_grant", "expired authorization code")
        if not expires <= now + _LONGEST_ASSERTION_S:
            raise OAuthError("invalid_grant", "invalid assertion")

    def _approved(self, user: Row | None, app: ConnectedApp) -> tuple[str, ...]:
        """Return the scopes an assertion gives: what the user approved, or what the admin did."""
        if user is None:
            return ()
        approved = tuple(self._grants.approved_scopes(str(user["Id"]), app.client_id))
        return approved or ((app.scopes or _DIRECT_SCOPES) if app.preauthorized else ())

    def _user_named(self, username: str) -> Row | None:
        return self._store.find_by("User", "Username", username)

    def _require_active(self, user: Row | None) -> None:
        if user is None or not user["IsActive"]:
            raise OAuthError("inactive_user", "user is inactive")


def _direct_scope(app: ConnectedApp) -> str:
    """Return the scope of a token without a refresh token beside it."""
    return " ".join(word for word in app.scopes or _DIRECT_SCOPES if word not in OFFLINE_SCOPES)


def _proves(verifier: str | None, challenge: str) -> bool:
    """Return whether S256 of the verifier is the challenge; any length is taken."""
    if not verifier:
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    return secrets.compare_digest(
        base64.urlsafe_b64encode(digest).rstrip(b"="), challenge.rstrip("=").encode()
    )

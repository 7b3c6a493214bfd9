"""The token, revoke, introspect and single-access endpoints."""

from typing import TYPE_CHECKING

from orgsim.oauth.answers import TokenAnswers
from orgsim.oauth.authorize import AuthorizeFlow
from orgsim.oauth.clients import calling_app
from orgsim.oauth.errors import OAuthError, not_built, require
from orgsim.oauth.flows import GrantFlows
from orgsim.oauth.grants import Grants
from orgsim.oauth.jwt import SigningKey
from orgsim.oauth.place import Place
from orgsim.store import Store
from orgsim.web import HttpAnswer, HttpRequest, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["TokenEndpoints"]

_NO_STORE = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"}
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_OTHER_GRANT_TYPES = frozenset(
    {
        "assertion",
        "device",
        "hybrid_refresh",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    }
)
_DEAD: dict[str, object] = {"active": False}


class TokenEndpoints:
    """What apps ask for directly, without a browser."""

    def __init__(self, store: Store, grants: Grants, flow: AuthorizeFlow) -> None:
        """Issue tokens for the users and apps of one org."""
        self._store = store
        self._grants = grants
        self.key = SigningKey()
        self._answers = TokenAnswers(store, grants, self.key)
        flows = GrantFlows(store, grants, flow, self._answers)
        self._flow_of: Mapping[str, Callable[[HttpRequest, Place], dict[str, object]]] = {
            "authorization_code": flows.exchange_code,
            "refresh_token": flows.refresh,
            _JWT_BEARER: flows.jwt_bearer,
            "client_credentials": flows.client_credentials,
            "password": flows.password,
        }

    def token(self, request: HttpRequest, place: Place) -> HttpAnswer:
        """Answer one token request; its parameters may stand in the address, unknown ones do not hurt."""
        form = request.sent
        require(form, "grant_type")
        if form["grant_type"] in _OTHER_GRANT_TYPES:
            return not_built(f"grant_type={form['grant_type']}")
        flow = self._flow_of.get(form["grant_type"])
        if flow is None:
            raise OAuthError("unsupported_grant_type", "grant type not supported")
        if self._store.settings.org_locked:
            raise OAuthError("inactive_org", "organization has been locked, closed or suspended")
        return json_answer(flow(request, place), headers=_NO_STORE)

    def revoke(self, request: HttpRequest, _place: Place) -> HttpAnswer:
        """Revoke the token named in the form or the address."""
        token = request.sent.get("token", "")
        if not self._grants.revoke(token):
            raise OAuthError("unsupported_token_type", "this token type is not supported")
        return HttpAnswer()

    def introspect(self, request: HttpRequest, place: Place) -> HttpAnswer:
        """Tell an app whether one of its tokens lives; asking does not prolong it."""
        form = request.sent
        require(form, "token")
        app = calling_app(self._store.settings, request, form)
        told = self._of_access_token(form["token"]) or self._of_refresh_token(form["token"])
        if told is None or told["client_id"] != app.client_id:
            return json_answer(_DEAD)
        user_id = str(told.pop("user_id"))
        user = self._store.get("User", user_id) or {}
        sub = self._answers.identity_url(place.origin, user_id)
        return json_answer({"active": True, **told, "username": user.get("Username"), "sub": sub})

    def _of_access_token(self, token: str) -> dict[str, object] | None:
        session = self._grants.peek(token)
        if session is None:
            return None
        return {
            "user_id": session.user_id,
            "scope": session.scope,
            "client_id": session.client_id,
            "token_type": "access_token",
            "exp": int(session.used_s + self._store.settings.session_timeout_s),
            "iat": int(session.issued_s),
            "nbf": int(session.issued_s),
        }

    def _of_refresh_token(self, token: str) -> dict[str, object] | None:
        """Return what there is to tell; a refresh token has no end that could be named."""
        found = self._grants.living_refresh_token(token)
        if found is None:
            return None
        user_id, client_id, scope = found
        return {
            "user_id": user_id,
            "scope": scope,
            "client_id": client_id,
            "token_type": "refresh_token",
        }

"""The browser's part of the web-server flow: authorize, log in, consent."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from orgsim.oauth.pages import consent_page, error_page, login_page
from orgsim.settings import ConnectedApp
from orgsim.store import Store
from orgsim.web import HttpAnswer, HttpRequest, html, redirect

__all__ = ["AuthorizeFlow", "Code"]

_CODE_LIFE_S: Final = 900.0
_MOST_PENDING: Final = 1000
_ALL_SCOPES: Final = "api id refresh_token web"
_KNOWN_SCOPES: Final = frozenset(
    {"api", "email", "full", "id", "offline_access", "profile", "refresh_token", "web"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    """An authorisation between the first page and the last; `user_id` is known after the log-in."""

    app: ConnectedApp
    redirect_uri: str
    state: str | None
    scope: str
    challenge: str | None
    started_s: float
    user_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What an authorization code stands for."""

    client_id: str
    redirect_uri: str
    scope: str
    challenge: str | None
    user_id: str
    issued_s: float


class AuthorizeFlow:
    """Shows the pages and hands out codes, which live 15 minutes and work once."""

    def __init__(self, store: Store) -> None:
        """Authorise for the users and apps of one org."""
        self._store = store
        self._pending: OrderedDict[str, _Pending] = OrderedDict()
        self._codes: dict[str, Code] = {}

    def authorize(self, request: HttpRequest) -> HttpAnswer:
        """Check what the app asks for and show the log-in page."""
        params = request.form if request.method == "POST" else request.params
        app = self._store.settings.app(params.get("client_id", ""))
        if app is None:
            page = error_page("invalid_client_id", "client identifier invalid")
            return html(page, status=400)
        redirect_uri = params.get("redirect_uri", "")
        if redirect_uri not in app.redirect_uris:
            page = error_page(
                "redirect_uri_mismatch", "redirect_uri must match configuration exactly"
            )
            return html(page, status=400)
        state = params.get("state")
        scope = " ".join(dict.fromkeys(params.get("scope", "").split())) or _ALL_SCOPES
        if params.get("response_type") != "code":
            return _refuse(redirect_uri, state, "unsupported_response_type", "use code")
        if unknown := sorted(set(scope.split()) - _KNOWN_SCOPES):
            sentence = f"the requested scope is not known: {', '.join(unknown)}"
            return _refuse(redirect_uri, state, "invalid_scope", sentence)
        # Clients that send a challenge without a method mean S256.
        if params.get("code_challenge_method", "S256") != "S256":
            return _refuse(redirect_uri, state, "invalid_request", "use code_challenge_method S256")
        pending = secrets.token_urlsafe(24)
        self._pending[pending] = _Pending(
            app=app,
            redirect_uri=redirect_uri,
            state=state,
            scope=scope,
            challenge=params.get("code_challenge") or None,
            started_s=self._now_s(),
        )
        while len(self._pending) > _MOST_PENDING:
            self._pending.popitem(last=False)
        return html(login_page(pending=pending, client_id=app.client_id))

    def log_in(self, request: HttpRequest) -> HttpAnswer:
        """Check username and password and show what the app asks for."""
        form = request.form
        pending = self._waiting(form.get("pending", ""))
        if pending is None:
            return _expired()
        username = form.get("username", "").strip()
        user = self._store.find_by("User", "Username", username)
        right = secrets.compare_digest(
            form.get("password", "").encode(), self._store.password.encode()
        )
        if user is None or not right or not user["IsActive"]:
            complaint = "Please check your username and password. If you still can't log in,"
            page = login_page(
                pending=form["pending"],
                client_id=pending.app.client_id,
                username=username,
                error=f"{complaint} ask whether the user is active.",
            )
            return html(page)
        self._pending[form["pending"]] = replace(pending, user_id=str(user["Id"]))
        return html(
            consent_page(
                pending=form["pending"],
                client_id=pending.app.client_id,
                user_name=str(user["Name"]),
                scope=pending.scope,
            )
        )

    def consent(self, request: HttpRequest) -> HttpAnswer:
        """Send the browser back to the app, with a code or with the refusal."""
        form = request.form
        pending = self._waiting(form.get("pending", ""))
        if pending is None or pending.user_id is None:
            return _expired()
        del self._pending[form["pending"]]
        if form.get("answer") != "allow":
            return _refuse(
                pending.redirect_uri,
                pending.state,
                "access_denied",
                "end-user denied authorization",
            )
        code = f"aPrx{secrets.token_urlsafe(48)}=="
        self._codes[code] = Code(
            client_id=pending.app.client_id,
            redirect_uri=pending.redirect_uri,
            scope=pending.scope,
            challenge=pending.challenge,
            user_id=pending.user_id,
            issued_s=self._now_s(),
        )
        return _back(pending.redirect_uri, {"code": code}, pending.state)

    def redeem(self, code: str) -> Code | None:
        """Return what a code stands for, once; None if it was used, is unknown or too old."""
        found = self._codes.pop(code, None)
        if found is None or self._now_s() - found.issued_s > _CODE_LIFE_S:
            return None
        return found

    def forget(self) -> None:
        """Drop all codes and half-finished authorisations."""
        self._pending.clear()
        self._codes.clear()

    def _waiting(self, pending: str) -> _Pending | None:
        found = self._pending.get(pending)
        if found is None or self._now_s() - found.started_s > _CODE_LIFE_S:
            return None
        return found

    def _now_s(self) -> float:
        return self._store.now().timestamp()


def _back(redirect_uri: str, params: dict[str, str], state: str | None) -> HttpAnswer:
    if state is not None:
        params = {**params, "state": state}
    joint = "&" if "?" in redirect_uri else "?"
    return redirect(f"{redirect_uri}{joint}{urlencode(params)}")


def _refuse(redirect_uri: str, state: str | None, error: str, description: str) -> HttpAnswer:
    return _back(redirect_uri, {"error": error, "error_description": description}, state)


def _expired() -> HttpAnswer:
    page = error_page("expired", "This page is too old; start again from the app")
    return html(page, status=400)

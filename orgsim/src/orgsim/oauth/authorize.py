"""The browser's part of the web-server flow: authorize, log in, consent."""

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from orgsim.oauth.browser import BrowserSessions
from orgsim.oauth.grants import Grants
from orgsim.oauth.pages import consent_page, error_page, login_page
from orgsim.oauth.place import Place
from orgsim.settings import Community, ConnectedApp
from orgsim.store import Store
from orgsim.web import HttpAnswer, HttpRequest, html, redirect

__all__ = ["AuthorizeFlow", "Code"]

_CODE_LIFE_S: Final = 900.0
_MOST_PENDING: Final = 1000
_KNOWN_SCOPES: Final = frozenset(
    {
        *("address", "api", "email", "full", "id", "offline_access", "openid", "phone", "profile"),
        *("refresh_token", "web"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    """An authorisation between the first page and the last; `user_id` is known after the log-in."""

    app: ConnectedApp
    redirect_uri: str
    state: str | None
    scope: str
    challenge: str | None
    nonce: str | None
    community: Community | None
    started_s: float
    user_id: str | None = None


class _Refused(Exception):  # noqa: N818 # an answer, not a failure
    """Carries the answer to an app that may not ask for what it asks for."""

    def __init__(self, answer: HttpAnswer) -> None:
        """Keep the answer."""
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What an authorization code stands for."""

    client_id: str
    redirect_uri: str
    scope: str
    challenge: str | None
    nonce: str | None
    community: Community | None
    user_id: str
    issued_s: float


class AuthorizeFlow:
    """Shows the pages and hands out codes, which live 15 minutes and work once."""

    def __init__(self, store: Store, grants: Grants) -> None:
        """Authorise for the users and apps of one org."""
        self._store = store
        self._grants = grants
        self._browser = BrowserSessions(store, grants)
        self._pending: OrderedDict[str, _Pending] = OrderedDict()
        self._codes: dict[str, Code] = {}
        self._spent: set[str] = set()

    def authorize(self, request: HttpRequest, place: Place) -> HttpAnswer:
        """Check what the app asks for and show the first page that is needed.

        A browser that is logged in is not asked to log in again unless `prompt` says so, nor to
        consent to what its user allows the app already.
        """
        params = request.form if request.method == "POST" else request.params
        try:
            pending = self._asked(params, place)
        except _Refused as refused:
            return refused.answer
        prompts = set(params.get("prompt", "").lower().split())
        user_id = None if "login" in prompts else self._browser.user_id(request)
        if user_id is not None and "consent" not in prompts and self._allowed(pending, user_id):
            return self._send_code(replace(pending, user_id=user_id))
        if params.get("immediate") == "true":
            return _refuse(
                pending.redirect_uri, pending.state, "immediate_unsuccessful", "not approved yet"
            )
        number = secrets.token_urlsafe(24)
        self._pending[number] = replace(pending, user_id=user_id)
        while len(self._pending) > _MOST_PENDING:
            self._pending.popitem(last=False)
        if user_id is not None:
            return self._ask_consent(number, pending, user_id, place)
        return html(
            login_page(pending=number, client_id=pending.app.client_id, prefix=place.prefix)
        )

    def log_in(self, request: HttpRequest, place: Place) -> HttpAnswer:
        """Check username and password and show what the app asks for."""
        form = request.form
        pending = self._waiting(form.get("pending", ""))
        if pending is None:
            return _expired()
        username = form.get("username", "").strip()
        user = self._browser.check_password(username, form.get("password", ""))
        if user is None:
            complaint = "Please check your username and password. If you still can't log in,"
            page = login_page(
                pending=form["pending"],
                client_id=pending.app.client_id,
                prefix=place.prefix,
                username=username,
                error=f"{complaint} ask whether the user is active.",
            )
            return html(page)
        self._pending[form["pending"]] = replace(pending, user_id=user[0])
        return self._ask_consent(form["pending"], pending, user[0], place)

    def consent(self, request: HttpRequest, _place: Place) -> HttpAnswer:
        """Send the browser back to the app, with a code or with the refusal."""
        form = request.form
        pending = self._waiting(form.get("pending", ""))
        if pending is None or pending.user_id is None:
            return _expired()
        self._pending.pop(form["pending"], None)
        if form.get("answer") != "allow":
            return _refuse(
                pending.redirect_uri,
                pending.state,
                "access_denied",
                "end-user denied authorization",
            )
        return self._send_code(pending)

    @property
    def browser(self) -> BrowserSessions:
        """Who is logged in in which browser."""
        return self._browser

    def redeem(self, code: str) -> Code | None:
        """Return what a code stands for, once; None if it was used, is unknown or too old."""
        found = self._codes.pop(code, None)
        if found is None:
            return None
        self._spent.add(code)
        return None if self._now_s() - found.issued_s > _CODE_LIFE_S else found

    def is_spent(self, code: str) -> bool:
        """Tell whether a code that stands for nothing did so once."""
        return code in self._spent

    def forget(self) -> None:
        """Drop all codes and half-finished authorisations."""
        self._spent.clear()
        self._pending.clear()
        self._browser.forget()
        self._codes.clear()

    def _asked(self, params: Mapping[str, str], place: Place) -> _Pending:
        """Return what an app asks for; raises _Refused where it must not be asked of anybody."""
        app = self._store.settings.app(params.get("client_id", ""))
        if app is None:
            page = error_page("invalid_client_id", "client identifier invalid")
            raise _Refused(html(page, status=400))
        redirect_uri = params.get("redirect_uri", "")
        if redirect_uri not in app.redirect_uris:
            page = error_page(
                "redirect_uri_mismatch", "redirect_uri must match configuration exactly"
            )
            raise _Refused(html(page, status=400))
        asked = " ".join(dict.fromkeys(params.get("scope", "").split()))
        pending = _Pending(
            app=app,
            redirect_uri=redirect_uri,
            state=params.get("state"),
            scope=asked or app.usual_scope,
            challenge=params.get("code_challenge") or None,
            nonce=params.get("nonce"),
            community=place.community,
            started_s=self._now_s(),
        )
        if problem := _problem(params, pending):
            raise _Refused(_refuse(redirect_uri, pending.state, *problem))
        return pending

    def _allowed(self, pending: _Pending, user_id: str) -> bool:
        approved = self._grants.approved_scopes(user_id, pending.app.client_id)
        return set(pending.scope.split()) <= approved.keys()

    def _ask_consent(
        self, number: str, pending: _Pending, user_id: str, place: Place
    ) -> HttpAnswer:
        user = self._store.get("User", user_id) or {}
        page = consent_page(
            pending=number,
            client_id=pending.app.client_id,
            prefix=place.prefix,
            user_name=str(user.get("Name")),
            scope=pending.scope,
        )
        return html(page)

    def _send_code(self, pending: _Pending) -> HttpAnswer:
        assert pending.user_id is not None, "a code is only sent for somebody who logged in"
        code = f"aPrx{secrets.token_urlsafe(48)}=="
        self._codes[code] = Code(
            client_id=pending.app.client_id,
            redirect_uri=pending.redirect_uri,
            scope=pending.scope,
            challenge=pending.challenge,
            nonce=pending.nonce,
            community=pending.community,
            user_id=pending.user_id,
            issued_s=self._now_s(),
        )
        return _back(pending.redirect_uri, {"code": code}, pending.state)

    def _waiting(self, pending: str) -> _Pending | None:
        found = self._pending.get(pending)
        if found is None or self._now_s() - found.started_s > _CODE_LIFE_S:
            return None
        return found

    def _now_s(self) -> float:
        return self._store.now().timestamp()


def _problem(params: Mapping[str, str], pending: _Pending) -> tuple[str, str] | None:
    """Return error and description for the app, or None if it may ask."""
    if not pending.app.installed:
        return "invalid_client", "app must be installed into org"
    if params.get("response_type") != "code":
        return "unsupported_response_type", "use code"
    known = _KNOWN_SCOPES if pending.app.scopes is None else frozenset(pending.app.scopes)
    if unknown := sorted(set(pending.scope.split()) - known):
        return "invalid_scope", f"the requested scope is not known: {', '.join(unknown)}"
    # Clients that send a challenge without a method mean S256.
    if params.get("code_challenge_method", "S256") != "S256":
        return "invalid_request", "use code_challenge_method S256"
    return None


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

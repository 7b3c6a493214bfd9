"""Browsers that are logged in: the log-in page, the front door and the cookie they set."""

import secrets
from dataclasses import replace
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import quote, urlencode

from orgsim.oauth.errors import OAuthError
from orgsim.oauth.grants import Grants, Session
from orgsim.oauth.pages import site_login_page
from orgsim.oauth.place import Place, instance_url
from orgsim.store import Store
from orgsim.web import HttpAnswer, HttpRequest, html, json_answer, redirect

__all__ = ["BrowserSessions"]

_CLIENT: Final = "browser"
_SCOPE: Final = "id web"
_COOKIE: Final = "sid"
_PASS_LIFE_S: Final = 60.0
# What an address may hold besides letters and digits; the rest is percent-encoded.
_ADDRESS_MARKS: Final = "/?&=#%:;,+@!$'()*~-._"


class BrowserSessions:
    """Logs browsers in; a session ends as an access token does."""

    def __init__(self, store: Store, grants: Grants) -> None:
        """Log in the users of one org."""
        self._store = store
        self._grants = grants
        self._passes: dict[str, tuple[str, float]] = {}

    def user_id(self, request: HttpRequest) -> str | None:
        """Return who is logged in in the browser that sent a request, or None."""
        try:
            cookie = SimpleCookie(request.headers.get("cookie", "")).get(_COOKIE)
        except CookieError:
            return None
        session = self._grants.session(cookie.value) if cookie is not None else None
        return session.user_id if session is not None else None

    def check_password(self, username: str, password: str) -> tuple[str, str] | None:
        """Return id and name of the active user who may log in with that password, or None."""
        user = self._store.find_by("User", "Username", username)
        right = secrets.compare_digest(password.encode(), self._store.password.encode())
        if user is None or not right or not user["IsActive"] or self._store.settings.org_locked:
            return None
        return str(user["Id"]), str(user["Name"])

    def show_login(self, request: HttpRequest, place: Place) -> HttpAnswer:
        """Show the log-in page of the org or of a site."""
        return html(site_login_page(prefix=place.prefix, name=_name(place), start=_start(request)))

    def log_in(self, request: HttpRequest, place: Place) -> HttpAnswer:
        """Check username and password and let the browser in."""
        form = request.form
        username = form.get("username", "").strip()
        user = self.check_password(username, form.get("password", ""))
        if user is None:
            page = site_login_page(
                prefix=place.prefix,
                name=_name(place),
                start=_start(request),
                username=username,
                error="Please check your username and password.",
            )
            return html(page)
        return self._let_in(user[0], _local(_start(request)) or f"{place.prefix}/")

    def single_access(
        self, request: HttpRequest, session: Session | None, place: Place
    ) -> HttpAnswer:
        """Answer with an address that logs a browser in once, within a minute."""
        session = session or self._grants.session(request.form.get("access_token"))
        if session is None:
            raise OAuthError("invalid_grant", "expired access/refresh token")
        if not {"web", "full"} & set(session.scope.split()):
            raise OAuthError("invalid_scope", "this access token has no scope web")
        wanted = request.form.get("redirect_uri") or request.params.get("redirect_uri") or ""
        home = instance_url(place.origin, self._store.settings)
        once = secrets.token_urlsafe(32)
        self._passes[once] = (session.user_id, self._now_s())
        fields = {"otp": once, "startURL": _local(wanted.removeprefix(home)) or "/"}
        return json_answer({"frontdoor_uri": f"{home}/secur/frontdoor.jsp?{urlencode(fields)}"})

    def front_door(self, request: HttpRequest, place: Place) -> HttpAnswer:
        """Let a browser in that brings a pass or an access token, else show it the log-in page."""
        params = request.sent
        start = _local(params.get("startURL") or params.get("retURL") or "") or "/"
        user_id, issued_s = self._passes.pop(params.get("otp", ""), (None, 0.0))
        if user_id is not None and self._now_s() - issued_s <= _PASS_LIFE_S:
            return self._let_in(user_id, start)
        session = self._grants.session(params.get("sid"))
        if session is not None and {"web", "full"} & set(session.scope.split()):
            return self._let_in(session.user_id, start)
        return redirect(f"{place.prefix}/login?{urlencode({'startURL': start})}")

    def forget(self) -> None:
        """Drop all passes; sessions end with the store's other rows."""
        self._passes.clear()

    def _let_in(self, user_id: str, start: str) -> HttpAnswer:
        token = self._grants.open_session(user_id, _CLIENT, None, _SCOPE)
        answer = redirect(start)
        cookie = f"{_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax"
        return replace(answer, headers={**answer.headers, "Set-Cookie": cookie})

    def _now_s(self) -> float:
        return self._store.now().timestamp()


def _name(place: Place) -> str:
    return place.community.name if place.community is not None else "the simulated org"


def _start(request: HttpRequest) -> str:
    return request.form.get("startURL") or request.params.get("startURL", "")


def _local(address: str) -> str | None:
    """Return the address if it is a path of this org, so that nobody is sent elsewhere."""
    if not address.startswith("/") or address.startswith(("//", "/\\")):
        return None
    return quote(address, safe=_ADDRESS_MARKS)

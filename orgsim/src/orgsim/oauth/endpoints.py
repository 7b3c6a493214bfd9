"""Which address of the org's own pages and OAuth endpoints does what."""

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from orgsim.api.router import NEWEST_VERSION
from orgsim.ids import to_id18
from orgsim.oauth.authorize import AuthorizeFlow
from orgsim.oauth.errors import OAuthError, not_built
from orgsim.oauth.grants import Grants, Session
from orgsim.oauth.identity import configuration, identity, userinfo
from orgsim.oauth.pages import message_page, record_page
from orgsim.oauth.place import Place
from orgsim.oauth.soap_login import SoapLogin
from orgsim.oauth.tokens import TokenEndpoints
from orgsim.store import Store
from orgsim.web import HttpAnswer, HttpRequest, html, json_answer, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["OAuthEndpoints"]

_OAUTH = "/services/oauth2/"
_IDENTITY = re.compile(r"/id/(\w+)/(\w+)")
_VERSION = re.compile(r"\d{2,3}\.0")


class OAuthEndpoints:
    """Everything outside the data API: tokens, log-in pages, identity, a page per record."""

    def __init__(
        self, store: Store, grants: Grants, flow: AuthorizeFlow, tokens: TokenEndpoints
    ) -> None:
        """Answer for one org."""
        self._store = store
        self._browser = flow.browser
        self._soap = SoapLogin(store, grants, flow.browser)
        self._key = tokens.key
        self._oauth_of: Mapping[tuple[str, str], Callable[[HttpRequest, Place], HttpAnswer]] = {
            ("GET", "authorize"): flow.authorize,
            ("POST", "authorize"): flow.authorize,
            ("POST", "login"): flow.log_in,
            ("POST", "consent"): flow.consent,
            ("POST", "token"): tokens.token,
            ("GET", "revoke"): tokens.revoke,
            ("POST", "revoke"): tokens.revoke,
            ("POST", "introspect"): tokens.introspect,
        }
        self._page_of: Mapping[tuple[str, str], Callable[[HttpRequest, Place], HttpAnswer]] = {
            ("GET", "/login"): self._browser.show_login,
            ("POST", "/login"): self._browser.log_in,
            ("GET", "/secur/frontdoor.jsp"): self._browser.front_door,
            ("POST", "/secur/frontdoor.jsp"): self._browser.front_door,
            ("GET", "/id/keys"): self._keys,
            ("GET", "/.well-known/openid-configuration"): self._configuration,
        }

    def answer(self, request: HttpRequest, session: Session | None, origin: str) -> HttpAnswer:
        """Answer one request; an address that means nothing is 404."""
        path, place = self._placed(unquote(request.path).rstrip("/"), origin)
        if path.startswith(_OAUTH):
            return self._oauth(request, path.removeprefix(_OAUTH), session, place)
        page = self._page_of.get((request.method, path)) or self._soap.at(request.method, path)
        if page is not None:
            return page(request, place)
        if path.startswith("/id/"):
            return self._identity(request, path, session, origin)
        if place.community is not None and path.startswith("/services/"):
            return not_built(f"{place.prefix}{path}")
        if path == "":
            return html(message_page("A simulated Salesforce org", "The API is at /services/data."))
        return self._record(path.strip("/").split("/"))

    def _placed(self, path: str, origin: str) -> tuple[str, Place]:
        """Return the path inside the site it begins with, and which site that is."""
        for site in self._store.settings.communities:
            if path == f"/{site.path}" or path.startswith(f"/{site.path}/"):
                rest = path.removeprefix(f"/{site.path}")
                return rest, Place(origin=origin, community=site)
        return path, Place(origin=origin)

    def _oauth(
        self, request: HttpRequest, name: str, session: Session | None, place: Place
    ) -> HttpAnswer:
        if name == "userinfo":
            if session is None:
                return _no_session(request)
            return json_answer(userinfo(self._store, session, place.origin))
        try:
            if name == "singleaccess":
                return self._browser.single_access(request, session, place)
            endpoint = self._oauth_of.get((request.method, name))
            if endpoint is None:
                return not_built(f"{request.method} {_OAUTH}{name}")
            return endpoint(request, place)
        except OAuthError as error:
            body = {"error": error.error, "error_description": error.description}
            return json_answer(body, status=400)

    def _identity(
        self, request: HttpRequest, path: str, session: Session | None, origin: str
    ) -> HttpAnswer:
        if session is None:
            return _no_session(request)
        ids = _IDENTITY.fullmatch(path)
        if ids is None or to_id18(ids[2]) != session.user_id:
            return text("Bad_Id", status=404)
        if to_id18(ids[1]) != self._store.org_id:
            return text("Wrong_Org", status=403)
        params = request.sent
        form = params.get("format", "json")
        if form != "json":
            return not_built(f"format={form}")
        version = params.get("version")
        if version == "latest":
            version = f"{NEWEST_VERSION}.0"
        if version is None or not _VERSION.fullmatch(version):
            return json_answer(identity(self._store, session, origin))
        return json_answer(identity(self._store, session, origin, version))

    def _keys(self, _request: HttpRequest, _place: Place) -> HttpAnswer:
        return json_answer(self._key.as_key_set())

    def _configuration(self, _request: HttpRequest, place: Place) -> HttpAnswer:
        return json_answer(configuration(place))

    def _record(self, parts: list[str]) -> HttpAnswer:
        """Show a record's page, at `/<id>` and at Lightning's `/lightning/r/<Object>/<id>/view`."""
        found = next((r for part in parts if (r := self._store.resolve(part)) is not None), None)
        row = self._store.get(found[0].name, found[1]) if found is not None else None
        if found is None or row is None:
            page = message_page("Not found", "This simulated org has no such page or record.")
            return html(page, status=404)
        return html(record_page(found[0], row))


def _no_session(request: HttpRequest) -> HttpAnswer:
    sent = request.bearer() or request.params.get("oauth_token")
    return text("Bad_OAuth_Token" if sent else "Missing_OAuth_Token", status=403)

"""Which address of the org's own pages and OAuth endpoints does what."""

from typing import TYPE_CHECKING
from urllib.parse import unquote

from orgsim.oauth.authorize import AuthorizeFlow
from orgsim.oauth.grants import Session
from orgsim.oauth.identity import identity, userinfo
from orgsim.oauth.pages import message_page, record_page
from orgsim.oauth.tokens import OAuthError, TokenEndpoints
from orgsim.store import Store
from orgsim.web import HttpAnswer, HttpRequest, html, json_answer, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["OAuthEndpoints"]

_OAUTH = "/services/oauth2/"


class OAuthEndpoints:
    """Everything outside the data API: tokens, log-in pages, identity, a page per record."""

    def __init__(self, store: Store, flow: AuthorizeFlow, tokens: TokenEndpoints) -> None:
        """Answer for one org."""
        self._store = store
        self._pages: Mapping[tuple[str, str], Callable[[HttpRequest], HttpAnswer]] = {
            ("GET", "authorize"): flow.authorize,
            ("POST", "authorize"): flow.authorize,
            ("POST", "login"): flow.log_in,
            ("POST", "consent"): flow.consent,
        }
        self._direct: Mapping[tuple[str, str], Callable[[HttpRequest, str], HttpAnswer]] = {
            ("POST", "token"): tokens.token,
            ("GET", "revoke"): tokens.revoke,
            ("POST", "revoke"): tokens.revoke,
            ("POST", "introspect"): tokens.introspect,
        }

    def answer(self, request: HttpRequest, session: Session | None, origin: str) -> HttpAnswer:
        """Answer one request; an address that means nothing is 404."""
        path = unquote(request.path).rstrip("/")
        if path.startswith(_OAUTH):
            return self._oauth(request, path.removeprefix(_OAUTH), session, origin)
        if path.startswith("/id/"):
            return self._identity(path, session, origin)
        if path == "":
            return html(message_page("A simulated Salesforce org", "The API is at /services/data."))
        return self._record(path.strip("/").split("/"))

    def _oauth(
        self, request: HttpRequest, name: str, session: Session | None, origin: str
    ) -> HttpAnswer:
        if name == "userinfo":
            if session is None:
                return text("Bad_OAuth_Token", status=403)
            return json_answer(userinfo(self._store, session, origin))
        page = self._pages.get((request.method, name))
        if page is not None:
            return page(request)
        direct = self._direct.get((request.method, name))
        if direct is None:
            return _not_built(f"{request.method} {_OAUTH}{name}")
        try:
            return direct(request, origin)
        except OAuthError as error:
            body = {"error": error.error, "error_description": error.description}
            return json_answer(body, status=400)

    def _identity(self, path: str, session: Session | None, origin: str) -> HttpAnswer:
        if session is None:
            return text("Bad_OAuth_Token", status=403)
        if path != f"/id/{self._store.org_id}/{session.user_id}":
            return text("Bad_Id", status=404)
        return json_answer(identity(self._store, session, origin))

    def _record(self, parts: list[str]) -> HttpAnswer:
        """Show a record's page, at `/<id>` and at Lightning's `/lightning/r/<Object>/<id>/view`."""
        found = next((r for part in parts if (r := self._store.resolve(part)) is not None), None)
        row = self._store.get(found[0].name, found[1]) if found is not None else None
        if found is None or row is None:
            page = message_page("Not found", "This simulated org has no such page or record.")
            return html(page, status=404)
        return html(record_page(found[0], row))


def _not_built(what: str) -> HttpAnswer:
    body = {
        "error": "not_implemented",
        "error_description": f"{what} is not part of this simulated org; nothing was done",
    }
    return json_answer(body, status=501)

"""API Gateway's HTTP events (payload 2.0) into steps of connecting, and pages back."""

import base64
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from switchhook.domain.errors import Conflict, Rejected, SwitchhookError
from switchhook.domain.tenants import fingerprint
from switchhook.runtime.pages import (
    ConnectedAccount,
    Page,
    connected_page,
    onward_page,
    problem_page,
    question_page,
)
from switchhook.usecases.org.connect import Chance, Connected, Departure, Question, Return

type Event = Mapping[str, object]
type Response = dict[str, object]

COOKIE = "__Host-switchhook_state"
"""The prefix makes browsers refuse the cookie from any other host, and without Secure and Path=/."""

PAGE_COOKIE = "__Host-switchhook_page"
"""Tells the browser that was shown our question from one that a foreign page makes post."""

COOKIE_LASTS_S = 600

LONGEST_BODY = 8192
MOST_FIELDS = 10

CALLBACK_PATH = "/oauth/salesforce/callback"

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_SIGHT = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)

LONGEST_VALUE = 4096
"""What Salesforce and we put into these addresses is ASCII and never longer."""

_TITLES = {
    "access_denied": "Not connected",
    "other_org": "This is another Salesforce org",
    "org_taken": "This Salesforce org is connected already",
    "foreign_browser": "Please start again in this browser",
    "foreign_page": "Please open the link again",
    "stale_link": "This link no longer works",
}


def asked_of(event: Event) -> tuple[str, str]:
    """The method and the path that were asked for."""
    path = event.get("rawPath")
    context = event.get("requestContext")
    http = context.get("http") if isinstance(context, Mapping) else None
    method = http.get("method") if isinstance(http, Mapping) else None
    return str(method or ""), path if isinstance(path, str) else ""


def ticket_of(event: Event) -> str:
    """The connect ticket in the address; empty when there is none."""
    return _query(event).get("ticket", "")


def return_of(event: Event) -> Return:
    """What the browser brings back from Salesforce."""
    query = _query(event)
    return Return(
        state=query.get("state"),
        code=query.get("code"),
        error=query.get("error"),
        browser=_cookie(event, COOKIE),
    )


def base_url_of(event: Event, *, public_base_url: str) -> str:
    """Our own address: the configured one, else the API's own domain."""
    if public_base_url:
        return public_base_url.rstrip("/")
    context = event.get("requestContext")
    domain = context.get("domainName") if isinstance(context, Mapping) else None
    return f"https://{domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What the browser sends when somebody presses our question's button, or a foreign page pretends it."""

    ticket: str
    proof: str
    sight: str | None
    origin: str


def press_of(event: Event) -> Press:
    """Reads a POST; what is not there is empty."""
    headers = event.get("headers")
    origin = headers.get("origin") if isinstance(headers, Mapping) else None
    form = _form(event)
    return Press(
        ticket=form.get("ticket", ""),
        proof=form.get("page", ""),
        sight=_sight(event),
        origin=origin if isinstance(origin, str) else "",
    )


def refuse_foreign(press: Press, *, base_url: str) -> None:
    """Holds a press to our own page, in the browser that it was shown in; before anything is spent.

    Raises:
        Rejected: 403, it comes from elsewhere.
    """
    is_ours = _origin(press.origin) == _origin(base_url)
    proof = _proof(press.sight or "", press.ticket)
    if press.sight and is_ours and hmac.compare_digest(proof, press.proof.encode()):
        return
    raise Rejected(
        "This did not come from our own page in this browser, so nothing was done. Open the link that "
        "you asked for again and continue from there; the page needs cookies.",
        code="foreign_page",
        status=403,
    )


def asked(question: Question, event: Event, *, operator: str, sight: str) -> Response:
    """Asks whether the tenant may have the person's org; `sight` is for a browser that has none yet.

    A browser keeps its first sight, so the page can stand in two tabs.
    """
    sight = _sight(event) or sight
    ticket = ticket_of(event)
    page = question_page(
        tenant_id=question.tenant_id,
        tenant_name=question.tenant_name,
        operator=operator,
        form={"ticket": ticket, "page": _proof(sight, ticket).decode("ascii")},
    )
    return _page(page) | {"cookies": [_cookie_line(PAGE_COOKIE, sight, lasts_s=COOKIE_LASTS_S)]}


def departure(going: Departure) -> Response:
    """A page that goes on to Salesforce by itself; remembers which browser it was.

    No redirect: browsers hold `form-action` against the redirects that answer a form too.
    """
    cookie = _cookie_line(COOKIE, going.browser, lasts_s=COOKIE_LASTS_S)
    return _page(onward_page(going.url)) | {"cookies": [cookie]}


def connected(made: Connected) -> Response:
    """Shows whom the tenant is connected as, and what the checks found."""
    connection = made.connection
    user = connection.user
    page = connected_page(
        ConnectedAccount(
            user=user.name if user else "",
            email=user.email if user else "",
            org_id=connection.org_id,
            tenant=made.tenant_name,
        ),
        warnings=tuple(check.text for check in connection.checks if not check.ok),
    )
    ended = [_cookie_line(name, "", lasts_s=0) for name in (COOKIE, PAGE_COOKIE)]
    return _page(page) | {"cookies": ended}


def refused(error: SwitchhookError) -> Response:
    """Says on a page what happened and what to do."""
    title = _TITLES.get(error.code, "The connection could not be made")
    if isinstance(error, Rejected):
        return _page(problem_page(status=error.status, title=title, text=error.message))
    text = f"{error.message[:1].upper()}{error.message[1:]}. Ask for a new link and try again."
    status = 409 if isinstance(error, Conflict) else 503
    return _page(problem_page(status=status, title=title, text=text))


def not_found() -> Response:
    """There is nothing at this address."""
    return _page(
        problem_page(
            status=404,
            title="There is nothing here",
            text="Open the link for connecting to Salesforce again, or ask for a new one.",
        )
    )


def _page(page: Page) -> Response:
    return {"statusCode": page.status, "headers": page.headers(), "body": page.html}


def _query(event: Event) -> dict[str, str]:
    given = event.get("queryStringParameters")
    return _possible(given.items()) if isinstance(given, Mapping) else {}


def _form(event: Event) -> dict[str, str]:
    """The fields of a form; API Gateway hands them over in base64."""
    body = event.get("body")
    if not isinstance(body, str) or len(body) > LONGEST_BODY:
        return {}
    try:
        raw = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body
        text = raw.decode("ascii") if isinstance(raw, bytes) else raw
        return _possible(parse_qsl(text, max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}


def _possible(given: Iterable[tuple[object, object]]) -> dict[str, str]:
    return {
        name: value
        for name, value in given
        if isinstance(name, str) and isinstance(value, str) and _is_possible(value)
    }


def _is_possible(value: str) -> bool:
    return value.isascii() and len(value) <= LONGEST_VALUE


def _cookie(event: Event, wanted: str) -> str | None:
    cookies = event.get("cookies")
    for cookie in cookies if isinstance(cookies, list) else ():
        name, _, value = str(cookie).partition("=")
        if name.strip() == wanted and _is_possible(value):
            return value
    return None


def _sight(event: Event) -> str | None:
    sight = _cookie(event, PAGE_COOKIE)
    return sight if sight and _SIGHT.fullmatch(sight) else None


def _proof(sight: str, ticket: str) -> bytes:
    """What only a page that was shown in the browser with that sight, for this ticket, can send."""
    return fingerprint(f"{sight}.{ticket}").encode("ascii")


def _origin(url: str) -> str:
    """An address without a path as a browser writes an origin."""
    scheme, _, host = url.lower().partition("://")
    return f"{scheme}://{host.removesuffix(_DEFAULT_PORTS.get(scheme, ''))}"


def _cookie_line(name: str, value: str, *, lasts_s: int) -> str:
    return f"{name}={value}; Path=/; Max-Age={lasts_s}; HttpOnly; Secure; SameSite=Lax"


def fresh_sight() -> str:
    """A random text of 256 bits, for one browser that is shown our question."""
    return secrets.token_urlsafe(32)


def fresh_chance() -> Chance:
    """Three random texts of 256 bits each."""
    return Chance(
        state=secrets.token_urlsafe(32),
        browser=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(32),
    )

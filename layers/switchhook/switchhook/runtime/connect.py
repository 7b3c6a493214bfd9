"""API Gateway's HTTP events (payload 2.0) into steps of connecting, and pages back."""

import secrets
from collections.abc import Mapping

from switchhook.domain.connection import Connection
from switchhook.domain.errors import Conflict, Rejected, SwitchhookError
from switchhook.runtime.pages import Page, connected_page, problem_page
from switchhook.usecases.org.connect import Chance, Departure, Return

type Event = Mapping[str, object]
type Response = dict[str, object]

COOKIE = "__Host-switchhook_state"
"""The prefix makes browsers refuse the cookie from any other host, and without Secure and Path=/."""

COOKIE_LASTS_S = 600

LONGEST_VALUE = 4096
"""What Salesforce and we put into these addresses is ASCII and never longer."""

_TITLES = {
    "access_denied": "Not connected",
    "other_org": "This is another Salesforce org",
    "foreign_browser": "Please start again in this browser",
    "stale_link": "This link no longer works",
}


def path_of(event: Event) -> str:
    """The path that was asked for."""
    path = event.get("rawPath")
    return path if isinstance(path, str) else ""


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
        browser=_cookie(event),
    )


def callback_url(event: Event, *, public_base_url: str) -> str:
    """Where Salesforce sends the browser back to: the configured address, else the API's own domain."""
    base_url = public_base_url.rstrip("/")
    if not base_url:
        context = event.get("requestContext")
        domain = context.get("domainName") if isinstance(context, Mapping) else None
        base_url = f"https://{domain}"
    return f"{base_url}/oauth/salesforce/callback"


def departure(going: Departure) -> Response:
    """Sends the browser to Salesforce and remembers which browser it was."""
    return {
        "statusCode": 302,
        "headers": {
            "location": going.url,
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
        },
        "cookies": [_cookie_line(going.browser, lasts_s=COOKIE_LASTS_S)],
        "body": "",
    }


def connected(connection: Connection) -> Response:
    """Shows whom the tenant is connected as, and what the checks found."""
    user = connection.user
    page = connected_page(
        name=user.name if user else "",
        email=user.email if user else "",
        org_id=connection.org_id,
        warnings=tuple(check.text for check in connection.checks if not check.ok),
    )
    return _page(page) | {"cookies": [_cookie_line("", lasts_s=0)]}


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
    if not isinstance(given, Mapping):
        return {}
    return {
        name: value
        for name, value in given.items()
        if isinstance(name, str) and isinstance(value, str) and _is_possible(value)
    }


def _is_possible(value: str) -> bool:
    return value.isascii() and len(value) <= LONGEST_VALUE


def _cookie(event: Event) -> str | None:
    cookies = event.get("cookies")
    for cookie in cookies if isinstance(cookies, list) else ():
        name, _, value = str(cookie).partition("=")
        if name.strip() == COOKIE and _is_possible(value):
            return value
    return None


def _cookie_line(value: str, *, lasts_s: int) -> str:
    return f"{COOKIE}={value}; Path=/; Max-Age={lasts_s}; HttpOnly; Secure; SameSite=Lax"


def fresh_chance() -> Chance:
    """Three random texts of 256 bits each."""
    return Chance(
        state=secrets.token_urlsafe(32),
        browser=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(32),
    )

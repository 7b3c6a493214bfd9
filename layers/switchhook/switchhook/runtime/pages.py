"""The few pages a person sees on the way to Salesforce and back.

They load nothing from anywhere: one style and, on one page, one script, both allowed by their hash.
Only the question has a form, which goes to us and nowhere else.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.25rem}"
    "h1{font-size:1.4rem;line-height:1.25}h2{font-size:1.15rem}"
    "dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem}"
    "dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}"
    "li{margin:.25rem 0}"
    "button{font:inherit;font-weight:600;margin:.5rem 0;padding:.7rem 1.4rem;border-radius:.4rem;"
    "border:2px solid #0b5cab;background:#0b5cab;color:#fff;cursor:pointer}"
    "button:focus-visible,a:focus-visible{outline:3px solid #f2a600;outline-offset:2px}"
    ".care{border-left:.3rem solid #b3261e;padding-left:.9rem}"
)

CLOSES_AFTER_S = 3
"""A person has three seconds to see whom the tenant is connected as (CX-6)."""

CLOSES_WITH_WARNINGS_AFTER_S = 8
"""And a few more where there is something to read."""

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page with its status and the headers that fence it in."""

    status: int
    html: str
    script: str = ""
    asks: bool = False

    def headers(self) -> dict[str, str]:
        """Content type, and a policy under which nothing but this page's own text can act."""
        scripts = f"script-src {_hash(self.script)}; " if self.script else ""
        posts_to = "'self'" if self.asks else "'none'"
        return {
            "content-type": HTML,
            "content-security-policy": (
                f"default-src 'none'; style-src {_hash(STYLE)}; {scripts}"
                f"base-uri 'none'; form-action {posts_to}; frame-ancestors 'none'"
            ),
            "cache-control": "no-store",
            # Under no-referrer browsers send `Origin: null` with a form, and we could not tell it from others.
            "referrer-policy": "same-origin" if self.asks else "no-referrer",
            "x-content-type-options": "nosniff",
            "strict-transport-security": "max-age=31536000",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedAccount:
    """What the last page names: who, in which org, is connected to which tenant; empty is left out."""

    user: str
    email: str
    org_id: str
    tenant: str


def question_page(
    *, tenant_id: str, tenant_name: str, operator: str, form: Mapping[str, str]
) -> Page:
    """Says whom the org would be given to, and waits for a person's hand (CX-4)."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in form.items()
    )
    named = (("tenant", "Account", tenant_name), ("tenant-id", "Account id", tenant_id))
    body = (
        "<p>You are about to give this account access to your Salesforce org:</p>"
        f"<dl>{_named((*named, ('operator', 'Operator', operator)))}</dl>"
        "<p>It will read the org's contacts, leads and cases and write calls and chats to them, as the "
        "Salesforce user with whom you log in next, until it is disconnected.</p>"
        '<p class="care"><strong>Continue only if you asked for this link yourself.</strong> Whoever '
        "runs the account sees what it reads. If somebody sent you the link and you do not know this "
        "account, close this page: nothing has happened yet.</p>"
        f'<form method="post" action="/oauth/salesforce/start">{hidden}'
        '<button id="continue" type="submit">Continue to Salesforce</button></form>'
        "<p>Salesforce asks for your log-in and your consent next.</p>"
    )
    return Page(status=200, html=_document("Connect your Salesforce org?", body), asks=True)


def onward_page(url: str) -> Page:
    """Goes on to an address by itself, or by its link."""
    address = escape(url)
    body = (
        '<p role="status">Salesforce asks for your log-in next.</p>'
        f'<p><a id="onward" href="{address}">Continue to Salesforce</a></p>'
    )
    refresh = f'<meta http-equiv="refresh" content="0;url={address}">'
    return Page(status=200, html=_document("Going on to Salesforce", body, head=refresh))


def connected_page(account: ConnectedAccount, *, warnings: tuple[str, ...]) -> Page:
    """Shows the connected account and closes itself (CX-6, CX-7)."""
    shown = _named(
        (
            ("user", "User", account.user),
            ("email", "E-mail", account.email),
            ("org", "Org", account.org_id),
            ("tenant", "Account", account.tenant),
        )
    )
    noticed = "".join(f"<li>{escape(warning)}</li>" for warning in warnings)
    notice = f"<h2>Please look at</h2><ul>{noticed}</ul>" if noticed else ""
    after_s = CLOSES_WITH_WARNINGS_AFTER_S if warnings else CLOSES_AFTER_S
    close = f"setTimeout(function(){{window.close()}},{after_s * 1000})"
    body = (
        f"<dl>{shown}</dl>{notice}"
        '<p role="status">You can close this window; it closes by itself in a moment.</p>'
        f"<script>{close}</script>"
    )
    return Page(status=200, html=_document("Connected to Salesforce", body), script=close)


def problem_page(*, status: int, title: str, text: str) -> Page:
    """Says what happened and what to do; never more than that."""
    return Page(status=status, html=_document(title, f'<p role="alert">{escape(text)}</p>'))


def _named(rows: tuple[tuple[str, str, str], ...]) -> str:
    """Terms with their values, each set apart: a name may be written in any direction."""
    return "".join(
        f'<dt>{label}</dt><dd id="{key}"><bdi>{escape(value)}</bdi></dd>'
        for key, label, value in rows
        if value
    )


def _document(title: str, body: str, *, head: str = "") -> str:
    heading = escape(title)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{heading} - Switchhook</title>'
        f"{head}<style>{STYLE}</style></head>"
        f"<body><main><h1>{heading}</h1>{body}</main></body></html>"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"

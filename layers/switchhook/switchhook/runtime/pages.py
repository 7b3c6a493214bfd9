"""The few pages a person sees on the way to Salesforce and back.

They load nothing from anywhere: one style and, on one page, one script, both allowed by their hash.
"""

import base64
import hashlib
from dataclasses import dataclass
from html import escape

STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.25rem}"
    "h1{font-size:1.4rem;line-height:1.25}"
    "dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem}"
    "dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}"
    "li{margin:.25rem 0}"
)

CLOSE = "setTimeout(function(){window.close()},3000)"
"""A person has three seconds to see whom the tenant is connected as (CX-6)."""

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page with its status and the headers that fence it in."""

    status: int
    html: str
    closes: bool = False

    def headers(self) -> dict[str, str]:
        """Content type, and a policy under which nothing but this page's own text can act."""
        scripts = f"script-src {_hash(CLOSE)}; " if self.closes else ""
        return {
            "content-type": HTML,
            "content-security-policy": (
                f"default-src 'none'; style-src {_hash(STYLE)}; {scripts}"
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "strict-transport-security": "max-age=31536000",
        }


def connected_page(*, name: str, email: str, org_id: str, warnings: tuple[str, ...]) -> Page:
    """Shows the connected account and closes itself (CX-6, CX-7)."""
    account = "".join(
        f'<dt>{label}</dt><dd id="{key}">{escape(value)}</dd>'
        for key, label, value in (
            ("user", "User", name),
            ("email", "E-mail", email),
            ("org", "Org", org_id),
        )
        if value
    )
    noticed = "".join(f"<li>{escape(warning)}</li>" for warning in warnings)
    notice = f"<h2>Please look at</h2><ul>{noticed}</ul>" if noticed else ""
    body = (
        f"<dl>{account}</dl>{notice}"
        '<p role="status">You can close this window; it closes by itself in a moment.</p>'
        f"<script>{CLOSE}</script>"
    )
    return Page(status=200, html=_document("Connected to Salesforce", body), closes=True)


def problem_page(*, status: int, title: str, text: str) -> Page:
    """Says what happened and what to do; never more than that."""
    return Page(status=status, html=_document(title, f'<p role="alert">{escape(text)}</p>'))


def _document(title: str, body: str) -> str:
    heading = escape(title)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{heading} - Switchhook</title>'
        f"<style>{STYLE}</style></head>"
        f"<body><main><h1>{heading}</h1>{body}</main></body></html>"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"

"""HTTP requests and answers as plain values."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

__all__ = ["HttpAnswer", "HttpRequest", "html", "json_answer", "redirect", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request; `path` is still percent-encoded, `headers` have lower-case names.

    `door` is the listener it came through, `received_s` a monotonic time, `client_ip` the caller's
    address.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    door: Literal["https", "http", "control"]
    received_s: float
    client_ip: str = ""

    @property
    def params(self) -> dict[str, str]:
        """The parameters in the address."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form-encoded body; what cannot be decoded is left out."""
        return dict(parse_qsl(self.content().decode(errors="replace"), keep_blank_values=True))

    @property
    def sent(self) -> dict[str, str]:
        """The parameters wherever they stand; those of the form win over those of the address."""
        return {**self.params, **self.form}

    def content(self) -> bytes:
        """Return the body, unzipped if it came zipped; raises ValueError if it cannot be."""
        if self.headers.get("content-encoding", "").lower() != "gzip":
            return self.body
        try:
            return gzip.decompress(self.body)
        except (OSError, EOFError) as error:
            raise ValueError("the body is not gzip") from error

    def bearer(self) -> str | None:
        """Return the access token; both `Bearer` and the older `OAuth` are words for one."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if kind.lower() in {"bearer", "oauth"} and token.strip() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """One answer; header names are written as Salesforce writes them."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(
    body: object,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    pretty: bool = False,
) -> HttpAnswer:
    """Return a JSON answer; a body of None is an empty one. `pretty` changes spacing only."""
    content = {"Content-Type": "application/json;charset=UTF-8"}
    if body is None:
        return HttpAnswer(status=status, headers=headers or {})
    written = (
        json.dumps(body, ensure_ascii=False, indent=2, separators=(",", " : "))
        if pretty
        else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    )
    return HttpAnswer(status=status, body=written.encode(), headers={**content, **(headers or {})})


def html(page: str, *, status: int = 200) -> HttpAnswer:
    """Return a page; it may not be framed or cached."""
    return HttpAnswer(
        status=status,
        body=page.encode(),
        headers={
            "Content-Type": "text/html;charset=UTF-8",
            "Cache-Control": "no-store",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
        },
    )


def text(sentence: str, *, status: int = 200) -> HttpAnswer:
    """Return a plain sentence."""
    return HttpAnswer(
        status=status,
        body=sentence.encode(),
        headers={"Content-Type": "text/plain;charset=UTF-8"},
    )


def redirect(address: str) -> HttpAnswer:
    """Send the browser elsewhere."""
    return HttpAnswer(status=302, headers={"Location": address, "Cache-Control": "no-store"})

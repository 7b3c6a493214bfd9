"""How Bulk API 1.0 writes and reads what it says: as JSON or as XML."""

import json
import re
from collections.abc import Mapping, Sequence
from html import escape, unescape
from types import MappingProxyType

from orgsim.api.calls import ApiAnswer, RawBody
from orgsim.errors import ApiError

__all__ = ["error_answer", "information", "listed", "read_information", "speaks_json"]

_NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
_PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>'
_ELEMENT = re.compile(r"<(\w+)>([^<]*)</\1>")
# What the rest of the API calls otherwise: its code, and the sentence where that differs too.
_CODES = MappingProxyType(
    {
        "INVALID_SESSION_ID": ("InvalidSessionId", "Invalid session id"),
        "REQUEST_LIMIT_EXCEEDED": ("ExceededQuota", None),
        "INVALIDENTITY": ("InvalidEntity", None),
        "INVALIDJOB": ("InvalidJob", None),
        "INVALIDJOBSTATE": ("InvalidJobState", None),
        "NOT_FOUND": ("InvalidJob", "Unable to find the job, batch or result"),
        "SERVER_UNAVAILABLE": ("ServerUnavailable", None),
    }
)
_TIMES = frozenset({"createdDate", "systemModstamp"})
_KEPT_STATUSES = frozenset({405, 501, 503})

type Properties = Mapping[str, object]


def speaks_json(headers: Mapping[str, str]) -> bool:
    """Return whether a request says that what it sends is JSON."""
    sent = headers.get("content-type", "")
    return sent.partition(";")[0].strip().lower() == "application/json"


def information(
    name: str, properties: Properties, *, as_json: bool, status: int = 200
) -> ApiAnswer:
    """Return one `jobInfo`, `batchInfo` or `error`."""
    if as_json:
        return ApiAnswer(status=status, body=dict(properties))
    return _xml(f'<{name} xmlns="{_NAMESPACE}">{_elements(properties)}</{name}>', status)


def listed(
    name: str, entry: str, entries: Sequence[Properties] | Sequence[str], *, as_json: bool
) -> ApiAnswer:
    """Return a list: of results as bare texts, of batches as objects under their name in JSON."""
    if as_json:
        bare = all(isinstance(e, str) for e in entries) and name == "result-list"
        return ApiAnswer(body=list(entries) if bare else {entry: list(entries)})
    inner = "".join(
        f"<{entry}>{escape(e) if isinstance(e, str) else _elements(e)}</{entry}>" for e in entries
    )
    return _xml(f'<{name} xmlns="{_NAMESPACE}">{inner}</{name}>', 200)


def read_information(content: bytes, *, as_json: bool) -> dict[str, object]:
    """Return the properties of a `jobInfo` that was sent; raises ApiError InvalidJob."""
    try:
        text = content.decode()
        if not as_json:
            return {name: unescape(value) for name, value in _ELEMENT.findall(text)}
        body = json.loads(text)
    except ValueError:
        raise ApiError(400, "InvalidJob", "The job information cannot be read") from None
    if not isinstance(body, dict):
        raise ApiError(400, "InvalidJob", "The job information has to be an object")
    return body


def error_answer(error: ApiError, headers: Mapping[str, str]) -> ApiAnswer:
    """Return a refusal; Bulk API 1.0 has a form of its own and 400 for most of them."""
    code, message = _CODES.get(error.code, (error.code, None))
    status = error.status if error.status in _KEPT_STATUSES else 400
    sentence = message or error.message.removeprefix(f"{code} : ")
    properties = {"exceptionCode": code, "exceptionMessage": sentence}
    return information("error", properties, as_json=speaks_json(headers), status=status)


def _elements(properties: Properties) -> str:
    return "".join(
        f"<{name}>{escape(_as_text(name, value))}</{name}>"
        for name, value in properties.items()
        if value is not None
    )


def _as_text(name: str, value: object) -> str:
    """Return a value as XML writes it; times end in Z there and in +0000 in JSON."""
    text = str(value)
    return text.removesuffix("+0000") + "Z" if name in _TIMES else text


def _xml(text: str, status: int) -> ApiAnswer:
    body = RawBody(content=(_PROLOGUE + text).encode(), content_type="application/xml")
    return ApiAnswer(status=status, body=body)

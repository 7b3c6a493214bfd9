"""Reads bodies and query strings: what is malformed is 400, what is unfit 422, and each name is named."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Never

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from switchhook.domain.errors import Rejected

MOST_BYTES = 350_000
"""The largest body: what is kept of it has to fit into one DynamoDB item (400 kB)."""

_MOST_DEEP = 32
_SENTENCES = {
    "string_too_short": "must have at least {min_length} character(s)",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "missing": "is required",
    "extra_forbidden": "is not known here",
    "string_type": "must be a string",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "datetime_parsing": "must be a time such as 2026-11-21T09:30:00Z",
    "datetime_from_date_parsing": "must be a time such as 2026-11-21T09:30:00Z",
    "timezone_aware": "must name its offset, as in 2026-11-21T09:30:00Z",
    "date_parsing": "must be a date such as 2026-11-21",
    "date_from_datetime_parsing": "must be a date such as 2026-11-21",
    "date_from_datetime_inexact": "must be a date such as 2026-11-21",
}


def body_bytes(body: str | None, *, is_base64: bool) -> bytes:
    """The body as sent; API Gateway hands over what is no text in base64."""
    if not is_base64:
        return (body or "").encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body or "", validate=True)
    except (binascii.Error, ValueError):
        _malformed("the body could not be decoded")


def read_body[T: BaseModel](raw: bytes, shape: type[T]) -> T:
    """A JSON body in the shape the route declares; no body at all is an empty object.

    Raises:
        Rejected: 413 too large, 400 not JSON, 422 unfit with a sentence for each name.
    """
    if len(raw) > MOST_BYTES:
        raise Rejected(
            f"The body has {len(raw)} bytes; at most {MOST_BYTES} are taken. Nothing was changed.",
            code="too_large",
            status=413,
        )
    return _shaped(_parsed(raw) if raw.strip() else {}, shape, code="invalid_body")


def read_raw(raw: bytes, most_bytes: int) -> bytes:
    """A body that is no JSON document, as sent; raises `Rejected` (413) when it is too large."""
    if len(raw) > most_bytes:
        raise Rejected(
            f"The body has {len(raw)} bytes, at most {most_bytes} are taken; nothing was changed. Send "
            "it in several parts.",
            code="too_large",
            status=413,
        )
    return raw


def read_query[T: BaseModel](query: Mapping[str, str], shape: type[T]) -> T:
    """A query string in the shape the route declares; raises `Rejected` (422)."""
    return _shaped(dict(query), shape, code="invalid_query")


def _parsed(raw: bytes) -> object:
    try:
        parsed: object = json.loads(raw.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError:
        _malformed("it is not UTF-8")
    except json.JSONDecodeError as exc:
        _malformed(f"line {exc.lineno}, column {exc.colno} is not what JSON has there")
    except RecursionError:
        _malformed("it is nested too deeply")
    except ValueError:
        _malformed("it holds a number that JSON does not have, or one too long")
    if _is_deep(parsed):
        _malformed("it is nested too deeply")
    if _has_lone_surrogate(parsed):
        _malformed("a string in it holds half of a character")
    return parsed


def _no_number(word: str) -> Never:
    raise ValueError(word)


def _is_deep(parsed: object) -> bool:
    level = [parsed]
    for _ in range(_MOST_DEEP):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def _has_lone_surrogate(parsed: object) -> bool:
    try:
        json.dumps(parsed, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _malformed(why: str) -> Never:
    raise Rejected(
        f"The body cannot be read as JSON: {why}. Nothing was changed.",
        code="malformed_json",
        status=400,
    )


def _shaped[T: BaseModel](value: object, shape: type[T], *, code: str) -> T:
    try:
        return shape.model_validate(value)
    except ValidationError as exc:
        # Only names and sentences go out: pydantic's own messages quote what was sent.
        fields = {_name(error): _sentence(error) for error in reversed(exc.errors())}
        fields = dict(sorted(fields.items()))
        what = "query" if code == "invalid_query" else "body"
        raise Rejected(
            f"The {what} cannot be taken: {', '.join(fields)}. Nothing was changed; "
            "see error.fields for what each must be.",
            code=code,
            status=422,
            fields=fields,
        ) from None


def _name(error: ErrorDetails) -> str:
    return ".".join(str(part)[:64] for part in error["loc"]) or "body"


def _sentence(error: ErrorDetails) -> str:
    return f"{_name(error)} {_problem(error['type'], error.get('ctx', {}), error['msg'])}."


def _problem(kind: str, limits: Mapping[str, Any], message: str) -> str:
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(**limits)
    if kind in {"enum", "literal_error"}:
        choices = str(limits["expected"]).replace("'", "").replace(" or ", ", ")
        return f"must be one of: {choices}"
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    return "does not have the form that is asked for; /openapi.json describes it"

"""Reads the body of a data request by what it is and where it goes."""

import json
import re

from orgsim.api.blobs import read_multipart
from orgsim.errors import ApiError
from orgsim.web import HttpRequest

__all__ = ["read_body"]

_UPLOAD = re.compile(r"/services/data/v\d{1,3}\.\d/jobs/ingest/[^/]+/batches/?")
_CLASSIC = re.compile(r"/services/async/\d{1,3}\.\d(/|$)")


def read_body(request: HttpRequest) -> object:
    """Return the parsed body, None if there is none; raises ApiError for what is not JSON."""
    try:
        content = request.content().strip()
    except ValueError as error:
        raise ApiError(400, "JSON_PARSER_ERROR", f"Unreadable body: {error}") from error
    if not content or request.method in {"GET", "HEAD", "DELETE"}:
        return None
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if kind.lower() == "text/csv" and _UPLOAD.fullmatch(request.path):
        return request.content()
    if _CLASSIC.match(request.path):
        return request.content()
    if kind.lower() == "multipart/form-data":
        return read_multipart(request.headers["content-type"], request.content())
    if kind.lower() != "application/json":
        raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", f"This org does not read {kind}; send JSON")
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        where = f"[line:{error.lineno}, column:{error.colno}]"
        message = f"Unexpected character in the JSON document: {error.msg} at {where}"
        raise ApiError(400, "JSON_PARSER_ERROR", message) from error
    except ValueError as error:
        raise ApiError(400, "JSON_PARSER_ERROR", "The body is not UTF-8 text") from error

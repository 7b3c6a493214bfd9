"""Gives events and answers of an HTTP API the exact form that AWS documents for payload format 2.0."""

import json
from typing import Any

type Json = dict[str, Any]
type Header = tuple[bytes, bytes]

#: Largest synchronous event and answer of a function (Lambda quotas: 6 MB).
LAMBDA_PAYLOAD_LIMIT = 6 * 1024 * 1024
#: Carries the address the client really used past the emulator's routing by host name.
FRONT_HOST_HEADER = "x-switchhook-front-host"


def is_http_api_event(event: object) -> bool:
    """Tells an HTTP API's event from every other invocation."""
    return (
        isinstance(event, dict)
        and event.get("version") == "2.0"
        and "rawPath" in event
        and "routeKey" in event
    )


def complete_event(event: Json) -> Json:
    """Returns the event as AWS sends it: a cookie list, forwarding headers and the client's host."""
    headers = dict(event["headers"])
    context = dict(event["requestContext"])
    front_host = headers.pop(FRONT_HOST_HEADER, None)
    if front_host is not None:
        headers["host"] = front_host
        context["domainName"] = front_host
    context["http"] = {**context["http"], "method": context["http"]["method"].upper()}
    context["domainPrefix"] = context["domainName"].split(".")[0]
    host = headers.get("host", context["domainName"])
    headers.setdefault("x-forwarded-for", context["http"]["sourceIp"])
    headers.setdefault("x-forwarded-proto", "http")
    headers.setdefault("x-forwarded-port", host.rpartition(":")[2] if ":" in host else "80")
    complete = {**event, "headers": headers, "requestContext": context}
    cookies = [part.strip() for part in headers.pop("cookie", "").split(";") if part.strip()]
    if cookies:
        complete["cookies"] = cookies
    if not event.get("pathParameters"):
        complete.pop("pathParameters", None)
    return complete


def too_large(event: Json) -> bool:
    """Says whether Lambda would refuse the event for its size."""
    return len(json.dumps(event)) > LAMBDA_PAYLOAD_LIMIT


def answer_to_client(result: Json, proxied: Json | None) -> Json:
    """Returns what the API answers for one invocation.

    `result` is the emulator's record of the invocation, `proxied` its own idea of the answer. A
    throttled function is 503, a failed one and a malformed or oversized answer are 500, both with
    AWS's words and never with a stack trace.
    """
    if result.get("refused_as_too_large"):
        return _gateway_answer(413, "Request Too Long")
    if result.get("throttle"):
        return _gateway_answer(503, "Service Unavailable")
    if result.get("error") or proxied is None:
        return _gateway_answer(500, "Internal Server Error")
    try:
        status = int(proxied.get("statusCode", 200))
    except (TypeError, ValueError):
        return _gateway_answer(500, "Internal Server Error")
    body = proxied.get("body")
    if body is not None and not isinstance(body, str):
        body = json.dumps(body)
    if len(body or "") > LAMBDA_PAYLOAD_LIMIT:
        return _gateway_answer(500, "Internal Server Error")
    return {**proxied, "statusCode": status, "body": body or ""}


def _gateway_answer(status: int, message: str) -> Json:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"message": message}),
    }


def front_headers(headers: list[Header], api_host: str) -> list[Header]:
    """Returns a front request's headers, addressed to the API and with repeated names joined by a comma."""
    joined: dict[bytes, bytes] = {}
    for raw_name, value in headers:
        name = raw_name.lower()
        glue = b"; " if name == b"cookie" else b","
        joined[name] = joined[name] + glue + value if name in joined else value
    client_host = joined.get(b"host", b"")
    joined[b"host"] = api_host.encode()
    joined[FRONT_HOST_HEADER.encode()] = client_host
    return list(joined.items())

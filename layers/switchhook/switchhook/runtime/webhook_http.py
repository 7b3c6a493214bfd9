"""API Gateway's HTTP events (payload 2.0) into webhook requests, and our answers back (contract).

Nothing in an event is trusted to be of the type that AWS documents: a request that cannot be converted
is an empty one, and an empty one proves nothing.
"""

import base64
import json
from collections.abc import Mapping
from typing import assert_never

from switchhook.domain.tenants import is_id
from switchhook.ports.ingress import WebhookRequest
from switchhook.usecases.receive_webhook import (
    Accepted,
    Challenged,
    Ignored,
    NotProven,
    Received,
    TooLarge,
    UnknownHook,
)

type Response = dict[str, object]


def hook_id_of(event: Mapping[str, object]) -> str | None:
    """The hook's id in the path, or None when no hook can have what stands there."""
    path = event.get("pathParameters")
    hook_id = path.get("hook_id") if isinstance(path, Mapping) else None
    return hook_id if isinstance(hook_id, str) and is_id(hook_id) else None


def request_of(event: Mapping[str, object]) -> WebhookRequest:
    """The request's headers in lower case, its body's bytes as they were sent, its url's parameters."""
    headers = {name.lower(): value for name, value in _texts(event.get("headers")).items()}
    query = _texts(event.get("queryStringParameters"))
    return WebhookRequest(headers=headers, body=_body(event), query=query)


def answer(received: Received) -> Response:
    """What the provider is told; the status code is part of the protocol."""
    match received:
        case Accepted():
            return _json(202, {"activity_id": received.activity_id, "event_id": received.event_id})
        case Ignored():
            return _json(200, {"ignored": received.type})
        case Challenged():
            return _json(200, received.answer)
        case UnknownHook():
            return _error(
                404,
                "unknown_hook",
                "There is no webhook of this kind at this address. Use the url that was shown when "
                "the hook was made.",
            )
        case TooLarge():
            return _error(
                413,
                "too_large",
                "The body is larger than 1 MiB (1,048,576 bytes) and was not stored. "
                "Send the event without what makes it so large.",
            )
        case NotProven():
            return _error(
                401,
                "not_proven",
                "This request was not made with the hook's secret, or its signature is older than "
                "300 s, and was not stored. Compare the secret, and the clock of a signing sender.",
            )
        case _:
            assert_never(received)


def is_probe(event: Mapping[str, object]) -> bool:
    """Whether the request only asks if somebody answers here (HEAD)."""
    context = event.get("requestContext")
    http = context.get("http") if isinstance(context, Mapping) else None
    return isinstance(http, Mapping) and http.get("method") == "HEAD"


def reachable() -> Response:
    """The answer to a probe: the same at any address, so it tells nobody which hooks there are."""
    return {"statusCode": 200, "headers": {"cache-control": "no-store"}, "body": ""}


def not_stored() -> Response:
    """The answer when the event could not be stored: the provider should send it again."""
    return _error(
        503, "not_stored", "The event could not be stored. Send the same request again later."
    )


def _texts(given: object) -> dict[str, str]:
    return {
        name: value
        for name, value in (given.items() if isinstance(given, Mapping) else ())
        if isinstance(name, str) and isinstance(value, str)
    }


def _body(event: Mapping[str, object]) -> bytes:
    body = event.get("body")
    if not isinstance(body, str):
        return b""
    if event.get("isBase64Encoded") is True:
        try:
            return base64.b64decode(body, validate=True)
        except ValueError:
            pass  # the gateway did not send this: the text is judged as it stands
    return body.encode("utf-8", "surrogatepass")


def _error(status: int, code: str, message: str) -> Response:
    return _json(status, {"error": {"code": code, "message": message}})


def _json(status: int, body: Mapping[str, object]) -> Response:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps(body),
    }

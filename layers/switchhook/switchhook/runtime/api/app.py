"""Serves the routes: Powertools' resolver finds the route, everything else is decided here, once."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import NoneType
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from switchhook.domain.errors import SwitchhookError
from switchhook.runtime.api.access import Unauthorized, admit, cors_headers
from switchhook.runtime.api.reading import body_bytes, read_body, read_query, read_raw
from switchhook.runtime.api.refusals import refusal, refused, unauthorized, unexpected
from switchhook.runtime.api.route import Reply, Request, Route
from switchhook.runtime.invocation import place_of

if TYPE_CHECKING:
    from switchhook.runtime.deployment import Deployment

_PREFLIGHT_S = "600"
_UNPROVEN = frozenset({401, 403, 404, 500})
"""Answers that may be given before it is known whose tenant is asked for."""

_PLAIN = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


class Api:
    """The HTTP API over its routes and what they work with; one instance serves one process."""

    def __init__(self, routes: Iterable[Route], root: "Deployment", *, logger: Logger) -> None:
        self._routes = tuple(routes)
        self._root = root
        self._public_base_url = root.public_base_url.rstrip("/")
        self._logger = logger
        self._resolver = APIGatewayHttpResolver()
        for route in self._routes:
            rule = route.path.replace("{", "<").replace("}", ">")
            self._resolver.route(rule, method=route.method)(self._served(route))
        self._resolver.not_found(lambda _error: _response(self._unrouted()))

    def __call__(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own
        """Answers one request of API Gateway (payload 2.0)."""
        return self._resolver.resolve(event, context)

    def _served(self, route: Route) -> Callable[..., Response[str]]:
        def serve(**names: str) -> Response[str]:
            started = time.perf_counter()
            reply = self._guarded(lambda: self._readable(self._reply(route, names), names))
            told = {
                "method": route.method,
                "route": route.path,
                "status": reply.status,
                "duration_ms": round((time.perf_counter() - started) * 1000),
            }
            if reply.status not in _UNPROVEN:
                # Only now is it an id; before, a path may hold anything, a phone number too.
                told["tenant"] = names.get("tenant_id")
            self._logger.info("request_served", extra=told)
            return _response(reply)

        return serve

    def _guarded(self, answer: Callable[[], Reply]) -> Reply:
        """The reply, whatever happens on the way to it."""
        try:
            return answer()
        except Exception as exc:  # noqa: BLE001 - the last line: a caller never sees a trace
            self._logger.error(  # noqa: TRY400 - a trace could hold what was sent
                "unexpected_error",
                extra={"error_type": type(exc).__name__, "at": place_of(exc)},
            )
            return unexpected(self._resolver.current_event.request_context.request_id)

    def _reply(self, route: Route, names: Mapping[str, str]) -> Reply:
        try:
            tenant_id = names.get("tenant_id", "")
            admit(
                route,
                tenant_id,
                self._headers(),
                keys=self._root.tenants,
                operator=lambda: self._root.operator,
            )
            reply = route.run(self._request(route, names), self._root)
        except Unauthorized:
            return unauthorized()
        except SwitchhookError as exc:
            return refused(exc)
        assert isinstance(reply.body, route.answer or NoneType), "a route answers what it declares"
        return reply

    def _request(self, route: Route, names: Mapping[str, str]) -> Request:
        event = self._resolver.current_event
        raw = event.raw_event
        query = read_query(raw.get("queryStringParameters") or {}, route.query)
        sent = body_bytes(raw.get("body"), is_base64=bool(raw.get("isBase64Encoded")))
        return Request(
            tenant_id=names.get("tenant_id", ""),
            names=names,
            query=query,
            body=None if route.body is None else read_body(sent, route.body),
            raw=b"" if route.raw is None else read_raw(sent, route.raw.most_bytes),
            now=self._root.clock.now(),
            base_url=self._public_base_url or f"https://{event.request_context.domain_name}",
        )

    def _readable(self, reply: Reply, names: Mapping[str, str]) -> Reply:
        allowed = self._cors(names)
        return replace(reply, headers={**reply.headers, **allowed}) if allowed else reply

    def _cors(self, names: Mapping[str, str]) -> Mapping[str, str]:
        try:
            return cors_headers(
                names.get("tenant_id", ""), self._headers(), versions=self._root.versions
            )
        except SwitchhookError:
            # The answer itself stands; only pages of other origins cannot read it.
            return {}

    def _unrouted(self) -> Reply:
        """Whatever no route takes: a preflight, a wrong method, or a wrong path."""
        event = self._resolver.current_event
        method, path = event.http_method.upper(), event.path
        found = [(r, names) for r in self._routes if (names := r.matches(path)) is not None]
        if not found:
            message = "There is nothing at this path; GET /openapi.json lists all there is."
            return refusal(404, "not_found", message)
        methods = ", ".join([*(route.method for route, _ in found), "OPTIONS"])
        if method == "OPTIONS":
            return self._guarded(lambda: self._preflight(methods, found[0][1]))
        message = f"This path does not take {method}; it takes {methods}."
        return refusal(405, "method_not_allowed", message, headers={"Allow": methods})

    def _preflight(self, methods: str, names: Mapping[str, str]) -> Reply:
        allowed = dict(self._cors(names))
        if "Access-Control-Allow-Origin" in allowed:
            allowed |= {
                "Access-Control-Allow-Methods": methods,
                "Access-Control-Allow-Headers": "authorization, content-type",
                "Access-Control-Max-Age": _PREFLIGHT_S,
            }
        return Reply(status=204, headers={"Allow": methods, **allowed})

    def _headers(self) -> Mapping[str, str]:
        sent = self._resolver.current_event.raw_event.get("headers") or {}
        return {str(name).lower(): str(value) for name, value in sent.items()}


def _response(reply: Reply) -> Response[str]:
    if reply.body is None:
        return Response(status_code=reply.status, headers={**_PLAIN, **reply.headers}, body="")
    return Response(
        status_code=reply.status,
        content_type="application/json",
        headers={**_PLAIN, **reply.headers},
        body=json.dumps(reply.body.model_dump(), ensure_ascii=False),
    )

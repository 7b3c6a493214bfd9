"""Builds the OpenAPI document from the routes, so that it cannot say anything else than they do."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from switchhook.domain.settings import reading as rules
from switchhook.runtime.api.answers.base import Error
from switchhook.runtime.api.answers.tenants import Settings
from switchhook.runtime.api.route import ANYONE, Route

type Schema = dict[str, Any]

_REF = "#/components/schemas/{model}"
_ALWAYS = (500, 503)
_MEANING = {
    400: "Malformed JSON or cursor.",
    401: "No valid key.",
    403: "This key may not do this.",
    404: "Not there, or another tenant's.",
    409: "Something stands against it; the message says what.",
    413: "The body is too large.",
    422: "Names in `fields` what cannot be taken, and why.",
    500: "A bug on our side; the message has a request id.",
    502: "Salesforce refused; the message has its words.",
    503: "Something we need did not answer; try again after Retry-After.",
}


def document(routes: Iterable[Route], *, base_url: str) -> Schema:
    """The OpenAPI 3.1 document of the routes, for a deployment reached at `base_url`."""
    known = tuple(routes)
    paths: dict[str, Schema] = {}
    for route in known:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Switchhook",
            "version": "1",
            "description": "Every ended call lands in Salesforce exactly once, on the right record.",
        },
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {
            "schemas": _schemas(known),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(routes: Iterable[Route]) -> Schema:
    """The models that are taken and given, and all that they are made of."""
    taken = {route.body for route in routes if route.body is not None}
    given = {route.answer for route in routes if route.answer is not None} | {Error}
    named: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((model, "validation") for model in sorted(taken, key=_name)),
        *((model, "serialization") for model in sorted(given, key=_name)),
    ]
    _, described = models_json_schema(named, ref_template=_REF)
    schemas: Schema = described["$defs"]
    schemas[_name(Settings)]["examples"] = [rules.to_json(rules.resolve(_SAMPLE, version=1))]
    return schemas


_SAMPLE = {"preset": "standard", "default_region": "US", "time_zone": "America/New_York"}


def _operation(route: Route) -> Schema:
    operation: Schema = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": {str(route.status): _success(route), **_refusals(route)},
        "security": [] if route.roles == ANYONE else [{"key": []}],
    }
    if route.roles:
        operation["x-keys"] = sorted(route.roles)
    if route.body is not None:
        operation["requestBody"] = {
            "required": _has_required(route.body),
            "content": {"application/json": {"schema": _ref(route.body)}},
        }
    if route.raw is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {route.raw.media_type: {"schema": {"type": "string"}}},
        }
    return operation


def _operation_id(route: Route) -> str:
    words = re.findall(r"[a-z0-9]+", route.path.removeprefix("/v1").replace("_", ""))
    return "_".join([route.method.lower(), *words])


def _success(route: Route) -> Schema:
    if route.answer is None:
        return {"description": "Done."}
    return {
        "description": "Done.",
        "content": {"application/json": {"schema": _ref(route.answer)}},
    }


def _refusals(route: Route) -> dict[str, Schema]:
    statuses = {*_ALWAYS, *route.refusals}
    if route.roles:
        statuses |= {401, 403}
    if route.below_a_tenant:
        statuses.add(404)
    if route.body is not None:
        statuses |= {400, 413, 422}
    if route.raw is not None:
        statuses |= {413, 422}
    if route.query.model_fields:
        statuses |= {400, 422}
    content = {"application/json": {"schema": _ref(Error)}}
    return {
        str(status): {"description": _MEANING[status], "content": content}
        for status in sorted(statuses)
    }


def _path_parameters(route: Route) -> list[Schema]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]


def _query_parameters(route: Route) -> list[Schema]:
    described: dict[str, Any] = route.query.model_json_schema(ref_template=_REF)
    required = described.get("required", [])
    inner = described.get("$defs", {})
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _flat(schema, inner)}
        for name, schema in described.get("properties", {}).items()
    ]


def _flat(schema: Any, inner: Schema) -> Any:  # noqa: ANN401 - a part of a JSON schema
    """Puts the few shared definitions of a query in place, so that no parameter needs a component."""
    if isinstance(schema, list):
        return [_flat(each, inner) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _flat(inner[schema["$ref"].rpartition("/")[2]], inner)
    return {name: _flat(value, inner) for name, value in schema.items()}


def _has_required(body: type[BaseModel]) -> bool:
    return any(field.is_required() for field in body.model_fields.values())


def _ref(model: type[BaseModel]) -> Schema:
    return {"$ref": _REF.format(model=_name(model))}


def _name(model: type[BaseModel]) -> str:
    return model.__name__

"""The API describes itself, and what it says is what it does."""

import io
import json
import re
from dataclasses import replace

import pytest
from aws_lambda_powertools import Logger

from switchhook.runtime.api.answers.base import OpenApi
from switchhook.runtime.api.app import Api
from switchhook.runtime.api.openapi import document
from switchhook.runtime.api.route import Reply
from switchhook.runtime.api.table import ROUTES
from unit.api.world import BASE, Caller

CONTRACT = {
    "/v1/health": {"get"},
    "/openapi.json": {"get"},
    "/v1/tenants": {"get", "post"},
    "/v1/tenants/{tenant_id}": {"get", "delete"},
    "/v1/tenants/{tenant_id}/keys/rotate": {"post"},
    "/v1/tenants/{tenant_id}/settings": {"get", "patch"},
    "/v1/tenants/{tenant_id}/settings/versions": {"get"},
    "/v1/tenants/{tenant_id}/settings/restore": {"post"},
    "/v1/tenants/{tenant_id}/people": {"get", "put"},
    "/v1/tenants/{tenant_id}/hooks": {"get", "post"},
    "/v1/tenants/{tenant_id}/hooks/{hook_id}": {"get", "patch", "delete"},
    "/v1/tenants/{tenant_id}/hooks/{hook_id}/rotate": {"post"},
    "/v1/tenants/{tenant_id}/connection": {"get", "post", "delete"},
    "/v1/tenants/{tenant_id}/connection/preview-disconnect": {"get"},
    "/v1/tenants/{tenant_id}/app": {"get", "put", "delete"},
    "/v1/tenants/{tenant_id}/activities": {"get"},
    "/v1/tenants/{tenant_id}/activities/{activity_id}": {"get"},
    "/v1/tenants/{tenant_id}/activities/explain": {"post"},
    "/v1/tenants/{tenant_id}/activities/simulate": {"post"},
    "/v1/tenants/{tenant_id}/activities/{activity_id}/replay": {"post"},
    "/v1/tenants/{tenant_id}/activities/{activity_id}/apply": {"post"},
    "/v1/tenants/{tenant_id}/backfill": {"post"},
    "/v1/tenants/{tenant_id}/jobs/{job_id}": {"get"},
    "/v1/tenants/{tenant_id}/matches": {"put", "get", "delete"},
    "/v1/tenants/{tenant_id}/matches/repoint": {"post"},
    "/v1/tenants/{tenant_id}/matches/undo": {"post"},
    "/v1/tenants/{tenant_id}/statement": {"get"},
}


@pytest.fixture(scope="module")
def described():
    return document(ROUTES, base_url=BASE)


def operations(described):
    return [each for methods in described["paths"].values() for each in methods.values()]


def references(node):
    if isinstance(node, dict):
        found = {node["$ref"]} if "$ref" in node else set()
        return found.union(*(references(inner) for inner in node.values()))
    if isinstance(node, list):
        return set().union(*(references(inner) for inner in node))
    return set()


def test_every_promised_path_is_there_and_no_other(described):
    assert {path: set(methods) for path, methods in described["paths"].items()} == CONTRACT


def test_every_reference_leads_somewhere(described):
    schemas = described["components"]["schemas"]

    names = {reference.removeprefix("#/components/schemas/") for reference in references(described)}

    assert names <= set(schemas)


def test_every_operation_has_a_name_of_its_own(described):
    names = [operation["operationId"] for operation in operations(described)]

    assert len(set(names)) == len(names)


def test_every_path_variable_is_a_parameter(described):
    for path, methods in described["paths"].items():
        for operation in methods.values():
            told = [p["name"] for p in operation["parameters"] if p["in"] == "path"]
            assert told == re.findall(r"\{(\w+)\}", path)


def test_guarded_operations_say_so(described):
    open_paths = [
        path
        for path, methods in described["paths"].items()
        for operation in methods.values()
        if not operation["security"]
    ]

    assert open_paths == ["/v1/health", "/openapi.json"]


def test_bodies_refuse_unknown_names_in_the_document_too(described):
    schemas = described["components"]["schemas"]

    assert schemas["NewTenantBody"]["additionalProperties"] is False
    assert set(schemas["NewTenantBody"]["required"]) == {
        "name",
        "preset",
        "default_region",
        "time_zone",
    }


def test_it_is_served_with_the_address_of_this_deployment(call):
    answer = call("GET", "/openapi.json")

    assert answer.json["openapi"] == "3.1.0"
    assert answer.json["servers"] == [{"url": BASE}]


def test_real_answers_have_exactly_the_described_fields(call, tenant, described):
    schemas = described["components"]["schemas"]
    hook = {"provider": "generic", "kind": "call"}
    answers = {
        "Hook": call("POST", f"{tenant.path}/hooks", hook, key=tenant.admin).json,
        "Connection": call("GET", f"{tenant.path}/connection", key=tenant.admin).json,
        "ConnectTicket": call("POST", f"{tenant.path}/connection", key=tenant.admin).json,
        "People": call("GET", f"{tenant.path}/people", key=tenant.admin).json,
        "Tenant": call("GET", tenant.path, key=tenant.admin).json,
        "Error": call("GET", "/v1/nothing").json,
        "Health": call("GET", "/v1/health").json,
        "ActivityPage": call("GET", f"{tenant.path}/activities", key=tenant.admin).json,
    }

    for name, answer in answers.items():
        schema = schemas[name]
        assert set(schema["required"]) <= set(answer) <= set(schema["properties"]), name


def test_what_is_left_out_of_an_answer_is_never_described_as_null(described):
    """A secret is there or it is not."""
    hook = described["components"]["schemas"]["Hook"]

    assert hook["properties"]["secret"]["type"] == "string"
    assert "secret" not in hook["required"]


def test_a_time_is_described_as_it_is_written(described):
    job = described["components"]["schemas"]["Job"]

    assert job["properties"]["created_at"]["type"] == "string"
    assert job["properties"]["created_at"]["format"] == "date-time"


def test_a_route_that_answers_something_else_than_it_declares_is_found_out(world):
    """So that the document holds for whatever is answered."""
    (health,) = (route for route in ROUTES if route.path == "/v1/health")
    wrong = replace(health, run=lambda _request, _root: Reply(body=OpenApi({})))
    call = Caller(world)
    call.api = Api([wrong], world, logger=Logger(service="wrong", stream=io.StringIO()))

    assert call("GET", "/v1/health").status == 500


def test_the_document_is_plain_json(described):
    assert json.loads(json.dumps(described)) == described

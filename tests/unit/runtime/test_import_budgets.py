"""What starting each function loads: only what it uses, and nothing heavy before it is asked for.

The ingress, for which providers wait, has a stricter budget of its own.
"""

import pytest

from builders.cold_start import found, start

HEAVY = (
    "simple_salesforce",
    "zeep",
    "lxml",
    "jinja2",
    "aws_xray_sdk",
    "aws_lambda_powertools.utilities.parser",
)
"""What no function loads before an event asks for it."""

FORBIDDEN = {
    "activity_worker": (*HEAVY, "pydantic", "aws_lambda_powertools.event_handler"),
    "caretaker": (
        *HEAVY,
        "pydantic",
        "phonenumbers",
        "requests",
        "aws_lambda_powertools.event_handler",
        "aws_lambda_powertools.utilities.batch",
        "switchhook.adapters.salesforce",
    ),
    "job_runner": (*HEAVY, "pydantic", "aws_lambda_powertools.event_handler"),
    "oauth_callback": (
        *HEAVY,
        "pydantic",
        "phonenumbers",
        "aws_lambda_powertools.event_handler",
        "aws_lambda_powertools.utilities.batch",
    ),
    "api": (
        *HEAVY,
        "requests",
        "phonenumbers",
        "aws_lambda_powertools.utilities.batch",
    ),
}

_TENANTS = {
    "aws",
    "dynamodb.changes",
    "dynamodb.connections",
    "dynamodb.due",
    "dynamodb.keys",
    "salesforce.errors",
    "salesforce.hosts",
    "salesforce.metadata",
    "salesforce.oauth",
    "salesforce.session",
    "salesforce.soql",
    "secrets",
    "serial",
}
_RECORDING = _TENANTS | {
    "dynamodb.directory",
    "dynamodb.flights",
    "dynamodb.ledger",
    "dynamodb.org_memory",
    "dynamodb.pins",
    "dynamodb.settings",
    "files",
    "phone",
    "queues",
    "salesforce.files",
    "salesforce.queries",
    "salesforce.search",
    "salesforce.write",
}
ADAPTERS = {
    "activity_worker": _RECORDING,
    "caretaker": {
        "aws",
        "dynamodb.changes",
        "dynamodb.directory",
        "dynamodb.due",
        "dynamodb.keys",
        "dynamodb.ledger",
        "queues",
        "secrets",
        "serial",
    },
    "job_runner": _RECORDING | {"dynamodb.jobs", "dynamodb.ledger_read"},
    "oauth_callback": _TENANTS | {"dynamodb.connect", "dynamodb.org_memory"},
    "api": set(),
}
"""The adapters that starting a function loads, those of providers aside; the API loads them by request."""

_NO_FILES_OF_THEIR_OWN = {"dynamodb", "salesforce"}


@pytest.fixture(scope="module", params=sorted(ADAPTERS))
def started(request: pytest.FixtureRequest) -> tuple[str, set[str]]:
    return request.param, set(start(request.param)["modules"])


def test_a_function_starts_without_what_is_heavy_and_not_its_own(started):
    function, modules = started

    assert {name for name in FORBIDDEN[function] if found(name, modules)} == set()


def test_a_function_loads_its_own_adapters_and_no_other(started):
    function, modules = started
    prefix = "switchhook.adapters."

    loaded = {name.removeprefix(prefix) for name in modules if name.startswith(prefix)}

    ours = {name for name in loaded if name.partition(".")[0] != "providers"}
    assert ours - _NO_FILES_OF_THEIR_OWN == ADAPTERS[function]


def test_only_the_api_loads_the_api(started):
    function, modules = started

    assert bool(found("switchhook.runtime.api", modules)) is (function == "api")

"""The handler file is thin, fails at start where a variable is missing, and takes every event file."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from switchhook.runtime.api.wiring import ApiSettings
from unit.api.world import CONTEXT, OPERATOR_KEY

ROOT = Path(__file__).parents[3]
HANDLER = ROOT / "functions/api/handler.py"
ENVIRONMENT = {
    "TENANT_TABLE": "tenants",
    "ACTIVITY_TABLE": "activities",
    "DIRECTORY_TABLE": "directory",
    "PAYLOAD_BUCKET": "payloads",
    "ACTIVITY_QUEUE_URL": "https://queue.example.com/activities",
    "JOB_QUEUE_URL": "https://queue.example.com/jobs",
    "KMS_KEY_ID": "key",
    "SESSION_KEY_SECRET": "session",
    "OPERATOR_KEY_SECRET": "operator",
    "SALESFORCE_APP_SECRET": "app",
    "APP_SECRET_PREFIX": "switchhook/apps/",
    "SALESFORCE_LOGIN_URL": "https://login.salesforce.com",
    "SALESFORCE_CONNECT_TIMEOUT_S": "5",
    "SALESFORCE_READ_TIMEOUT_S": "25",
}
EXPECTED = {
    "health": 200,
    "openapi": 200,
    "create_tenant": 201,
    "create_hook": 401,
    "change_settings": 401,
    "list_failed_activities": 401,
    "preflight": 204,
    "without_key": 401,
}


@pytest.fixture
def handler(monkeypatch, call):
    """The deployed file over the fakes."""
    for name, value in {**ENVIRONMENT, "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("api_handler", HANDLER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "api", call.api)
    return module.handler


def test_every_event_file_has_an_expected_answer():
    assert {path.stem for path in (ROOT / "events/api").glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("case", sorted(EXPECTED))
def test_the_event_files_are_answered_as_described(handler, world, case):
    world.operator.current = lambda: "operator-key"
    event = json.loads((ROOT / f"events/api/{case}.json").read_text(encoding="utf-8"))

    assert handler(event, CONTEXT)["statusCode"] == EXPECTED[case]


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_a_missing_variable_is_named_at_start(name):
    incomplete = {key: value for key, value in ENVIRONMENT.items() if key != name}

    with pytest.raises(KeyError, match=name):
        ApiSettings.from_env(incomplete)


def test_all_missing_variables_are_named_at_once():
    with pytest.raises(KeyError, match=r"TENANT_TABLE.*SALESFORCE_READ_TIMEOUT_S"):
        ApiSettings.from_env({})


def test_settings_print_no_variable_of_the_environment():
    shown = repr(ApiSettings.from_env({**ENVIRONMENT, "AWS_SECRET_ACCESS_KEY": OPERATOR_KEY}))

    assert OPERATOR_KEY not in shown
    assert "login.salesforce.com" not in shown


def test_starting_loads_neither_salesforces_client_nor_requests():
    code = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('api_handler', {str(HANDLER)!r})\n"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))\n"
        "print(sorted({'simple_salesforce', 'zeep', 'requests', 'lxml'} & set(sys.modules)))"
    )
    environment = {
        **ENVIRONMENT,
        "AWS_DEFAULT_REGION": "us-east-1",
        "PYTHONPATH": str(ROOT / "layers/switchhook"),
    }

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == "[]"

"""The handler file is thin, fails at start where a variable is missing, and takes every event file."""

import importlib.util
import json
from pathlib import Path

import pytest

from builders.cold_start import ENVIRONMENT
from switchhook.runtime.environment import API, Environment
from unit.api.world import CONTEXT, OPERATOR_KEY

ROOT = Path(__file__).parents[3]
HANDLER = ROOT / "functions/api/handler.py"
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
    for name, value in ENVIRONMENT.items():
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


def test_all_missing_variables_are_named_at_once():
    with pytest.raises(KeyError, match=r"TENANT_TABLE.*SALESFORCE_READ_TIMEOUT_S"):
        Environment.from_env({}, names=API.needs)


def test_settings_print_no_variable_of_the_environment():
    env = {**ENVIRONMENT, "AWS_SECRET_ACCESS_KEY": OPERATOR_KEY}
    shown = repr(Environment.from_env(env, names=API.needs))

    assert OPERATOR_KEY not in shown
    assert "login.salesforce.com" not in shown

"""What loading the ingress costs: a provider waits for its cold start."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

FORBIDDEN = (
    "pydantic",
    "simple_salesforce",
    "requests",
    "phonenumbers",
    "zeep",
    "lxml",
    "aws_xray_sdk",
    "jinja2",
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.parser",
    "switchhook.ports.admin",
    "switchhook.ports.ledger",
    "switchhook.ports.org",
    "switchhook.domain.rules",
    "switchhook.domain.settings",
)

BUDGET_MS = 300
NOISE = 2.0
"""CPU time varies up to twofold on a busy machine; the alarm is for a doubling."""

_PROBE = """
import json, sys, time
began = time.process_time()
import handler
spent_ms = (time.process_time() - began) * 1000
from switchhook.adapters.providers.catalog import PROVIDERS, edge_of
for provider in PROVIDERS: edge_of(provider)
print(json.dumps({"spent_ms": spent_ms, "modules": sorted(sys.modules)}))
"""


def load_handler(function: str) -> dict[str, object]:
    """Import the handler in a process of its own, as Lambda's init phase does."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(
            (str(ROOT / "layers/switchhook"), str(ROOT / "functions" / function))
        ),
        "TENANT_TABLE": "t",
        "PAYLOAD_BUCKET": "b",
        "ACTIVITY_QUEUE_URL": "https://queue.example.com/1",
        "KMS_KEY_ID": "k",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    done = subprocess.run(
        [sys.executable, "-c", _PROBE], env=environment, capture_output=True, check=True, text=True
    )
    loaded = json.loads(done.stdout)
    assert isinstance(loaded, dict)
    return loaded


@pytest.fixture(scope="module", params=["call_ended", "chat_ended"])
def modules(request: pytest.FixtureRequest) -> set[str]:
    return set(load_handler(request.param)["modules"])


@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_ingress_does_not_load(modules: set[str], name: str):
    """Not at import and not with the edges of all providers."""
    assert {found for found in modules if found == name or found.startswith(f"{name}.")} == set()


def test_the_ingress_loads_within_its_budget():
    """300 ms of CPU, imports and clients together."""
    spent = [load_handler("call_ended")["spent_ms"] for _ in range(7)]

    assert statistics.median(spent) <= BUDGET_MS * NOISE

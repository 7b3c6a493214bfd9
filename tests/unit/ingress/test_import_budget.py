"""What loading the ingress costs: a provider waits for its cold start."""

import statistics

import pytest

from builders.cold_start import found, start

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

_EVERY_EDGE = """
from switchhook.adapters.providers.catalog import PROVIDERS, edge_of
for provider in PROVIDERS: edge_of(provider)
"""


@pytest.fixture(scope="module", params=["call_ended", "chat_ended"])
def modules(request: pytest.FixtureRequest) -> set[str]:
    return set(start(request.param, then=_EVERY_EDGE)["modules"])


@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_ingress_does_not_load(modules: set[str], name: str):
    """Not at import and not with the edges of all providers."""
    assert found(name, modules) == set()


def test_the_ingress_loads_within_its_budget():
    """300 ms of CPU, imports and clients together."""
    spent = [start("call_ended")["spent_ms"] for _ in range(7)]

    assert statistics.median(spent) <= BUDGET_MS * NOISE

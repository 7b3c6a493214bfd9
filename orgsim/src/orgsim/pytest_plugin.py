"""A running org for tests: pytest finds these fixtures where orgsim is installed."""

from collections.abc import Iterator, Mapping

import pytest

from orgsim.server import OrgServer
from orgsim.settings import Settings
from orgsim.settings_reading import merge_settings

__all__ = ["fresh_org", "org_server", "org_settings"]


@pytest.fixture(scope="session")
def org_settings() -> Mapping[str, object]:
    """What every test's org has other than the defaults; a conftest that knows better says so."""
    return {}


@pytest.fixture(scope="session")
def org_server(org_settings: Mapping[str, object]) -> Iterator[OrgServer]:
    """One org per test process, in memory, on free ports."""
    with OrgServer(settings=merge_settings(Settings(), org_settings)) as server:
        yield server


@pytest.fixture
def fresh_org(org_server: OrgServer) -> OrgServer:
    """The process's org, emptied: no records, tokens, faults or settings of another test."""
    org_server.org.reset()
    return org_server

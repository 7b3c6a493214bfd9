"""A running org for tests: pytest finds these fixtures where orgsim is installed."""

from collections.abc import Iterator

import pytest

from orgsim.server import OrgServer

__all__ = ["fresh_org", "org_server"]


@pytest.fixture(scope="session")
def org_server() -> Iterator[OrgServer]:
    """One org per test process, in memory, on free ports."""
    with OrgServer() as server:
        yield server


@pytest.fixture
def fresh_org(org_server: OrgServer) -> OrgServer:
    """The process's org, emptied: no records, tokens, faults or settings of another test."""
    org_server.org.reset()
    return org_server

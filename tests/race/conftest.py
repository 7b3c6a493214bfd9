"""A deployment of its own for each test, and workers that are let go together.

Every worker of a race has its own wiring, as if each ran in its own Lambda environment.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from builders.site import NUMBER, TENANT, Site, settle_tenant, site_for
from orgsim.server import OrgServer

__all__ = ["NUMBER", "TENANT", "Site"]


@pytest.fixture
def site(aws, tables, fresh_org: OrgServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    site = site_for(aws, tables, fresh_org, monkeypatch)
    settle_tenant(aws, tables, site)
    yield site
    site.close()


@pytest.fixture
def all_at_once() -> Callable[[Sequence[Callable[[], object]]], list[object]]:
    """Runs every call in a thread of its own, all let go together."""

    def run(calls: Sequence[Callable[[], object]]) -> list[object]:
        with ThreadPoolExecutor(max_workers=len(calls)) as pool:
            return [future.result() for future in [pool.submit(call) for call in calls]]

    return run

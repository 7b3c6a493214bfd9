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
def site_where(
    aws, tables, fresh_org: OrgServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Site]]:
    """Makes the deployment with a tenant that has these settings of calls."""
    site = site_for(aws, tables, fresh_org, monkeypatch)

    def made(**calls: object) -> Site:
        settle_tenant(aws, tables, site, **calls)
        return site

    yield made
    site.close()


@pytest.fixture
def chats_site_where(
    aws, tables, fresh_org: OrgServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Site]]:
    """Makes the deployment with a tenant whose chats become this."""
    site = site_for(aws, tables, fresh_org, monkeypatch)

    def made(**actions: object) -> Site:
        settle_tenant(aws, tables, site, chats=actions)
        return site

    yield made
    site.close()


@pytest.fixture
def site(site_where: Callable[..., Site]) -> Site:
    """A deployment whose tenant wants a Lead for each unknown number."""
    return site_where()


@pytest.fixture
def all_at_once() -> Callable[[Sequence[Callable[[], object]]], list[object]]:
    """Runs every call in a thread of its own, all let go together."""

    def run(calls: Sequence[Callable[[], object]]) -> list[object]:
        with ThreadPoolExecutor(max_workers=len(calls)) as pool:
            return [future.result() for future in [pool.submit(call) for call in calls]]

    return run

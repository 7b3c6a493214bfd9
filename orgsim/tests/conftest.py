"""What all of orgsim's tests share."""

from collections.abc import Callable, Iterator

import pytest

from org_process import OrgProcess
from replay.tally import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]


@pytest.fixture
def run_org() -> Iterator[Callable[..., OrgProcess]]:
    """Starts orgs as processes with these arguments, and ends them with the test."""
    started: list[OrgProcess] = []

    def start(*arguments: object, **more: object) -> OrgProcess:
        started.append(OrgProcess(*arguments, **more))
        return started[-1]

    yield start
    for one in started:
        one.stop()

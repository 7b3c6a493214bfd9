"""What the tests of the product and those of orgsim share: an org, a browser, who runs which file."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["orgsim.pytest_plugin"]

CHROMIUM = "/usr/bin/chromium"

# A busy machine is no failure: what an example may cost is measured where it matters, in CPU time.
settings.register_profile("whole", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# What `make check` runs before every commit; `make test` looks at five times as many examples.
settings.register_profile("check", settings.get_profile("whole"), max_examples=20)
settings.load_profile("whole")


class ByFile(LoadScopeScheduling):
    """Gives each worker whole files, and all end-to-end tests to one: they share an org and its faults."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::", 1)[0]
        return "tests/e2e" if path.startswith("tests/e2e/") else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The system's Chromium; pages of the org need a context with `ignore_https_errors`."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # slow, and few tests need it

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            headless=True,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        yield chromium
        chromium.close()

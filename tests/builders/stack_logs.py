"""What the deployed functions have logged and measured, read from the emulator's CloudWatch."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from local.aws import clients
from local.state import State

LOGGED_WITHIN_S = 20


def log_text(state: State) -> str:
    """Everything in every log group."""
    logs = clients(state.aws_endpoint)("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    return "\n".join(line for group in groups for line in _lines(logs, group))


def _lines(logs: Any, group: str) -> Iterator[str]:
    asked: dict[str, Any] = {"logGroupName": group}
    while True:
        page = logs.filter_log_events(**asked)
        yield from (event["message"] for event in page["events"])
        if not page.get("nextToken"):
            return
        asked["nextToken"] = page["nextToken"]


def await_lines(
    state: State, text: str, *, more_than: int = 0, meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Waits until the logs hold a text more often than it was there before.

    The emulator shows a function's last line only with its next invocation, which `meanwhile` has to cause.
    """
    until = time.monotonic() + LOGGED_WITHIN_S
    while log_text(state).count(text) <= more_than:
        assert time.monotonic() < until, f"{text} was not logged in {LOGGED_WITHIN_S} s"
        meanwhile()
        time.sleep(0.1)


def metric_dimensions(state: State) -> set[tuple[str, str]]:
    """Name and value of every dimension of a metric that the functions have measured."""
    found = set()
    for line in log_text(state).splitlines():
        if '"_aws"' in line:
            measured = json.loads(line)
            for directive in measured["_aws"]["CloudWatchMetrics"]:
                for names in directive["Dimensions"]:
                    found |= {(name, str(measured[name])) for name in names}
    return found

"""What a client was asked to do with the org, and what became of each thing."""

import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PASSED = "passed"


class Operations:
    """The outcomes of one client's operations, by name: `passed`, or what went wrong.

    A failed operation does not stop those after it, so one look shows all that is broken.
    """

    def __init__(self):
        self.outcomes: dict[str, str] = {}

    @contextlib.contextmanager
    def operation(self, name: str) -> Iterator[None]:
        """Run the block as the operation of that name."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  # whatever a client raises is its outcome
            self.outcomes[name] = f"{type(error).__name__}: {error}"
        else:
            self.outcomes[name] = PASSED

    def tell(self) -> None:
        """Write the outcomes to standard output as the last line, for the test to read."""
        sys.stdout.write(f"\n{json.dumps(self.outcomes)}\n")


@dataclass(slots=True)
class Refusal:
    """The exception by which a client told that it was refused."""

    error: Any = None


@contextlib.contextmanager
def refused(kind: type[Exception]) -> Iterator[Refusal]:
    """Demand that the block raises that exception; it is there to be looked at afterwards."""
    refusal = Refusal()
    try:
        yield refusal
    except kind as error:
        refusal.error = error
    else:
        raise AssertionError(f"{kind.__name__} did not come")


def table(client: str, outcomes: dict[str, str]) -> str:
    """Return the outcomes as lines to read, a count first."""
    passed = sum(outcome == PASSED for outcome in outcomes.values())
    lines = [f"{client}: {passed} of {len(outcomes)} operations passed"]
    lines += [f"  {name}: {outcome}" for name, outcome in outcomes.items()]
    return "\n".join(lines)

"""One Lambda invocation as a clock."""

from datetime import UTC, datetime
from typing import Protocol


class LambdaContext(Protocol):
    """What is used of Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends this invocation."""
        ...


class InvocationClock:
    """The port Clock; `begin` points it at the invocation that has just begun."""

    def __init__(self) -> None:
        self._context: LambdaContext | None = None

    def begin(self, context: LambdaContext) -> None:
        """From now on, count the time that is left of this invocation."""
        self._context = context

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)

    def remaining_s(self) -> float:
        """Seconds left of the invocation; none when there is no invocation."""
        if self._context is None:
            return 0.0
        return self._context.get_remaining_time_in_millis() / 1000

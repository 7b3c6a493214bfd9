"""One Lambda invocation: its clock, and where something in it went wrong."""

from datetime import UTC, datetime
from typing import Protocol

from aws_lambda_powertools import Logger


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


def note_failure(error: BaseException, logger: Logger, *, message_id: str) -> None:
    """One log line for a queue message that could not be worked off and will be delivered again."""
    told = {"message_id": message_id, "error_type": type(error).__name__, "at": place_of(error)}
    logger.error("message_not_worked_off", extra=told)


def place_of(error: BaseException) -> str:
    """The file and line that raised; no message and no trace, for both may hold what was sent."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown"
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"

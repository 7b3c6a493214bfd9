"""Says where an unexpected error came from, without a word of what was being handled."""

from aws_lambda_powertools import Logger


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

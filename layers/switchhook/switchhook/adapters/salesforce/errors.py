"""What Salesforce's answers, and the lack of one, mean to us: the one table of error mapping.

A clean answer is complete JSON with 2xx or 4xx (not 408), or a failure before any byte left. After
anything else a write may have landed, so its outcome is unknown; a read is just tried again.

The errors of the libraries underneath print addresses and bodies, in which stand telephone numbers:
they are never chained to ours.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from switchhook.domain.errors import (
    BudgetSpent,
    NotDelivered,
    OutcomeUnknown,
    Permanent,
    Retryable,
    SessionExpired,
    SwitchhookError,
)

UNREACHABLE_AFTER_S = 10.0

FIRST_CLIENT_ERROR = 400
FIRST_SERVER_ERROR = 500

_BEFORE_ANY_BYTE = (
    NewConnectionError,  # DNS (NameResolutionError is one) and refused connections
    ConnectTimeoutError,
    ssl.SSLCertVerificationError,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
)


def _budget_or_crowd(message: str) -> SwitchhookError:
    """One code for two limits; only the crowd of long requests passes by itself in seconds."""
    if "Concurrent" in message:
        return Retryable(message, code="REQUEST_LIMIT_EXCEEDED", after_s=30.0)
    return BudgetSpent(message)


def _again(code: str, after_s: float) -> Callable[[str], SwitchhookError]:
    return lambda message: Retryable(message, code=code, after_s=after_s)


_BY_CODE: Mapping[str, Callable[[str], SwitchhookError]] = {
    "INVALID_SESSION_ID": SessionExpired,
    "REQUEST_LIMIT_EXCEEDED": _budget_or_crowd,
    "UNABLE_TO_LOCK_ROW": _again("UNABLE_TO_LOCK_ROW", 5.0),
    "SERVER_UNAVAILABLE": _again("SERVER_UNAVAILABLE", 30.0),
    "QUERY_TIMEOUT": _again("QUERY_TIMEOUT", 30.0),
    "TXN_SECURITY_METERING_ERROR": _again("TXN_SECURITY_METERING_ERROR", 60.0),
}

_BY_STATUS: Mapping[int, Callable[[str], SwitchhookError]] = {
    401: SessionExpired,
    420: _again("edge_routing", 30.0),
    429: _again("too_many_requests", 30.0),
}

_UNCLEAN_STATUS = 408
_PRECONDITION_STATUS = 412

PRECONDITION_FAILED = "PRECONDITION_FAILED"
"""The code of a request whose condition (`If-Unmodified-Since`) does not hold."""


def refused_by_code(code: str, message: str) -> SwitchhookError | None:
    """The error of a code that says "not now" rather than "not this"; None for all others."""
    meaning = _BY_CODE.get(code)
    return meaning(message) if meaning else None


def refusal(status: int, body: object, *, is_write: bool) -> SwitchhookError:
    """The error of an answer that is not 2xx; `body` is its parsed JSON, None when it is not JSON."""
    if status == _PRECONDITION_STATUS:
        # Clean whatever the body says: the condition was the caller's, and nothing was done.
        return Permanent("the record was changed meanwhile", code=PRECONDITION_FAILED)
    words = tuple(_words(body))
    is_clean = (
        bool(words)
        and FIRST_CLIENT_ERROR <= status < FIRST_SERVER_ERROR
        and status != _UNCLEAN_STATUS
    )
    if is_write and not is_clean:
        return OutcomeUnknown(f"Salesforce answered {status} without saying what it did")
    code, message = words[0] if words else ("", f"Salesforce answered {status}")
    by_code = refused_by_code(code, message)
    if by_code is not None:
        return by_code
    if status in _BY_STATUS:
        return _BY_STATUS[status](message)
    if not is_clean:
        return Retryable(message, code="salesforce_unavailable", after_s=UNREACHABLE_AFTER_S)
    return Permanent(message, code=code)


def unreadable(*, is_write: bool) -> SwitchhookError:
    """The error of a 2xx answer that is not the JSON it should be."""
    if is_write:
        return OutcomeUnknown("Salesforce's answer was cut or is not JSON")
    return Retryable(
        "Salesforce's answer was cut or is not JSON",
        code="unreadable_answer",
        after_s=UNREACHABLE_AFTER_S,
    )


def network_failure(error: requests.RequestException, *, is_write: bool) -> SwitchhookError:
    """The error of a request without a complete answer."""
    if any(isinstance(cause, _BEFORE_ANY_BYTE) for cause in _causes(error)):
        return NotDelivered("Salesforce could not be reached: no connection")
    if is_write:
        return OutcomeUnknown("the connection to Salesforce ended without a complete answer")
    return Retryable(
        "the connection to Salesforce ended without a complete answer",
        code="no_answer",
        after_s=UNREACHABLE_AFTER_S,
    )


def _words(body: object) -> Iterator[tuple[str, str]]:
    """Code and message of each entry of a REST error body."""
    entries = body if isinstance(body, Sequence) and not isinstance(body, str) else [body]
    for entry in entries:
        if isinstance(entry, Mapping) and "errorCode" in entry:
            yield str(entry["errorCode"]), str(entry.get("message") or entry["errorCode"]).strip()


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything wrapped in it; urllib3 hides causes in `reason` and in `args`."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None)]
        waiting += list(cause.args)

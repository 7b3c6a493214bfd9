"""Turns every error into the contract's shape; nothing inside ever shows."""

from collections.abc import Mapping

from switchhook.domain.errors import (
    Conflict,
    NeedsReconnect,
    Permanent,
    Rejected,
    Retryable,
    SwitchhookError,
)
from switchhook.runtime.api.answers.base import Error, Refusal
from switchhook.runtime.api.route import Reply


def refusal(
    status: int,
    code: str,
    message: str,
    *,
    fields: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """An error in the contract's shape; `message` says what happened, to what, and what to do."""
    named = dict(fields) if fields else None
    error = Error(error=Refusal(code=code, message=message, fields=named))
    return Reply(status=status, body=error, headers=headers or {})


def refused(error: SwitchhookError) -> Reply:
    """The answer to an error that was raised on purpose, by its family."""
    match error:
        case Rejected():
            return refusal(error.status, error.code, error.message, fields=error.fields)
        case Retryable():
            return refusal(
                503,
                error.code,
                f"{error.message} The change may or may not have happened: look before you try "
                "again in a few seconds.",
                headers={"Retry-After": str(max(1, round(error.after_s)))},
            )
        case Conflict():
            return refusal(
                409,
                error.code,
                "What you asked to change was changed or removed by somebody else in this moment; "
                "nothing was done, look at it and try again.",
            )
        case NeedsReconnect():
            return refusal(409, error.code, error.message)
        case Permanent():
            return refusal(502, error.code, error.message)
        case _:
            return refusal(500, error.code, error.message)


def unexpected(request_id: str) -> Reply:
    """The answer to a bug: the request id is all that is said of it."""
    return refusal(
        500,
        "internal",
        "Something went wrong on our side and is noted; it may or may not have taken effect. If it "
        f"stays, tell the operator this request id: {request_id}.",
    )


def unauthorized() -> Reply:
    """The answer to a missing or unknown key."""
    return refusal(
        401,
        "unauthorized",
        "No valid key came with this request; send the header Authorization: Bearer <key>, with a "
        "key that has not been rotated.",
        headers={"WWW-Authenticate": "Bearer"},
    )

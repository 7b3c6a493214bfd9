"""The four families of error, by who can act on them; the standard library only, for everything imports this.

SwitchhookError
├── Rejected         the caller can act: bad input, missing rights, a thing that is not there
├── Permanent        the tenant or its admin can act: Salesforce refused, with its own words
├── Retryable        nobody needs to act: it is tried again at a due date
└── NeedsReconnect   the tenant's admin can act: the Salesforce grant is gone
"""

from collections.abc import Mapping

_MOST_WORDS = 1000
"""Characters of an error that are kept; a page of HTML in its place says no more."""


class SwitchhookError(Exception):
    """The root of every error that Switchhook raises on purpose."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code

    @property
    def words(self) -> str:
        """The error as an admin is told of it: its code, and the sentence of whoever refused."""
        return f"{self.code}: {self.message}"[:_MOST_WORDS]


class Rejected(SwitchhookError):  # noqa: N818 - the families are named for what they mean
    """The caller's input cannot be accepted; `status` is the HTTP status to answer with."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int = 400,
        fields: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.fields = dict(fields or {})


class Permanent(SwitchhookError):  # noqa: N818
    """Trying again changes nothing until somebody changes the tenant's org or settings."""


class Retryable(SwitchhookError):  # noqa: N818
    """Trying again after `after_s` seconds may succeed."""

    def __init__(self, message: str, *, code: str, after_s: float) -> None:
        super().__init__(message, code=code)
        self.after_s = after_s


class NeedsReconnect(SwitchhookError):  # noqa: N818
    """The tenant's grant is broken; its activities park until an admin connects again."""


class OutcomeUnknown(Retryable):
    """A request left for Salesforce and no clean answer came back: it may or may not have landed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="outcome_unknown", after_s=5.0)


class NotDelivered(Retryable):
    """The request failed before any byte left (DNS, connect, TLS): nothing can have landed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="not_delivered", after_s=10.0)


class SessionExpired(Retryable):
    """Salesforce answered 401: the access token is spent, the refresh token may still live."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="session_expired", after_s=0.0)


class BudgetSpent(Retryable):
    """The org's daily API allowance is used up (REQUEST_LIMIT_EXCEEDED, TotalRequests)."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="budget_spent", after_s=60.0)


class Conflict(SwitchhookError):  # noqa: N818
    """A conditional write lost: somebody else moved the item on; read again and decide again."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="conflict")


class EventHeld(Conflict):
    """The one thing in the way of a write: the ledger holds its event already."""

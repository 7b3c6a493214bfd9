"""Why a verified webhook is not taken in as facts; the ledger tells the admin."""

from switchhook.domain.errors import Permanent


class Unreadable(Permanent):
    """The body has not the shape its provider promises; `reason` names fields, never values."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The webhook's body cannot be read: {reason}. "
            "Compare it with the provider's format; the sender has to change it.",
            code="unreadable",
        )
        self.reason = reason


class IgnoredType(Permanent):
    """The event is of a type that says nothing about a call; `type` is as the provider wrote it."""

    def __init__(self, type_: str) -> None:
        super().__init__(
            f"Events of type {type_} say nothing about a call and are not logged.",
            code="ignored_type",
        )
        self.type = type_

"""What the caretaker needs from the world beside `ports`: what is due, and what the queue gave up on.

Every method makes at most one remote effect and neither sleeps nor retries.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class DueItem:
    """Something whose time has come: an activity, a parked tenant or an idle grant."""

    tenant: str
    what: str
    activity_id: str | None
    due_at: datetime


class DueList(Protocol):
    """What the caretaker works off."""

    def due(self, shard: int, *, now: datetime, limit: int) -> tuple[DueItem, ...]:
        """The shard's items whose `due_at` has passed, oldest first."""
        ...

    def parked(self, tenant: str, *, limit: int) -> tuple[str, ...]:
        """Ids of the tenant's parked activities, oldest first."""
        ...

    def postpone(self, item: DueItem, until: datetime | None) -> None:
        """Move a marker's due date; None removes the marker."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A queue message that was received too often; `receipt` deletes it."""

    receipt: str
    body: str


class DeadLetters(Protocol):
    """The queue's dead letters."""

    def receive(self, limit: int) -> tuple[DeadLetter, ...]:
        """Up to 10 dead letters; each comes back unless deleted."""
        ...

    def delete(self, receipt: str) -> None:
        """Remove one dead letter for good."""
        ...

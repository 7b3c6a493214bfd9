"""The dates on which something is due: activities, parked tenants, idle grants.

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


class DueDates(Protocol):
    """What is due, for the caretaker to work off; whoever changes a connection moves its tenant's dates."""

    def due(self, shard: int, *, now: datetime, limit: int) -> tuple[DueItem, ...]:
        """The shard's items whose `due_at` has passed, oldest first."""
        ...

    def parked(self, tenant: str, *, limit: int) -> tuple[str, ...]:
        """Ids of the tenant's parked activities, oldest first."""
        ...

    def postpone(self, item: DueItem, until: datetime | None) -> None:
        """Move a marker's due date; None removes the marker."""
        ...

    def drain_now(self, tenant: str, *, now: datetime) -> None:
        """Make the parked tenant due at once; harmless when nothing is parked."""
        ...

    def keep_alive_at(self, tenant: str, at: datetime) -> None:
        """Refresh the tenant's grant at a time, unless it was used before."""
        ...

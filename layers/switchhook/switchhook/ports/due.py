"""The dates on which something is due: activities, parked tenants, idle grants.

Every method makes at most one remote effect and neither sleeps nor retries.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

ACTIVITY = "activity"
PARK = "park"
GRANT = "grant"
"""What an item of the due list is: an activity, or the marker of a parked tenant or of an idle grant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueItem:
    """Something whose time has come: an activity, a parked tenant or an idle grant.

    `leased_until` is the date that it bears since it was claimed, and at which it is due again.
    """

    tenant: str
    what: str
    activity_id: str | None
    due_at: datetime
    leased_until: datetime | None = None

    @property
    def stands_at(self) -> datetime:
        """The date that it bears in the due list."""
        return self.leased_until or self.due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A due item that is this round's to enqueue, now due again at the end of its lease.

    `wakes` is how often it was claimed since it was last written, this time included; `version` is that
    of an activity's head, 0 for a marker.
    """

    item: DueItem
    wakes: int
    version: int


class DueDates(Protocol):
    """What is due, for the caretaker to work off; whoever changes a connection moves its tenant's dates."""

    def due(
        self, shard: int, *, now: datetime, limit: int, after: DueItem | None = None
    ) -> tuple[DueItem, ...]:
        """The shard's items whose `due_at` has passed, oldest first, from behind `after` on."""
        ...

    def claim(self, item: DueItem, *, now: datetime, lease: timedelta) -> Claimed | None:
        """Move the item's date by a lease that grows with each claim; None when it is not as seen."""
        ...

    def parked(self, tenant: str, *, limit: int) -> tuple[str, ...]:
        """Ids of the tenant's parked activities, oldest first."""
        ...

    def postpone(self, item: DueItem, until: datetime | None) -> None:
        """Move a marker's due date, unless somebody else did meanwhile; None removes the marker."""
        ...

    def drain_now(self, tenant: str, *, now: datetime) -> None:
        """Make the parked tenant due at once; harmless when nothing is parked."""
        ...

    def keep_alive_at(self, tenant: str, at: datetime) -> None:
        """Refresh the tenant's grant at a time, unless it was used before."""
        ...

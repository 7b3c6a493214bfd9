"""The numbers of the system, in one place; a deployment may shorten them, never the order they imply."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf

LOOK_UPS_AFTER_S = (5, 30, 120)
"""When an unknown send is looked up, in seconds after it left."""

SHORT_WAIT_S = 900
"""Waits below this also send a delayed wake-up: SQS can delay a message no longer."""

REFUSALS_ALLOWED = 1
"""How often Salesforce may reject a slot's reference before the rejection is final."""

EDIT_SETTLES_IN = timedelta(seconds=5)
"""Salesforce compares whole seconds: an edit in the same second as the one before would go unnoticed."""

EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any Task: a look-up from here on is one without a limit in time."""

SHARDS = 16
"""Over how many partitions the due dates are spread; each has to be asked to find all that is due."""

MOST_WAKES = 50
"""How often an activity is woken while nothing is written of it: with leases that grow, most of a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long things may take.

    `write_horizon_s` is Salesforce's own limit for a request: a request sent longer ago can no longer
    commit. `send_needs_s` is what must be left of an invocation to write a new intent.
    """

    worker_timeout_s: float = 60.0
    write_horizon_s: float = 600.0
    fence_slack_s: float = 60.0
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 25.0
    caretaker_interval_s: float = 60.0

    @property
    def send_needs_s(self) -> float:
        """Seconds an invocation must still have before a new intent may be written."""
        return self.connect_timeout_s + self.read_timeout_s + 5.0

    def fence(self, sent_at: datetime) -> datetime:
        """Until when an unknown send may still land (SH-1)."""
        return sent_at + timedelta(
            seconds=self.worker_timeout_s + self.write_horizon_s + self.fence_slack_s
        )


def next_look_up(lookups: int, *, sent_at: datetime, fence: datetime, now: datetime) -> datetime:
    """When an unknown send is looked up after that many look-ups: at the usual times, then at the fence.

    `now` keeps it in the future: a look-up that was late is not followed by others at once.
    """
    after_s = LOOK_UPS_AFTER_S[lookups] if lookups < len(LOOK_UPS_AFTER_S) else None
    look_at = fence if after_s is None else sent_at + timedelta(seconds=after_s)
    return max(min(look_at, fence), now + timedelta(seconds=1))


def back_off(first_s: float, tries: int, *, most_doublings: int, longest_s: float = inf) -> float:
    """Seconds to wait after that many tries: doubled with each, within both bounds."""
    return min(first_s * 2.0 ** min(tries, most_doublings), longest_s)

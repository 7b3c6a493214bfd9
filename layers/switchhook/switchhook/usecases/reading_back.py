"""Asks the org which Tasks of a backfilled activity it has had all along (SH-1).

The ledger forgets after 400 days, the org does not: a call that was logged long ago and is handed in
again has its Task under the same key.
"""

from dataclasses import replace
from datetime import UTC, datetime

from switchhook.domain.activity import Activity
from switchhook.domain.connection import Grant
from switchhook.domain.slot_records import found
from switchhook.domain.slots import Seat, sendable
from switchhook.usecases.attempt import Attempt
from switchhook.usecases.world import World

EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any Task: a look-up from here on is one without a limit in time."""


def wants_reading_back(head: Activity, seats: tuple[Seat, ...]) -> bool:
    """True before the first intent of an activity whose Tasks we may have forgotten."""
    return head.backfilled and head.sent_at is None and bool(sendable(seats))


def read_back(
    seats: tuple[Seat, ...], grant: Grant, attempt: Attempt, world: World
) -> tuple[Seat, ...]:
    """The seats with every slot applied whose key is in the org; one request.

    Raises:
        SessionExpired, BudgetSpent, Permanent, Retryable: as the look-up.
    """
    keys = tuple(place.slot.key for place in seats)
    tasks = world.writer.find_tasks(grant, keys, EVER)
    attempt.note("look for what was logged before", f"{len(tasks)} found", world)
    slots = found(tuple(place.slot for place in seats), tasks)
    return tuple(replace(place, slot=slot) for place, slot in zip(seats, slots, strict=True))

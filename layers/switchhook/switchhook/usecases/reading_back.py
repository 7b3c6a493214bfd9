"""Asks the org which Tasks and Cases of a backfilled activity it has had all along (SH-1).

The ledger forgets after 400 days, the org does not: a call that was logged long ago and is handed in
again has its Task under the same key.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from switchhook.domain.activity import Activity
from switchhook.domain.slots import Seat, sendable
from switchhook.usecases.attempt import Attempt
from switchhook.usecases.gather import Access, Case
from switchhook.usecases.marks import Span, look_for
from switchhook.usecases.world import World

EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any Task: a look-up from here on is one without a limit in time."""

_CLOCKS_DIFFER_BY = timedelta(minutes=5)


def wants_reading_back(head: Activity, seats: tuple[Seat, ...]) -> bool:
    """True before the first intent of an activity whose Tasks we may have forgotten."""
    return head.backfilled and head.sent_at is None and bool(sendable(seats))


def read_back(
    case: Case, seats: tuple[Seat, ...], access: Access, attempt: Attempt, world: World
) -> tuple[Seat, ...]:
    """The seats with every slot applied whose key is in the org; one request for Tasks.

    Cases that bear their keys in their text are looked through from the chat's beginning on.

    Raises:
        SessionExpired, BudgetSpent, Permanent, Retryable: as the look-up.
    """
    began = case.head.received_at
    if case.chat is not None:
        began = min(at for at in (case.chat.started_at, case.chat.ended_at, began) if at)
    span = Span(tasks_since=EVER, cases_since=began - _CLOCKS_DIFFER_BY, until=world.now())
    slots = tuple(place.slot for place in seats)
    marks = look_for(slots, span, access.grant, world, case_key=access.facts.case_key)
    attempt.note("look for what was logged before", f"{len(marks)} found", world)
    pairs = zip(seats, marks.on(slots), strict=True)
    return tuple(replace(place, slot=slot) for place, slot in pairs)

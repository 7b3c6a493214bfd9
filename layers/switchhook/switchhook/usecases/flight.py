"""A place among the requests that a tenant may have in flight, held while an activity asks its org."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from switchhook.domain.activity import Activity
from switchhook.domain.errors import Retryable
from switchhook.domain.settings import Settings
from switchhook.usecases.gather import Case
from switchhook.usecases.world import World


@contextmanager
def place_in_flight(case: Case, world: World) -> Iterator[bool]:
    """Holds a place while the block runs; gives False when the tenant has none left.

    Two workers that meet at one activity have a place each, so the loser frees only its own.
    """
    with place_of(case.head, case.settings, world) as has_place:
        yield has_place


@contextmanager
def place_of(head: Activity, settings: Settings, world: World) -> Iterator[bool]:
    """Does the same for an activity of which no more is known than its head."""
    now = world.now()
    holder = f"{head.id}:{world.holder}"
    until = now + timedelta(seconds=world.timing.worker_timeout_s)
    if not world.flights.take_off(
        head.tenant, holder, cap=_places(head, settings), now=now, until=until
    ):
        yield False
        return
    try:
        yield True
    finally:
        # A place that is not given back is free again when its time is over.
        with suppress(Retryable):
            world.flights.land(head.tenant, holder)


def _places(head: Activity, settings: Settings) -> int:
    """How many of the tenant's places this activity may be one of: the past leaves half to the present."""
    most = settings.max_in_flight
    return max(1, most // 2) if head.backfilled else most

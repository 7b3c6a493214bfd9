"""What callers asked for under keys of their own, in memory."""

from datetime import datetime


class FakeIdempotencyKeys:
    """The port IdempotencyKeys."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str], tuple[str, datetime]] = {}

    def take(self, tenant: str, key: str, asked: str, *, now: datetime, until: datetime) -> str:
        first = self.stored.get((tenant, key))
        if first is not None and first[1] > now:
            return first[0]
        self.stored[(tenant, key)] = (asked, until)
        return asked

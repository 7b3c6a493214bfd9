"""The cap on writes in flight, in memory."""

from datetime import datetime
from threading import Lock


class FakeFlights:
    """The port Flights; `holders` maps a tenant to its activities in the air and their time."""

    def __init__(self) -> None:
        self.holders: dict[str, dict[str, datetime]] = {}
        self._lock = Lock()

    def take_off(
        self, tenant: str, activity_id: str, *, cap: int, now: datetime, until: datetime
    ) -> bool:
        with self._lock:
            holders = self.holders.setdefault(tenant, {})
            if activity_id not in holders and len(holders) >= cap:
                live = {holder: end for holder, end in holders.items() if end >= now}
                if len(live) >= cap:
                    return False
                self.holders[tenant] = holders = live
            holders[activity_id] = until
            return True

    def land(self, tenant: str, activity_id: str) -> None:
        with self._lock:
            self.holders.get(tenant, {}).pop(activity_id, None)

"""How many API calls the org has spent."""

import threading

__all__ = ["ApiUsage"]


class ApiUsage:
    """Counts calls; what is spent stays spent until someone sets the count anew."""

    def __init__(self) -> None:
        """Begin with nothing spent."""
        self._lock = threading.Lock()
        self.used = 0

    def spend(self, limit: int) -> bool:
        """Count one call and return True, or return False when `limit` is reached already."""
        with self._lock:
            if self.used >= limit:
                return False
            self.used += 1
            return True

    def give_back(self, calls: int) -> None:
        """Take calls out of the count that were undone and are made again."""
        with self._lock:
            self.used -= calls

    def header(self, limit: int) -> str:
        """Return the value of `Sforce-Limit-Info`."""
        return f"api-usage={self.used}/{limit}"

    def as_limits(self, limit: int) -> dict[str, object]:
        """Return the limits resource; it shows the daily calls, which are all this org counts."""
        return {"DailyApiRequests": {"Max": limit, "Remaining": max(limit - self.used, 0)}}

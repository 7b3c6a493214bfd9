"""How many requests have been running for long."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["LongRequests"]


class LongRequests:
    """The requests that are held at present, by when they came; nothing else here takes long."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._begun_s: list[float] = []

    @contextmanager
    def held(self, received_s: float) -> Iterator[None]:
        """Count a request that came at that monotonic time for as long as the body runs."""
        with self._lock:
            self._begun_s.append(received_s)
        try:
            yield
        finally:
            with self._lock:
                if received_s in self._begun_s:
                    self._begun_s.remove(received_s)

    def forget(self) -> None:
        """Count none of those that are held now: one may be silent for an hour after its client left."""
        with self._lock:
            self._begun_s.clear()

    def reached(self, most: int, long_s: float) -> bool:
        """Return whether `most` requests or more have run for `long_s` seconds or longer."""
        if len(self._begun_s) < most:
            return False
        before = time.monotonic() - long_s
        with self._lock:
            return sum(begun <= before for begun in self._begun_s) >= most

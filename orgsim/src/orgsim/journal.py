"""Remembers what was asked of the org, without what was in it."""

import itertools
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from orgsim.times import rfc3339

__all__ = ["Entry", "Journal"]

_MOST_ENTRIES = 100_000


@dataclass(slots=True, kw_only=True)
class Entry:
    """One request; `status` is None while it is unanswered and 0 when it never will be.

    `path` has no query string, so that no personal data stays. `counted` is the number of API calls
    it cost, `client` the connected app behind its token.
    """

    number: int
    at: datetime
    method: str
    path: str
    status: int | None = None
    counted: int = 0
    client: str | None = None
    fault: str | None = None

    def as_json(self) -> dict[str, object]:
        """Return the entry as the control plane shows it; `fault` only where one struck."""
        shown: dict[str, object] = {
            "number": self.number,
            "at": rfc3339(self.at),
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "counted": self.counted,
            "client": self.client,
        }
        return shown if self.fault is None else {**shown, "fault": self.fault}


class Journal:
    """The requests in the order in which they came; the oldest are forgotten."""

    def __init__(self) -> None:
        """Begin with an empty page; numbers start at 1."""
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=_MOST_ENTRIES)
        self._last = 0

    def begin(self, at: datetime, method: str, path: str) -> Entry:
        """Note a request that has just come in."""
        with self._lock:
            self._last += 1
            entry = Entry(number=self._last, at=at, method=method, path=path)
            self._entries.append(entry)
            return entry

    def since(self, moment: datetime | None = None, number: int = 0) -> list[Entry]:
        """Return the requests at or after a time and with higher numbers, oldest first."""
        with self._lock:
            # The numbers follow on each other: what is skipped needs no look.
            first = self._entries[0].number if self._entries else 0
            later = itertools.islice(self._entries, max(number + 1 - first, 0), None)
            return [entry for entry in later if moment is None or entry.at >= moment]

    def clear(self) -> None:
        """Forget every request; the numbers go on."""
        with self._lock:
            self._entries.clear()

"""What actions that people take by hand need from the world."""

from datetime import datetime
from typing import Protocol


class IdempotencyKeys(Protocol):
    """Remembers for a day what a caller asked for under a key of its own."""

    def take(self, tenant: str, key: str, asked: str, *, now: datetime, until: datetime) -> str:
        """What was asked under the key first: `asked` itself when the key is new; one conditional write.

        Raises:
            Retryable: the table is busy; ask again.
        """
        ...

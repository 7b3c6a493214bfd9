"""What travels through the activity queue, what is too large for it, and what it gave up on.

Every method makes at most one remote effect and neither sleeps nor retries; one that fails raises a
member of `domain.errors`. The ingress loads this file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from switchhook.domain.queue_messages import QueueMessage

PER_BATCH = 10
"""As many messages as one request to a queue takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message on its way into the queue, to be seen after `delay_s` (at most 900)."""

    message: QueueMessage
    delay_s: int = 0


class ActivityQueue(Protocol):
    """The activity queue, seen by whoever puts something in; a message that is sent twice does no harm."""

    def send(self, message: QueueMessage, *, delay_s: int = 0) -> None:
        """Put one message into the queue; doing it twice is harmless, the ledger deduplicates."""
        ...

    def send_batch(self, batch: Sequence[Outgoing]) -> tuple[Outgoing, ...]:
        """Put up to `PER_BATCH` messages into the queue at once; gives back those that were refused."""
        ...

    def wake(self, tenant: str, activity_id: str, *, delay_s: int) -> None:
        """Bring an activity back to the worker, after at most 900 s."""
        ...


class PayloadStore(Protocol):
    """Keeps bodies that are too large for a queue message, or for an item of a table."""

    def put(self, key: str, packed: bytes) -> None:
        """Store under a key that names the content, so that storing twice is harmless."""
        ...

    def get(self, key: str) -> bytes:
        """The stored bytes; raises `Permanent` when they are gone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A queue message that was received too often; `receipt` deletes it."""

    receipt: str
    body: str


class DeadLetters(Protocol):
    """The queue's dead letters."""

    def receive(self, limit: int) -> tuple[DeadLetter, ...]:
        """Up to 10 dead letters; each comes back unless deleted."""
        ...

    def delete(self, receipt: str) -> None:
        """Remove one dead letter for good."""
        ...

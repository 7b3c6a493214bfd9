"""The activity queue and what is laid aside for it, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from switchhook.domain.errors import Permanent, Retryable
from switchhook.domain.queue_messages import EventMessage, QueueMessage, WakeMessage
from switchhook.ports.queues import PER_BATCH, Outgoing


@dataclass
class FakeActivityQueue:
    """The port ActivityQueue; `woken` lists (tenant, activity, delay in seconds) in order.

    `batches` lists the sizes of what was sent at once; of each batch the queue refuses the first
    `refusals` messages that it has not refused before.
    """

    sent: list[QueueMessage] = field(default_factory=list)
    woken: list[tuple[str, str, int]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    refusals: int = 0
    down: bool = False

    def send(self, message: QueueMessage, *, delay_s: int = 0) -> None:  # noqa: ARG002
        if self.down:
            raise Retryable("the queue is away", code="aws_unreachable", after_s=1)
        self.sent.append(message)

    def send_batch(self, batch: Sequence[Outgoing]) -> tuple[Outgoing, ...]:
        assert 0 < len(batch) <= PER_BATCH
        if self.down:
            raise Retryable("the queue is away", code="aws_unreachable", after_s=1)
        refused = tuple(batch[: self.refusals])
        self.refusals -= len(refused)
        self.batches.append(len(batch))
        for one in batch[len(refused) :]:
            self.sent.append(one.message)
            if isinstance(one.message, WakeMessage):
                self.woken.append((one.message.tenant, one.message.activity_id, one.delay_s))
        return refused

    def wake(self, tenant: str, activity_id: str, *, delay_s: int) -> None:
        self.woken.append((tenant, activity_id, delay_s))

    @property
    def only(self) -> EventMessage:
        (message,) = self.sent
        assert isinstance(message, EventMessage)
        return message


@dataclass
class FakePayloadStore:
    """The port PayloadStore."""

    stored: dict[str, bytes] = field(default_factory=dict)
    down: bool = False

    def put(self, key: str, packed: bytes) -> None:
        if self.down:
            raise Retryable("the bucket is away", code="aws_unreachable", after_s=1)
        self.stored[key] = packed

    def get(self, key: str) -> bytes:
        if key not in self.stored:
            raise Permanent("the body is gone", code="gone")
        return self.stored[key]

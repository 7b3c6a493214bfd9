"""The caretaker's round: what is due is sent to the worker, dead letters go into the ledger (SH-2).

Each part of a round is harmless to repeat and to lose: what is not woken in this round is due in the
next, or when its lease ends (docs/adr/0023).
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from operator import itemgetter

from switchhook.domain.activity import FINAL, Activity, SlotState
from switchhook.domain.errors import Conflict, Rejected, Retryable
from switchhook.domain.queue_messages import (
    EventMessage,
    KeepAliveMessage,
    ParkedMessage,
    QueueMessage,
    WakeMessage,
    from_json,
)
from switchhook.domain.timing import SHARDS
from switchhook.ports.due import PARK, Claimed, DueDates, DueItem
from switchhook.ports.ledger import Entries, LedgerWrite
from switchhook.ports.queues import PER_BATCH, ActivityQueue, DeadLetters, Outgoing
from switchhook.usecases.record.take_in import new_head
from switchhook.usecases.record.waiting import failed_head
from switchhook.usecases.record.world import Books, Run

AHEAD = 5_000
"""How many keys of a shard are known at once; the more, the fairer to a tenant behind a flood."""

_PAGE = 1_000
_RESERVE_S = 2.0
_TRIES = 3

type Report = Callable[[DueItem | None, Exception], None]
"""Told of what could not be enqueued, and why; without an item it is a shard that could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round of the caretaker did; `left` could not be claimed or sent."""

    woken: int = 0
    looked_after: int = 0
    kept_alive: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueuing:
    """What a round is made with: it lends dates and sends messages, and touches no tenant's org."""

    due_dates: DueDates
    queue: ActivityQueue
    run: Run
    report: Report


def wake_due(care: Enqueuing) -> Round:
    """Send whatever is due to the worker, in turns by shard and tenant, until this run's time is spent.

    Each item is claimed before it is sent: due again at the end of its lease, should nothing come of it.
    """
    outbox = _Outbox(care)
    shards = [_Shard(number, care) for number in _rotated(care.run)]
    while shards and _has_time(care.run):
        for shard in tuple(shards):
            if not _has_time(care.run):
                break
            if not (turn := shard.next_turn()):
                shards.remove(shard)
            for item in turn:
                outbox.add(item)
    outbox.send()
    return outbox.made


def _rotated(run: Run) -> list[int]:
    """Every shard, another one first in each round."""
    first = int(run.now().timestamp() // run.timing.caretaker_interval_s) % SHARDS
    return [*range(first, SHARDS), *range(first)]


def _has_time(run: Run) -> bool:
    return run.clock.remaining_s() > _RESERVE_S


def in_turns(items: Iterable[DueItem]) -> list[DueItem]:
    """The oldest of each tenant, then the second oldest of each, and so on."""
    seen: Counter[str] = Counter()
    turns: list[tuple[int, DueItem]] = []
    for item in items:
        turns.append((seen[item.tenant], item))
        seen[item.tenant] += 1
    return [item for _, item in sorted(turns, key=itemgetter(0))]


class _Shard:
    """The keys of one shard, read ahead; each turn takes as many as fill a batch."""

    def __init__(self, number: int, care: Enqueuing) -> None:
        self._number, self._care = number, care
        self._ahead: deque[DueItem] = deque()
        self._last: DueItem | None = None
        self._is_read = False

    def next_turn(self) -> list[DueItem]:
        """Up to a batch of items; none when there are no more, or they cannot be listed now."""
        if not self._ahead and not self._is_read:
            try:
                self._ahead.extend(in_turns(self._read()))
            except Exception as error:  # noqa: BLE001 # one shard's trouble stops no other
                self._is_read = True
                self._care.report(None, error)
        return [self._ahead.popleft() for _ in range(min(PER_BATCH, len(self._ahead)))]

    def _read(self) -> Iterator[DueItem]:
        now = self._care.run.now()
        for _ in range(0, AHEAD, _PAGE):
            page = self._care.due_dates.due(self._number, now=now, limit=_PAGE, after=self._last)
            yield from page
            if len(page) < _PAGE:
                self._is_read = True
                return
            self._last = page[-1]


class _Outbox:
    """Claims items one by one and sends them batch by batch; one item's trouble stops no other."""

    def __init__(self, care: Enqueuing) -> None:
        self._care = care
        self._lease = timedelta(seconds=care.run.timing.caretaker_interval_s)
        self._batch: list[tuple[DueItem, Outgoing]] = []
        self.made = Round()

    def add(self, item: DueItem) -> None:
        if not _has_time(self._care.run):
            return
        try:
            claimed = self._care.due_dates.claim(item, now=self._care.run.now(), lease=self._lease)
        except Exception as error:  # noqa: BLE001 # one item's trouble stops no other
            self._left(item, error)
            return
        if claimed is not None:
            self._batch.append((item, Outgoing(message=_message(claimed))))
        if len(self._batch) == PER_BATCH:
            self.send()

    def send(self) -> None:
        """Send what is claimed; what the queue will not take is due again at the end of its lease."""
        batch, self._batch = self._batch, []
        error: Exception = Retryable("the queue refused it", code="aws_refused", after_s=1.0)
        refused = tuple(outgoing for _, outgoing in batch)
        for _ in range(_TRIES):
            if not refused:
                break
            try:
                refused = self._care.queue.send_batch(refused)
            except Exception as raised:  # noqa: BLE001 # a batch's trouble stops no other
                error = raised
        for item, outgoing in batch:
            if outgoing in refused:
                self._left(item, error)
            else:
                self._count(outgoing.message)

    def _left(self, item: DueItem, error: Exception) -> None:
        self.made = replace(self.made, left=self.made.left + 1)
        self._care.report(item, error)

    def _count(self, message: QueueMessage) -> None:
        made = self.made
        match message:
            case ParkedMessage():
                self.made = replace(made, looked_after=made.looked_after + 1)
            case KeepAliveMessage():
                self.made = replace(made, kept_alive=made.kept_alive + 1)
            case _:
                self.made = replace(made, woken=made.woken + 1)


def _message(claimed: Claimed) -> QueueMessage:
    item = claimed.item
    if item.activity_id is not None:
        return WakeMessage(
            tenant=item.tenant,
            activity_id=item.activity_id,
            wakes=claimed.wakes,
            version=claimed.version,
        )
    asked = ParkedMessage if item.what == PARK else KeepAliveMessage
    return asked(tenant=item.tenant, due_at=item.due_at, leased_until=item.stands_at)


_MOST_BATCHES = 20
_PER_BATCH = 10
_TEXT = (
    "this event could not be processed however often it was tried. The operator finds the cause in"
    " the worker's log; replay the activity afterwards."
)


def bury_dead_letters(dead_letters: DeadLetters, books: Books) -> int:
    """Write every dead letter down as failed(dead_letter) and remove it; returns how many.

    A letter whose activity has moved on by itself is only removed. One that was changed just now comes
    back with the next round.
    """
    buried = 0
    for _ in range(_MOST_BATCHES):
        letters = dead_letters.receive(_PER_BATCH)
        if not letters:
            break
        for letter in letters:
            if _written_down(letter.body, books):
                dead_letters.delete(letter.receipt)
                buried += 1
    return buried


def _written_down(body: str, books: Books) -> bool:
    try:
        message = from_json(body)
    except Rejected:
        # Another release may know what it says.
        return False
    if isinstance(message, ParkedMessage | KeepAliveMessage):
        # The marker has its date still, and asks again.
        return True
    head = _head_of(message, books.ledger, books.run)
    if head is None:
        return True
    try:
        books.ledger.commit(LedgerWrite(head=failed_head(head, reason="dead_letter", text=_TEXT)))
    except Conflict:
        return False
    return True


def _head_of(message: EventMessage | WakeMessage, entries: Entries, run: Run) -> Activity | None:
    """The head to fail; None when it is final, gone, or must be looked for in the org first."""
    entry = entries.read(message.tenant, message.activity_id)
    if entry is None:
        if isinstance(message, WakeMessage):
            return None
        return replace(new_head(message, run), version=0)
    may_be_in_org = any(slot.state is SlotState.SENT for slot in entry.head.slots)
    return None if entry.head.state in FINAL or may_be_in_org else entry.head

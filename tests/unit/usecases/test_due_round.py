"""The caretaker's round: fair to tenants and shards, bounded in time, stopped by no item (SH-2)."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from fakes.ledger import FakeDueDates
from fakes.office import START, TENANT, Office, connection, unexpected
from fakes.queues import FakeActivityQueue
from fakes.salesforce import SteadyClock
from switchhook.domain.activity import State
from switchhook.domain.errors import Permanent, Rejected, Retryable
from switchhook.domain.queue_messages import KeepAliveMessage, ParkedMessage, WakeMessage
from switchhook.domain.timing import SHARDS, Timing
from switchhook.ports.due import Claimed, DueItem
from switchhook.usecases.caretaker import Enqueuing, in_turns, wake_due
from switchhook.usecases.record.marked import look_after_parked
from switchhook.usecases.record.world import Run

WRITE_S = 0.005
INTERVAL_S = 60.0


class RunningClock(SteadyClock):
    """A clock whose invocation ends as time goes by."""

    def begin(self) -> None:
        self.ends_at = self.at + timedelta(seconds=INTERVAL_S)

    def remaining_s(self) -> float:
        return (self.ends_at - self.at).total_seconds()


type Key = tuple[datetime, str, str]


@dataclass
class SlowDueDates:
    """Any number of activities in 16 shards, each in order; each request takes its time."""

    clock: RunningClock
    shards: list[list[Key]] = field(default_factory=lambda: [[] for _ in range(SHARDS)])
    stands: dict[str, Key] = field(default_factory=dict)
    lent: dict[str, int] = field(default_factory=dict)

    def add(self, tenant: str, activity: str, due_at: datetime) -> None:
        self.stands[activity] = key = (due_at, activity, tenant)
        insort(self.shards[hash_of(activity)], key)

    def done(self, activity: str) -> None:
        if key := self.stands.pop(activity, None):
            kept = self.shards[hash_of(activity)]
            del kept[bisect_left(kept, key)]

    def due(self, shard, *, now, limit, after=None):
        self.clock.forward(WRITE_S)
        kept = self.shards[shard]
        first = bisect_right(kept, (after.due_at, after.activity_id, after.tenant)) if after else 0
        return tuple(
            DueItem(tenant=tenant, what="activity", activity_id=activity, due_at=due_at)
            for due_at, activity, tenant in kept[first : first + limit]
            if due_at <= now
        )

    def claim(self, item, *, now, lease):
        self.clock.forward(WRITE_S)
        activity = item.activity_id
        if self.stands[activity][0] != item.due_at:
            return None
        self.done(activity)
        self.lent[activity] = wakes = self.lent.get(activity, 0) + 1
        until = now + wakes * lease
        self.add(item.tenant, activity, until)
        return Claimed(item=replace(item, leased_until=until), wakes=wakes, version=1)


class SlowQueue(FakeActivityQueue):
    """Each batch takes as long as a write."""

    clock: RunningClock

    def send_batch(self, batch):
        self.clock.forward(WRITE_S)
        return super().send_batch(batch)


def hash_of(activity: str) -> int:
    return int(activity.rpartition("-")[2]) % SHARDS


def slow(at: datetime = START) -> tuple[RunningClock, SlowDueDates, SlowQueue, Enqueuing]:
    clock = RunningClock(at)
    clock.begin()
    queue = SlowQueue()
    queue.clock = clock
    dates = SlowDueDates(clock)
    run = Run(clock=clock, timing=Timing(), holder="caretaker")
    return clock, dates, queue, Enqueuing(due_dates=dates, queue=queue, run=run, report=unexpected)


def after_an_interval(clock: RunningClock, began: datetime) -> None:
    clock.at = began + timedelta(seconds=INTERVAL_S)
    clock.begin()


@pytest.mark.rule("SH-2")
def test_a_hundred_thousand_due_items_of_a_thousand_tenants_are_enqueued_in_ten_rounds():
    clock, dates, queue, care = slow()
    for number in range(100_000):
        dates.add(f"t-{number % 1000}", f"a-{number}", START - timedelta(seconds=100_000 - number))
    left = set(dates.stands)
    rounds = 0

    while left and rounds < 20:
        began = clock.at
        queue.sent.clear()
        wake_due(care)
        rounds += 1
        for message in queue.sent:
            dates.done(message.activity_id)
            left.discard(message.activity_id)
        assert (clock.at - began).total_seconds() < INTERVAL_S
        after_an_interval(clock, began)

    assert (rounds, left) == (10, set())


@pytest.mark.rule("SH-2")
@pytest.mark.parametrize("shards", [1, SHARDS], ids=["one_shard", "every_shard"])
def test_a_hundred_poisoned_items_hold_up_no_other_for_one_round(shards):
    """They used to fill their shard for ever, and one behind them was woken in none of 60 rounds."""
    clock, dates, queue, care = slow()
    for number in range(100):
        dates.add("poisoned", f"p-{number * (SHARDS // shards)}", START - timedelta(hours=1))
    woken_in = []

    for made in range(60):
        began = clock.at
        dates.add("victim", f"v-{made * SHARDS}", clock.at)
        queue.sent.clear()
        wake_due(care)
        for message in queue.sent:
            if message.tenant == "victim":
                dates.done(message.activity_id)
                woken_in.append(message.activity_id)
        after_an_interval(clock, began)

    assert woken_in == [f"v-{made * SHARDS}" for made in range(60)]
    assert max(dates.lent.values()) == 10


@pytest.mark.rule("SH-2")
def test_a_tenants_flood_delays_no_other_tenant():
    _, dates, queue, care = slow()
    for number in range(20_000):
        dates.add("flood", f"f-{number}", START - timedelta(hours=1))
    for number in range(50):
        dates.add(f"t-{number}", f"a-{number}", START - timedelta(seconds=1))

    wake_due(care)

    places = {message.tenant: place for place, message in reversed([*enumerate(queue.sent)])}
    assert {f"t-{number}" for number in range(50)} < set(places)
    assert max(place for tenant, place in places.items() if tenant != "flood") < 210


@pytest.mark.rule("SH-2")
def test_what_one_round_has_no_time_for_the_next_begins_with():
    clock, dates, queue, care = slow()
    for number in range(20_000):
        dates.add("flood", f"f-{number}", START - timedelta(hours=1))
    firsts = []

    for _ in range(3):
        began = clock.at
        queue.sent.clear()
        wake_due(care)
        firsts.append(hash_of(queue.sent[0].activity_id))
        after_an_interval(clock, began)

    start = int(START.timestamp() // INTERVAL_S)
    assert firsts[:2] == [start % SHARDS, (start + 1) % SHARDS]
    assert len(set(firsts[:2])) == 2


def test_tenants_take_turns_and_each_keeps_its_order():
    items = [
        DueItem(tenant=tenant, what="activity", activity_id=f"{tenant}{n}", due_at=START)
        for tenant, n in [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("c", 1), ("b", 2)]
    ]

    assert [item.activity_id for item in in_turns(items)] == ["a1", "b1", "c1", "a2", "b2", "a3"]


def waiting(office: Office, *names: str) -> list[str]:
    """Calls of which something is due now."""
    found = []
    for name in names:
        office.deliver(call_id=name)
        head = replace(
            office.head(name), state=State.WAITING, reason="test", due_at=office.clock.now()
        )
        office.ledger.heads[(head.tenant, head.id)] = head
        found.append(head.id)
    return found


@pytest.mark.rule("SH-4", "SH-2")
def test_four_hanging_orgs_delay_nobody_elses_wake():
    """Four orgs that hang 30 s each used to take 120 s of a round that has 60."""
    office = Office()
    (mine,) = waiting(office, "c-1")
    for number in range(4):
        tenant = f"hangs-{number}"
        office.connections.stored[tenant] = replace(connection(parked="budget"), tenant=tenant)
        office.tenants.versions[tenant] = office.tenants.versions[TENANT]
        office.ledger.markers[(tenant, "park")] = (START, None)

    def hang(_grant):
        office.clock.forward(30)
        raise Retryable("Salesforce did not answer.", code="unreachable", after_s=1)

    office.org.usage = hang
    began = office.clock.now()

    made = office.make_round()

    assert (made.woken, made.looked_after) == (1, 4)
    assert (office.clock.now() - began).total_seconds() == 0
    assert mine in [activity for _, activity, _ in office.wake_ups.woken]
    groups = Counter(message.tenant for message in office.wake_ups.sent)
    assert groups == Counter({TENANT: 1} | {f"hangs-{number}": 1 for number in range(4)})


@dataclass
class Told:
    """What a round reports."""

    ids: list[str] = field(default_factory=list)

    def __call__(self, item: DueItem | None, error: Exception) -> None:
        self.ids.append(f"{item.activity_id if item else None} {type(error).__name__}")


class Failing(FakeDueDates):
    """Due dates of which some cannot be claimed, or some shards not be read."""

    def __init__(self, ledger, *, items=(), shards=(), error=None, **others) -> None:
        super().__init__(ledger, **others)
        self.items, self.shards, self.error = items, shards, error

    def due(self, shard, *, now, limit, after=None):
        if shard in self.shards:
            raise self.error
        return super().due(shard, now=now, limit=limit, after=after)

    def claim(self, item, *, now, lease):
        if item.activity_id in self.items:
            raise self.error
        return super().claim(item, now=now, lease=lease)


@pytest.mark.rule("SH-2")
@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Permanent("x", code="x"), id="permanent"),
        pytest.param(Rejected("x", code="x"), id="rejected"),
        pytest.param(Retryable("x", code="x", after_s=1), id="retryable"),
        pytest.param(KeyError("x"), id="a_bug"),
    ],
)
def test_one_items_exception_is_told_with_its_id_and_stops_nothing(error):
    office, told = Office(), Told()
    first, second, third = waiting(office, "c-1", "c-2", "c-3")
    office.due_dates = Failing(office.ledger, items=[second], error=error)

    made = office.make_round(told)

    assert (made.woken, made.left) == (2, 1)
    assert told.ids == [f"{second} {type(error).__name__}"]
    assert {activity for _, activity, _ in office.wake_ups.woken} >= {first, third}


@pytest.mark.rule("SH-2")
def test_a_shard_that_cannot_be_read_stops_no_other():
    office, told = Office(), Told()
    waiting(office, "c-1")
    error = Retryable("x", code="x", after_s=1)
    office.due_dates = Failing(office.ledger, shards=[3], error=error, shard_of=lambda _: 4)

    assert office.make_round(told).woken == 1
    assert told.ids == ["None Retryable"]


@pytest.mark.rule("SH-2")
def test_what_a_queue_refuses_of_a_batch_is_sent_again_alone():
    office = Office()
    waiting(office, *(f"c-{number}" for number in range(12)))
    office.wake_ups.woken.clear()
    office.wake_ups.refusals = 3

    made = office.make_round()

    assert (made.woken, made.left) == (12, 0)
    assert office.wake_ups.batches == [10, 3, 2]
    assert len({activity for _, activity, _ in office.wake_ups.woken}) == 12


@pytest.mark.rule("SH-2")
def test_what_no_queue_takes_is_told_and_due_again_when_its_lease_ends():
    office, told = Office(), Told()
    (mine,) = waiting(office, "c-1")
    office.wake_ups.down = True

    made = office.make_round(told)
    office.wake_ups.down = False
    office.clock.forward(59)
    early = office.make_round()
    office.clock.forward(1)
    later = office.make_round()

    assert (made.woken, made.left, told.ids) == (0, 1, [f"{mine} Retryable"])
    assert (early.woken, later.woken) == (0, 1)


@pytest.mark.rule("SH-2")
def test_leases_grow_until_something_is_written():
    office = Office()
    (mine,) = waiting(office, "c-1")
    began, wakes_at = office.clock.now(), []
    for _ in range(10 * 60):
        if office.make_round().woken:
            wakes_at.append((office.clock.now() - began).total_seconds() / 60)
        office.clock.forward(60)
        if len(wakes_at) == 5:
            break
    counts = [m.wakes for m in office.wake_ups.sent if isinstance(m, WakeMessage)]

    assert wakes_at == [0, 1, 3, 6, 10]
    assert counts == [1, 2, 3, 4, 5]
    assert office.ledger.heads[(TENANT, mine)].due_at == began


@pytest.mark.rule("SH-2")
def test_two_rounds_at_once_send_each_item_once():
    office = Office()
    waiting(office, "c-1", "c-2")
    seen = office.due_dates.due(0, now=office.clock.now(), limit=10)

    lease = timedelta(seconds=60)
    first = [office.due_dates.claim(item, now=office.clock.now(), lease=lease) for item in seen]
    second = [office.due_dates.claim(item, now=office.clock.now(), lease=lease) for item in seen]

    assert [bool(one) for one in first] == [True, True]
    assert second == [None, None]


@pytest.mark.rule("SH-4", "SH-8")
def test_a_marker_is_told_with_the_date_that_it_bears_now():
    office = Office()
    office.ledger.markers = {(TENANT, "park"): (START, None), (TENANT, "grant"): (START, None)}

    office.make_round()

    until = office.clock.now() + timedelta(seconds=60)
    told = {"tenant": TENANT, "due_at": START, "leased_until": until}
    assert office.wake_ups.sent == [KeepAliveMessage(**told), ParkedMessage(**told)]


@pytest.mark.rule("SH-4")
def test_a_tenant_that_is_connected_while_it_is_looked_at_is_drained_at_once():
    """The look has seen the broken connection and would let the tenant rest for an hour."""
    office = Office()
    office.connections.stored.clear()
    office.deliver()
    office.clock.forward(60)
    office.make_round()
    message = office.wake_ups.sent.pop()
    read = office.connections.read

    def read_then_repaired(tenant):
        seen = read(tenant)
        office.connections.stored[TENANT] = connection()
        office.due_dates.drain_now(TENANT, now=office.clock.now())
        return seen

    office.connections.read = read_then_repaired
    look_after_parked(message, office.caring)
    office.connections.read = read

    assert office.make_round().looked_after == 1

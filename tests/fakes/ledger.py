"""The ledger and its due list in memory, with the semantics of the DynamoDB tables."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fakes.directory import FakeDirectory
from switchhook.domain.activity import Activity, DecisionRecord, Entry, State
from switchhook.domain.connection import Connection
from switchhook.domain.errors import Conflict, EventHeld
from switchhook.ports.due import ACTIVITY, Claimed, DueItem
from switchhook.ports.ledger import MOST_CHANGES, LedgerWrite, ParkWith
from switchhook.usecases.record.claims import changes_of

if TYPE_CHECKING:
    from switchhook.domain.facts.event import Event

type ActivityKey = tuple[str, str]
type MarkerKey = tuple[str, str]


@dataclass(frozen=True)
class Lent:
    """What claims have made of an item's date since it was last written; `of` is what it was then."""

    of: datetime
    until: datetime
    wakes: int


def no_connection(_tenant: str) -> Connection | None:
    return None


class FakeLedger:
    """The port Ledger; `connection_of` is what a park is checked against.

    `heads`, `events`, `decisions` and `markers` may be looked into; `markers` maps (tenant, "park" or
    "grant") to (due_at, the latest probe asked for). `items_read` counts heads and events.
    """

    def __init__(
        self,
        *,
        directory: FakeDirectory | None = None,
        connection_of: Callable[[str], Connection | None] = no_connection,
    ) -> None:
        self.directory = directory or FakeDirectory()
        self.connection_of = connection_of
        self.heads: dict[ActivityKey, Activity] = {}
        self.events: dict[ActivityKey, dict[str, Event]] = {}
        self.decisions: dict[ActivityKey, dict[int, DecisionRecord]] = {}
        self.markers: dict[MarkerKey, tuple[datetime, datetime | None]] = {}
        self.lent: dict[tuple[str, str], Lent] = {}
        self.commits: list[LedgerWrite] = []
        self.items_read = 0

    def read(self, tenant: str, activity_id: str) -> Entry | None:
        with self.directory.lock:
            head = self.heads.get((tenant, activity_id))
            self.items_read += 1 + len(self.events.get((tenant, activity_id), ()))
            if head is None:
                return None
            events = self.events.get((tenant, activity_id), {}).values()
            in_order = sorted(events, key=lambda event: (event.received_at, event.event_id))
            return Entry(head=head, events=tuple(in_order))

    def head(self, tenant: str, activity_id: str) -> Activity | None:
        with self.directory.lock:
            self.items_read += 1
            return self.heads.get((tenant, activity_id))

    def holds(self, tenant: str, activity_id: str, event_id: str) -> bool:
        with self.directory.lock:
            self.items_read += 1
            return event_id in self.events.get((tenant, activity_id), {})

    def commit(self, write: LedgerWrite) -> None:
        with self.directory.lock:
            self._check(write)
            self._apply(write)
            self.commits.append(write)

    def _check(self, write: LedgerWrite) -> None:
        head = write.head
        if (changes := changes_of(write)) > MOST_CHANGES:
            raise ValueError(f"the tables take {MOST_CHANGES} changes at once, not {changes}")
        stored = self.heads.get((head.tenant, head.id))
        if (stored.version if stored else 0) != head.version - 1:
            raise Conflict(f"activity {head.id} has moved on from version {head.version - 1}")
        told = self.events.get((head.tenant, head.id), {})
        if write.is_new_event and write.event and write.event.event_id in told:
            raise EventHeld(f"activity {head.id} has event {write.event.event_id} already")
        if write.park and not _unchanged(write.park.seen, self.connection_of(head.tenant)):
            raise Conflict(f"the connection of tenant {head.tenant} is no longer as seen")
        self.directory.check(head.tenant, write.claims)

    def _apply(self, write: LedgerWrite) -> None:
        head = write.head
        key = (head.tenant, head.id)
        self.heads[key] = head
        self.lent.pop(key, None)
        if write.event:
            self.events.setdefault(key, {})[write.event.event_id] = write.event
        if write.decision:
            self.decisions.setdefault(key, {})[write.decision.number] = write.decision
        self.directory.apply(head.tenant, write.claims)
        for party_key, match in write.matches:
            self.directory.matches[(head.tenant, party_key)] = match
        if write.park:
            self._mark(head.tenant, write.park)

    def _mark(self, tenant: str, park: ParkWith) -> None:
        due_at, _ = self.markers.get((tenant, "park"), (park.probe_at, None))
        self.markers[(tenant, "park")] = (due_at, park.probe_at)


def _unchanged(seen: Connection | None, stored: Connection | None) -> bool:
    if seen is None or stored is None:
        return seen is stored
    return (seen.status, seen.generation, seen.parked) == (
        stored.status,
        stored.generation,
        stored.parked,
    )


class FakeDueDates:
    """The port DueDates over a FakeLedger; everything lies in shard 0, unless a test says otherwise."""

    def __init__(
        self, ledger: FakeLedger, *, shard_of: Callable[[DueItem], int] | None = None
    ) -> None:
        self.ledger = ledger
        self.shard_of = shard_of

    def due(
        self, shard: int, *, now: datetime, limit: int, after: DueItem | None = None
    ) -> tuple[DueItem, ...]:
        passed = [item for item in self._items() if item.due_at <= now]
        in_order = sorted(filter(self._is_of(shard), passed), key=_place)
        if after is not None:
            in_order = [item for item in in_order if _place(item) > _place(after)]
        return tuple(in_order[:limit])

    def _is_of(self, shard: int) -> Callable[[DueItem], bool]:
        return lambda item: (self.shard_of(item) if self.shard_of else 0) == shard

    def _items(self) -> Iterator[DueItem]:
        for head in self.ledger.heads.values():
            if head.due_at:
                item = DueItem(
                    tenant=head.tenant, what=ACTIVITY, activity_id=head.id, due_at=head.due_at
                )
                yield replace(item, due_at=self._stands_at(item))
        for (tenant, what), (due_at, _) in self.ledger.markers.items():
            item = DueItem(tenant=tenant, what=what, activity_id=None, due_at=due_at)
            yield replace(item, due_at=self._stands_at(item))

    def _stands_at(self, item: DueItem) -> datetime:
        lent = self.ledger.lent.get(_key(item))
        return lent.until if lent and lent.of == item.due_at else item.due_at

    def _written_at(self, item: DueItem) -> datetime | None:
        if item.activity_id is not None:
            head = self.ledger.heads.get((item.tenant, item.activity_id))
            return head.due_at if head else None
        stored = self.ledger.markers.get((item.tenant, item.what))
        return stored[0] if stored else None

    def claim(self, item: DueItem, *, now: datetime, lease: timedelta) -> Claimed | None:
        with self.ledger.directory.lock:
            written_at = self._written_at(item)
            if written_at is None:
                return None
            if self._stands_at(replace(item, due_at=written_at)) != item.due_at:
                return None
            before = self.ledger.lent.get(_key(item))
            wakes = before.wakes + 1 if before and before.of == written_at else 1
            until = now + wakes * lease
            self.ledger.lent[_key(item)] = Lent(of=written_at, until=until, wakes=wakes)
            head = self.ledger.heads.get((item.tenant, item.activity_id or ""))
            return Claimed(
                item=replace(item, leased_until=until),
                wakes=wakes,
                version=head.version if head else 0,
            )

    def parked(self, tenant: str, *, limit: int) -> tuple[str, ...]:
        heads = [
            head
            for head in self.ledger.heads.values()
            if head.tenant == tenant and head.state is State.PARKED
        ]
        oldest_first = sorted(heads, key=lambda head: (head.received_at, head.id))
        return tuple(head.id for head in oldest_first[:limit])

    def postpone(self, item: DueItem, until: datetime | None) -> None:
        if item.what == ACTIVITY:
            raise ValueError("an activity's due date changes with its head, by Ledger.commit")
        key = (item.tenant, item.what)
        stored = self.ledger.markers.get(key)
        if stored is None:
            if until is not None:
                self.ledger.markers[key] = (until, None)
            return
        due_at, probe_at = stored
        if self._stands_at(replace(item, due_at=due_at)) != item.stands_at:
            return
        self.ledger.lent.pop(key, None)
        if until is not None:
            self.ledger.markers[key] = (until, probe_at)
        elif probe_at and probe_at > item.due_at:
            self.ledger.markers[key] = (probe_at, probe_at)
        else:
            del self.ledger.markers[key]

    def drain_now(self, tenant: str, *, now: datetime) -> None:
        if (tenant, "park") in self.ledger.markers:
            _, probe_at = self.ledger.markers[(tenant, "park")]
            self.ledger.lent.pop((tenant, "park"), None)
            self.ledger.markers[(tenant, "park")] = (now, probe_at)

    def keep_alive_at(self, tenant: str, at: datetime) -> None:
        self.ledger.markers[(tenant, "grant")] = (at, None)


def _key(item: DueItem) -> tuple[str, str]:
    return (item.tenant, item.activity_id or item.what)


def _place(item: DueItem) -> tuple[datetime, str, str]:
    return (item.due_at, *_key(item))

"""What is due is found by its date, and a tenant's marker is never lost."""

import pytest

from builders.ledger import T0, TENANT, a_head, after, an_event, next_head, written
from switchhook.domain.activity import State
from switchhook.ports.due import DueItem
from switchhook.ports.ledger import LedgerWrite, ParkWith

pytestmark = [pytest.mark.emulator]


def all_due(stores, now, *, limit=100):
    return [
        item for shard in range(16) for item in stores.due_dates.due(shard, now=now, limit=limit)
    ]


def waiting(name, due_at):
    return a_head(name, state=State.WAITING, due_at=due_at)


def park(stores, name, *, probe_at, received_at=T0):
    parked = a_head(name, state=State.PARKED, reason="connection", received_at=received_at)
    marker = ParkWith(seen=None, reason="connection", probe_at=probe_at)
    stores.ledger.commit(LedgerWrite(head=parked, event=an_event(), park=marker))
    return parked


def marker(due_at, what="park"):
    return DueItem(tenant=TENANT, what=what, activity_id=None, due_at=due_at)


@pytest.mark.rule("SH-2")
def test_an_activity_is_due_from_its_date_on_and_not_before(stores):
    head = written(stores, waiting("call-1", after(5)))

    due = DueItem(tenant=TENANT, what="activity", activity_id=head.id, due_at=after(5))
    assert all_due(stores, after(4.999)) == []
    assert all_due(stores, after(5)) == [due]


def test_an_activity_that_waits_no_more_is_not_due(stores):
    head = written(stores, waiting("call-1", after(5)))
    written(stores, next_head(head, state=State.LOGGED, due_at=None))

    assert all_due(stores, after(999)) == []


def test_a_shard_gives_the_oldest_first_and_no_more_than_asked_for(table_stores):
    for number in range(40):
        written(table_stores, waiting(f"call-{number}", after(-number)))

    shards = [table_stores.due_dates.due(shard, now=T0, limit=2) for shard in range(16)]

    assert max(len(items) for items in shards) == 2
    assert all(list(items) == sorted(items, key=lambda item: item.due_at) for items in shards)
    assert len(all_due(table_stores, T0)) == 40


def test_every_shard_is_used(table_stores):
    for number in range(200):
        written(table_stores, waiting(f"call-{number}", T0))

    sizes = [len(table_stores.due_dates.due(shard, now=T0, limit=100)) for shard in range(16)]

    assert all(sizes)
    assert sum(sizes) == 200


@pytest.mark.rule("SH-4")
def test_parked_activities_come_oldest_first(stores):
    young = park(stores, "call-1", probe_at=after(60), received_at=after(2))
    old = park(stores, "call-2", probe_at=after(60), received_at=after(1))
    written(stores, a_head("call-3", state=State.WAITING))

    assert stores.due_dates.parked(TENANT, limit=10) == (old.id, young.id)
    assert stores.due_dates.parked(TENANT, limit=1) == (old.id,)
    assert stores.due_dates.parked("other", limit=10) == ()


@pytest.mark.rule("SH-4")
def test_parking_makes_the_tenant_due_once_at_the_first_probe(stores):
    park(stores, "call-1", probe_at=after(60))
    park(stores, "call-2", probe_at=after(90))

    assert all_due(stores, after(60)) == [marker(after(60))]
    assert all_due(stores, after(600)) == [marker(after(60))]


def test_a_marker_moves(stores):
    park(stores, "call-1", probe_at=after(60))

    stores.due_dates.postpone(marker(after(60)), after(3600))

    assert all_due(stores, after(3599)) == []
    assert all_due(stores, after(3600)) == [marker(after(3600))]


def test_moving_a_marker_that_is_not_there_makes_it(stores):
    stores.due_dates.postpone(marker(T0, what="grant"), after(60))

    assert all_due(stores, after(60)) == [marker(after(60), what="grant")]


def test_a_marker_that_nobody_needs_any_more_is_removed(stores):
    park(stores, "call-1", probe_at=after(60))

    stores.due_dates.postpone(marker(after(60)), None)
    stores.due_dates.postpone(marker(after(60)), None)

    assert all_due(stores, after(999)) == []


@pytest.mark.rule("SH-4")
def test_a_marker_outlives_its_removal_when_an_activity_parks_meanwhile(stores):
    park(stores, "call-1", probe_at=after(60))
    (seen,) = all_due(stores, after(60))
    park(stores, "call-2", probe_at=after(120))

    stores.due_dates.postpone(seen, None)

    (kept,) = all_due(stores, after(999))
    assert kept == marker(after(120))
    stores.due_dates.postpone(kept, None)
    assert all_due(stores, after(999)) == []


def test_a_marker_that_was_moved_meanwhile_is_not_removed(stores):
    park(stores, "call-1", probe_at=after(60))
    stores.due_dates.postpone(marker(after(60)), after(70))

    stores.due_dates.postpone(marker(after(60)), None)

    assert all_due(stores, after(999)) == [marker(after(70))]


def test_an_activitys_date_is_moved_by_its_head_alone(stores):
    head = written(stores, waiting("call-1", T0))
    (item,) = all_due(stores, T0)

    with pytest.raises(ValueError, match=r"Ledger\.commit"):
        stores.due_dates.postpone(item, None)

    assert stores.ledger.read(TENANT, head.id).head == head


def test_a_tenants_name_may_look_like_a_key(table_stores):
    odd = "a#A#b"
    head = written(table_stores, a_head(tenant=odd, state=State.WAITING, due_at=T0))

    expected = DueItem(tenant=odd, what="activity", activity_id=head.id, due_at=T0)
    assert all_due(table_stores, T0) == [expected]

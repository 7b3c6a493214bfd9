"""What is due is found by its date, and a tenant's marker is never lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders.ledger import T0, TENANT, a_head, after, an_event, next_head, written
from switchhook.domain.activity import State
from switchhook.ports.due import Claimed, DueItem
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


MINUTE = timedelta(seconds=60)


def claimed(stores, item, now):
    return stores.due_dates.claim(item, now=now, lease=MINUTE)


@pytest.mark.rule("SH-2")
def test_a_claim_lends_the_date_and_leaves_the_head(stores):
    head = written(stores, waiting("call-1", T0))
    (seen,) = all_due(stores, T0)

    claim = claimed(stores, seen, T0)

    assert claim == Claimed(item=replace(seen, leased_until=after(60)), wakes=1, version=1)
    assert stores.ledger.read(TENANT, head.id).head == head
    assert all_due(stores, after(59)) == []
    assert all_due(stores, after(60)) == [replace(seen, due_at=after(60))]


@pytest.mark.rule("SH-2")
def test_leases_grow_with_each_claim(stores):
    written(stores, waiting("call-1", T0))
    now, lent = T0, []
    for _ in range(4):
        (seen,) = all_due(stores, now)
        claim = claimed(stores, seen, now)
        lent.append((claim.wakes, claim.item.leased_until - now))
        now = claim.item.leased_until

    assert lent == [(number, number * MINUTE) for number in (1, 2, 3, 4)]


@pytest.mark.rule("SH-2")
def test_a_commit_passes_a_claim_and_begins_anew(stores):
    head = written(stores, waiting("call-1", T0))
    (seen,) = all_due(stores, T0)
    claimed(stores, seen, T0)

    written(stores, next_head(head, due_at=after(10)))
    (again,) = all_due(stores, after(10))

    assert again.due_at == after(10)
    claim = claimed(stores, again, after(10))
    assert (claim.wakes, claim.version, claim.item.leased_until) == (1, 2, after(70))


@pytest.mark.rule("SH-2")
@pytest.mark.parametrize("meanwhile", ["claimed", "moved_on", "ended"])
def test_what_is_not_as_it_was_seen_is_not_claimed(stores, meanwhile):
    head = written(stores, waiting("call-1", T0))
    (seen,) = all_due(stores, T0)
    if meanwhile == "claimed":
        claimed(stores, seen, T0)
    else:
        due_at = after(5) if meanwhile == "moved_on" else None
        written(stores, next_head(head, due_at=due_at))

    assert claimed(stores, seen, after(1)) is None


@pytest.mark.rule("SH-2")
def test_a_claim_of_an_activity_that_is_gone_makes_none(stores):
    item = DueItem(tenant=TENANT, what="activity", activity_id="gone", due_at=T0)

    assert claimed(stores, item, T0) is None
    assert all_due(stores, after(999)) == []


@pytest.mark.rule("SH-4")
@pytest.mark.parametrize("until", [after(120), None], ids=["moved", "removed"])
def test_a_claimed_marker_is_moved_by_whoever_it_was_told_to(stores, until):
    park(stores, "call-1", probe_at=after(60))
    (seen,) = all_due(stores, after(60))
    claim = claimed(stores, seen, after(61))

    stores.due_dates.postpone(claim.item, until)

    left = [] if until is None else [marker(until)]
    assert all_due(stores, after(999)) == left


@pytest.mark.rule("SH-4")
def test_a_claimed_marker_outlives_its_removal_when_an_activity_parks_meanwhile(stores):
    park(stores, "call-1", probe_at=after(60))
    (seen,) = all_due(stores, after(60))
    claim = claimed(stores, seen, after(61))
    park(stores, "call-2", probe_at=after(62))

    stores.due_dates.postpone(claim.item, None)

    assert all_due(stores, after(999)) == [marker(after(62))]


@pytest.mark.rule("SH-4")
def test_a_marker_that_was_made_due_meanwhile_is_not_put_off(stores):
    park(stores, "call-1", probe_at=after(60))
    (seen,) = all_due(stores, after(60))
    claim = claimed(stores, seen, after(61))
    stores.due_dates.drain_now(TENANT, now=after(62))

    stores.due_dates.postpone(claim.item, after(3600))

    (due,) = all_due(stores, after(62))
    assert due == marker(after(62))
    assert claimed(stores, due, after(62)).wakes == 1


def test_a_shard_is_read_page_by_page(table_stores):
    for number in range(60):
        written(table_stores, waiting(f"call-{number}", after(-number % 7)))
    dates, paged = table_stores.due_dates, []
    for shard in range(16):
        last = None
        while page := dates.due(shard, now=after(99), limit=2, after=last):
            paged += page
            last = page[-1]

    assert paged == all_due(table_stores, after(99))
    assert len(paged) == 60


def test_a_tenants_name_may_look_like_a_key(table_stores):
    odd = "a#A#b"
    head = written(table_stores, a_head(tenant=odd, state=State.WAITING, due_at=T0))

    expected = DueItem(tenant=odd, what="activity", activity_id=head.id, due_at=T0)
    assert all_due(table_stores, T0) == [expected]

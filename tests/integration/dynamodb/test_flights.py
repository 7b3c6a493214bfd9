"""No tenant ever has more writes in flight than its cap, and a crash holds a place only for a while."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from builders.ledger import TENANT, after

pytestmark = [pytest.mark.emulator]


def take_off(stores, name, *, cap=2, at=0.0, tenant=TENANT, lasts_s=60):
    now = after(at)
    return stores.flights.take_off(
        tenant, name, cap=cap, now=now, until=now + timedelta(seconds=lasts_s)
    )


def test_the_cap_is_reached_and_not_passed(stores):
    assert [take_off(stores, name) for name in ("a", "b", "c")] == [True, True, False]


def test_one_tenants_flights_are_not_anothers(stores):
    assert [take_off(stores, "a", cap=1), take_off(stores, "b", cap=1, tenant="other")] == [
        True
    ] * 2


def test_who_holds_a_place_keeps_it(stores):
    assert [take_off(stores, name, cap=1) for name in ("a", "a", "b")] == [True, True, False]


def test_a_place_given_back_is_free(stores):
    take_off(stores, "a", cap=1)

    stores.flights.land(TENANT, "a")

    assert take_off(stores, "b", cap=1)


def test_landing_twice_or_without_a_flight_changes_nothing(stores):
    stores.flights.land(TENANT, "nobody")
    take_off(stores, "a", cap=1)
    stores.flights.land(TENANT, "nobody")

    assert not take_off(stores, "b", cap=1)


def test_a_crashed_flight_gives_way_after_its_end_and_not_before(stores):
    take_off(stores, "crashed", cap=1)

    assert not take_off(stores, "b", cap=1, at=59.9)
    assert take_off(stores, "b", cap=1, at=60.1)
    assert not take_off(stores, "c", cap=1, at=60.2)


def test_all_crashed_flights_give_way_at_once(stores):
    for name in ("a", "b", "c"):
        take_off(stores, name, cap=3)

    later = [take_off(stores, name, cap=3, at=61) for name in ("d", "e", "f", "g")]

    assert later == [True, True, True, False]


def test_a_flight_that_was_prolonged_does_not_give_way(stores):
    take_off(stores, "a", cap=1)
    take_off(stores, "a", cap=1, at=50)

    assert not take_off(stores, "b", cap=1, at=61)


def test_a_lowered_cap_holds_for_who_comes_next(stores):
    for name in ("a", "b", "c"):
        take_off(stores, name, cap=3)
    stores.flights.land(TENANT, "a")

    assert not take_off(stores, "d", cap=1)


@pytest.mark.parametrize("crashed", [0, 5], ids=["from_empty", "from_full_of_crashed_ones"])
def test_thirty_at_once_never_pass_the_cap(table_stores, crashed):
    for number in range(crashed):
        take_off(table_stores, f"crashed-{number}", cap=5)

    with ThreadPoolExecutor(12) as pool:
        names = [f"call-{number}" for number in range(30)]
        flew = list(pool.map(lambda name: take_off(table_stores, name, cap=5, at=100), names))

    assert 1 <= sum(flew) <= 5
    refills = sum(take_off(table_stores, f"late-{number}", cap=5, at=101) for number in range(6))
    assert sum(flew) + refills == 5


def test_a_shift_of_flights_leaves_nothing_behind(table_stores, client, tables):
    take_off(table_stores, "crashed", cap=1)
    take_off(table_stores, "next", cap=1, at=61)
    table_stores.flights.land(TENANT, "next")

    item = client.get_item(
        TableName=tables.directory, Key={"pk": {"S": "T#acme#FLIGHT"}, "sk": {"S": "FLIGHT"}}
    )["Item"]

    assert set(item) == {"pk", "sk"}

"""Pins and moved Tasks in DirectoryTable, beside what is known of the party."""

from dataclasses import replace

import pytest

from builders.ledger import T0, TENANT, a_head, a_match, after, written
from builders.stores import HASHER
from fakes.directory import FakeDirectory
from fakes.matches import FakePins, FakeRepoints
from switchhook.adapters.dynamodb.directory import DirectoryTable
from switchhook.adapters.dynamodb.pins import PinTable, RepointTable
from switchhook.domain.activity import RecordRef
from switchhook.domain.decision import Candidate, CandidateSource
from switchhook.domain.errors import Conflict, Rejected
from switchhook.domain.matching.pins import Pin
from switchhook.domain.writing.claims import Known
from switchhook.domain.writing.repoint import KEPT, Hangs, Move, MoveState, Repoint

pytestmark = [pytest.mark.emulator]

PARTY = "+14155550100"
CONTACT = RecordRef(type="Contact", id="003000000000001AAA")
LEAD = RecordRef(type="Lead", id="00Q000000000001EAA")


def a_pin(record=LEAD, party=PARTY, at=T0):
    candidate = Candidate(record=record, name="Zoë", source=CandidateSource.PIN, owner_id="005")
    return Pin(party=party, candidate=candidate, pinned_at=at, by="admin")


@pytest.fixture(params=["memory", "tables"])
def directory_and_pins(request):
    if request.param == "memory":
        directory = FakeDirectory()
        return directory, FakePins(directory)
    client, tables = request.getfixturevalue("client"), request.getfixturevalue("tables")
    named = {"directory_table": tables.directory, "hasher": HASHER}
    return DirectoryTable(client, **named), PinTable(client, **named)


@pytest.fixture
def pins(directory_and_pins):
    return directory_and_pins[1]


@pytest.fixture
def directory(directory_and_pins):
    return directory_and_pins[0]


@pytest.mark.rule("XB-20")
def test_a_pin_is_known_of_its_party_alone(directory, pins):
    pins.put(TENANT, a_pin())

    assert pins.read(TENANT, PARTY) == a_pin()
    assert directory.known(TENANT, PARTY) == Known(pin=a_pin())
    assert directory.known(TENANT, "+14155550101") == Known()
    assert (pins.read("other", PARTY), directory.known("other", PARTY)) == (None, Known())


@pytest.mark.rule("XB-20")
def test_the_newest_choice_stands_alone_in_the_list(pins):
    pins.put(TENANT, a_pin())
    newer = a_pin(CONTACT, at=after(5))
    pins.put(TENANT, newer)

    assert pins.page(TENANT, limit=10, cursor=None).items == (newer,)
    assert pins.read(TENANT, PARTY) == newer


@pytest.mark.rule("XB-20")
def test_a_pin_changes_only_as_seen(directory, pins):
    seen, newer = a_pin(), a_pin(CONTACT, at=after(5))
    pins.put(TENANT, newer)

    assert not pins.change(TENANT, seen, None)
    assert not pins.change(TENANT, seen, a_pin(CONTACT))
    assert directory.known(TENANT, PARTY).pin == newer

    followed = replace(newer, candidate=a_pin().candidate)
    assert pins.change(TENANT, newer, followed)
    assert directory.known(TENANT, PARTY).pin == followed
    assert pins.change(TENANT, followed, None)
    assert directory.known(TENANT, PARTY).pin is None
    assert pins.page(TENANT, limit=10, cursor=None).items == ()
    assert not pins.change(TENANT, followed, None)


@pytest.mark.rule("XB-20")
def test_pins_are_listed_in_pages_each_once(pins):
    every = [a_pin(party=f"+1415555010{digit}") for digit in range(7)]
    for pin in every:
        pins.put(TENANT, pin)
    pins.put("other", a_pin())

    listed, cursor = [], None
    while cursor is not None or not listed:
        page = pins.page(TENANT, limit=3, cursor=cursor)
        assert len(page.items) <= 3
        listed += page.items
        cursor = page.next_cursor

    assert sorted(listed, key=lambda pin: pin.party) == every


def test_a_foreign_cursor_is_refused(client, tables):
    pins = PinTable(client, directory_table=tables.directory, hasher=HASHER)

    with pytest.raises(Rejected):
        pins.page(TENANT, limit=3, cursor="+14155550100")


@pytest.mark.rule("XB-20")
@pytest.mark.parametrize("change", ["put", "follow", "remove"])
def test_every_change_drops_the_cached_match(table_stores, client, tables, change):
    pins = PinTable(client, directory_table=tables.directory, hasher=HASHER)
    pins.put(TENANT, a_pin())
    written(table_stores, a_head(), matches=((PARTY, a_match()),))
    assert table_stores.directory.known(TENANT, PARTY).match == a_match()

    if change == "put":
        pins.put(TENANT, a_pin())
    else:
        pins.change(TENANT, a_pin(), a_pin(CONTACT) if change == "follow" else None)

    assert table_stores.directory.known(TENANT, PARTY).match is None


@pytest.mark.rule("SH-10")
def test_no_key_holds_a_party_in_clear(client, tables):
    PinTable(client, directory_table=tables.directory, hasher=HASHER).put(TENANT, a_pin())

    items = client.scan(TableName=tables.directory)["Items"]

    assert len(items) == 2
    assert all(item["pk"]["S"].startswith(f"T#{TENANT}#") for item in items)
    assert PARTY.removeprefix("+") not in str(items)


@pytest.fixture(params=["memory", "tables"])
def repoints(request):
    if request.param == "memory":
        return FakeRepoints()
    client, tables = request.getfixturevalue("client"), request.getfixturevalue("tables")
    return RepointTable(client, directory_table=tables.directory)


def a_repoint(**changes):
    move = Move(
        activity_id="call-1",
        slot=1,
        task_id="00T000000000001AAA",
        before=Hangs(who_id=CONTACT.id),
        after=Hangs(who_id=LEAD.id),
        record=CONTACT,
        attached=RecordRef(type="Case", id="500000000000001AAA"),
        state=MoveState.MOVED,
    )
    values = {
        "id": "u_1",
        "tenant": TENANT,
        "party": PARTY,
        "source": CONTACT,
        "target": LEAD,
        "made_at": T0,
        "moves": (move,),
        "refused": {"call-2": "no"},
    }
    return Repoint(**{**values, **changes})


@pytest.mark.rule("SH-6")
def test_what_is_moved_is_kept_whole(repoints):
    repoints.commit(a_repoint())

    assert repoints.read(TENANT, "u_1") == a_repoint()
    assert (repoints.read("other", "u_1"), repoints.read(TENANT, "u_2")) == (None, None)


@pytest.mark.rule("SH-6")
@pytest.mark.parametrize("version", [1, 2, 4], ids=["made_twice", "overtaken", "left_out"])
def test_a_version_that_does_not_follow_is_a_conflict(repoints, version):
    repoints.commit(a_repoint())
    repoints.commit(a_repoint(version=2))

    with pytest.raises(Conflict):
        repoints.commit(a_repoint(version=version, undone_at=after(1)))

    assert repoints.read(TENANT, "u_1") == a_repoint(version=2)


@pytest.mark.rule("SH-6")
def test_what_is_no_longer_kept_makes_way(repoints):
    repoints.commit(a_repoint())
    later = a_repoint(made_at=T0 + KEPT, refused={})

    repoints.commit(later)

    assert repoints.read(TENANT, "u_1") == later


def test_two_hundred_moves_fit_into_one_item(client, tables):
    repoints = RepointTable(client, directory_table=tables.directory)
    (one,) = a_repoint().moves
    moves = tuple(replace(one, activity_id=f"call-{n}", why="w" * 1000) for n in range(200))

    repoints.commit(a_repoint(moves=moves))

    assert repoints.read(TENANT, "u_1").moves == moves

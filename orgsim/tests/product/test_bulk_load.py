"""Making up many records at once: the same records, found the same way, only sooner."""

from datetime import UTC, datetime

import pytest

from orgsim.errors import ApiError
from orgsim.loading import generate
from orgsim.query import bulk_index
from orgsim.store import Store

pytestmark = pytest.mark.org

MOMENT = datetime(2026, 5, 13, 9, 0, tzinfo=UTC)
# An id without its prefix, its instance and what depends on them.
NUMBER = slice(5, 15)
ROWS = [
    {"LastName": "Ferrer", "FirstName": "Ines", "Phone": "(415) 555-0101"},
    {"LastName": "O'Neil-Ås", "Email": "o.neil@example.com", "MobilePhone": "+44 20 7946 0000"},
    {"LastName": "Abel", "Phone": "x", "Description": "one two", "Title": "VP"},
] * 5


@pytest.fixture
def store():
    """An org's records alone."""
    store = Store(None, None, lambda: MOMENT)
    yield store
    store.close()


@pytest.fixture
def single():
    """Another org's, to store the same records one by one."""
    store = Store(None, None, lambda: MOMENT)
    yield store
    store.close()


@pytest.fixture
def many_are_few(monkeypatch):
    """A load counts as a large one from four records on and is stored two at a time."""
    monkeypatch.setattr(bulk_index, "_MANY", 4)
    monkeypatch.setattr("orgsim.store._BATCH", 2)


def contents(store):
    """Everything stored of contacts, their words included, without what tells two orgs apart."""
    references = {"Id", "OwnerId", "CreatedById", "LastModifiedById"}
    records = [
        {name: value[NUMBER] if name in references else value for name, value in dict(row).items()}
        | {"PhotoUrl": row["PhotoUrl"].rpartition("/")[2][NUMBER]}
        for row in store.conn.execute("SELECT * FROM o_Contact ORDER BY Id")
    ]
    words = store.conn.execute(
        "SELECT substr(v.record_id, 6, 10), v.visible_at, v.hidden_at, p.field, p.position, p.word,"
        " p.field_group FROM q_version v JOIN q_posting p ON p.version = v.number"
        " WHERE v.record_id LIKE '003%' ORDER BY 1, 4, 5"
    )
    return records, [tuple(row) for row in words]


def indexes(store):
    found = store.conn.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'")
    return sorted((name, sql or "") for name, sql in found.fetchall())


def test_many_records_are_stored_as_one_after_the_other_would_be(store, single, many_are_few):
    """Columns, derived fields and search words are the same, and so are the indexes afterwards."""
    before = indexes(store)

    ids = store.insert_many("Contact", ROWS, user_id=store.admin_id)

    expected = [single.insert("Contact", row, user_id=single.admin_id) for row in ROWS]
    assert [one[NUMBER] for one in ids] == [one[NUMBER] for one in expected]
    assert contents(store) == contents(single)
    assert indexes(store) == before


@pytest.mark.parametrize("earlier", [0, 1, 30], ids=["an_empty_org", "a_few", "more_than_new"])
def test_records_that_are_there_already_stay_found(store, many_are_few, earlier):
    """A load adds to what is known, and writing goes on after it."""
    first = generate(store, {"Contact": earlier})
    later = store.insert_many("Contact", ROWS, user_id=store.admin_id)
    last = store.insert("Contact", {"LastName": "Zahn"}, user_id=store.admin_id)

    assert sorted({*first, *later, last}) == [*first, *later, last]
    known = store.conn.execute(
        "SELECT count(DISTINCT record_id) FROM q_version WHERE record_id LIKE '003%'"
    )
    assert known.fetchone()[0] == earlier + len(ROWS) + 1


def test_a_load_that_fails_leaves_nothing_behind(store, many_are_few):
    """Neither records nor words, and the index of words is there again."""
    known = store.insert("Contact", {"LastName": "Abel"}, user_id=store.admin_id)
    before, indexed = contents(store), indexes(store)
    taken = {"Id": known, "LastName": "Twice"}

    with pytest.raises(ApiError, match="duplicates value"):
        store.insert_many("Contact", [*ROWS, taken], user_id=store.admin_id)

    assert contents(store) == before
    assert indexes(store) == indexed


def test_made_up_records_are_found_by_every_door(caller):
    """By id, SOQL and SOSL, right after the load."""
    ids = caller.load("Contact", 3_000)

    wanted = ids[2_345]
    assert caller.get(f"/services/data/v62.0/sobjects/Contact/{wanted}").json()["Id"] == wanted
    email = "femi.2345@example.com"
    found = caller.query(f"SELECT Id FROM Contact WHERE Email = '{email}'")
    assert [record["Id"] for record in found] == [wanted]
    assert caller.search(f"FIND {{{email}}} IN EMAIL FIELDS RETURNING Contact(Id)") == [wanted]
    assert len(set(ids)) == 3_000


def test_accounts_and_leads_are_made_up_too(caller):
    """Several objects in one call, ids in the order of the objects."""
    body = {"generate": {"Account": 3, "Lead": 2}}

    ids = caller.control("POST", "load", body).json()["ids"]

    assert [one[:3] for one in ids] == ["001"] * 3 + ["00Q"] * 2
    assert len(caller.search("FIND {example} IN EMAIL FIELDS RETURNING Lead(Id)")) == 2
    assert [one["Id"] for one in caller.query("SELECT Id FROM Account ORDER BY Id")] == ids[:3]


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("Email = 'a@example.com'", "i_Contact_Email"),
        ("Phone IN ('1', '2')", "i_Contact_Phone"),
        ("AccountId = '001'", "i_Contact_AccountId"),
        ("MobilePhone LIKE '415%'", "i_Contact_MobilePhone"),
    ],
)
def test_what_is_looked_up_often_has_an_index(store, condition, index):
    """Empty fields take no room in it."""
    generate(store, {"Contact": 50})

    plan = store.conn.execute(f"EXPLAIN QUERY PLAN SELECT Id FROM o_Contact WHERE {condition}")

    assert index in plan.fetchone()[3]

"""Trees: records with their children, created together or not at all."""

import pytest


def record(sobject, reference_id, **fields):
    return {"attributes": {"type": sobject, "referenceId": reference_id}, **fields}


def records(*entries):
    return {"records": list(entries)}


def contact(reference_id, **fields):
    return record("Contact", reference_id, **{"lastname": "F", **fields})


def post(rest, *entries, to="Account"):
    return rest.call("POST", f"/composite/tree/{to}/", records(*entries))


def test_a_tree_is_answered_level_by_level(rest):
    """Parents first; children know their parent; names may have any case."""
    answer = post(
        rest,
        record("Account", "ref1", name="One", Contacts=records(contact("ref2"), contact("ref3"))),
        record(
            "Account", "ref4", name="Two", ChildAccounts=records(record("Account", "r", Name="3"))
        ),
    )

    body = answer.json()
    assert (answer.status_code, body["hasErrors"]) == (201, False)
    assert [r["referenceId"] for r in body["results"]] == ["ref1", "ref4", "ref2", "ref3", "r"]
    ids = {r["referenceId"]: r["id"] for r in body["results"]}
    assert {r["AccountId"] for r in rest.query("SELECT AccountId FROM Contact")} == {ids["ref1"]}
    assert rest.row("Account", ids["r"])["ParentId"] == ids["ref4"]


def test_one_wrong_record_undoes_the_tree(rest):
    """Only what failed is named, in the words of collections."""
    answer = post(
        rest, record("Account", "ref1", Name="One", Contacts=records(contact("c", Email="123")))
    )

    assert answer.status_code == 400
    assert answer.json() == {
        "hasErrors": True,
        "results": [
            {
                "referenceId": "c",
                "errors": [
                    {
                        "statusCode": "INVALID_EMAIL_ADDRESS",
                        "message": "Email: invalid email address: 123",
                        "fields": ["Email"],
                    }
                ],
            }
        ],
    }
    assert rest.query("SELECT Id FROM Account") == []


def nested(levels):
    """Accounts within accounts."""
    entry = record("Account", f"a{levels}", Name="x")
    for level in range(levels - 1, 0, -1):
        entry = record("Account", f"a{level}", Name="x", ChildAccounts=records(entry))
    return entry


# Children of an account, of five objects; the first four beside it are as many as fit.
MANY = (
    ("Contacts", contact("c")),
    ("Cases", record("Case", "s", Subject="x")),
    ("Tasks", record("Task", "t", Subject="x")),
    ("Opportunities", record("Opportunity", "d", Name="x", StageName="Qualification")),
    ("Events", record("Event", "e", Subject="x")),
)


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([], id="nothing"),
        pytest.param([record("Account", f"a{n}", Name="x") for n in range(201)], id="201_records"),
        pytest.param([nested(6)], id="6_levels"),
        pytest.param(
            [record("Account", "o", Name="x", **{name: records(entry) for name, entry in MANY})],
            id="6_objects",
        ),
        pytest.param([record("Account", "a", Name="x")] * 2, id="the_same_reference_twice"),
        pytest.param([record("Contact", "a", LastName="x")], id="another_type"),
        pytest.param([{"Name": "x"}], id="no_attributes"),
        pytest.param([{"attributes": {"type": "Account"}, "Name": "x"}], id="no_reference"),
        pytest.param(
            [record("Account", "a", Name="x", Shoes=records(contact("b")))], id="no_such_children"
        ),
        pytest.param([record("Account", "a", Name="x", Contacts={"records": []})], id="no_child"),
    ],
)
def test_what_is_no_tree_is_refused(rest, entries):
    """Status 400 before anything is created."""
    assert post(rest, *entries).status_code == 400
    assert rest.query("SELECT Id FROM Account") == []


def test_five_levels_are_allowed(rest):
    """The limit itself."""
    assert len(post(rest, nested(5)).json()["results"]) == 5


def test_five_objects_are_allowed(rest):
    """An account and four kinds of children."""
    close = {"CloseDate": "2026-05-13"}
    children = {
        name: records({**entry, **close} if name == "Opportunities" else entry)
        for name, entry in MANY[:4]
    }

    answer = post(rest, record("Account", "o", Name="x", **children))

    assert (answer.status_code, len(answer.json()["results"])) == (201, 5)


def test_an_unknown_object_is_missing(rest):
    """404, as everywhere."""
    assert post(rest, record("Shoe", "a"), to="Shoe").status_code == 404

"""What `columns=true` tells about a query."""

from urllib.parse import urlencode

import pytest

KEYS = {
    "aggregate", "apexType", "booleanType", "columnName", "custom", "displayName",
    "foreignKeyName", "insertable", "joinColumns", "numberType", "textType", "updatable",
}  # fmt: skip


def describe(people, text: str) -> dict:
    return people.ask("/query?" + urlencode({"q": text, "columns": "true"}))


def brief(columns: list[dict]) -> list[object]:
    """Names; a parent or children as a pair of name and columns, functions with their text."""
    found: list[object] = []
    for column in columns:
        assert set(column) == KEYS
        name = column["columnName"]
        if column["joinColumns"]:
            found.append((name, column["aggregate"], brief(column["joinColumns"])))
        else:
            found.append(f"{name}={column['displayName']}" if column["aggregate"] else name)
    return found


COLUMNS = [
    pytest.param("SELECT id, Name FROM Contact", ["Id", "Name"], id="fields"),
    pytest.param(
        "SELECT Owner.Name, Id, Account.Name, Owner.Email FROM Contact",
        [("Owner", False, ["Name", "Email"]), "Id", ("Account", False, ["Name"])],
        id="parents_gather_their_fields",
    ),
    pytest.param(
        "SELECT Account.Owner.Name FROM Contact",
        [("Account", False, [("Owner", False, ["Name"])])],
        id="parents_of_parents",
    ),
    pytest.param(
        "SELECT Name, (SELECT LastName, Owner.Name FROM Contacts) FROM Account",
        ["Name", ("Contacts", True, ["LastName", ("Owner", False, ["Name"])])],
        id="children",
    ),
    pytest.param(
        "SELECT LastName n, AVG(Account.NumberOfEmployees), COUNT(Id) c, MAX(LastName)"
        " FROM Contact GROUP BY LastName",
        ["n", "expr0=avg(Account.NumberOfEmployees)", "c=count(Id)", "expr1=max(LastName)"],
        id="functions",
    ),
    pytest.param(
        "SELECT Account.Name FROM Contact GROUP BY Account.Name", ["Name"], id="grouped_parents"
    ),
    pytest.param("SELECT count() FROM Contact", ["expr0=count()"], id="count"),
    pytest.param(
        "SELECT TYPEOF Who WHEN Contact THEN LastName WHEN Lead THEN LastName, Company END FROM Task",
        [("Who", False, ["LastName", "Company"])],
        id="type_of",
    ),
    pytest.param("SELECT toLabel(Status) FROM Lead", ["Status"], id="label"),
]


@pytest.mark.parametrize(("text", "expected"), COLUMNS)
def test_columns_come_as_selected(people, text, expected):
    assert expected == brief(describe(people, text)["columnMetadata"])


def test_every_field_is_described(people):
    described = brief(describe(people, "SELECT FIELDS(STANDARD) FROM Task")["columnMetadata"])

    assert list(people.store.schema.sobject("Task").fields) == described


@pytest.mark.parametrize(
    ("field", "apex_type", "kind"),
    [
        ("Id", "Id", None), ("AccountId", "Id", None), ("LastName", "String", "textType"),
        ("IsDeleted", "Boolean", "booleanType"), ("CreatedDate", "Datetime", None),
        ("Account.NumberOfEmployees", "Integer", "numberType"),
    ],
)  # fmt: skip
def test_a_column_tells_its_type(people, field, apex_type, kind):
    (column,) = describe(people, f"SELECT {field} FROM Contact")["columnMetadata"]
    column = (column["joinColumns"] or [column])[0]

    kinds = {name: column[name] for name in ("textType", "booleanType", "numberType")}
    assert apex_type == column["apexType"]
    assert dict.fromkeys(kinds, False) | ({kind: True} if kind else {}) == kinds


def test_the_query_as_a_whole_is_described(people):
    about = describe(people, "SELECT Id FROM Contact")
    groups = describe(people, "SELECT LastName FROM Contact GROUP BY LastName")
    del about["columnMetadata"], groups["columnMetadata"]

    assert about == {
        "entityName": "Contact", "groupBy": False, "idSelected": True, "keyPrefix": "003",
    }  # fmt: skip
    assert (groups["groupBy"], groups["idSelected"]) == (True, False)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT Shoe FROM Contact", "INVALID_FIELD"),
        ("SELECT Id FROM Widget", "INVALID_TYPE"),
        ("SELECT Id FROM Contact WHERE Name = 5", "INVALID_FIELD"),
        ("SELECT FIELDS(ALL) FROM Contact", "MALFORMED_QUERY"),
        ("SELECT COUNT(Id) FROM Contact LIMIT 1", "MALFORMED_QUERY"),
        ("SELECT", "MALFORMED_QUERY"),
    ],
)
def test_what_is_no_query_has_no_columns(people, text, code):
    plain = people.refusal("/query?" + urlencode({"q": text}))

    assert plain == people.refusal("/query?" + urlencode({"q": text, "columns": "true"}))
    assert code == plain[1]


def test_columns_that_are_not_asked_for_are_not_described(people):
    assert "records" in people.ask("/query?q=SELECT+Id+FROM+Contact&columns=false")

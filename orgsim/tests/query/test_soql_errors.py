"""What SOQL queries are refused with: codes, positions and sentences."""

from datetime import UTC, datetime

import pytest

from orgsim.errors import ApiError
from orgsim.query.soql import run_soql
from orgsim.store import Store

NOW = datetime(2026, 5, 13, 10, 30, tzinfo=UTC)
DESCRIBE = "Please reference your WSDL or the describe call for the appropriate names."


@pytest.fixture(scope="module")
def store():
    store = Store(clock=lambda: NOW)
    yield store
    store.close()


def refusal(store: Store, text: str) -> ApiError:
    with pytest.raises(ApiError) as raised:
        run_soql(store, text, store.admin_id, all_rows=False, now=NOW)
    return raised.value


def pointed(text: str, column: int, sentence: str) -> str:
    return f"\n{text}\n{' ' * (column - 1)}^\nERROR at Row:1:Column:{column}\n{sentence}"


POINTED = [
    pytest.param(
        "UPDATE Account",
        "MALFORMED_QUERY",
        1,
        "unexpected token: 'UPDATE'",
        id="another_kind_of_statement",
    ),
    pytest.param(
        "select count() from Widget",
        "INVALID_TYPE",
        21,
        "sObject type 'Widget' is not supported. If you are attempting to use a custom object, be "
        f"sure to append the '__c' after the entity name. {DESCRIBE}",
        id="unknown_object",
    ),
    pytest.param(
        "SELECT Id FROM Account WHERE Id IN (SELECT Id FROM Widget)",
        "INVALID_TYPE",
        52,
        "sObject type 'Widget' is not supported. If you are attempting to use a custom object, be "
        f"sure to append the '__c' after the entity name. {DESCRIBE}",
        id="unknown_object_in_a_semi_join",
    ),
    pytest.param(
        "SELECT Shoe FROM Account",
        "INVALID_FIELD",
        8,
        "No such column 'Shoe' on entity 'Account'. If you are attempting to use a custom field, be "
        f"sure to append the '__c' after the custom field name. {DESCRIBE}",
        id="unknown_field",
    ),
    pytest.param(
        "SELECT Id, Who.Shoe FROM Task",
        "INVALID_FIELD",
        12,
        "No such column 'Shoe' on entity 'Name'. If you are attempting to use a custom field, be "
        f"sure to append the '__c' after the custom field name. {DESCRIBE}",
        id="unknown_field_of_several_objects",
    ),
    pytest.param(
        "SELECT Id, Boss.Name FROM Account",
        "INVALID_FIELD",
        12,
        "Didn't understand relationship 'Boss' in field path. If you are attempting to use a custom "
        f"relationship, be sure to append the '__r' after the custom relationship name. {DESCRIBE}",
        id="unknown_parent",
    ),
    pytest.param(
        "SELECT Id, (SELECT Id FROM Shoes) FROM Account",
        "INVALID_TYPE",
        28,
        "Didn't understand relationship 'Shoes' in FROM part of query call. If you are attempting "
        "to use a custom relationship, be sure to append the '__r' after the custom relationship "
        f"name. {DESCRIBE}",
        id="unknown_children",
    ),
    pytest.param(
        "SELECT FROM Account", "MALFORMED_QUERY", 8, "unexpected token: 'FROM'", id="no_field"
    ),
    pytest.param("SELECT Id", "MALFORMED_QUERY", 10, "unexpected token: '<EOF>'", id="unfinished"),
    pytest.param(
        "SELECT Id FROM Lead WHERE Name = 'a' AND Name = 'b' OR Name = 'c'",
        "MALFORMED_QUERY",
        53,
        "unexpected token: 'OR'",
        id="and_beside_or_needs_parentheses",
    ),
    pytest.param(
        "SELECT Id FROM Lead WHERE Name = Bob",
        "MALFORMED_QUERY",
        34,
        "unexpected token: 'BOB'",
        id="word_that_is_no_value",
    ),
    pytest.param(
        "SELECT Id FROM Lead WHERE Name = 'a\\q'",
        "MALFORMED_QUERY",
        34,
        "Invalid string literal 'a\\q'. Illegal character sequence '\\q' in string literal.",
        id="unknown_escape",
    ),
    pytest.param(
        "SELECT Id FROM Task WHERE Description = 'x'",
        "INVALID_FIELD",
        27,
        "field 'Description' can not be filtered in a query call",
        id="long_text_in_where",
    ),
    pytest.param(
        "SELECT Id FROM Task ORDER BY Description",
        "MALFORMED_QUERY",
        30,
        "field 'Description' can not be sorted in a query call",
        id="long_text_in_order",
    ),
    pytest.param(
        "SELECT Description, COUNT(Id) FROM Task GROUP BY Description",
        "MALFORMED_QUERY",
        50,
        "field 'Description' can not be grouped in a query call",
        id="long_text_in_group",
    ),
    pytest.param(
        "SELECT Id FROM Lead WHERE Name = 5",
        "INVALID_FIELD",
        34,
        "value of filter criterion for field 'Name' must be of type string and should be enclosed "
        "in quotes",
        id="number_for_text",
    ),
    pytest.param(
        "SELECT Id FROM Lead WHERE IsConverted = 'false'",
        "INVALID_FIELD",
        41,
        "value of filter criterion for field 'IsConverted' must be of type boolean and should not "
        "be enclosed in quotes",
        id="text_for_boolean",
    ),
    pytest.param(
        "SELECT Id FROM Lead WHERE CreatedDate > '2026-05-13T00:00:00Z'",
        "INVALID_FIELD",
        41,
        "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not "
        "be enclosed in quotes",
        id="text_for_moment",
    ),
    pytest.param(
        "SELECT Id FROM Lead WHERE CreatedDate > 2026-05-13",
        "INVALID_FIELD",
        41,
        "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not "
        "be enclosed in quotes",
        id="day_for_moment",
    ),
    pytest.param(
        "SELECT Id FROM Task WHERE ActivityDate = 2026-02-30",
        "MALFORMED_QUERY",
        42,
        "Invalid date: 2026-02-30",
        id="day_that_does_not_exist",
    ),
    pytest.param(
        "SELECT Id FROM Lead WHERE Id = '00Qshort'",
        "INVALID_QUERY_FILTER_OPERATOR",
        32,
        "invalid ID field: 00Qshort",
        id="malformed_id",
    ),
    pytest.param(
        "SELECT Id FROM Lead WHERE OwnerId LIKE '005%'",
        "INVALID_QUERY_FILTER_OPERATOR",
        27,
        "invalid operator on id field",
        id="like_on_id",
    ),
    pytest.param(
        "SELECT Id FROM Lead WHERE IsConverted > false",
        "INVALID_QUERY_FILTER_OPERATOR",
        27,
        "invalid operator on boolean field",
        id="order_on_boolean",
    ),
    pytest.param(
        "SELECT Name, COUNT(Id) FROM Lead",
        "MALFORMED_QUERY",
        8,
        "Field must be grouped or aggregated: Name",
        id="ungrouped_field",
    ),
    pytest.param(
        "SELECT COUNT(Id) FROM Lead LIMIT 1",
        "MALFORMED_QUERY",
        23,
        "Non-grouped query that uses overall aggregate functions cannot also use LIMIT",
        id="limited_total",
    ),
    pytest.param(
        "SELECT SUM(Name) FROM Lead",
        "MALFORMED_QUERY",
        12,
        "field Name does not support aggregate operator SUM",
        id="sum_of_text",
    ),
    pytest.param(
        "SELECT Name n FROM Lead",
        "MALFORMED_QUERY",
        8,
        "only aggregate expressions use field aliasing",
        id="alias_without_aggregate",
    ),
    pytest.param(
        "SELECT FIELDS(ALL) FROM Lead",
        "MALFORMED_QUERY",
        8,
        "The SOQL FIELDS function must have a LIMIT of at most 200",
        id="all_fields_without_limit",
    ),
    pytest.param(
        "SELECT shout(Name) FROM Lead",
        "MALFORMED_QUERY",
        8,
        "unexpected token: 'SHOUT'",
        id="unknown_function",
    ),
]


@pytest.mark.parametrize(("text", "code", "column", "sentence"), POINTED)
def test_a_complaint_points_into_the_query(store, text, code, column, sentence):
    error = refusal(store, text)

    expected = (400, code, pointed(text, column, sentence), None)
    assert expected == (error.status, error.code, error.message, error.fields)


PLAIN = [
    pytest.param(
        "SELECT Id FROM Lead WHERE Name = 'x",
        "MALFORMED_QUERY",
        "line 1:33 mismatched character '<EOF>' expecting '''",
        id="open_string",
    ),
    pytest.param(
        "SELECT Id FROM Lead\nWHERE Name = “x”",
        "MALFORMED_QUERY",
        f"\nWHERE Name = “x”\n{' ' * 12}^\nERROR at Row:2:Column:13\n"
        "line 2:13 no viable alternative at character '“'",
        id="typographic_quotes",
    ),
    pytest.param(
        "SELECT Id, Name, id FROM Lead",
        "INVALID_FIELD",
        "duplicate field selected: id",
        id="field_twice",
    ),
    pytest.param(
        "SELECT Id FROM Lead OFFSET 2001",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "Maximum SOQL offset allowed is 2000",
        id="offset_out_of_range",
    ),
    pytest.param(
        f"SELECT Id FROM Lead WHERE Name = '{'x' * 100_000}'",
        "MALFORMED_QUERY",
        "SOQL statements cannot be longer than 100000 characters.",
        id="text_too_long",
    ),
    pytest.param(
        f"SELECT Id FROM Lead WHERE {'NOT ' * 500} Name = 'x'",
        "QUERY_TOO_COMPLICATED",
        "Query is either selecting too many fields or the filter conditions are too complicated.",
        id="conditions_too_deep",
    ),
    pytest.param(
        f"SELECT Id FROM Lead WHERE {' OR '.join(["Name > 'x'"] * 3000)}",
        "QUERY_TOO_COMPLICATED",
        "Query is either selecting too many fields or the filter conditions are too complicated.",
        id="too_many_conditions",
    ),
]


@pytest.mark.parametrize(("text", "code", "message"), PLAIN)
def test_some_complaints_have_no_snippet(store, text, code, message):
    error = refusal(store, text)

    assert (400, code, message) == (error.status, error.code, error.message)


def test_a_complaint_counts_rows_and_shows_a_window_of_a_long_line(store):
    filler = ", ".join(f"'{number:010d}'" for number in range(30))
    text = f"SELECT Id\nFROM Lead\nWHERE Name IN ({filler}) AND Shoe = 'x' AND Name IN ({filler})"
    error = refusal(store, text)

    _, snippet, caret, place, _ = error.message.split("\n")
    column = text.splitlines()[2].index("Shoe") + 1
    assert f"ERROR at Row:3:Column:{column}" == place
    assert snippet[caret.index("^") :].startswith("Shoe = 'x'")
    assert len(snippet) == 160


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        pytest.param("SELECT Id FROM Task USING SCOPE team", "USING SCOPE team", id="scope"),
        pytest.param("SELECT Id FROM Task WITH SECURITY_ENFORCED", "WITH", id="with"),
        pytest.param(
            "SELECT Name, COUNT(Id) FROM Lead GROUP BY ROLLUP(Name, Id)", "ROLLUP", id="rollup"
        ),
        pytest.param("SELECT Status FROM Lead GROUP BY CUBE(Status)", "CUBE", id="cube"),
        pytest.param("SELECT FORMAT(CreatedDate) FROM Lead", "FORMAT", id="formats"),
        pytest.param(
            "SELECT FISCAL_YEAR(CreatedDate), COUNT(Id) FROM Lead"
            " GROUP BY FISCAL_YEAR(CreatedDate)",
            "FISCAL_YEAR",
            id="fiscal_functions",
        ),
        pytest.param(
            "SELECT Id FROM Lead WHERE CreatedDate = THIS_FISCAL_YEAR", "THIS_FISCAL_YEAR",
            id="fiscal_periods",
        ),
        pytest.param("SELECT Id FROM Lead WHERE X__c INCLUDES ('a')", "INCLUDES", id="includes"),
        pytest.param(
            "SELECT Id, (SELECT Id, (SELECT Id FROM Cases) FROM Contacts) FROM Account",
            "a subquery inside a subquery",
            id="grandchildren",
        ),
    ],
)  # fmt: skip
def test_what_is_left_out_says_so(store, text, feature):
    error = refusal(store, text)

    assert (error.status, error.code) == (501, "NOT_IMPLEMENTED")
    assert error.message.startswith(feature) or feature in error.message


def test_a_value_never_becomes_part_of_the_sql(store):
    """Text that would end an SQL string is only ever text."""
    store.insert("Lead", {"LastName": "x' OR 1=1 --", "Company": "C"}, user_id=store.admin_id)

    def found(literal: str) -> int:
        text = f"SELECT count() FROM Lead WHERE LastName = {literal}"
        return run_soql(store, text, store.admin_id, all_rows=False, now=NOW).total_size

    assert (found("'x\\' OR 1=1 --'"), found("'y\\' OR 1=1 --'")) == (1, 0)

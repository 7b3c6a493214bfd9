"""Groups, date functions, HAVING and labels."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest

from orgsim.settings import TaskStatus

ANSWERS = [
    pytest.param(
        "SELECT CALENDAR_YEAR(CreatedDate) y, COUNT(Id) FROM Contact"
        " GROUP BY CALENDAR_YEAR(CreatedDate) ORDER BY CALENDAR_YEAR(CreatedDate) DESC",
        [{"y": 2026, "expr0": 2}, {"y": 2025, "expr0": 1}, {"y": 2024, "expr0": 1}],
        id="years_are_counted",
    ),
    pytest.param(
        "SELECT CALENDAR_QUARTER(CreatedDate), CALENDAR_MONTH(CreatedDate), DAY_ONLY(CreatedDate) d"
        " FROM Contact WHERE CALENDAR_YEAR(CreatedDate) = 2026"
        " GROUP BY CALENDAR_QUARTER(CreatedDate), CALENDAR_MONTH(CreatedDate),"
        " DAY_ONLY(CreatedDate) ORDER BY DAY_ONLY(CreatedDate)",
        [
            {"expr0": 1, "expr1": 1, "d": "2026-01-31"},
            {"expr0": 2, "expr1": 5, "d": "2026-05-12"},
        ],
        id="unnamed_functions_are_numbered",
    ),
    pytest.param(
        "SELECT CALENDAR_MONTH(ActivityDate) FROM Task WHERE ActivityDate != null"
        " GROUP BY ActivityDate ORDER BY ActivityDate",
        [{"expr0": 2}, {"expr0": 5}],
        id="a_grouped_day_can_be_taken_apart",
    ),
    pytest.param(
        "SELECT CALENDAR_MONTH(ActivityDate) m FROM Task GROUP BY CALENDAR_MONTH(ActivityDate)"
        " ORDER BY CALENDAR_MONTH(ActivityDate) NULLS LAST",
        [{"m": 2}, {"m": 5}, {"m": None}],
        id="no_day_is_a_group_of_its_own",
    ),
    pytest.param(
        "SELECT LastName n, COUNT(Id) c FROM Contact GROUP BY LastName HAVING COUNT(Id) > 1",
        [{"n": "Nora", "c": 2}],
        id="having_a_count",
    ),
    pytest.param(
        "SELECT LastName FROM Contact GROUP BY LastName HAVING (LastName LIKE 'A%'"
        " OR (NOT MIN(CreatedDate) >= THIS_YEAR)) AND LastName != 'NORA'",
        [{"LastName": "Abel"}, {"LastName": "Elm"}],
        id="having_groups_moments_and_date_words",
    ),
    pytest.param(
        "SELECT Account.Name FROM Contact GROUP BY Account.Name HAVING Account.Name IN ('oak', null)"
        " AND MAX(Account.NumberOfEmployees) > 39.5",
        [{"Name": "Oak"}],
        id="having_a_parent_field",
    ),
]


@pytest.mark.parametrize(("text", "expected"), ANSWERS)
def test_groups_are_answered(people, text, expected):
    found = people.query(text)

    assert sorted(map(repr, expected)) == sorted(map(repr, found))
    if "ORDER BY" in text:
        assert expected == found


FUNCTIONS = [
    ("CALENDAR_YEAR", "2024"), ("CALENDAR_QUARTER", "4"), ("CALENDAR_MONTH", "12"),
    ("DAY_IN_MONTH", "31"), ("DAY_IN_WEEK", "3"), ("DAY_IN_YEAR", "366"), ("WEEK_IN_MONTH", "5"),
    ("WEEK_IN_YEAR", "53"), ("HOUR_IN_DAY", "8"), ("DAY_ONLY", "2024-12-31"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "value"), FUNCTIONS, ids=[name for name, _ in FUNCTIONS])
def test_a_date_function_filters(people, function, value):
    """The last Tuesday of a leap year."""
    name = "LastName FROM Contact WHERE CALENDAR_YEAR(CreatedDate) < 2025"

    same = people.query(f"SELECT {name} AND {function}(CreatedDate) = {value}")
    other = people.query(f"SELECT {name} AND {function}(CreatedDate) != {value}")
    assert (same, other) == ([{"LastName": "nora"}], [])


REFUSALS = [
    pytest.param(
        "SELECT CALENDAR_YEAR(CreatedDate) FROM Lead", "MALFORMED_QUERY", 8,
        "Field must be grouped or aggregated: CreatedDate", id="ungrouped_function",
    ),
    pytest.param(
        "SELECT COUNT(Id) FROM Lead WHERE CALENDAR_YEAR(Name) = 1", "INVALID_FIELD", 48,
        "field Name does not support function CALENDAR_YEAR", id="function_of_text",
    ),
    pytest.param(
        "SELECT Id FROM Task WHERE DAY_ONLY(ActivityDate) = 2026-05-13", "INVALID_FIELD", 36,
        "field ActivityDate does not support function DAY_ONLY", id="day_of_a_day",
    ),
    pytest.param(
        "SELECT Id FROM Lead WHERE CALENDAR_YEAR(CreatedDate) = '2026'", "INVALID_FIELD", 56,
        "value of filter criterion for field 'calendar_year(CreatedDate)' must be of type int and"
        " should not be enclosed in quotes", id="text_for_a_function",
    ),
    pytest.param(
        "SELECT Status FROM Lead GROUP BY Status HAVING Name = 'x'", "MALFORMED_QUERY", 48,
        "Field must be grouped or aggregated: Name", id="having_what_is_not_grouped",
    ),
    pytest.param(
        "SELECT Id FROM Lead HAVING COUNT(Id) > 1", "MALFORMED_QUERY", 21,
        "unexpected token: 'HAVING'", id="having_without_groups",
    ),
    pytest.param(
        "SELECT OwnerId FROM Lead GROUP BY OwnerId HAVING OwnerId IN (SELECT Id FROM User)",
        "MALFORMED_QUERY", 77, "Semi-joins are only supported in WHERE clauses",
        id="having_a_semi_join",
    ),
    pytest.param(
        "SELECT Id, (SELECT COUNT(Id) FROM Contacts) FROM Account", "MALFORMED_QUERY", 20,
        "only root queries support aggregate expressions", id="count_of_children",
    ),
    pytest.param(
        "SELECT Id, (SELECT LastName FROM Contacts GROUP BY LastName) FROM Account",
        "MALFORMED_QUERY", 52, "only root queries support aggregate expressions",
        id="groups_of_children",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "column", "sentence"), REFUSALS)
def test_a_refusal_points_into_the_query(people, text, code, column, sentence):
    pointer = f"{' ' * (column - 1)}^"
    shown = text if len(text) < column + 80 else text[: column + 79]

    expected = f"\n{shown}\n{pointer}\nERROR at Row:1:Column:{column}\n{sentence}"
    assert (400, code, expected) == people.refusal("/query?" + urlencode({"q": text}))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT Id FROM Lead WHERE CALENDAR_YEAR(CreatedDate) = THIS_YEAR",
        "SELECT Id FROM Lead ORDER BY CALENDAR_YEAR(CreatedDate)",
        "SELECT FISCAL_YEAR(CreatedDate), COUNT(Id) FROM Lead GROUP BY FISCAL_YEAR(CreatedDate)",
        "SELECT convertTimezone(CreatedDate) FROM Lead",
        "SELECT DAY_ONLY(convertTimezone(MIN(CreatedDate))) FROM Lead",
        "SELECT FORMAT(MIN(CreatedDate)) FROM Lead",
        "SELECT toLabel(Status), COUNT(Id) FROM Lead GROUP BY Status",
        "SELECT Id FROM Lead WHERE CreatedDate = LAST_FISCAL_YEAR",
        "SELECT Id FROM Lead UPDATE VIEWSTAT",
    ],
    ids=["date_word", "order_of_records", "fiscal", "time_zone_alone",
         "three_functions", "formats", "label_of_a_group",
         "fiscal_word", "statistics"],
)  # fmt: skip
def test_what_is_left_out_says_so(people, text):
    status, code, _ = people.refusal("/query?" + urlencode({"q": text}))

    assert (status, code) == (501, "NOT_IMPLEMENTED")


def test_a_label_stands_for_the_value_it_shows(api):
    statuses = (TaskStatus(api_name="done", label="Erledigt", is_closed=True, is_default=True),)
    api.store.configure(replace(api.store.settings, task_statuses=statuses))
    api.add("Task", Subject="x", Status="done")

    found = api.query("SELECT Status, toLabel(Status) shown FROM Task")
    assert found == [{"Status": "done", "shown": "Erledigt"}]
    assert api.query("SELECT toLabel(Status) FROM Task") == [{"Status": "Erledigt"}]

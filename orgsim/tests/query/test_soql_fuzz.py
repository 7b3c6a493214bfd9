"""Whatever is asked, the org answers or refuses; it never breaks."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orgsim.errors import ApiError
from orgsim.query.dates import parse_datetime, span_of
from orgsim.query.soql import run_soql
from orgsim.query.sosl import run_sosl
from orgsim.store import Store

NOW = datetime(2026, 5, 13, 10, 30, tzinfo=UTC)
SHARED_STORE = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

SOQL_PIECES = (
    "SELECT FROM WHERE AND OR NOT IN LIKE ORDER BY GROUP LIMIT OFFSET NULLS LAST ALL ROWS FOR VIEW"
    " Id Name Account Contact Owner.Name Contacts Who.Type CreatedDate Description COUNT( count()"
    " FIELDS(ALL) MAX( ( ) , = != < > <= '' 'a' 'a\\' '%' null true 5 -1.5e3 1e999 2026-05-13"
    " 2026-05-13T10:00:00Z 2026-99-99T10:00:00Z LAST_N_DAYS:5 LAST_N_YEARS:999999 TODAY . : * é"
)
SOSL_PIECES = (
    "FIND { } {a} IN PHONE NAME FIELDS RETURNING Contact Lead(Id) Account(Id, ( ) , AND OR NOT"
    " WHERE LIMIT 5 ORDER BY Name = 'a' \" \\ * ? + - 415 5551212 \\+ a@b.example ö"
)


@pytest.fixture(scope="module")
def store():
    store = Store(clock=lambda: NOW)
    account = store.insert("Account", {"Name": "Ash"}, user_id=store.admin_id)
    for values in (
        {"LastName": "a", "AccountId": account},
        {"LastName": "É", "Phone": "415 1"},
        {"LastName": "b", "Phone": "a", "CreatedDate": "2026-05-01T00:00:00.000+0000"},
    ):
        store.insert("Contact", values, user_id=store.admin_id)
    yield store
    store.close()


def pieces(words: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(words.split()), max_size=25).map(" ".join)


@SHARED_STORE
@given(text=st.one_of(st.text(max_size=60), pieces(SOQL_PIECES)), tail=pieces(SOQL_PIECES))
def test_any_query_is_answered_or_refused(store, text, tail):
    for query in (text, f"SELECT Id {text}", f"SELECT Id FROM Contact WHERE {text} {tail}"):
        with suppress(ApiError):
            run_soql(store, query, store.admin_id, all_rows=False, now=NOW)


@SHARED_STORE
@given(text=st.one_of(st.text(max_size=60), pieces(SOSL_PIECES)), tail=pieces(SOSL_PIECES))
def test_any_search_is_answered_or_refused(store, text, tail):
    for search in (text, f"FIND {{{text}}} {tail}", f"FIND {{ash}} RETURNING Account {tail}"):
        with suppress(ApiError):
            run_sosl(store, search, store.admin_id, now=NOW)


FIELDS = {
    "LastName": ["'a'", "'A'", "'é'", "''", "null"],
    "Phone": ["'a'", "'%1%'", "null"],
    "Account.Name": ["'ash'", "'x'", "null"],
    "Owner.IsActive": ["true", "false", "null"],
    "AccountId": ["'001000000000001'", "null"],
    "Account.NumberOfEmployees": ["1", "-0.5", "null"],
    "CreatedDate": ["TODAY", "LAST_N_DAYS:3", "2026-05-13T10:00:00+02:00", "null"],
}
OPERATORS = {"Owner.IsActive": ["=", "!="], "AccountId": ["=", "!=", "<", ">="]}
TEXT_FIELDS = {"LastName", "Phone", "Account.Name"}


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    field = draw(st.sampled_from(list(FIELDS)))
    value = st.sampled_from(FIELDS[field])
    if draw(st.booleans()):
        values = ", ".join(draw(st.lists(value, min_size=1, max_size=3)))
        return f"{field} {draw(st.sampled_from(['IN', 'NOT IN']))} ({values})"
    operators = OPERATORS.get(field, ["=", "!=", "<", "<=", ">", ">="])
    if field in TEXT_FIELDS:
        operators = [*operators, "LIKE"]
    return f"{field} {draw(st.sampled_from(operators))} {draw(value)}"


CONDITIONS = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        inner.map(lambda term: f"(NOT {term})"),
        st.tuples(st.sampled_from([" AND ", " OR "]), st.lists(inner, min_size=2, max_size=3)).map(
            lambda joined: f"({joined[0].join(joined[1])})"
        ),
    ),
    max_leaves=6,
)


@SHARED_STORE
@given(condition=CONDITIONS)
def test_each_row_fulfils_a_condition_or_its_negation(store, condition):
    """Conditions are two-valued: nulls never fall between a condition and its NOT."""

    def count(where: str) -> int:
        text = f"SELECT count() FROM Contact{where}"
        return run_soql(store, text, store.admin_id, all_rows=False, now=NOW).total_size

    assert count("") == count(f" WHERE {condition}") + count(f" WHERE NOT {condition}")


def soql_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@SHARED_STORE
@given(name=st.text(min_size=1, max_size=40).filter(lambda name: name == name.strip()))
def test_an_escaped_text_finds_exactly_the_record_that_has_it(store, name):
    """LIKE with every wildcard escaped finds what equality finds."""
    lead = store.insert("Lead", {"LastName": name, "Company": "C"}, user_id=store.admin_id)
    quoted = soql_quoted(name)
    pattern = re.sub(r"([%_])", r"\\\1", quoted)

    for condition in (f"LastName = {quoted}", f"LastName LIKE {pattern}"):
        text = f"SELECT Id FROM Lead WHERE {condition} AND Id = '{lead}'"
        found = run_soql(store, text, store.admin_id, all_rows=False, now=NOW)
        assert [lead] == [record["Id"] for record in found.records]


OFFSETS = st.integers(min_value=-12 * 60, max_value=14 * 60).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)


@given(moment=st.datetimes(timezones=OFFSETS).filter(lambda moment: 1 < moment.year < 9999))
def test_every_offset_of_a_moment_means_the_same_moment(moment):
    text = moment.isoformat(timespec="milliseconds")
    utc = moment.astimezone(UTC)

    expected = utc.isoformat(timespec="milliseconds").replace("+00:00", "+0000")
    assert expected == parse_datetime(text)
    assert expected == parse_datetime(text[:-3] + text[-2:])


@given(
    today=st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 1, 1)),
    unit=st.sampled_from(["WEEK", "MONTH", "QUARTER", "YEAR"]),
    count=st.integers(min_value=1, max_value=60),
)
def test_periods_join_without_gap_or_overlap(today, unit, count):
    last, this, following = (span_of(f"{word}_{unit}", today) for word in ("LAST", "THIS", "NEXT"))
    many = span_of(f"LAST_N_{unit}S:{count}", today)
    ahead = span_of(f"NEXT_N_{unit}S:{count}", today)

    assert this[0] <= today < this[1]
    assert (last[1], following[0]) == this
    assert (many[1], ahead[0]) == this
    assert many[0] <= last[0] < following[1] <= ahead[1]

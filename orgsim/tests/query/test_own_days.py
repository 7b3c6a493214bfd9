"""Days, weeks and date words are those of the user who asks."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgsim.query.own_days import OwnDays
from orgsim.query.soql import run_soql
from orgsim.query.sosl import run_sosl
from orgsim.store import Store

ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati",
         "America/Sao_Paulo", "Australia/Lord_Howe"]  # fmt: skip


class Clocks:
    """An org with tasks whose subjects are the moments they were made at."""

    def __init__(self):
        self.store = Store()

    def user(self, zone: str | None, locale: str = "en_US") -> str:
        values = {"LastName": zone, "TimeZoneSidKey": zone, "LocaleSidKey": locale}
        return self.store.insert("User", values, user_id=self.store.admin_id)

    def tasks(self, *moments: str) -> None:
        for moment in moments:
            values = {"Subject": moment, "CreatedDate": f"{moment}:00.000+0000"}
            self.store.insert("Task", values, user_id=self.store.admin_id)

    def ask(self, text: str, user: str, now: str) -> list[dict[str, object]]:
        present = datetime.fromisoformat(f"{now}:00+00:00")
        return run_soql(self.store, text, user, all_rows=False, now=present).records

    def found(self, condition: str, user: str, now: str) -> list[object]:
        text = f"SELECT Subject FROM Task WHERE {condition} ORDER BY CreatedDate"
        return [record["Subject"] for record in self.ask(text, user, now)]


@pytest.fixture
def clocks():
    org = Clocks()
    yield org
    org.store.close()


TODAYS = [
    pytest.param("UTC", "2026-05-13T10:30", "2026-05-13T00:00", "2026-05-13T23:59", id="utc"),
    pytest.param("GMT", "2026-05-13T10:30", "2026-05-13T00:00", "2026-05-13T23:59", id="gmt"),
    pytest.param(
        "America/Los_Angeles", "2026-05-13T06:59", "2026-05-12T07:00", "2026-05-13T06:59",
        id="the_day_before_in_the_west",
    ),
    pytest.param(
        "Pacific/Kiritimati", "2026-05-13T10:30", "2026-05-13T10:00", "2026-05-14T09:59",
        id="the_day_after_in_the_east",
    ),
    pytest.param(
        "Europe/Berlin", "2026-03-29T10:00", "2026-03-28T23:00", "2026-03-29T21:59",
        id="a_day_of_23_hours",
    ),
    pytest.param(
        "Europe/Berlin", "2026-10-25T10:00", "2026-10-24T22:00", "2026-10-25T22:59",
        id="a_day_of_25_hours",
    ),
    pytest.param(
        "America/Sao_Paulo", "2018-11-04T12:00", "2018-11-04T03:00", "2018-11-05T01:59",
        id="a_day_without_midnight",
    ),
    pytest.param(
        "Asia/Kolkata", "2026-05-13T10:30", "2026-05-12T18:30", "2026-05-13T18:29",
        id="a_zone_of_half_hours",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "now", "first", "last"), TODAYS)
def test_today_is_the_day_on_the_users_clocks(clocks, zone, now, first, last):
    minute = timedelta(minutes=1)
    before = (datetime.fromisoformat(first) - minute).isoformat(timespec="minutes")
    after = (datetime.fromisoformat(last) + minute).isoformat(timespec="minutes")
    clocks.tasks(before, first, last, after)
    user = clocks.user(zone)

    assert clocks.found("CreatedDate = TODAY", user, now) == [first, last]
    assert clocks.found("CreatedDate != TODAY", user, now) == [before, after]
    assert clocks.found("CreatedDate < TODAY", user, now) == [before]
    assert clocks.found("CreatedDate > TODAY", user, now) == [after]
    assert clocks.found("CreatedDate >= TODAY", user, now) == [first, last, after]
    assert clocks.found("CreatedDate IN (TOMORROW)", user, now) == [after]


def test_the_days_before_a_change_of_clocks_begin_at_their_own_midnights(clocks):
    """In Berlin clocks went forward on 29 March 2026."""
    clocks.tasks("2026-03-26T22:59", "2026-03-26T23:00", "2026-03-29T22:00")
    user = clocks.user("Europe/Berlin")

    found = clocks.found("CreatedDate = LAST_N_DAYS:3", user, "2026-03-30T08:00")

    assert found == ["2026-03-26T23:00", "2026-03-29T22:00"]


def test_a_day_without_a_time_is_compared_with_the_users_day(clocks):
    for day in ("2026-05-12", "2026-05-13"):
        values = {"Subject": day, "ActivityDate": day}
        clocks.store.insert("Task", values, user_id=clocks.store.admin_id)
    now = "2026-05-13T06:59"

    west, east = clocks.user("America/Los_Angeles"), clocks.user("UTC")
    assert clocks.found("ActivityDate = TODAY", west, now) == ["2026-05-12"]
    assert clocks.found("ActivityDate = TODAY", east, now) == ["2026-05-13"]


@pytest.mark.parametrize(
    ("locale", "first"),
    [
        pytest.param("en_US", "2026-05-10", id="sunday"),
        pytest.param("de_DE", "2026-05-11", id="monday"),
        pytest.param("en_GB", "2026-05-11", id="monday_beside_sunday_in_the_same_language"),
        pytest.param("ar_EG", "2026-05-09", id="saturday"),
        pytest.param("de", "2026-05-11", id="monday_without_a_country"),
    ],
)
def test_the_locale_says_on_which_day_a_week_begins(clocks, locale, first):
    """13 May 2026 is a Wednesday."""
    days = [(date(2026, 5, 1) + timedelta(days=n)).isoformat() for n in range(31)]
    for day in days:
        values = {"Subject": day, "ActivityDate": day}
        clocks.store.insert("Task", values, user_id=clocks.store.admin_id)
    user = clocks.user("UTC", locale)

    def found(word: str) -> list[object]:
        return sorted(map(str, clocks.found(f"ActivityDate = {word}", user, "2026-05-13T10:30")))

    begin = days.index(first)
    assert found("THIS_WEEK") == days[begin : begin + 7]
    assert found("LAST_WEEK") == days[begin - 7 : begin]
    assert found("NEXT_N_WEEKS:1") == days[begin + 7 : begin + 14]


def test_date_functions_count_in_utc_and_convert_timezone_makes_them_the_users(clocks):
    clocks.tasks("2026-01-01T06:30", "2026-07-01T06:30")
    user = clocks.user("America/Los_Angeles")
    text = "SELECT {0} h, COUNT(Id) n FROM Task GROUP BY {0} ORDER BY {0}"

    def groups(function: str) -> list[object]:
        return [r["h"] for r in clocks.ask(text.format(function), user, "2026-07-02T00:00")]

    assert groups("HOUR_IN_DAY(CreatedDate)") == [6]
    assert groups("HOUR_IN_DAY(convertTimezone(CreatedDate))") == [22, 23]
    assert groups("CALENDAR_YEAR(convertTimezone(CreatedDate))") == [2025, 2026]
    assert groups("DAY_ONLY(CreatedDate)") == ["2026-01-01", "2026-07-01"]
    assert groups("DAY_ONLY( converttimezone (CreatedDate) )") == ["2025-12-31", "2026-06-30"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param("DAY_ONLY(CreatedDate) = 2026-07-01", ["2026-07-01T06:30"], id="utc"),
        pytest.param("DAY_ONLY(convertTimezone(CreatedDate)) = 2026-07-01", [], id="own_day"),
        pytest.param("DAY_ONLY(convertTimezone(CreatedDate)) = YESTERDAY", ["2026-07-01T06:30"],
                     id="date_word"),
        pytest.param("DAY_ONLY(CreatedDate) = TODAY", ["2026-07-01T06:30"],
                     id="utc_day_beside_a_date_word"),
        pytest.param("HOUR_IN_DAY(convertTimezone(CreatedDate)) IN (23)", ["2026-07-01T06:30"],
                     id="hour"),
        pytest.param("CALENDAR_YEAR(convertTimezone(CreatedDate)) < 2026", ["2026-01-01T06:30"],
                     id="year"),
    ],
)  # fmt: skip
def test_a_condition_takes_a_converted_moment(clocks, condition, expected):
    clocks.tasks("2026-01-01T06:30", "2026-07-01T06:30")
    user = clocks.user("America/Los_Angeles")

    assert expected == clocks.found(condition, user, "2026-07-01T12:00")


def test_two_users_who_ask_the_same_get_their_own_hours(clocks):
    clocks.tasks("2026-07-01T06:30")
    text = "SELECT {0} h FROM Task GROUP BY {0}".format("HOUR_IN_DAY(convertTimezone(CreatedDate))")

    hours = [clocks.ask(text, clocks.user(zone), "2026-07-01T12:00") for zone in ZONES[:4]]

    assert [hour[0]["h"] for hour in hours] == [6, 8, 23, 12]


def test_a_missing_moment_stays_missing_when_it_is_converted(clocks):
    user = clocks.user("Europe/Berlin")
    text = "SELECT Id FROM User WHERE DAY_ONLY(convertTimezone(LastLoginDate)) = null"

    assert user in [record["Id"] for record in clocks.ask(text, user, "2026-07-01T12:00")]


def test_a_search_filters_by_the_users_days(clocks):
    values = {"LastName": "Ferrer", "CreatedDate": "2026-05-13T02:00:00.000+0000"}
    clocks.store.insert("Contact", values, user_id=clocks.store.admin_id)
    now = datetime.now(UTC)
    own_day = "DAY_ONLY(convertTimezone(CreatedDate)) = 2026-05-12"
    text = f"FIND {{Ferrer}} RETURNING Contact(Id WHERE {own_day})"

    found = [run_sosl(clocks.store, text, clocks.user(zone), now=now) for zone in ZONES[1:3]]

    assert [len(records) for records in found] == [0, 1]


@pytest.mark.parametrize(
    ("text", "column", "code", "sentence"),
    [
        pytest.param(
            "SELECT Id FROM Task WHERE DAY_ONLY(convertTimezone(ActivityDate)) = 2026-05-13", 52,
            "INVALID_FIELD", "field ActivityDate does not support function DAY_ONLY", id="no_moment",
        ),
        pytest.param(
            "SELECT Id FROM Task WHERE CALENDAR_YEAR(convertTimezone(ActivityDate)) = 2026", 57,
            "INVALID_FIELD", "field ActivityDate does not support function CALENDAR_YEAR",
            id="no_moment_to_convert",
        ),
        pytest.param(
            "SELECT COUNT(SHOE(CreatedDate)) FROM Task", 8,
            "MALFORMED_QUERY", "unexpected token: 'COUNT'", id="a_function_that_nobody_knows",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_converted_is_refused(people, text, column, code, sentence):
    pointer = f"{' ' * (column - 1)}^"

    status, found, message = people.refusal("/query?" + urlencode({"q": text}))

    shown = text if len(text) < column + 80 else text[: column + 79]
    expected = f"\n{shown}\n{pointer}\nERROR at Row:1:Column:{column}\n{sentence}"
    assert (status, found, message) == (400, code, expected)


def test_a_zone_that_nobody_knows_is_not_taken_for_another(clocks):
    user = clocks.user("Mars/Olympus")

    with pytest.raises(Exception, match="Mars/Olympus"):
        clocks.found("CreatedDate = TODAY", user, "2026-05-13T10:30")
    assert clocks.found("CreatedDate > 2026-01-01T00:00:00Z", user, "2026-05-13T10:30") == []


@pytest.fixture(scope="module")
def zone_users():
    org = Clocks()
    yield org.store, {zone: org.user(zone) for zone in ZONES}
    org.store.close()


@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(min_value=date(1950, 1, 1), max_value=date(2100, 1, 1)),
)
def test_a_day_begins_when_the_clocks_first_show_it(zone_users, zone, day):
    store, users = zone_users
    begin = OwnDays(store, users[zone], datetime.now(UTC)).begin(day)

    moment = datetime.fromisoformat(begin)
    own = ZoneInfo(zone)
    assert moment.astimezone(own).date() == day
    assert (moment - timedelta(seconds=1)).astimezone(own).date() < day

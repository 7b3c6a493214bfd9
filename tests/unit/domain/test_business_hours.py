"""A number is open by the clocks of its place; the vectors are published in docs/business-hours.json."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.calls import START, a_call, parties_of, the_settings
from switchhook.domain.calls.screening import screen
from switchhook.domain.decision import Screened, Skip
from switchhook.domain.facts.people import People
from switchhook.domain.local_time import OpeningHours, Span, Weekday, hours_of, is_open

PUBLISHED = json.loads(
    (Path(__file__).parents[3] / "docs" / "business-hours.json").read_text(encoding="utf-8")
)


def hours_from(setting):
    return the_settings(calls={"business_hours": setting}).calls.business_hours


@pytest.mark.rule("AC-7", "AC-8")
@pytest.mark.parametrize("vector", PUBLISHED["vectors"], ids=lambda vector: vector["name"])
def test_a_number_is_open_by_the_clocks_of_its_place(vector):
    hours = hours_of(hours_from(vector["hours"]), vector.get("own_number"))
    zones = (vector.get("number_time_zone"), PUBLISHED["tenant_time_zone"])

    opened = is_open(hours, datetime.fromisoformat(vector["at"]), *zones)

    assert opened is vector["open"]


def screened(call, **calls):
    settings = the_settings(calls=calls)
    return screen(call, parties=parties_of(call), settings=settings, people=People())


CLOSED = {"only_open": True, "week": {}}
OPEN = {"only_open": True, "week": {day: [["00:00", "24:00"]] for day in Weekday}}
UNSET = {"only_open": True}


@pytest.mark.rule("AC-7")
@pytest.mark.parametrize(
    ("hours", "told", "is_logged"),
    [
        pytest.param(None, False, True, id="no rule about hours"),
        pytest.param({**CLOSED, "only_open": False}, False, True, id="also when closed"),
        pytest.param(CLOSED, True, False, id="the tenant's hours beat the provider's word"),
        pytest.param(OPEN, False, True, id="the tenant's hours beat it the other way round"),
        pytest.param(UNSET, False, False, id="without hours the provider's word counts"),
        pytest.param(UNSET, True, True, id="the provider says that the number was open"),
        pytest.param(UNSET, None, True, id="nobody says anything"),
        pytest.param(
            {**UNSET, "numbers": {"+14155550199": {"week": {}}}}, True, False, id="the number's own"
        ),
        pytest.param(
            {**UNSET, "numbers": {"+14155550198": {"week": {}}}}, True, True, id="another number's"
        ),
    ],
)
def test_calls_out_of_hours_are_skipped_where_the_tenant_wants_it(hours, told, is_logged):
    answer = screened(a_call(during_opening_hours=told), business_hours=hours)

    assert isinstance(answer, Screened if is_logged else Skip)
    if not is_logged:
        assert (answer.rule, answer.reason) == ("AC-7", "outside_hours")


@pytest.mark.rule("AC-8")
def test_the_time_the_call_began_counts_not_its_end():
    until_seven = {"time_zone": "UTC", "week": {"fri": [["09:00", "15:00"]]}}
    call = a_call(started_at=START - timedelta(seconds=1), ended_at=START + timedelta(hours=1))

    assert isinstance(screened(call, business_hours={"only_open": True, **until_seven}), Screened)
    late = a_call(started_at=START, ended_at=START + timedelta(hours=1))
    skip = screened(late, business_hours={"only_open": True, **until_seven})
    assert skip.text == "The call began on Friday 15:00 (UTC), when the number was closed."


def test_a_call_without_any_time_is_not_out_of_hours():
    call = a_call(started_at=None, answered_at=None, ended_at=None)

    assert isinstance(screened(call, business_hours=CLOSED), Screened)


def test_two_numbers_that_end_alike_have_no_hours_by_a_number_without_its_country_code():
    hours = hours_from(
        {**UNSET, "numbers": {"+4312345678": {"week": {}}, "+4912345678": {"week": {}}}}
    )

    assert hours_of(hours, "012345678") is None
    assert hours_of(hours, "+4312345678") is not None


EARLIEST = datetime(1990, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone
LATEST = datetime(2060, 1, 1)  # noqa: DTZ001


@given(
    at=st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)),
    zone=st.sampled_from(
        ("Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo")
    ),
)
def test_hours_that_never_close_are_always_open(at, zone):
    all_day = (Span(opens=datetime.min.time(), closes=None),)
    hours = OpeningHours(time_zone=zone, week=dict.fromkeys(Weekday, all_day))

    assert is_open(hours, at)
    assert not is_open(OpeningHours(time_zone=zone), at)

"""What SOQL's date words and written dates mean.

A date word stands for a span of whole days, its end excluded. Fiscal periods depend on an org's
settings and are left out.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache

__all__ = ["DateSpan", "parse_datetime", "span_of"]

type DateSpan = tuple[date, date]

_DAY = timedelta(days=1)
_LARGEST_COUNT = 100_000
_SUNDAY = 6
_DAYS_IN_WEEK = 7
_DATETIME = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d+)?(Z|([+-]\d{2}):?(\d{2}))", re.IGNORECASE
)


def parse_datetime(text: str) -> str | None:
    """Return a written date-time as the store writes it, or None when no such moment exists.

    The stored form is `YYYY-MM-DDTHH:MM:SS.mmm+0000`, whose text order is the order in time.
    """
    match = _DATETIME.fullmatch(text)
    if match is None:
        return None
    clock, fraction, _, hours, minutes = match.groups()
    offset = f"{hours}:{minutes}" if hours else "+00:00"
    milliseconds = ((fraction or ".") + "000")[1:4]
    try:
        moment = datetime.fromisoformat(f"{clock}.{milliseconds}{offset}".upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "+0000"


def span_of(text: str, today: date, first_weekday: int = _SUNDAY) -> DateSpan | None:
    """Return the span of a date word such as `TODAY` or `LAST_N_DAYS:7`, or None if unknown.

    Weeks begin on `first_weekday`, 0 for Monday. A count that leads out of the calendar is unknown
    as well.
    """
    word, _, digits = text.upper().partition(":")
    try:
        if not digits:
            plain = _plain(first_weekday).get(word)
            return plain(today) if plain else None
        counted = _counted(first_weekday).get(word)
        return counted(today, min(int(digits[:9]), _LARGEST_COUNT)) if counted else None
    except (OverflowError, ValueError):
        return None


def _days(start: date, count: int) -> DateSpan:
    return start, start + count * _DAY


def _week(first_weekday: int) -> "_Start":
    """Return what gives the first day of the week that lies some weeks after the one with a day."""

    def start(day: date, weeks: int = 0) -> date:
        passed = (day.weekday() - first_weekday) % _DAYS_IN_WEEK
        return day + (_DAYS_IN_WEEK * weeks - passed) * _DAY

    return start


def _month(day: date, months: int = 0) -> date:
    """Return the first of the month that lies `months` after the one with `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _quarter(day: date, quarters: int = 0) -> date:
    """Return the first day of the quarter that lies `quarters` after the one with `day`."""
    return _month(day, 3 * quarters - (day.month - 1) % 3)


def _year(day: date, years: int = 0) -> date:
    return date(day.year + years, 1, 1)


type _Start = Callable[[date, int], date]


def _this(start: _Start, shift: int) -> Callable[[date], DateSpan]:
    """Return the span of one period, `shift` periods from now."""
    return lambda day: (start(day, shift), start(day, shift + 1))


def _last(start: _Start) -> Callable[[date, int], DateSpan]:
    """Return the span of the n periods before this one."""
    return lambda day, count: (start(day, -count), start(day, 0))


def _next(start: _Start) -> Callable[[date, int], DateSpan]:
    """Return the span of the n periods after this one."""
    return lambda day, count: (start(day, 1), start(day, count + 1))


def _ago(start: _Start) -> Callable[[date, int], DateSpan]:
    """Return the span of the one period n periods ago."""
    return lambda day, count: (start(day, -count), start(day, 1 - count))


def _day(day: date, days: int = 0) -> date:
    return day + days * _DAY


_PLAIN: dict[str, Callable[[date], DateSpan]] = {
    "YESTERDAY": _this(_day, -1),
    "TODAY": _this(_day, 0),
    "TOMORROW": _this(_day, 1),
    "LAST_MONTH": _this(_month, -1),
    "THIS_MONTH": _this(_month, 0),
    "NEXT_MONTH": _this(_month, 1),
    "LAST_QUARTER": _this(_quarter, -1),
    "THIS_QUARTER": _this(_quarter, 0),
    "NEXT_QUARTER": _this(_quarter, 1),
    "LAST_YEAR": _this(_year, -1),
    "THIS_YEAR": _this(_year, 0),
    "NEXT_YEAR": _this(_year, 1),
    "LAST_90_DAYS": lambda day: _days(day - 90 * _DAY, 91),
    "NEXT_90_DAYS": lambda day: _days(day + _DAY, 90),
}

_COUNTED: dict[str, Callable[[date, int], DateSpan]] = {
    # "n days before today and up to now": today belongs to it, unlike the other LAST_N words
    "LAST_N_DAYS": lambda day, count: _days(day - count * _DAY, count + 1),
    "NEXT_N_DAYS": _next(_day),
    "N_DAYS_AGO": _ago(_day),
    "LAST_N_MONTHS": _last(_month),
    "NEXT_N_MONTHS": _next(_month),
    "N_MONTHS_AGO": _ago(_month),
    "LAST_N_QUARTERS": _last(_quarter),
    "NEXT_N_QUARTERS": _next(_quarter),
    "N_QUARTERS_AGO": _ago(_quarter),
    "LAST_N_YEARS": _last(_year),
    "NEXT_N_YEARS": _next(_year),
    "N_YEARS_AGO": _ago(_year),
}


@cache
def _plain(first_weekday: int) -> dict[str, Callable[[date], DateSpan]]:
    """Return the words without a count."""
    week = _week(first_weekday)
    shifts = {"LAST_WEEK": -1, "THIS_WEEK": 0, "NEXT_WEEK": 1}
    return _PLAIN | {word: _this(week, shift) for word, shift in shifts.items()}


@cache
def _counted(first_weekday: int) -> dict[str, Callable[[date, int], DateSpan]]:
    """Return the words with a count."""
    week = _week(first_weekday)
    weeks = {"LAST_N_WEEKS": _last, "NEXT_N_WEEKS": _next, "N_WEEKS_AGO": _ago}
    return _COUNTED | {word: span(week) for word, span in weeks.items()}

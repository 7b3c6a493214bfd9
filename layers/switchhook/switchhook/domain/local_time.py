"""Local time: an instant as the clocks of a place show it, and when a tenant's numbers are open (AC-7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from switchhook.domain.facts.people import digits_of


def local_time(at: datetime, *zones: str | None) -> datetime:
    """Gives an instant in the first zone that is one; in its own, where clocks cannot show it.

    A zone may be a provider's word that nobody has checked. Some providers write "no time" as the
    first instant of year 1, which no zone west of Greenwich has.
    """
    for name in zones:
        zone = _zone(name)
        if zone is not None:
            try:
                return at.astimezone(zone)
            except OverflowError:
                return at
    return at


def zone_name(*zones: str | None) -> str | None:
    """Gives the first of the names that is a zone's."""
    return next((name for name in zones if _zone(name) is not None), None)


def _zone(name: str | None) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


_FEWEST_DIGITS = 6


class Weekday(StrEnum):
    """The days of a week, Monday first."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Open from `opens` on and before `closes`; `closes` None is the end of the day."""

    opens: time
    closes: time | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """A week of opening hours with the days that are closed all day.

    `time_zone` None means the number's own, else the tenant's. A day that `week` does not name is
    closed.
    """

    time_zone: str | None = None
    week: Mapping[Weekday, tuple[Span, ...]] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessHours:
    """The hours of all numbers, and those of single ones (E.164) that have their own.

    `only_open` false logs calls at any time. `general` None leaves it to what the provider says.
    """

    only_open: bool
    general: OpeningHours | None = None
    numbers: Mapping[str, OpeningHours] = field(default_factory=dict)


def hours_of(hours: BusinessHours, own_number: str | None) -> OpeningHours | None:
    """Gives the hours of one of the tenant's numbers: its own, else those of all; None when not set.

    `own_number` is as the provider wrote it. A number without its country code is taken for the only
    one that ends like it.
    """
    written = own_number or ""
    digits = digits_of(written)
    for number, own in hours.numbers.items():
        if digits == digits_of(number):
            return own
    national = digits.lstrip("0")
    if "+" in written or len(national) < _FEWEST_DIGITS:
        return hours.general
    alike = [own for number, own in hours.numbers.items() if number.endswith(national)]
    return alike[0] if len(alike) == 1 else hours.general


def is_open(hours: OpeningHours, at: datetime, *zones: str | None) -> bool:
    """Tells whether a number is open at an instant, by the clocks of its place.

    `zones` are tried where the hours name no zone of their own. A span includes its first minute and
    not its last (AC-8); an hour that the clocks show twice is open both times, and one that they
    skip never comes.
    """
    local = local_time(at, hours.time_zone, *zones)
    if local.date() in hours.holidays:
        return False
    day = tuple(Weekday)[local.weekday()]
    clock = local.time()
    return any(
        span.opens <= clock and (span.closes is None or clock < span.closes)
        for span in hours.week.get(day, ())
    )

"""The days of the user who asks: his time zone and the day on which his weeks begin.

What a day or a week is depends on `TimeZoneSidKey` and `LocaleSidKey` of the user. Both are read
when a statement needs them and not before: most statements do not.
"""

from datetime import UTC, date, datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orgsim.errors import not_supported

if TYPE_CHECKING:
    from orgsim.store import Store

__all__ = ["OwnDays"]

_USER = "SELECT TimeZoneSidKey, LocaleSidKey FROM o_User WHERE Id = ?"
_UTC_NAMES = frozenset({"UTC", "GMT"})
_MONDAY, _FRIDAY, _SATURDAY, _SUNDAY = 0, 4, 5, 6
# Unicode CLDR, weekData, by country; everywhere else weeks begin on Monday.
_FIRST_WEEKDAYS = {
    _FRIDAY: "MV",
    _SATURDAY: "AE AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY",
    _SUNDAY: "AG AS BD BR BS BT BW BZ CA CO DM DO ET GT GU HK HN ID IL IN JM JP KE KH KR LA MH MM "
    "MO MT MX MZ NI NP PA PE PH PK PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW",
}


class OwnDays:
    """Days as one user sees them at one moment."""

    def __init__(self, store: "Store", user_id: str, now: datetime) -> None:
        """`now` is aware; ask within the transaction of the statement."""
        self._store = store
        self._user_id = user_id
        self._now = now

    @cached_property
    def zone(self) -> tzinfo:
        """The user's time zone; raises ApiError 501 for one that this machine does not know."""
        key = self._user[0] or "UTC"
        if key in _UTC_NAMES:
            return UTC
        try:
            return ZoneInfo(key)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise not_supported(f"A date in the time zone {key}") from None

    @cached_property
    def today(self) -> date:
        """The present day."""
        return self._now.astimezone(self.zone).date()

    @cached_property
    def first_weekday(self) -> int:
        """The day on which weeks begin in the user's locale, 0 for Monday."""
        country = (self._user[1] or "en_US").partition("_")[2][:2]
        found = (day for day, places in _FIRST_WEEKDAYS.items() if country in places.split())
        return next(found, _MONDAY)

    def begin(self, day: date) -> str:
        """Return the moment at which a day begins, as the store writes it.

        Where clocks skip midnight it is the moment of the change, where they show it twice the first
        one. Raises OverflowError at the ends of the calendar.
        """
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        utc = midnight.astimezone(UTC).replace(tzinfo=None)
        return utc.isoformat(timespec="milliseconds") + "+0000"

    def local_text(self, moment: str | None) -> str | None:
        """Return a stored moment with the date and time that the user's clocks show."""
        if moment is None:
            return None
        try:
            return datetime.fromisoformat(moment).astimezone(self.zone).isoformat()
        except OverflowError:
            return moment  # the first or last day of the calendar has no other zone

    @cached_property
    def _user(self) -> tuple[str | None, str | None]:
        found = self._store.conn.execute(_USER, (self._user_id,)).fetchone()
        return (None, None) if found is None else (found[0], found[1])

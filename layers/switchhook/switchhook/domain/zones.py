"""Local time: an instant as the clocks of a place show it."""

from datetime import datetime
from zoneinfo import ZoneInfo


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

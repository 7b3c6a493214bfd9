"""Dates and times in the forms that Salesforce stores, answers and accepts."""

from datetime import UTC, date, datetime

__all__ = ["parse_day", "parse_moment", "rfc3339", "stamp"]


def stamp(moment: datetime) -> str:
    """Return a UTC time as stored and answered: whole seconds, `.000`, an offset without colon."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def rfc3339(moment: datetime) -> str:
    """Return a UTC time with milliseconds as the control plane writes it."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse_moment(text: str) -> datetime:
    """Return the time an ISO 8601 text means; a missing offset means UTC, a missing time midnight.

    Raises ValueError for anything else.
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_day(text: str) -> str:
    """Return the day of a date text as `YYYY-MM-DD`; raises ValueError."""
    return date.fromisoformat(text).isoformat()

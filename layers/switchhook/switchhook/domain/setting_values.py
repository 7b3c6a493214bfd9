"""How one setting's JSON value is read: the value to use, or the problem with it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from switchhook.domain.presets import PRESETS
from switchhook.domain.regions import REGIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a value cannot be a setting's value, as the end of a sentence that begins with its name."""

    text: str


type Read = Callable[[object], object]


def preset(value: object) -> object:
    """Takes the name of a preset."""
    if isinstance(value, str) and value in PRESETS:
        return value
    return Problem(text=f"must be one of: {', '.join(PRESETS)}.")


def region(value: object) -> object:
    """Takes a region's two-letter code, in either case."""
    if isinstance(value, str) and value.upper() in REGIONS:
        return value.upper()
    return Problem(text='must be a two-letter country code such as "US" or "DE".')


def time_zone(value: object) -> object:
    """Takes the key of a zone in the IANA time-zone database."""
    problem = Problem(text='must be an IANA time zone such as "Europe/Vienna".')
    if not isinstance(value, str) or not value:
        return problem
    try:
        return ZoneInfo(value).key
    except (KeyError, ValueError, OSError):
        # A key that is unknown, that leaves the database's folder, or that names a folder of it.
        return problem


def whole(low: int, high: int) -> Read:
    """Takes a whole number from `low` to `high`, both included."""

    def read(value: object) -> object:
        if type(value) is int and low <= value <= high:
            return value
        return Problem(text=f"must be a whole number from {low} to {high}.")

    return read


_ORIGIN = re.compile(r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?", re.ASCII)


def origins(value: object) -> object:
    """Takes a list of web origins, as browsers send them."""
    if isinstance(value, list) and all(isinstance(o, str) and _ORIGIN.fullmatch(o) for o in value):
        return tuple(dict.fromkeys(value))
    return Problem(text='must be a list of origins such as "https://app.example.com", no path.')


def ranking(choice: type[StrEnum]) -> Read:
    """Takes a list of the choices, best first; those it leaves out follow in their own order."""

    def read(value: object) -> object:
        if not isinstance(value, list) or not all(named in list(choice) for named in value):
            return Problem(text=f"must be a list of: {', '.join(choice)}.")
        if len(set(value)) < len(value):
            return Problem(text="must name each choice once.")
        return tuple(dict.fromkeys((*map(choice, value), *choice)))

    return read


_USER_ID = re.compile(r"005[A-Za-z0-9]{12}([A-Z0-5]{3})?", re.ASCII)


def user_id(value: object) -> object:
    """Takes a Salesforce user's id; null stands for nobody chosen."""
    if value is None or (isinstance(value, str) and _USER_ID.fullmatch(value)):
        return value
    return Problem(text='must be the Salesforce id of a user (15 or 18 characters, "005...").')


def one_of(choice: type[StrEnum]) -> Read:
    """Takes the word of one choice."""

    def read(value: object) -> object:
        if isinstance(value, str) and value in list(choice):
            return choice(value)
        return Problem(text=f"must be one of: {', '.join(choice)}.")

    return read


def flag(value: object) -> object:
    """Takes true or false."""
    return value if isinstance(value, bool) else Problem(text="must be true or false.")

"""The functions that count days and hours as SQL over the store's texts.

They count in UTC unless the moment goes through convertTimezone(), which makes it the viewer's.
"""

from dataclasses import dataclass, replace

from orgsim.errors import ApiError
from orgsim.query.context import Asking
from orgsim.query.syntax import CONVERTED, Call
from orgsim.query.tables import Place, Tables
from orgsim.schema import Field

__all__ = ["LOCAL", "computed", "gives_day", "is_date_function"]

# Name of the SQL function that moves a stored moment into the viewer's time zone.
LOCAL = "org_local"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Function:
    """A function: its SQL over a day or a moment, the type of its value, what it is asked of."""

    sql: str
    type: str = "int"
    moments_only: bool = False


def _number(start: int, length: int) -> str:
    return f"CAST(substr({{0}}, {start}, {length}) AS INTEGER)"


_MONTH, _DAY = _number(6, 2), _number(9, 2)
_DAY_OF_YEAR = "CAST(strftime('%j', substr({0}, 1, 10)) AS INTEGER)"
_WEEKDAY = "(CAST(strftime('%w', substr({0}, 1, 10)) AS INTEGER) + 1)"

# Weeks are counted from the first day of the month or year, whatever weekday it is.
_FUNCTIONS = {
    "CALENDAR_YEAR": _Function(sql=_number(1, 4)),
    "CALENDAR_QUARTER": _Function(sql=f"(({_MONTH} + 2) / 3)"),
    "CALENDAR_MONTH": _Function(sql=_MONTH),
    "DAY_IN_MONTH": _Function(sql=_DAY),
    "DAY_IN_WEEK": _Function(sql=_WEEKDAY),
    "DAY_IN_YEAR": _Function(sql=_DAY_OF_YEAR),
    "WEEK_IN_MONTH": _Function(sql=f"(({_DAY} + 6) / 7)"),
    "WEEK_IN_YEAR": _Function(sql=f"(({_DAY_OF_YEAR} + 6) / 7)"),
    "HOUR_IN_DAY": _Function(sql=_number(12, 2), moments_only=True),
    "DAY_ONLY": _Function(sql="substr({0}, 1, 10)", type="date", moments_only=True),
}


def is_date_function(call: Call) -> bool:
    """Tell whether a function takes a part of a day or a moment."""
    return _plain_name(call) in _FUNCTIONS


def gives_day(call: Call) -> bool:
    """Tell whether a function gives a day, which date words can be compared with."""
    return _plain_name(call) == "DAY_ONLY"


def _plain_name(call: Call) -> str:
    return call.name.removesuffix(CONVERTED)


def computed(asking: Asking, tables: Tables, call: Call) -> Place:
    """Return a date function as a value to compare and to group by; null of null is null.

    Raises ApiError INVALID_FIELD for a field that is no date or date-time, 501 for what is not a
    date function.
    """
    function = _FUNCTIONS.get(_plain_name(call))
    if function is None or call.argument is None:
        raise tables.call_error(call)
    place = tables.place(call.argument)
    converted = call.name.endswith(CONVERTED)
    allowed = {"datetime"} if function.moments_only or converted else {"date", "datetime"}
    if place.field.type not in allowed:
        raise _wrong_field(asking, call, place)
    field = Field(name=call.text, label=call.text, type=function.type, nillable=True)
    source = f"{LOCAL}({place.sql})" if converted else place.sql
    return replace(place, sql=function.sql.format(source), field=field, offset=call.offset)


def _wrong_field(asking: Asking, call: Call, place: Place) -> ApiError:
    return asking.complaint(
        "INVALID_FIELD",
        place.offset,
        f"field {place.field.name} does not support function {_plain_name(call)}",
    )

"""Turns the JSON value that a client writes into the value a column stores, or refuses it."""

import base64
import math
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Final

from orgsim.errors import ApiError, not_supported
from orgsim.ids import to_id18
from orgsim.schema import Field, put_together
from orgsim.times import parse_day, parse_moment, stamp
from orgsim.triggers import Row, SqlValue

__all__ = ["json_value", "malformed_id", "stored_value", "value_named"]

_EMAIL: Final = re.compile(r"[^@\s,;]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_MOST_INT: Final = 2**31
_INT_DIGITS: Final = 10
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?"
)


def value_named(record: Mapping[str, object], name: str) -> object:
    """Return what a record holds under a name in any case, None where it does not have it."""
    folded = name.lower()
    return next((value for key, value in record.items() if key.lower() == folded), None)


def stored_value(field: Field, value: object) -> SqlValue:
    """Return what the column of `field` holds for a JSON value.

    Text is trimmed and an empty one is null, numbers and booleans may come as text, ids may have 15
    characters. Raises ApiError in Salesforce's words (JSON_PARSER_ERROR, STRING_TOO_LONG,
    INVALID_EMAIL_ADDRESS, MALFORMED_ID, INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST).
    """
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        return _null(field)
    return _READERS.get(field.type, _text)(field, value)


def json_value(field: Field, row: Row, row_url: str) -> object:
    """Return what an answer shows of a stored row under a field.

    The content of a file is shown by its address, a postal address as an object of its parts.
    """
    if field.components:
        return put_together({key: row[name] for key, name in field.components})
    value = row[field.name]
    if field.type == "base64" and value is not None:
        return f"{row_url}/{field.name}"
    return bool(value) if field.type == "boolean" else value


def _null(field: Field) -> SqlValue:
    if field.type == "boolean":
        return int(bool(field.default))
    return None


def _boolean(field: Field, value: object) -> int:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return int(value.lower() == "true")
    raise _unreadable(field, value)


def _number(field: Field, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _unreadable(field, value)
    try:
        number = float(value)
    except ValueError:
        raise _unreadable(field, value) from None
    if not math.isfinite(number):
        raise _unreadable(field, value)
    if field.type != "int":
        return _decimal(field, number)
    if not number.is_integer():
        raise _unreadable(field, value)
    if abs(number) >= min(_MOST_INT, 10 ** (field.digits or _INT_DIGITS)):
        raise _outside_range(field, int(number))
    return int(number)


def _decimal(field: Field, number: float) -> float:
    """Return a number rounded to the places of a custom field; raises if it has too many digits."""
    if field.compound is not None:
        _check_degrees(field, number)
    elif field.precision and abs(number) >= 10 ** (field.precision - field.scale):
        raise _outside_range(field, number)
    if not field.custom:
        return number
    return float(Decimal(str(number)).quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP))


def _outside_range(field: Field, number: float) -> ApiError:
    return ApiError(
        400,
        "NUMBER_OUTSIDE_VALID_RANGE",
        f"{field.label}: value outside of valid range on numeric field: {number}",
        (field.name,),
    )


def _check_degrees(field: Field, number: float) -> None:
    """Raise ApiError 501 for a place that is not on earth: how it is refused is not known here."""
    most = 90 if field.name.endswith("Latitude") else 180
    if abs(number) > most:
        raise not_supported(f"{field.label} beyond {most} degrees")


def _content(field: Field, value: object) -> str:
    """Return the content of a file as base64 text, which is also how it is stored."""
    if isinstance(value, str):
        try:
            base64.b64decode(value, validate=True)
        except ValueError:
            pass
        else:
            return value
    raise _unreadable(field, value)


def _time(field: Field, value: object) -> str:
    form = _DAY if field.type == "date" else _MOMENT
    if not isinstance(value, str) or not form.fullmatch(value):
        raise _unreadable(field, value)
    try:
        return parse_day(value) if field.type == "date" else stamp(parse_moment(value))
    except ValueError:
        raise _unreadable(field, value) from None


def _reference(field: Field, value: object) -> str:
    long_id = to_id18(value) if isinstance(value, str) else None
    if long_id is None:
        raise malformed_id(field, value)
    return long_id


def malformed_id(field: Field, value: object) -> ApiError:
    """Return the refusal of an id of the wrong form or of another kind of record."""
    return ApiError(
        400, "MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", (field.name,)
    )


def _text(field: Field, value: object) -> str:
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, int | float):
        value = str(value)
    if not isinstance(value, str):
        raise _unreadable(field, value)
    if field.length and len(value) > field.length:
        raise ApiError(
            400,
            "STRING_TOO_LONG",
            f"{field.label}: data value too large: {value} (max length={field.length})",
            (field.name,),
        )
    if field.type == "email" and not _EMAIL.fullmatch(value):
        raise ApiError(
            400,
            "INVALID_EMAIL_ADDRESS",
            f"{field.label}: invalid email address: {value}",
            (field.name,),
        )
    if field.restricted and all(value != known.value for known in field.picklist):
        raise ApiError(
            400,
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"{field.label}: bad value for restricted picklist field: {value}",
            (field.name,),
        )
    return value


def _unreadable(field: Field, value: object) -> ApiError:
    kind = {dict: "START_OBJECT", list: "START_ARRAY", str: "VALUE_STRING", bool: "VALUE_TRUE"}
    token = kind.get(type(value), "VALUE_NUMBER")
    shown = f" value {value}" if token.startswith("VALUE") else ""
    return ApiError(
        400,
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {_JSON_TYPES.get(field.type, 'string')} from {token}"
        f"{shown} or request may be missing a required field at [line:1, column:2]",
    )


_JSON_TYPES = {
    "boolean": "boolean",
    "int": "int",
    "double": "double",
    "currency": "double",
    "percent": "double",
    "base64": "byte[]",
    "date": "date",
    "datetime": "datetime",
}

_READERS: Final[Mapping[str, Callable[[Field, object], SqlValue]]] = MappingProxyType(
    {
        "boolean": _boolean,
        "int": _number,
        "double": _number,
        "currency": _number,
        "percent": _number,
        "date": _time,
        "datetime": _time,
        "id": _reference,
        "reference": _reference,
        "base64": _content,
    }
)

"""What a written value means for the field it is compared with, in the store's own form."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from orgsim.errors import ApiError, not_supported
from orgsim.ids import to_id18
from orgsim.query.context import Asking, Bound
from orgsim.query.dates import parse_datetime, span_of
from orgsim.query.syntax import Literal, LiteralKind
from orgsim.query.tables import Place
from orgsim.schema import Field

__all__ = ["Period", "Value", "like_pattern", "meaning", "unescape"]

_LARGEST_INTEGER = 2**63 - 1
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"} | {c: c for c in "'\"\\_%"}
# A lone half of a surrogate pair is no character and counts as an unknown escape.
_ESCAPED = re.compile(r"\\(u(?![Dd][89A-Fa-f])[0-9A-Fa-f]{4}|.)|([^\\]+)", re.DOTALL)

# How messages name the types, and whether a value of the type stands in quotes.
_TYPE_WORDS = {
    "datetime": "dateTime",
    "id": "ID",
    "reference": "ID",
    "currency": "double",
    "percent": "double",
}
_UNQUOTED = frozenset({"boolean", "int", "double", "currency", "percent", "date", "datetime"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What a date word stands for, in stored form, its end excluded.

    A comparison with it looks at one of its ends, which are days or moments as the field is.
    """

    begin: str
    end: str


type Value = Bound | Period | None


def meaning(asking: Asking, place: Place, literal: Literal) -> Value:
    """Return the value in stored form: None for null and for empty text.

    Raises ApiError INVALID_FIELD when the value is of another type than the field.
    """
    if literal.kind is LiteralKind.NULL:
        return None
    if literal.kind is LiteralKind.DATE_WORD:
        return _period(asking, place, literal)
    convert = _CONVERTERS.get(place.field.type, _text)
    return convert(asking, place.field, literal)


def unescape(asking: Asking, literal: Literal) -> str:
    """Return the text that a string literal spells; unknown escapes are refused."""
    return "".join(char for char, _ in _characters(asking, literal))


def like_pattern(asking: Asking, literal: Literal, *, glob: bool) -> str:
    r"""Return the pattern of LIKE for SQLite, as LIKE with `\` as its escape or as GLOB.

    `%` stands for any text and `_` for one character unless a backslash stands before them.
    """
    pattern: list[str] = []
    for char, escaped in _characters(asking, literal):
        if glob:
            wild = {"%": "*", "_": "?"}.get(char) if not escaped else None
            pattern.append(wild or (f"[{char}]" if char in "*?[" else char))
        else:
            plain = char not in "%_\\" or (not escaped and char != "\\")
            pattern.append(char if plain else f"\\{char}")
    return "".join(pattern)


def _characters(asking: Asking, literal: Literal) -> list[tuple[str, bool]]:
    """Return the characters of a string, each with whether it was escaped."""
    found: list[tuple[str, bool]] = []
    for match in _ESCAPED.finditer(literal.text):
        escape, plain = match.groups()
        if plain is not None:
            found.extend((char, False) for char in plain)
        elif len(escape) > 1:
            found.append((chr(int(escape[1:], 16)), True))
        else:
            char = _ESCAPES.get(escape.lower() if escape in "NRTBF" else escape)
            if char is None:
                raise asking.complaint(
                    "MALFORMED_QUERY",
                    literal.offset,
                    f"Invalid string literal '{literal.text}'. Illegal character sequence "
                    f"'\\{escape}' in string literal.",
                )
            found.append((char, True))
    return found


def _wrong_type(asking: Asking, field: Field, literal: Literal) -> ApiError:
    """Return the complaint about a value of another type than its field."""
    unquoted = field.type in _UNQUOTED
    word = _TYPE_WORDS.get(field.type, field.type if unquoted else "string")
    return asking.complaint(
        "INVALID_FIELD",
        literal.offset,
        f"value of filter criterion for field '{field.name}' must be of type {word} and should "
        f"{'not ' if unquoted else ''}be enclosed in quotes",
    )


def _period(asking: Asking, place: Place, literal: Literal) -> Period:
    """Return what a date word beside a date field stands for, in the viewer's days."""
    if "FISCAL" in literal.text:
        raise not_supported(f"the fiscal date word {literal.text}")
    days = asking.days
    try:
        span = span_of(literal.text, days.today, days.first_weekday)
        moments = None if span is None else (days.begin(span[0]), days.begin(span[1]))
    except OverflowError:
        span = None
    if span is None or moments is None:
        raise asking.complaint(
            "MALFORMED_QUERY", literal.offset, f"unexpected token: '{literal.text}'"
        )
    if place.field.type not in {"date", "datetime"}:
        raise _wrong_type(asking, place.field, literal)
    begin, end = moments if place.field.type == "datetime" else (d.isoformat() for d in span)
    return Period(begin=begin, end=end)


def _text(asking: Asking, field: Field, literal: Literal) -> Value:
    if literal.kind is not LiteralKind.STRING:
        raise _wrong_type(asking, field, literal)
    return unescape(asking, literal) or None


def _id(asking: Asking, field: Field, literal: Literal) -> Value:
    """Return the 18-character form of an id; both forms are accepted."""
    text = _text(asking, field, literal)
    if not isinstance(text, str):
        return None
    record_id = to_id18(text)
    if record_id is None:
        raise asking.complaint(
            "INVALID_QUERY_FILTER_OPERATOR", literal.offset, f"invalid ID field: {text}"
        )
    return record_id


def _boolean(asking: Asking, field: Field, literal: Literal) -> Value:
    if literal.kind is not LiteralKind.BOOLEAN:
        raise _wrong_type(asking, field, literal)
    return int(literal.text == "TRUE")


def _number(asking: Asking, field: Field, literal: Literal) -> Value:
    if literal.kind is not LiteralKind.NUMBER:
        raise _wrong_type(asking, field, literal)
    if literal.text.lstrip("+-").isdigit() and len(literal.text) <= len(str(_LARGEST_INTEGER)):
        number = int(literal.text)
        return number if abs(number) <= _LARGEST_INTEGER else float(number)
    return float(literal.text)


def _date(asking: Asking, field: Field, literal: Literal) -> Value:
    if literal.kind is not LiteralKind.DATE:
        raise _wrong_type(asking, field, literal)
    # a moment at midnight is the cheapest proof that the day exists
    if parse_datetime(f"{literal.text}T00:00:00Z") is None:
        raise asking.complaint("MALFORMED_QUERY", literal.offset, f"Invalid date: {literal.text}")
    return literal.text


def _datetime(asking: Asking, field: Field, literal: Literal) -> Value:
    if literal.kind is not LiteralKind.DATETIME:
        raise _wrong_type(asking, field, literal)
    moment = parse_datetime(literal.text)
    if moment is None:
        raise asking.complaint(
            "MALFORMED_QUERY", literal.offset, f"Invalid datetime: {literal.text}"
        )
    return moment


_CONVERTERS: dict[str, Callable[[Asking, Field, Literal], Value]] = {
    "id": _id,
    "reference": _id,
    "boolean": _boolean,
    "int": _number,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "date": _date,
    "datetime": _datetime,
}

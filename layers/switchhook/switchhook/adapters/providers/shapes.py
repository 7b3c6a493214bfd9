"""The field types that providers' bodies are made of, lenient where a sender's habit is harmless.

Blank means unsaid. Lone surrogates become the replacement character, so that half an emoji in a
comment cannot keep a call from being logged.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from switchhook.adapters.providers.body import read_object, usable_id
from switchhook.adapters.providers.errors import Unreadable

_MAX_ITEMS = 500  # the longest list that is read: a call has fewer ends, tags and comments
_MAX_LINES = 5_000
_LONGEST_URL = 4_096
_NAMED_PROBLEMS = 5
_WITHHELD = frozenset({"anonymous", "private", "unknown", "restricted", "withheld", "blocked"})
_LAST_SECOND = 4_102_444_800  # the year 2100: beyond it a number is no time in seconds


def _mended(value: object) -> object:
    if not isinstance(value, str):
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _cut_at(longest: int) -> BeforeValidator:
    """Too long is no reason to lose a call: what no Task could hold is left out."""

    def cut(value: object) -> object:
        return value[:longest] if isinstance(value, str | list) else value

    return BeforeValidator(cut)


def _unsaid_when_endless(value: object) -> object:
    """A link that was cut would lead nowhere."""
    return None if isinstance(value, str) and len(value) > _LONGEST_URL else value


def _unsaid_when_blank(value: str | None) -> str | None:
    return (value or "").strip() or None


def _unsaid_when_withheld(value: str | None) -> str | None:
    return None if value is not None and value.casefold() in _WITHHELD else value


def _rfc3339(value: object) -> object:
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is not None and at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # told below, in the same words as a time without offset
    raise ValueError("should be a time with its offset, such as 2026-11-20T15:00:00Z")


def _epoch(value: object) -> object:
    if value is None:
        return None
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            seconds = int(value)
        except (ValueError, OverflowError):
            seconds = -1
        if 0 <= seconds <= _LAST_SECOND:
            return datetime.fromtimestamp(seconds, UTC)
    raise ValueError("should be a time in whole seconds since 1970")


def _milliseconds(value: object) -> float | None:
    """A count of milliseconds, also as a string of digits; nothing below zero is one."""
    if value is None:
        return None
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            count = float(value)
            if isfinite(count):
                return count if count >= 0 else None
    raise ValueError("should be a number of milliseconds")


def _epoch_ms(value: object) -> object:
    count = _milliseconds(value)
    if not count:
        return None
    if count > _LAST_SECOND * 1_000:
        raise ValueError("should be a time in milliseconds since 1970")
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=count)


def _seconds_of_ms(value: object) -> object:
    count = _milliseconds(value)
    return None if count is None else count / 1_000


def _an_id(value: object) -> object:
    if (found := usable_id(value)) is None:
        raise ValueError("should be an id of 1 to 256 printable characters")
    return found


_MENDED = BeforeValidator(_mended)
_TRIMMED = AfterValidator(_unsaid_when_blank)

Id = Annotated[str, BeforeValidator(_an_id)]
"""A text or whole number that names something, required wherever it stands."""

# Validators that come before run from the last to the first: cut, then mend.
Name = Annotated[str | None, _MENDED, _cut_at(1_000), _TRIMMED]
"""A name, e-mail, tag or other line of text."""

Number = Annotated[
    str | None, _MENDED, _cut_at(256), _TRIMMED, AfterValidator(_unsaid_when_withheld)
]
"""A telephone number or extension as written; None when the caller hid it."""

Url = Annotated[str | None, _MENDED, BeforeValidator(_unsaid_when_endless), _TRIMMED]
"""A link, kept as written, of at most 4,096 characters."""

Words = Annotated[str | None, _MENDED, _cut_at(32_000), _TRIMMED]
"""Free text of at most what a Task's description holds."""

LongWords = Annotated[str | None, _MENDED, _TRIMMED]
"""A whole transcript as one text, of any length that a body has: it may be attached as a file."""

Rfc3339 = Annotated[datetime | None, BeforeValidator(_rfc3339)]
"""A time with its offset, in UTC; numbers and local times are refused: they would be guesses."""

Epoch = Annotated[datetime | None, BeforeValidator(_epoch)]
"""Unix seconds, also as a string of digits, as a time in UTC."""

EpochMs = Annotated[datetime | None, BeforeValidator(_epoch_ms)]
"""Unix milliseconds, also as a string of digits, as a time in UTC; 0 says nothing."""

Seconds = Annotated[float, Field(ge=0, le=31_536_000, allow_inf_nan=False)] | None
"""A duration of at most a year."""

SecondsOfMs = Annotated[Seconds, BeforeValidator(_seconds_of_ms)]
"""A duration that is written in milliseconds, of at most a year; a negative one says nothing."""


type Several[T] = Annotated[list[T] | None, _cut_at(_MAX_ITEMS)]
"""A list, of which the first 500 are read."""


type Lines[T] = Annotated[list[T] | None, _cut_at(_MAX_LINES)]
"""The lines of a transcript, of which the first 5,000 are read."""


class Shape(BaseModel):
    """A JSON object of a provider: unknown keys are passed over, numbers may stand for text."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


def read_shape[S: Shape](shape: type[S], raw: bytes) -> S:
    """A body as a shape.

    Raises:
        Unreadable: not a JSON object, or not of this shape; names up to five fields, no values.
    """
    body = read_object(raw)
    if body is None:
        raise Unreadable("it is not a JSON object in UTF-8")
    try:
        return shape.model_validate(body)
    except ValidationError as exc:
        problems = exc.errors(include_url=False, include_context=False, include_input=False)
    named = [
        f"{'.'.join(str(step) for step in problem['loc'])}: {problem['msg']}"
        for problem in problems[:_NAMED_PROBLEMS]
    ]
    raise Unreadable("; ".join(named))

"""The field types that chat providers' bodies are made of: what is odd is unsaid, never a refusal.

A chat is told in many events of which each carries far more than is needed; one field of another type
than last year must not cost the chat.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ValidatorFunctionWrapHandler, WrapValidator

from switchhook.adapters.providers.html_text import plain_text
from switchhook.adapters.providers.shapes import LongWords, Name, Url, Words

_FIRST_MS = 10_000_000_000  # as seconds the year 2286, as milliseconds April 1970
_LAST_SECOND = 4_102_444_800  # the year 2100
_MOST_ITEMS = 500
_MOST_FIELDS = 100
_MOST_FIELD_CHARS = 1_000


def _unsaid_when_odd(value: object, read: ValidatorFunctionWrapHandler) -> object:
    try:
        return read(value)
    except ValueError:
        return None


type Maybe[T] = Annotated[T | None, WrapValidator(_unsaid_when_odd)]
"""A value, or None where another type stands."""

Line = Maybe[Name]
"""A name, e-mail, tag or other line of text of at most 1,000 characters."""

Text = Maybe[Words]
"""Plain text of at most 32,000 characters."""

LongText = Maybe[LongWords]
"""A whole transcript, of any length that a body has."""


def _a_web_link(value: str | None) -> str | None:
    return value if (value or "").casefold().startswith(("http://", "https://")) else None


Link = Annotated[Maybe[Url], AfterValidator(_a_web_link)]
"""A link into the web as written, of at most 4,096 characters."""


def _as_plain(value: object) -> object:
    return plain_text(value) if isinstance(value, str) else value


Html = Annotated[Text, BeforeValidator(_as_plain)]
"""HTML as the plain text that a person would read."""


def _when(value: object) -> datetime | None:
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        return None
    with suppress(ValueError, OverflowError):
        return _since_1970(float(value))
    with suppress(ValueError, OverflowError):
        at = datetime.fromisoformat(str(value).strip())
        return None if at.tzinfo is None else at.astimezone(UTC)
    return None


def _since_1970(count: float) -> datetime | None:
    seconds = count / 1_000 if count >= _FIRST_MS else count
    if not isfinite(seconds) or not 0 < seconds <= _LAST_SECOND:
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)


When = Annotated[datetime | None, BeforeValidator(_when)]
"""A time in UTC from epoch seconds or milliseconds or RFC 3339, as number or text; 0 says nothing."""


def _a_flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


Flag = Annotated[bool | None, BeforeValidator(_a_flag)]
"""True or false, and nothing that only looks like it."""


def _size(value: object) -> int | None:
    is_size = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_size and isinstance(value, int) else None


Size = Annotated[int | None, BeforeValidator(_size)]
"""A count of bytes."""


def _readable(value: object, read: ValidatorFunctionWrapHandler) -> Sequence[object]:
    found: list[object] = []
    for item in value[:_MOST_ITEMS] if isinstance(value, list) else ():
        with suppress(ValueError):
            found.extend(one for one in read([item]) if one is not None)
    return tuple(found)


type Many[T] = Annotated[Sequence[T], WrapValidator(_readable)]
"""The readable ones among the first 500 items of a list; empty where there is no list."""


def _by_label(value: object) -> Mapping[str, str]:
    """What a flat object says, label by label; what is nested or empty says nothing."""
    if not isinstance(value, Mapping):
        return {}
    read = ((_mended(label), _said(one)) for label, one in list(value.items())[:_MOST_FIELDS])
    return {label: said for label, said in read if label and said}


def _said(value: object) -> str:
    several = value[:_MOST_FIELDS] if isinstance(value, list) else [value]
    return ", ".join(said for one in several if (said := _in_words(one)))[:_MOST_FIELD_CHARS]


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return _mended(str(value)) if isinstance(value, str | int | float) else ""


def _mended(text: str) -> str:
    cut = text[:_MOST_FIELD_CHARS].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return cut.strip()


ByLabel = Annotated[Mapping[str, str], BeforeValidator(_by_label)]
"""Custom fields as text by their labels, at most 100 of 1,000 characters each."""

"""How text becomes the words of the search index: split at spaces and punctuation, case ignored."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from orgsim.schema import Field

__all__ = ["Word", "digit_words", "group_of", "words_of"]

_WORD = re.compile(r"[^\W_]+")
_NOT_DIGITS = re.compile(r"[^0-9]+")
_SUFFIX_LENGTHS = (10, 7, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word of a field.

    Positions count from 0; the extra words of a phone number have negative ones and stand beside no
    other word.
    """

    text: str
    position: int


def words_of(text: str) -> Iterator[Word]:
    """Yield the words of a text in order: `(415) 555-1212` has the words 415, 555 and 1212."""
    for position, match in enumerate(_WORD.finditer(text)):
        yield Word(text=match.group().lower(), position=position)


def digit_words(text: str) -> Iterator[Word]:
    """Yield what a phone number is additionally found by: all its digits, its last 10, 7 and 4."""
    digits = _NOT_DIGITS.sub("", text)
    found = dict.fromkeys(
        (digits, *(digits[-length:] for length in _SUFFIX_LENGTHS if len(digits) > length))
    )
    for number, word in enumerate(filter(None, found), start=1):
        yield Word(text=word, position=-number)


def group_of(field: Field) -> str | None:
    """Return the group of fields by which a search finds a field, None for what it never finds.

    PHONE and EMAIL are the fields of that type, NAME is the object's name field, every other text
    is OTHER. Numbers, dates and ids are not searched.
    """
    if not field.is_text:
        return None
    if field.type in {"phone", "email"}:
        return field.type.upper()
    return "NAME" if field.name_field else "OTHER"

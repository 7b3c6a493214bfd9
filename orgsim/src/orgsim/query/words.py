"""How text becomes the words of the search index: split at spaces and punctuation, case ignored."""

import re

from orgsim.schema import Field

__all__ = ["group_of", "split_digits", "split_words"]

_WORD = re.compile(r"[^\W_]+")
_NOT_DIGITS = re.compile(r"[^0-9]+")
_SUFFIX_LENGTHS = (10, 7, 4)


def split_words(text: str) -> list[str]:
    """Return the words of a text in order: `(415) 555-1212` has the words 415, 555 and 1212."""
    return [word.lower() for word in _WORD.findall(text)]


def split_digits(text: str) -> list[str]:
    """Return what a phone number is also found by: all its digits, its last 10, 7 and 4."""
    digits = _NOT_DIGITS.sub("", text)
    suffixes = [digits[-length:] for length in _SUFFIX_LENGTHS if len(digits) > length]
    return [digits, *suffixes] if digits else []


def group_of(field: Field) -> str | None:
    """Return the group of fields by which a search finds a field, None for what it never finds.

    PHONE and EMAIL are the fields of that type, NAME is the object's name field, every other text
    is OTHER. Numbers, dates, ids and addresses that the org makes up are not searched.
    """
    if not field.is_text or (field.type == "url" and not field.updateable):
        return None
    if field.type in {"phone", "email"}:
        return field.type.upper()
    return "NAME" if field.name_field else "OTHER"

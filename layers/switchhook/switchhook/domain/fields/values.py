"""Writes a text as one field of Salesforce takes it, or says that it does not."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from switchhook.domain.facts.fields import FieldFacts
from switchhook.domain.ownership import mail_address
from switchhook.domain.text import (
    TELEPHONE,
    clean,
    cut,
    guarded,
    one_line,
    safe_line,
    width,
    without_tags,
)

_ANY_LENGTH = 32_000
_YES, _NO = frozenset({"true", "yes", "1", "on"}), frozenset({"false", "no", "0", "off"})
_RECORD_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?", re.ASCII)
_MOST_DIGITS = 18


def converted(text: str, facts: FieldFacts) -> str | None:
    """Gives the value as a text that Salesforce reads, never longer than the field; None if it cannot be.

    Text is cleaned, cut with a visible mark, and never begins as a spreadsheet's formula does. A
    picklist's value is written as the list has it, whatever its case.
    """
    reader = _READERS.get(facts.type)
    if reader is None:
        return None
    value = reader(text, facts)
    is_too_long = value is not None and bool(facts.length) and width(value) > facts.length
    return None if is_too_long else value


def _limit(facts: FieldFacts) -> int:
    return facts.length or _ANY_LENGTH


def _line(text: str, facts: FieldFacts) -> str:
    limit = _limit(facts)
    return cut(guarded(safe_line(text, limit=limit)), limit)


def _lines(text: str, facts: FieldFacts) -> str:
    limit = _limit(facts)
    return cut(guarded(without_tags(clean(text, limit=limit)).strip()), limit)


def _email(text: str, _: FieldFacts) -> str | None:
    return mail_address(text)


def _phone(text: str, _: FieldFacts) -> str | None:
    line = one_line(text, limit=_ANY_LENGTH)
    return line if TELEPHONE.fullmatch(line) else None


def _url(text: str, facts: FieldFacts) -> str | None:
    line = safe_line(text, limit=_limit(facts))
    return line if line.startswith(("https://", "http://")) and " " not in line else None


def _choice(text: str, facts: FieldFacts) -> str | None:
    line = safe_line(text, limit=_limit(facts))
    known = next((value for value in facts.values if value.casefold() == line.casefold()), None)
    if known is not None or facts.restricted:
        return known
    return guarded(line)


def _choices(text: str, facts: FieldFacts) -> str | None:
    parts = [part.strip() for part in re.split(r"[;,]", text) if part.strip()]
    chosen = [_choice(part, facts) for part in dict.fromkeys(parts)]
    return None if not chosen or None in chosen else ";".join(filter(None, chosen))


def _flag(text: str, _: FieldFacts) -> str | None:
    word = text.strip().casefold()
    return "true" if word in _YES else "false" if word in _NO else None


def _number(text: str, facts: FieldFacts) -> str | None:
    word = text.strip()
    try:
        number = float(word)
    except ValueError:
        return None
    is_plain = word.isascii() and math.isfinite(number) and len(word) <= _MOST_DIGITS
    if not is_plain or (facts.type in ("int", "long") and not number.is_integer()):
        return None
    return str(int(number)) if number.is_integer() else repr(number)


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.strip())
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _datetime(text: str, _: FieldFacts) -> str | None:
    at = _moment(text)
    return at.replace(tzinfo=None).isoformat(timespec="seconds") + "Z" if at else None


def _date(text: str, _: FieldFacts) -> str | None:
    at = _moment(text)
    return at.date().isoformat() if at else None


def _reference(text: str, _: FieldFacts) -> str | None:
    return text.strip() if _RECORD_ID.fullmatch(text.strip()) else None


_READERS: Mapping[str, Callable[[str, FieldFacts], str | None]] = {
    "string": _line,
    "encryptedstring": _line,
    "combobox": _line,
    "textarea": _lines,
    "email": _email,
    "phone": _phone,
    "url": _url,
    "picklist": _choice,
    "multipicklist": _choices,
    "boolean": _flag,
    "int": _number,
    "long": _number,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "datetime": _datetime,
    "date": _date,
    "reference": _reference,
}

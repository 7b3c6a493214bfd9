"""Salesforce record ids: fifteen case-sensitive characters and a checksum of three more."""

import functools

__all__ = ["id15", "make_id", "number_of", "to_id18"]

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT = 15
_LONG = 18


def make_id(prefix: str, instance: str, number: int) -> str:
    """Return the 18-character id of the `number`-th record; ids of one prefix sort by number.

    `instance` is two characters that stand for the org, so that two orgs never share an id.
    """
    digits = ""
    for _ in range(_SHORT - len(prefix) - len(instance)):
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    short = prefix + instance + digits
    return short + _checksum(short)


def to_id18(text: str) -> str | None:
    """Return the 18-character form of an id given with 15 or 18 characters, or None.

    An 18-character id whose case was lost is repaired from its checksum, as Salesforce does.
    """
    if not (text.isascii() and text.isalnum()):
        return None
    if len(text) == _SHORT:
        return text + _checksum(text)
    if len(text) != _LONG:
        return None
    short, check = text[:_SHORT], text[_SHORT:].upper()
    if _checksum(short) == check:
        return short + check
    repaired = _repair(short, check)
    return repaired + check if repaired is not None else None


def id15(record_id: str) -> str:
    """Return the short form, which some of Salesforce's messages print."""
    return record_id[:_SHORT]


def _checksum(short: str) -> str:
    """Return three characters that tell which of the fifteen are upper case."""
    return _upper_case(short[:5]) + _upper_case(short[5:10]) + _upper_case(short[10:])


@functools.lru_cache(maxsize=8192)
def _upper_case(five: str) -> str:
    """Return the character that tells which of five are upper case; most ids share all but the last."""
    return _CHECK[sum(1 << bit for bit, char in enumerate(five) if "A" <= char <= "Z")]


def _repair(short: str, check: str) -> str | None:
    """Return the fifteen characters in the case that `check` demands, or None."""
    if any(char not in _CHECK for char in check):
        return None
    chars: list[str] = []
    for index, char in enumerate(short):
        wants_upper = bool(_CHECK.index(check[index // 5]) >> (index % 5) & 1)
        if char.isdigit():
            if wants_upper:
                return None
            chars.append(char)
        else:
            chars.append(char.upper() if wants_upper else char.lower())
    return "".join(chars)


def number_of(record_id: str, prefix_length: int) -> int:
    """Return the number that `make_id` was given; `prefix_length` counts prefix and instance."""
    number = 0
    for char in record_id[prefix_length:_SHORT]:
        number = number * 62 + _BASE62.index(char)
    return number

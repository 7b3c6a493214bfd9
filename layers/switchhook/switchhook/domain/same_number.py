"""Tells whether a stored text holds exactly one given telephone number, digit by digit.

Never by a shared ending: two customers of one exchange differ in their last digits only, and two of
one town in the first.
"""

import re
import unicodedata

from switchhook.domain.party import PhoneNumber

_EXTENSION = re.compile(
    r"[\s,;(]*(?:;ext=|durchwahl|dw|klappe|kl|nebenstelle|nst|ext(?:ension|n)?|poste|ramal|interno|int"
    r"|内線|x|#)[.:\s]*\d{1,7}\s*[#)]?\s*$",
    re.IGNORECASE,
)
_DIRECT_DIAL = re.compile(
    r"[\s,;(]*(?:durchwahl|dw|klappe|kl|nebenstelle|nst)[.:\s]*(\d{1,6})\s*\)?\s*$", re.IGNORECASE
)
"""Extensions that a caller dials right behind the number, as in Germany and Austria."""

_BETWEEN_NUMBERS = re.compile(r"[/;,|\n]|\bor\b|\boder\b", re.IGNORECASE)
_FEWEST_DIGITS = 7
"""What is shorter is no number that could stand alone, but an area code or a half of a number."""


def strip_extension(stored: str) -> str:
    """Drops a trailing extension such as " x12", " ext. 12", "#12" or " DW 12"."""
    return _EXTENSION.sub("", stored)


def digits_of(stored: str) -> str:
    """Reduces a stored number to its digits, whatever script they are written in."""
    if stored.isascii():
        return "".join(filter(str.isdigit, stored))
    return "".join(str(unicodedata.decimal(char)) for char in stored if char.isdecimal())


def is_same_number(stored: str, number: PhoneNumber | None) -> bool:
    """Tells whether a phone field holds exactly this number, digit by digit.

    A field may hold an extension behind the number, and several numbers behind one another. An
    extension that is dialled right behind the number ("DW 12") may be part of it.
    """
    if number is None:
        return False
    text = stored if stored.isascii() else unicodedata.normalize("NFKC", stored)
    return _is_same(text, number) or any(_is_same(part, number) for part in _several(text))


def _several(text: str) -> list[str]:
    """Parts a field that holds several numbers; what is too short for one begins the next.

    A slash stands between numbers, but also behind an area code.
    """
    parts = [""]
    for part in _BETWEEN_NUMBERS.split(text):
        if len(digits_of(parts[-1])) < _FEWEST_DIGITS:
            parts[-1] += part
        else:
            parts.append(part)
    return parts if len(parts) > 1 else []


def _is_same(written: str, number: PhoneNumber) -> bool:
    """Compares one written number; behind a plus stands a country code, so only such forms count."""
    forms = number.plus_forms if "+" in written else number.digit_forms
    if digits_of(strip_extension(written)) in forms:
        return True
    direct = _DIRECT_DIAL.search(written)
    return direct is not None and digits_of(written[: direct.start()]) + direct[1] in forms

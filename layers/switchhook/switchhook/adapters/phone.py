"""Reads telephone numbers with libphonenumber's numbering plans, never its geography or carriers.

A number is given with every form that it may be stored in: `phone_forms` says which those are.
"""

import re
import unicodedata

import phonenumbers

from switchhook.adapters.phone_forms import described, possible, trunk_prefix
from switchhook.domain.facts.people import PhoneNumber, strip_extension

_FEWEST_NATIONAL_DIGITS = 6
_FEWEST_INTERNATIONAL_DIGITS = 11
_LETTER = re.compile(r"[^\W\d_]")


class NumberPlan:
    """The world's numbering plans."""

    def parse(self, raw: str | None, *, regions: tuple[str, ...]) -> PhoneNumber | None:
        """Gives the number in every form it may be stored in, or None when it is none.

        The first of `regions` (ISO 3166) is the one that national input belongs to; all are the
        tenant's own. None stands for a withheld number, a word, a SIP address, an extension, or
        digits that no country's plan has room for.
        """
        parsed = _read(raw or "", regions[0] if regions else None)
        return None if parsed is None else described(parsed, regions)


def _read(raw: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    text = strip_extension(unicodedata.normalize("NFKC", raw)).strip().removeprefix("tel:")
    if "@" in text or _LETTER.search(text):
        # "anonymous", "Restricted", "sip:ann@pbx.example": words are never read off a keypad.
        return None
    if text.lstrip("( ").startswith("+"):
        return possible(text, None)
    digits = phonenumbers.normalize_digits_only(text)
    if len(digits) < _FEWEST_NATIONAL_DIGITS:
        return None
    return _national(text, digits, region)


def _national(text: str, digits: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    """Reads digits without a plus: as dialled in the region, else with a plus that was lost."""
    national = possible(text, region) if region else None
    if region and _begins_with_own_code(digits, region):
        international = _valid_abroad(digits)
        if international is not None:
            return international
    if national is not None and phonenumbers.is_valid_number(national):
        return national
    bare = digits.removeprefix("00")
    if len(bare) >= _FEWEST_INTERNATIONAL_DIGITS:
        return _valid_abroad(bare) or national
    return national


def _begins_with_own_code(digits: str, region: str) -> bool:
    """Tells whether digits that lack the trunk prefix begin with the country code instead.

    Where one dials 0 before an area, "49711123456" is Stuttgart without its plus, and not the number
    in Esens (04971) that a plan of many lengths has room for as well.
    """
    trunk, code = trunk_prefix(region), str(phonenumbers.country_code_for_region(region))
    return bool(trunk) and not digits.startswith(trunk) and digits.startswith(code)


def _valid_abroad(digits: str) -> phonenumbers.PhoneNumber | None:
    international = possible(f"+{digits}", None)
    is_valid = international is not None and phonenumbers.is_valid_number(international)
    return international if is_valid else None

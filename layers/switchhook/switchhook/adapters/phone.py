"""Reads telephone numbers with libphonenumber's numbering plans, never its geography or carriers.

A number is kept in every form that it may be stored in, because an org holds whatever people, imports
and other programs once wrote there: "+14155550100", "(415) 555-0100" and "415.555.0100" side by side
(Salesforce does not normalise phone fields written through its API).

The ambiguity rule. A stored value without a country code is read as a number of the caller's own
country, written as that country writes its numbers. Further spellings of it (a lost trunk prefix)
count only while the same digits are not somebody else's valid number as the tenant's own country
writes it: "2079460018" is a London number to a British tenant, but a number in Maine to an American.
"""

import re
import unicodedata

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat, ValidationResult

from switchhook.domain.matching import strip_extension
from switchhook.domain.party import PhoneNumber

_MOST_WRITTEN = 10
_FEWEST_NATIONAL_DIGITS = 6
_FEWEST_INTERNATIONAL_DIGITS = 11
_LETTER = re.compile(r"[^\W\d_]")
_OLD_MOBILE_PREFIXES = {"MX": ("1", "01", "044", "045")}
"""Prefixes that a country gave up but address books still hold (Mexico, 2019)."""

type _Parsed = phonenumbers.PhoneNumber


class NumberPlan:
    """The world's numbering plans."""

    def parse(self, raw: str | None, *, regions: tuple[str, ...]) -> PhoneNumber | None:
        """Gives the number in every form it may be stored in, or None when it is none.

        The first of `regions` (ISO 3166) is the one that national input belongs to; all are the
        tenant's own. None stands for a withheld number, a word, a SIP address, an extension, or
        digits that no country's plan has room for.
        """
        parsed = _read(raw or "", regions[0] if regions else None)
        return None if parsed is None else _described(parsed, regions)


def _read(raw: str, region: str | None) -> _Parsed | None:
    text = strip_extension(unicodedata.normalize("NFKC", raw)).strip().removeprefix("tel:")
    if "@" in text or _LETTER.search(text):
        # "anonymous", "Restricted", "sip:ann@pbx.example": words are never read off a keypad.
        return None
    digits = _digits(text)
    if text.lstrip("( ").startswith("+"):
        return _possible(text, None)
    if len(digits) < _FEWEST_NATIONAL_DIGITS:
        return None
    return _national(text, digits, region)


def _national(text: str, digits: str, region: str | None) -> _Parsed | None:
    """Reads digits without a plus: as dialled in the region, else with a plus that was lost."""
    national = _possible(text, region) if region else None
    if national is not None and phonenumbers.is_valid_number(national):
        return national
    bare = digits.removeprefix("00")
    if len(bare) >= _FEWEST_INTERNATIONAL_DIGITS:
        international = _possible(f"+{bare}", None)
        if international is not None and phonenumbers.is_valid_number(international):
            return international
    return national


def _possible(text: str, region: str | None) -> _Parsed | None:
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    parsed.extension = None
    parsed = _without_old_prefix(parsed)
    fit = phonenumbers.is_possible_number_with_reason(parsed)
    return parsed if fit == ValidationResult.IS_POSSIBLE else None


def _without_old_prefix(parsed: _Parsed) -> _Parsed:
    region = _main_region(parsed)
    national = phonenumbers.national_significant_number(parsed)
    for prefix in _OLD_MOBILE_PREFIXES.get(region, ()):
        rest = national.removeprefix(prefix)
        shorter = phonenumbers.PhoneNumber(
            country_code=parsed.country_code, national_number=int(rest or "0")
        )
        if rest != national and phonenumbers.is_valid_number(shorter):
            return shorter
    return parsed


def _described(parsed: _Parsed, regions: tuple[str, ...]) -> PhoneNumber:
    own = phonenumbers.region_code_for_number(parsed) or _main_region(parsed)
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    return PhoneNumber(
        e164=phonenumbers.format_number(parsed, PhoneNumberFormat.E164),
        country_code=str(parsed.country_code),
        national=national,
        international=international,
        written=_written(parsed, own, regions),
        digit_forms=_digit_forms(parsed, own, regions),
    )


def _digit_forms(parsed: _Parsed, own: str, regions: tuple[str, ...]) -> frozenset[str]:
    """Every digit string that denotes this number, under the ambiguity rule of this module."""
    code = str(parsed.country_code)
    significant = phonenumbers.national_significant_number(parsed)
    trunk = _trunk(own)
    as_written = _digits(phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL))
    old = _OLD_MOBILE_PREFIXES.get(own, ())
    bare = {significant, trunk + significant, *(prefix + significant for prefix in old)}
    if trunk:
        bare.add(as_written.removeprefix(trunk))
    kept = {form for form in bare if not _is_somebody_elses(form, parsed, regions)}
    with_code = {code + form for form in bare | {as_written}}
    abroad = {
        prefix + code + significant
        for prefix in ("00", "011", *(_international_prefix(region) for region in (own, *regions)))
    }
    return frozenset({as_written, *kept, *with_code, *abroad})


def _is_somebody_elses(form: str, parsed: _Parsed, regions: tuple[str, ...]) -> bool:
    """Tells whether a tenant's country writes another valid number with exactly these digits."""
    for region in regions:
        other = _possible(form, region)
        if (
            other is not None
            and other != parsed
            and phonenumbers.is_valid_number(other)
            and _digits(phonenumbers.format_number(other, PhoneNumberFormat.NATIONAL)) == form
        ):
            return True
    return False


def _written(parsed: _Parsed, own: str, regions: tuple[str, ...]) -> tuple[str, ...]:
    """Groups of digits to search for, the likeliest first.

    A full-text search finds a phrase inside a longer value, so that "415 555 0100" also finds
    "+1 (415) 555-0100"; a country code and brackets need no variants of their own.
    """
    code = str(parsed.country_code)
    significant = phonenumbers.national_significant_number(parsed)
    national = _groups(phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL))
    international = _groups(phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL))
    local = international[1:]
    variants = (
        code + significant,
        _trunk(own) + significant,
        significant,
        " ".join(national),
        " ".join(local),
        _trunk(own) + " ".join(local),
        _half_joined(national),
        _half_joined(local),
        "".join(national),
        "00" + code + significant,
        *(_international_prefix(region) + code + significant for region in regions),
        " ".join([code + local[0], *local[1:]]),
        code + _half_joined(local),
    )
    return tuple(dict.fromkeys(variants))[:_MOST_WRITTEN]


def _half_joined(groups: list[str]) -> str:
    """Keeps the area apart and writes the rest in one, as in "(415) 5550100"."""
    return " ".join([groups[0], "".join(groups[1:])]).strip()


def _groups(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def _digits(text: str) -> str:
    return phonenumbers.normalize_digits_only(text)


def _main_region(parsed: _Parsed) -> str:
    return phonenumbers.region_code_for_country_code(parsed.country_code or 0)


def _trunk(region: str) -> str:
    plan = PhoneMetadata.metadata_for_region(region, None)
    return (plan.national_prefix if plan else None) or ""


def _international_prefix(region: str) -> str:
    plan = PhoneMetadata.metadata_for_region(region, None)
    prefixes = (plan.international_prefix, plan.preferred_international_prefix) if plan else ()
    return next((_digits(p) for p in prefixes if p and re.fullmatch(r"[0-9~]+", p)), "00")

"""Reads telephone numbers with libphonenumber's numbering plans, never its geography or carriers.

A number is given with every form that it may be stored in: what to search for, and what is the same.

An org holds whatever people, imports and other programs once wrote there: "+14155550100",
"(415) 555-0100" and "415.555.0100" side by side (Salesforce does not normalise phone fields written
through its API).

The ambiguity rule. A stored value without a country code is read as a number of the caller's own
country, written as that country writes its numbers. Any other spelling of it (a lost trunk prefix, a
lost plus) counts only while the same digits are not somebody else's valid number as the tenant's own
country writes it: "2079460018" is a London number to a British tenant, but a number in Maine to an
American; "4312345678" is a Viennese who lost his plus, but to an American a number in Manitoba.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat, ValidationResult

from switchhook.domain.facts.people import PhoneNumber, strip_extension

_MOST_WRITTEN = 24
_MOST_LOCAL_DIGITS = 8
_OLD_MOBILE_PREFIXES = {"MX": ("1", "01", "044", "045")}
"""Prefixes that a country gave up but address books still hold (Mexico, 2019)."""

_MOBILE_NINE = {"BR": 2}
"""Where in a national number the 9 of a mobile stands that callers and address books leave out.

Brazil put it before all mobile numbers from 2012 to 2016, and gave the shorter ones to nobody.
"""

_CARRIER_CODES = {"BR": ("14", "15", "21", "31", "41")}
"""Codes of the long-distance carriers that Brazilians dial, and store, behind the zero."""

_BY_TWOS_OR_DIRECT_DIAL = ((2,), (3,), (1,), (2, 2), (2, 2, 2), (4,))
_BEHIND_THE_AREA: Mapping[str, tuple[tuple[int, ...], ...]] = {
    "DE": _BY_TWOS_OR_DIRECT_DIAL,
    "AT": _BY_TWOS_OR_DIRECT_DIAL,
    "BR": ((4, 4),),
    "IT": ((2, 2), (2,), (3,)),
}
"""How people part the digits behind the area code where the plan leaves it to them.

Sizes of the last groups; the rest stands before them: (2,) makes 0711 1234-56 of a direct-dial number.
"""

_FROM_THE_START: Mapping[str, tuple[tuple[int, ...], ...]] = {
    "GB": ((3, 4), (3, 3)),
    "IN": ((3, 4), (6,), (2, 3, 3)),
    "AU": ((4, 4), (6,)),
    "JP": ((4, 4),),
}
"""The same for the whole national number: (3, 4) makes 0207 946 0018 of London's 020 7946 0018."""


def possible(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    """Reads a number that its country's plan has room for, in the form now in use; else None."""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    parsed.extension = None
    parsed = _in_use_now(parsed)
    fit = phonenumbers.is_possible_number_with_reason(parsed)
    return parsed if fit == ValidationResult.IS_POSSIBLE else None


def _in_use_now(parsed: phonenumbers.PhoneNumber) -> phonenumbers.PhoneNumber:
    """Takes an old mobile prefix away, and gives an old mobile number its 9."""
    region = _main_region(parsed)
    national = phonenumbers.national_significant_number(parsed)
    for prefix in _OLD_MOBILE_PREFIXES.get(region, ()):
        shorter = _number(parsed, national.removeprefix(prefix))
        if national.startswith(prefix) and phonenumbers.is_valid_number(shorter):
            return shorter
    at = _MOBILE_NINE.get(region)
    if at is not None and not phonenumbers.is_valid_number(parsed):
        longer = _number(parsed, f"{national[:at]}9{national[at:]}")
        if phonenumbers.is_valid_number(longer):
            return longer
    return parsed


def _number(parsed: phonenumbers.PhoneNumber, national: str) -> phonenumbers.PhoneNumber:
    return phonenumbers.PhoneNumber(
        country_code=parsed.country_code, national_number=int(national or "0")
    )


def described(parsed: phonenumbers.PhoneNumber, regions: tuple[str, ...]) -> PhoneNumber:
    """Gives the number in all its forms, to a tenant of some regions (ISO 3166)."""
    own = phonenumbers.region_code_for_number(parsed) or _main_region(parsed)
    plus_forms = _plus_forms(parsed, own)
    return PhoneNumber(
        e164=phonenumbers.format_number(parsed, PhoneNumberFormat.E164),
        country_code=str(parsed.country_code),
        national=phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL),
        international=phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL),
        written=_written(parsed, own, regions),
        digit_forms=_digit_forms(parsed, own, regions, plus_forms),
        plus_forms=plus_forms,
    )


def _plus_forms(parsed: phonenumbers.PhoneNumber, own: str) -> frozenset[str]:
    """Every digit string that denotes this number behind a plus: country code and any national form."""
    code = str(parsed.country_code)
    return frozenset(code + form for form in (*_bare_forms(parsed, own), _national_digits(parsed)))


def _bare_forms(parsed: phonenumbers.PhoneNumber, own: str) -> frozenset[str]:
    """National forms other than the usual one: without the trunk prefix, with an old prefix."""
    trunk = trunk_prefix(own)
    bare: set[str] = set()
    for significant in _significant_forms(parsed, own):
        old = _OLD_MOBILE_PREFIXES.get(own, ())
        carriers = (trunk + carrier for carrier in _CARRIER_CODES.get(own, ()))
        bare |= {prefix + significant for prefix in ("", trunk, *old, *carriers)}
    if trunk:
        bare.add(_national_digits(parsed).removeprefix(trunk))
    return frozenset(bare)


def _significant_forms(parsed: phonenumbers.PhoneNumber, own: str) -> tuple[str, ...]:
    """The national number, and the same mobile without its 9 where nobody else can have that."""
    significant = phonenumbers.national_significant_number(parsed)
    at = _MOBILE_NINE.get(own)
    if at is None or significant[at : at + 1] != "9" or not _is_mobile(parsed):
        return (significant,)
    return significant, significant[:at] + significant[at + 1 :]


def _is_mobile(parsed: phonenumbers.PhoneNumber) -> bool:
    return phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE


def _digit_forms(
    parsed: phonenumbers.PhoneNumber,
    own: str,
    regions: tuple[str, ...],
    plus_forms: frozenset[str],
) -> frozenset[str]:
    """Every digit string that denotes this number without a plus, under the ambiguity rule."""
    prefixes = {"00", "011", *(_international_prefix(region) for region in (own, *regions))}
    international = str(parsed.country_code) + phonenumbers.national_significant_number(parsed)
    forms = {
        *(form for form in _bare_forms(parsed, own) if not _could_be_local(form, own)),
        *plus_forms,
        *(prefix + international for prefix in prefixes),
    }
    kept = (form for form in forms if not _is_somebody_elses(form, parsed, regions))
    return frozenset({_national_digits(parsed), *kept})


def _could_be_local(form: str, own: str) -> bool:
    """Tells whether a form that lost its trunk prefix is so short that any town has such a number."""
    trunk = trunk_prefix(own)
    return bool(trunk) and not form.startswith(trunk) and len(form) <= _MOST_LOCAL_DIGITS


def _is_somebody_elses(
    form: str, parsed: phonenumbers.PhoneNumber, regions: tuple[str, ...]
) -> bool:
    """Tells whether a tenant's country writes another valid number with exactly these digits."""
    for region in regions:
        other = possible(form, region)
        if (
            other is not None
            and other != parsed
            and _national_digits(other) == form
            and phonenumbers.is_valid_number(other)
        ):
            return True
    return False


def _written(
    parsed: phonenumbers.PhoneNumber, own: str, regions: tuple[str, ...]
) -> tuple[str, ...]:
    """Groups of digits to search for, the likeliest first.

    A full-text search finds a phrase inside a longer value, so that "415 555 0100" also finds
    "+1 (415) 555-0100"; a country code and brackets need no variants of their own.
    """
    code = str(parsed.country_code)
    significant = phonenumbers.national_significant_number(parsed)
    national = _groups(phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL))
    local = _groups(phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL))[1:]
    variants = (
        code + significant,
        trunk_prefix(own) + significant,
        significant,
        " ".join(national),
        " ".join(local),
        trunk_prefix(own) + " ".join(local),
        _half_joined(national),
        _half_joined(local),
        "".join(national),
        "00" + code + significant,
        *(_international_prefix(region) + code + significant for region in regions),
        " ".join([code + local[0], *local[1:]]),
        code + _half_joined(local),
        *_regrouped(parsed, own, local[0]),
    )
    return tuple(dict.fromkeys(variants))[:_MOST_WRITTEN]


def _regrouped(parsed: phonenumbers.PhoneNumber, own: str, area: str) -> Iterator[str]:
    """The groups that people make of a number who do not write it as their country's plan does."""
    significant, *shorter = _significant_forms(parsed, own)
    cuts = [
        *([area, *_cut(significant.removeprefix(area), s)] for s in _BEHIND_THE_AREA.get(own, ())),
        *(_cut(significant, sizes) for sizes in _FROM_THE_START.get(own, ())),
        *(_cut(short, sizes) for short in shorter for sizes in ((), (8,), (4, 4))),
    ]
    for groups in cuts:
        yield " ".join(groups)
        yield trunk_prefix(own) + " ".join(groups)


def _cut(digits: str, sizes: tuple[int, ...]) -> list[str]:
    """Parts digits into groups of some sizes at the end, and whatever is left before them."""
    groups: list[str] = []
    for size in reversed(sizes):
        groups.insert(0, digits[-size:])
        digits = digits[:-size]
    return [group for group in (digits, *groups) if group]


def _half_joined(groups: list[str]) -> str:
    """Keeps the area apart and writes the rest in one, as in "(415) 5550100"."""
    return " ".join([groups[0], "".join(groups[1:])]).strip()


def _groups(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def _national_digits(parsed: phonenumbers.PhoneNumber) -> str:
    """The digits of the number as its own country writes it."""
    written = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    return phonenumbers.normalize_digits_only(written)


def _main_region(parsed: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.region_code_for_country_code(parsed.country_code or 0)


def trunk_prefix(region: str) -> str:
    """What a region dials before its own national numbers; empty where nothing."""
    plan = PhoneMetadata.metadata_for_region(region, None)
    return (plan.national_prefix if plan else None) or ""


def _international_prefix(region: str) -> str:
    plan = PhoneMetadata.metadata_for_region(region, None)
    prefixes = (plan.international_prefix, plan.preferred_international_prefix) if plan else ()
    digits = phonenumbers.normalize_digits_only
    return next((digits(p) for p in prefixes if p and re.fullmatch(r"[0-9~]+", p)), "00")


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

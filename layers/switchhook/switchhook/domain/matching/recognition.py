"""Tells by which of its fields a record is recognised as a party (CX-21).

A value is compared whole: numbers digit by digit, everything else letter by letter in either case.
"""

from dataclasses import dataclass

from switchhook.domain.decision import Candidate, CandidateSource, OrgFacts, PartyCandidates, Reason
from switchhook.domain.facts.people import Party, digits_of, is_same_number
from switchhook.domain.rules import Rule
from switchhook.domain.settings.values import (
    EMAIL,
    PHONE,
    SEARCHED_OBJECTS,
    Identification,
)

TRUSTED = frozenset({CandidateSource.PIN, CandidateSource.CREATED, CandidateSource.CACHE})
"""Sources that were verified before, or are a person's word; no field need show it again."""

_FEWEST_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A candidate that is the party.

    `place` is that of the first field that tells so, in its object's list. `by_number` is true where
    the party's number is what tells so, in whatever field.
    """

    candidate: Candidate
    place: int
    by_number: bool


def recognise(
    party_candidates: PartyCandidates, identification: Identification
) -> tuple[Recognised, ...]:
    """Keeps the candidates that are the party: recognised by a field, or because we know so.

    What we know without a look at its fields was known by the party's key: a call's number, a chat's
    e-mail.
    """
    party = party_candidates.party
    recognised = (
        _recognised(candidate, party, identification) for candidate in party_candidates.candidates
    )
    return tuple(one for one in recognised if one is not None)


def _recognised(
    candidate: Candidate, party: Party, identification: Identification
) -> Recognised | None:
    criteria = identification.of(candidate.record.type)
    if candidate.source in TRUSTED:
        by = PHONE if party.is_known_by_number else EMAIL
        place = criteria.index(by) if by in criteria else len(criteria)
        return Recognised(candidate=candidate, place=place, by_number=by == PHONE)
    found = [
        (place, how)
        for place, entry in enumerate(criteria)
        if (how := _how(entry, candidate, party)) is not None
    ]
    if not found:
        return None
    return Recognised(
        candidate=candidate,
        place=found[0][0],
        by_number=any(how == PHONE for _, how in found),
    )


def _how(entry: str, candidate: Candidate, party: Party) -> str | None:
    """Gives what an entry's field shows of the party: `PHONE` its number, `EMAIL` another word."""
    if entry == PHONE:
        has = any(is_same_number(stored, party.number) for stored in candidate.numbers)
        return PHONE if has else None
    if entry == EMAIL:
        return EMAIL if _is_same_text(candidate.email, party.email) else None
    stored = candidate.custom.get(entry) or ""
    if _looks_like_a_number(stored) and is_same_number(stored, party.number):
        return PHONE
    words = (party.email, party.key, party.raw)
    return EMAIL if any(_is_same_text(stored, word) for word in words) else None


def _is_same_text(stored: str | None, known: str | None) -> bool:
    text = (stored or "").strip().casefold()
    return bool(text) and text == (known or "").strip().casefold()


def _looks_like_a_number(stored: str) -> bool:
    return "@" not in stored and len(digits_of(stored)) >= _FEWEST_DIGITS


def unread_fields(identification: Identification, org: OrgFacts) -> tuple[Reason, ...]:
    """Names the fields that records should be recognised by but that the org does not show us."""
    missing = [
        f"{object_type}.{name}"
        for object_type in SEARCHED_OBJECTS
        for name in identification.own_fields(object_type)
        if name not in org.readable_fields(object_type)
    ]
    if not missing:
        return ()
    text = f"Not used, for the org does not show us these as text: {', '.join(missing)}."
    return (Reason(rule=Rule.CX_21, text=text),)

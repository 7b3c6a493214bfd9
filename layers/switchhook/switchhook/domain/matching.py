"""Chooses the one record of the org that a party is.

The choice is a total order over verified candidates, so neither the order in which Salesforce answers
nor a repetition can change it.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from switchhook.domain.activity import RecordRef
from switchhook.domain.decision import Candidate, CandidateSource, PartyCandidates, Reason
from switchhook.domain.party import PhoneNumber
from switchhook.domain.settings import MatchingSettings, MatchType, Tiebreak

_EXTENSION = re.compile(
    r"[\s,;]*(?:;ext=|durchwahl|dw|ext(?:ension|n)?[.:]?|x|#)\s*\d{1,7}\s*$", re.IGNORECASE
)
_BETWEEN_NUMBERS = re.compile(r"[/;,|]|\bor\b|\boder\b", re.IGNORECASE)
_FEWEST_DIGITS = 7
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_TYPE_OF_OBJECT = {
    "Contact": MatchType.CONTACT,
    "Lead": MatchType.LEAD,
    "Account": MatchType.ACCOUNT,
}
_TRUSTED = frozenset({CandidateSource.PIN, CandidateSource.CREATED, CandidateSource.CACHE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The record that the party is, its kind, and the rules that chose it.

    For a person account `candidate.record` is the Account (the Contact twin only where the org shows
    nothing else); for a converted lead it is the Contact that the lead became.
    """

    candidate: Candidate
    match_type: MatchType
    rules: tuple[str, ...]
    explanation: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMatch:
    """No record of the org is known to be the party."""

    explanation: tuple[Reason, ...]


def strip_extension(stored: str) -> str:
    """Drops a trailing extension such as " x12", " ext. 12" or "#12"."""
    return _EXTENSION.sub("", stored)


def digits_of(stored: str) -> str:
    """Reduces a stored number to its digits, whatever script they are written in."""
    return "".join(str(unicodedata.decimal(char)) for char in stored if char.isdecimal())


def is_same_number(stored: str, number: PhoneNumber) -> bool:
    """Tells whether a phone field holds exactly this number, digit by digit.

    A field may hold an extension behind the number, and several numbers behind one another.
    """
    if _is_same(stored, number):
        return True
    parts = _BETWEEN_NUMBERS.split(stored)
    return len(parts) > 1 and any(
        _is_same(part, number) for part in parts if len(digits_of(part)) >= _FEWEST_DIGITS
    )


def _is_same(stored: str, number: PhoneNumber) -> bool:
    written = strip_extension(stored)
    digits = digits_of(written)
    if digits not in number.digit_forms:
        return False
    if "+" not in written:
        return True
    # Behind a plus stands a country code, so a national form that begins like one is no hit.
    return digits.startswith(number.country_code) and len(digits) >= len(digits_of(number.e164))


def verify(party_candidates: PartyCandidates) -> tuple[Candidate, ...]:
    """Keeps the candidates that are the party: by a stored number, or because we know so.

    A pin is a person's word, and what is cached or was created by us was verified before; of those no
    numbers need be known.
    """
    number = party_candidates.party.number
    return tuple(
        candidate
        for candidate in party_candidates.candidates
        if candidate.source in _TRUSTED
        or any(is_same_number(stored, number) for stored in candidate.numbers)
    )


def choose(
    party_candidates: PartyCandidates,
    *,
    settings: MatchingSettings,
    avoid_records: frozenset[str] = frozenset(),
) -> Matched | NoMatch:
    """Chooses the party's record: a pin, else the first kind by priority, else by tie-break.

    Records in `avoid_records` were refused by Salesforce and are not chosen again. A converted lead
    is chosen only where nothing else has the number, and then as the Contact it became (AC-16).
    """
    verified = verify(party_candidates)
    records = _distinct(candidate for candidate in verified if _type_of(candidate) is not None)
    usable = [record for record in records if record.record.id not in avoid_records]
    living = [record for record in usable if not record.is_converted]
    counted = _counted(len(party_candidates.candidates), len(records))
    if living:
        return _best(living, settings, counted)
    became = [
        replace(lead, record=RecordRef(type="Contact", id=lead.converted_contact_id))
        for lead in usable
        if lead.converted_contact_id and lead.converted_contact_id not in avoid_records
    ]
    if became:
        return _followed(became, settings, counted)
    return NoMatch(explanation=(counted, _nobody(len(records), len(usable))))


def _distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Keeps each record once; a person account and its contact twin are one (AC-16)."""
    best: dict[str, Candidate] = {}
    for candidate in sorted(map(as_account, candidates), key=_knowledge):
        best[candidate.record.id] = candidate
    accounts = [candidate for candidate in best.values() if candidate.record.type == "Account"]
    twins = {account.person_contact_id for account in accounts}
    return [candidate for candidate in best.values() if candidate.record.id not in twins]


def as_account(candidate: Candidate) -> Candidate:
    """Names a person account by its Account where only its contact twin was found."""
    if (
        candidate.record.type != "Contact"
        or not candidate.is_person_account
        or candidate.account_id is None
    ):
        return candidate
    account = RecordRef(type="Account", id=candidate.account_id)
    return replace(candidate, record=account, person_contact_id=candidate.record.id)


def _knowledge(candidate: Candidate) -> tuple[object, ...]:
    """Sorts what is known of one record: a pin outranks all, dates outrank none."""
    return (
        candidate.source is CandidateSource.PIN,
        candidate.modified_at or _LONG_AGO,
        candidate.person_contact_id or "",
        repr(candidate),
    )


def _type_of(candidate: Candidate) -> MatchType | None:
    if candidate.is_person_account:
        return MatchType.PERSON_ACCOUNT
    return _TYPE_OF_OBJECT.get(candidate.record.type)


def _best(living: list[Candidate], settings: MatchingSettings, counted: Reason) -> Matched:
    pinned = [record for record in living if record.source is CandidateSource.PIN]
    if pinned:
        chosen = _first(pinned, settings)
        text = f"{_named(chosen)} is the match that a person chose; that beats priority and age."
        return _matched(chosen, ("XB-20", "X-9"), (counted, Reason(rule="XB-20", text=text)))
    kind = min(
        (kind for record in living if (kind := _type_of(record)) is not None),
        key=settings.priority.index,
    )
    same_kind = [record for record in living if _type_of(record) is kind]
    chosen = _first(same_kind, settings)
    rules: tuple[str, ...] = ()
    reasons = [counted]
    if len(same_kind) < len(living):
        rules = ("AC-16",)
        order = ", ".join(settings.priority)
        text = f"Several kinds of record have the number; {kind} comes first of: {order}."
        reasons.append(Reason(rule="AC-16", text=text))
    if len(same_kind) > 1:
        rule = _tiebreak_rule(settings)
        rules = (*rules, rule)
        text = f"Of {len(same_kind)} records of type {kind}, {_named(chosen)} is {_why(settings)}."
        reasons.append(Reason(rule=rule, text=text))
    reasons.append(Reason(rule="XB-12", text=f"The call belongs to {_named(chosen)}."))
    return _matched(chosen, rules, tuple(reasons))


def _followed(became: list[Candidate], settings: MatchingSettings, counted: Reason) -> Matched:
    chosen = replace(_first(became, settings), is_converted=False)
    text = f"Only a converted lead has the number; it became {_named(chosen)}."
    return _matched(chosen, ("AC-16",), (counted, Reason(rule="AC-16", text=text)))


def _matched(chosen: Candidate, rules: tuple[str, ...], explanation: tuple[Reason, ...]) -> Matched:
    kind = _type_of(chosen)
    assert kind is not None
    return Matched(candidate=chosen, match_type=kind, rules=rules, explanation=explanation)


def _first(records: list[Candidate], settings: MatchingSettings) -> Candidate:
    """Takes the first by AC-17 (newest change, then lowest id) or XB-18 (newest, then highest id)."""
    if settings.tiebreak is Tiebreak.NEWEST_CREATED:
        return max(records, key=lambda one: (one.created_at or _LONG_AGO, one.record.id))
    newest = max(one.modified_at or _LONG_AGO for one in records)
    same = [one for one in records if (one.modified_at or _LONG_AGO) == newest]
    return min(same, key=lambda one: one.record.id)


def _tiebreak_rule(settings: MatchingSettings) -> str:
    return "AC-17" if settings.tiebreak is Tiebreak.LAST_MODIFIED else "XB-18"


def _why(settings: MatchingSettings) -> str:
    if settings.tiebreak is Tiebreak.LAST_MODIFIED:
        return "the one modified last"
    return "the one created last"


def _named(candidate: Candidate) -> str:
    return f"{candidate.record.type} {candidate.record.id}"


def _counted(considered: int, verified: int) -> Reason:
    text = f"Records considered: {considered}; known to be this party: {verified}."
    return Reason(rule="XB-12", text=text)


def _nobody(verified: int, usable: int) -> Reason:
    if verified == 0:
        return Reason(rule="XB-15", text="No record of the org has the number.")
    if usable < verified:
        text = f"Salesforce refused {verified - usable} of the records; no other has the number."
        return Reason(rule="XB-15", text=text)
    return Reason(rule="AC-16", text="Only converted leads without a contact have the number.")

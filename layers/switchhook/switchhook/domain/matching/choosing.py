"""Chooses the one record of the org that a party is.

The choice is a total order over verified candidates, so neither the order in which Salesforce answers
nor a repetition can change it.

Chooses one of several records of the same kind that are all the party (X-2).

The choice depends on the set of records alone, never on their order, and stays while the chosen one
stays.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from switchhook.domain.activity import RecordRef
from switchhook.domain.decision import Candidate, CandidateSource, PartyCandidates, Reason
from switchhook.domain.matching.recognition import Recognised, recognise
from switchhook.domain.rules import Rule
from switchhook.domain.settings.schema import MatchingSettings, MatchType, Tiebreak
from switchhook.domain.settings.values import Identification

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """What a tie-break depends on beside the records: the tenant, the party and the settings."""

    tenant: str
    party_key: str
    settings: MatchingSettings


def break_tie(
    records: Sequence[Candidate], kind: MatchType | None, tie: Tie
) -> tuple[Candidate, Reason | None]:
    """Gives the record and why it; no reason where there is only one.

    The one modified last, then of the lowest id (AC-17); or the one created last, then of the highest
    id (XB-18). Of several leads that are all older than the installation any one is as good (XB-19):
    it is drawn by lot, always with the same result for the same tenant, party and leads.
    """
    if len(records) == 1:
        return records[0], None
    if tie.settings.tiebreak is Tiebreak.LAST_MODIFIED:
        newest = max(one.modified_at or LONG_AGO for one in records)
        same = [one for one in records if (one.modified_at or LONG_AGO) == newest]
        chosen = min(same, key=lambda one: one.record.id)
        return chosen, _reason(Rule.AC_17, chosen, records, "the one modified last")
    if kind is not MatchType.LEAD:
        chosen = _newest(records)
        return chosen, _reason(Rule.XB_18, chosen, records, "the one created last")
    since = [one for one in records if _is_since(tie.settings.installed_at, one)]
    if since:
        chosen = _newest(since)
        return chosen, _reason(Rule.XB_18, chosen, records, "the one created last")
    chosen = max(records, key=lambda one: _lot(tie, one))
    why = "drawn by lot, for all were there before the installation"
    return chosen, _reason(Rule.XB_19, chosen, records, why)


def _newest(records: Sequence[Candidate]) -> Candidate:
    return max(records, key=lambda one: (one.created_at or LONG_AGO, one.record.id))


def _is_since(installed_at: datetime | None, one: Candidate) -> bool:
    """Tells whether a lead was made after the installation; what we made ourselves always was."""
    if installed_at is None or one.source is CandidateSource.CREATED:
        return True
    return one.created_at is not None and one.created_at >= installed_at


def _lot(tie: Tie, one: Candidate) -> tuple[bytes, str]:
    """A record's own lot, so that a record more or less changes nothing between the others."""
    drawn = json.dumps([tie.tenant, tie.party_key, one.record.id])
    return hashlib.sha256(drawn.encode()).digest(), one.record.id


def _reason(rule: str, chosen: Candidate, records: Sequence[Candidate], why: str) -> Reason:
    kind = chosen.record.type
    text = f"Of {len(records)} records of type {kind}, {kind} {chosen.record.id} is {why}."
    return Reason(rule=rule, text=text)


_TYPE_OF_OBJECT = {
    "Contact": MatchType.CONTACT,
    "Lead": MatchType.LEAD,
    "Account": MatchType.ACCOUNT,
}


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


def verify(party_candidates: PartyCandidates, settings: MatchingSettings) -> tuple[Candidate, ...]:
    """Keeps the candidates that are the party, by a field that the tenant named or because we know."""
    recognised = recognise(party_candidates, settings.identification)
    return tuple(one.candidate for one in recognised)


def choose(
    party_candidates: PartyCandidates,
    *,
    tenant: str,
    settings: MatchingSettings,
    identification: Identification | None = None,
    avoid_records: frozenset[str] = frozenset(),
) -> Matched | NoMatch:
    """Chooses the party's record; by the fields of `identification`, if given, instead of the tenant's.

    A pin comes before all (XB-20). A call belongs to whoever has its number (AC-10): those whom only
    an e-mail or an id tells come behind, in any kind. Then the first kind by priority (AC-16, X-9);
    within the kind those whom the earliest of its fields tells (CX-21); then the tie-break (X-2).
    Records in `avoid_records` were refused by Salesforce and are not chosen again. A converted lead
    is chosen only where nothing else has the number, and then as the Contact it became; a pinned one
    always.
    """
    by = identification or settings.identification
    recognised = _distinct(recognise(party_candidates, by))
    usable = [one for one in recognised if one.candidate.record.id not in avoid_records]
    tie = Tie(tenant=tenant, party_key=party_candidates.party.key, settings=settings)
    counted = _counted(len(party_candidates.candidates), len(recognised))
    pins = [one for one in usable if one.candidate.source is CandidateSource.PIN]
    pinned = _living(pins, usable, avoid_records)
    if pinned:
        return _pinned(pins, pinned, tie, counted)
    for pool in _by_number_first(usable):
        living = [one for one in pool if not one.candidate.is_converted]
        if living:
            return _best(living, tie, _told(party_candidates, pool, counted))
        became = _living(pool, usable, avoid_records)
        if became:
            return _followed(became, tie, _told(party_candidates, pool, counted))
    return NoMatch(explanation=(counted, _nobody(len(recognised), len(usable))))


def _by_number_first(usable: list[Recognised]) -> tuple[list[Recognised], list[Recognised]]:
    by_number = [one for one in usable if one.by_number]
    return by_number, [one for one in usable if not one.by_number]


def _distinct(recognised: Iterable[Recognised]) -> list[Recognised]:
    """Keeps each usable record once; a person account and its contact twin are one (AC-16)."""
    by_id: dict[str, list[Recognised]] = {}
    for one in recognised:
        candidate = as_account(one.candidate)
        if _type_of(candidate) is not None:
            about = one if candidate is one.candidate else replace(one, candidate=candidate)
            by_id.setdefault(candidate.record.id, []).append(about)
    best = {record_id: _merged(group) for record_id, group in by_id.items()}
    twins = {
        record_id: twin
        for record_id, one in best.items()
        if one.candidate.record.type == "Account"
        and (twin := one.candidate.person_contact_id) in best
    }
    return [
        _joined([one, best[twins[record_id]]], one.candidate) if record_id in twins else one
        for record_id, one in best.items()
        if record_id not in twins.values()
    ]


def _merged(group: list[Recognised]) -> Recognised:
    """Joins what several sources know of one record."""
    if len(group) == 1:
        return group[0]
    return _joined(group, max((one.candidate for one in group), key=_knowledge))


def _joined(group: list[Recognised], candidate: Candidate) -> Recognised:
    """Gives the candidate with all that tells it is the party; a pin of any of them is its pin."""
    if any(one.candidate.source is CandidateSource.PIN for one in group):
        candidate = replace(candidate, source=CandidateSource.PIN)
    return Recognised(
        candidate=candidate,
        place=min(one.place for one in group),
        by_number=any(one.by_number for one in group),
    )


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
    """Sorts what is known of one record: a search knows most, and the later the better."""
    return (
        candidate.source is CandidateSource.SEARCH,
        candidate.modified_at or LONG_AGO,
        candidate.person_contact_id or "",
        repr(candidate),
    )


def _type_of(candidate: Candidate) -> MatchType | None:
    if candidate.is_person_account:
        return MatchType.PERSON_ACCOUNT
    return _TYPE_OF_OBJECT.get(candidate.record.type)


def _living(
    wanted: Iterable[Recognised], usable: Iterable[Recognised], avoid_records: frozenset[str]
) -> list[Recognised]:
    """Gives each record itself, or the contact that a converted lead became, where that can be used."""
    known = {one.candidate.person_contact_id: one for one in usable}
    known |= {one.candidate.record.id: one for one in usable}
    living = []
    for one in sorted(wanted, key=lambda one: one.candidate.record.id):
        became = one.candidate.converted_contact_id
        if not one.candidate.is_converted:
            living.append(one)
        elif became is None or became in avoid_records:
            continue
        elif became in known:
            living.append(known[became])
        else:
            contact = RecordRef(type="Contact", id=became)
            candidate = replace(one.candidate, record=contact, is_converted=False)
            living.append(replace(one, candidate=candidate))
    return living


def _pinned(pins: list[Recognised], living: list[Recognised], tie: Tie, counted: Reason) -> Matched:
    chosen, _ = break_tie([one.candidate for one in living], None, tie)
    text = f"{_named(chosen)} is the match that a person chose; that beats priority and age."
    if chosen.record not in {one.candidate.record for one in pins}:
        text = f"The lead that a person chose was converted; it became {_named(chosen)}."
    return _matched(chosen, (Rule.XB_20, Rule.X_9), (counted, Reason(rule=Rule.XB_20, text=text)))


def _best(living: list[Recognised], tie: Tie, told: tuple[Reason, ...]) -> Matched:
    kinds = {one.candidate.record.id: _type_of(one.candidate) for one in living}
    kind = min((kind for kind in kinds.values() if kind), key=tie.settings.priority.index)
    same_kind = [one for one in living if kinds[one.candidate.record.id] is kind]
    place = min(one.place for one in same_kind)
    first = [one.candidate for one in same_kind if one.place == place]
    reasons = list(told)
    if len(same_kind) < len(living):
        order = ", ".join(tie.settings.priority)
        text = f"Several kinds of record are this party; {kind} comes first of: {order}."
        reasons.append(Reason(rule=Rule.AC_16, text=text))
    if len(first) < len(same_kind):
        text = f"{len(first)} of {len(same_kind)} are recognised by a field that comes first."
        reasons.append(Reason(rule=Rule.CX_21, text=text, is_of_calls=True))
    chosen, reason = break_tie(first, kind, tie)
    if reason is not None:
        reasons.append(reason)
    rules = tuple(reason.rule for reason in reasons[len(told) :])
    reasons.append(
        Reason(rule=Rule.XB_12, text=f"The call belongs to {_named(chosen)}.", is_of_calls=True)
    )
    return _matched(chosen, rules, tuple(reasons))


def _followed(became: list[Recognised], tie: Tie, told: tuple[Reason, ...]) -> Matched:
    chosen, _ = break_tie([one.candidate for one in became], None, tie)
    text = f"Only a converted lead has the number; it became {_named(chosen)}."
    return _matched(
        chosen, (Rule.AC_16,), (*told, Reason(rule=Rule.AC_16, text=text, is_of_calls=True))
    )


def _matched(chosen: Candidate, rules: tuple[str, ...], explanation: tuple[Reason, ...]) -> Matched:
    kind = _type_of(chosen)
    assert kind is not None
    return Matched(candidate=chosen, match_type=kind, rules=rules, explanation=explanation)


def _named(candidate: Candidate) -> str:
    return f"{candidate.record.type} {candidate.record.id}"


def _counted(considered: int, verified: int) -> Reason:
    text = f"Records considered: {considered}; known to be this party: {verified}."
    return Reason(rule=Rule.XB_12, text=text, is_of_calls=True)


def _told(
    party_candidates: PartyCandidates, pool: list[Recognised], counted: Reason
) -> tuple[Reason, ...]:
    """Says where a call's record was recognised by something other than the number."""
    if pool[0].by_number or not party_candidates.party.is_known_by_number:
        return (counted,)
    text = f"No record has the number; {len(pool)} are recognised by an e-mail or an id."
    return counted, Reason(rule=Rule.CX_21, text=text, is_of_calls=True)


def _nobody(verified: int, usable: int) -> Reason:
    if verified == 0:
        return Reason(
            rule=Rule.XB_15, text="No record of the org has the number.", is_of_calls=True
        )
    if usable < verified:
        text = f"Salesforce refused {verified - usable} of the records; no other has the number."
        return Reason(rule=Rule.XB_15, text=text, is_of_calls=True)
    return Reason(
        rule=Rule.AC_16,
        text="Only converted leads without a contact have the number.",
        is_of_calls=True,
    )

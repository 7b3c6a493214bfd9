"""Chooses one of several records of the same kind that are all the party (X-2).

The choice depends on the set of records alone, never on their order, and stays while the chosen one
stays.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from switchhook.domain.decision import Candidate, CandidateSource, Reason
from switchhook.domain.settings import MatchingSettings, MatchType, Tiebreak

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
        return chosen, _reason("AC-17", chosen, records, "the one modified last")
    if kind is not MatchType.LEAD:
        chosen = _newest(records)
        return chosen, _reason("XB-18", chosen, records, "the one created last")
    since = [one for one in records if _is_since(tie.settings.installed_at, one)]
    if since:
        chosen = _newest(since)
        return chosen, _reason("XB-18", chosen, records, "the one created last")
    chosen = max(records, key=lambda one: _lot(tie, one))
    why = "drawn by lot, for all were there before the installation"
    return chosen, _reason("XB-19", chosen, records, why)


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

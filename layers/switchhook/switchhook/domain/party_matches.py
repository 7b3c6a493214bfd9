"""Matches every party of a call to the one record it is, each party once and in a fixed order."""

from dataclasses import dataclass

from switchhook.domain.decision import Candidate, DecisionInput, PartyCandidates
from switchhook.domain.matching import Matched, NoMatch, choose
from switchhook.domain.party import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyMatch:
    """What was chosen for one party."""

    party: Party
    match: Matched | NoMatch


def match_parties(inputs: DecisionInput) -> tuple[PartyMatch, ...]:
    """Chooses a record for each party that passed the screen, in the order of their keys.

    A party that nobody searched for has no record.
    """
    found: dict[str, tuple[Candidate, ...]] = {}
    for one in inputs.parties:
        found[one.party.key] = (*found.get(one.party.key, ()), *one.candidates)
    return tuple(
        PartyMatch(
            party=party,
            match=choose(
                PartyCandidates(party=party, candidates=found.get(party.key, ())),
                tenant=inputs.tenant,
                settings=inputs.settings.matching,
                avoid_records=inputs.avoid_records,
            ),
        )
        for party in sorted(inputs.screened.parties, key=lambda party: party.key)
    )

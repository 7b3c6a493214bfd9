"""Finds who may be behind a call: pinned, cached a moment ago, made by ourselves, or searched for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from switchhook.domain.claims import Known
from switchhook.domain.decision import Candidate, CandidateSource, PartyCandidates, Screened
from switchhook.domain.matching import as_account
from switchhook.domain.settings import Settings
from switchhook.usecases.attempt import Attempt
from switchhook.usecases.gather import Access, Case, note_usage
from switchhook.usecases.world import World


def find_candidates(
    case: Case,
    screened: Screened,
    access: Access,
    known: Mapping[str, Known],
    attempt: Attempt,
    world: World,
) -> tuple[PartyCandidates, ...]:
    """Every record that may be one of the parties; at most one Salesforce search for all of them.

    A party whose match a person chose, or that was cached a moment ago, needs no search. What we created ourselves is known
    from the directory, however far Salesforce's search index lags (SH-1).
    """
    if not screened.parties:
        return ()  # A call between agents, which is on no record.
    now = world.now()
    settled = {
        key: match
        for key, about in known.items()
        if (match := _settled(about, case, screened, now)) is not None
    }
    if not attempt.search_afresh and len(settled) == len(screened.parties):
        return tuple(
            PartyCandidates(party=party, candidates=(settled[party.key],))
            for party in screened.parties
        )
    answer = world.search.search(
        access.grant, access.facts, screened.parties, case.settings.matching
    )
    attempt.note("search for the number", "ok", world)
    note_usage(access.connection, answer.usage, world)
    return tuple(
        PartyCandidates(
            party=party,
            candidates=tuple(
                living(candidate, attempt)
                for candidate in _with_known(answer.candidates, known[party.key])
            ),
        )
        for party in screened.parties
    )


def living(candidate: Candidate, attempt: Attempt) -> Candidate:
    """The candidate, or what it became: the record it was merged into, a lead's contact (XB-20)."""
    successor = attempt.successors.get(candidate.record.id)
    if successor is None:
        return candidate
    return replace(candidate, record=successor, is_converted=False, converted_contact_id=None)


def _settled(about: Known, case: Case, screened: Screened, now: datetime) -> Candidate | None:
    """The match that is known without a search: a person's choice (XB-20), else the cached one."""
    if about.pin is None:
        return _cached(about, case.settings, now)
    # Who owns a lead changes in Salesforce, and in a conference that may decide (PC-18).
    by_owner = case.settings.ownership.conference_lead_owner and len(screened.parties) > 1
    is_lead = about.pin.record.type == "Lead"
    return None if by_owner and is_lead else about.pin.candidate


def _cached(about: Known, settings: Settings, now: datetime) -> Candidate | None:
    match = about.match
    if match is None or match.expires_at <= now or match.settings_version != settings.version:
        return None
    return replace(match.candidate, source=CandidateSource.CACHE)


def _with_known(found: tuple[Candidate, ...], about: Known) -> tuple[Candidate, ...]:
    """What was found, what we created for the party, and its pin; the org's word on the pin is newer."""
    seen = {candidate.record.id for candidate in found}
    created = tuple(
        Candidate(record=claim.record, source=CandidateSource.CREATED)
        for claim in about.claims
        if claim.record is not None and claim.record.id not in seen
    )
    if about.pin is None:
        return (*found, *created)
    newest = {account.record: account for account in map(as_account, found)}
    pin = newest.get(about.pin.record, about.pin.candidate)
    return (*found, *created, replace(pin, source=CandidateSource.PIN))

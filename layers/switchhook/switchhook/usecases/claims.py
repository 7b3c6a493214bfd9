"""Which claims go with a write: taken with the intent, completed or given back with its outcome."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from switchhook.domain.activity import Activity, Slot, SlotState
from switchhook.domain.claims import (
    CachedMatch,
    Claim,
    ClaimChange,
    CompleteClaim,
    DropClaim,
    Known,
    ReleaseClaim,
)
from switchhook.domain.decision import Candidate, CandidateSource, PartyCandidates
from switchhook.domain.matching import as_account
from switchhook.domain.settings import Settings
from switchhook.domain.slots import Verdict


def held_by_others(known: Iterable[Known], head: Activity) -> tuple[Claim, ...]:
    """Claims of people whom another activity is just creating: to be waited for, not searched for."""
    return tuple(
        claim
        for about in known
        for claim in about.claims
        if claim.record is None and claim.holder != head.id
    )


def wanted(slots: Iterable[Slot], intent: Activity) -> tuple[Claim, ...]:
    """One claim for every identifier of every person that the intent will create."""
    return tuple(claim for slot in slots for claim in _claims_of(slot, intent))


def _claims_of(slot: Slot, intent: Activity) -> tuple[Claim, ...]:
    if slot.creates is None or intent.fence_until is None:
        return ()
    return tuple(
        Claim(
            identifier=party,
            object_type=slot.creates,
            holder=intent.id,
            fence_until=intent.fence_until,
            record=slot.created,
        )
        for party in slot.parties
    )


def completed(slots: Sequence[Slot], intent: Activity) -> tuple[ClaimChange, ...]:
    """The claims of people that now exist."""
    return tuple(
        CompleteClaim(claim=claim)
        for slot in slots
        if slot.state is SlotState.APPLIED and slot.created is not None
        for claim in _claims_of(slot, intent)
    )


def released(slots: Sequence[Slot], intent: Activity) -> tuple[ClaimChange, ...]:
    """The claims of people that were, for certain, not created."""
    return tuple(
        ReleaseClaim(claim=claim)
        for slot in slots
        if slot.state is SlotState.SENT
        for claim in _claims_of(slot, intent)
    )


def given_back(
    slots: Sequence[Slot], verdicts: Sequence[Verdict], intent: Activity
) -> tuple[ClaimChange, ...]:
    """The claims after a clean refusal: unused ones released, those naming a dead record dropped."""
    dead = tuple(
        DropClaim(
            claim=Claim(
                identifier=party,
                object_type=verdict.bad_record.type,
                holder=intent.id,
                fence_until=intent.fence_until or intent.received_at,
                record=verdict.bad_record,
            )
        )
        for verdict in verdicts
        if verdict.bad_record is not None
        for party in verdict.slot.parties
    )
    return (*released(slots, intent), *dead)


def matches(
    slots: Sequence[Slot],
    parties: Sequence[PartyCandidates],
    settings: Settings,
    now: datetime,
) -> tuple[tuple[str, CachedMatch], ...]:
    """What to remember of each party for a few minutes, so that its next call needs no search."""
    minutes = settings.matching.match_cache_minutes
    if minutes == 0:
        return ()
    seen = {
        account.record: account
        for about in parties
        for account in map(as_account, about.candidates)
    }
    expires_at = now + timedelta(minutes=minutes)
    remembered = []
    for slot in slots:
        record = slot.created or slot.record
        if slot.state is not SlotState.APPLIED or record is None:
            continue
        candidate = seen.get(record, Candidate(record=record, source=CandidateSource.CACHE))
        match = CachedMatch(
            candidate=candidate, settings_version=settings.version, expires_at=expires_at
        )
        remembered += [(party, match) for party in slot.parties]
    return tuple(remembered)

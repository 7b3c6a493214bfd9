"""What goes with a write of the ledger: claims, taken with the intent and completed or given back after, and matches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from switchhook.domain.activity import Activity, RecordRef, Slot, SlotState
from switchhook.domain.decision import Candidate, CandidateSource, PartyCandidates
from switchhook.domain.matching.choosing import as_account
from switchhook.domain.settings.schema import Settings
from switchhook.domain.writing.claims import (
    CachedMatch,
    Claim,
    ClaimChange,
    CompleteClaim,
    DropClaim,
    FollowClaim,
    Known,
    ReleaseClaim,
    TakeClaim,
)
from switchhook.domain.writing.verdicts import Verdict
from switchhook.ports.ledger import MOST_CHANGES, LedgerWrite

CASE = "Case"


def held_by_others(known: Iterable[Known], head: Activity) -> tuple[Claim, ...]:
    """Claims of what another activity is just creating: to be waited for, not searched for."""
    return tuple(
        claim
        for about in known
        for claim in about.claims
        if claim.record is None and claim.holder != head.id
    )


def wanted(
    slots: Iterable[Slot], intent: Activity, used_up: Mapping[str, RecordRef]
) -> tuple[TakeClaim, ...]:
    """One claim for every identifier of every person, and for every Case, that the intent creates.

    `used_up` names, by contact, a Case that the contact's claim was spent on and that is open no more.
    """
    return tuple(
        TakeClaim(claim=claim, over=used_up.get(claim.identifier))
        for slot in slots
        for claim in _claims_of(slot, intent)
    )


def _claims_of(slot: Slot, intent: Activity) -> Iterator[Claim]:
    if intent.fence_until is None:
        return
    claim = partial(Claim, holder=intent.id, fence_until=intent.fence_until)
    if slot.creates is not None:
        for party in slot.parties:
            yield claim(identifier=party, object_type=slot.creates, record=slot.created)
    elif slot.creates_case and slot.record is not None:
        # A Case of a new contact needs no claim: who may create the contact creates its Case.
        yield claim(identifier=slot.record.id, object_type=CASE, record=slot.attached)


def completed(slots: Sequence[Slot], intent: Activity) -> tuple[ClaimChange, ...]:
    """The claims of what now exists; one whose record is already gone again is given back."""
    return tuple(
        CompleteClaim(claim=claim) if claim.record else ReleaseClaim(claim=claim)
        for slot in slots
        if slot.state is SlotState.APPLIED
        for claim in _claims_of(slot, intent)
    )


def released(slots: Sequence[Slot], intent: Activity) -> tuple[ClaimChange, ...]:
    """The claims of what was, for certain, not created."""
    return tuple(
        ReleaseClaim(claim=replace(claim, record=None))
        for slot in slots
        if slot.state is SlotState.SENT
        for claim in _claims_of(slot, intent)
    )


def given_back(
    slots: Sequence[Slot], verdicts: Sequence[Verdict], intent: Activity
) -> tuple[ClaimChange, ...]:
    """The claims after a clean refusal: spent on the record a duplicate rule named, else released."""
    named = {verdict.slot.number: verdict.existing for verdict in verdicts if verdict.existing}
    spent = tuple(
        CompleteClaim(claim=replace(claim, record=named[slot.number]))
        for slot in slots
        if slot.state is SlotState.SENT and slot.number in named
        for claim in _claims_of(slot, intent)
    )
    return (*spent, *released([slot for slot in slots if slot.number not in named], intent))


def followed(
    known: Iterable[Known], fates: Mapping[RecordRef, RecordRef | None]
) -> tuple[ClaimChange, ...]:
    """The claims that name dead records: each names what its record became, or is dropped."""
    return tuple(
        FollowClaim(claim=claim, successor=successor) if successor else DropClaim(claim=claim)
        for about in known
        for claim in about.claims
        if claim.record is not None
        and claim.record in fates
        and (successor := fates[claim.record]) != claim.record
    )


def matches(
    slots: Sequence[Slot], parties: Sequence[PartyCandidates], settings: Settings, now: datetime
) -> tuple[tuple[str, CachedMatch], ...]:
    """What to remember of each party for a few minutes, so that its next call needs no search.

    A pin is remembered for as long as it stands, and not a minute longer.
    """
    minutes = settings.matching.match_cache_minutes
    if minutes == 0:
        return ()
    seen = {
        account.record: account
        for about in parties
        for account in map(as_account, about.candidates)
    }
    pinned = {about.party.key for about in parties if any(map(_is_pin, about.candidates))}
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
        remembered += [(party, match) for party in slot.parties if party not in pinned]
    return tuple(remembered)


def _is_pin(candidate: Candidate) -> bool:
    return candidate.source is CandidateSource.PIN


def changes_of(write: LedgerWrite) -> int:
    """How many items a write changes; of a park, the connection it depends on and the marker."""
    told = (write.event is not None) + (write.decision is not None)
    return 1 + told + len(write.claims) + len(write.matches) + 2 * (write.park is not None)


def with_room(write: LedgerWrite) -> LedgerWrite:
    """The write with no more matches than there is room for: they are a cache."""
    excess = max(changes_of(write) - MOST_CHANGES, 0)
    return replace(write, matches=write.matches[: max(len(write.matches) - excess, 0)])

"""What is known of parties, in memory, with the semantics of the DynamoDB directory."""

from collections.abc import Iterable
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING

from switchhook.domain.errors import Conflict
from switchhook.domain.writing.claims import (
    CachedMatch,
    Claim,
    ClaimChange,
    ClaimTaken,
    CompleteClaim,
    DropClaim,
    FollowClaim,
    Known,
    ReleaseClaim,
    TakeClaim,
)

if TYPE_CHECKING:
    from switchhook.domain.matching.pins import Pin

type ClaimKey = tuple[str, str, str]


class FakeDirectory:
    """The port Directory; the ledger's commits change its claims and matches, `FakePins` its pins."""

    def __init__(self) -> None:
        self.claims: dict[ClaimKey, Claim] = {}
        self.matches: dict[tuple[str, str], CachedMatch] = {}
        self.pins: dict[tuple[str, str], Pin] = {}
        self.lock = RLock()

    def known(self, tenant: str, party_key: str) -> Known:
        with self.lock:
            claims = [
                claim
                for (owner, _, identifier), claim in self.claims.items()
                if (owner, identifier) == (tenant, party_key)
            ]
            return Known(
                claims=tuple(sorted(claims, key=lambda claim: claim.object_type)),
                match=self.matches.get((tenant, party_key)),
                pin=self.pins.get((tenant, party_key)),
            )

    def forget_match(self, tenant: str, party_key: str) -> None:
        with self.lock:
            self.matches.pop((tenant, party_key), None)

    def check(self, tenant: str, changes: Iterable[ClaimChange]) -> None:
        """Raises what a commit of the changes would raise."""
        changes = tuple(changes)
        keys = [claim_key(tenant, change.claim) for change in changes]
        if len(set(keys)) != len(keys):
            raise ValueError("a commit changes each claim at most once")
        winners: list[Claim] = []
        for change in changes:
            stored = self.claims.get(claim_key(tenant, change.claim))
            if stored is None:
                continue
            mine = stored.holder == change.claim.holder
            if isinstance(change, TakeClaim):
                used_up = stored.record is not None and stored.record == change.over
                if not used_up and not (mine and stored.record is None):
                    winners.append(stored)
            if isinstance(change, CompleteClaim) and not mine:
                raise Conflict(f"the {stored.object_type} claim is somebody else's: read again")
        if winners:
            raise ClaimTaken(tuple(winners))

    def apply(self, tenant: str, changes: Iterable[ClaimChange]) -> None:
        """Change the claims; those to give back that are no longer the holder's stay as they are."""
        for change in changes:
            key = claim_key(tenant, change.claim)
            stored = self.claims.get(key)
            match change:
                case FollowClaim():
                    if stored and stored.record and stored.record == change.claim.record:
                        self.claims[key] = replace(stored, record=change.successor)
                case TakeClaim() | CompleteClaim():
                    self.claims[key] = change.claim
                case ReleaseClaim():
                    if stored and stored.holder == change.claim.holder and stored.record is None:
                        del self.claims[key]
                case DropClaim():
                    if stored and stored.record and stored.record == change.claim.record:
                        del self.claims[key]


def claim_key(tenant: str, claim: Claim) -> ClaimKey:
    return (tenant, claim.object_type, claim.identifier)

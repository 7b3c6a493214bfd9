"""The right to create a record: one holder per (tenant, object type, identifier).

A person's identifier is the party's number; a Case's is the id of its contact (AC-13).
"""

from dataclasses import dataclass
from datetime import datetime

from switchhook.domain.activity import RecordRef
from switchhook.domain.decision import Candidate
from switchhook.domain.matching.pins import Pin


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claim as stored: held by an activity until its outcome is known, or done with a record."""

    identifier: str
    object_type: str
    holder: str
    fence_until: datetime
    record: RecordRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedMatch:
    """The match of a party a moment ago, valid for one version of the settings."""

    candidate: Candidate
    settings_version: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the directory knows of one party."""

    claims: tuple[Claim, ...] = ()
    match: CachedMatch | None = None
    pin: Pin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeClaim:
    """Take the right to create; refused while anybody else holds or has used it.

    `over` is a record that the claim may name although it is used up: a Case that has been closed.
    """

    claim: Claim
    over: RecordRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteClaim:
    """Turn the holder's claim into the directory's record of the person."""

    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseClaim:
    """Give an unused claim back; harmless when it is not the holder's any more."""

    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class DropClaim:
    """Forget a done claim whose record is dead, if it still names that record."""

    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowClaim:
    """Let a done claim name what its record became, if it still names that record."""

    claim: Claim
    successor: RecordRef


type ClaimChange = TakeClaim | CompleteClaim | ReleaseClaim | DropClaim | FollowClaim


class ClaimTaken(Exception):  # noqa: N818 - an answer, not a failure
    """A TakeClaim lost; `claims` are the winners as stored."""

    def __init__(self, claims: tuple[Claim, ...]) -> None:
        super().__init__(f"{len(claims)} claim(s) are somebody else's")
        self.claims = claims

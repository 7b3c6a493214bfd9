"""Pins: which record a person chose for a party, whatever priority and tie-break say (XB-20, X-9)."""

from dataclasses import dataclass, replace
from datetime import datetime

from switchhook.domain.activity import RecordRef
from switchhook.domain.decision import Candidate, CandidateSource, Reason
from switchhook.domain.matching.choosing import as_account
from switchhook.domain.rules import Rule

RULE = Rule.XB_20


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The record that a person chose for a party.

    `party` is a number in E.164 or an e-mail address in small letters. `candidate` holds what a decision
    needs to know of the record, so that a pinned call costs no search; `by` says whose key set it.
    """

    party: str
    candidate: Candidate
    pinned_at: datetime
    by: str

    @property
    def record(self) -> RecordRef:
        """The chosen record."""
        return self.candidate.record


def pinned(party: str, found: Candidate, *, at: datetime, by: str) -> Pin:
    """The pin of a record as it was found in the org; the contact twin of a person account is its Account."""
    candidate = replace(as_account(found), source=CandidateSource.PIN)
    return Pin(party=party, candidate=candidate, pinned_at=at, by=by)


def followed(pin: Pin, successor: RecordRef, found: Candidate | None) -> Pin:
    """The pin on what its record became; `found` is that record as it stands, where it could be read.

    The choice stays the person's, and so does its time.
    """
    unread = Candidate(record=successor, name=pin.candidate.name)
    return pinned(pin.party, found or unread, at=pin.pinned_at, by=pin.by)


def what_became(pin: Pin, successor: RecordRef | None) -> Reason:
    """Says what became of a pin whose record Salesforce refuses."""
    chosen = f"{pin.record.type} {pin.record.id}, the match that a person chose,"
    if successor is None:
        text = f"{chosen} is deleted or hidden, so the choice has ended; a search decides."
    else:
        text = f"{chosen} became {successor.type} {successor.id}, which is the chosen match from now on."
    return Reason(rule=RULE, text=text)

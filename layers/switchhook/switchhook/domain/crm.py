"""What is asked of and answered by Salesforce, in the field's words.

Reads the ids of Salesforce records as people copy them: 15 characters, or 18 with a check.

The first three characters say what kind of record it is. The last three of 18 tell which of the others
are capital letters, so that an id survives a tool that does not tell capitals from small letters.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import ApiUsage
from switchhook.domain.decision import Candidate, OrgFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAnswer:
    """Every record that may be one of the parties searched for, unverified."""

    candidates: tuple[Candidate, ...]
    usage: ApiUsage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """One record to create; a value `@{ref.id}` refers to an earlier record of the same request."""

    ref: str
    object_type: str
    fields: Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgRules:
    """Which of the org's own rules a request leaves in force.

    `assignment` lets assignment rules replace the owner of a new Lead or Case (CX-59). Duplicate rules
    that only warn are overruled with `save_duplicates`; those that block never are.
    """

    assignment: bool = False
    save_duplicates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The record was created with this id."""

    ref: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Salesforce refused this record with its own words; nothing of the request happened.

    `rolled_back` marks a record that was fine by itself but went with a refused one. `existing` are
    the records that a duplicate rule named, best first, and `may_be_overruled` says that it only
    warns.
    """

    ref: str
    code: str
    message: str
    fields: tuple[str, ...] = ()
    rolled_back: bool = False
    existing: tuple[RecordRef, ...] = ()
    may_be_overruled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteAnswer:
    """The clean answer to one all-or-none request: every record Applied, or none."""

    results: tuple[Applied | Refused, ...]
    usage: ApiUsage | None = None

    @property
    def applied(self) -> bool:
        """True when everything was created."""
        return all(isinstance(result, Applied) for result in self.results)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTask:
    """A Task in the org that bears one of our keys."""

    key: str
    id: str
    who_id: str | None
    what_id: str | None
    owner_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCase:
    """A Case in the org that bears one of our keys."""

    key: str
    id: str
    contact_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """Some of the Cases looked through that bear a key; `next_page` leads on, None after the last."""

    cases: tuple[FoundCase, ...]
    next_page: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFacts:
    """A tenant's org metadata with its age.

    `missed` names agents' addresses that no active user had, and when that was asked. `case_asked_at`
    is when the Case was described, which only tenants need whose calls or chats make Cases.
    `fields_asked` names the fields that were looked for in the describes ("Lead.Email").
    """

    facts: OrgFacts
    fetched_at: datetime
    org_id: str
    case_asked_at: datetime | None = None
    missed: Mapping[str, datetime] = field(default_factory=dict)
    fields_asked: frozenset[str] = frozenset()


MATCHABLE = {"001": "Account", "003": "Contact", "00Q": "Lead"}
"""What a call can be logged on, by the first three characters of its id."""

_SHORT, _PART = 15, 5
_ID = re.compile(r"[A-Za-z0-9]{15}([A-Z0-5]{3})?", re.ASCII)
_CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def read_record(text: str) -> RecordRef | None:
    """Gives the Contact, Lead or Account that an id names, with 18 characters; None for any other text.

    Whether there is such a record, the org says.
    """
    object_type = MATCHABLE.get(text[:3])
    if object_type is None or not _ID.fullmatch(text):
        return None
    return RecordRef(type=object_type, id=text if len(text) > _SHORT else text + _check(text))


def _check(short: str) -> str:
    parts = (short[start : start + _PART] for start in range(0, _SHORT, _PART))
    return "".join(
        _CHECKS[sum(1 << place for place, char in enumerate(part) if char.isupper())]
        for part in parts
    )

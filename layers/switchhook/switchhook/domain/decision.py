"""What a decision is made from and what it says; values only, the rules live beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from switchhook.domain.activity import OwnerChoice, RecordRef, SlotKind
from switchhook.domain.events import CallFacts, CallType
from switchhook.domain.party import Party
from switchhook.domain.people import OrgUser, People
from switchhook.domain.settings import Settings


class CandidateSource(StrEnum):
    """How a record came to be considered."""

    SEARCH = "search"
    CACHE = "cache"
    CREATED = "created"
    PIN = "pin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A record of the org that may be the party.

    `numbers` are its phone fields as stored. From the cache or a claim only `record` is known. For a
    person account `record` is the Account and `person_contact_id` its contact twin.
    """

    record: RecordRef
    source: CandidateSource = CandidateSource.SEARCH
    name: str | None = None
    email: str | None = None
    numbers: tuple[str, ...] = ()
    owner_id: str | None = None
    created_at: datetime | None = None
    modified_at: datetime | None = None
    is_converted: bool = False
    converted_contact_id: str | None = None
    is_person_account: bool = False
    person_contact_id: str | None = None
    account_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyCandidates:
    """One external party with every record that may be it, unverified."""

    party: Party
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStatus:
    """One value of the org's own Task status list."""

    api_name: str
    is_closed: bool
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgFacts:
    """What we remember of a tenant's org (its metadata).

    `users_by_email` has lower-case keys and every active user with that address. `phone_fields` names
    the phone fields the integration user may read, per object. `task_key` and `case_key` say whether
    the optional unique field is there (SH-7).
    """

    task_statuses: tuple[TaskStatus, ...]
    users_by_email: Mapping[str, tuple[OrgUser, ...]]
    user_ids: frozenset[str]
    connecting_user: OrgUser
    phone_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    person_accounts: bool = False
    task_key: bool = False
    case_key: bool = False
    sees_all_records: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One step of an explanation: a rule id and a sentence an admin can read."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """The activity is not logged; `rule` names why (X-10)."""

    rule: str
    reason: str
    text: str
    explanation: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """What passes the rules that need no look into Salesforce: whom to look for, and the call type."""

    parties: tuple[Party, ...]
    call_type: CallType
    explanation: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonToCreate:
    """A Lead (or Contact, Account) to make for an unknown party, with its field values."""

    object_type: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSlot:
    """One Task (or Case) to write; `fields` are its values without key, who and what.

    Exactly one of `record` and `person` is set. `who_id` and `what_id` follow from `record`; with
    `person` the reference is made in the same request.
    """

    kind: SlotKind
    parties: tuple[str, ...]
    owner: OwnerChoice
    fields: Mapping[str, str | int]
    record: RecordRef | None = None
    who_id: str | None = None
    what_id: str | None = None
    person: PersonToCreate | None = None
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The activity is logged, in one slot per distinct record or person to create."""

    slots: tuple[PlannedSlot, ...]
    call_type: CallType
    explanation: tuple[Reason, ...] = ()


type Decision = Skip | Log


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInput:
    """Everything one decision depends on; equal inputs give equal decisions."""

    tenant: str
    call: CallFacts
    external_id: str
    screened: Screened
    parties: tuple[PartyCandidates, ...]
    settings: Settings
    people: People
    org: OrgFacts
    avoid_records: frozenset[str] = frozenset()
    avoid_users: frozenset[str] = frozenset()

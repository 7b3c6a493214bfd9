"""What a decision is made from and what it says; values only, the rules live beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from switchhook.domain.activity import OwnerChoice, RecordRef, SlotKind
from switchhook.domain.facts.chat import ChatAction, ChatFile
from switchhook.domain.facts.event import CallFacts, CallType
from switchhook.domain.facts.fields import FieldFacts
from switchhook.domain.facts.people import OrgUser, Party, People
from switchhook.domain.settings.schema import Settings


class CandidateSource(StrEnum):
    """How a record came to be considered."""

    SEARCH = "search"
    CACHE = "cache"
    CREATED = "created"
    PIN = "pin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A record of the org that may be the party.

    `numbers` are its phone fields as stored, `custom` the fields of its own that records are recognised
    by (CX-21). From the cache or a claim only `record` is known. For a person account `record` is the
    Account and `person_contact_id` its contact twin.
    """

    record: RecordRef
    source: CandidateSource = CandidateSource.SEARCH
    name: str | None = None
    email: str | None = None
    numbers: tuple[str, ...] = ()
    custom: Mapping[str, str] = field(default_factory=dict)
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
class OpenRelated:
    """An open Case or Opportunity of a contact (AC-15)."""

    record: RecordRef
    contact_id: str
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStatus:
    """One value of the org's own Task status list."""

    api_name: str
    is_closed: bool
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgFacts:
    """What we remember of a tenant's org (its metadata).

    `users_by_email` has lower-case keys and every active user with that address; `barred_by_email`
    likewise inactive users, as far as they are known. `phone_fields` names the phone fields the
    integration user may read, per object, `text_fields` those of its other fields that hold a text, an
    e-mail or a fax number and can be searched. `task_key` and `case_key` say whether the optional unique
    field is there (SH-7). `chat_fields` are, per object, the fields that chats read and write.
    """

    task_statuses: tuple[TaskStatus, ...]
    users_by_email: Mapping[str, tuple[OrgUser, ...]]
    user_ids: frozenset[str]
    connecting_user: OrgUser
    barred_by_email: Mapping[str, tuple[OrgUser, ...]] = field(default_factory=dict)
    phone_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    text_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    chat_fields: Mapping[str, Mapping[str, FieldFacts]] = field(default_factory=dict)
    person_accounts: bool = False
    task_key: bool = False
    case_key: bool = False
    sees_all_records: bool = True

    def readable_fields(self, object_type: str) -> tuple[str, ...]:
        """Names the fields of an object that a party can be recognised by."""
        named = self.phone_fields.get(object_type, ()), self.text_fields.get(object_type, ())
        return (*named[0], *named[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One step of an explanation: a rule id and a sentence an admin can read.

    `is_of_calls` says that the sentence speaks of calls and numbers, and so fits no chat.
    """

    rule: str
    text: str
    is_of_calls: bool = False


INTERNAL = "internal"
"""Why a call or chat is skipped in which only the tenant's own people took part (XB-17)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """The activity is not logged; `rule` names why (X-10)."""

    rule: str
    reason: str
    text: str
    explanation: tuple[Reason, ...] = ()


class Passed(Protocol):
    """What passes the rules that need no look into Salesforce, of an activity of any kind."""

    @property
    def explanation(self) -> tuple[Reason, ...]:
        """Why it passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """A call that passes: whom to look for, and its type."""

    parties: tuple[Party, ...]
    call_type: CallType
    explanation: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonToCreate:
    """A Lead (or Contact, Account) to make for an unknown party, with its field values."""

    object_type: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseToCreate:
    """A Case to make for a contact that has none open (AC-13); its values without the contact."""

    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSlot:
    """One Task (or Case) to write; `fields` are its values without key, who and what.

    At most one of `record` and `person` is set; neither is for an internal call that the tenant wants
    logged. `who_id` and `what_id` follow from `record`; with `person` the reference is made in the
    same request. `attached` is the open Case or Opportunity that `what_id` names (AC-11); with `case`
    the Case is made in the same request and becomes the Task's WhatId. `who` names the other side in
    the Task's subject.

    Of a chat's slot of kind CASE, `who_id` is the Case's contact. `person_updates` is what a chat says of
    the person `record`, by field, for `person_updates.changes` to hold against its current values
    (CX-19); empty where the tenant wants no changes. `whole_transcript` is the text of a file to add
    where the Description had to be cut (CX-48). `files` are the chat's own, to be copied (CX-56).
    `told` is a hash of what the chat says of the person who is made for it (CX-19). `is_left_open` says
    whether a call's Task stays open (AC-5).
    """

    kind: SlotKind
    parties: tuple[str, ...]
    owner: OwnerChoice
    fields: Mapping[str, str | int]
    record: RecordRef | None = None
    who_id: str | None = None
    what_id: str | None = None
    person: PersonToCreate | None = None
    attached: RecordRef | None = None
    case: CaseToCreate | None = None
    rules: tuple[str, ...] = ()
    who: str | None = None
    person_updates: Mapping[str, str] = field(default_factory=dict)
    whole_transcript: str | None = None
    files: tuple[ChatFile, ...] = ()
    told: str | None = None
    is_left_open: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The activity is logged, in one slot per distinct record or person to create.

    `action` is what a chat is recorded as; it stays once something of it may be in the org (CX-27).
    """

    slots: tuple[PlannedSlot, ...]
    action: ChatAction | None = None
    explanation: tuple[Reason, ...] = ()


type Decision = Skip | Log


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInput:
    """Everything one decision depends on; equal inputs give equal decisions.

    `related` are the open Cases or Opportunities of every contact that `parties` may match, whichever
    of the two the tenant attaches calls to; empty where it attaches them to neither. `sees_related` is
    false where the connected user may not see those: the call then hangs on the contact alone.
    `may_make_case` is false where a new Case was refused, or might be the second (AC-13). `seated` are
    the parties who have a slot of the activity already.
    """

    tenant: str
    call: CallFacts
    external_id: str
    screened: Screened
    parties: tuple[PartyCandidates, ...]
    settings: Settings
    people: People
    org: OrgFacts
    related: tuple[OpenRelated, ...] = ()
    sees_related: bool = True
    may_make_case: bool = True
    seated: frozenset[str] = frozenset()
    avoid_records: frozenset[str] = frozenset()
    avoid_users: frozenset[str] = frozenset()

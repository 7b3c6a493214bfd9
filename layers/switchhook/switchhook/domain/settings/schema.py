"""What a tenant can set, what each setting means and what it may be.

The dataclasses are the list of settings: a field's path is its dotted name, its type says which
values are allowed. Adding a setting is one field here, one default in `presets` and one reason in
`why`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from switchhook.domain.facts.chat import ChatAction, ChatTrigger
from switchhook.domain.facts.event import CallType
from switchhook.domain.local_time import BusinessHours
from switchhook.domain.settings.values import (
    Identification,
    Mapped,
    business_hours,
    chat_mapping,
    chat_template,
    identification,
    moment,
    origins,
    preset,
    ranking,
    region,
    template,
    time_zone,
    user_id,
    whole,
)


class Language(StrEnum):
    """The language of subjects."""

    EN = "en"
    DE = "de"


class LogAs(StrEnum):
    """How calls of one type are logged (AC-3): closed Task, open Task, or not at all."""

    COMPLETED = "completed"
    IN_PROGRESS = "in_progress"
    NONE = "none"


class ShortCallRule(StrEnum):
    """Which product's reading of a short call applies (X-1): none, XB-16 or PC-5."""

    NONE = "none"
    XBEES = "xbees"
    PARTNER = "partner"


class UnknownNumber(StrEnum):
    """What is made of a number that the org does not hold (AC-9)."""

    NONE = "none"
    CONTACT = "contact"
    LEAD = "lead"
    ACCOUNT = "account"


class AttachTo(StrEnum):
    """What of a contact a call is logged on beside the contact itself (AC-12)."""

    NONE = "none"
    CASE = "case"
    OPPORTUNITY = "opportunity"


class MatchType(StrEnum):
    """The kinds of record a call can be logged on (AC-16)."""

    CONTACT = "contact"
    LEAD = "lead"
    ACCOUNT = "account"
    PERSON_ACCOUNT = "person_account"


class Tiebreak(StrEnum):
    """Which of several records of one kind is taken (X-2): AC-17 or XB-18."""

    LAST_MODIFIED = "last_modified"
    NEWEST_CREATED = "newest_created"


class ConferenceElse(StrEnum):
    """Who owns a lead's Task when the lead's owner took no part in the conference (PC-19)."""

    INSTALLER = "installer"
    HOST = "host"


class LateFacts(StrEnum):
    """What is done with facts that arrive after a call was logged (SH-5)."""

    UPDATE = "update"
    IGNORE = "ignore"


class ChatMode(StrEnum):
    """Whether chats are recorded by themselves or by an agent's choice (CX-15)."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class UpdateExisting(StrEnum):
    """What a chat may change of a person who exists already (CX-19)."""

    NEVER = "never"
    OVERWRITE = "overwrite"
    FILL_BLANKS = "fill_blanks"


class Reopen(StrEnum):
    """What becomes of a conversation that is opened again and closed again."""

    UPDATE = "update"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettings:
    """How calls are treated; `short_call_threshold_s` is the strict limit of the short-call rule.

    `log_internal` true logs calls between agents as Tasks without a record (XB-17). `business_hours`
    None logs calls at any time (AC-7). `create_case` makes a Case where the contact has none open
    and `attach_to` is case (AC-13). `person_account_who` true writes a person account's contact as
    WhoId, false the account as WhatId (AC-10).
    """

    workflow: Mapping[CallType, LogAs]
    short_call_rule: ShortCallRule
    short_call_threshold_s: Annotated[int, whole(0, 60)]
    log_internal: bool
    business_hours: Annotated[BusinessHours | None, business_hours]
    unknown_number: UnknownNumber
    attach_to: AttachTo
    create_case: bool
    person_account_who: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingSettings:
    """How one record is chosen among several; `priority` names each kind of record once.

    `installed_at` is when the integration came into use: of several leads made before it any one may
    be taken (XB-19); None means that it came first. `identification` says by which fields records are
    recognised (CX-21).
    """

    priority: Annotated[tuple[MatchType, ...], ranking(MatchType)]
    tiebreak: Tiebreak
    installed_at: Annotated[datetime | None, moment]
    identification: Annotated[Identification, identification]
    match_cache_minutes: Annotated[int, whole(0, 1440)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnershipSettings:
    """Who owns what a call or chat leaves behind.

    `fallback_user_id` owns what no agent can own; None means the connecting user (X-3).
    `conference_lead_owner` gives a lead's Task of a conference to the lead's owner, if present
    (PC-18), else to whom `conference_lead_owner_else` names (PC-19). `run_assignment_rules` lets the
    org's assignment rules replace the owner (CX-59).
    """

    fallback_user_id: Annotated[str | None, user_id]
    conference_lead_owner: bool
    conference_lead_owner_else: ConferenceElse
    run_assignment_rules: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """How chats are treated: which action each trigger sets off, and what may be changed.

    `mapping` is what the tenant writes into fields beside or instead of the usual (CX-20), by object
    and field; `field_mapping` has the usual.
    """

    mode: ChatMode
    actions: Mapping[ChatTrigger, ChatAction]
    update_existing: UpdateExisting
    reopen: Reopen
    mapping: Annotated[Mapped, chat_mapping]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateByLanguage:
    """One subject in each language."""

    en: Annotated[str, template]
    de: Annotated[str, template]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTemplate:
    """The subject of a chat's Task or Case in each language."""

    en: Annotated[str, chat_template]
    de: Annotated[str, chat_template]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTemplates:
    """One subject per type of call."""

    outbound_answered: TemplateByLanguage
    outbound_unanswered: TemplateByLanguage
    inbound_answered: TemplateByLanguage
    missed: TemplateByLanguage
    voicemail: TemplateByLanguage


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSettings:
    """Subjects with placeholders such as {who}; see `subjects` for what can stand in them."""

    call_subject: CallTemplates
    case_subject: CallTemplates
    chat_subject: ChatTemplate


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One immutable version of a tenant's settings, complete."""

    version: int
    preset: Annotated[str, preset]
    default_region: Annotated[str, region]
    time_zone: Annotated[str, time_zone]
    language: Language
    max_in_flight: Annotated[int, whole(1, 25)]
    cors_origins: Annotated[tuple[str, ...], origins]
    calls: CallSettings
    matching: MatchingSettings
    ownership: OwnershipSettings
    chats: ChatSettings
    templates: TemplateSettings
    late_facts: LateFacts
    late_facts_window_s: Annotated[int, whole(0, 900)]


def makes_cases(settings: Settings) -> bool:
    """Tells whether a call may make a Case: only one that is logged on Cases does (AC-13)."""
    return settings.calls.attach_to is AttachTo.CASE and settings.calls.create_case

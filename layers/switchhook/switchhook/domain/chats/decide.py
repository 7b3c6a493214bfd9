"""Decides what a chat becomes in Salesforce: one Task or Case, on whom, owned by whom, saying what, and why.

Rules CX-23 to CX-59. Equal inputs give equal decisions, in whatever order the candidates stand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from switchhook.domain.activity import OwnerChoice, OwnerKind, SlotKind
from switchhook.domain.calls.decide import references
from switchhook.domain.calls.text import task_status
from switchhook.domain.chats.matching import MAKES_CASES, Visit, match_visitor, searched_object
from switchhook.domain.chats.screening import ChatParty, ChosenAction, screen_chat
from switchhook.domain.chats.text import (
    DESCRIPTION_LIMIT,
    KEY_ROOM,
    chat_description,
    chat_subject,
    chat_values,
)
from switchhook.domain.decision import (
    Candidate,
    Decision,
    Log,
    OrgFacts,
    PersonToCreate,
    PlannedSlot,
    Reason,
)
from switchhook.domain.facts.chat import ChatAction, ChatFacts
from switchhook.domain.facts.fields import Fields
from switchhook.domain.facts.people import People
from switchhook.domain.fields.mapping import (
    REQUIRED,
    Applicable,
    applicable,
    mapped,
    person_account_field,
)
from switchhook.domain.local_time import local_time
from switchhook.domain.matching.choosing import Matched, NoMatch
from switchhook.domain.matching.recognition import unread_fields
from switchhook.domain.ownership import (
    NAME_LIMIT,
    choose_owner,
    fallback_owner,
    kind_of_owner,
    known_agent,
)
from switchhook.domain.rules import Rule
from switchhook.domain.settings.schema import LogAs, Settings, UpdateExisting
from switchhook.domain.text import cut, one_line, safe_line


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatInput:
    """Everything one decision on a chat depends on; equal inputs give equal decisions.

    `chat` is the merged facts, `chosen` what it becomes, and `candidates` the records that may be the
    visitor, unverified. `fields` has the fields of each object (Lead, Contact, Case, Task) as the
    integration user sees them; of an object that is missing only the usual standard fields are
    written. `attachment_notes` are the lines on files that are not copied (`chat_files.note_lines`).
    Records and users in `avoid_*` were refused by Salesforce.
    """

    tenant: str
    chat: ChatFacts
    external_id: str
    chosen: ChosenAction
    visitor: ChatParty
    settings: Settings
    people: People
    org: OrgFacts
    candidates: tuple[Candidate, ...] = ()
    fields: Mapping[str, Fields] = field(default_factory=dict)
    attachment_notes: tuple[str, ...] = ()
    avoid_records: frozenset[str] = frozenset()
    avoid_users: frozenset[str] = frozenset()


_OWNER_RULES: Mapping[OwnerKind, str] = {
    OwnerKind.AGENT: Rule.CX_57,
    OwnerKind.CONNECTING_USER: Rule.CX_58,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPlan:
    """A planned slot, with why some values are not written."""

    slot: PlannedSlot
    dropped: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTexts:
    """What a chat's Task or Case says, without owner, key and references."""

    fields: Mapping[str, str | int]
    whole_transcript: str | None
    values: Mapping[str, str]
    dropped: tuple[Reason, ...]


def kind_of(action: ChatAction) -> SlotKind:
    """Tells whether an action writes a Task or a Case."""
    return SlotKind.CASE if action in MAKES_CASES else SlotKind.TASK


def chat_owner(inputs: ChatInput) -> OwnerChoice:
    """Chooses the owner: the last agent's user (CX-57, CX-59), else the connecting user (CX-58).

    A chat without a human agent (a bot's, an offline message) is the connecting user's, or whomever's
    the settings name instead (XB-4).
    """
    org, settings = inputs.org, inputs.settings.ownership
    if not inputs.chat.agents:
        why = "No agent took part in the chat"
        owner = fallback_owner(why, org=org, settings=settings, avoid_users=inputs.avoid_users)
    else:
        owner = choose_owner(
            inputs.chat.agents[-1],
            people=inputs.people,
            org=org,
            settings=settings,
            avoid_users=inputs.avoid_users,
        )
    return replace(owner, rule=_OWNER_RULES.get(kind_of_owner(owner), owner.rule))


def texts_of(inputs: ChatInput) -> ChatTexts:
    """Writes the Task or Case with everything that is known now; for its creation and every update."""
    chat, kind = inputs.chat, kind_of(inputs.chosen.action)
    agents = [known_agent(agent, inputs.people) for agent in chat.agents]
    agent = agents[-1] if agents else None
    written = chat_description(
        chat,
        external_id=inputs.external_id,
        phone=_phone(inputs),
        agents=agents,
        attachment_notes=inputs.attachment_notes,
        limit=DESCRIPTION_LIMIT - (KEY_ROOM if kind is SlotKind.CASE else 0),
    )
    values = chat_values(
        chat,
        external_id=inputs.external_id,
        phone=_phone(inputs),
        agent=agent,
        subject=chat_subject(chat, phone=_phone(inputs), agent=agent, settings=inputs.settings),
        description=written.description,
        case_fields=inputs.fields.get("Case"),
    )
    told = _applied(inputs, kind.value.title(), values, is_new=True)
    return ChatTexts(
        fields={**told.fields, **(_task_fields(inputs) if kind is SlotKind.TASK else {})},
        whole_transcript=written.whole,
        values=values,
        dropped=told.dropped,
    )


def _applied(
    inputs: ChatInput, object_type: str, values: Mapping[str, str], *, is_new: bool
) -> Applicable:
    stated = mapped(object_type, inputs.settings.chats.mapping, values)
    return applicable(object_type, stated, inputs.fields.get(object_type), is_new=is_new)


def _task_fields(inputs: ChatInput) -> dict[str, str | int]:
    """The status, open until the chat is over, and the day on which it began where the tenant is."""
    log_as = LogAs.COMPLETED if inputs.chosen.is_over else LogAs.IN_PROGRESS
    fields: dict[str, str | int] = {"Status": task_status(inputs.org.task_statuses, log_as)}
    began = inputs.chat.started_at or inputs.chat.ended_at
    if began is not None:
        fields["ActivityDate"] = local_time(began, inputs.settings.time_zone).date().isoformat()
    return fields


def _phone(inputs: ChatInput) -> str:
    number = inputs.visitor.party.number
    return number.e164 if number else one_line(inputs.chat.visitor.phone, limit=NAME_LIMIT)


def plan_matched(inputs: ChatInput, match: Matched, owner: OwnerChoice) -> ChatPlan:
    """Plans the slot on a person of the org, with what the chat says of them (CX-19, CX-27, CX-32)."""
    texts = texts_of(inputs)
    candidate, kind = match.candidate, kind_of(inputs.chosen.action)
    as_who = kind is SlotKind.CASE or inputs.settings.calls.person_account_who
    who_id, what_id = references(candidate, person_account_who=as_who)
    updates = _updates(inputs, match, texts.values)
    slot = _slot(inputs, texts, owner, (Rule.CX_22, *match.rules, _rule_of_match(inputs)))
    slot = replace(
        slot,
        record=candidate.record,
        who_id=who_id,
        what_id=what_id,
        person_updates=updates.fields,
        who=safe_line(candidate.name, limit=NAME_LIMIT) or slot.who,
    )
    return ChatPlan(slot=slot, dropped=(*texts.dropped, *updates.dropped))


def _updates(inputs: ChatInput, match: Matched, values: Mapping[str, str]) -> Applicable:
    """What the chat says of the matched person, by the mapping of the object that holds it.

    A person account is changed by the Account's names of a contact's fields; an account of a business
    and the contact of a Case alone are not changed (CX-18).
    """
    is_never = inputs.settings.chats.update_existing is UpdateExisting.NEVER
    if is_never or inputs.chosen.action is ChatAction.CASE:
        return Applicable(fields={})
    record_type = match.candidate.record.type
    if record_type in ("Lead", "Contact"):
        return _applied(inputs, record_type, values, is_new=False)
    if not match.candidate.is_person_account:
        return Applicable(fields={})
    stated = mapped("Contact", inputs.settings.chats.mapping, values)
    own = tuple((person_account_field(name), text) for name, text in stated)
    return applicable("Account", own, inputs.fields.get("Account"), is_new=False)


def plan_new(inputs: ChatInput, owner: OwnerChoice) -> ChatPlan:
    """Plans the slot on a person made for it: a Lead (CX-23, CX-26) or a Contact (CX-28, CX-31)."""
    texts = texts_of(inputs)
    object_type = searched_object(inputs.chosen.action)
    told = _applied(inputs, object_type, texts.values, is_new=True)
    fields = {**REQUIRED[object_type], **told.fields, "OwnerId": owner.user_id}
    rules = (Rule.CX_23, Rule.CX_26) if object_type == "Lead" else (Rule.CX_28, Rule.CX_31)
    slot = replace(
        _slot(inputs, texts, owner, rules),
        person=PersonToCreate(object_type=object_type, fields=fields),
    )
    return ChatPlan(slot=slot, dropped=(*texts.dropped, *told.dropped))


def plan_alone(inputs: ChatInput, owner: OwnerChoice) -> ChatPlan:
    """Plans a Case of its own, for a visitor whom the org does not know (CX-18)."""
    texts = texts_of(inputs)
    return ChatPlan(slot=_slot(inputs, texts, owner, (Rule.CX_18,)), dropped=texts.dropped)


def _slot(
    inputs: ChatInput, texts: ChatTexts, owner: OwnerChoice, rules: tuple[str, ...]
) -> PlannedSlot:
    visitor = inputs.chat.visitor
    named = (visitor.name, visitor.email, _phone(inputs))
    who = next((text for one in named if (text := safe_line(one, limit=NAME_LIMIT))), None)
    told = tuple(dict.fromkeys((*inputs.chosen.rules, *rules, owner.rule)))
    return PlannedSlot(
        kind=kind_of(inputs.chosen.action),
        parties=(inputs.visitor.party.key,),
        owner=owner,
        fields=texts.fields,
        rules=told,
        who=who,
        whole_transcript=texts.whole_transcript,
        files=inputs.chat.files,
    )


_REASON_LIMIT = 300


def decide_chat(inputs: ChatInput) -> Decision:
    """Decides one chat that is due (`chat_actions.choose_action`).

    contact_case and contact_task hang on the visitor's contact, lead_task on the lead; where the org
    has none, it is made (CX-23, CX-28). A Case alone hangs on a contact only if there is one. The chat
    of one of the tenant's own people is skipped (XB-17).
    """
    skip = screen_chat(inputs.chat, inputs.visitor, inputs.people)
    if skip is not None:
        return skip
    match = _matched(inputs)
    plan = _planned(inputs, match)
    told = (
        *inputs.chosen.explanation,
        *unread_fields(inputs.settings.matching.identification, inputs.org),
        *match.explanation,
        *_reasons(inputs, plan),
    )
    return Log(
        slots=(plan.slot,),
        action=inputs.chosen.action,
        explanation=tuple(
            Reason(rule=reason.rule, text=cut(reason.text, _REASON_LIMIT)) for reason in told
        ),
    )


def _matched(inputs: ChatInput) -> Matched | NoMatch:
    visit = Visit(
        tenant=inputs.tenant,
        action=inputs.chosen.action,
        party=inputs.visitor.party,
        settings=inputs.settings.matching,
        avoid_records=inputs.avoid_records,
    )
    return match_visitor(visit, inputs.candidates)


def _planned(inputs: ChatInput, match: Matched | NoMatch) -> ChatPlan:
    owner = chat_owner(inputs)
    if isinstance(match, Matched):
        return plan_matched(inputs, match, owner)
    if inputs.chosen.action is ChatAction.CASE:
        return plan_alone(inputs, owner)
    return plan_new(inputs, owner)


def _reasons(inputs: ChatInput, plan: ChatPlan) -> Iterator[Reason]:
    yield _where(inputs, plan)
    yield Reason(rule=plan.slot.owner.rule, text=plan.slot.owner.text)
    is_ruled = plan.slot.kind is SlotKind.CASE or plan.slot.person is not None
    if is_ruled and inputs.settings.ownership.run_assignment_rules:
        text = "The org's assignment rules run and may give what is created to another owner."
        yield Reason(rule=Rule.CX_59, text=text)
    if plan.slot.record is not None:
        yield Reason(rule=Rule.CX_19, text=_update_words(inputs, plan))
    if plan.slot.whole_transcript is not None:
        text = "The text is too long for the Description; a file has all of it."
        yield Reason(rule=Rule.CX_48, text=text)
    yield from plan.dropped
    if inputs.avoid_records:
        refused = ", ".join(sorted(inputs.avoid_records))
        text = f"Salesforce refused to have the chat on {refused}, so that is not chosen again."
        yield Reason(rule=Rule.SH_3, text=text)


def _rule_of_match(inputs: ChatInput) -> Rule:
    return Rule.CX_27 if searched_object(inputs.chosen.action) == "Lead" else Rule.CX_32


def _where(inputs: ChatInput, plan: ChatPlan) -> Reason:
    slot, kind = plan.slot, plan.slot.kind.value.title()
    if slot.person is not None:
        made = slot.person.object_type
        rule = Rule.CX_26 if made == "Lead" else Rule.CX_31
        text = f"The visitor is not in Salesforce; a {made} is created, and the {kind} hangs on it."
        return Reason(rule=rule, text=text)
    if slot.record is None:
        text = "The visitor is no known contact, so the Case stands alone, as the settings say."
        return Reason(rule=Rule.CX_18, text=text)
    text = f"The {kind} hangs on {slot.record.type} {slot.record.id}."
    return Reason(rule=_rule_of_match(inputs), text=text)


def _update_words(inputs: ChatInput, plan: ChatPlan) -> str:
    policy = inputs.settings.chats.update_existing
    if not plan.slot.person_updates:
        return f"Nothing of the record is to be changed (update_existing is {policy})."
    names = ", ".join(sorted(plan.slot.person_updates))
    return f"The chat tells the record's {names}; update_existing is {policy}."

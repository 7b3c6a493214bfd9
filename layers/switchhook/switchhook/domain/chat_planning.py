"""Plans the one Task or Case of a chat: on whom it hangs, who owns it, what it says (CX-23 to CX-59)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from switchhook.domain.activity import OwnerChoice, SlotKind
from switchhook.domain.chat import ChatAction
from switchhook.domain.chat_decision import ChatInput
from switchhook.domain.chat_matching import MAKES_CASES, searched_object
from switchhook.domain.chat_subjects import chat_subject
from switchhook.domain.chat_text import DESCRIPTION_LIMIT, KEY_ROOM, chat_description
from switchhook.domain.chat_values import chat_values
from switchhook.domain.decision import PersonToCreate, PlannedSlot, Reason
from switchhook.domain.field_mapping import (
    REQUIRED,
    Applicable,
    applicable,
    mapped,
    person_account_field,
)
from switchhook.domain.matching import Matched
from switchhook.domain.new_people import NAME_LIMIT
from switchhook.domain.ownership import choose_owner, fallback_owner, known_agent
from switchhook.domain.plain_text import one_line
from switchhook.domain.planning import references
from switchhook.domain.safe_text import safe_line
from switchhook.domain.settings import LogAs, UpdateExisting
from switchhook.domain.task_text import task_status
from switchhook.domain.zones import local_time

_OWNER_RULES = {"AC-27": "CX-57", "AC-28": "CX-58"}


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
    return replace(owner, rule=_OWNER_RULES.get(owner.rule, owner.rule))


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
    rule = {"Lead": "CX-27", "Contact": "CX-32"}[searched_object(inputs.chosen.action)]
    slot = _slot(inputs, texts, owner, ("CX-22", *match.rules, rule))
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
    rules = ("CX-23", "CX-26") if object_type == "Lead" else ("CX-28", "CX-31")
    slot = replace(
        _slot(inputs, texts, owner, rules),
        person=PersonToCreate(object_type=object_type, fields=fields),
    )
    return ChatPlan(slot=slot, dropped=(*texts.dropped, *told.dropped))


def plan_alone(inputs: ChatInput, owner: OwnerChoice) -> ChatPlan:
    """Plans a Case of its own, for a visitor whom the org does not know (CX-18)."""
    texts = texts_of(inputs)
    return ChatPlan(slot=_slot(inputs, texts, owner, ("CX-18",)), dropped=texts.dropped)


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

"""Plans the Tasks of one call: where each hangs, who owns it, what is made along with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from switchhook.domain.acting_agent import acting_agent
from switchhook.domain.activity import OwnerChoice, RecordRef, Slot, SlotKind
from switchhook.domain.agent import Agent
from switchhook.domain.attaching import Attachment, attach_to_match, attach_to_new, case_for
from switchhook.domain.conference import (
    ELSE_RULE,
    HOST_RULE,
    LEAD_OWNER_RULE,
    is_conference,
    owner_of,
    stands_in,
)
from switchhook.domain.decision import Candidate, CaseToCreate, DecisionInput, PlannedSlot
from switchhook.domain.events import Role
from switchhook.domain.matching import Matched
from switchhook.domain.new_people import NAME_LIMIT, person_for, shown_name
from switchhook.domain.ownership import choose_owner, known_agent
from switchhook.domain.party import Party
from switchhook.domain.party_matches import PartyMatch
from switchhook.domain.plain_text import joined, one_line
from switchhook.domain.settings import LogAs
from switchhook.domain.subjects import case_subject
from switchhook.domain.task_text import task_fields

INTERNAL_PARTY = "internal"
"""What stands for the parties of a call between agents, which has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A planned Task with what is told of it: its owner and what it is attached to."""

    slot: PlannedSlot
    attachment: Attachment


def host_of(inputs: DecisionInput) -> OwnerChoice:
    """Chooses the owner that the call's agent makes; in a conference, the host."""
    return choose_owner(
        acting_agent(inputs.call, inputs.people),
        people=inputs.people,
        org=inputs.org,
        settings=inputs.settings.ownership,
        avoid_users=inputs.avoid_users,
    )


def plans_of_records(
    inputs: DecisionInput, choices: tuple[PartyMatch, ...], host: OwnerChoice
) -> list[Plan]:
    """Plans one Task per distinct record, whichever of its numbers took part (PC-17).

    They stand in the order of each record's smallest party. `host` is the owner that the call's agent
    makes.
    """
    by_record: dict[str, list[tuple[Party, Matched]]] = {}
    for choice in choices:
        if isinstance(choice.match, Matched):
            record_id = choice.match.candidate.record.id
            by_record.setdefault(record_id, []).append((choice.party, choice.match))
    return [_plan_of_record(inputs, group, host) for group in by_record.values()]


def _plan_of_record(
    inputs: DecisionInput, group: list[tuple[Party, Matched]], host: OwnerChoice
) -> Plan:
    party, match = group[0]
    candidate = match.candidate
    owner = owner_of(candidate, inputs, host)
    attachment = attach_to_match(match, inputs)
    calls = inputs.settings.calls
    who_id, what_id = references(candidate, person_account_who=calls.person_account_who)
    who = one_line(candidate.name, limit=NAME_LIMIT) or shown_name(party)
    slot = PlannedSlot(
        kind=SlotKind.TASK,
        parties=tuple(member.key for member, _ in group),
        owner=owner,
        fields=_fields(inputs, who, owner, host),
        record=candidate.record,
        who_id=who_id,
        what_id=attachment.record.id if attachment.record else what_id,
        attached=attachment.record,
        case=_case(inputs, party, who, owner) if attachment.makes_case else None,
        rules=_rules(inputs, ("XB-12", "AC-10", *match.rules, *attachment.rules), owner),
        who=who,
    )
    return Plan(slot=slot, attachment=attachment)


def references(candidate: Candidate, *, person_account_who: bool) -> tuple[str | None, str | None]:
    """Gives WhoId and WhatId (AC-10): a person account's contact as Who, unless set otherwise."""
    record: RecordRef = candidate.record
    if record.type != "Account":
        return record.id, None
    if candidate.is_person_account and candidate.person_contact_id and person_account_who:
        return candidate.person_contact_id, None
    return None, record.id


def plan_of_new(inputs: DecisionInput, object_type: str, party: Party, host: OwnerChoice) -> Plan:
    """Plans a Task on a person made for an unknown party, owned as the call is (AC-9)."""
    attachment = attach_to_new(object_type, inputs)
    who = shown_name(party)
    slot = PlannedSlot(
        kind=SlotKind.TASK,
        parties=(party.key,),
        owner=host,
        fields=_fields(inputs, who, host, host),
        person=person_for(object_type, party, host),
        case=_case(inputs, party, who, host) if attachment.makes_case else None,
        rules=_rules(inputs, ("AC-9", *attachment.rules), host),
        who=who,
    )
    return Plan(slot=slot, attachment=attachment)


def plan_of_internal(inputs: DecisionInput, host: OwnerChoice) -> Plan:
    """Plans the one Task, on no record, of a call between agents that the tenant wants (XB-17)."""
    who = _colleagues(inputs)
    slot = PlannedSlot(
        kind=SlotKind.TASK,
        parties=(INTERNAL_PARTY,),
        owner=host,
        fields=_fields(inputs, who, host, host),
        rules=_rules(inputs, ("XB-17",), host),
        who=who,
    )
    return Plan(slot=slot, attachment=Attachment())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """What a Task that exists would say, and whose it would be, had all facts been known."""

    owner: OwnerChoice
    fields: Mapping[str, str | int]


def rewritten(slot: Slot, inputs: DecisionInput, *, is_reassigned: bool) -> Rewritten:
    """Writes the Task of a slot anew, on the record and for the person it has (SH-5).

    A new owner is chosen only where the call is another agent's now. A lead's owner who took part in
    the conference stays the owner (PC-18); nobody is looked for again.
    """
    by_conference = slot.owner is not None and slot.owner.rule in (LEAD_OWNER_RULE, ELSE_RULE)
    if slot.owner is None or is_reassigned or by_conference:
        host = host_of(inputs)
        owner = _owner_again(slot, inputs, host) if is_reassigned or not slot.owner else slot.owner
    else:
        host = owner = slot.owner
    who = slot.who or next(iter(slot.parties), "")
    return Rewritten(owner=owner, fields=_fields(inputs, who, owner, host))


def _owner_again(slot: Slot, inputs: DecisionInput, host: OwnerChoice) -> OwnerChoice:
    if slot.record is None:
        return host
    took_part = slot.owner is not None and slot.owner.rule == LEAD_OWNER_RULE
    lead_owner = slot.owner.user_id if slot.owner and took_part else None
    return owner_of(Candidate(record=slot.record, owner_id=lead_owner), inputs, host)


def _colleagues(inputs: DecisionInput) -> str:
    """Names the other agents of a call, by what is known of each."""
    call, host = inputs.call, _agent(inputs) or Agent()
    own = _folded(host.email, host.name, host.extension)
    others = (
        one_line(end.name or end.email or end.number, limit=NAME_LIMIT)
        for end in call.participants
        if end.role is Role.AGENT and not own & _folded(end.email, end.name, end.number)
    )
    named = joined(others, ", ", limit=NAME_LIMIT)
    stated = one_line(call.external_name or call.external_number, limit=NAME_LIMIT)
    return named or stated or INTERNAL_PARTY


def _folded(*words: str | None) -> frozenset[str]:
    return frozenset(word.strip().casefold() for word in words if word and word.strip())


def _case(inputs: DecisionInput, party: Party, who: str, owner: OwnerChoice) -> CaseToCreate:
    subject = case_subject(
        inputs.call,
        call_type=inputs.screened.call_type,
        who=who,
        parties=inputs.screened.parties,
        agent=_agent(inputs),
        settings=inputs.settings,
    )
    return case_for(inputs, party=party, subject=subject, owner=owner)


def _agent(inputs: DecisionInput) -> Agent | None:
    acting = acting_agent(inputs.call, inputs.people)
    return known_agent(acting, inputs.people) if acting else None


def _fields(
    inputs: DecisionInput, who: str, owner: OwnerChoice, host: OwnerChoice
) -> dict[str, str | int]:
    agent = _agent(inputs)
    is_named = agent is not None and bool(agent.name or agent.email)
    return task_fields(
        inputs.call,
        external_id=inputs.external_id,
        call_type=inputs.screened.call_type,
        who=who,
        parties=inputs.screened.parties,
        agent=agent,
        created_by=agent if is_named and stands_in(owner, host) else None,
        settings=inputs.settings,
        org=inputs.org,
    )


def _rules(inputs: DecisionInput, rules: tuple[str, ...], owner: OwnerChoice) -> tuple[str, ...]:
    by_conference = owner.rule in (LEAD_OWNER_RULE, ELSE_RULE)
    hosts = (HOST_RULE,) if is_conference(inputs) and not by_conference else ()
    return tuple(dict.fromkeys((*rules, *status_rules(inputs), owner.rule, *hosts)))


def status_rules(inputs: DecisionInput) -> tuple[str, str]:
    """Names the rules behind the Task's status, the telling one last."""
    log_as = inputs.settings.calls.workflow[inputs.screened.call_type]
    return ("AC-3", "AC-5") if log_as is LogAs.IN_PROGRESS else ("XB-13", "AC-4")

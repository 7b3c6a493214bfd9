"""Decides what a call becomes in Salesforce: Tasks on records, people to create, or nothing and why.

Plans come first: where each Task hangs, who owns it, what is made along with it. Equal inputs give equal
decisions, in whatever order parties and candidates stand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from switchhook.domain.activity import OwnerChoice, OwnerKind, RecordRef, Slot, SlotKind
from switchhook.domain.calls.places import (
    Attachment,
    PartyMatch,
    Wish,
    attach_to_match,
    attach_to_new,
    case_for,
    is_conference,
    left_standing,
    match_parties,
    owner_of,
    seated,
    stands_in,
)
from switchhook.domain.calls.screening import acting_agent
from switchhook.domain.calls.text import case_subject, task_fields
from switchhook.domain.decision import (
    Candidate,
    CaseToCreate,
    Decision,
    DecisionInput,
    Log,
    PlannedSlot,
    Reason,
    Skip,
)
from switchhook.domain.facts.event import Role
from switchhook.domain.facts.people import Agent, Party
from switchhook.domain.matching.choosing import Matched, NoMatch
from switchhook.domain.matching.recognition import unread_fields
from switchhook.domain.ownership import (
    NAME_LIMIT,
    OBJECTS,
    choose_owner,
    is_by_conference,
    kind_of_owner,
    known_agent,
    person_for,
    shown_name,
)
from switchhook.domain.rules import Rule
from switchhook.domain.settings.schema import LogAs
from switchhook.domain.text import cut, joined, one_line

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


type _Known = list[tuple[Party, Matched]]
"""A record, as all of its numbers that took part have it."""


def _wishes_of_records(
    inputs: DecisionInput, choices: tuple[PartyMatch, ...]
) -> list[Wish[_Known]]:
    """One Task per distinct record, whichever of its numbers took part (PC-17).

    They stand in the order of each record's smallest party.
    """
    by_record: dict[str, _Known] = {}
    for choice in choices:
        if isinstance(choice.match, Matched):
            record_id = choice.match.candidate.record.id
            by_record.setdefault(record_id, []).append((choice.party, choice.match))
    return [
        Wish(
            of=group,
            parties=tuple(party.key for party, _ in group),
            creates=int(attach_to_match(group[0][1], inputs).makes_case),
        )
        for group in by_record.values()
    ]


def _plan_of_record(inputs: DecisionInput, group: _Known, host: OwnerChoice) -> Plan:
    """Plans the Task of one record; `host` is the owner that the call's agent makes."""
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
        rules=_rules(inputs, (Rule.XB_12, Rule.AC_10, *match.rules, *attachment.rules), owner),
        who=who,
        is_left_open=_is_left_open(inputs),
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
        rules=_rules(inputs, (Rule.AC_9, *attachment.rules), host),
        who=who,
        is_left_open=_is_left_open(inputs),
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
        rules=_rules(inputs, (Rule.XB_17,), host),
        who=who,
        is_left_open=_is_left_open(inputs),
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
    by_conference = slot.owner is not None and is_by_conference(slot.owner)
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
    owner = slot.owner
    took_part = owner is not None and kind_of_owner(owner) is OwnerKind.LEAD_OWNER
    lead_owner = owner.user_id if owner and took_part else None
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
    hosts = (Rule.PC_14,) if is_conference(inputs) and not is_by_conference(owner) else ()
    return tuple(dict.fromkeys((*rules, *status_rules(inputs), owner.rule, *hosts)))


def status_rules(inputs: DecisionInput) -> tuple[str, str]:
    """Names the rules behind the Task's status, the telling one last."""
    return (Rule.AC_3, Rule.AC_5) if _is_left_open(inputs) else (Rule.XB_13, Rule.AC_4)


def _is_left_open(inputs: DecisionInput) -> bool:
    return inputs.settings.calls.workflow[inputs.screened.call_type] is LogAs.IN_PROGRESS


_REASON_LIMIT = 300
_MAY_BE_HIDDEN = Reason(
    rule=Rule.SH_11,
    text="The user who connected Salesforce does not see all records, so the number may be on one "
    "that the org's sharing hides; the connection's checks name what is missing.",
)


def decide(inputs: DecisionInput) -> Decision:
    """Decides one call that passed `screen`.

    Each distinct matched record gets one slot, ordered by its smallest party (PC-17). Parties without
    a record get none when another party has one; else a person each, where the tenant chose so
    (AC-9); else the call is skipped (XB-15, X-5). No more get one than there are seats. A call that
    passed without any party is one between agents that the tenant wants logged, and gets one slot
    without a record (XB-17).
    """
    host = host_of(inputs)
    if not inputs.screened.parties:
        return _log(inputs, [plan_of_internal(inputs, host)], [])
    choices = match_parties(inputs)
    told = [
        *unread_fields(inputs.settings.matching.identification, inputs.org),
        *(reason for choice in choices for reason in _reasons_of_choice(choice)),
    ]
    known = _wishes_of_records(inputs, choices)
    unmatched = [choice.party for choice in choices if isinstance(choice.match, NoMatch)]
    if unmatched and not inputs.org.sees_all_records:
        told.append(_MAY_BE_HIDDEN)
    if known:
        told.extend(_left_out(unmatched))
        told.extend(left_standing(known, seats := seated(known, inputs.seated)))
        return _log(inputs, [_plan_of_record(inputs, one.of, host) for one in seats], told)
    object_type = OBJECTS.get(inputs.settings.calls.unknown_number)
    if object_type is None:
        return _skip(unmatched, told)
    return _log(inputs, _plans_of_new(inputs, object_type, unmatched, host, told), told)


def _plans_of_new(
    inputs: DecisionInput,
    object_type: str,
    unmatched: list[Party],
    host: OwnerChoice,
    told: list[Reason],
) -> list[Plan]:
    creates = 1 + attach_to_new(object_type, inputs).makes_case
    new = [Wish(of=party, parties=(party.key,), creates=creates) for party in unmatched]
    seats = seated(new, inputs.seated)
    told.extend(left_standing(new, seats))
    return [plan_of_new(inputs, object_type, one.of, host) for one in seats]


def _log(inputs: DecisionInput, plans: list[Plan], told: list[Reason]) -> Log:
    return Log(
        slots=tuple(plan.slot for plan in plans),
        explanation=tuple(map(_short, (*told, *_reasons_of_plans(inputs, plans)))),
    )


def _skip(unmatched: list[Party], told: list[Reason]) -> Skip:
    numbers = ", ".join(party.key for party in unmatched)
    text = f"No record of the org has the number {numbers}, and none is to be created (X-5)."
    return Skip(
        rule=Rule.XB_15,
        reason="no_match",
        text=cut(text, _REASON_LIMIT),
        explanation=tuple(map(_short, told)),
    )


def _reasons_of_choice(choice: PartyMatch) -> Iterator[Reason]:
    yield Reason(rule=Rule.XB_12, text=f"The party is {choice.party.key}.")
    yield from choice.match.explanation


def _left_out(unmatched: list[Party]) -> Iterator[Reason]:
    if unmatched:
        text = f"{len(unmatched)} further parties have no record and get no Task."
        yield Reason(rule=Rule.PC_17, text=text)


def _reasons_of_plans(inputs: DecisionInput, plans: list[Plan]) -> Iterator[Reason]:
    """Tells of the planned Tasks: where, with what, whose, in which status, and what was refused."""
    slots = [plan.slot for plan in plans]
    for plan in plans:
        yield _where(plan.slot)
        if plan.attachment.reason:
            yield plan.attachment.reason
    if len(slots) > 1:
        text = f"{len(slots)} people took part, so there are {len(slots)} Tasks."
        yield Reason(rule=Rule.PC_17, text=text)
    yield from _whose(inputs, slots)
    status = slots[0].fields["Status"]
    _, rule = status_rules(inputs)
    yield Reason(rule=rule, text=f'The Task\'s status is "{status}".')
    if inputs.avoid_records:
        refused = ", ".join(sorted(inputs.avoid_records))
        text = f"Salesforce refused to have the call on {refused}, so that is not chosen again."
        yield Reason(rule=Rule.SH_3, text=text)


def _where(slot: PlannedSlot) -> Reason:
    if slot.person:
        made = slot.person.object_type
        article = "an" if made == "Account" else "a"
        text = f"The number is not in Salesforce; {article} {made} is created, as the settings say."
        return Reason(rule=Rule.AC_9, text=text)
    if slot.record is None:
        text = "Only agents took part; the Task hangs on no record, as the settings say."
        return Reason(rule=Rule.XB_17, text=text)
    field = "WhoId" if slot.who_id else "WhatId"
    text = f"The Task hangs on {slot.record.type} {slot.record.id} by {field}."
    return Reason(rule=Rule.AC_10, text=text)


def _whose(inputs: DecisionInput, slots: list[PlannedSlot]) -> Iterator[Reason]:
    owners = dict.fromkeys(slot.owner for slot in slots)
    yield from (Reason(rule=owner.rule, text=owner.text) for owner in owners)
    if is_conference(inputs) and not all(map(is_by_conference, owners)):
        text = "In a conference the call's agent is the host, for whom the owner was chosen (X-6)."
        yield Reason(rule=Rule.PC_14, text=text)
    makes = any(slot.case or (slot.person and slot.person.object_type == "Lead") for slot in slots)
    if makes and inputs.settings.ownership.run_assignment_rules:
        text = "The org's assignment rules run and may give what is created to another owner."
        yield Reason(rule=Rule.CX_59, text=text)


def _short(reason: Reason) -> Reason:
    return Reason(rule=reason.rule, text=cut(reason.text, _REASON_LIMIT))

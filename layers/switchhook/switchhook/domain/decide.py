"""Decides what a call becomes in Salesforce: Tasks on records, people to create, or nothing and why.

Equal inputs give equal decisions, in whatever order parties and candidates stand.
"""

from dataclasses import dataclass

from switchhook.domain.activity import OwnerChoice, RecordRef, SlotKind
from switchhook.domain.decision import (
    Candidate,
    Decision,
    DecisionInput,
    Log,
    PartyCandidates,
    PersonToCreate,
    PlannedSlot,
    Reason,
    Skip,
)
from switchhook.domain.events import Agent
from switchhook.domain.matching import Matched, NoMatch, choose
from switchhook.domain.ownership import choose_owner, is_fallback, known_agent
from switchhook.domain.party import Party
from switchhook.domain.plain_text import cut, one_line
from switchhook.domain.settings import LogAs, UnknownNumber
from switchhook.domain.task_text import task_fields

_REASON_LIMIT = 300
_LAST_NAME_LIMIT = 80
_COMPANY_LIMIT = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """What was chosen for one party."""

    party: Party
    match: Matched | NoMatch


def decide(inputs: DecisionInput) -> Decision:
    """Decides one call that passed `screen`.

    Each distinct matched record gets one slot, ordered by its smallest party (PC-17). Parties without
    a record get none when another party has one; else a person each, where the tenant chose so
    (AC-9); else the call is skipped (XB-15, X-5).
    """
    choices = _choices(inputs)
    owner = choose_owner(
        inputs.call.agent,
        people=inputs.people,
        org=inputs.org,
        settings=inputs.settings.ownership,
        avoid_users=inputs.avoid_users,
    )
    explanation = [reason for choice in choices for reason in _choice_reasons(choice)]
    slots = _matched_slots(inputs, choices, owner)
    unmatched = [choice.party for choice in choices if isinstance(choice.match, NoMatch)]
    if slots and unmatched:
        text = f"{len(unmatched)} further parties have no record and get no Task."
        explanation.append(Reason(rule="PC-17", text=text))
    elif inputs.settings.calls.unknown_number is UnknownNumber.LEAD:
        slots = [*slots, *(_slot_of_new_lead(inputs, party, owner) for party in unmatched)]
    if not slots:
        return _skipped(unmatched, explanation)
    explanation.extend(_slot_reasons(inputs, slots, owner))
    return Log(
        slots=tuple(slots),
        call_type=inputs.screened.call_type,
        explanation=tuple(_short(reason) for reason in explanation),
    )


def _choices(inputs: DecisionInput) -> list[_Choice]:
    found: dict[str, tuple[Candidate, ...]] = {}
    for one in inputs.parties:
        found[one.party.key] = (*found.get(one.party.key, ()), *one.candidates)
    return [
        _Choice(
            party=party,
            match=choose(
                PartyCandidates(party=party, candidates=found.get(party.key, ())),
                settings=inputs.settings.matching,
                avoid_records=inputs.avoid_records,
            ),
        )
        for party in sorted(inputs.screened.parties, key=lambda party: party.key)
    ]


def _matched_slots(
    inputs: DecisionInput, choices: list[_Choice], owner: OwnerChoice
) -> list[PlannedSlot]:
    """Plans one slot per distinct record, whichever of its numbers took part (PC-17)."""
    by_record: dict[str, list[tuple[Party, Matched]]] = {}
    for choice in choices:
        if isinstance(choice.match, Matched):
            record_id = choice.match.candidate.record.id
            by_record.setdefault(record_id, []).append((choice.party, choice.match))
    return [_slot_of_record(inputs, group, owner) for group in by_record.values()]


def _slot_of_record(
    inputs: DecisionInput, group: list[tuple[Party, Matched]], owner: OwnerChoice
) -> PlannedSlot:
    party, match = group[0]
    who_id, what_id = _references(match.candidate, inputs)
    return PlannedSlot(
        kind=SlotKind.TASK,
        parties=tuple(member.key for member, _ in group),
        owner=owner,
        fields=_fields(inputs, party, match.candidate.name, owner),
        record=match.candidate.record,
        who_id=who_id,
        what_id=what_id,
        rules=_rules(inputs, ("XB-12", "AC-10", *match.rules), owner),
    )


def _references(candidate: Candidate, inputs: DecisionInput) -> tuple[str | None, str | None]:
    """Gives WhoId and WhatId (AC-10): a person account's contact as Who, unless set otherwise."""
    record: RecordRef = candidate.record
    if record.type != "Account":
        return record.id, None
    if (
        candidate.is_person_account
        and candidate.person_contact_id
        and inputs.settings.calls.person_account_who
    ):
        return candidate.person_contact_id, None
    return None, record.id


def _slot_of_new_lead(inputs: DecisionInput, party: Party, owner: OwnerChoice) -> PlannedSlot:
    name = one_line(party.name, limit=_COMPANY_LIMIT) or party.number.international
    lead = PersonToCreate(
        object_type="Lead",
        fields={
            "LastName": cut(name, _LAST_NAME_LIMIT),
            "Company": cut(name, _COMPANY_LIMIT),
            "Phone": party.key,
            "OwnerId": owner.user_id,
        },
    )
    return PlannedSlot(
        kind=SlotKind.TASK,
        parties=(party.key,),
        owner=owner,
        fields=_fields(inputs, party, None, owner),
        person=lead,
        rules=_rules(inputs, ("AC-9",), owner),
    )


def _fields(
    inputs: DecisionInput, party: Party, record_name: str | None, owner: OwnerChoice
) -> dict[str, str | int]:
    agent = known_agent(inputs.call.agent, inputs.people) if inputs.call.agent else None
    names = (one_line(name, limit=_COMPANY_LIMIT) for name in (record_name, party.name))
    return task_fields(
        inputs.call,
        external_id=inputs.external_id,
        call_type=inputs.screened.call_type,
        who=next((name for name in names if name), party.number.international),
        parties=inputs.screened.parties,
        agent=agent,
        created_by=agent if is_fallback(owner) and _is_somebody(agent) else None,
        settings=inputs.settings,
        org=inputs.org,
    )


def _is_somebody(agent: Agent | None) -> bool:
    return agent is not None and bool(agent.name or agent.email)


def _rules(inputs: DecisionInput, rules: tuple[str, ...], owner: OwnerChoice) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*rules, *_status_rules(inputs), owner.rule)))


def _status_rules(inputs: DecisionInput) -> tuple[str, str]:
    log_as = inputs.settings.calls.workflow[inputs.screened.call_type]
    return ("AC-3", "AC-5") if log_as is LogAs.IN_PROGRESS else ("XB-13", "AC-4")


def _choice_reasons(choice: _Choice) -> list[Reason]:
    number = Reason(rule="XB-12", text=f"The party is {choice.party.key}.")
    return [number, *choice.match.explanation]


def _slot_reasons(
    inputs: DecisionInput, slots: list[PlannedSlot], owner: OwnerChoice
) -> list[Reason]:
    reasons = [_where(slot) for slot in slots]
    if len(slots) > 1:
        text = f"{len(slots)} people took part, so there are {len(slots)} Tasks."
        reasons.append(Reason(rule="PC-17", text=text))
    reasons.append(Reason(rule=owner.rule, text=owner.text))
    status = slots[0].fields["Status"]
    _, rule = _status_rules(inputs)
    reasons.append(Reason(rule=rule, text=f'The Task\'s status is "{status}".'))
    return reasons


def _where(slot: PlannedSlot) -> Reason:
    if slot.record is None:
        text = "The number is not in Salesforce; a Lead is created, as the settings say."
        return Reason(rule="AC-9", text=text)
    field = "WhoId" if slot.who_id else "WhatId"
    text = f"The Task hangs on {slot.record.type} {slot.record.id} by {field}."
    return Reason(rule="AC-10", text=text)


def _skipped(unmatched: list[Party], explanation: list[Reason]) -> Skip:
    numbers = ", ".join(party.key for party in unmatched)
    text = f"No record of the org has the number {numbers}, and none is to be created (X-5)."
    return Skip(
        rule="XB-15",
        reason="no_match",
        text=cut(text, _REASON_LIMIT),
        explanation=tuple(_short(reason) for reason in explanation),
    )


def _short(reason: Reason) -> Reason:
    return Reason(rule=reason.rule, text=cut(reason.text, _REASON_LIMIT))

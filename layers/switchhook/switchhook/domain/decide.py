"""Decides what a call becomes in Salesforce: Tasks on records, people to create, or nothing and why.

Equal inputs give equal decisions, in whatever order parties and candidates stand.
"""

from collections.abc import Iterator

from switchhook.domain.conference import HOST_RULE, is_conference
from switchhook.domain.decision import Decision, DecisionInput, Log, PlannedSlot, Reason, Skip
from switchhook.domain.matching import NoMatch
from switchhook.domain.new_people import OBJECTS
from switchhook.domain.party import Party
from switchhook.domain.party_matches import PartyMatch, match_parties
from switchhook.domain.plain_text import cut
from switchhook.domain.planning import (
    Plan,
    host_of,
    plan_of_internal,
    plan_of_new,
    plans_of_records,
    status_rules,
)
from switchhook.domain.recognition import unread_fields

_REASON_LIMIT = 300
_MAY_BE_HIDDEN = Reason(
    rule="SH-11",
    text="The user who connected Salesforce does not see all records, so the number may be on one "
    "that the org's sharing hides; the connection's checks name what is missing.",
)


def decide(inputs: DecisionInput) -> Decision:
    """Decides one call that passed `screen`.

    Each distinct matched record gets one slot, ordered by its smallest party (PC-17). Parties without
    a record get none when another party has one; else a person each, where the tenant chose so
    (AC-9); else the call is skipped (XB-15, X-5). A call that passed without any party is one
    between agents that the tenant wants logged, and gets one slot without a record (XB-17).
    """
    host = host_of(inputs)
    if not inputs.screened.parties:
        return _log(inputs, [plan_of_internal(inputs, host)], [])
    choices = match_parties(inputs)
    told = [
        *unread_fields(inputs.settings.matching.identification, inputs.org),
        *(reason for choice in choices for reason in _reasons_of_choice(choice)),
    ]
    plans = plans_of_records(inputs, choices, host)
    unmatched = [choice.party for choice in choices if isinstance(choice.match, NoMatch)]
    if unmatched and not inputs.org.sees_all_records:
        told.append(_MAY_BE_HIDDEN)
    if plans:
        told.extend(_left_out(unmatched))
        return _log(inputs, plans, told)
    object_type = OBJECTS.get(inputs.settings.calls.unknown_number)
    if object_type is None:
        return _skip(unmatched, told)
    made = [plan_of_new(inputs, object_type, party, host) for party in unmatched]
    return _log(inputs, made, told)


def _log(inputs: DecisionInput, plans: list[Plan], told: list[Reason]) -> Log:
    return Log(
        slots=tuple(plan.slot for plan in plans),
        call_type=inputs.screened.call_type,
        explanation=tuple(map(_short, (*told, *_reasons_of_plans(inputs, plans)))),
    )


def _skip(unmatched: list[Party], told: list[Reason]) -> Skip:
    numbers = ", ".join(party.key for party in unmatched)
    text = f"No record of the org has the number {numbers}, and none is to be created (X-5)."
    return Skip(
        rule="XB-15",
        reason="no_match",
        text=cut(text, _REASON_LIMIT),
        explanation=tuple(map(_short, told)),
    )


def _reasons_of_choice(choice: PartyMatch) -> Iterator[Reason]:
    yield Reason(rule="XB-12", text=f"The party is {choice.party.key}.")
    yield from choice.match.explanation


def _left_out(unmatched: list[Party]) -> Iterator[Reason]:
    if unmatched:
        text = f"{len(unmatched)} further parties have no record and get no Task."
        yield Reason(rule="PC-17", text=text)


def _reasons_of_plans(inputs: DecisionInput, plans: list[Plan]) -> Iterator[Reason]:
    """Tells of the planned Tasks: where, with what, whose, in which status, and what was refused."""
    slots = [plan.slot for plan in plans]
    for plan in plans:
        yield _where(plan.slot)
        if plan.attachment.reason:
            yield plan.attachment.reason
    if len(slots) > 1:
        text = f"{len(slots)} people took part, so there are {len(slots)} Tasks."
        yield Reason(rule="PC-17", text=text)
    yield from _whose(inputs, slots)
    status = slots[0].fields["Status"]
    _, rule = status_rules(inputs)
    yield Reason(rule=rule, text=f'The Task\'s status is "{status}".')
    if inputs.avoid_records:
        refused = ", ".join(sorted(inputs.avoid_records))
        text = f"Salesforce refused to have the call on {refused}, so that is not chosen again."
        yield Reason(rule="SH-3", text=text)


def _where(slot: PlannedSlot) -> Reason:
    if slot.person:
        made = slot.person.object_type
        article = "an" if made == "Account" else "a"
        text = f"The number is not in Salesforce; {article} {made} is created, as the settings say."
        return Reason(rule="AC-9", text=text)
    if slot.record is None:
        text = "Only agents took part; the Task hangs on no record, as the settings say."
        return Reason(rule="XB-17", text=text)
    field = "WhoId" if slot.who_id else "WhatId"
    text = f"The Task hangs on {slot.record.type} {slot.record.id} by {field}."
    return Reason(rule="AC-10", text=text)


def _whose(inputs: DecisionInput, slots: list[PlannedSlot]) -> Iterator[Reason]:
    owners = dict.fromkeys(slot.owner for slot in slots)
    yield from (Reason(rule=owner.rule, text=owner.text) for owner in owners)
    if is_conference(inputs) and any(HOST_RULE in slot.rules for slot in slots):
        text = "In a conference the call's agent is the host, for whom the owner was chosen (X-6)."
        yield Reason(rule=HOST_RULE, text=text)
    makes = any(slot.case or (slot.person and slot.person.object_type == "Lead") for slot in slots)
    if makes and inputs.settings.ownership.run_assignment_rules:
        text = "The org's assignment rules run and may give what is created to another owner."
        yield Reason(rule="CX-59", text=text)


def _short(reason: Reason) -> Reason:
    return Reason(rule=reason.rule, text=cut(reason.text, _REASON_LIMIT))

"""Chooses the open Case or Opportunity that a contact's call is also logged on, or has a Case made.

It is the same Task, with the contact as WhoId and the Case or Opportunity as WhatId (AC-11).
"""

from dataclasses import dataclass

from switchhook.domain.activity import OwnerChoice, RecordRef
from switchhook.domain.decision import CaseToCreate, DecisionInput, OpenRelated, Reason
from switchhook.domain.matching import Matched
from switchhook.domain.party import Party
from switchhook.domain.party_matches import match_parties
from switchhook.domain.plain_text import labelled, one_line
from switchhook.domain.settings import AttachTo
from switchhook.domain.task_text import DESCRIPTION_LIMIT

_OBJECTS = {AttachTo.CASE: "Case", AttachTo.OPPORTUNITY: "Opportunity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What a call is logged on beside the person, with the reason for it or against it.

    At most one of `record` (an open Case or Opportunity) and `makes_case` is set.
    """

    record: RecordRef | None = None
    makes_case: bool = False
    rules: tuple[str, ...] = ()
    reason: Reason | None = None


def contacts_to_ask(inputs: DecisionInput) -> tuple[str, ...]:
    """Names the contacts whose open Cases or Opportunities the decision needs, in the order of ids.

    Empty where the tenant attaches calls to neither, and where no party is a contact (AC-14).
    """
    if inputs.settings.calls.attach_to is AttachTo.NONE:
        return ()
    matches = (choice.match for choice in match_parties(inputs))
    contacts = {
        match.candidate.record.id
        for match in matches
        if isinstance(match, Matched) and _is_contact(match)
    }
    return tuple(sorted(contacts))


def _is_contact(match: Matched) -> bool:
    return match.candidate.record.type == "Contact" and not match.candidate.is_person_account


def attach_to_match(match: Matched, inputs: DecisionInput) -> Attachment:
    """Chooses for a matched record: the contact's open one, changed last (AC-18), else a new Case.

    Leads, accounts and person accounts have nothing attached (AC-14). What Salesforce refused
    (`avoid_records`) is not chosen again.
    """
    wanted = _OBJECTS.get(inputs.settings.calls.attach_to)
    if wanted is None:
        return Attachment()
    if not _is_contact(match):
        return _only_contacts(wanted, match.candidate.record.type)
    contact = match.candidate.record.id
    opened = {
        one.record.id: one
        for one in sorted(inputs.related, key=lambda one: one.modified_at)
        if one.contact_id == contact
        and one.record.type == wanted
        and one.record.id not in inputs.avoid_records
    }
    if opened:
        return _attached(wanted, tuple(opened.values()))
    return _none_open(wanted, inputs)


def attach_to_new(object_type: str, inputs: DecisionInput) -> Attachment:
    """Chooses for a person made for this call: a new Case with a new contact (AC-19), else nothing."""
    wanted = _OBJECTS.get(inputs.settings.calls.attach_to)
    if wanted is None:
        return Attachment()
    if object_type != "Contact":
        return _only_contacts(wanted, object_type)
    return _none_open(wanted, inputs)


def case_for(
    inputs: DecisionInput, *, party: Party, subject: str, owner: OwnerChoice
) -> CaseToCreate:
    """Gives the Case's values without its contact; its status is left to the org's default.

    `subject` is a subject of at most 255 characters.
    """
    number = party.number.e164 if party.number else ""
    external_id = one_line(inputs.external_id, limit=DESCRIPTION_LIMIT)
    fields = {
        "Subject": subject,
        "Origin": "Phone",
        "Description": labelled(
            (("Number", number), ("Call id", external_id)), limit=DESCRIPTION_LIMIT
        ),
        "SuppliedPhone": number,
        "OwnerId": owner.user_id,
    }
    return CaseToCreate(fields={name: value for name, value in fields.items() if value})


def _only_contacts(wanted: str, object_type: str) -> Attachment:
    text = f"Only a contact's calls are logged on a {wanted}; this record's type is {object_type}."
    return Attachment(reason=Reason(rule="AC-14", text=text))


def _attached(wanted: str, opened: tuple[OpenRelated, ...]) -> Attachment:
    newest = max(one.modified_at for one in opened)
    chosen = min(one.record for one in opened if one.modified_at == newest)
    if len(opened) == 1:
        text = f"The Task also hangs on {wanted} {chosen.id}, the contact's only open one."
        return Attachment(
            record=chosen, rules=("AC-11", "AC-15"), reason=Reason(rule="AC-11", text=text)
        )
    text = (
        f"The Task also hangs on {wanted} {chosen.id}, of the contact's {len(opened)} open ones"
        " the one modified last."
    )
    return Attachment(
        record=chosen, rules=("AC-11", "AC-15", "AC-18"), reason=Reason(rule="AC-18", text=text)
    )


def _none_open(wanted: str, inputs: DecisionInput) -> Attachment:
    if wanted == "Opportunity":
        text = "The contact has no open Opportunity; one is never made for a call (AC-20)."
        return Attachment(reason=Reason(rule="AC-20", text=text))
    if not inputs.settings.calls.create_case:
        text = "The contact has no open Case, and none is to be made (AC-13)."
        return Attachment(reason=Reason(rule="AC-15", text=text))
    text = "The contact has no open Case, so one is made for the call, as the settings say."
    return Attachment(
        makes_case=True, rules=("AC-13", "AC-19"), reason=Reason(rule="AC-13", text=text)
    )

"""Says where the Tasks of a call belong: on which record, on which Case or Opportunity, and whose they are.

Each party is matched once and in a fixed order. A Case or Opportunity stands on the same Task, as WhatId
beside the contact's WhoId (AC-11). In a conference PC-18 and PC-19 hold for leads, PC-14 for all others
(X-6). Where more took part than one request and one commit have room for, 24 get a seat.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import batched

from switchhook.domain.activity import OwnerChoice, OwnerKind, RecordRef
from switchhook.domain.calls.screening import acting_agent
from switchhook.domain.calls.text import DESCRIPTION_LIMIT
from switchhook.domain.decision import (
    Candidate,
    CaseToCreate,
    DecisionInput,
    OpenRelated,
    PartyCandidates,
    Reason,
)
from switchhook.domain.facts.event import Role
from switchhook.domain.facts.people import Agent, Party
from switchhook.domain.matching.choosing import Matched, NoMatch, choose
from switchhook.domain.ownership import fallback_owner, is_fallback, is_user, kind_of_owner
from switchhook.domain.rules import Rule
from switchhook.domain.settings.schema import AttachTo, ConferenceElse
from switchhook.domain.text import labelled, one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyMatch:
    """What was chosen for one party."""

    party: Party
    match: Matched | NoMatch


def match_parties(inputs: DecisionInput) -> tuple[PartyMatch, ...]:
    """Chooses a record for each party that passed the screen, in the order of their keys.

    A party that nobody searched for has no record.
    """
    found: dict[str, tuple[Candidate, ...]] = {}
    for one in inputs.parties:
        found[one.party.key] = (*found.get(one.party.key, ()), *one.candidates)
    return tuple(
        PartyMatch(
            party=party,
            match=choose(
                PartyCandidates(party=party, candidates=found.get(party.key, ())),
                tenant=inputs.tenant,
                settings=inputs.settings.matching,
                avoid_records=inputs.avoid_records,
            ),
        )
        for party in sorted(inputs.screened.parties, key=lambda party: party.key)
    )


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
    if _attaches_to(inputs) is None:
        return ()
    matches = (choice.match for choice in match_parties(inputs))
    contacts = {
        match.candidate.record.id
        for match in matches
        if isinstance(match, Matched) and _is_contact(match)
    }
    return tuple(sorted(contacts))


def _attaches_to(inputs: DecisionInput) -> str | None:
    return _OBJECTS.get(inputs.settings.calls.attach_to) if inputs.sees_related else None


def _is_contact(match: Matched) -> bool:
    return match.candidate.record.type == "Contact" and not match.candidate.is_person_account


def attach_to_match(match: Matched, inputs: DecisionInput) -> Attachment:
    """Chooses for a matched record: the contact's open one, changed last (AC-18), else a new Case.

    Leads, accounts and person accounts have nothing attached (AC-14). What Salesforce refused
    (`avoid_records`) is not chosen again.
    """
    wanted = _attaches_to(inputs)
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
    wanted = _attaches_to(inputs)
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
    return Attachment(reason=Reason(rule=Rule.AC_14, text=text))


def _attached(wanted: str, opened: tuple[OpenRelated, ...]) -> Attachment:
    newest = max(one.modified_at for one in opened)
    chosen = min(one.record for one in opened if one.modified_at == newest)
    if len(opened) == 1:
        text = f"The Task also hangs on {wanted} {chosen.id}, the contact's only open one."
        return Attachment(
            record=chosen, rules=(Rule.AC_11, Rule.AC_15), reason=Reason(rule=Rule.AC_11, text=text)
        )
    text = (
        f"The Task also hangs on {wanted} {chosen.id}, of the contact's {len(opened)} open ones"
        " the one modified last."
    )
    return Attachment(
        record=chosen,
        rules=(Rule.AC_11, Rule.AC_15, Rule.AC_18),
        reason=Reason(rule=Rule.AC_18, text=text),
    )


def _none_open(wanted: str, inputs: DecisionInput) -> Attachment:
    if wanted == "Opportunity":
        text = "The contact has no open Opportunity; one is never made for a call (AC-20)."
        return Attachment(reason=Reason(rule=Rule.AC_20, text=text))
    if not (inputs.settings.calls.create_case and inputs.may_make_case):
        text = "The contact has no open Case, and none is to be made (AC-13)."
        return Attachment(reason=Reason(rule=Rule.AC_15, text=text))
    text = "The contact has no open Case, so one is made for the call, as the settings say."
    return Attachment(
        makes_case=True, rules=(Rule.AC_13, Rule.AC_19), reason=Reason(rule=Rule.AC_13, text=text)
    )


def is_conference(inputs: DecisionInput) -> bool:
    """Tells whether two or more external parties took part."""
    return len(inputs.screened.parties) > 1


def owner_of(candidate: Candidate, inputs: DecisionInput, host: OwnerChoice) -> OwnerChoice:
    """Chooses who owns a record's Task, where `host` is the owner that the call's agent makes.

    Where the tenant wants so, a lead's Task of a conference is its owner's, if an active user who took
    part (PC-18), else the installer's or the host's (PC-19). All other Tasks are the host's (PC-14).
    """
    settings = inputs.settings.ownership
    if (
        not settings.conference_lead_owner
        or candidate.record.type != "Lead"
        or not is_conference(inputs)
    ):
        return host
    lead_owner = candidate.owner_id
    if lead_owner and lead_owner not in inputs.avoid_users and _took_part(lead_owner, inputs):
        text = "The lead's owner took part in the conference and owns the lead's Task."
        kind = OwnerKind.LEAD_OWNER
        return OwnerChoice(user_id=lead_owner, rule=Rule.PC_18, text=text, kind=kind)
    why = "No user who owns the lead took part in the conference"
    if settings.conference_lead_owner_else is ConferenceElse.HOST:
        hosts = replace(host, text=f"{why}. {host.text}")
        return hosts if is_fallback(host) else _else(hosts)
    installer = fallback_owner(
        why, org=inputs.org, settings=settings, avoid_users=inputs.avoid_users
    )
    return _else(installer)


def _else(owner: OwnerChoice) -> OwnerChoice:
    return replace(owner, rule=Rule.PC_19, kind=OwnerKind.CONFERENCE_ELSE)


def stands_in(owner: OwnerChoice, host: OwnerChoice) -> bool:
    """Tells whether the owner stands in for the call's agent, so that the Task names the agent."""
    if kind_of_owner(owner) is OwnerKind.LEAD_OWNER:
        return False
    return is_fallback(host) or owner.user_id != host.user_id


def _took_part(user_id: str, inputs: DecisionInput) -> bool:
    return any(
        is_user(agent, user_id, people=inputs.people, org=inputs.org) for agent in _present(inputs)
    )


def _present(inputs: DecisionInput) -> Iterator[Agent]:
    """Gives everybody who took part; an e-mail tells a user even at an outside end."""
    host = acting_agent(inputs.call, inputs.people)
    if host:
        yield host
    for end in inputs.call.participants:
        if end.role is Role.AGENT:
            yield Agent(email=end.email, name=end.name, extension=end.number)
        elif end.email:
            yield Agent(email=end.email)


MOST_PEOPLE = 24
"""For how many people a call is logged: one commit of the ledger takes 100 changes (docs/adr/0020)."""

MOST_CREATED = 24
"""How many people and Cases one request to Salesforce creates; the Tasks go in one collection beside."""

_NAMED_AT_ONCE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish[T]:
    """Somebody whom a call may be logged for: what the Task is planned from, and what it creates beside."""

    of: T
    parties: tuple[str, ...]
    creates: int = 0


def seated[T](wishes: Sequence[Wish[T]], taken: frozenset[str]) -> tuple[Wish[T], ...]:
    """The wishes that there is room for, in their order.

    `taken` are the parties who have a slot already: they keep it, whoever else is told of later.
    """
    room = MOST_CREATED
    kept: set[tuple[str, ...]] = set()
    for wish in sorted(wishes, key=lambda wish: taken.isdisjoint(wish.parties)):
        has_slot = not taken.isdisjoint(wish.parties)
        if has_slot or (len(kept) < MOST_PEOPLE and wish.creates <= room):
            kept.add(wish.parties)
            room -= wish.creates
    return tuple(wish for wish in wishes if wish.parties in kept)


def left_standing[T](wishes: Sequence[Wish[T]], kept: Sequence[Wish[T]]) -> Iterator[Reason]:
    """Names everybody who gets no Task for want of room, a few to a sentence, for a reason is short."""
    with_seat = {wish.parties for wish in kept}
    without = (wish.parties[0] for wish in wishes if wish.parties not in with_seat)
    for group in batched(without, _NAMED_AT_ONCE, strict=False):
        named = ", ".join(group)
        text = f"More took part than a call is logged for; there is no Task for {named}."
        yield Reason(rule=Rule.PC_17, text=text)

"""Chooses the one record that a visitor is, among those that the chat's action can be logged on.

By the e-mail first, exactly and in either case, then by the phone, or by whatever fields the tenant
has named, in their order (CX-21, CX-22).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from switchhook.domain.activity import RecordRef
from switchhook.domain.decision import Candidate, CandidateSource, PartyCandidates, Reason
from switchhook.domain.facts.chat import ChatAction
from switchhook.domain.facts.people import Party
from switchhook.domain.matching.choosing import Matched, NoMatch, choose
from switchhook.domain.matching.recognition import TRUSTED
from switchhook.domain.rules import Rule
from switchhook.domain.settings.schema import MatchingSettings
from switchhook.domain.settings.values import EMAIL, PHONE, Identification

MAKES_CASES = frozenset({ChatAction.CONTACT_CASE, ChatAction.CASE})
"""The actions that write a Case; the others write a Task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Whom a chat's action looks for, and how one record is chosen among several."""

    tenant: str
    action: ChatAction
    party: Party
    settings: MatchingSettings
    avoid_records: frozenset[str] = frozenset()


def searched_object(action: ChatAction) -> str:
    """Names the object whose records an action looks for, and makes: "Lead" or "Contact"."""
    return "Lead" if action is ChatAction.LEAD_TASK else "Contact"


def match_visitor(visit: Visit, candidates: Sequence[Candidate]) -> Matched | NoMatch:
    """Chooses the visitor's record; the order of `candidates` does not matter.

    A pin beats all, in any kind that can bear the action: a Case is a contact's. Else a lead action
    looks at leads, where a converted one counts as the contact that it became, and any other action at
    contacts, where a person account counts as its contact. The first field of the tenant's list that
    tells of anybody decides; among those it tells of, the tie-break (X-2). Candidates of source
    CREATED or CACHE must come from what is known of the action's own object.
    """
    pinned = _pinned(visit, candidates)
    if pinned is not None:
        return pinned
    wanted = list(_wanted(visit.action, candidates))
    criteria = visit.settings.identification.of(searched_object(visit.action))
    for entry in criteria or (EMAIL,):
        match = _by(entry, visit, wanted)
        if isinstance(match, Matched):
            return _told(match, entry, visit, len(wanted))
    return NoMatch(explanation=(_nobody(visit, len(wanted)),))


def _pinned(visit: Visit, candidates: Iterable[Candidate]) -> Matched | None:
    pins = [
        one
        for one in candidates
        if one.source is CandidateSource.PIN
        and (visit.action not in MAKES_CASES or _has_contact(one))
    ]
    if not pins:
        return None
    match = _choose(visit, pins)
    if not isinstance(match, Matched):
        return None
    return replace(match, explanation=_kept(match.explanation))


def _has_contact(one: Candidate) -> bool:
    if one.record.type == "Account":
        return one.is_person_account and one.person_contact_id is not None
    return one.record.type == "Contact" or one.converted_contact_id is not None


def _wanted(action: ChatAction, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """The candidates that the action can be logged on, a person account named by its contact.

    A lead that we made, and that was converted since, is known as the contact that it became.
    """
    for one in candidates:
        if one.source is CandidateSource.PIN:
            continue
        if action is ChatAction.LEAD_TASK:
            if one.record.type == "Lead" or one.source is CandidateSource.CREATED:
                yield one
        elif one.record.type == "Contact":
            yield one
        elif one.is_person_account and one.person_contact_id is not None:
            twin = RecordRef(type="Contact", id=one.person_contact_id)
            yield replace(one, record=twin, account_id=one.record.id)


def _by(entry: str, visit: Visit, wanted: Sequence[Candidate]) -> Matched | NoMatch:
    """Chooses among those whom one field tells of."""
    only = Identification(contact=(entry,), lead=(entry,), account=(entry,))
    return _choose(visit, wanted, identification=only)


def _choose(
    visit: Visit, candidates: Sequence[Candidate], *, identification: Identification | None = None
) -> Matched | NoMatch:
    return choose(
        PartyCandidates(party=visit.party, candidates=tuple(candidates)),
        tenant=visit.tenant,
        settings=visit.settings,
        identification=identification,
        avoid_records=visit.avoid_records,
    )


def _told(match: Matched, entry: str, visit: Visit, considered: int) -> Matched:
    """Says in a chat's words by what the visitor was recognised."""
    record = match.candidate.record
    by = {EMAIL: "e-mail", PHONE: "phone"}.get(entry, f"field {entry}")
    text = f"Of {considered} records considered, {record.type} {record.id} has the visitor's {by}."
    if match.candidate.source in TRUSTED:
        text = f"{record.type} {record.id} is known from before to be the visitor."
    elif visit.action is ChatAction.LEAD_TASK and record.type == "Contact":
        text = f"The lead with the visitor's {by} was converted; it became Contact {record.id}."
    reason = Reason(rule=Rule.CX_21, text=text)
    rules = (Rule.CX_21, *match.rules)
    return replace(match, rules=rules, explanation=(*_kept(match.explanation), reason))


def _kept(explanation: Iterable[Reason]) -> tuple[Reason, ...]:
    """What fits a chat too; it has words of its own for the rest."""
    return tuple(reason for reason in explanation if not reason.is_of_calls)


def _nobody(visit: Visit, considered: int) -> Reason:
    wanted = searched_object(visit.action)
    rule = Rule.CX_23 if wanted == "Lead" else Rule.CX_28
    text = f"Of {considered} records considered, no {wanted} is known to be the visitor."
    return Reason(rule=rule, text=text)

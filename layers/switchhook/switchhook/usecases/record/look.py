"""Finds who may be behind a call or chat: pinned, cached a moment ago, made by ourselves, or searched for.

Reads too what of the matched contacts a call can also be logged on: open Cases or Opportunities (AC-11).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from switchhook.domain.activity import FINAL, Activity, RecordRef
from switchhook.domain.calls.places import contacts_to_ask
from switchhook.domain.chats.decide import ChatInput, decide_chat
from switchhook.domain.chats.files import note_lines
from switchhook.domain.chats.matching import Visit, match_visitor, searched_object
from switchhook.domain.chats.revisions import told_mark, values_for
from switchhook.domain.chats.screening import ChatParty, ChatScreened
from switchhook.domain.decision import (
    Candidate,
    CandidateSource,
    Decision,
    DecisionInput,
    OrgFacts,
    PartyCandidates,
    PlannedSlot,
    Screened,
    Skip,
)
from switchhook.domain.errors import Permanent
from switchhook.domain.facts.chat import ChatAction
from switchhook.domain.matching.choosing import Matched, as_account
from switchhook.domain.rules import Rule
from switchhook.domain.settings.schema import AttachTo, Settings, makes_cases
from switchhook.domain.settings.values import PHONE
from switchhook.domain.writing.claims import Claim, Known
from switchhook.usecases.record import claims
from switchhook.usecases.record.gather import Access, Case, note_usage
from switchhook.usecases.record.world import Attempt, World


def find_candidates(
    case: Case,
    screened: Screened,
    access: Access,
    known: Mapping[str, Known],
    attempt: Attempt,
    world: World,
) -> tuple[PartyCandidates, ...]:
    """Every record that may be one of the parties; at most one Salesforce search for all of them.

    A party whose match a person chose, or that was cached a moment ago, needs no search. What we created ourselves is known
    from the directory, however far Salesforce's search index lags (SH-1).
    """
    if not screened.parties:
        return ()  # A call between agents, which is on no record.
    now = world.now()
    settled = {
        key: match
        for key, about in known.items()
        if (match := _settled(about, case, screened, now)) is not None
    }
    if not attempt.search_afresh and len(settled) == len(screened.parties):
        return tuple(
            PartyCandidates(party=party, candidates=(settled[party.key],))
            for party in screened.parties
        )
    answer = world.search.search(
        access.grant, access.facts, screened.parties, case.settings.matching
    )
    attempt.note("search for the number", "ok", world)
    note_usage(access.connection, answer.usage, world)
    return tuple(
        PartyCandidates(
            party=party,
            candidates=tuple(
                living(candidate, attempt)
                for candidate in _with_known(answer.candidates, known[party.key])
            ),
        )
        for party in screened.parties
    )


def living(candidate: Candidate, attempt: Attempt) -> Candidate:
    """The candidate, or what it became: the record it was merged into, a lead's contact (XB-20)."""
    successor = attempt.successors.get(candidate.record.id)
    if successor is None:
        return candidate
    return replace(candidate, record=successor, is_converted=False, converted_contact_id=None)


def _settled(about: Known, case: Case, screened: Screened, now: datetime) -> Candidate | None:
    """The match that is known without a search: a person's choice (XB-20), else the cached one."""
    if about.pin is None:
        return _cached(about, case.settings, now)
    # Who owns a lead changes in Salesforce, and in a conference that may decide (PC-18).
    by_owner = case.settings.ownership.conference_lead_owner and len(screened.parties) > 1
    is_lead = about.pin.record.type == "Lead"
    return None if by_owner and is_lead else about.pin.candidate


def _cached(about: Known, settings: Settings, now: datetime) -> Candidate | None:
    match = about.match
    if match is None or match.expires_at <= now or match.settings_version != settings.version:
        return None
    return replace(match.candidate, source=CandidateSource.CACHE)


def _with_known(found: tuple[Candidate, ...], about: Known) -> tuple[Candidate, ...]:
    """What was found, what we created for the party, and its pin; the org's word on the pin is newer."""
    seen = {candidate.record.id for candidate in found}
    created = tuple(
        Candidate(record=claim.record, source=CandidateSource.CREATED)
        for claim in about.claims
        if claim.record is not None and claim.record.id not in seen
    )
    if about.pin is None:
        return (*found, *created)
    newest = {account.record: account for account in map(as_account, found)}
    pin = newest.get(about.pin.record, about.pin.candidate)
    return (*found, *created, replace(pin, source=CandidateSource.PIN))


_EMAIL = "Email"


def find_visitor(
    case: Case,
    screened: ChatScreened,
    access: Access,
    known: Mapping[str, Known],
    attempt: Attempt,
    world: World,
) -> PartyCandidates:
    """Every record that may be the visitor; at most one Salesforce search.

    A pin, or the match of a moment ago, needs none. Whom we made for one of the visitor's identifiers
    is known from the directory (SH-1); by a weaker identifier than the visitor's own e-mail only where
    the record's e-mail does not say otherwise, which takes one more request.
    """
    party, visit = screened.visitor.party, _visit(case, screened, attempt)
    settled = tuple(_settled_parties(screened, known, case, world))
    if settled and not attempt.search_afresh and isinstance(match_visitor(visit, settled), Matched):
        return PartyCandidates(party=party, candidates=settled)
    answer = world.search.search(access.grant, access.facts, (party,), case.settings.matching)
    attempt.note("search for the visitor", "ok", world)
    note_usage(access.connection, answer.usage, world)
    sure, unsure = _made(case, screened, known)
    candidates = [living(one, attempt) for one in (*answer.candidates, *sure)]
    candidates += [pin for about in known.values() if (pin := _pin(about)) is not None]
    if unsure and not isinstance(match_visitor(visit, candidates), Matched):
        candidates += _not_another(unsure, party.email, access, attempt, world)
    return PartyCandidates(party=party, candidates=tuple(candidates))


def _visit(case: Case, screened: ChatScreened, attempt: Attempt) -> Visit:
    return Visit(
        tenant=case.head.tenant,
        action=screened.chosen.action,
        party=screened.visitor.party,
        settings=case.settings.matching,
        avoid_records=frozenset(attempt.avoid_records),
    )


def _settled_parties(
    screened: ChatScreened, known: Mapping[str, Known], case: Case, world: World
) -> Iterator[Candidate]:
    """What is known without a search: a person's choice (XB-20), else the match of a moment ago."""
    pins = [pin for about in known.values() if (pin := _pin(about)) is not None]
    if pins:
        yield from pins
        return
    match = known[screened.visitor.party.key].match
    if match is None or match.expires_at <= world.now():
        return
    if match.settings_version == case.settings.version:
        yield replace(match.candidate, source=CandidateSource.CACHE)


def _pin(about: Known) -> Candidate | None:
    return about.pin.candidate if about.pin else None


def _made(
    case: Case, screened: ChatScreened, known: Mapping[str, Known]
) -> tuple[list[Candidate], list[Candidate]]:
    """Whom we made of the action's kind: for surely this visitor, and for perhaps another."""
    wanted = searched_object(screened.chosen.action)
    sure_keys = set(_sure_keys(screened.visitor, case, wanted))
    sure: dict[str, Candidate] = {}
    unsure: dict[str, Candidate] = {}
    for key, about in known.items():
        for claim in about.claims:
            if claim.record is not None and claim.object_type == wanted:
                made = Candidate(record=claim.record, source=CandidateSource.CREATED)
                (sure if key in sure_keys else unsure)[claim.record.id] = made
    return list(sure.values()), [one for id_, one in unsure.items() if id_ not in sure]


def _sure_keys(visitor: ChatParty, case: Case, object_type: str) -> Iterator[str]:
    """The visitor's key, and the phone where the tenant recognises people by it."""
    yield visitor.party.key
    number = visitor.party.number
    if number is not None and PHONE in case.settings.matching.identification.of(object_type):
        yield number.e164


def _not_another(
    unsure: Iterable[Candidate], email: str | None, access: Access, attempt: Attempt, world: World
) -> list[Candidate]:
    """Those whose own e-mail, if they have one by now, is the visitor's: a browser may be shared."""
    by_id = {one.record.id: one for one in unsure}
    object_type = next(iter(by_id.values())).record.type
    ids = [one.record.id for one in by_id.values() if one.record.type == object_type]
    stored = world.records.read(access.grant, object_type, ids, [_EMAIL])
    attempt.note("read whom the visitor was before", f"{len(stored)} found", world)
    allowed = {"", (email or "").casefold()}
    return [
        by_id[one.id]
        for one in stored
        if email is None or str(one.fields.get(_EMAIL) or "").casefold() in allowed
    ]


def decide_visit(
    case: Case,
    screened: ChatScreened,
    access: Access,
    found: PartyCandidates,
    known: Mapping[str, Known],
    attempt: Attempt,
) -> Decision:
    """Decide the chat; its slot bears every identifier of the visitor, for the claims (SH-1)."""
    inputs = chat_input(case, screened, access.facts, attempt)
    decision = decide_chat(replace(inputs, candidates=found.candidates))
    if isinstance(decision, Skip):
        return decision
    slots = (
        replace(
            one,
            parties=_claimed(one, screened, known),
            told=told_mark(values_for(inputs, one.person.object_type)) if one.person else None,
        )
        for one in decision.slots
    )
    return replace(decision, slots=tuple(slots))


def _claimed(
    plan: PlannedSlot, screened: ChatScreened, known: Mapping[str, Known]
) -> tuple[str, ...]:
    """The visitor's identifiers; of a new person only those that no other person was made for."""
    key, identifiers = screened.visitor.party.key, screened.visitor.identifiers
    if plan.person is None:
        return identifiers
    made = plan.person.object_type
    return tuple(one for one in identifiers if one == key or not _is_spent(known[one], made))


def _is_spent(about: Known, object_type: str) -> bool:
    return any(
        claim.record is not None and claim.object_type == object_type for claim in about.claims
    )


def chat_input(case: Case, screened: ChatScreened, facts: OrgFacts, attempt: Attempt) -> ChatInput:
    """The values of a decision on a chat, or of writing its Task or Case anew, without candidates."""
    return ChatInput(
        tenant=case.head.tenant,
        chat=screened.chat,
        external_id=case.head.external_id,
        chosen=screened.chosen,
        visitor=screened.visitor,
        settings=case.settings,
        people=case.people,
        org=facts,
        fields=facts.chat_fields,
        attachment_notes=tuple(line for slot in case.head.slots for line in note_lines(slot.files)),
        avoid_records=frozenset(attempt.avoid_records),
        avoid_users=frozenset(attempt.avoid_users),
    )


def may_be_remembered(screened: ChatScreened, record: RecordRef) -> bool:
    """Tells whether the visitor's next chat may take the match over without a search.

    Calls look parties up by their numbers and match them otherwise, so those are not remembered.
    """
    party = screened.visitor.party
    by_number = party.number is not None and party.number.e164 == party.key
    return not by_number and record.type == searched_object(screened.chosen.action)


def usable_instead(action: ChatAction) -> tuple[str, ...]:
    """The kinds of record that an action can hang on where a duplicate rule names one, best first."""
    return ("Lead", "Contact") if action is ChatAction.LEAD_TASK else ("Contact",)


_NOT_FOR_US = frozenset({"INVALID_TYPE", "INVALID_FIELD", "INSUFFICIENT_ACCESS", "NOT_FOUND"})
"""How Salesforce says that the connected user may not see the object or its link to contacts."""


def relate(
    inputs: DecisionInput, head: Activity, access: Access, attempt: Attempt, world: World
) -> DecisionInput | tuple[Claim, ...]:
    """The inputs with every contact's open Cases or Opportunities; at most one Salesforce request.

    Gives the claims instead while another activity is just making a Case for one of the contacts
    (AC-13). Claims are read before the query: a Case whose claim is done but that the query does not
    show is open no more.

    Raises:
        SessionExpired, BudgetSpent, Permanent, Retryable.
    """
    contacts = contacts_to_ask(inputs)
    if not contacts:
        return inputs
    if inputs.may_make_case and makes_cases(inputs.settings):
        held = _held(contacts, head, attempt, world)
        if held and not _unverifiable(held, head.tenant, world):
            return held
        if held:
            attempt.learn(
                Rule.AC_13,
                f"Activity {held[0].holder} may have made a Case for this contact, which could not"
                " be verified; another one might be the second, so none is made.",
            )
            inputs = replace(inputs, may_make_case=False)
    attach_to = inputs.settings.calls.attach_to
    try:
        answer = world.records.open_related(access.grant, attach_to, contacts)
    except Permanent as error:
        if error.code not in _NOT_FOR_US:
            raise
        return _blind(inputs, attach_to, error, attempt, world)
    attempt.note(f"look for the contact's open {_plural(attach_to)}", "ok", world)
    note_usage(access.connection, answer.usage, world)
    return replace(inputs, related=answer.related)


def _held(
    contacts: Iterable[str], head: Activity, attempt: Attempt, world: World
) -> tuple[Claim, ...]:
    known = {contact: world.directory.known(head.tenant, contact) for contact in contacts}
    for contact, about in known.items():
        for claim in about.claims:
            if claim.record is not None:
                attempt.used_up[contact] = claim.record
    return claims.held_by_others(known.values(), head)


def _unverifiable(held: tuple[Claim, ...], tenant: str, world: World) -> bool:
    """True where every holder gave up without knowing what it made: nobody completes its claim."""
    return all(
        claim.fence_until <= world.now() and _has_ended(tenant, claim.holder, world)
        for claim in held
    )


def _has_ended(tenant: str, activity_id: str, world: World) -> bool:
    entry = world.ledger.read(tenant, activity_id)
    return entry is None or entry.head.state in FINAL


def _blind(
    inputs: DecisionInput, attach_to: AttachTo, error: Permanent, attempt: Attempt, world: World
) -> DecisionInput:
    """The call is logged on the contact alone where the connected user may not see the rest."""
    plural = _plural(attach_to)
    attempt.note(f"look for the contact's open {plural}", error.code, world)
    attempt.learn(
        Rule.AC_11,
        f"The connected user may not see {plural} ({error.code}), so the call is logged on the"
        f" contact alone. Give the user read access to {plural} and their contacts.",
    )
    return replace(inputs, sees_related=False)


def _plural(attach_to: AttachTo) -> str:
    return "Cases" if attach_to is AttachTo.CASE else "Opportunities"

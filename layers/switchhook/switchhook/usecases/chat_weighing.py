"""Finds the record that a chat's visitor may be, and decides the chat (CX-21 to CX-33)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from switchhook.domain.activity import RecordRef
from switchhook.domain.chat import ChatAction
from switchhook.domain.chat_decide import decide_chat
from switchhook.domain.chat_decision import ChatInput
from switchhook.domain.chat_files import note_lines
from switchhook.domain.chat_matching import Visit, match_visitor, searched_object
from switchhook.domain.chat_parties import ChatParty
from switchhook.domain.chat_revisions import told_mark, values_for
from switchhook.domain.chat_screening import ChatScreened
from switchhook.domain.claims import Known
from switchhook.domain.decision import (
    Candidate,
    CandidateSource,
    Decision,
    OrgFacts,
    PartyCandidates,
    PlannedSlot,
    Skip,
)
from switchhook.domain.identification import PHONE
from switchhook.domain.matching import Matched
from switchhook.usecases.attempt import Attempt
from switchhook.usecases.candidates import living
from switchhook.usecases.gather import Access, Case, note_usage
from switchhook.usecases.world import World

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
    settled = tuple(_settled(screened, known, case, world))
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


def _settled(
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
    stored = world.updates.read(access.grant, object_type, ids, [_EMAIL])
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

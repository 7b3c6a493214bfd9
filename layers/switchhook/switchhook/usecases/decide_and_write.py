"""Decides what becomes of an ended call, and has it written: a skip, or slots to send."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from switchhook.domain.activity import Activity, Entry, SlotState, State
from switchhook.domain.connection import Connection
from switchhook.domain.decide import decide
from switchhook.domain.decision import PartyCandidates, Reason, Screened, Skip
from switchhook.domain.errors import Conflict, Permanent, Retryable, SwitchhookError
from switchhook.domain.slots import seat, sendable, summed_up
from switchhook.ports import LedgerWrite
from switchhook.usecases import claims, gather
from switchhook.usecases.attempt import Attempt, Progress
from switchhook.usecases.explanations import decision_record
from switchhook.usecases.gather import Access, Case
from switchhook.usecases.grants import open_grant
from switchhook.usecases.send_slots import give_way, send_slots
from switchhook.usecases.setbacks import fail, leave, park, set_back, usable, wait
from switchhook.usecases.settling import Sending
from switchhook.usecases.world import World

_END_COMES_WITHIN = timedelta(hours=24)


def decide_and_write(entry: Entry, attempt: Attempt, world: World) -> Progress:
    """Take an activity of which nothing unknown is in the org from its facts to Tasks, or to a skip."""
    if not any(event.ended for event in entry.events):
        return _await_end(entry.head, world)
    try:
        case = gather.open_case(entry, world)
    except Permanent as error:
        return fail(entry.head, reason=error.code, text=error.message, world=world)
    head = _described(case)
    if isinstance(case.screened, Skip):
        return _skip(head, case.screened, (), attempt, world)
    connection = world.connections.read(head.tenant)
    if connection is None or not usable(connection):
        return park(head, world)
    if not _take_off(case, world):
        text = "The tenant already has as many requests in flight as its settings allow."
        return wait(head, reason="in_flight", text=text, world=world, least_s=2, grows=False)
    try:
        return _ask_and_act(replace(case, head=head), case.screened, connection, attempt, world)
    finally:
        # A place that is not given back is free again when its time is over.
        with suppress(Retryable):
            world.flights.land(head.tenant, _flight(head, world))


def _ask_and_act(
    case: Case, screened: Screened, connection: Connection, attempt: Attempt, world: World
) -> Progress:
    known = gather.know_parties(case, screened, world)
    if held := claims.held_by_others(known.values(), case.head):
        return give_way(case.head, held, world)
    try:
        grant = open_grant(connection, cipher=world.cipher, memory=world.grants)
        facts = gather.know_org(case, connection, grant, attempt, world)
        access = Access(connection=connection, grant=grant, facts=facts)
        parties = gather.find_candidates(case, screened, access, known, attempt, world)
    except Conflict:
        raise
    except SwitchhookError as error:
        return set_back(case.head, error, attempt, world)
    return _act(case, screened, access, parties, attempt, world)


def _act(
    case: Case,
    screened: Screened,
    access: Access,
    parties: tuple[PartyCandidates, ...],
    attempt: Attempt,
    world: World,
) -> Progress:
    head = case.head
    decision = decide(gather.decision_input(case, screened, access, parties, attempt))
    if isinstance(decision, Skip):
        whole = replace(decision, explanation=(*screened.explanation, *decision.explanation))
        return _skip(head, whole, parties, attempt, world)
    seats = seat(head, decision, access.facts)
    if not sendable(seats):
        slots = tuple(place.slot for place in seats)
        return _close(replace(head, slots=slots), parties, decision.explanation, attempt, world)
    if world.clock.remaining_s() < world.timing.send_needs_s:
        text = "Too little of this run is left to send safely; the next run sends it."
        return wait(head, reason="time", text=text, world=world, least_s=0)
    sending = Sending(
        case=case,
        access=access,
        seats=seats,
        parties=parties,
        reasons=(*screened.explanation, *decision.explanation),
    )
    return send_slots(sending, attempt, world)


def _take_off(case: Case, world: World) -> bool:
    until = world.now() + timedelta(seconds=world.timing.worker_timeout_s)
    return world.flights.take_off(
        case.head.tenant,
        _flight(case.head, world),
        cap=case.settings.max_in_flight,
        now=world.now(),
        until=until,
    )


def _flight(head: Activity, world: World) -> str:
    """Two workers that meet at one activity have a place each, so the loser frees only its own."""
    return f"{head.id}:{world.holder}"


def _await_end(head: Activity, world: World) -> Progress:
    """Facts that come before the call's end wait for it."""
    ends_by = head.received_at + _END_COMES_WITHIN
    if world.now() >= ends_by:
        text = "Only additions to this call arrived; its end was not reported within 24 hours."
        return fail(head, reason="no_end", text=text, world=world)
    waiting = replace(
        head,
        version=head.version + 1,
        state=State.WAITING,
        reason="call_end",
        text="Waiting: additions to the call have arrived before its end.",
        due_at=ends_by,
    )
    return leave(LedgerWrite(head=waiting), world)


def _described(case: Case) -> Activity:
    party = case.first_party
    call_type = case.screened.call_type.value if isinstance(case.screened, Screened) else None
    return replace(
        case.head,
        ended_at=case.call.ended_at,
        settings_version=case.settings.version,
        call_type=call_type,
        party_raw=party.raw if party else case.first_raw,
        party_e164=party.key if party else None,
        party_email=party.email if party else case.call.external_email,
    )


def _skip(
    head: Activity,
    skip: Skip,
    parties: tuple[PartyCandidates, ...],
    attempt: Attempt,
    world: World,
) -> Progress:
    """End as skipped; unless an earlier decision of this activity is already in the org."""
    reasons = (*skip.explanation, Reason(rule=skip.rule, text=skip.text))
    if any(slot.state is SlotState.APPLIED for slot in head.slots):
        return _close(head, parties, reasons, attempt, world)
    skipped = replace(
        head,
        version=head.version + 1,
        decisions=head.decisions + 1,
        slots=(),
        state=State.SKIPPED,
        rule=skip.rule,
        reason=skip.reason,
        text=f"Not logged: {skip.text}",
        due_at=None,
    )
    record = decision_record(skipped, parties, reasons, attempt, world)
    world.ledger.commit(LedgerWrite(head=skipped, decision=record))
    return Progress(head=skipped)


def _close(
    head: Activity,
    parties: tuple[PartyCandidates, ...],
    reasons: tuple[Reason, ...],
    attempt: Attempt,
    world: World,
) -> Progress:
    """Nothing is left to send: the slots say how the activity ends."""
    summary = summed_up(head.slots)
    closed = replace(
        head,
        version=head.version + 1,
        decisions=head.decisions + 1,
        state=summary.state,
        reason=summary.reason,
        rule=None,
        text=summary.text,
        due_at=None,
    )
    record = decision_record(closed, parties, reasons, attempt, world)
    world.ledger.commit(LedgerWrite(head=closed, decision=record))
    return Progress(head=closed)

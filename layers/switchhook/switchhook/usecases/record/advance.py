"""Brings an activity to its end: one step at a time, each step safe to repeat and to lose.

Whoever calls, for whatever reason (an event, a wake-up, a recovery), the ledger says what is next:
look up what may have been written, or decide and write. Only the holder of the newest version of
the head can act, so two callers never send the same slot.

Decides what becomes of a call or chat, and has it written: a skip, or slots to send.
"""

from collections.abc import Mapping
from dataclasses import replace

from switchhook.domain.activity import FINAL, Activity, Entry, SlotState, State
from switchhook.domain.chats.screening import BY_HAND, AwaitTrigger
from switchhook.domain.connection import Connection
from switchhook.domain.decision import PartyCandidates, Passed, Reason, Skip
from switchhook.domain.errors import Conflict, Permanent, Retryable, SwitchhookError
from switchhook.domain.queue_messages import EventMessage
from switchhook.domain.writing.claims import Known
from switchhook.domain.writing.slots import (
    is_displaced,
    is_unanswered,
    sendable,
    slot_plans,
    summed_up,
    unplanned,
)
from switchhook.ports.ledger import LedgerWrite
from switchhook.usecases.record import claims
from switchhook.usecases.record.decide import Weighed, weigh
from switchhook.usecases.record.gather import Opened, know_parties
from switchhook.usecases.record.kinds import STEPS
from switchhook.usecases.record.send import give_way, send_slots
from switchhook.usecases.record.setbacks import UNLOGGED, set_back
from switchhook.usecases.record.settle import Sending, decision_record
from switchhook.usecases.record.take_in import take_in
from switchhook.usecases.record.unknown import read_back, resolve_unknown, wants_reading_back
from switchhook.usecases.record.waiting import (
    await_better_end,
    await_fence,
    await_trigger,
    fail,
    park,
    place_in_flight,
    usable,
    wait,
    wake_at,
    why_unusable,
    without_end,
)
from switchhook.usecases.record.world import (
    Attempt,
    Books,
    Deciding,
    Progress,
    Run,
    Sessions,
    World,
    Writing,
)


def decide_and_write(
    entry: Entry, attempt: Attempt, deciding: Deciding, writing: Writing
) -> Progress:
    """Take an activity of which nothing unknown is in the org from its facts to Tasks, or to a skip."""
    steps = STEPS[entry.head.kind]
    if steps.awaits_end(entry.events):
        return without_end(entry.head, writing.books)
    held_until = steps.held_until(entry.events) if steps.held_until else None
    if held_until is not None and writing.books.run.now() < held_until:
        return await_better_end(entry.head, held_until, writing.books)
    try:
        opened = steps.open(entry, deciding.opening)
    except Permanent as error:
        return fail(entry.head, reason=error.code, text=error.message, books=writing.books)
    head = _described(opened)
    if isinstance(opened.screened, Skip):
        return _skip(head, opened.screened, (), attempt, writing.books)
    if isinstance(opened.screened, AwaitTrigger):
        return await_trigger(entry, head, opened.screened, writing.books)
    return _go_and_ask(opened.at(head), opened.screened, attempt, deciding, writing)


def _go_and_ask(
    opened: Opened, passed: Passed, attempt: Attempt, deciding: Deciding, writing: Writing
) -> Progress:
    head = opened.head
    connection = deciding.sessions.connections.read(head.tenant)
    if connection is None or not usable(connection):
        return park(head, connection, writing.books)
    with place_in_flight(opened, deciding.sessions) as has_place:
        if not has_place:
            text = "The tenant already has as many requests in flight as its settings allow."
            return wait(
                head, reason="in_flight", text=text, books=writing.books, least_s=2, grows=False
            )
        return _ask_and_act(opened, passed, connection, attempt, deciding, writing)


def _ask_and_act(
    opened: Opened,
    passed: Passed,
    connection: Connection,
    attempt: Attempt,
    deciding: Deciding,
    writing: Writing,
) -> Progress:
    known = know_parties(opened, deciding.directory)
    if held := claims.held_by_others(known.values(), opened.head):
        return give_way(opened.head, held, attempt, writing.books)
    try:
        weighed = weigh(opened, passed, connection, known, attempt, deciding)
    except SwitchhookError as error:
        return set_back(opened.head, error, UNLOGGED, attempt, writing.books, deciding.sessions)
    if not isinstance(weighed, Weighed):
        return give_way(opened.head, weighed, attempt, writing.books)
    return _act(opened, weighed, known, attempt, writing)


def _act(
    opened: Opened, weighed: Weighed, known: Mapping[str, Known], attempt: Attempt, writing: Writing
) -> Progress:
    head, parties, access = opened.head, weighed.parties, weighed.access
    decision, reasons = weighed.decision, weighed.reasons
    if isinstance(decision, Skip):
        whole = replace(decision, explanation=reasons)
        return _skip(head, whole, parties, attempt, writing.books)
    plans = slot_plans(head, decision, access.facts)
    if is_unanswered(head) and is_displaced(head, plans):
        return await_fence(head, writing.books)
    if wants_reading_back(head, plans):
        try:
            plans = read_back(opened, plans, access, attempt, writing.records, writing.run)
        except SwitchhookError as error:
            return set_back(head, error, UNLOGGED, attempt, writing.books, writing.sessions)
    if not sendable(plans):
        slots = tuple(one.slot for one in plans)
        return _close(replace(head, slots=slots), parties, reasons, attempt, writing.books)
    sending = Sending(
        opened=opened,
        access=access,
        plans=plans,
        parties=parties,
        known=known,
        reasons=reasons,
        action=decision.action,
    )
    return _send(sending, attempt, writing)


def _send(sending: Sending, attempt: Attempt, writing: Writing) -> Progress:
    if not writing.run.has_time_to_send():
        text = "Too little of this run is left to send safely; the next run sends it."
        return wait(sending.opened.head, reason="time", text=text, books=writing.books, least_s=0)
    return send_slots(sending, attempt, writing)


def _described(opened: Opened) -> Activity:
    party = opened.first_party
    return replace(
        opened.head,
        ended_at=opened.ended_at,
        settings_version=opened.settings.version,
        call_type=None if isinstance(opened.screened, Skip) else opened.call_type,
        party_raw=party.raw if party else opened.first_raw,
        party_e164=party.number.e164 if party and party.number else None,
        party_email=party.email if party else opened.first_email,
    )


def _skip(
    head: Activity, skip: Skip, parties: tuple[PartyCandidates, ...], attempt: Attempt, books: Books
) -> Progress:
    """End as skipped; unless an earlier decision of this activity is, or may yet come, in the org."""
    if is_unanswered(head):
        return await_fence(head, books)
    reasons = (*skip.explanation, Reason(rule=skip.rule, text=skip.text))
    if any(slot.state is SlotState.APPLIED for slot in head.slots):
        left = replace(head, slots=tuple(map(unplanned, head.slots)))
        return _close(left, parties, reasons, attempt, books)
    skipped = replace(
        head,
        version=head.version + 1,
        decisions=head.decisions + 1,
        slots=(),
        state=State.SKIPPED,
        rule=skip.rule,
        reason=skip.reason,
        text=f"Not logged: {skip.text}{_how_by_hand(head, skip)}",
        due_at=None,
    )
    record = decision_record(skipped, parties, reasons, attempt)
    books.ledger.commit(LedgerWrite(head=skipped, decision=record))
    return Progress(head=skipped)


def _how_by_hand(head: Activity, skip: Skip) -> str:
    if skip.reason != BY_HAND:
        return ""
    return f" POST /v1/tenants/{head.tenant}/activities/{head.id}/apply names one."


def _close(
    head: Activity,
    parties: tuple[PartyCandidates, ...],
    reasons: tuple[Reason, ...],
    attempt: Attempt,
    books: Books,
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
        due_at=head.late_at if summary.state is State.LOGGED else None,
        late_at=None,
    )
    record = decision_record(closed, parties, reasons, attempt)
    books.ledger.commit(LedgerWrite(head=closed, decision=record))
    return Progress(head=closed)


_ROUNDS = 8


def record_event(message: EventMessage, world: World) -> Activity:
    """Take the event in, then bring its activity as far as it goes now.

    Returns the head as last written. The event is durable in the ledger when this returns, whatever
    its state. An event that comes after the end is looked at when its quiet window is over (SH-5).

    Raises:
        Retryable: the event could not be taken in; deliver it again.
    """
    head = take_in(message, world.intake)
    if head.state in FINAL:
        wake_at(head, world.books)
        return head
    if _rests(head, world.run) or _stays_parked(head, world.deciding.sessions):
        return head
    return advance(head.tenant, head.id, world) or head


def _stays_parked(head: Activity, sessions: Sessions) -> bool:
    """One of many lines changes nothing of a chat whose tenant's org cannot be asked; nothing is read for it."""
    if head.state is not State.PARKED or head.told is None:
        return False
    connection = sessions.connections.read(head.tenant)
    return not usable(connection) and head.reason == why_unusable(connection)


def advance(tenant: str, activity_id: str, world: World) -> Activity | None:
    """Bring an activity as far as it goes now; None when there is no such activity.

    Returns at once when it is final and no late facts wait (SH-5), or when its time has not come.
    Losing a race to another worker only means reading again.
    """
    attempt = Attempt(world.run.clock)
    head = None
    for _ in range(_ROUNDS):
        entry = world.deciding.entries.read(tenant, activity_id)
        if entry is None:
            return None
        head = entry.head
        if _rests(head, world.run):
            return head
        try:
            progress = _step(entry, attempt, world)
        except (Conflict, Retryable):
            # Lost a race, or a table is busy: the ledger says what holds now. Should that not help
            # either, the due date brings the activity back.
            continue
        if not progress.go_on:
            return progress.head
    return head


def _rests(head: Activity, run: Run) -> bool:
    if head.state in FINAL and (head.state is not State.LOGGED or head.due_at is None):
        return True
    if head.state in (State.PENDING, State.PARKED):
        return False
    return head.due_at is not None and head.due_at > run.now()


def _step(entry: Entry, attempt: Attempt, world: World) -> Progress:
    if any(slot.state is SlotState.SENT for slot in entry.head.slots):
        return resolve_unknown(entry, attempt, world.books, world.sessions, world.deciding.org)
    if entry.head.state is State.LOGGED:
        return STEPS[entry.head.kind].update(entry, attempt, world)
    return decide_and_write(entry, attempt, world.deciding, world.writing)

"""Writes slots into the org: intent first, then ONE request, then its outcome.

The intent says which slots are about to be sent and takes the claims of people and Cases to create;
from then on nobody else sends them. A process that dies after the intent is found by its due date, and the
org is asked whether anything landed (SH-1).
"""

from dataclasses import replace
from datetime import timedelta

from switchhook.domain.activity import FINAL, Activity, Slot, State
from switchhook.domain.crm import OrgRules, WriteAnswer
from switchhook.domain.errors import OutcomeUnknown, Permanent, SwitchhookError
from switchhook.domain.timing import LOOK_UPS_AFTER_S
from switchhook.domain.writing.claims import CachedMatch, Claim, ClaimTaken
from switchhook.domain.writing.late_facts import OWNER, as_sent
from switchhook.domain.writing.records import landed, records_for
from switchhook.domain.writing.slots import brings_more, sendable
from switchhook.ports.ledger import LedgerWrite
from switchhook.usecases.record import claims
from switchhook.usecases.record.gather import note_usage
from switchhook.usecases.record.refused import face_refusal
from switchhook.usecases.record.setbacks import UNLOGGED, set_back
from switchhook.usecases.record.settle import Sending, decision_record, ended, settle, undone
from switchhook.usecases.record.waiting import fail, wait, wake_at
from switchhook.usecases.record.world import Attempt, Progress, World

NEEDS_CHECK = "needs_check"
_CLAIM_POLL_S = 2


def send_slots(sending: Sending, attempt: Attempt, world: World) -> Progress:
    """Send every open slot in one all-or-none request and write down what came of it.

    Raises:
        Conflict: somebody else moved the activity on before the intent; nothing was sent.
    """
    intent = _intend(sending, world)
    ready = (slot for slot, _ in sendable(sending.seats))
    try:
        world.ledger.commit(
            LedgerWrite(
                head=intent,
                decision=decision_record(intent, sending.parties, sending.reasons, attempt),
                claims=claims.wanted(ready, intent, attempt.used_up),
            )
        )
    except ClaimTaken as taken:
        return give_way(sending.opened.head, taken.claims, attempt, world)
    return _send(sending, intent, attempt, world)


def _intend(sending: Sending, world: World) -> Activity:
    head, now = sending.opened.head, world.now()
    leaving = {
        slot.number: as_sent(slot, {**plan.fields, OWNER: plan.owner.user_id}, sending.opened.agent)
        for slot, plan in sendable(sending.seats)
    }
    has_more = any(brings_more(plan) for _, plan in sendable(sending.seats))
    return replace(
        head,
        version=head.version + 1,
        decisions=head.decisions + 1,
        state=State.SENDING,
        reason=None,
        rule=None,
        text="Being sent to Salesforce.",
        sent_at=now,
        fence_until=world.timing.fence(now),
        lookups=0,
        due_at=now + timedelta(seconds=world.timing.worker_timeout_s + 5),
        slots=tuple(leaving.get(place.slot.number, place.slot) for place in sending.seats),
        action=sending.action,
        late_at=now if has_more else head.late_at,
    )


def give_way(
    head: Activity, winners: tuple[Claim, ...], attempt: Attempt, world: World
) -> Progress:
    """Somebody else creates, or has created, this record: use theirs, or wait for it."""
    held = [claim for claim in winners if claim.record is None]
    if not held:
        return _use_theirs(head, winners, attempt, world)
    holder = held[0].holder
    if all(claim.fence_until <= world.now() for claim in held):
        entry = world.ledger.read(head.tenant, holder)
        if entry is None or entry.head.state in FINAL:
            text = (
                f"Activity {holder} may have created a {held[0].object_type} for this caller, which"
                " could not be verified. Check the org for it, replay that activity, then this one."
            )
            return fail(head, reason=NEEDS_CHECK, text=text, world=world)
        world.wake_ups.wake(head.tenant, holder, delay_s=0)
    text = f"Activity {holder} is just creating a {held[0].object_type} for the same caller."
    return wait(head, reason="claim", text=text, world=world, least_s=_CLAIM_POLL_S, grows=False)


def _use_theirs(
    head: Activity, winners: tuple[Claim, ...], attempt: Attempt, world: World
) -> Progress:
    """Read again what was created; unless that is the very record that Salesforce refuses."""
    for claim in winners:
        if claim.record is not None and claim.record.id in attempt.avoid_records:
            text = (
                f"Salesforce refuses Tasks on {claim.record.type} {claim.record.id}, which was"
                " created for this caller. Let the connected user edit that record, or delete it;"
                " then replay this activity."
            )
            return fail(head, reason="record_refused", text=text, world=world)
    return Progress(head=head, go_on=True)


def _send(sending: Sending, intent: Activity, attempt: Attempt, world: World) -> Progress:
    records = records_for(sendable(sending.seats), sending.access.facts)
    rules = OrgRules(
        assignment=sending.opened.settings.ownership.run_assignment_rules,
        save_duplicates=attempt.save_duplicates,
    )
    try:
        answer = world.writer.send(sending.access.grant, records, rules)
    except OutcomeUnknown as error:
        attempt.note("write", "no clean answer")
        return _leave_unknown(sending, intent, error.message, attempt, world)
    except Permanent as error:
        attempt.note("write", error.code)
        return face_refusal(sending, intent, error, attempt, world)
    except SwitchhookError as error:
        attempt.note("write", error.code)
        reopened_head = settle(intent, lambda head: undone(head, sending.opened.head, world), world)
        return set_back(reopened_head, error, UNLOGGED, attempt, world)
    attempt.note("write", "created" if answer.applied else "refused")
    if answer.applied:
        return _conclude(sending, intent, answer, attempt, world)
    return face_refusal(sending, intent, answer, attempt, world)


def _conclude(
    sending: Sending, intent: Activity, answer: WriteAnswer, attempt: Attempt, world: World
) -> Progress:
    slots = landed(intent.slots, answer)
    record = decision_record(intent, sending.parties, sending.reasons, attempt)

    def logged(head: Activity) -> LedgerWrite:
        return LedgerWrite(
            head=ended(head, slots),
            decision=record,
            claims=claims.completed(slots, intent),
            matches=_remembered(sending, slots, world),
        )

    head = settle(intent, logged, world)
    note_usage(sending.access.connection, answer.usage, world)
    # What a chat brings beside its Task or Case follows at once (CX-19, CX-56).
    return Progress(head=head, go_on=head.due_at is not None and head.due_at <= world.now())


def _remembered(
    sending: Sending, slots: tuple[Slot, ...], world: World
) -> tuple[tuple[str, CachedMatch], ...]:
    matches = claims.matches(slots, sending.parties, sending.opened.settings, world.now())
    return tuple(
        (party, match)
        for party, match in matches
        if sending.opened.may_be_remembered(party, match.candidate.record)
    )


def _leave_unknown(
    sending: Sending, intent: Activity, message: str, attempt: Attempt, world: World
) -> Progress:
    record = decision_record(intent, sending.parties, sending.reasons, attempt)
    due_at = world.now() + timedelta(seconds=LOOK_UPS_AFTER_S[0])

    def unknown(head: Activity) -> LedgerWrite:
        return LedgerWrite(
            head=replace(
                head,
                version=head.version + 1,
                state=State.UNKNOWN,
                reason="no_answer",
                text=f"Not known yet: {message} The org is looked at before anything is sent again.",
                due_at=due_at,
            ),
            decision=record,
        )

    head = settle(intent, unknown, world)
    wake_at(head, world)
    return Progress(head=head)

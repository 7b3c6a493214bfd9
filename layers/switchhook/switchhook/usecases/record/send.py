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
from switchhook.domain.writing.slots import has_more_to_write, sendable
from switchhook.ports.ledger import LedgerWrite
from switchhook.usecases.record import claims
from switchhook.usecases.record.gather import note_usage
from switchhook.usecases.record.refused import face_refusal
from switchhook.usecases.record.setbacks import UNLOGGED, set_back
from switchhook.usecases.record.settle import Sending, decision_record, ended, settle, undone
from switchhook.usecases.record.waiting import fail, wait, wake_at
from switchhook.usecases.record.world import Attempt, Books, Progress, Run, Sessions, Writing

NEEDS_CHECK = "needs_check"
_CLAIM_POLL_S = 2


def send_slots(sending: Sending, attempt: Attempt, writing: Writing) -> Progress:
    """Send every open slot in one all-or-none request and write down what came of it.

    Raises:
        Conflict: somebody else moved the activity on before the intent; nothing was sent.
    """
    intent = _intend(sending, writing.run)
    ready = (slot for slot, _ in sendable(sending.plans))
    try:
        writing.books.ledger.commit(
            LedgerWrite(
                head=intent,
                decision=decision_record(intent, sending.parties, sending.reasons, attempt),
                claims=claims.wanted(ready, intent, attempt.used_up),
            )
        )
    except ClaimTaken as taken:
        return give_way(sending.opened.head, taken.claims, attempt, writing.books)
    return _send(sending, intent, attempt, writing)


def _intend(sending: Sending, run: Run) -> Activity:
    head, now = sending.opened.head, run.now()
    leaving = {
        slot.number: as_sent(slot, {**plan.fields, OWNER: plan.owner.user_id}, sending.opened.agent)
        for slot, plan in sendable(sending.plans)
    }
    has_more = any(has_more_to_write(plan) for _, plan in sendable(sending.plans))
    return replace(
        head,
        version=head.version + 1,
        decisions=head.decisions + 1,
        state=State.SENDING,
        reason=None,
        rule=None,
        text="Being sent to Salesforce.",
        sent_at=now,
        fence_until=run.timing.fence(now),
        lookups=0,
        due_at=now + timedelta(seconds=run.timing.worker_timeout_s + 5),
        slots=tuple(leaving.get(one.slot.number, one.slot) for one in sending.plans),
        action=sending.action,
        late_at=now if has_more else head.late_at,
    )


def give_way(
    head: Activity, winners: tuple[Claim, ...], attempt: Attempt, books: Books
) -> Progress:
    """Somebody else creates, or has created, this record: use theirs, or wait for it."""
    held = [claim for claim in winners if claim.record is None]
    if not held:
        return _use_theirs(head, winners, attempt, books)
    holder = held[0].holder
    if all(claim.fence_until <= books.run.now() for claim in held):
        entry = books.ledger.read(head.tenant, holder)
        if entry is None or entry.head.state in FINAL:
            text = (
                f"Activity {holder} may have created a {held[0].object_type} for this caller, which"
                " could not be verified. Check the org for it, replay that activity, then this one."
            )
            return fail(head, reason=NEEDS_CHECK, text=text, books=books)
        books.wake_ups.wake(head.tenant, holder, delay_s=0)
    text = f"Activity {holder} is just creating a {held[0].object_type} for the same caller."
    return wait(head, reason="claim", text=text, books=books, least_s=_CLAIM_POLL_S, grows=False)


def _use_theirs(
    head: Activity, winners: tuple[Claim, ...], attempt: Attempt, books: Books
) -> Progress:
    """Read again what was created; unless that is the very record that Salesforce refuses."""
    for claim in winners:
        if claim.record is not None and claim.record.id in attempt.avoid_records:
            text = (
                f"Salesforce refuses Tasks on {claim.record.type} {claim.record.id}, which was"
                " created for this caller. Let the connected user edit that record, or delete it;"
                " then replay this activity."
            )
            return fail(head, reason="record_refused", text=text, books=books)
    return Progress(head=head, go_on=True)


def _send(sending: Sending, intent: Activity, attempt: Attempt, writing: Writing) -> Progress:
    records = records_for(sendable(sending.plans), sending.access.facts)
    rules = OrgRules(
        assignment=sending.opened.settings.ownership.run_assignment_rules,
        save_duplicates=attempt.save_duplicates,
    )
    try:
        answer = writing.writer.send(sending.access.grant, records, rules)
    except OutcomeUnknown as error:
        attempt.note("write", "no clean answer")
        return _leave_unknown(sending, intent, error.message, attempt, writing.books)
    except Permanent as error:
        attempt.note("write", error.code)
        return face_refusal(sending, intent, error, attempt, writing)
    except SwitchhookError as error:
        attempt.note("write", error.code)
        reopened_head = settle(
            intent,
            lambda head: undone(head, sending.opened.head, writing.run),
            writing.books.ledger,
        )
        return set_back(reopened_head, error, UNLOGGED, attempt, writing.books, writing.sessions)
    attempt.note("write", "created" if answer.applied else "refused")
    if answer.applied:
        return _conclude(sending, intent, answer, attempt, writing.books, writing.sessions)
    return face_refusal(sending, intent, answer, attempt, writing)


def _conclude(
    sending: Sending,
    intent: Activity,
    answer: WriteAnswer,
    attempt: Attempt,
    books: Books,
    sessions: Sessions,
) -> Progress:
    slots = landed(intent.slots, answer)
    record = decision_record(intent, sending.parties, sending.reasons, attempt)

    def logged(head: Activity) -> LedgerWrite:
        return claims.with_room(
            LedgerWrite(
                head=ended(head, slots),
                decision=record,
                claims=claims.completed(slots, intent),
                matches=_remembered(sending, slots, books.run),
            )
        )

    head = settle(intent, logged, books.ledger)
    note_usage(sending.access.connection, answer.usage, sessions.connections)
    # What a chat brings beside its Task or Case follows at once (CX-19, CX-56).
    return Progress(head=head, go_on=head.due_at is not None and head.due_at <= books.run.now())


def _remembered(
    sending: Sending, slots: tuple[Slot, ...], run: Run
) -> tuple[tuple[str, CachedMatch], ...]:
    matches = claims.matches(slots, sending.parties, sending.opened.settings, run.now())
    return tuple(
        (party, match)
        for party, match in matches
        if sending.opened.may_be_remembered(party, match.candidate.record)
    )


def _leave_unknown(
    sending: Sending, intent: Activity, message: str, attempt: Attempt, books: Books
) -> Progress:
    record = decision_record(intent, sending.parties, sending.reasons, attempt)
    due_at = books.run.now() + timedelta(seconds=LOOK_UPS_AFTER_S[0])

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

    head = settle(intent, unknown, books.ledger)
    wake_at(head, books)
    return Progress(head=head)

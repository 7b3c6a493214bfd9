"""What to do when Salesforce did nothing and said why: look for a double, wait, decide again, give up.

Lets pins follow their records: a merged record to its master, a converted lead to its contact (XB-20).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from switchhook.domain.activity import Activity, RecordRef, Slot, SlotState, State
from switchhook.domain.connection import Grant
from switchhook.domain.crm import WriteAnswer
from switchhook.domain.decision import Candidate
from switchhook.domain.errors import Permanent, SwitchhookError
from switchhook.domain.matching.pins import followed, what_became
from switchhook.domain.rules import Rule
from switchhook.domain.timing import REFUSALS_ALLOWED
from switchhook.domain.writing.claims import Known
from switchhook.domain.writing.slots import is_unanswered
from switchhook.domain.writing.verdicts import Leniency, Verdict, faced, refused, verdicts_of
from switchhook.ports.ledger import MOST_CHANGES, Ledger, LedgerWrite
from switchhook.ports.org import OrgRecords, Pins
from switchhook.usecases.record import claims
from switchhook.usecases.record.setbacks import UNLOGGED, set_back
from switchhook.usecases.record.settle import Sending, decision_record, ended, settle, undone
from switchhook.usecases.record.waiting import DOUBLE, IN_DOUBT, wait
from switchhook.usecases.record.world import Attempt, Books, Progress, Writing


def follow_pins(
    known: Iterable[Known],
    fates: Mapping[RecordRef, RecordRef | None],
    grant: Grant,
    attempt: Attempt,
    records: OrgRecords,
    pins: Pins,
) -> None:
    """Change the pins whose records Salesforce has just refused; one that is gone for good ends.

    A record that lives on but may not be used stays pinned: an admin can still let it be used. Where a
    person has chosen anew meanwhile, that choice stands.

    Raises:
        Retryable: the table is busy; the pin is looked at again with the next refusal.
    """
    for pin in (about.pin for about in known if about.pin is not None):
        if pin.record not in fates or fates[pin.record] == pin.record:
            continue
        successor = fates[pin.record]
        new = (
            followed(pin, successor, _read(successor, grant, attempt, records))
            if successor
            else None
        )
        pins.change(grant.tenant, pin, new)
        reason = what_became(pin, successor)
        attempt.learn(reason.rule, reason.text)


def _read(
    record: RecordRef, grant: Grant, attempt: Attempt, records: OrgRecords
) -> Candidate | None:
    """The record as it stands; None when Salesforce does not say just now, for the pin can do without."""
    try:
        found = records.facts(grant, (record,))[record]
    except SwitchhookError as error:
        attempt.note("read the chosen match", error.code)
        return None
    attempt.note("read the chosen match", "ok")
    return found


type Fates = Mapping[RecordRef, RecordRef | None]
"""What became of each record that may be dead: itself, another record, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """A clean refusal with what is known of its reasons."""

    verdicts: tuple[Verdict, ...] = ()
    fates: Fates


def face_refusal(
    sending: Sending,
    intent: Activity,
    answer: WriteAnswer | Permanent,
    attempt: Attempt,
    writing: Writing,
) -> Progress:
    """Salesforce did nothing and said why: look for a double, wait, decide again, or give up.

    It refuses slot by slot, or the request as a whole; then no slot of it can ever be written.
    """
    verdicts = () if isinstance(answer, Permanent) else _verdicts(sending, intent, answer, attempt)
    doubles = [verdict for verdict in verdicts if verdict.double]
    if doubles:
        return _suspect_double(sending, intent, doubles, writing.books)
    if is_unanswered(sending.opened.head):
        return _await_earlier(intent, writing.books.ledger)
    if isinstance(answer, Permanent):
        slots = _all_refused(intent, answer)
        return _settle_slots(sending, intent, slots, _Refusal(fates={}), attempt, writing.books)
    return _heed(sending, intent, verdicts, attempt, writing)


def _verdicts(
    sending: Sending, intent: Activity, answer: WriteAnswer, attempt: Attempt
) -> tuple[Verdict, ...]:
    leniency = Leniency(
        refusals_allowed=REFUSALS_ALLOWED,
        object_types=sending.opened.object_types,
        avoid_records=frozenset(attempt.avoid_records),
    )
    sent = [slot for slot in intent.slots if slot.state is SlotState.SENT]
    return verdicts_of(sent, answer, leniency)


def _all_refused(intent: Activity, error: Permanent) -> tuple[Slot, ...]:
    return tuple(
        replace(slot, state=SlotState.REFUSED, error=error.words, error_code=error.code)
        if slot.state is SlotState.SENT
        else slot
        for slot in intent.slots
    )


def _heed(
    sending: Sending,
    intent: Activity,
    verdicts: tuple[Verdict, ...],
    attempt: Attempt,
    writing: Writing,
) -> Progress:
    """Learn what Salesforce said of each slot, for the next decision or for the end."""
    try:
        fates = _fates(sending, verdicts, attempt, writing.records)
    except SwitchhookError as error:
        # Without knowing what became of the records nobody can decide better; nothing is counted.
        head = settle(
            intent,
            lambda head: undone(head, sending.opened.head, writing.run),
            writing.books.ledger,
        )
        return set_back(head, error, UNLOGGED, attempt, writing.books, writing.sessions)
    for verdict in verdicts:
        _learn(verdict, fates, intent, attempt, writing.pins)
    # Before the outcome is stored: a crash in between must not bring the dead record back.
    follow_pins(
        sending.known.values(), fates, sending.access.grant, attempt, writing.records, writing.pins
    )
    slots = refused(intent.slots, verdicts)
    refusal = _Refusal(verdicts=verdicts, fates=fates)
    return _settle_slots(sending, intent, slots, refusal, attempt, writing.books)


def _fates(
    sending: Sending, verdicts: tuple[Verdict, ...], attempt: Attempt, records: OrgRecords
) -> Fates:
    stale = sorted({record for verdict in verdicts for record in verdict.stale})
    if not stale:
        return {}
    try:
        fates = records.successors(sending.access.grant, stale)
    except Permanent as error:
        # An org that does not tell: the record is avoided, and no claim is touched.
        attempt.note("look what became of refused records", error.code)
        return {}
    attempt.note("look what became of refused records", "ok")
    return fates


def _await_earlier(intent: Activity, ledger: Ledger) -> Progress:
    """This request was refused, the one before it never answered: what became of that comes first."""

    def awaited(head: Activity) -> LedgerWrite:
        return LedgerWrite(
            head=replace(
                head,
                version=head.version + 1,
                state=State.UNKNOWN,
                reason=IN_DOUBT,
                text="Not known yet: Salesforce refused it, but an earlier request may still land.",
                due_at=head.fence_until,
            )
        )

    return Progress(head=settle(intent, awaited, ledger))


def _suspect_double(
    sending: Sending, intent: Activity, doubles: list[Verdict], books: Books
) -> Progress:
    """Our key is already there, or the customer has a unique field of its own: the look-up tells.

    It tells for certain only when no earlier request may still land.
    """
    reason = IN_DOUBT if is_unanswered(sending.opened.head) else DOUBLE
    by_number = {verdict.slot.number: verdict for verdict in doubles}

    def suspected(head: Activity) -> LedgerWrite:
        return LedgerWrite(
            head=replace(
                head,
                version=head.version + 1,
                state=State.UNKNOWN,
                reason=reason,
                text="Not known yet: Salesforce says that this Task exists already.",
                slots=tuple(
                    faced(slot, by_number[slot.number]) if slot.number in by_number else slot
                    for slot in head.slots
                ),
                due_at=books.run.now(),
            )
        )

    return Progress(head=settle(intent, suspected, books.ledger), go_on=True)


def _learn(verdict: Verdict, fates: Fates, intent: Activity, attempt: Attempt, pins: Pins) -> None:
    """Do not run into the same refusal again, and be able to say what happened."""
    code = verdict.refusal.code
    if verdict.stale:
        _learn_of_records(verdict, fates, intent, attempt, pins)
    if verdict.bad_owner is not None:
        attempt.avoid(users=(verdict.bad_owner,))
        text = (
            f"Salesforce refused user {verdict.bad_owner} as owner ({code}); users are read anew."
        )
        attempt.learn(Rule.XB_4, text)
    if verdict.bad_owner is not None or verdict.stale_metadata:
        attempt.refresh_facts = True
    if verdict.existing is not None:
        attempt.learn(Rule.AC_9, _named(verdict.existing))
        attempt.search_afresh = True
    if verdict.save_duplicates:
        attempt.save_duplicates = True
        attempt.learn(Rule.AC_9, _warned_only())
    if verdict.without_case:
        attempt.without_case = True
        text = f"Salesforce refused the new Case ({verdict.words}); the call is logged without it."
        attempt.learn(Rule.AC_13, text)


def _named(existing: RecordRef) -> str:
    return (
        f"A duplicate rule of the org names {existing.type} {existing.id} for this caller; that"
        " record is used and nobody is created."
    )


def _warned_only() -> str:
    return (
        "A duplicate rule of the org warns, but names no record that a call can be logged on; the"
        " caller is created all the same."
    )


def _learn_of_records(
    verdict: Verdict, fates: Fates, intent: Activity, attempt: Attempt, pins: Pins
) -> None:
    dead = [record for record in verdict.stale if fates.get(record, record) != record]
    # All of them live, so it is the record itself that the connected user may not use.
    blamed = dead or list(verdict.stale[:1])
    attempt.avoid(records=(record.id for record in blamed))
    for record in blamed:
        successor = fates.get(record)
        if successor is not None and successor != record:
            attempt.successors[record.id] = successor
        attempt.learn(Rule.SH_1, _fate(record, fates, verdict.refusal.code))
    if verdict.slot.record in blamed:
        for party in verdict.slot.parties:
            pins.forget_match(intent.tenant, party)


def _fate(record: RecordRef, fates: Fates, code: str) -> str:
    refused_one = f"Salesforce refused {record.type} {record.id} ({code})"
    successor = fates.get(record, record)
    if successor is None:
        return f"{refused_one}: it is deleted, or hidden from the connected user."
    if successor == record:
        return f"{refused_one}: the connected user may not use it."
    return f"{refused_one}: it became {successor.type} {successor.id}, which is used instead."


_HEAD_AND_DECISION = 2


def _settle_slots(
    sending: Sending,
    intent: Activity,
    slots: tuple[Slot, ...],
    refusal: _Refusal,
    attempt: Attempt,
    books: Books,
) -> Progress:
    """After a clean refusal: end when every slot is final, wait when told to, else go on at once."""
    reasons = tuple(dict.fromkeys((*sending.reasons, *attempt.learnt)))
    record = decision_record(intent, sending.parties, reasons, attempt)
    final = all(slot.state in (SlotState.APPLIED, SlotState.REFUSED) for slot in slots)
    given_back = claims.given_back(intent.slots, refusal.verdicts, intent)
    # What there is no room for is followed when Salesforce refuses the dead record again.
    followed = claims.followed(sending.known.values(), refusal.fates)
    gone = (*given_back, *followed)[: MOST_CHANGES - _HEAD_AND_DECISION]

    def settled(head: Activity) -> LedgerWrite:
        if final:
            return LedgerWrite(head=ended(head, slots), decision=record, claims=gone)
        again = undone(head, sending.opened.head, books.run)
        return replace(again, head=replace(again.head, slots=slots), decision=record, claims=gone)

    head = settle(intent, settled, books.ledger)
    if final:
        return Progress(head=head)
    later = next((verdict for verdict in refusal.verdicts if verdict.later), None)
    if later is None:
        return Progress(head=head, go_on=True)
    text = f"Salesforce asks to try again: {later.refusal.code}."
    return wait(head, reason=later.refusal.code, text=text, books=books, least_s=3)

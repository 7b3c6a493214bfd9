"""Slots: which Tasks an activity writes, under which keys, and what has become of each.

A slot's number, key, kind, parties and mode are frozen when it first may be in the org. Deciding
again may move an open slot to another record; it never changes its key (SH-1).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from switchhook.domain.activity import (
    Activity,
    Mode,
    RecordRef,
    Slot,
    SlotState,
    State,
    slot_key,
)
from switchhook.domain.crm import Applied, FoundTask, NewRecord, Refused, WriteAnswer
from switchhook.domain.decision import Log, OrgFacts, PlannedSlot

KEY_FIELD = "Switchhook_Key__c"
"""The optional unique field on Task and Case (SH-7)."""

MARK_FIELD = "CallObject"

_LATER = frozenset(
    {"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "QUERY_TIMEOUT"}
)
_STALE_REFERENCE = frozenset(
    {
        "CANNOT_UPDATE_CONVERTED_LEAD",
        "ENTITY_IS_DELETED",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INVALID_CROSS_REFERENCE_KEY",
    }
)
_STALE_OWNER = frozenset({"INACTIVE_OWNER_OR_USER", "OP_WITH_INVALID_USER_TYPE_EXCEPTION"})
_PERSON_BY_PREFIX = {"003": "Contact", "00Q": "Lead"}
_STALE_METADATA = frozenset({"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A slot of the activity with what the newest decision plans for it."""

    slot: Slot
    plan: PlannedSlot | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a refusal means for a slot: try later, decide again, look for a double, or give up."""

    slot: Slot
    refusal: Refused
    later: bool = False
    again: bool = False
    double: bool = False
    bad_record: RecordRef | None = None
    bad_owner: str | None = None
    stale_metadata: bool = False


def seat(head: Activity, log: Log, org: OrgFacts) -> tuple[Seat, ...]:
    """Every slot of the activity after a decision: known ones keep key and number, new ones follow.

    A planned slot is a known one when they share the record or a party. A known open slot that the
    decision no longer plans is refused, for nothing of it can be in the org.
    """
    mode = Mode.EXTERNAL_ID if org.task_key else Mode.PACKAGE_FREE
    seats: dict[int, Seat] = {}
    for plan in log.slots:
        known = _known(head.slots, plan)
        if known is None:
            number = 1 + max((*seats, *(slot.number for slot in head.slots)), default=0)
            known = _open(head, plan, number, mode)
        elif known.state is SlotState.OPEN:
            known = _moved(known, plan)
        seats.setdefault(known.number, Seat(slot=known, plan=plan))
    for slot in head.slots:
        if slot.number not in seats:
            seats[slot.number] = Seat(slot=_unplanned(slot), plan=None)
    return tuple(seats[number] for number in sorted(seats))


def _known(slots: Sequence[Slot], plan: PlannedSlot) -> Slot | None:
    for slot in slots:
        same_record = plan.record is not None and plan.record in (slot.record, slot.created)
        if same_record or set(slot.parties) & set(plan.parties):
            return slot
    return None


def _open(head: Activity, plan: PlannedSlot, number: int, mode: Mode) -> Slot:
    opened = Slot(
        number=number,
        key=slot_key(activity=head.id, kind=plan.kind, number=number),
        kind=plan.kind,
        mode=mode,
        parties=plan.parties,
    )
    return _moved(opened, plan)


def _moved(slot: Slot, plan: PlannedSlot) -> Slot:
    return replace(
        slot,
        record=plan.record,
        creates=plan.person.object_type if plan.person else None,
        owner=plan.owner,
        rules=plan.rules,
        error=None,
    )


def _unplanned(slot: Slot) -> Slot:
    if slot.state is not SlotState.OPEN:
        return slot
    return replace(
        slot, state=SlotState.REFUSED, error=slot.error or "No record is left to write it on."
    )


def sendable(seats: Sequence[Seat]) -> tuple[tuple[Slot, PlannedSlot], ...]:
    """The slots whose Task may be sent now, each with its plan."""
    return tuple(
        (place.slot, place.plan)
        for place in seats
        if place.plan is not None and place.slot.state is SlotState.OPEN
    )


def records_for(
    ready: Sequence[tuple[Slot, PlannedSlot]], facts: OrgFacts
) -> tuple[NewRecord, ...]:
    """The records of one all-or-none request: each person to create before the Task that names it."""
    records: list[NewRecord] = []
    for slot, plan in ready:
        fields: dict[str, str | int] = {**plan.fields, "OwnerId": plan.owner.user_id}
        if plan.person is not None:
            person = f"person{slot.number}"
            records.append(
                NewRecord(
                    ref=person, object_type=plan.person.object_type, fields=plan.person.fields
                )
            )
            who_or_what = "WhatId" if plan.person.object_type == "Account" else "WhoId"
            fields[who_or_what] = f"@{{{person}.id}}"
        if plan.who_id:
            fields["WhoId"] = plan.who_id
        if plan.what_id:
            fields["WhatId"] = plan.what_id
        fields[MARK_FIELD] = slot.key
        if slot.mode is Mode.EXTERNAL_ID and facts.task_key:
            fields[KEY_FIELD] = slot.key
        records.append(NewRecord(ref=f"task{slot.number}", object_type="Task", fields=fields))
    return tuple(records)


def landed(slots: Sequence[Slot], answer: WriteAnswer) -> tuple[Slot, ...]:
    """The slots after a request of which everything was created."""
    ids = {result.ref: result.id for result in answer.results if isinstance(result, Applied)}
    return tuple(
        replace(
            slot,
            state=SlotState.APPLIED,
            salesforce_id=ids[f"task{slot.number}"],
            created=_created(slot, ids.get(f"person{slot.number}")),
        )
        if f"task{slot.number}" in ids
        else slot
        for slot in slots
    )


def found(slots: Sequence[Slot], tasks: Sequence[FoundTask]) -> tuple[Slot, ...]:
    """The slots after a look-up: a Task that bears a slot's key is that slot's, whoever sent it."""
    by_key = {task.key: task for task in sorted(tasks, key=lambda task: task.id, reverse=True)}
    after = []
    for slot in slots:
        task = by_key.get(slot.key)
        if task is None or slot.state is SlotState.APPLIED:
            after.append(slot)
            continue
        after.append(
            replace(
                slot,
                state=SlotState.APPLIED,
                salesforce_id=task.id,
                record=_where(slot, task),
                created=_created(slot, task.who_id or task.what_id),
                error=None,
            )
        )
    return tuple(after)


def _where(slot: Slot, task: FoundTask) -> RecordRef | None:
    """The record a found Task really hangs on, should an earlier send have chosen another."""
    person = _PERSON_BY_PREFIX.get((task.who_id or "")[:3])
    if slot.record is None or slot.record.type == "Account" or person is None:
        return slot.record
    return RecordRef(type=person, id=task.who_id or "")


def _created(slot: Slot, record_id: str | None) -> RecordRef | None:
    if slot.creates is None or record_id is None:
        return slot.created
    return RecordRef(type=slot.creates, id=record_id)


def reopened(slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """The slots once sending again does no harm.

    That is so when nothing sent is, or can still come, in the org, and when the org's unique field
    refuses a double.
    """
    return tuple(
        replace(slot, state=SlotState.OPEN) if slot.state is SlotState.SENT else slot
        for slot in slots
    )


def judge(slots: Sequence[Slot], answer: WriteAnswer, *, refusals_allowed: int) -> list[Verdict]:
    """What each refusal of a request means; records that only went along have no verdict."""
    by_ref = {
        result.ref: result
        for result in answer.results
        if isinstance(result, Refused) and not result.rolled_back
    }
    verdicts = []
    for slot in slots:
        for ref in (f"person{slot.number}", f"task{slot.number}"):
            if (refusal := by_ref.get(ref)) is not None:
                verdicts.append(_verdict(slot, refusal, refusals_allowed))
                break
    return verdicts


def _verdict(slot: Slot, refusal: Refused, refusals_allowed: int) -> Verdict:
    code = refusal.code
    if code in _LATER:
        return Verdict(slot=slot, refusal=refusal, later=True)
    if code == "DUPLICATE_VALUE" and refusal.ref.startswith("task"):
        return Verdict(slot=slot, refusal=refusal, double=True)
    may_decide_again = slot.refusals < refusals_allowed
    if code in _STALE_OWNER:
        owner = slot.owner.user_id if slot.owner else None
        return Verdict(slot=slot, refusal=refusal, again=may_decide_again, bad_owner=owner)
    if code in _STALE_REFERENCE:
        return Verdict(slot=slot, refusal=refusal, again=may_decide_again, bad_record=slot.record)
    if code in _STALE_METADATA:
        return Verdict(slot=slot, refusal=refusal, again=may_decide_again, stale_metadata=True)
    return Verdict(slot=slot, refusal=refusal)


def refused(slots: Sequence[Slot], verdicts: Sequence[Verdict]) -> tuple[Slot, ...]:
    """The slots after a clean refusal: nothing landed, those without a second chance are final."""
    by_number = {verdict.slot.number: verdict for verdict in verdicts}
    after = []
    for slot in reopened(slots):
        verdict = by_number.get(slot.number)
        if verdict is None or verdict.later or verdict.double:
            after.append(slot)
        elif verdict.again:
            after.append(replace(slot, refusals=slot.refusals + 1))
        else:
            words = f"{verdict.refusal.code}: {verdict.refusal.message}"
            after.append(replace(slot, state=SlotState.REFUSED, error=words[:1000]))
    return tuple(after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the slots together say of their activity."""

    state: State
    reason: str | None
    text: str


def summed_up(slots: Sequence[Slot]) -> Summary:
    """The final state of an activity of which every slot is final; logged if anything is in the org."""
    applied = [slot for slot in slots if slot.state is SlotState.APPLIED]
    lost = [slot for slot in slots if slot.state is SlotState.REFUSED]
    sentences = [_logged_words(slot) for slot in applied]
    sentences += [f"Slot {slot.number} was refused by Salesforce: {slot.error}" for slot in lost]
    if applied:
        return Summary(state=State.LOGGED, reason=None, text=" ".join(sentences))
    code = (lost[0].error or "refused").split(":", 1)[0] if lost else "refused"
    return Summary(state=State.FAILED, reason=code, text="Failed: " + " ".join(sentences))


def _logged_words(slot: Slot) -> str:
    record = slot.created or slot.record
    where = f"{record.type} {record.id}" if record else "its record"
    made = f", a new {slot.created.type} made for it," if slot.created else ""
    owner = f" {slot.owner.text}" if slot.owner else ""
    return f"Logged as Task {slot.salesforce_id} on {where}{made} ({', '.join(slot.rules)}).{owner}"

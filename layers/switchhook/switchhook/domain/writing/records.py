"""The records that slots send in one request, and what an answer or a look-up says of the slots.

A person and a Case are made with the Task that names them, in one all-or-none request: where the
Task is, they are, so neither needs a key of its own (SH-1, SH-7).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from switchhook.domain.activity import Mode, RecordRef, Slot, SlotKind, SlotState
from switchhook.domain.crm import Applied, FoundCase, FoundTask, NewRecord, WriteAnswer
from switchhook.domain.decision import OrgFacts, PlannedSlot
from switchhook.domain.writing.slots import KEY_FIELD, has_key_field

MARK_FIELD = "CallObject"

PERSON, CASE, TASK = "person", "case", "task"
"""How the references of a slot's records begin; the slot's number follows."""

_PERSON_BY_PREFIX = {"003": "Contact", "00Q": "Lead"}
_ATTACHED_BY_PREFIX = {"500": "Case", "006": "Opportunity"}


def records_for(
    ready: Sequence[tuple[Slot, PlannedSlot]], facts: OrgFacts
) -> tuple[NewRecord, ...]:
    """The records of one all-or-none request: person and Case to create before the Task that names them."""
    return tuple(record for slot, plan in ready for record in _records_of(slot, plan, facts))


def _records_of(slot: Slot, plan: PlannedSlot, facts: OrgFacts) -> Iterator[NewRecord]:
    if slot.kind is SlotKind.CASE:
        yield from _case_of(slot, plan, facts)
        return
    person, case = f"{PERSON}{slot.number}", f"{CASE}{slot.number}"
    task: dict[str, str | int] = {**plan.fields, "OwnerId": plan.owner.user_id}
    if plan.person is not None:
        yield NewRecord(ref=person, object_type=plan.person.object_type, fields=plan.person.fields)
        task[_who_or_what(plan.person.object_type)] = _id_of(person)
    if plan.who_id:
        task["WhoId"] = plan.who_id
    if plan.what_id:
        task["WhatId"] = plan.what_id
    if plan.case is not None:
        contact = plan.record.id if plan.record else _id_of(person)
        fields = {"OwnerId": plan.owner.user_id, **plan.case.fields, "ContactId": contact}
        if slot.mode is Mode.EXTERNAL_ID and facts.case_key:
            fields[KEY_FIELD] = slot.key
        yield NewRecord(ref=case, object_type="Case", fields=fields)
        task["WhatId"] = _id_of(case)
    task[MARK_FIELD] = slot.key
    if slot.mode is Mode.EXTERNAL_ID and facts.task_key:
        task[KEY_FIELD] = slot.key
    yield NewRecord(ref=f"{TASK}{slot.number}", object_type="Task", fields=task)


def _case_of(slot: Slot, plan: PlannedSlot, facts: OrgFacts) -> Iterator[NewRecord]:
    """A chat's Case, after the contact that is made for it, if any (CX-31)."""
    person = f"{PERSON}{slot.number}"
    fields: dict[str, str | int] = {**plan.fields, "OwnerId": plan.owner.user_id}
    if plan.person is not None:
        yield NewRecord(ref=person, object_type=plan.person.object_type, fields=plan.person.fields)
        fields["ContactId"] = _id_of(person)
    elif plan.who_id:
        fields["ContactId"] = plan.who_id
    if has_key_field(slot, facts):
        fields[KEY_FIELD] = slot.key
    yield NewRecord(ref=written_ref(slot), object_type="Case", fields=fields)


def written_ref(slot: Slot) -> str:
    """The reference of the record that bears a slot's key: its Task, or a chat's Case."""
    return f"{TASK if slot.kind is SlotKind.TASK else CASE}{slot.number}"


def _who_or_what(object_type: str) -> str:
    return "WhatId" if object_type == "Account" else "WhoId"


def _id_of(ref: str) -> str:
    return f"@{{{ref}.id}}"


def landed(slots: Sequence[Slot], answer: WriteAnswer) -> tuple[Slot, ...]:
    """The slots after a request of which everything was created."""
    ids = {result.ref: result.id for result in answer.results if isinstance(result, Applied)}
    return tuple(_landed(slot, ids) if written_ref(slot) in ids else slot for slot in slots)


def _landed(slot: Slot, ids: dict[str, str]) -> Slot:
    case = ids.get(f"{CASE}{slot.number}") if slot.kind is SlotKind.TASK else None
    return replace(
        slot,
        state=SlotState.APPLIED,
        salesforce_id=ids[written_ref(slot)],
        created=_created(slot, ids.get(f"{PERSON}{slot.number}")),
        attached=RecordRef(type="Case", id=case) if case else slot.attached,
        intended={},
    )


def found(
    slots: Sequence[Slot], tasks: Sequence[FoundTask], cases: Sequence[FoundCase] = ()
) -> tuple[Slot, ...]:
    """The slots after a look-up: what bears a slot's key is that slot's, whoever sent it.

    A Task's WhatId names the Case that was made with it, should the answer that named it be lost; a
    Case's ContactId names the contact.
    """
    oldest = {case.key: case for case in sorted(cases, key=lambda case: case.id, reverse=True)}
    slots = tuple(_found_case(slot, oldest.get(slot.key)) for slot in slots)
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
                attached=_attached(task),
                error=None,
                error_code=None,
            )
        )
    return tuple(after)


def _found_case(slot: Slot, case: FoundCase | None) -> Slot:
    if case is None or slot.state is SlotState.APPLIED or slot.kind is not SlotKind.CASE:
        return slot
    return replace(
        slot,
        state=SlotState.APPLIED,
        salesforce_id=case.id,
        created=_created(slot, case.contact_id),
        error=None,
        error_code=None,
    )


def _where(slot: Slot, task: FoundTask) -> RecordRef | None:
    """The record a found Task really hangs on, should an earlier send have chosen another."""
    person = _PERSON_BY_PREFIX.get((task.who_id or "")[:3])
    if slot.record is None or slot.record.type == "Account" or person is None:
        return slot.record
    return RecordRef(type=person, id=task.who_id or "")


def _attached(task: FoundTask) -> RecordRef | None:
    object_type = _ATTACHED_BY_PREFIX.get((task.what_id or "")[:3])
    return RecordRef(type=object_type, id=task.what_id or "") if object_type else None


def _created(slot: Slot, record_id: str | None) -> RecordRef | None:
    if slot.creates is None or record_id is None:
        return slot.created
    return RecordRef(type=slot.creates, id=record_id)

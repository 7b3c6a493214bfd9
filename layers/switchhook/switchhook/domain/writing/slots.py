"""Slots: which Tasks an activity writes, under which keys, and what has become of each.

A slot's number, key, kind, parties and mode are frozen when it first may be in the org. Deciding
again may move an open slot to another record; it never changes its key (SH-1).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from switchhook.domain.activity import (
    Activity,
    Mode,
    Slot,
    SlotKind,
    SlotState,
    State,
    slot_key,
)
from switchhook.domain.decision import Log, OrgFacts, PlannedSlot

KEY_FIELD = "Switchhook_Key__c"
"""The optional unique field on Task and Case (SH-7)."""

DESCRIPTION = "Description"

NO_RECORD = "no_record"
"""The error of a slot that no decision plans any more and of which nothing is in the org."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPlan:
    """A slot plan: a slot of the activity with what the newest decision plans for it."""

    slot: Slot
    plan: PlannedSlot | None


def slot_plans(head: Activity, log: Log, org: OrgFacts) -> tuple[SlotPlan, ...]:
    """Every slot of the activity after a decision: known ones keep key and number, new ones follow.

    A planned slot is a known one when they share the record or a party. A known open slot that the
    decision no longer plans is refused, for nothing of it can be in the org. The plan of a Case that
    has no field for its key bears the key in its text.
    """
    plans: dict[int, SlotPlan] = {}
    for plan in log.slots:
        known = _known(head.slots, plan)
        if known is None:
            number = 1 + max((*plans, *(slot.number for slot in head.slots)), default=0)
            known = _open(head, plan, number, org)
        elif known.state is SlotState.OPEN:
            known = _moved(known, plan)
        marked = replace(plan, fields=marked_fields(known, plan.fields, org))
        plans.setdefault(known.number, SlotPlan(slot=known, plan=marked))
    for slot in head.slots:
        if slot.number not in plans:
            plans[slot.number] = SlotPlan(slot=unplanned(slot), plan=None)
    return tuple(plans[number] for number in sorted(plans))


def _known(slots: Sequence[Slot], plan: PlannedSlot) -> Slot | None:
    for slot in slots:
        if slot.kind is not plan.kind:
            continue
        same_record = plan.record is not None and plan.record in (slot.record, slot.created)
        if same_record or set(slot.parties) & set(plan.parties):
            return slot
    return None


def has_key_field(slot: Slot, org: OrgFacts) -> bool:
    """Tells whether the org holds a slot's key in the unique field of its own (SH-7)."""
    is_there = org.task_key if slot.kind is SlotKind.TASK else org.case_key
    return slot.mode is Mode.EXTERNAL_ID and is_there


def marked_fields(
    slot: Slot, fields: Mapping[str, str | int], org: OrgFacts
) -> Mapping[str, str | int]:
    """The values of a slot's Task or Case; a Case without a field for its key ends with it (SH-7)."""
    if slot.kind is SlotKind.TASK or has_key_field(slot, org):
        return fields
    return {**fields, DESCRIPTION: keyed(str(fields.get(DESCRIPTION, "")), slot.key)}


def _open(head: Activity, plan: PlannedSlot, number: int, org: OrgFacts) -> Slot:
    has_key = org.task_key if plan.kind is SlotKind.TASK else org.case_key
    mode = Mode.EXTERNAL_ID if has_key else Mode.PACKAGE_FREE
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
        attached=plan.attached,
        creates_case=plan.case is not None,
        owner=plan.owner,
        rules=plan.rules,
        who=plan.who,
        told=plan.told,
        is_left_open=plan.is_left_open,
        error=None,
        error_code=None,
    )


def unplanned(slot: Slot) -> Slot:
    """The slot once no decision plans it any more: refused, unless something of it may be in the org."""
    if slot.state is not SlotState.OPEN:
        return slot
    if slot.error:
        return replace(slot, state=SlotState.REFUSED)
    return replace(
        slot,
        state=SlotState.REFUSED,
        error="No record is left to write it on.",
        error_code=NO_RECORD,
    )


def sendable(plans: Sequence[SlotPlan]) -> tuple[tuple[Slot, PlannedSlot], ...]:
    """The slots whose Task may be sent now, each with its plan."""
    return tuple(
        (one.slot, one.plan)
        for one in plans
        if one.plan is not None and one.slot.state is SlotState.OPEN
    )


def has_more_to_write(plan: PlannedSlot) -> bool:
    """Tells whether a chat has something for the person's record, or files, once it is logged."""
    return bool(plan.person_updates or plan.files) or plan.whole_transcript is not None


def is_unanswered(head: Activity) -> bool:
    """Tells whether a request for an open slot was never answered, so that it may land yet.

    Sending again before the fence opens a slot while the first request is still under way; a clean
    answer, or a look-up after the fence, takes the fence away. Until then nothing of the activity is
    skipped, dropped or moved (SH-1): the ledger would deny a Task, or name the wrong record.
    """
    return head.fence_until is not None and any(slot.state is SlotState.OPEN for slot in head.slots)


def is_displaced(head: Activity, plans: Sequence[SlotPlan]) -> bool:
    """Tells whether a new decision drops an open slot of the activity, or puts it elsewhere."""
    before = {slot.number: slot for slot in head.slots if slot.state is SlotState.OPEN}
    return any(
        one.slot.state is not SlotState.OPEN or _place(one.slot) != _place(slot)
        for one in plans
        if (slot := before.get(one.slot.number)) is not None
    )


def _place(slot: Slot) -> tuple[object, ...]:
    return slot.record, slot.creates, slot.attached, slot.creates_case


def in_doubt(head: Activity) -> tuple[Slot, ...]:
    """The slots with the open ones as sent: what became of their request is still to be found out."""
    return tuple(
        replace(slot, state=SlotState.SENT) if slot.state is SlotState.OPEN else slot
        for slot in head.slots
    )


def reopened(slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """The slots once sending again does no harm.

    That is so when nothing sent is, or can still come, in the org, and when the org's unique field
    refuses a double.
    """
    return tuple(
        replace(slot, state=SlotState.OPEN) if slot.state is SlotState.SENT else slot
        for slot in slots
    )


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
    sentences += [_lost_words(slot) for slot in lost]
    if applied:
        return Summary(state=State.LOGGED, reason=None, text=" ".join(sentences))
    code = _error_code(lost[0]) if lost else "refused"
    return Summary(state=State.FAILED, reason=code, text="Failed: " + " ".join(sentences))


def _error_code(slot: Slot) -> str:
    """The code of a refused slot; of one stored before it had a field, what its words begin with."""
    code, colon, _ = (slot.error or "").partition(":")
    return slot.error_code or (code if colon else "refused")


def _lost_words(slot: Slot) -> str:
    if slot.error_code == NO_RECORD:
        return f"Slot {slot.number} was not written: {slot.error}"
    return f"Slot {slot.number} was refused by Salesforce: {slot.error}"


def _logged_words(slot: Slot) -> str:
    record = slot.record or slot.created
    kind = slot.kind.value.title()
    if record is None and slot.kind is SlotKind.CASE:
        owner = f" {slot.owner.text}" if slot.owner else ""
        return f"Logged as Case {slot.salesforce_id} ({', '.join(slot.rules)}).{owner}"
    where = f"{record.type} {record.id}" if record else "its record"
    is_made = slot.created is not None and record == slot.created
    made = f", a new {record.type} made for it," if record and is_made else ""
    owner = f" {slot.owner.text}" if slot.owner else ""
    beside = _beside(slot)
    rules = ", ".join(slot.rules)
    return f"Logged as {kind} {slot.salesforce_id} on {where}{made}{beside} ({rules}).{owner}"


def _beside(slot: Slot) -> str:
    if slot.attached is None:
        return ""
    which = "the new" if slot.creates_case else "the open"
    return f" and on {which} {slot.attached.type} {slot.attached.id}"


def keyed(description: str, key: str) -> str:
    """Adds a Case's key as the last line of its description (SH-7); `KEY_ROOM` is left for it."""
    return f"{description}\n{key}" if description else key


def key_in(description: str | None, keys: Iterable[str]) -> str | None:
    """Gives the key that a description ends with, of those looked for; a visitor cannot write it.

    The whole last line is compared, and lines from outside are indented or have a label.
    """
    last = (description or "").replace("\r\n", "\n").rstrip("\n").rpartition("\n")[2]
    return next((key for key in keys if key == last), None)

"""Compares what happened to a call with what would happen to it under other settings."""

from dataclasses import dataclass
from enum import StrEnum

from switchhook.domain.activity import Activity, RecordRef, Slot, SlotKind, SlotState, State
from switchhook.domain.decision import Decision, PlannedSlot, Skip
from switchhook.domain.settings.schema import LogAs

# Frozen: what a slot that was stored without `is_left_open` cites where its Task stays open.
_STORED_AS_OPEN = "AC-5"


class Change(StrEnum):
    """What other settings would make of a call, the greatest difference first."""

    UNCHANGED = "unchanged"
    WOULD_BE_LOGGED = "would_be_logged"
    WOULD_BE_SKIPPED = "would_be_skipped"
    OTHER_RECORD = "other_record"
    OTHER_OWNER = "other_owner"
    OTHER_STATUS = "other_status"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Placed:
    """One Task, or a chat's Case: where it hangs, whose it is, and in which status.

    `record_id` is None for a person who would be made, `record_type` for a Task on no record.
    """

    record_type: str | None
    record_id: str | None
    owner_id: str
    status: str
    kind: str = SlotKind.TASK.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became, or would become, of a call; `rule` says why not, where it is not logged."""

    state: str
    rule: str | None = None
    tasks: tuple[Placed, ...] = ()


def outcome_of(head: Activity) -> Outcome:
    """What became of a settled activity; only what is in the org counts as a Task."""
    tasks = (
        _placed(
            slot.created or slot.record,
            None,
            slot.owner.user_id if slot.owner else "",
            slot,
        )
        for slot in head.slots
        if slot.state is SlotState.APPLIED
    )
    return Outcome(state=head.state.value, rule=head.rule, tasks=tuple(sorted(tasks, key=_ordered)))


def outcome_of_decision(decision: Decision) -> Outcome:
    """What would become of a call by a decision, if Salesforce takes it."""
    if isinstance(decision, Skip):
        return Outcome(state=State.SKIPPED.value, rule=decision.rule)
    tasks = (
        _placed(
            slot.record,
            slot.person.object_type if slot.person else None,
            slot.owner.user_id,
            slot,
        )
        for slot in decision.slots
    )
    return Outcome(state=State.LOGGED.value, tasks=tuple(sorted(tasks, key=_ordered)))


def compare(before: Outcome, after: Outcome) -> Change:
    """The greatest difference between the two; another reason for the same skip is none."""
    was_logged, is_logged = (one.state == State.LOGGED.value for one in (before, after))
    if is_logged and not was_logged:
        return Change.WOULD_BE_LOGGED
    if not is_logged and before.state != after.state:
        return Change.WOULD_BE_SKIPPED
    for change, seen in (
        (Change.OTHER_RECORD, _records),
        (Change.OTHER_OWNER, _owners),
        (Change.OTHER_STATUS, _statuses),
    ):
        if seen(before) != seen(after):
            return change
    return Change.UNCHANGED


def _placed(
    record: RecordRef | None, creates: str | None, owner_id: str, slot: Slot | PlannedSlot
) -> Placed:
    is_open = slot.is_left_open
    if is_open is None:
        is_open = _STORED_AS_OPEN in slot.rules
    status = LogAs.IN_PROGRESS if is_open else LogAs.COMPLETED
    return Placed(
        record_type=record.type if record else creates,
        record_id=record.id if record else None,
        owner_id=owner_id,
        status=status.value,
        kind=slot.kind.value,
    )


def _ordered(task: Placed) -> tuple[str, ...]:
    return (task.record_type or "", task.record_id or "", task.owner_id, task.status)


def _records(outcome: Outcome) -> list[tuple[str, str | None, str | None]]:
    return [(task.kind, task.record_type, task.record_id) for task in outcome.tasks]


def _owners(outcome: Outcome) -> list[str]:
    return [task.owner_id for task in outcome.tasks]


def _statuses(outcome: Outcome) -> list[str]:
    return [task.status for task in outcome.tasks]

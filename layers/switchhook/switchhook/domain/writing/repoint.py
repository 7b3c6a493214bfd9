"""Moves chosen Tasks from one record to another, and back (SH-6).

A Task is moved only while it hangs where we put it: what a person did with it meanwhile stays. Where
it hung before is kept, so that the move can be undone the same way.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from switchhook.domain.activity import Activity, RecordRef, Slot, SlotKind, SlotState, State
from switchhook.domain.calls.decide import references
from switchhook.domain.decision import Candidate, Reason
from switchhook.domain.rules import Rule
from switchhook.domain.writing.late_facts import parted
from switchhook.domain.writing.slots import summed_up

RULE = Rule.SH_6
KEPT = timedelta(days=90)
"""For how long Tasks that were moved can be moved back."""

MOST_ACTIVITIES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangs:
    """Where a Task hangs: its WhoId and its WhatId."""

    who_id: str | None = None
    what_id: str | None = None


class MoveState(StrEnum):
    """INTENDED: it may have been moved. MOVED: it has been. RESTORED: it has been moved back."""

    INTENDED = "intended"
    MOVED = "moved"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One Task on its way; `why` says what keeps it from getting where it should.

    `record`, `attached` and `creates_case` are what its slot said before.
    """

    activity_id: str
    slot: int
    task_id: str
    before: Hangs
    after: Hangs
    record: RecordRef | None
    attached: RecordRef | None = None
    creates_case: bool = False
    state: MoveState = MoveState.INTENDED
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repoint:
    """Some Tasks of a party that are moved together; `version` grows by one with every change.

    `refused` says why an activity's Task was left where it is.
    """

    id: str
    tenant: str
    party: str
    source: RecordRef
    target: RecordRef
    made_at: datetime
    version: int = 1
    undone_at: datetime | None = None
    moves: tuple[Move, ...] = ()
    refused: Mapping[str, str]

    def is_kept(self, now: datetime) -> bool:
        """True while it can still be undone."""
        return now < self.made_at + KEPT

    def with_moves(self, changed: Iterable[Move]) -> "Repoint":
        """The same with some of its moves as they are now."""
        by_activity = {move.activity_id: move for move in (*self.moves, *changed)}
        return replace(self, moves=tuple(by_activity.values()))


def repoint_id(
    *,
    tenant: str,
    party: str,
    source: RecordRef,
    target: RecordRef,
    activity_ids: Iterable[str],
    again: int,
) -> str:
    """The identity of a move: the same request has the same one, so that repeating it does nothing twice.

    `again` counts how often the same Tasks were moved the same way before and came back.
    """
    named = json.dumps([tenant, party, source.id, target.id, sorted(activity_ids), again])
    digest = hashlib.sha256(named.encode("utf-8", "surrogatepass")).digest()
    return "u_" + base64.b32encode(digest[:10]).decode("ascii").lower()


def place_of(slot: Slot) -> RecordRef | None:
    """The record that a slot's Task hangs on, as far as we know: the chosen one, or the one made for it."""
    return slot.record or slot.created


def movable(head: Activity | None, party: str, source: RecordRef) -> Slot | str:
    """The slot of an activity whose Task may be moved from a record; else why there is none."""
    if head is None:
        return "There is no such activity; it may have expired, or the id is another tenant's."
    if head.state is not State.LOGGED:
        return f"It is {head.state.value}, not logged, so there is no Task to move."
    applied = [
        slot
        for slot in head.slots
        if slot.kind is SlotKind.TASK and slot.state is SlotState.APPLIED and slot.salesforce_id
    ]
    theirs = [slot for slot in applied if party in slot.parties]
    if not theirs:
        return "It was logged for another party."
    there = [slot for slot in theirs if place_of(slot) == source]
    if not there:
        place = place_of(theirs[0])
        named = f"{place.type} {place.id}" if place else "no record"
        return f"It is logged on {named}, not on {source.type} {source.id}."
    return there[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """The two ends of a move, as the org shows them; `source` is None where it is gone or hidden."""

    source: Candidate | None
    target: Candidate
    person_account_who: bool

    @property
    def after(self) -> Hangs:
        """Where every Task hangs once it is moved: on the person alone.

        A Case or Opportunity of the person before is left behind with that person.
        """
        who_id, what_id = references(self.target, person_account_who=self.person_account_who)
        return Hangs(who_id=who_id, what_id=what_id)


def plan_move(activity_id: str, slot: Slot, stands: Hangs, between: Between) -> Move | str:
    """The move of a slot's Task that hangs where it `stands`; else why it is left alone."""
    task_id = slot.salesforce_id or ""
    ours = _put_there(slot, between.source)
    if stands not in ours and stands != between.after:
        return _moved_by_somebody(task_id, stands)
    before = stands if stands in ours else ours[0]
    return Move(
        activity_id=activity_id,
        slot=slot.number,
        task_id=task_id,
        before=before,
        after=between.after,
        record=slot.record,
        attached=slot.attached,
        creates_case=slot.creates_case,
    )


def _put_there(slot: Slot, source: Candidate | None) -> list[Hangs]:
    """Every way in which we, or Salesforce when a lead was converted, let the Task hang on its record."""
    record = place_of(slot)
    if record is None:
        return []
    known = [Candidate(record=record), *([source] if source else [])]
    attached = slot.attached.id if slot.attached else None
    ways = []
    for candidate in known:
        for person_account_who in (True, False):
            who_id, what_id = references(candidate, person_account_who=person_account_who)
            ways.append(Hangs(who_id=who_id, what_id=what_id or attached))
            ways.append(Hangs(who_id=who_id, what_id=what_id))
    return list(dict.fromkeys(ways))


def _moved_by_somebody(task_id: str, stands: Hangs) -> str:
    named = f"WhoId {stands.who_id or 'empty'}, WhatId {stands.what_id or 'empty'}"
    return (
        f"Somebody has changed in Salesforce what Task {task_id} hangs on ({named}); it stays so."
    )


def gone(task_id: str) -> str:
    """Why a Task that is not there cannot be moved."""
    return f"Task {task_id} is deleted, or hidden from the connected user."


def compare(move: Move, stands: Hangs, *, back: bool) -> Move | str | None:
    """Whether a Task is to be written: the move if so, None if it hangs there already, else why not.

    `back` says that it is being moved back.
    """
    start, end = (move.after, move.before) if back else (move.before, move.after)
    if stands == end:
        return None
    return move if stands == start else _moved_by_somebody(move.task_id, stands)


def moved(head: Activity, move: Move, target: RecordRef, undo_id: str) -> tuple[Activity, Reason]:
    """The head once a slot's Task hangs on its new record, and what to tell of it."""
    left = f", and no longer on {move.attached.type} {move.attached.id}" if move.attached else ""
    text = (
        f"An admin moved Task {move.task_id} from {_named(move, head)} to {target.type}"
        f" {target.id}{left}; {undo_id} undoes it."
    )
    slots = tuple(
        replace(
            slot,
            record=target,
            attached=None,
            creates_case=False,
            rules=tuple(dict.fromkeys((*slot.rules, RULE))),
        )
        if slot.number == move.slot
        else slot
        for slot in head.slots
    )
    return _with_slots(head, slots), Reason(rule=RULE, text=text)


def moved_back(head: Activity, move: Move, undo_id: str) -> tuple[Activity, Reason]:
    """The head once a slot's Task hangs again where it did before, and what to tell of it."""
    slots = tuple(
        replace(
            slot,
            record=move.record,
            attached=move.attached,
            creates_case=move.creates_case,
            rules=tuple(rule for rule in slot.rules if rule != RULE),
        )
        if slot.number == move.slot
        else slot
        for slot in head.slots
    )
    restored = _with_slots(head, slots)
    text = f"Task {move.task_id} was moved back to {_named(move, restored)} ({undo_id})."
    return restored, Reason(rule=RULE, text=text)


def _named(move: Move, head: Activity) -> str:
    created = next((slot.created for slot in head.slots if slot.number == move.slot), None)
    record = move.record or created
    return f"{record.type} {record.id}" if record else "its record"


def _with_slots(head: Activity, slots: tuple[Slot, ...]) -> Activity:
    """The head's sentence says where each Task hangs; the note on late facts stays."""
    return replace(parted(head), slots=slots, text=summed_up(slots).text)

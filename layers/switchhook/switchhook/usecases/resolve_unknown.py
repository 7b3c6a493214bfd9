"""Finds out what became of a write that was never answered.

Found is final at any time. Not found is believed only after the fence, when a request sent before it
can no longer commit; or at once where the org's own unique field would refuse a double.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from switchhook.domain.activity import Activity, Entry, Mode, Slot, SlotState, State
from switchhook.domain.claims import ClaimChange
from switchhook.domain.connection import Connection
from switchhook.domain.errors import Conflict, SwitchhookError
from switchhook.domain.slots import has_key_field, reopened
from switchhook.domain.timing import LOOK_UPS_AFTER_S
from switchhook.ports import LedgerWrite
from switchhook.usecases import claims
from switchhook.usecases.attempt import Attempt, Progress
from switchhook.usecases.grants import open_grant
from switchhook.usecases.marks import Marks, Span, look_for
from switchhook.usecases.refusals import DOUBLE
from switchhook.usecases.send_slots import NEEDS_CHECK
from switchhook.usecases.setbacks import leave, park, set_back, usable
from switchhook.usecases.settling import ended
from switchhook.usecases.world import World

_CLOCKS_DIFFER_BY = timedelta(minutes=5)
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


def resolve_unknown(entry: Entry, attempt: Attempt, world: World) -> Progress:
    """Look for the activity's keys in the org, and draw the conclusion that is safe by now."""
    head = entry.head
    connection = world.connections.read(head.tenant)
    if connection is None or not usable(connection):
        return park(head, world)
    asked_at = world.now()
    try:
        marks = _look_up(head, connection, world)
    except Conflict:
        raise
    except SwitchhookError as error:
        return set_back(head, error, attempt, world)
    attempt.note("look for what was sent", f"{len(marks)} found", world)
    slots = marks.on(head.slots)
    if not any(slot.state is SlotState.SENT for slot in slots):
        return _found(head, slots, world)
    if head.reason == DOUBLE and not len(marks):
        return _another_unique_field(head, slots, world)
    if head.reason == DOUBLE or _may_send_again(head, slots, asked_at, world):
        return _not_there(head, slots, world)
    return _look_again(head, slots, world)


def _look_up(head: Activity, connection: Connection, world: World) -> Marks:
    grant = open_grant(connection, cipher=world.cipher, memory=world.grants)
    sent_at = head.sent_at or head.received_at
    since = sent_at - _CLOCKS_DIFFER_BY
    span = Span(
        tasks_since=_EVER if head.reason == DOUBLE else since,
        cases_since=since,
        until=(head.fence_until or sent_at) + _CLOCKS_DIFFER_BY,
    )
    stored = world.memory.recall(head.tenant)
    case_key = stored is None or stored.facts.case_key
    return look_for(head.slots, span, grant, world, case_key=case_key)


def _found(head: Activity, slots: tuple[Slot, ...], world: World) -> Progress:
    """Everything sent is in the org; slots that were never sent still are."""
    done = claims.completed(slots, head)
    if any(slot.state is SlotState.OPEN for slot in slots):
        return _go_on(head, slots, done, world)
    logged = ended(head, slots)
    world.ledger.commit(LedgerWrite(head=logged, claims=done))
    return Progress(head=logged)


def _go_on(
    head: Activity,
    slots: tuple[Slot, ...],
    changes: tuple[ClaimChange, ...],
    world: World,
) -> Progress:
    open_again = replace(
        head,
        version=head.version + 1,
        state=State.WAITING,
        reason="undone",
        text="Waiting: what is missing in the org is sent.",
        slots=slots,
        due_at=world.now(),
    )
    world.ledger.commit(LedgerWrite(head=open_again, claims=changes))
    return Progress(head=open_again, go_on=True)


def _another_unique_field(head: Activity, slots: tuple[Slot, ...], world: World) -> Progress:
    """DUPLICATE_VALUE, but none of our keys is there: the customer's own unique field refuses."""
    final = tuple(
        replace(slot, state=SlotState.REFUSED) if slot.state is SlotState.SENT else slot
        for slot in slots
    )
    failed = ended(head, final)
    world.ledger.commit(LedgerWrite(head=failed, claims=claims.released(slots, head)))
    return Progress(head=failed)


def _may_send_again(
    head: Activity, slots: tuple[Slot, ...], asked_at: datetime, world: World
) -> bool:
    stored = world.memory.recall(head.tenant)
    # A person or a Case is not guarded by the Task's key: were its claim given back early, the first
    # request could still create it beside the one that the next holder creates.
    guarded = stored is not None and all(
        has_key_field(slot, stored.facts) and slot.creates is None and not slot.creates_case
        for slot in slots
        if slot.state is SlotState.SENT
    )
    return guarded or (head.fence_until is not None and asked_at >= head.fence_until)


def _not_there(head: Activity, slots: tuple[Slot, ...], world: World) -> Progress:
    """Nothing landed and nothing can land any more, or a double would be refused: send again."""
    package_free = any(
        slot.mode is Mode.PACKAGE_FREE for slot in slots if slot.state is SlotState.SENT
    )
    stored = world.memory.recall(head.tenant)
    unsure = stored is not None and not stored.facts.sees_all_records
    if package_free and unsure and not _looked_for_by_a_person(head):
        return _ask_a_person(head, world)
    return _go_on(head, reopened(slots), claims.released(slots, head), world)


def _kind(head: Activity) -> str:
    return next((slot.kind.value.title() for slot in head.slots), "Task")


def _looked_for_by_a_person(head: Activity) -> bool:
    """Whoever replays what a person was asked to look for has not found it."""
    sent_at = head.sent_at or head.received_at
    return head.settings_at is not None and head.settings_at > sent_at


def _ask_a_person(head: Activity, world: World) -> Progress:
    failed = replace(
        head,
        version=head.version + 1,
        state=State.FAILED,
        reason=NEEDS_CHECK,
        text=(
            "Failed: Salesforce did not answer, and the connected user may not see every record, so"
            f" nobody can tell whether the {_kind(head)} exists. Look for it on the record; replay the"
            " activity if it is missing."
        ),
        due_at=None,
    )
    world.ledger.commit(LedgerWrite(head=failed))
    return Progress(head=failed)


def _look_again(head: Activity, slots: tuple[Slot, ...], world: World) -> Progress:
    lookups = head.lookups + 1
    sent_at = head.sent_at or head.received_at
    fence = head.fence_until or sent_at
    after_s = LOOK_UPS_AFTER_S[lookups] if lookups < len(LOOK_UPS_AFTER_S) else None
    next_look = sent_at + timedelta(seconds=after_s) if after_s is not None else fence
    waiting = replace(
        head,
        version=head.version + 1,
        state=State.UNKNOWN,
        reason="no_answer",
        text=(
            f"Not known yet: Salesforce did not answer, and the {_kind(head)} is not there so far. It is"
            f" looked for again; from {fence:%H:%M:%S} UTC on it can be sent again safely."
        ),
        slots=slots,
        lookups=lookups,
        due_at=max(min(next_look, fence), world.now() + timedelta(seconds=1)),
    )
    return leave(LedgerWrite(head=waiting), world)

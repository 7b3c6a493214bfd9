"""Brings what a chat says of a person into the person's record, as far as the tenant wants it (CX-19, CX-33).

It follows the log and can never cost it: what Salesforce refuses is told and left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from switchhook.domain.activity import RecordRef, Slot
from switchhook.domain.chat_revisions import RULE, brought, told_mark
from switchhook.domain.connection import Grant
from switchhook.domain.decision import Reason
from switchhook.domain.errors import Permanent
from switchhook.domain.person_updates import changes, fields_to_read
from switchhook.ports import LedgerWrite
from switchhook.ports_records import StoredTask
from switchhook.usecases.attempt import Attempt, Progress
from switchhook.usecases.explanations import decision_record
from switchhook.usecases.gather import Case
from switchhook.usecases.late_rests import look_again
from switchhook.usecases.setbacks import STALE_METADATA
from switchhook.usecases.world import World

_EDITED_RESTS_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bringing:
    """What the chat of a slot says of a record, by field."""

    slot: Slot
    record: RecordRef
    values: Mapping[str, str]


def bring_person(
    case: Case, bringing: Bringing, grant: Grant, attempt: Attempt, world: World
) -> Progress:
    """Read the record, change what may be changed, and write down that it is done.

    An answer that was lost does no harm: what is there by then needs no change.

    Raises:
        SessionExpired, BudgetSpent, NeedsReconnect, OutcomeUnknown, Retryable: it is tried again.
        Conflict: somebody else moved the activity on.
    """
    record = bringing.record
    try:
        stored = world.updates.read(
            grant, record.type, [record.id], fields_to_read(bringing.values)
        )
        attempt.note(f"read the {record.type}", f"{len(stored)} found", world)
        if not stored:
            text = f"{record.type} {record.id} is deleted, or hidden from the connected user."
            return _done(case, bringing, Reason(rule=RULE, text=text), attempt, world)
        return _change(case, bringing, stored[0], grant, attempt, world)
    except Permanent as error:
        if error.code in STALE_METADATA and not attempt.facts_refreshed:
            raise
        attempt.note(f"update the {record.type}", error.code, world)
        words = f"{error.code}: {error.message}"[:1000]
        text = f"Salesforce refused to change {record.type} {record.id}: {words}"
        return _done(case, bringing, Reason(rule=RULE, text=text), attempt, world)


def _change(
    case: Case,
    bringing: Bringing,
    stored: StoredTask,
    grant: Grant,
    attempt: Attempt,
    world: World,
) -> Progress:
    record, policy = bringing.record, case.settings.chats.update_existing
    changed = changes(stored.fields, bringing.values, policy)
    if changed:
        is_written = world.updates.update(
            grant, record, changed, unmodified_since=stored.modified_at
        )
        attempt.note(
            f"update the {record.type}", "ok" if is_written else "changed meanwhile", world
        )
        if not is_written:
            why = f"somebody has just changed {record.type} {record.id}."
            return look_again(case.head, world, after_s=_EDITED_RESTS_S, why=why)
    left = [name for name in bringing.values if name not in changed]
    return _done(case, bringing, brought(record, changed, left), attempt, world)


def _done(
    case: Case, bringing: Bringing, reason: Reason, attempt: Attempt, world: World
) -> Progress:
    """Write down what was brought; the head is due at once for what is left to do."""
    head, slot = case.head, bringing.slot
    done = replace(slot, told=told_mark(bringing.values))
    after = replace(
        head,
        version=head.version + 1,
        decisions=head.decisions + 1,
        slots=tuple(done if one.number == slot.number else one for one in head.slots),
        due_at=world.now(),
    )
    record = decision_record(after, (), (reason,), attempt, world)
    world.ledger.commit(LedgerWrite(head=after, decision=replace(record, amends=True)))
    attempt.calls.clear()
    return Progress(head=after, go_on=True)

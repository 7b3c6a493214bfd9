"""Follows a wake-up, or gives up an activity that was woken too often without a word in the ledger (SH-2).

A process that dies at an activity leaves no trace of it but the caretaker's count of wakes.
"""

from dataclasses import replace

from switchhook.domain.activity import FINAL, Activity, State
from switchhook.domain.errors import Conflict
from switchhook.domain.queue_messages import WakeMessage
from switchhook.domain.timing import MOST_WAKES
from switchhook.domain.writing.late_facts import with_note
from switchhook.ports.ledger import Ledger, LedgerWrite
from switchhook.usecases.record.advance import advance
from switchhook.usecases.record.waiting import failed_head
from switchhook.usecases.record.world import World

NEEDS_OPERATOR = "needs_operator"

_TEXT = (
    f"it was woken {MOST_WAKES} times and each time nothing came of it. The operator finds the cause in"
    " the worker's log; replay the activity afterwards, which looks into Salesforce before it writes."
)
_NOTE = (
    f"they are given up: {MOST_WAKES} times nothing came of looking at them. The operator finds the cause"
    " in the worker's log."
)


def follow_wake(message: WakeMessage, world: World) -> Activity | None:
    """Bring the activity as far as it goes now; None when there is no such activity."""
    if message.wakes > MOST_WAKES:
        return _give_up(message, world.books.ledger)
    return advance(message.tenant, message.activity_id, world)


def _give_up(message: WakeMessage, ledger: Ledger) -> Activity | None:
    """End an activity that nobody has written since it was woken so often.

    Its slots stay as they are: what may be in the org is looked for by a replay. One that is logged
    stays logged, and is only not looked at any more until something new is told of it.
    """
    entry = ledger.read(message.tenant, message.activity_id)
    if entry is None or entry.head.version != message.version:
        return entry.head if entry else None
    head = _given_up(entry.head)
    try:
        ledger.commit(LedgerWrite(head=head))
    except Conflict:
        # It has moved on by itself in this very moment.
        return entry.head
    return head


def _given_up(head: Activity) -> Activity:
    if head.state is State.LOGGED:
        return replace(with_note(head, _NOTE), version=head.version + 1, due_at=None)
    if head.state in FINAL:
        return replace(head, version=head.version + 1, due_at=None)
    return failed_head(head, reason=NEEDS_OPERATOR, text=_TEXT)

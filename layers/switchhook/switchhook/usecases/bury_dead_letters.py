"""Brings dead letters into the ledger, so that nothing accepted is ever lost from sight (SH-2)."""

from dataclasses import replace

from switchhook.domain.activity import FINAL, Activity, SlotState
from switchhook.domain.errors import Conflict, Rejected
from switchhook.domain.queue_message import QueueMessage, WakeMessage, from_json
from switchhook.ports import LedgerWrite
from switchhook.ports_caretaker import DeadLetters
from switchhook.usecases.setbacks import failed_head
from switchhook.usecases.take_in import new_head
from switchhook.usecases.world import World

_MOST_BATCHES = 20
_PER_BATCH = 10
_TEXT = (
    "this event could not be processed however often it was tried. The operator finds the cause in"
    " the worker's log; replay the activity afterwards."
)


def bury_dead_letters(dead_letters: DeadLetters, world: World) -> int:
    """Write every dead letter down as failed(dead_letter) and remove it; returns how many.

    A letter whose activity has moved on by itself is only removed. One that was changed just now comes
    back with the next round.
    """
    buried = 0
    for _ in range(_MOST_BATCHES):
        letters = dead_letters.receive(_PER_BATCH)
        if not letters:
            break
        for letter in letters:
            if _written_down(letter.body, world):
                dead_letters.delete(letter.receipt)
                buried += 1
    return buried


def _written_down(body: str, world: World) -> bool:
    try:
        message = from_json(body)
    except Rejected:
        # Not of our making: there is no activity that it could speak of.
        return True
    head = _head_of(message, world)
    if head is None:
        return True
    try:
        world.ledger.commit(LedgerWrite(head=failed_head(head, reason="dead_letter", text=_TEXT)))
    except Conflict:
        return False
    return True


def _head_of(message: QueueMessage, world: World) -> Activity | None:
    """The head to fail; None when it is final, gone, or must be looked for in the org first."""
    entry = world.ledger.read(message.tenant, message.activity_id)
    if entry is None:
        if isinstance(message, WakeMessage):
            return None
        return replace(new_head(message, world), version=0)
    may_be_in_org = any(slot.state is SlotState.SENT for slot in entry.head.slots)
    return None if entry.head.state in FINAL or may_be_in_org else entry.head

"""Lets an activity wait for the end of its call, or for the fuller report of it."""

from dataclasses import replace
from datetime import datetime, timedelta

from switchhook.domain.activity import Activity, Entry, State
from switchhook.domain.merging import held_until
from switchhook.ports import LedgerWrite
from switchhook.usecases.attempt import Progress
from switchhook.usecases.setbacks import fail, leave
from switchhook.usecases.world import World

CALL_END = "call_end"
BETTER_EVENT = "better_event"
AWAITS_EVENT = frozenset({CALL_END, BETTER_EVENT})
"""Why an activity waits that the next event may set going at once."""

_END_COMES_WITHIN = timedelta(hours=24)


def await_end(entry: Entry, world: World) -> Progress | None:
    """What to do until the call can be decided; None when all that is to be waited for has come.

    Facts that come before the end wait for it, for a day. An end of which the provider soon sends a
    fuller report waits for that, from the first such end on.
    """
    if not any(event.ended for event in entry.events):
        return _without_end(entry.head, world)
    until = held_until(entry.events)
    if until is None or world.now() >= until:
        return None
    text = "Waiting: the call has ended, and the provider's fuller report of it is still to come."
    return _rest(entry.head, until, reason=BETTER_EVENT, text=text, world=world)


def _without_end(head: Activity, world: World) -> Progress:
    ends_by = head.received_at + _END_COMES_WITHIN
    if world.now() >= ends_by:
        text = "Only additions to this call arrived; its end was not reported within 24 hours."
        return fail(head, reason="no_end", text=text, world=world)
    text = "Waiting: additions to the call have arrived before its end."
    return _rest(head, ends_by, reason=CALL_END, text=text, world=world)


def _rest(head: Activity, until: datetime, *, reason: str, text: str, world: World) -> Progress:
    waiting = replace(
        head,
        version=head.version + 1,
        state=State.WAITING,
        reason=reason,
        text=text,
        due_at=until,
    )
    return leave(LedgerWrite(head=waiting), world)

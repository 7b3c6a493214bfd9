"""Lets an activity wait for the end of its call or chat, or for the fuller report of it."""

from dataclasses import replace
from datetime import datetime, timedelta

from switchhook.domain.activity import Activity, Entry, State
from switchhook.domain.chat_actions import AwaitTrigger
from switchhook.domain.events import Kind
from switchhook.domain.merging import held_until
from switchhook.ports import LedgerWrite
from switchhook.usecases.attempt import Progress
from switchhook.usecases.setbacks import fail, leave
from switchhook.usecases.world import World

CALL_END = "call_end"
BETTER_EVENT = "better_event"
CHAT_END = "chat_end"
AWAITS_EVENT = frozenset({CALL_END, BETTER_EVENT, CHAT_END})
"""Why an activity waits that the next event may set going at once."""

_END_COMES_WITHIN = timedelta(hours=24)
_CHAT_LASTS = timedelta(days=7)


def await_end(entry: Entry, world: World) -> Progress | None:
    """What to do until the call can be decided; None when all that is to be waited for has come.

    Facts that come before the end wait for it, for a day. An end of which the provider soon sends a
    fuller report waits for that, from the first such end on.
    """
    is_chat = entry.head.kind is Kind.CHAT
    if not is_chat and not any(event.ended for event in entry.events):
        return _without_end(entry.head, world)
    until = held_until(entry.events)
    if until is None or world.now() >= until:
        return None
    text = "Waiting: the call has ended, and the provider's fuller report of it is still to come."
    return _rest(entry.head, until, reason=BETTER_EVENT, text=text, world=world)


def chat_ends_by(entry: Entry) -> datetime:
    """Until when what sets a chat off is waited for: seven days from its newest event."""
    newest = max((event.received_at for event in entry.events), default=entry.head.received_at)
    return newest + _CHAT_LASTS


def await_trigger(entry: Entry, head: Activity, awaited: AwaitTrigger, world: World) -> Progress:
    """Wait for what sets the chat off; where it does not come, the admin is told that it never did."""
    ends_by = chat_ends_by(entry)
    if world.now() >= ends_by:
        text = (
            f"{awaited.text} None of it came within 7 days of the chat's newest event. Should it come"
            " yet, the chat is recorded."
        )
        return fail(head, reason="no_end", text=text, world=world)
    text = f"Waiting: {awaited.text}"
    return _rest(head, ends_by, reason=CHAT_END, text=text, world=world)


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

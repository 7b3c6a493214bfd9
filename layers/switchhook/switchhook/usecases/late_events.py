"""Says what an event that comes after a decision sets going: another look, an update, or nothing (SH-5)."""

from dataclasses import replace
from datetime import datetime, timedelta

from switchhook.domain.activity import Activity, Entry, SlotState, State
from switchhook.domain.chat_actions import AwaitTrigger
from switchhook.domain.chat_screening import ChatScreened
from switchhook.domain.decision import Screened, Skip
from switchhook.domain.errors import Permanent
from switchhook.domain.events import Event, Kind
from switchhook.domain.settings import LateFacts
from switchhook.usecases import gather
from switchhook.usecases.gather import Case, Screening
from switchhook.usecases.world import World

_MAY_BE_IN_ORG = frozenset({SlotState.SENT, SlotState.APPLIED})


def reopens(entry: Entry, event: Event, world: World) -> bool:
    """Tells whether a call or chat that was decided is to be decided again because of this event.

    A skipped one is when it would be screened otherwise; a record is looked for again only where there
    is another party to look for. A logged one is when a party took part of whom nobody had told: it
    opens a slot of its own, unless its record is in one already. A chat has one visitor, and one slot.
    """
    is_skipped = entry.head.state is State.SKIPPED and not entry.head.slots
    is_call = entry.head.kind is Kind.CALL
    if not is_skipped and not (is_call and entry.head.state is State.LOGGED):
        return False
    case = _case(replace(entry, events=(*entry.events, event)), world)
    if case is None or case.settings.late_facts is LateFacts.IGNORE:
        return False
    before = _case(entry, world)
    if before is None:
        return False
    if is_skipped:
        return _says(before.screened) != _says(case.screened)
    return bool(_parties(case.screened) - _parties(before.screened))


def _parties(screened: Screening) -> set[str]:
    if not isinstance(screened, Screened):
        return set()
    return {party.key for party in screened.parties}


def _says(screened: Screening) -> object:
    match screened:
        case Skip():
            return screened.rule
        case Screened():
            return tuple(party.key for party in screened.parties)
        case ChatScreened():
            return screened.chosen.action
        case AwaitTrigger():
            return screened.waits_for


def awaited(head: Activity, entry: Entry, event: Event, world: World) -> Activity:
    """The head that took the event in, with the time at which its Tasks are brought up to date.

    The first late fact opens a quiet window, in which further ones are gathered; so there is at most
    one update in each. While Tasks may just be being written, the window waits for their outcome.
    """
    if not any(slot.state in _MAY_BE_IN_ORG for slot in head.slots) or head.state in (
        State.SKIPPED,
        State.FAILED,
    ):
        return head
    is_logged = head.state is State.LOGGED
    if (head.due_at if is_logged else head.late_at) is not None:
        return head
    case = _case(replace(entry, events=(*entry.events, event)), world)
    # A chat's end is no late fact of its start (CX-27).
    if case is None or (case.chat is None and case.settings.late_facts is LateFacts.IGNORE):
        return head
    late_at = window_end(case, world)
    return replace(head, due_at=late_at) if is_logged else replace(head, late_at=late_at)


def window_end(case: Case, world: World) -> datetime:
    """When facts that come now are brought into the org."""
    return world.now() + timedelta(seconds=case.settings.late_facts_window_s)


def _case(entry: Entry, world: World) -> Case | None:
    try:
        return gather.open_case(entry, world)
    except Permanent:
        # The tenant is gone, and its calls are of no more concern.
        return None

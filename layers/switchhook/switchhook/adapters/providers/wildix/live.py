"""Wildix's events of a call under way (`call:start`, `call:update`, `call:end`) into facts.

None of them carries a duration: the call's times are those of its start and end events. Only the word
CONNECTING is proven by a capture; the statuses that prove an answer are Wildix's documented ones.
"""

from dataclasses import replace
from datetime import datetime

from switchhook.adapters.providers.shapes import Name
from switchhook.adapters.providers.wildix.sides import (
    Sides,
    has_flag,
    not_answered,
    side_facts,
    way,
)
from switchhook.domain.facts.event import CallFacts, Direction, Outcome

_ANSWERED = frozenset({"TALKING", "ANSWERED", "CONNECTED", "HOLD", "HELD", "ON_HOLD"})


class LiveCall(Sides):
    """The call as it stands at the event's time."""

    status: Name = None


def proves_answer(call: LiveCall) -> bool:
    """Whether two ends are talking; a menu or a queue that speaks to the caller is no second end."""
    return (
        (call.status or "").upper() in _ANSWERED
        and call.caller is not None
        and call.callee is not None
    )


def started_facts(call: LiveCall, *, at: datetime | None) -> CallFacts:
    """What `call:start` tells."""
    return replace(_told_so_far(call), started_at=at)


def updated_facts(call: LiveCall) -> CallFacts:
    """What `call:update` tells: who takes part, and whether an answer was seen."""
    facts = _told_so_far(call)
    return replace(facts, outcome=Outcome.ANSWERED) if proves_answer(call) else facts


def ended_facts(call: LiveCall, *, at: datetime) -> CallFacts:
    """What `call:end` tells: nobody answered, unless its own status proves it."""
    direction = way(call)
    number = None
    if direction is None and call.caller is not None:
        # One of ours called, and nobody was reached who could be told apart by a side.
        direction, number = Direction.OUTBOUND, call.destination
    facts = side_facts(call, direction, is_answered=proves_answer(call))
    return replace(
        facts,
        external_number=facts.external_number or number,
        outcome=_outcome(call, direction),
        ended_at=at,
    )


def _told_so_far(call: LiveCall) -> CallFacts:
    return side_facts(call, way(call), is_answered=proves_answer(call))


def _outcome(call: LiveCall, direction: Direction | None) -> Outcome:
    if direction is Direction.INBOUND and has_flag(call, "voicemail"):
        return Outcome.VOICEMAIL
    if proves_answer(call):
        return Outcome.ANSWERED
    return not_answered(call, direction) or Outcome.UNANSWERED

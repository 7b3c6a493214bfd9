"""Whether somebody talked, and for how long."""

from switchhook.domain.events import CallFacts, Direction, Outcome

_LARGEST_INT = 2**31 - 1


def is_answered(call: CallFacts) -> bool:
    """Tells whether somebody talked; where no outcome was stated, the talk time tells."""
    if call.outcome is None:
        return bool(call.talk_s)
    return call.outcome is Outcome.ANSWERED


def outcome_of(call: CallFacts) -> Outcome:
    """Gives how the call ended; where nobody said it, nobody answered unless somebody talked."""
    if call.outcome is not None:
        return call.outcome
    if is_answered(call):
        return Outcome.ANSWERED
    return Outcome.MISSED if call.direction is Direction.INBOUND else Outcome.UNANSWERED


def talk_time_s(call: CallFacts) -> float:
    """Gives the seconds that were talked; 0 when nobody answered, or nobody knows."""
    return known_talk_time_s(call) or 0.0


def known_talk_time_s(call: CallFacts) -> float | None:
    """Gives the seconds that were talked, 0 when nobody answered; None when nothing tells.

    An answered call of which nobody said when it was answered counts from its start.
    """
    if not is_answered(call):
        return 0.0
    if call.talk_s is not None:
        return call.talk_s if call.talk_s > 0 else 0.0
    began = call.answered_at or call.started_at
    if began is None or call.ended_at is None:
        return None
    return max((call.ended_at - began).total_seconds(), 0.0)


def whole_seconds(seconds: float) -> int:
    """Gives a duration as Salesforce's integers can hold it; what is no duration counts as 0."""
    return int(min(seconds, _LARGEST_INT)) if seconds > 0 else 0

"""Reads Zoom's call history: one log for each step of a call, as the side that it belongs to saw it."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from switchhook.adapters.providers.shapes import Name, Number, Rfc3339, Seconds, Shape
from switchhook.domain.facts.event import CallFacts, Direction, Outcome, Transfer
from switchhook.domain.facts.people import Agent

_ANSWERED = frozenset({"answered", "accepted", "picked_up", "connected", "succeeded"})
_TAKEN_BY_OTHERS = frozenset({"answered_by_other", "pickup_by_other", "call_out_by_other"})
_OUTCOMES = {
    "voicemail": Outcome.VOICEMAIL,
    "canceled": Outcome.CANCELED,
    "abandoned": Outcome.CANCELED,
    "rejected": Outcome.REJECTED,
    "busy": Outcome.BUSY,
    "call_failed": Outcome.FAILED,
    "unconnected": Outcome.FAILED,
    "invalid_key": Outcome.FAILED,
    "invalid_operation": Outcome.FAILED,
    "system_blocked": Outcome.FAILED,
    "service_unavailable": Outcome.FAILED,
}
_TRANSFERS = {"warm_transfer": "attended", "direct_transfer": "blind", "forward": "forward"}
_PEOPLE = frozenset({"user", "common_area", "zoom_room", "cisco_room"})


class Side(StrEnum):
    """Which end of a call an event tells of."""

    CALLEE = "callee"
    CALLER = "caller"


def _said(value: object) -> object:
    return None if value == "" else value


def _not_below_zero(value: object) -> object:
    return None if isinstance(value, int | float) and value < 0 else _said(value)


Time = Annotated[Rfc3339, BeforeValidator(_said)]
"""A time with its offset; an empty string says nothing."""

_Length = Annotated[Seconds, BeforeValidator(_not_below_zero)]


class Log(Shape):
    """One entry of `call_logs` or `call_elements`."""

    connect_type: Name = None
    direction: Name = None
    hide_caller_id: bool | None = None
    caller_ext_id: Name = None
    caller_name: Name = None
    caller_email: Name = None
    caller_did_number: Number = None
    caller_ext_number: Number = None
    caller_ext_type: Name = None
    caller_number_type: Name = None
    callee_ext_id: Name = None
    callee_name: Name = None
    callee_email: Name = None
    callee_did_number: Number = None
    callee_ext_number: Number = None
    callee_ext_type: Name = None
    callee_number_type: Name = None
    start_time: Time = None
    answer_time: Time = None
    end_time: Time = None
    event: Name = None
    result: Name = None
    result_reason: Name = None
    operator_ext_id: Name = None
    operator_ext_number: Number = None
    operator_ext_type: Name = None
    operator_name: Name = None
    talk_time: _Length = None
    wait_time: _Length = None


class _End(Shape):
    """One end of a log, whichever side it stands on."""

    ext_id: Name = None
    name: Name = None
    email: Name = None
    did_number: Number = None
    ext_number: Number = None
    ext_type: Name = None
    number_type: Name = None


def facts_of(log: Log, side: Side) -> CallFacts:
    """What one log says of the call; a queue's or menu's own log has no agent and proves no answer."""
    own, other = _end(log, side), _end(log, _opposite(side))
    agent = _agent(log, own)
    direction = _direction(log, side)
    outcome = _outcome(log, direction)
    is_answered = outcome is Outcome.ANSWERED and agent is not None
    is_outside = direction is not Direction.INTERNAL
    return CallFacts(
        direction=direction,
        outcome=None if outcome is Outcome.ANSWERED and agent is None else outcome,
        external_number=_shown_number(log, other, side) if is_outside else None,
        external_name=other.name if is_outside else None,
        external_email=other.email if is_outside else None,
        internal_number=own.did_number,
        agent=agent,
        started_at=log.start_time,
        answered_at=log.answer_time if is_answered else None,
        ended_at=log.end_time,
        wait_s=log.wait_time,
        talk_s=log.talk_time if is_answered else None,
        queue=own.name if own.ext_type is not None and own.ext_type not in _PEOPLE else None,
        transfers=(Transfer(kind=kind),) if (kind := _TRANSFERS.get(log.event or "")) else (),
    )


def leg_of(log: Log, side: Side) -> str:
    """The name of a side's part of the call: equal in every version of the history that tells of it."""
    own = _end(log, side)
    who = own.email or own.ext_id or own.ext_number or own.did_number or own.name or side
    return f"{who}@{log.start_time.isoformat() if log.start_time else ''}"


def is_whole(log: Log) -> bool:
    """Whether the log is of a call itself, not of a handset that a queue or colleague made ring."""
    return log.event in (None, "incoming", "outgoing")


def was_taken_by_others(log: Log) -> bool:
    """Whether the call went on elsewhere, so that this log tells no end."""
    return log.result_reason in _TAKEN_BY_OTHERS


def _end(log: Log, side: Side) -> _End:
    return _End(**{name: getattr(log, f"{side}_{name}") for name in _End.model_fields})


def _opposite(side: Side) -> Side:
    return Side.CALLER if side is Side.CALLEE else Side.CALLEE


def _agent(log: Log, own: _End) -> Agent | None:
    """Who stood on this side: the user, or the one who took the call for a queue or shared line."""
    if own.ext_type in _PEOPLE or (own.ext_type is None and own.email):
        return Agent(id=own.ext_id, email=own.email, name=own.name, extension=own.ext_number)
    if log.operator_ext_type in _PEOPLE:
        return Agent(
            id=log.operator_ext_id, name=log.operator_name, extension=log.operator_ext_number
        )
    return None


def _direction(log: Log, side: Side) -> Direction:
    if log.connect_type == "internal":
        return Direction.INTERNAL
    if log.direction in (Direction.INBOUND, Direction.OUTBOUND):
        return Direction(log.direction)
    return Direction.INBOUND if side is Side.CALLEE else Direction.OUTBOUND


def _outcome(log: Log, direction: Direction) -> Outcome:
    untaken = Outcome.MISSED if direction is Direction.INBOUND else Outcome.UNANSWERED
    result = (log.result or "").lower()
    if was_taken_by_others(log):
        return untaken
    if result in _ANSWERED or (result not in _OUTCOMES and log.answer_time is not None):
        return Outcome.ANSWERED
    return _OUTCOMES.get(result, untaken)


def _shown_number(log: Log, other: _End, side: Side) -> str | None:
    """The external number, unless its owner hid it."""
    is_hidden = other.number_type == "anonymous_number" or (
        side is Side.CALLEE and log.hide_caller_id is True
    )
    return None if is_hidden else other.did_number or other.ext_number

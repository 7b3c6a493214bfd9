"""Zoom Phone's call events into normal form: what a side saw, and later the history of its part.

`*_ended` is held for the history, which says more and names the agent's e-mail. Field names are those
of Zoom's published types; docs/providers/zoom_phone.md says what no capture proves.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator

from switchhook.adapters.providers.body import usable_id
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.adapters.providers.shapes import (
    EpochMs,
    Name,
    Number,
    Several,
    Shape,
    Url,
    read_shape,
)
from switchhook.adapters.providers.zoom_phone.edge import COMPLETED, ENDED, RECORDED, VOICEMAIL
from switchhook.adapters.providers.zoom_phone.history import (
    Log,
    Side,
    Time,
    facts_of,
    is_whole,
    leg_of,
    was_taken_by_others,
)
from switchhook.domain.calls.merging import combine
from switchhook.domain.facts.event import CallFacts, Direction, Event, Kind, Outcome
from switchhook.domain.facts.people import Agent

HELD_S = 60
"""How long the end that a side reports waits for the history of the same call."""

_OUTSIDE = frozenset({"pstn", "five9", "twilio", "contactCenter"})
_HUNG_UP = {
    "voicemail": Outcome.VOICEMAIL,
    "call cancel": Outcome.CANCELED,
    "rejected": Outcome.REJECTED,
    "busy": Outcome.BUSY,
}


def _an_id(value: object) -> object:
    if (found := usable_id(value)) is None:
        raise ValueError("should be an id")
    return found


_Id = Annotated[str, BeforeValidator(_an_id)]


class _Type(Shape):
    event: _Id
    event_ts: EpochMs = None


class _End(Shape):
    extension_type: Name = None
    user_id: Name = None
    name: Name = None
    phone_number: Number = None
    extension_number: Number = None


class _Forwarder(Shape):
    name: Name = None
    extension_type: Name = None


class _Left(Shape):
    """The object of `phone.{callee,caller}_ended`."""

    call_id: _Id
    callee: _End = _End()
    caller: _End = _End()
    ringing_start_time: Time = None
    answer_start_time: Time = None
    call_end_time: Time = None
    handup_result: Name = None
    forwarded_by: _Forwarder | None = None


class _History(Shape):
    call_logs: Several[Log] = None
    call_elements: Several[Log] = None


class _Recording(Shape):
    download_url: Url = None


class _Recordings(Shape):
    recordings: Several[_Recording] = None


class _Payload[T: Shape](Shape):
    object: T


class _Body[T: Shape](Shape):
    payload: _Payload[T]


def parse(raw: bytes, *, event_id: str, received_at: datetime) -> Event:
    """One event in normal form; several logs of one side are put together.

    Raises:
        Unreadable: not of Zoom's shape.
        IgnoredType: a type that is no end of a call and adds nothing to one.
    """
    told = read_shape(_Type, raw)
    said = _said(told.event, raw)
    occurred_at, call = told.event_ts or received_at, said.call
    if said.ended and call.ended_at is None:
        call = replace(call, ended_at=occurred_at)
    return Event(
        event_id=event_id,
        kind=Kind.CALL,
        type=told.event,
        ended=said.ended,
        occurred_at=occurred_at,
        received_at=received_at,
        held_s=said.held_s,
        leg=said.leg,
        call=call,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What one event says of a call, and whether that is its end."""

    call: CallFacts
    ended: bool = False
    held_s: int = 0
    leg: str | None = None


def _said(event: str, raw: bytes) -> _Said:
    side = Side.CALLEE if event.startswith("phone.callee") else Side.CALLER
    if event in ENDED:
        left = read_shape(_Body[_Left], raw).payload.object
        return _Said(call=_left(left, side), ended=True, held_s=HELD_S)
    if event in COMPLETED:
        logs = _logs(read_shape(_Body[_History], raw).payload.object)
        call, leg = _completed(logs, side)
        ended = not all(was_taken_by_others(log) for log in logs)
        is_final = is_whole(logs[0]) or call.outcome is Outcome.ANSWERED
        return _Said(call=call, ended=ended, held_s=0 if is_final else HELD_S, leg=leg)
    if event == RECORDED:
        return _Said(call=_recorded(read_shape(_Body[_Recordings], raw).payload.object))
    if event == VOICEMAIL:
        link = read_shape(_Body[_Recording], raw).payload.object.download_url
        return _Said(call=CallFacts(voicemail_url=_lasting(link)))
    raise IgnoredType(event)


def _logs(history: _History) -> list[Log]:
    logs = [*(history.call_logs or ()), *(history.call_elements or ())]
    if not logs:
        raise Unreadable("payload.object: call_logs or call_elements should list what happened")
    return logs


def _completed(logs: list[Log], side: Side) -> tuple[CallFacts, str]:
    facts = [facts_of(log, side) for log in logs]
    own = next((log for log, fact in zip(logs, facts, strict=True) if fact.agent), logs[0])
    return (facts[0] if len(facts) == 1 else combine(facts)), leg_of(own, side)


def _left(call: _Left, side: Side) -> CallFacts:
    own, other = (call.callee, call.caller) if side is Side.CALLEE else (call.caller, call.callee)
    is_inside = other.user_id is not None or (
        other.extension_type is not None and other.extension_type not in _OUTSIDE
    )
    inbound = side is Side.CALLEE
    between = Direction.INBOUND if inbound else Direction.OUTBOUND
    return CallFacts(
        direction=Direction.INTERNAL if is_inside else between,
        outcome=_outcome(call, inbound=inbound),
        external_number=None if is_inside else other.phone_number,
        external_name=None if is_inside else other.name,
        internal_number=own.phone_number,
        agent=_agent(own),
        started_at=call.ringing_start_time,
        answered_at=call.answer_start_time,
        ended_at=call.call_end_time,
        wait_s=_between_s(call.ringing_start_time, call.answer_start_time or call.call_end_time),
        talk_s=_between_s(call.answer_start_time, call.call_end_time),
        queue=_queue(call.forwarded_by),
    )


def _outcome(call: _Left, *, inbound: bool) -> Outcome:
    if call.answer_start_time is not None:
        return Outcome.ANSWERED
    untaken = Outcome.MISSED if inbound else Outcome.UNANSWERED
    return _HUNG_UP.get((call.handup_result or "").casefold(), untaken)


def _agent(own: _End) -> Agent | None:
    if own.user_id is None and own.extension_number is None:
        return None
    return Agent(id=own.user_id, name=own.name, extension=own.extension_number)


def _queue(by: _Forwarder | None) -> str | None:
    return by.name if by is not None and by.extension_type == "callQueue" else None


def _recorded(told: _Recordings) -> CallFacts:
    links = (_lasting(one.download_url) for one in told.recordings or ())
    return CallFacts(recording_url=next((link for link in links if link), None))


def _lasting(link: str | None) -> str | None:
    """The link without its query: what stands there expires and may be a credential."""
    if link is None:
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    return parts._replace(query="", fragment="").geturl()


def _between_s(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else max(0.0, (end - start).total_seconds())

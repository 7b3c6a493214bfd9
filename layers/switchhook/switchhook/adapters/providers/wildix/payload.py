"""Wildix's call events into normal form: milliseconds, two sides, flows.

`call:completed` is the best that Wildix sends. The events of a call under way serve where it does not
come: what they tell lies below it, and a call that only ended waits for it (docs/providers/wildix.md).
"""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator

from switchhook.adapters.providers.body import usable_id
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.adapters.providers.shapes import EpochMs, Shape, read_shape
from switchhook.adapters.providers.wildix.completed import (
    Record,
    completed_facts,
    goes_on,
    is_empty,
    leg_of,
    single_flow_facts,
)
from switchhook.adapters.providers.wildix.live import (
    LiveCall,
    ended_facts,
    proves_answer,
    started_facts,
    updated_facts,
)
from switchhook.domain.facts.event import CallFacts, Event, Kind

COMPLETED = "call:completed"
STARTED = "call:start"
UPDATED = "call:update"
ENDED = "call:end"

HELD_S = 60
"""How long a call that ended waits for its `call:completed`, and a flow that goes on for the next."""

ANSWER_HELD_S = 30
"""Below the record, but above what the end looked like: an answer that was seen stays one."""


def _an_id(value: object) -> object:
    if (found := usable_id(value)) is None:
        raise ValueError("should be an id of 1 to 256 printable characters")
    return found


class _Type(Shape):
    type: Annotated[str, BeforeValidator(_an_id)]


class _Live(Shape):
    time: EpochMs = None
    data: LiveCall


class _Completed(Shape):
    time: EpochMs = None
    data: Record


def parse(raw: bytes, *, event_id: str, received_at: datetime) -> Event:
    """One call event in normal form; it happened at its envelope's `time`.

    Raises:
        Unreadable: not of Wildix's shape.
        IgnoredType: a type that says nothing of how a call ended.
    """
    type_ = read_shape(_Type, raw).type
    if type_ == COMPLETED:
        return _completed(read_shape(_Completed, raw), event_id, received_at)
    if type_ not in (STARTED, UPDATED, ENDED):
        raise IgnoredType(type_)
    told = read_shape(_Live, raw)
    return Event(
        event_id=event_id,
        kind=Kind.CALL,
        type=type_,
        ended=type_ == ENDED,
        occurred_at=told.time or received_at,
        received_at=received_at,
        held_s=ANSWER_HELD_S if type_ == UPDATED and proves_answer(told.data) else HELD_S,
        call=_live_facts(type_, told, received_at),
    )


def _live_facts(type_: str, told: _Live, received_at: datetime) -> CallFacts:
    if type_ == ENDED:
        return ended_facts(told.data, at=told.time or received_at)
    return started_facts(told.data, at=told.time) if type_ == STARTED else updated_facts(told.data)


def _completed(told: _Completed, event_id: str, received_at: datetime) -> Event:
    if is_empty(told.data):
        raise Unreadable("data.flows: is required when a call is completed")
    leg = leg_of(told.data)
    facts = completed_facts(told.data) if leg is None else single_flow_facts(told.data)
    ended_at = facts.ended_at or told.time or received_at
    return Event(
        event_id=event_id,
        kind=Kind.CALL,
        type=COMPLETED,
        ended=True,
        occurred_at=told.time or ended_at,
        received_at=received_at,
        held_s=HELD_S if leg is not None and goes_on(told.data) else 0,
        leg=leg,
        call=replace(facts, ended_at=ended_at),
    )

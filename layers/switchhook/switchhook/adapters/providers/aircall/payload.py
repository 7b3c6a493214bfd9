"""Aircall's events into normal form: unix seconds, each event the whole call as it then stands.

The facts are those of captured webhooks, unless docs/providers/aircall.md says otherwise of one.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator

from switchhook.adapters.providers.aircall.call import Call, an_id, call_facts, transfers
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.adapters.providers.shapes import Epoch, Shape, Words, read_shape
from switchhook.domain.facts.event import CallFacts, Event, Kind
from switchhook.domain.facts.people import Comment

ENDED = "call.ended"
UPDATES = frozenset(
    {
        "call.tagged",
        "call.untagged",
        "call.commented",
        "call.assigned",
        "call.archived",
        "call.voicemail_left",
        "call.comm_assets_generated",
    }
)
"""What is told of a call beside or after its end; each carries the whole call as it then stands."""

HAND_OVERS = {
    "call.transferred": None,
    "call.external_transferred": "external",
    "call.unsuccessful_transfer": "unsuccessful",
}
"""Steps of a call under way of which the end only tells the last, and the kind of each."""

SUMMARY = "summary.created"
SUMMARY_AUTHOR = "AI summary"


class _Type(Shape):
    event: Annotated[str, BeforeValidator(an_id)]


class _Envelope(Shape):
    timestamp: Epoch
    data: Call


class _Summary(Shape):
    call_id: Annotated[str, BeforeValidator(an_id)]
    content: Words


class _SummaryEnvelope(Shape):
    timestamp: Epoch
    data: _Summary


def parse(raw: bytes, *, event_id: str, received_at: datetime) -> Event:
    """One event of a call in normal form; it happened at its envelope's `timestamp`.

    Raises:
        Unreadable: not of Aircall's shape.
        IgnoredType: a type that is no end of a call and adds nothing to one.
    """
    type_ = read_shape(_Type, raw).event
    if type_ == SUMMARY:
        return _summary(raw, event_id, received_at)
    if type_ != ENDED and type_ not in UPDATES and type_ not in HAND_OVERS:
        raise IgnoredType(type_)
    envelope = read_shape(_Envelope, raw)
    call, ended = envelope.data, type_ == ENDED
    if ended:
        _require(call)
    is_hand_over = type_ in HAND_OVERS
    return Event(
        event_id=event_id,
        kind=Kind.CALL,
        type=type_,
        ended=ended,
        occurred_at=envelope.timestamp or received_at,
        received_at=received_at,
        whole_tags=call.tags is not None and not is_hand_over,
        call=CallFacts(transfers=transfers(call, kind=HAND_OVERS[type_]))
        if is_hand_over
        else call_facts(call, ended=ended),
    )


def _summary(raw: bytes, event_id: str, received_at: datetime) -> Event:
    """What Aircall's AI says of a call, as a remark on it."""
    envelope = read_shape(_SummaryEnvelope, raw)
    at, content = envelope.timestamp or received_at, envelope.data.content
    remark = Comment(author=SUMMARY_AUTHOR, text=content, at=at) if content else None
    return Event(
        event_id=event_id,
        kind=Kind.CALL,
        type=SUMMARY,
        ended=False,
        occurred_at=at,
        received_at=received_at,
        call=CallFacts(comments=(remark,) if remark else ()),
    )


def _require(call: Call) -> None:
    missing = [
        name for name in ("direction", "started_at", "ended_at") if getattr(call, name) is None
    ]
    if missing:
        named = "; ".join(f"data.{name}: is required when a call has ended" for name in missing)
        raise Unreadable(named)

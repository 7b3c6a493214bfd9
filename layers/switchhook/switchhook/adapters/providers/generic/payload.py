"""Our own format (contract, "Webhooks in") into normal form; chats have a module of their own.

A field that is missing, null or blank is unsaid: an update states only what it names.
"""

from datetime import datetime

from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.adapters.providers.generic.chat import CHAT_TYPES, parse_chat
from switchhook.adapters.providers.shapes import (
    Id,
    Name,
    Number,
    Rfc3339,
    Seconds,
    Several,
    Shape,
    Url,
    Words,
    read_shape,
)
from switchhook.domain.facts.event import (
    CallFacts,
    Direction,
    Event,
    Kind,
    Outcome,
    Participant,
    Role,
    Transfer,
)
from switchhook.domain.facts.people import Agent, Comment

ENDED = "call.ended"
UPDATED = "call.updated"

_REQUIRED_AT_THE_END = ("direction", "outcome", "started_at", "ended_at")


class _Type(Shape):
    type: Id


class _External(Shape):
    number: Number = None
    name: Name = None
    email: Name = None


class _Agent(Shape):
    id: Name = None
    email: Name = None
    name: Name = None
    extension: Number = None


class _Participant(Shape):
    role: Role
    number: Number = None
    email: Name = None
    name: Name = None


class _Transfer(Shape):
    by: Name = None
    to: Name = None
    kind: Name = None


class _Comment(Shape):
    author: Name = None
    text: Words
    at: Rfc3339 = None


class _Call(Shape):
    call_id: Id
    direction: Direction | None = None
    outcome: Outcome | None = None
    external: _External | None = None
    internal_number: Number = None
    agent: _Agent | None = None
    participants: Several[_Participant] = None
    started_at: Rfc3339 = None
    answered_at: Rfc3339 = None
    ended_at: Rfc3339 = None
    wait_s: Seconds = None
    talk_s: Seconds = None
    queue: Name = None
    recording_url: Url = None
    voicemail_url: Url = None
    transfers: Several[_Transfer] = None
    tags: Several[Name] = None
    comments: Several[_Comment] = None
    disposition: Name = None
    during_opening_hours: bool | None = None
    time_zone: Name = None


def parse(raw: bytes, *, event_id: str, received_at: datetime) -> Event:
    """One event of a call or chat in normal form.

    An ended call happened when it ended, unless the sender's clock is ahead of ours; an update, which
    has no time of its own, when it came.

    Raises:
        Unreadable: not of the contract's shape.
        IgnoredType: a type that the contract does not name.
    """
    type_ = read_shape(_Type, raw).type
    if type_ in CHAT_TYPES:
        return parse_chat(raw, type_, event_id=event_id, received_at=received_at)
    if type_ not in (ENDED, UPDATED):
        raise IgnoredType(type_)
    call = read_shape(_Call, raw)
    ended = type_ == ENDED
    if ended:
        _require(call)
    ended_at = call.ended_at or received_at
    return Event(
        event_id=event_id,
        kind=Kind.CALL,
        type=type_,
        ended=ended,
        occurred_at=min(ended_at, received_at) if ended else received_at,
        received_at=received_at,
        call=_facts(call),
    )


def _require(call: _Call) -> None:
    missing = [name for name in _REQUIRED_AT_THE_END if getattr(call, name) is None]
    if missing:
        raise Unreadable(
            "; ".join(f"{name}: is required when a call has ended" for name in missing)
        )


def _facts(call: _Call) -> CallFacts:
    external = call.external or _External()
    return CallFacts(
        direction=call.direction,
        outcome=call.outcome,
        external_number=external.number,
        external_name=external.name,
        external_email=external.email,
        internal_number=call.internal_number,
        agent=_agent(call.agent),
        participants=tuple(
            Participant(role=one.role, number=one.number, email=one.email, name=one.name)
            for one in call.participants or ()
        ),
        started_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        wait_s=_waited_s(call),
        talk_s=_talked_s(call),
        queue=call.queue,
        recording_url=call.recording_url,
        voicemail_url=call.voicemail_url,
        transfers=tuple(
            Transfer(by=one.by, to=one.to, kind=one.kind) for one in call.transfers or ()
        ),
        tags=tuple(tag for tag in call.tags or () if tag),
        comments=tuple(
            Comment(author=one.author, text=one.text, at=one.at)
            for one in call.comments or ()
            if one.text
        ),
        disposition=call.disposition,
        during_opening_hours=call.during_opening_hours,
        time_zone=call.time_zone,
    )


def _agent(agent: _Agent | None) -> Agent | None:
    if agent is None or not (agent.id or agent.email or agent.name or agent.extension):
        return None
    return Agent(id=agent.id, email=agent.email, name=agent.name, extension=agent.extension)


def _waited_s(call: _Call) -> float | None:
    if call.wait_s is not None or call.started_at is None or call.answered_at is None:
        return call.wait_s
    return max(0.0, (call.answered_at - call.started_at).total_seconds())


def _talked_s(call: _Call) -> float | None:
    if call.talk_s is not None or call.answered_at is None or call.ended_at is None:
        return call.talk_s
    return max(0.0, (call.ended_at - call.answered_at).total_seconds())

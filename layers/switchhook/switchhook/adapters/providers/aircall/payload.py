"""Aircall's call events into normal form: unix seconds, missing keys, links that expire.

The facts are those of captured webhooks, unless docs/providers/aircall.md says otherwise of one.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator

from switchhook.adapters.providers.body import usable_id
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.adapters.providers.shapes import (
    Epoch,
    Name,
    Number,
    Several,
    Shape,
    Url,
    Words,
    read_shape,
)
from switchhook.domain.events import (
    Agent,
    CallFacts,
    Comment,
    Direction,
    Event,
    Kind,
    Outcome,
    Participant,
    Role,
    Transfer,
)

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

_OUT_OF_HOURS = "out_of_opening_hours"


def _an_id(value: object) -> object:
    if (found := usable_id(value)) is None:
        raise ValueError("should be an id")
    return found


class _Valued(Shape):
    value: Name = None


class _Named(Shape):
    name: Name = None


class _User(Shape):
    id: Name = None
    name: Name = None
    email: Name = None


class _Contact(Shape):
    first_name: Name = None
    last_name: Name = None
    emails: Several[_Valued] = None


class _OwnNumber(Shape):
    name: Name = None
    digits: Number = None
    open: bool | None = None
    time_zone: Name = None


class _Participant(Shape):
    type: Name = None
    name: Name = None
    email: Name = None
    phone_number: Number = None


class _Comment(Shape):
    content: Words = None
    posted_by: _User | None = None
    posted_at: Epoch = None


class _Call(Shape):
    id: Annotated[str, BeforeValidator(_an_id)]
    direction: Direction | None = None
    missed_call_reason: Name = None
    started_at: Epoch = None
    answered_at: Epoch = None
    ended_at: Epoch = None
    voicemail: Url = None
    asset: Url = None
    raw_digits: Number = None
    user: _User | None = None
    contact: _Contact | None = None
    number: _OwnNumber | None = None
    participants: Several[_Participant] = None
    teams: Several[_Named] = None
    comments: Several[_Comment] = None
    tags: Several[_Named] = None
    transferred_by: _User | None = None
    transferred_to: _User | None = None


class _Type(Shape):
    event: Annotated[str, BeforeValidator(_an_id)]


class _Envelope(Shape):
    timestamp: Epoch
    data: _Call


def parse(raw: bytes, *, event_id: str, received_at: datetime) -> Event:
    """One call event in normal form; it happened at its envelope's `timestamp`.

    Raises:
        Unreadable: not of Aircall's shape.
        IgnoredType: a type that is no end of a call and adds nothing to one.
    """
    type_ = read_shape(_Type, raw).event
    ended = type_ == ENDED
    if not ended and type_ not in UPDATES:
        raise IgnoredType(type_)
    envelope = read_shape(_Envelope, raw)
    if ended:
        _require(envelope.data)
    return Event(
        event_id=event_id,
        kind=Kind.CALL,
        type=type_,
        ended=ended,
        occurred_at=envelope.timestamp or received_at,
        received_at=received_at,
        call=_facts(envelope.data, ended=ended),
    )


def _require(call: _Call) -> None:
    missing = [
        name for name in ("direction", "started_at", "ended_at") if getattr(call, name) is None
    ]
    if missing:
        named = "; ".join(f"data.{name}: is required when a call has ended" for name in missing)
        raise Unreadable(named)


def _facts(call: _Call, *, ended: bool) -> CallFacts:
    number = call.number or _OwnNumber()
    contact = call.contact or _Contact()
    is_voicemail = call.voicemail is not None or (call.asset or "").endswith("/voicemail")
    return CallFacts(
        direction=call.direction,
        outcome=_outcome(call),
        external_number=call.raw_digits,
        external_name=" ".join(filter(None, (contact.first_name, contact.last_name))) or None,
        external_email=next((one.value for one in contact.emails or () if one.value), None),
        internal_number=number.digits,
        agent=_agent(call.user),
        participants=_participants(call),
        started_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        wait_s=_between_s(call.started_at, call.answered_at or call.ended_at),
        talk_s=_between_s(call.answered_at, call.ended_at),
        queue=", ".join(team.name for team in call.teams or () if team.name) or number.name,
        recording_url=None if is_voicemail else call.asset,
        voicemail_url=call.asset if is_voicemail else None,
        transfers=_transfers(call),
        tags=tuple(tag.name for tag in call.tags or () if tag.name),
        comments=tuple(
            Comment(author=_who(one.posted_by), text=one.content, at=one.posted_at)
            for one in call.comments or ()
            if one.content
        ),
        during_opening_hours=_during_opening_hours(call, number, ended=ended),
        time_zone=number.time_zone,
    )


def _outcome(call: _Call) -> Outcome | None:
    """The rule measured on captures: `missed_call_reason` may be null on an unanswered call."""
    if call.answered_at is not None:
        return Outcome.ANSWERED
    if call.ended_at is None or call.direction is None:
        return None
    if call.direction is not Direction.INBOUND:
        return Outcome.UNANSWERED
    return Outcome.MISSED if call.voicemail is None else Outcome.VOICEMAIL


def _during_opening_hours(call: _Call, number: _OwnNumber, *, ended: bool) -> bool | None:
    """Whether the number was open; `open` is of the event's moment, so only the end may speak of it."""
    if call.missed_call_reason == _OUT_OF_HOURS:
        return False
    return number.open if ended else None


def _participants(call: _Call) -> tuple[Participant, ...]:
    """Everyone in a conference, or nobody when the list does not name all external numbers."""
    listed = tuple(
        Participant(
            role=Role.AGENT if one.type == "user" else Role.EXTERNAL,
            number=one.phone_number,
            email=one.email,
            name=one.name,
        )
        for one in call.participants or ()
    )
    external = [one for one in listed if one.role is Role.EXTERNAL]
    return listed if external and all(one.number for one in external) else ()


def _transfers(call: _Call) -> tuple[Transfer, ...]:
    by, to = _who(call.transferred_by), _who(call.transferred_to)
    return (Transfer(by=by, to=to),) if by or to else ()


def _agent(user: _User | None) -> Agent | None:
    if user is None or not (user.id or user.email or user.name):
        return None
    return Agent(id=user.id, email=user.email, name=user.name)


def _who(user: _User | None) -> str | None:
    return None if user is None else user.email or user.name


def _between_s(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else max(0.0, (end - start).total_seconds())

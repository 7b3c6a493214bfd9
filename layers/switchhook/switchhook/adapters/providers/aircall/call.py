"""An Aircall call as it stands in one of its events, into facts: missing keys, links that expire.

The facts are those of captured webhooks, unless docs/providers/aircall.md says otherwise of one.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator

from switchhook.adapters.providers.body import usable_id
from switchhook.adapters.providers.shapes import (
    Epoch,
    Name,
    Number,
    Several,
    Shape,
    Url,
    Words,
)
from switchhook.domain.facts.event import CallFacts, Direction, Outcome, Participant, Role, Transfer
from switchhook.domain.facts.people import Agent, Comment

_OUT_OF_HOURS = "out_of_opening_hours"


def an_id(value: object) -> object:
    """A field that has to be an id; pydantic names it when it is none."""
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


class Call(Shape):
    """The call, of which later events state ever more."""

    id: Annotated[str, BeforeValidator(an_id)]
    direction: Direction | None = None
    missed_call_reason: Name = None
    started_at: Epoch = None
    answered_at: Epoch = None
    ended_at: Epoch = None
    voicemail: Url = None
    asset: Url = None
    raw_digits: Number = None
    user: _User | None = None
    assigned_to: _User | None = None
    contact: _Contact | None = None
    number: _OwnNumber | None = None
    participants: Several[_Participant] = None
    teams: Several[_Named] = None
    comments: Several[_Comment] = None
    tags: Several[_Named] = None
    transferred_by: _User | None = None
    transferred_to: _User | None = None


def call_facts(call: Call, *, ended: bool) -> CallFacts:
    """Everything a call's event tells; only the end of a call knows whether its number was open."""
    number = call.number or _OwnNumber()
    contact = call.contact or _Contact()
    is_voicemail = _is_voicemail(call)
    return CallFacts(
        direction=call.direction,
        outcome=_outcome(call),
        external_number=call.raw_digits,
        external_name=" ".join(filter(None, (contact.first_name, contact.last_name))) or None,
        external_email=next((one.value for one in contact.emails or () if one.value), None),
        internal_number=number.digits,
        agent=_agent(call.user) or _agent(call.assigned_to),
        participants=_participants(call),
        started_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        wait_s=_between_s(call.started_at, call.answered_at or call.ended_at),
        talk_s=_between_s(call.answered_at, call.ended_at),
        queue=", ".join(team.name for team in call.teams or () if team.name) or number.name,
        recording_url=None if is_voicemail else call.asset,
        voicemail_url=call.asset if is_voicemail else None,
        transfers=transfers(call),
        tags=tuple(tag.name for tag in call.tags or () if tag.name),
        comments=tuple(
            Comment(author=_who(one.posted_by), text=one.content, at=one.posted_at)
            for one in call.comments or ()
            if one.content
        ),
        during_opening_hours=_during_opening_hours(call, number, ended=ended),
        time_zone=number.time_zone,
    )


def _outcome(call: Call) -> Outcome | None:
    """The rule measured on captures: `missed_call_reason` may be null on an unanswered call."""
    if call.answered_at is not None:
        return Outcome.ANSWERED
    if call.ended_at is None or call.direction is None:
        return None
    if call.direction is not Direction.INBOUND:
        return Outcome.UNANSWERED
    return Outcome.VOICEMAIL if _is_voicemail(call) else Outcome.MISSED


def _is_voicemail(call: Call) -> bool:
    """Whether the call left a voicemail; the link that lasts may come without the one that expires."""
    return call.voicemail is not None or (call.asset or "").endswith("/voicemail")


def _during_opening_hours(call: Call, number: _OwnNumber, *, ended: bool) -> bool | None:
    """Whether the number was open; `open` is of the event's moment, so only the end may speak of it."""
    if call.missed_call_reason == _OUT_OF_HOURS:
        return False
    return number.open if ended else None


def _participants(call: Call) -> tuple[Participant, ...]:
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


def transfers(call: Call, *, kind: str | None = None) -> tuple[Transfer, ...]:
    """The latest hand-over: who had the call and who was to get it; also set when that failed."""
    by, to = _who(call.transferred_by), _who(call.transferred_to)
    return (Transfer(by=by, to=to, kind=kind),) if by or to else ()


def _agent(user: _User | None) -> Agent | None:
    if user is None or not (user.id or user.email or user.name):
        return None
    return Agent(id=user.id, email=user.email, name=user.name)


def _who(user: _User | None) -> str | None:
    return None if user is None else user.email or user.name


def _between_s(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else max(0.0, (end - start).total_seconds())

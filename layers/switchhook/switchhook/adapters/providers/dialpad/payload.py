"""Dialpad's call events into normal form: each state of a leg carries the whole leg as it then stands.

It reads the JSON that the JWT carried. A call through a call center or department has a leg of its own
for that, without a person on it, and one for each user that it reached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator

from switchhook.adapters.providers.body import usable_id
from switchhook.adapters.providers.dialpad.edge import (
    ENDED,
    ROOTS,
    UNTAKEN,
    UPDATE_FAMILY,
    UPDATES,
    root_of,
)
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.adapters.providers.shapes import (
    EpochMs,
    Name,
    Number,
    SecondsOfMs,
    Several,
    Shape,
    Url,
    Words,
    read_shape,
)
from switchhook.domain.facts.event import CallFacts, Direction, Event, Kind, Outcome, Transfer
from switchhook.domain.facts.people import Agent, Comment

HELD_S = 60
"""How long the end of a leg without a person waits for the end of the person's leg."""

_USER = "user"
_SUMMARY = "AI summary"


def _an_id(value: object) -> object:
    if (found := usable_id(value)) is None:
        raise ValueError("should be an id")
    return found


def _truth(value: object) -> object:
    """A boolean, also in words; anything else says nothing."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def _texts(value: object) -> object:
    """What can be read as words in a text, or a list of texts or of objects that have a name."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        value = list(value.values())
    items = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    named = (item.get("name") if isinstance(item, Mapping) else item for item in items)
    return [item for item in named if isinstance(item, str)]


def _object(value: object) -> object:
    return value if isinstance(value, Mapping) else None


_Truth = Annotated[bool | None, BeforeValidator(_truth)]
_Texts = Annotated[Several[Name], BeforeValidator(_texts)]


class _Person(Shape):
    id: Name = None
    type: Name = None
    name: Name = None
    email: Name = None
    phone: Number = None


_SomePerson = Annotated[_Person | None, BeforeValidator(_object)]


class _Recording(Shape):
    url: Url = None


class _Type(Shape):
    state: Annotated[str, BeforeValidator(_an_id)]


class _Leg(Shape):
    call_id: Annotated[str, BeforeValidator(_an_id)]
    entry_point_call_id: Name = None
    master_call_id: Name = None
    direction: Name = None
    is_internal: _Truth = None
    date_started: EpochMs = None
    date_first_rang: EpochMs = None
    date_rang: EpochMs = None
    date_connected: EpochMs = None
    date_ended: EpochMs = None
    event_timestamp: EpochMs = None
    duration: SecondsOfMs = None
    external_number: Number = None
    internal_number: Number = None
    target: _SomePerson = None
    contact: _SomePerson = None
    entry_point_target: _SomePerson = None
    transferred_from: _SomePerson = None
    labels: _Texts = None
    call_dispositions: _Texts = None
    call_recording_share_links: _Texts = None
    recording_details: Several[_Recording] = None
    voicemail_link: Url = None
    recap_summary: Words = None


def parse(raw: bytes, *, event_id: str, received_at: datetime) -> Event:
    """One state of a leg in normal form.

    Raises:
        Unreadable: not of Dialpad's shape.
        IgnoredType: a state that is no end of a call and adds nothing to one.
    """
    state = read_shape(_Type, raw).state
    ended = state == ENDED or state in UNTAKEN
    if not ended and state not in UPDATES and not state.startswith(UPDATE_FAMILY):
        raise IgnoredType(state)
    leg = read_shape(_Leg, raw)
    if ended and _direction(leg) is None:
        raise Unreadable("direction: should be inbound or outbound")
    facts = _facts(leg, state, is_over=ended or leg.date_ended is not None)
    if ended:
        facts = replace(facts, ended_at=leg.date_ended or leg.event_timestamp or received_at)
        ended = not _is_one_of_many(leg) or facts.outcome is Outcome.ANSWERED
    return Event(
        event_id=event_id,
        kind=Kind.CALL,
        type=state,
        ended=ended,
        occurred_at=leg.event_timestamp or received_at,
        received_at=received_at,
        held_s=HELD_S if ended and (state in UNTAKEN or not _has_person(leg)) else 0,
        leg=leg.call_id,
        whole_tags=leg.labels is not None,
        call=facts,
    )


def _facts(leg: _Leg, state: str, *, is_over: bool) -> CallFacts:
    contact, target = leg.contact or _Person(), leg.target or _Person()
    began = leg.date_first_rang or leg.date_rang or leg.date_started
    direction = _direction(leg)
    outcome = _outcome(leg, state, direction) if is_over else None
    talks = outcome is Outcome.ANSWERED
    return CallFacts(
        direction=direction,
        outcome=outcome,
        external_number=leg.external_number,
        external_name=contact.name,
        external_email=contact.email,
        internal_number=leg.internal_number,
        agent=_agent(target) if _has_person(leg) else None,
        started_at=leg.date_started,
        answered_at=leg.date_connected if talks else None,
        ended_at=leg.date_ended,
        wait_s=_between_s(began, leg.date_connected if talks else leg.date_ended),
        talk_s=leg.duration if talks else None,
        queue=_queue(leg),
        recording_url=_recording(leg),
        voicemail_url=leg.voicemail_link,
        transfers=_transfers(leg),
        tags=tuple(label for label in leg.labels or () if label),
        comments=(
            (Comment(author=_SUMMARY, text=leg.recap_summary, at=leg.event_timestamp),)
            if leg.recap_summary
            else ()
        ),
        disposition=", ".join(filter(None, leg.call_dispositions or ())) or None,
    )


def _is_one_of_many(leg: _Leg) -> bool:
    """Whether the call has another leg that it entered by; one of those that nobody took ends nothing."""
    return root_of({name: getattr(leg, name) for name in ROOTS}) not in (None, leg.call_id)


def _has_person(leg: _Leg) -> bool:
    return leg.target is not None and leg.target.type == _USER


def _direction(leg: _Leg) -> Direction | None:
    if leg.is_internal:
        return Direction.INTERNAL
    if leg.direction in (Direction.INBOUND, Direction.OUTBOUND):
        return Direction(leg.direction)
    return None


def _outcome(leg: _Leg, state: str, direction: Direction | None) -> Outcome:
    """A leg without a person is connected by being queued: only talk proves an answer there."""
    is_inbound = direction is Direction.INBOUND
    if is_inbound and (leg.voicemail_link or state in ("voicemail", "voicemail_uploaded")):
        return Outcome.VOICEMAIL
    if leg.date_connected is not None and (_has_person(leg) or leg.duration):
        return Outcome.ANSWERED
    return Outcome.MISSED if is_inbound else Outcome.UNANSWERED


def _agent(target: _Person) -> Agent | None:
    if not (target.id or target.email or target.name):
        return None
    return Agent(id=target.id, email=target.email, name=target.name)


def _queue(leg: _Leg) -> str | None:
    entry = leg.entry_point_target or _Person()
    if entry.name and entry.type != _USER:
        return entry.name
    return None if _has_person(leg) or leg.target is None else leg.target.name


def _recording(leg: _Leg) -> str | None:
    """A share link opens in a browser; the recording's own url asks for an API key."""
    shared = (link for link in leg.call_recording_share_links or () if link)
    own = (one.url for one in leg.recording_details or () if one.url)
    return next(shared, None) or next(own, None)


def _transfers(leg: _Leg) -> tuple[Transfer, ...]:
    giver = leg.transferred_from or _Person()
    taker = leg.target or _Person()
    by, to = giver.email or giver.name, taker.email or taker.name
    return (Transfer(by=by, to=to),) if by else ()


def _between_s(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else max(0.0, (end - start).total_seconds())

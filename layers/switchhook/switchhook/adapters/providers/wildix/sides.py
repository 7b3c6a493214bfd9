"""The two sides of a Wildix call: which is ours, which is outside, and which way the call went.

A side of type LOCAL is a user of the phone system. `remotePhone`, where an event has it, is the outside
number as the phone system dialled or received it.
"""

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from switchhook.adapters.providers.shapes import Name, Number, Several, Shape
from switchhook.domain.facts.event import CallFacts, Direction, Outcome, Participant, Role
from switchhook.domain.facts.people import Agent

_DIRECTIONS = {
    "INBOUND": Direction.INBOUND,
    "OUTBOUND": Direction.OUTBOUND,
    "INTERNAL": Direction.INTERNAL,
}
_OUTCOMES_BY_CAUSE = {"17": Outcome.BUSY, "21": Outcome.REJECTED}
"""Release causes of ITU-T Q.850."""


def _only_texts(value: object) -> object:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else None


Labels = Annotated[Several[Name], BeforeValidator(_only_texts)]
"""Tags or flags: the texts of a list; anything else in it says nothing."""


class Wire(Shape):
    """A JSON object of Wildix, whose keys are in camel case."""

    model_config = ConfigDict(alias_generator=to_camel)


class Side(Wire):
    """One end of a call; every field may be null."""

    type: Name = None
    role: Name = None
    phone: Number = None
    name: Name = None
    email: Name = None
    user_id: Name = None
    user_extension: Number = None


class Sides(Wire):
    """Both ends of a call or of one flow of it, and what else every Wildix event tells of them."""

    direction: Name = None
    remote_phone: Number = None
    caller: Side | None = None
    callee: Side | None = None
    destination: Number = None
    service: Name = None
    service_number: Number = None
    queue_name: Name = None
    tags: Labels = None
    flags: Labels = None
    end_by: Name = None
    end_cause: Name = None
    end_cause_str: Name = None


def is_local(side: Side) -> bool:
    """Whether a side is a user of the phone system."""
    if (kind := (side.type or "").upper()) in ("LOCAL", "REMOTE"):
        return kind == "LOCAL"
    return (side.role or "").upper() == "AGENT" or bool(side.user_id or side.user_extension)


def way(told: Sides) -> Direction | None:
    """Which way a call went; one between two users, or called internal, is internal (XB-17).

    Events of calls under way do not state it: then the side that is ours tells.
    """
    caller_is_ours = told.caller is not None and is_local(told.caller)
    callee_is_ours = told.callee is not None and is_local(told.callee)
    if caller_is_ours and callee_is_ours and told.remote_phone is None:
        return Direction.INTERNAL
    if (stated := _DIRECTIONS.get((told.direction or "").upper())) is not None:
        return stated
    if told.caller is not None and not caller_is_ours:
        return Direction.INBOUND
    if caller_is_ours and told.callee is not None:
        return Direction.OUTBOUND
    return Direction.INBOUND if callee_is_ours else None


def not_answered(told: Sides, direction: Direction | None) -> Outcome | None:
    """How a call ended that nobody took, as far as the event proves it.

    Cancelled is what the caller ended (XB-16); the release cause tells busy and rejected apart.
    """
    cause = (told.end_cause_str or "").casefold()
    if (told.end_by or "").upper() == "CALLER" or "cancel" in cause:
        return Outcome.CANCELED
    if (outcome := _OUTCOMES_BY_CAUSE.get(told.end_cause or "")) is not None:
        return outcome
    return Outcome.MISSED if direction is Direction.INBOUND else None


def has_flag(told: Sides, flag: str) -> bool:
    """Whether the phone system marked the call so."""
    return any(flag == (one or "").casefold() for one in told.flags or ())


def side_facts(told: Sides, direction: Direction | None, *, is_answered: bool) -> CallFacts:
    """Who took part: the outside end, our agent, everyone, and on which number and queue."""
    inside, outside = _inside(told, direction), _outside(told, direction)
    ends = (*((_external(outside, told),) if outside is not None else ()), *map(_ours, inside))
    return CallFacts(
        direction=direction,
        external_number=None if direction is Direction.INTERNAL else _outside_number(told, outside),
        external_name=None if outside is None else outside.name,
        external_email=None if outside is None else outside.email,
        internal_number=_own_number(told, direction),
        agent=_agent(inside, direction, is_answered=is_answered),
        participants=ends if len(ends) > 1 else (),
        queue=told.queue_name or told.service,
        tags=tuple(tag for tag in told.tags or () if tag),
    )


def _inside(told: Sides, direction: Direction | None) -> tuple[Side, ...]:
    """Our users, the caller first; on an internal call both ends are ours, whatever their type."""
    known = (side for side in (told.caller, told.callee) if side is not None)
    return tuple(side for side in known if direction is Direction.INTERNAL or is_local(side))


def _outside(told: Sides, direction: Direction | None) -> Side | None:
    """The end outside; a call that came in and was forwarded outside again was with its caller."""
    if direction is Direction.INTERNAL:
        return None
    is_inbound = direction is Direction.INBOUND
    likely = (told.caller, told.callee) if is_inbound else (told.callee, told.caller)
    found = next((side for side in likely if side is not None and not is_local(side)), None)
    return Side() if found is None and told.remote_phone is not None else found


def _outside_number(told: Sides, outside: Side | None) -> str | None:
    if outside is not None:
        return told.remote_phone or outside.phone
    return None


def _external(outside: Side, told: Sides) -> Participant:
    return Participant(
        role=Role.EXTERNAL,
        number=_outside_number(told, outside),
        email=outside.email,
        name=outside.name,
    )


def _ours(side: Side) -> Participant:
    number = side.user_extension or side.phone
    return Participant(role=Role.AGENT, number=number, email=side.email, name=side.name)


def _agent(
    inside: tuple[Side, ...], direction: Direction | None, *, is_answered: bool
) -> Agent | None:
    """Whoever called out, or took or was rung by a call; between two users the one who took it."""
    if not inside:
        return None
    is_callee = direction is Direction.INBOUND or (direction is Direction.INTERNAL and is_answered)
    side = inside[-1] if is_callee else inside[0]
    extension = side.user_extension or side.phone
    if not (side.user_id or side.email or side.name or extension):
        return None
    return Agent(id=side.user_id, email=side.email, name=side.name, extension=extension)


def _own_number(told: Sides, direction: Direction | None) -> str | None:
    """The number that was called; what an outgoing call dialled is the outside end's."""
    return told.service_number or told.destination if direction is Direction.INBOUND else None

"""Makes one set of facts of everything that was told of a call, and says how long to wait for more.

What each handset, agent or flow saw is a leg. A leg without an agent is a queue's or a menu's own: it
tells when the call began and where it waited, but what it calls talk is only believed while no agent's
leg was answered.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from switchhook.domain.facts.event import (
    CallFacts,
    Direction,
    Event,
    Outcome,
    Participant,
    Role,
    Transfer,
)
from switchhook.domain.facts.people import Agent

_BY_STRENGTH = (
    Outcome.ANSWERED,
    Outcome.VOICEMAIL,
    Outcome.CANCELED,  # that the caller gave up is true of the call; the rest only of one handset
    Outcome.MISSED,
    Outcome.UNANSWERED,
    Outcome.REJECTED,
    Outcome.BUSY,
    Outcome.FAILED,
)
_LATEST = datetime.max.replace(tzinfo=UTC)


def combine(legs: Sequence[CallFacts]) -> CallFacts:
    """The facts of a whole call from those of its legs; their order does not matter.

    The agent is the last who talked, else the last it rang at. Talk adds up, the wait lasts until the
    first answer, tags, comments and transfers are gathered. Each change from one agent who talked to
    another is a transfer; a leg's transfer that names nobody only says of which kind that change was.
    """
    ordered = sorted(legs, key=_place)
    if len(ordered) < 2:  # noqa: PLR2004 - a single leg is the call
        return replace(ordered[0], transfers=_named(ordered[0])) if ordered else CallFacts()
    talks = _talks(ordered)
    spoken_to = [leg for leg in talks or ordered if leg.agent is not None]
    facts = CallFacts(
        direction=_direction(ordered),
        outcome=_outcome(ordered),
        external_number=_first(leg.external_number for leg in ordered),
        external_name=_first(leg.external_name for leg in ordered),
        external_email=_first(leg.external_email for leg in ordered),
        internal_number=_first(leg.internal_number for leg in ordered),
        agent=spoken_to[-1].agent if spoken_to else None,
        participants=_participants(ordered),
        started_at=min((leg.started_at for leg in ordered if leg.started_at), default=None),
        answered_at=min((leg.answered_at for leg in talks if leg.answered_at), default=None),
        ended_at=max((leg.ended_at for leg in ordered if leg.ended_at), default=None),
        talk_s=_talk_s(talks or ordered),
        queue=_first(leg.queue for leg in reversed(ordered)),
        recording_url=_first(leg.recording_url for leg in ordered),
        voicemail_url=_first(leg.voicemail_url for leg in reversed(ordered)),
        transfers=_transfers(ordered, talks),
        tags=tuple(dict.fromkeys(tag for leg in ordered for tag in leg.tags)),
        comments=tuple(dict.fromkeys(one for leg in ordered for one in leg.comments)),
        disposition=_first(leg.disposition for leg in reversed(ordered)),
        during_opening_hours=_first(leg.during_opening_hours for leg in ordered),
        time_zone=_first(leg.time_zone for leg in ordered),
    )
    return replace(facts, wait_s=_wait_s(facts.started_at, ordered, talks))


def _place(leg: CallFacts) -> tuple[datetime, datetime, str]:
    begun = leg.started_at or leg.answered_at or leg.ended_at or _LATEST
    return (begun, leg.answered_at or _LATEST, repr(leg))


def _first[T](values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _has_talked(leg: CallFacts) -> bool:
    if leg.outcome is None:
        return bool(leg.talk_s) or leg.answered_at is not None
    return leg.outcome is Outcome.ANSWERED


def _talks(ordered: Sequence[CallFacts]) -> list[CallFacts]:
    """The legs on which somebody talked: the agents' own, or any others where they have none."""
    answered = [leg for leg in ordered if _has_talked(leg)]
    return [leg for leg in answered if leg.agent is not None] or answered


def _direction(ordered: Sequence[CallFacts]) -> Direction | None:
    """Whoever was called outside or called from there; a leg between agents does not hide that."""
    outside = (leg.direction for leg in ordered if leg.direction is not Direction.INTERNAL)
    return _first(outside) or _first(leg.direction for leg in ordered)


def _outcome(ordered: Sequence[CallFacts]) -> Outcome | None:
    stated = {Outcome.ANSWERED if _has_talked(leg) else leg.outcome for leg in ordered}
    return next((outcome for outcome in _BY_STRENGTH if outcome in stated), None)


def _talk_s(talks: Sequence[CallFacts]) -> float | None:
    stated = [leg.talk_s for leg in talks if leg.talk_s is not None]
    return sum(stated) if stated else None


def _wait_s(
    started_at: datetime | None, ordered: Sequence[CallFacts], talks: Sequence[CallFacts]
) -> float | None:
    """Until the first answer; on a call nobody took, until the last leg stopped ringing."""
    if talks:
        return _waited_until(min(talks, key=lambda leg: leg.answered_at or _LATEST), started_at)
    waits = (_waited_until(leg, started_at) for leg in ordered)
    return max((wait for wait in waits if wait is not None), default=None)


def _waited_until(leg: CallFacts, started_at: datetime | None) -> float | None:
    if leg.started_at is None or started_at is None:
        return leg.wait_s
    before_s = (leg.started_at - started_at).total_seconds()
    if leg.wait_s is not None:
        return before_s + leg.wait_s
    if leg.answered_at is None:
        return None
    return before_s + max((leg.answered_at - leg.started_at).total_seconds(), 0.0)


def _participants(ordered: Sequence[CallFacts]) -> tuple[Participant, ...]:
    """Everyone on any leg, once; nobody where the main party and one agent say it all."""
    ends: dict[tuple[Role, str], Participant] = {}
    for leg in ordered:
        for end in leg.participants or _ends(leg):
            ends.setdefault((end.role, _address(end)), end)
    told = {role for role, address in ends if address}
    listed = tuple(end for (role, address), end in ends.items() if address or role not in told)
    is_listed = any(leg.participants for leg in ordered)
    return listed if is_listed or len({end.role for end in listed}) < len(listed) else ()


def _ends(leg: CallFacts) -> Iterator[Participant]:
    if leg.direction is not Direction.INTERNAL or leg.external_number is not None:
        yield Participant(
            role=Role.EXTERNAL,
            number=leg.external_number,
            email=leg.external_email,
            name=leg.external_name,
        )
    if leg.agent is not None:
        yield Participant(
            role=Role.AGENT,
            number=leg.agent.extension,
            email=leg.agent.email,
            name=leg.agent.name,
        )


def _address(end: Participant) -> str:
    """What tells two ends apart: people of the tenant by e-mail, others by the digits they called from."""
    number = "".join(sign for sign in end.number or "" if sign.isdigit())
    email = (end.email or "").strip().casefold()
    name = (end.name or "").strip().casefold()
    return email or name or number if end.role is Role.AGENT else number or email or name


def _transfers(ordered: Sequence[CallFacts], talks: Sequence[CallFacts]) -> tuple[Transfer, ...]:
    stated = dict.fromkeys(one for leg in ordered for one in _named(leg))
    told = {(one.by, one.to) for one in stated}
    journey = [leg for leg in talks if leg.agent is not None]
    for before, after in pairwise(journey):
        by, to = _called(before.agent), _called(after.agent)
        if by != to and (by, to) not in told:
            stated[Transfer(by=by, to=to, kind=_kind(before) or _kind(after))] = None
    return tuple(stated)


def _named(leg: CallFacts) -> tuple[Transfer, ...]:
    return tuple(one for one in leg.transfers if one.by or one.to)


def _kind(leg: CallFacts) -> str | None:
    return _first(one.kind for one in leg.transfers if not (one.by or one.to))


def _called(agent: Agent | None) -> str | None:
    if agent is None:
        return None
    return agent.email or agent.name or agent.extension or agent.id


_GATHERED = ("tags", "comments", "transfers")


def merge_events(events: Sequence[Event]) -> CallFacts:
    """All facts of one call: the same answer for any order and any repetition of its events.

    Single facts come from the latest event that states them; tags, comments and transfers are
    gathered from all. A better event outranks a held one, an ending event an update of the same
    instant. Events of one leg are merged alone and the legs combined; held events that speak of the
    whole call lie below that, the others above. A whole list of tags replaces those told before it.
    """
    first_copies: dict[str, Event] = {}
    for event in sorted(events, key=lambda event: (event.received_at, _rank(event))):
        first_copies.setdefault(event.event_id, event)
    ordered = sorted(first_copies.values(), key=_rank)
    legs: dict[str, CallFacts] = {}
    for event in ordered:
        if event.leg is not None:
            legs[event.leg] = _lay_all_over(legs.get(event.leg, CallFacts()), [event])
    whole = [event for event in ordered if event.leg is None]
    merged = _lay_all_over(CallFacts(), [event for event in whole if event.held_s])
    merged = _lay_over(merged, combine(tuple(legs.values())))
    return _lay_all_over(merged, [event for event in whole if not event.held_s])


def held_until(events: Sequence[Event]) -> datetime | None:
    """Until when a better end of the call may still come; None when the best is here, or no end.

    The first end counts: each further one that is as provisional does not prolong the wait.
    """
    ends = [event for event in events if event.ended]
    if not ends or any(event.held_s <= 0 for event in ends):
        return None
    return min(event.received_at + timedelta(seconds=event.held_s) for event in ends)


def _rank(event: Event) -> tuple[int, datetime, bool, str, datetime]:
    return (-event.held_s, event.occurred_at, event.ended, event.event_id, event.received_at)


def _lay_all_over(below: CallFacts, events: Sequence[Event]) -> CallFacts:
    merged = below
    for event in events:
        if event.whole_tags:
            merged = replace(merged, tags=())
        merged = _lay_over(merged, event.call)
    return merged


def _lay_over(below: CallFacts, above: CallFacts) -> CallFacts:
    stated = {
        spec.name: value
        for spec in fields(CallFacts)
        if (value := getattr(above, spec.name)) is not None and value != ()
    }
    for name in _GATHERED:
        if name in stated:
            stated[name] = tuple(dict.fromkeys((*getattr(below, name), *stated[name])))
    if "transfers" in stated:
        stated["transfers"] = _told_apart(stated["transfers"])
    return replace(below, **stated)


def _told_apart(transfers: Sequence[Transfer]) -> tuple[Transfer, ...]:
    """The transfers without those whose kind another statement of the same one tells."""
    named = {(one.by, one.to) for one in transfers if one.kind}
    return tuple(one for one in transfers if one.kind or (one.by, one.to) not in named)


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


def call_awaits_end(events: Sequence[Event]) -> bool:
    """Tells whether only additions to a call have come, whose end another event tells."""
    return not any(event.ended for event in events)


def call_ended_at(events: Sequence[Event]) -> datetime | None:
    """When the call ended by all that was told."""
    return merge_events(events).ended_at

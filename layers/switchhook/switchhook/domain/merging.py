"""Makes one set of facts of everything that was told of a call, and says how long to wait for more."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta

from switchhook.domain.events import CallFacts, Event, Transfer
from switchhook.domain.legs import combine

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

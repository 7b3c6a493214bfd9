"""What a chat's head carries of its events, so that a further line is taken in without reading them all.

Of 2,000 lines each would else be read with all before it: two million reads for one conversation.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace

from switchhook.domain.activity import Told
from switchhook.domain.chats.merging import merge_chat
from switchhook.domain.chats.screening import OVER
from switchhook.domain.facts.chat import ChatFacts
from switchhook.domain.facts.event import Event

_MOST_HELD = 64


def told_by(events: Sequence[Event]) -> Told | None:
    """All that the events say of the chat's course and of who took part; None where there are none."""
    if not events:
        return None
    over = [event.occurred_at for event in events if event.trigger in OVER]
    return Told(
        first_at=min(event.occurred_at for event in events),
        over_at=min(over, default=None),
        last_over_at=max(over, default=None),
        people=_people(merge_chat(events)),
    )


def told_with(told: Told, event: Event) -> Told:
    """The same with one more event; who took part is not known any more where that is news."""
    over = (event.occurred_at,) if event.trigger in OVER else ()
    return replace(
        told,
        first_at=min(told.first_at, event.occurred_at),
        over_at=min((at for at in (told.over_at, *over) if at), default=None),
        last_over_at=max((at for at in (told.last_over_at, *over) if at), default=None),
        people=told.people if says_nothing_new(told, event) else None,
    )


def says_nothing_new(told: Told, event: Event) -> bool:
    """Tells whether the chat is screened as before: the event sets nothing off and names nobody new.

    What it states of the visitor, of agents and of the end is what holds already, so it changes nothing
    whatever its place among the others is. That lines, notes or tags were added is no matter.
    """
    if event.trigger is not None or told.people is None:
        return False
    stated = _people(event.chat)
    return stated is not None and stated <= told.people


def _people(chat: ChatFacts) -> frozenset[str] | None:
    """Digests of all that screening looks at; None where somebody names more than a head has room for."""
    stated = {json.dumps(fact) for fact in _facts(chat)}
    if len(stated) > _MOST_HELD:
        return None
    return frozenset(hashlib.sha256(fact.encode()).hexdigest()[:16] for fact in stated)


def _facts(chat: ChatFacts) -> Iterator[tuple[str, str | None, str]]:
    for spec in fields(chat.visitor):
        value = getattr(chat.visitor, spec.name)
        if value is not None and value.strip():
            yield "visitor", spec.name, value
    for agent in chat.agents:
        if agent.email is not None and agent.email.strip():
            yield "agent", agent.id, agent.email
            yield "agent", None, agent.email
    if chat.ended_at is not None:
        yield "ended_at", None, chat.ended_at.isoformat()

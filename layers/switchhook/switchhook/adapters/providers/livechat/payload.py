"""LiveChat's webhooks into normal form: a thread is told piece by piece, line by line.

Nobody repeats the transcript at its end, so each message is an event that carries one line.
"""

from dataclasses import replace
from datetime import datetime

from switchhook.adapters.providers.chat_shapes import Line, Link, Many, Maybe, When
from switchhook.adapters.providers.errors import IgnoredType
from switchhook.adapters.providers.livechat.edge import ENDED, JOINED, RATED, SAID, STARTED, TAGGED
from switchhook.adapters.providers.livechat.lines import ThreadEvent, User, facts_of, last_page
from switchhook.adapters.providers.shapes import Id, Shape, read_shape
from switchhook.domain.facts.chat import ChatFacts, ChatTrigger
from switchhook.domain.facts.event import Event, Kind

CHANNEL = "web_chat"
_SCORES = {"0": "bad", "1": "good"}


class _Action(Shape):
    action: Id


class _Routing(Shape):
    start_url: Link = None


class _Rating(Shape):
    score: Line = None
    comment: Line = None


class _Properties(Shape):
    routing: Maybe[_Routing] = None
    rating: Maybe[_Rating] = None


class _Thread(Shape):
    id: Id
    created_at: When = None
    events: Many[ThreadEvent] = ()
    properties: Maybe[_Properties] = None


class _Chat(Shape):
    users: Many[User] = ()
    thread: _Thread


class _NewChat(Shape):
    chat: _Chat


class _Step(Shape):
    thread_id: Id
    event: Maybe[ThreadEvent] = None
    user: Maybe[User] = None
    tag: Line = None
    properties: Maybe[_Properties] = None


class _Account(Shape):
    organization_id: Line = None
    license_id: Line = None


class _Beginning(_Account):
    payload: _NewChat


class _Later(_Account):
    payload: _Step


def parse(raw: bytes, *, event_id: str, received_at: datetime) -> Event:
    """One action of a thread in normal form.

    Raises:
        Unreadable: not of LiveChat's shape.
        IgnoredType: an action that says nothing of a thread that could be logged.
    """
    action = read_shape(_Action, raw).action
    if action in STARTED:
        return _started(read_shape(_Beginning, raw), action, event_id, received_at)
    if action not in ENDED | SAID | JOINED | TAGGED | RATED:
        raise IgnoredType(action)
    later = read_shape(_Later, raw)
    step = later.payload
    is_end = action in ENDED
    # An edited line keeps the time at which it was said, the editing is later.
    said_at = step.event.created_at if step.event and action == "incoming_event" else None
    return Event(
        event_id=event_id,
        kind=Kind.CHAT,
        type=action,
        ended=is_end,
        occurred_at=min(said_at or received_at, received_at),
        received_at=received_at,
        chat=_of_account(later, _told(action, step, received_at)),
        trigger=ChatTrigger.CHAT_ENDED if is_end else None,
    )


def _started(begun: _Beginning, action: str, event_id: str, received_at: datetime) -> Event:
    chat = begun.payload.chat
    thread = chat.thread
    began = min(thread.created_at or received_at, received_at)
    routing = (thread.properties.routing if thread.properties else None) or _Routing()
    facts = replace(
        facts_of(chat.users, thread.events),
        started_at=began,
        page_url=routing.start_url or last_page(chat.users),
    )
    return Event(
        event_id=event_id,
        kind=Kind.CHAT,
        type=action,
        ended=False,
        occurred_at=began,
        received_at=received_at,
        chat=_of_account(begun, facts),
        trigger=ChatTrigger.CHAT_STARTED,
    )


def _of_account(told: _Account, facts: ChatFacts) -> ChatFacts:
    account = told.organization_id or told.license_id
    return replace(facts, channel=CHANNEL, source_tenant_id=account)


def _told(action: str, step: _Step, received_at: datetime) -> ChatFacts:
    """A closed thread names no time: it was closed when we are told."""
    if action in ENDED:
        return ChatFacts(ended_at=received_at)
    if action in TAGGED:
        return ChatFacts(tags=(step.tag,) if step.tag else ())
    if action in RATED:
        return ChatFacts(rating=_rating(step.properties))
    users = [step.user] if step.user and action in JOINED else []
    events = [step.event] if step.event and action in SAID else []
    return facts_of(users, events)


def _rating(properties: _Properties | None) -> str | None:
    rating = (properties.rating if properties else None) or _Rating()
    score = _SCORES.get(rating.score or "", rating.score)
    if score and rating.comment:
        return f"{score} ({rating.comment})"
    return score or rating.comment

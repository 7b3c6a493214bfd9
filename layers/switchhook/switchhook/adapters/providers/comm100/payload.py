"""Comm100's webhooks into normal form, of both generations of field names.

Every event carries the visitor; the chat itself comes when it has ended, what the agent noted later or
never. Agents are names only.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from switchhook.adapters.providers.body import read_object
from switchhook.adapters.providers.chat_shapes import (
    ByLabel,
    Line,
    Link,
    LongText,
    Many,
    Maybe,
    Text,
    When,
)
from switchhook.adapters.providers.comm100.edge import (
    ENDED,
    OFFLINE,
    STARTED,
    WRAPPED_UP,
    chat_of,
)
from switchhook.adapters.providers.comm100.transcript import lines_of, plain
from switchhook.adapters.providers.errors import IgnoredType, Unreadable
from switchhook.adapters.providers.shapes import Id, Shape, read_shape
from switchhook.domain.facts.chat import (
    AuthorKind,
    ChatFacts,
    ChatFile,
    ChatLine,
    ChatTrigger,
    Visitor,
    WrapUp,
)
from switchhook.domain.facts.event import Event, Kind
from switchhook.domain.facts.people import Agent, Comment

CHANNEL = "web_chat"

_TRIGGERS = {
    STARTED: ChatTrigger.CHAT_STARTED,
    ENDED: ChatTrigger.CHAT_ENDED,
    OFFLINE: ChatTrigger.OFFLINE_MESSAGE,
}
_DATE = re.compile(r"/Date\((-?[0-9]{1,15})(?:[+-][0-9]{4})?\)/", re.ASCII)


def _undated(value: object) -> object:
    """The number inside `/Date(...)/`: milliseconds, in older versions seconds."""
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(found.group(1)) if found else value


def _paired(value: object) -> object:
    """`[{"name": ..., "value": ...}]` as `{name: value}`; a name may be a number."""
    items = value if isinstance(value, list) else []
    pairs = (item for item in items if isinstance(item, Mapping))
    named = ((pair.get("name"), pair.get("value")) for pair in pairs)
    return {
        str(name): said
        for name, said in named
        if isinstance(name, str | int) and not isinstance(name, bool)
    }


def _each_name(value: object) -> object:
    """Names as a list; one text may hold several."""
    return re.split(r"[,;]", value) if isinstance(value, str) else value


def _each_file(value: object) -> object:
    return [value] if isinstance(value, Mapping) else value


_Time = Annotated[When, BeforeValidator(_undated)]
_Pairs = Annotated[ByLabel, BeforeValidator(_paired)]
_Names = Annotated[Many[Line], BeforeValidator(_each_name)]


class _File(Shape):
    name: Line = None
    uri: Link = None


_Files = Annotated[Many[_File], BeforeValidator(_each_file)]


class _Person(Shape):
    """What visitor, chat and offline message all say of the person."""

    name: Line = None
    email: Line = None
    phone: Line = None
    company: Line = None
    custom_fields: _Pairs = Field(default_factory=dict)
    custom_variable: _Pairs = Field(default_factory=dict)
    custom_variables: _Pairs = Field(default_factory=dict)


class _Visitor(_Person):
    id: Line = None
    current_browsing: Link = None
    visit_time: _Time = None


class _WrapUp(Shape):
    category: Line = None
    comment: Text = None
    fields: _Pairs = Field(default_factory=dict)
    time: _Time = None


class _Chat(_Person):
    start_time: _Time = None
    end_time: _Time = None
    chat_transcript: LongText = None
    agents: _Names = ()
    operators: _Names = ()
    agent_comment: Text = None
    operator_comment: Text = None
    rating: Line = None
    rating_comment: Line = None
    attachment: _Files = ()
    wrap_up: Maybe[_WrapUp] = None
    wrapup: Maybe[_WrapUp] = None


class _Offline(_Person):
    subject: Line = None
    content: Text = None
    time: _Time = None
    attachment: _Files = ()


class _Body(Shape):
    event: Id
    visitor: Maybe[_Visitor] = None
    chat: Maybe[_Chat] = None
    offline_message: Maybe[_Offline] = None
    wrapup: Maybe[_WrapUp] = None
    wrap_up: Maybe[_WrapUp] = None


def parse(raw: bytes, *, event_id: str, received_at: datetime) -> Event:
    """One event of a chat in normal form.

    Raises:
        Unreadable: not of Comm100's shape, or without the id of a chat.
        IgnoredType: an event that says nothing of a chat that could be logged.
    """
    body = read_shape(_Body, raw)
    if body.event not in _TRIGGERS and body.event not in WRAPPED_UP:
        raise IgnoredType(body.event)
    if chat_of(read_object(raw) or {}) is None:
        raise Unreadable("visitor.chat_id: should be the id of a chat")
    facts, at = _said(body, received_at)
    trigger = _TRIGGERS.get(body.event)
    return Event(
        event_id=event_id,
        kind=Kind.CHAT,
        type=body.event,
        ended=trigger not in (None, ChatTrigger.CHAT_STARTED),
        occurred_at=min(at, received_at),
        received_at=received_at,
        chat=facts,
        trigger=trigger,
    )


def _said(body: _Body, received_at: datetime) -> tuple[ChatFacts, datetime]:
    """The facts of an event, and when it happened."""
    visitor = body.visitor or _Visitor()
    match body.event:
        case "chat_started":
            return _started(visitor, received_at)
        case "chat_ended":
            return _ended(body.chat or _Chat(), visitor, received_at)
        case "offline_message_submitted":
            return _left(body.offline_message or _Offline(), visitor, received_at)
        case _:
            # By then the visitor's record and page may be of another visit: only the note is stated.
            noted = body.wrapup or body.wrap_up or _WrapUp()
            facts = ChatFacts(channel=CHANNEL, wrap_up=_wrap_up(noted))
            return facts, noted.time or received_at


def _known(person: _Person, visitor: _Visitor) -> ChatFacts:
    """Who the visitor is; what was written for this chat comes before what the site remembers."""
    return ChatFacts(
        channel=CHANNEL,
        visitor=Visitor(
            id=visitor.id,
            name=person.name or visitor.name,
            email=person.email or visitor.email,
            phone=person.phone or visitor.phone,
            company=person.company or visitor.company,
        ),
        page_url=visitor.current_browsing,
        custom_fields={**visitor.custom_fields, **person.custom_fields},
        custom_variables={**_variables(visitor), **_variables(person)},
    )


def _variables(person: _Person) -> dict[str, str]:
    return {**person.custom_variable, **person.custom_variables}


def _started(visitor: _Visitor, received_at: datetime) -> tuple[ChatFacts, datetime]:
    """A chat starts when we are told; ordered by the visit's begin, below what its end says."""
    facts = replace(_known(visitor, visitor), started_at=received_at)
    return facts, visitor.visit_time or received_at


def _ended(chat: _Chat, visitor: _Visitor, received_at: datetime) -> tuple[ChatFacts, datetime]:
    names = tuple(name for name in (*chat.agents, *chat.operators) if name)
    ended_at = chat.end_time or received_at
    known = _known(chat, visitor)
    text = chat.chat_transcript or ""
    lines = lines_of(
        text,
        started_at=chat.start_time,
        ended_at=chat.end_time,
        visitor=known.visitor.name,
        agents=names,
    )
    note = chat.agent_comment or chat.operator_comment
    noted = chat.wrap_up or chat.wrapup
    facts = replace(
        known,
        agents=tuple(Agent(name=name) for name in dict.fromkeys(names)),
        started_at=chat.start_time,
        ended_at=ended_at,
        transcript=lines,
        transcript_text=None if lines else plain(text) or None,
        notes=(Comment(text=note),) if note else (),
        wrap_up=_wrap_up(noted) if noted else None,
        rating=_rating(chat),
        files=_files(chat.attachment),
    )
    return facts, ended_at


def _left(
    message: _Offline, visitor: _Visitor, received_at: datetime
) -> tuple[ChatFacts, datetime]:
    at = message.time or received_at
    known = _known(message, visitor)
    line = ChatLine(
        at=at, author_kind=AuthorKind.VISITOR, author=known.visitor.name, text=message.content or ""
    )
    facts = replace(
        known,
        subject=message.subject,
        started_at=at,
        ended_at=at,
        transcript=(line,) if message.content else (),
        files=_files(message.attachment),
    )
    return facts, at


def _wrap_up(noted: _WrapUp) -> WrapUp | None:
    if not (noted.category or noted.comment or noted.fields):
        return None
    return WrapUp(category=noted.category, comment=noted.comment, fields=noted.fields)


def _rating(chat: _Chat) -> str | None:
    if chat.rating and chat.rating_comment:
        return f"{chat.rating} ({chat.rating_comment})"
    return chat.rating or chat.rating_comment


def _files(given: Many[_File]) -> tuple[ChatFile, ...]:
    return tuple(ChatFile(url=one.uri, name=one.name) for one in given if one.uri)

"""Our own chat format (contract, "Webhooks in") into normal form.

A field that is missing, null or blank is unsaid. Times are as strict as a call's: it is our own format,
and a wrong one is the sender's to mend.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated

from pydantic import BeforeValidator, Field

from switchhook.adapters.providers.chat_shapes import ByLabel, Link, Size
from switchhook.adapters.providers.generic.edge import occurrence_of
from switchhook.adapters.providers.shapes import (
    Id,
    Lines,
    Name,
    Number,
    Rfc3339,
    Several,
    Shape,
    Words,
    read_shape,
)
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

UPDATED = "chat.updated"

_TRIGGERS: Mapping[str, ChatTrigger] = MappingProxyType(
    {
        "chat.started": ChatTrigger.CHAT_STARTED,
        "chat.ended": ChatTrigger.CHAT_ENDED,
        "chat.offline_message": ChatTrigger.OFFLINE_MESSAGE,
        "conversation.started": ChatTrigger.CONVERSATION_STARTED,
        "conversation.ended": ChatTrigger.CONVERSATION_ENDED,
    }
)
_BEGINNINGS = (ChatTrigger.CHAT_STARTED, ChatTrigger.CONVERSATION_STARTED)

CHAT_TYPES = frozenset({*_TRIGGERS, UPDATED})


def _a_count(value: object) -> object:
    """Only what the ingress counted too: it decides which activity the event belongs to."""
    if value is not None and value != occurrence_of(value):
        raise ValueError("should be a whole number from 1 on")
    return value


class _Visitor(Shape):
    id: Name = None
    name: Name = None
    email: Name = None
    phone: Number = None
    company: Name = None


class _Agent(Shape):
    id: Name = None
    email: Name = None
    name: Name = None


class _Line(Shape):
    id: Name = None
    at: Rfc3339 = None
    author_kind: AuthorKind
    author: Name = None
    text: Words


class _WrapUp(Shape):
    category: Name = None
    comment: Words = None


class _File(Shape):
    url: Link = None
    name: Name = None
    content_type: Name = None
    size: Size = None


class _Chat(Shape):
    chat_id: Id
    occurrence: Annotated[int | None, BeforeValidator(_a_count)] = None
    channel: Name = None
    source_tenant_id: Name = None
    subject: Name = None
    visitor: _Visitor | None = None
    agents: Several[_Agent] = None
    started_at: Rfc3339 = None
    ended_at: Rfc3339 = None
    transcript: Lines[_Line] = None
    note: Words = None
    wrap_up: _WrapUp | None = None
    custom_fields: ByLabel = Field(default_factory=dict)
    custom_variables: ByLabel = Field(default_factory=dict)
    page_url: Link = None
    attachments: Several[_File] = None


def parse_chat(raw: bytes, type_: str, *, event_id: str, received_at: datetime) -> Event:
    """One of the `CHAT_TYPES` in normal form.

    A chat started or ended when it says so, else when we were told, and never after that; an update
    happens when it comes.

    Raises:
        Unreadable: not of the contract's shape.
    """
    chat = read_shape(_Chat, raw)
    trigger = _TRIGGERS.get(type_)
    started_at, ended_at, at = chat.started_at, chat.ended_at, received_at
    if trigger in _BEGINNINGS:
        started_at = at = started_at or received_at
    elif trigger is not None:
        ended_at = at = ended_at or received_at
    return Event(
        event_id=event_id,
        kind=Kind.CHAT,
        type=type_,
        ended=trigger is not None and trigger not in _BEGINNINGS,
        occurred_at=min(at, received_at),
        received_at=received_at,
        chat=_facts(chat, started_at, ended_at),
        trigger=trigger,
    )


def _facts(chat: _Chat, started_at: datetime | None, ended_at: datetime | None) -> ChatFacts:
    visitor = chat.visitor or _Visitor()
    return ChatFacts(
        channel=chat.channel,
        source_tenant_id=chat.source_tenant_id,
        subject=chat.subject,
        visitor=Visitor(
            id=visitor.id,
            name=visitor.name,
            email=visitor.email,
            phone=visitor.phone,
            company=visitor.company,
        ),
        agents=tuple(
            Agent(id=one.id, email=one.email, name=one.name)
            for one in chat.agents or ()
            if one.id or one.email or one.name
        ),
        started_at=started_at,
        ended_at=ended_at,
        transcript=tuple(
            ChatLine(
                id=one.id, at=one.at, author_kind=one.author_kind, author=one.author, text=one.text
            )
            for one in chat.transcript or ()
            if one.text
        ),
        notes=(Comment(text=chat.note),) if chat.note else (),
        wrap_up=_wrap_up(chat.wrap_up),
        custom_fields=chat.custom_fields,
        custom_variables=chat.custom_variables,
        page_url=chat.page_url,
        files=tuple(
            ChatFile(url=one.url, name=one.name, content_type=one.content_type, size_bytes=one.size)
            for one in chat.attachments or ()
            if one.url
        ),
    )


def _wrap_up(noted: _WrapUp | None) -> WrapUp | None:
    if noted is None or not (noted.category or noted.comment):
        return None
    return WrapUp(category=noted.category, comment=noted.comment)

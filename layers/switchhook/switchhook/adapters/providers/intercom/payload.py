"""Intercom's conversation notifications into normal form: each carries the part that fired it alone.

Beside that part stand the conversation's people, its tags and the message that it began with.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain

from switchhook.adapters.providers.errors import IgnoredType
from switchhook.adapters.providers.intercom.bodies import (
    Attachment,
    Conversation,
    Named,
    Notification,
    Opening,
    Part,
    Parts,
    Person,
    Rating,
)
from switchhook.adapters.providers.intercom.edge import ENDED, SEEN_BY_ALL, STARTED, UPDATES
from switchhook.adapters.providers.intercom.people import agents_of, kind_of, visitor_of
from switchhook.adapters.providers.shapes import read_shape
from switchhook.domain.facts.chat import AuthorKind, ChatFacts, ChatFile, ChatLine, ChatTrigger
from switchhook.domain.facts.event import Event, Kind
from switchhook.domain.facts.people import Comment

_CHANNELS = {"conversation": "messenger", "conversation_message": None}


def parse(raw: bytes, *, event_id: str, received_at: datetime) -> Event:
    """One notification about a conversation in normal form.

    Raises:
        Unreadable: neither a topic nor a conversation can be named.
        IgnoredType: a topic that says nothing of a conversation's content.
    """
    topic = read_shape(Named, raw).topic
    if topic not in UPDATES:
        raise IgnoredType(topic)
    told = read_shape(Notification, raw)
    at = _happened_at(topic, told, received_at)
    return Event(
        event_id=event_id,
        kind=Kind.CHAT,
        type=topic,
        ended=topic == ENDED,
        occurred_at=at,
        received_at=received_at,
        whole_tags=told.data.item.tags is not None,
        chat=_facts(topic, told, ended_at=at if topic == ENDED else None),
        trigger=_trigger(topic),
    )


def _trigger(topic: str) -> ChatTrigger | None:
    if topic == ENDED:
        return ChatTrigger.CONVERSATION_ENDED
    return ChatTrigger.CONVERSATION_STARTED if topic in STARTED else None


def _happened_at(topic: str, told: Notification, received_at: datetime) -> datetime:
    """When the part was made; a sender's clock that is ahead of ours is set back."""
    item = told.data.item
    if topic in STARTED and item.created_at is not None:
        return min(item.created_at, received_at)
    made = [part.created_at for part in _parts(item) if part.created_at is not None]
    at = max(made, default=item.updated_at or told.created_at or received_at)
    return min(at, received_at)


def _facts(topic: str, told: Notification, *, ended_at: datetime | None) -> ChatFacts:
    item, parts = told.data.item, _parts(told.data.item)
    opening = item.source or item.conversation_message or Opening()
    visitor = visitor_of(item, opening, parts)
    closers = [part.author for part in parts if topic == ENDED and part.author is not None]
    writers = _writers(topic, opening, parts)
    tags = item.tags.tags if item.tags is not None else ()
    return ChatFacts(
        channel=_CHANNELS.get(opening.type or "", opening.type),
        source_tenant_id=told.app_id,
        subject=opening.subject,
        visitor=visitor,
        agents=agents_of(item, writers, closers[-1] if closers else None),
        started_at=item.created_at,
        ended_at=ended_at,
        transcript=tuple(_lines(topic, item, opening, parts, visitor.name)),
        notes=tuple(_notes(topic, parts)),
        rating=_rating(item),
        tags=tuple(tag.name for tag in tags if tag.name),
        custom_fields=item.custom_attributes,
        page_url=opening.url,
        files=tuple(_files(opening, parts)),
    )


def _parts(item: Conversation) -> Sequence[Part]:
    return (item.conversation_parts or Parts()).conversation_parts


def _is_seen_by_all(topic: str, part: Part) -> bool:
    """A note stays one in any list; what comes with an assignment is for the colleague it is given to."""
    return topic in SEEN_BY_ALL and "note" not in (part.part_type or "")


def _lines(
    topic: str, item: Conversation, opening: Opening, parts: Sequence[Part], visitor: str | None
) -> Iterator[ChatLine]:
    if not opening.redacted and (text := opening.body or _named(opening.attachments)):
        yield _line(opening.author, opening.id, text, item.created_at, visitor)
    for part in parts:
        text = part.body or _named(part.attachments)
        if text and not part.redacted and _is_seen_by_all(topic, part):
            yield _line(part.author, part.id, text, part.created_at, visitor)


def _line(
    author: Person | None, id_: str | None, text: str, at: datetime | None, visitor: str | None
) -> ChatLine:
    kind = kind_of(author)
    name = author.name if author is not None else None
    if kind is AuthorKind.VISITOR:
        name = name or visitor
    return ChatLine(at=at, author_kind=kind, author=name, text=text, id=id_)


def _notes(topic: str, parts: Sequence[Part]) -> Iterator[Comment]:
    for part in parts:
        if _is_seen_by_all(topic, part) or kind_of(part.author) is AuthorKind.VISITOR:
            continue
        text = part.body or _named(part.attachments)
        if text and not part.redacted:
            author = part.author.name if part.author is not None else None
            yield Comment(author=author, text=text, at=part.created_at)


def _writers(topic: str, opening: Opening, parts: Sequence[Part]) -> list[Person]:
    """Admins who wrote to the visitor, in the order in which they did."""
    replied = [part for part in parts if part.body and _is_seen_by_all(topic, part)]
    authors = (opening.author, *(part.author for part in replied))
    return [one for one in authors if one and kind_of(one) is AuthorKind.AGENT]


def _rating(item: Conversation) -> str | None:
    given = item.conversation_rating or Rating()
    return ": ".join(part for part in (given.rating, given.remark) if part) or None


def _files(opening: Opening, parts: Sequence[Part]) -> Iterator[ChatFile]:
    kept = [() if part.redacted else part.attachments for part in parts]
    for one in chain(() if opening.redacted else opening.attachments, *kept):
        if one.url:
            yield ChatFile(
                url=one.url,
                name=one.name,
                content_type=one.content_type,
                size_bytes=one.filesize,
            )


def _named(attachments: Sequence[Attachment]) -> str:
    """What stands for a message that is nothing but files."""
    return "\n".join(f"[{one.name or one.url}]" for one in attachments if one.url)

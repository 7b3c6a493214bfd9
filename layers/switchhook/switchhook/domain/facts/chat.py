"""What a provider told us of a chat or conversation, in the field's words, free of any provider's format.

How much of a chat one event may tell, however much a sender wrote: bounded lists, in their order.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from switchhook.domain.facts.people import Agent, Comment


class ChatTrigger(StrEnum):
    """What of a chat can set an action off (CX-16, CX-17)."""

    CHAT_STARTED = "chat_started"
    CHAT_ENDED = "chat_ended"
    OFFLINE_MESSAGE = "offline_message"
    CONVERSATION_STARTED = "conversation_started"
    CONVERSATION_ENDED = "conversation_ended"


class ChatAction(StrEnum):
    """What a chat becomes (CX-18)."""

    CONTACT_CASE = "contact_case"
    LEAD_TASK = "lead_task"
    CASE = "case"
    CONTACT_TASK = "contact_task"
    NONE = "none"


class AuthorKind(StrEnum):
    """Who wrote a line of a transcript."""

    VISITOR = "visitor"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLine:
    """One line of a transcript as plain text; `id` is the provider's, equal on redelivery."""

    at: datetime | None = None
    author_kind: AuthorKind
    author: str | None = None
    text: str
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """The external person of a chat, as far as the provider says who it was."""

    id: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    company: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFile:
    """A file that was sent in a chat; nothing of it but its address is known to be true."""

    url: str
    name: str | None = None
    content_type: str | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUp:
    """What an agent noted when the chat was over; `fields` by their labels."""

    category: str | None = None
    comment: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFacts:
    """What is known of one chat; None means that nobody has said.

    Times are aware UTC. `transcript` holds what visitor and agents could both read, in order;
    `transcript_text` is the whole of it where the provider sends it as one text. `notes` are the
    agents' private ones. `agents` stand in the order in which they joined, people only; the last one
    is the owner's agent. `source_tenant_id` is the provider's own name of the site or account (CX-46).
    `custom_fields` and `custom_variables` are by label.
    """

    channel: str | None = None
    source_tenant_id: str | None = None
    subject: str | None = None
    visitor: Visitor = field(default_factory=Visitor)
    agents: tuple[Agent, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    transcript: tuple[ChatLine, ...] = ()
    transcript_text: str | None = None
    notes: tuple[Comment, ...] = ()
    wrap_up: WrapUp | None = None
    rating: str | None = None
    tags: tuple[str, ...] = ()
    custom_fields: Mapping[str, str] = field(default_factory=dict)
    custom_variables: Mapping[str, str] = field(default_factory=dict)
    page_url: str | None = None
    files: tuple[ChatFile, ...] = ()


MOST_TRANSCRIPT_CHARS = 1_100_000
"""How much text of a transcript one event may hold: a webhook's whole body of 1 MiB has no more."""

MOST_FIELD_CHARS = 60_000
"""How much text the notes, the files' addresses, and all custom fields together may hold."""

MOST_AGENT_CHARS = 20_000
MOST_LINES = 20_000


class _Room:
    """Counts down how much text may still be kept."""

    def __init__(self, chars: int) -> None:
        self.left = chars

    def take(self, *texts: str | None) -> bool:
        """Take room for the texts; once they do not fit, nothing behind them does."""
        needed = 1 + sum(len(text) for text in texts if text)
        self.left = self.left - needed if needed <= self.left else 0
        return self.left > 0


def bounded_chat(chat: ChatFacts) -> ChatFacts:
    """The chat with texts and lists short enough to be stored, in any case whole as long as people write.

    A line or note that reaches the end of its room is cut; what is behind it is left out.
    """
    transcript, fields = _Room(MOST_TRANSCRIPT_CHARS), _Room(MOST_FIELD_CHARS)
    text = None
    if chat.transcript_text is not None:
        text = chat.transcript_text[: transcript.left]
        transcript.take(text)
    return replace(
        chat,
        transcript_text=text,
        transcript=_lines(chat.transcript[:MOST_LINES], transcript),
        notes=_notes(chat.notes),
        agents=_kept(chat.agents, _agent_texts, _Room(MOST_AGENT_CHARS)),
        files=_kept(chat.files, _file_texts, _Room(MOST_FIELD_CHARS)),
        tags=_kept(chat.tags, lambda tag: (tag,), fields),
        wrap_up=_wrap_up(chat.wrap_up, fields),
        custom_fields=_labelled(chat.custom_fields, fields),
        custom_variables=_labelled(chat.custom_variables, fields),
    )


def _lines(lines: Iterable[ChatLine], room: _Room) -> tuple[ChatLine, ...]:
    kept = []
    for line in lines:
        left = room.left - 1 - len(line.author or "") - len(line.id or "")
        if left <= 0:
            break
        kept.append(line if len(line.text) <= left else replace(line, text=line.text[:left]))
        room.take(line.text, line.author, line.id)
    return tuple(kept)


def _notes(notes: Iterable[Comment]) -> tuple[Comment, ...]:
    room, kept = _Room(MOST_FIELD_CHARS), []
    for note in notes:
        left = room.left - 1 - len(note.author or "")
        if left <= 0:
            break
        kept.append(note if len(note.text) <= left else replace(note, text=note.text[:left]))
        room.take(note.text, note.author)
    return tuple(kept)


def _kept[T](
    items: Iterable[T], texts: Callable[[T], tuple[str | None, ...]], room: _Room
) -> tuple[T, ...]:
    kept = []
    for item in items:
        if not room.take(*texts(item)):
            break
        kept.append(item)
    return tuple(kept)


def _agent_texts(agent: Agent) -> tuple[str | None, ...]:
    return agent.id, agent.email, agent.name, agent.extension


def _file_texts(file: ChatFile) -> tuple[str | None, ...]:
    return file.url, file.name, file.content_type


def _wrap_up(wrap_up: WrapUp | None, room: _Room) -> WrapUp | None:
    if wrap_up is None:
        return None
    return replace(wrap_up, fields=_labelled(wrap_up.fields, room))


def _labelled(fields: Mapping[str, str], room: _Room) -> Mapping[str, str]:
    return dict(_kept(fields.items(), lambda pair: pair, room))

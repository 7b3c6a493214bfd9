"""What a provider told us of a chat or conversation, in the field's words, free of any provider's format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from switchhook.domain.agent import Agent, Comment


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

"""What a provider told us of a call, in the field's words, free of any provider's format."""

from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from enum import StrEnum

from switchhook.domain.facts.chat import ChatFacts, ChatTrigger, bounded_chat
from switchhook.domain.facts.people import Agent, Comment


class Kind(StrEnum):
    """The two kinds of activity."""

    CALL = "call"
    CHAT = "chat"


class Direction(StrEnum):
    """Who called whom, seen from the tenant."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Outcome(StrEnum):
    """How a call ended."""

    ANSWERED = "answered"
    MISSED = "missed"
    VOICEMAIL = "voicemail"
    UNANSWERED = "unanswered"
    CANCELED = "canceled"
    BUSY = "busy"
    REJECTED = "rejected"
    FAILED = "failed"


class CallType(StrEnum):
    """The five types of call that a tenant chooses a treatment for (AC-3)."""

    OUTBOUND_ANSWERED = "outbound_answered"
    OUTBOUND_UNANSWERED = "outbound_unanswered"
    INBOUND_ANSWERED = "inbound_answered"
    MISSED = "missed"
    VOICEMAIL = "voicemail"


class Role(StrEnum):
    """On which side of the tenant's door a participant stands."""

    AGENT = "agent"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """One end of a call; `number` is as the provider wrote it."""

    role: Role
    number: str | None = None
    email: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One hand-over of a call between agents; `by` and `to` are e-mails, names or numbers."""

    by: str | None = None
    to: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What is known of one call; None means that nobody has said.

    Times are aware UTC, durations whole or fractional seconds. `external_number` is as the provider
    wrote it (None when withheld). `participants`, when not empty, is the whole list of the call's
    ends, and `external_number` only names the main one. `time_zone` is the IANA name of the
    tenant's number that was called or used, where the provider knows it.
    """

    direction: Direction | None = None
    outcome: Outcome | None = None
    external_number: str | None = None
    external_name: str | None = None
    external_email: str | None = None
    internal_number: str | None = None
    agent: Agent | None = None
    participants: tuple[Participant, ...] = ()
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    wait_s: float | None = None
    talk_s: float | None = None
    queue: str | None = None
    recording_url: str | None = None
    voicemail_url: str | None = None
    transfers: tuple[Transfer, ...] = ()
    tags: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    disposition: str | None = None
    during_opening_hours: bool | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One webhook in normal form.

    `event_id` is the provider's own identity of the delivery, equal on redelivery. `ended` says that
    the call is over and may be logged; an event that is not (`call.updated`) only adds facts.
    `occurred_at` orders events of one call; `received_at` is when we accepted it. `held_s` is how
    long, from `received_at`, a better event of the same call may still come; until then the call waits,
    and what the better event states outranks this one. 0 is the best that the provider sends.
    `leg` names the part of the call that the facts speak of, where a provider tells of each part
    alone (a handset, a flow, an agent after a transfer); None speaks of the whole call.
    Of a chat, `chat` holds the facts and `trigger` what the event can set off; None only adds facts.
    `whole_tags` says that the call has these tags and no others: those told before were taken away.
    """

    event_id: str
    kind: Kind
    type: str
    ended: bool
    occurred_at: datetime
    received_at: datetime
    held_s: int = 0
    leg: str | None = None
    whole_tags: bool = False
    call: CallFacts = field(default_factory=CallFacts)
    chat: ChatFacts = field(default_factory=ChatFacts)
    trigger: ChatTrigger | None = None


MOST_LISTED_CHARS = 60_000
"""How much text the lists of one event may hold: twice what a Task's description shows."""


def bounded(event: Event) -> Event:
    """The event with lists short enough to be stored whole, however much a sender wrote.

    Items are kept in order, participants and transfers first, until the room is used up; the comment
    that reaches its end is cut.
    """
    room = MOST_LISTED_CHARS
    kept: dict[str, tuple[object, ...]] = {}
    for name in ("participants", "transfers", "tags", "comments"):
        items = []
        for item in getattr(event.call, name):
            size = _text_length(item)
            if size > room and isinstance(item, Comment) and room > len(item.author or ""):
                items.append(replace(item, text=item.text[: room - len(item.author or "")]))
            if size > room:
                room = 0
                break
            room -= size
            items.append(item)
        kept[name] = tuple(items)
    call = replace(event.call, **kept)  # type: ignore[arg-type] # as they were
    return replace(event, call=call, chat=bounded_chat(event.chat))


def gist(event: Event) -> Event:
    """The event without what people wrote at length: who, when and what happened, but not what was said."""
    brief = replace(
        event.chat,
        transcript=(),
        transcript_text=None,
        notes=(),
        wrap_up=None,
        tags=(),
        custom_fields={},
        custom_variables={},
        files=(),
    )
    return replace(event, call=replace(event.call, comments=()), chat=brief)


def _text_length(item: object) -> int:
    if isinstance(item, str):
        return len(item)
    assert is_dataclass(item)
    texts = (getattr(item, spec.name) for spec in fields(item))
    return 1 + sum(len(text) for text in texts if isinstance(text, str))

"""Finds which opening of a conversation an event belongs to, where each is recorded anew (`chats.reopen`).

An event that is later than the end it knows of, and says that somebody writes again, belongs to the next
occurrence. Wrap-ups, notes and ratings stay with the occurrence they follow. Where an event comes before
the end that parts it from an earlier occurrence, it stays there: nothing that is taken in moves.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from switchhook.domain.activity import Entry, activity_id
from switchhook.domain.chat import AuthorKind
from switchhook.domain.chat_actions import OVER
from switchhook.domain.events import Event, Kind
from switchhook.domain.queue_message import EventMessage
from switchhook.domain.settings import Reopen
from switchhook.usecases.world import World

_PEOPLE = (AuthorKind.VISITOR, AuthorKind.AGENT)
MOST_OCCURRENCES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """The message as one of the next occurrence, with the ends that had overtaken its beginning."""

    message: EventMessage
    overtaken: tuple[Event, ...]


def next_occurrence(
    entry: Entry | None, event: Event, message: EventMessage, world: World
) -> Reopened | None:
    """Move an event on to the next occurrence; None where it belongs to this one."""
    if entry is None or event.kind is not Kind.CHAT or message.occurrence >= MOST_OCCURRENCES:
        return None
    if any(known.event_id == event.event_id for known in entry.events):
        return None
    ended_at = min(
        (known.occurred_at for known in entry.events if known.trigger in OVER), default=None
    )
    if ended_at is None or event.occurred_at <= ended_at:
        return None
    settings = world.tenants.settings_at(message.tenant, event.occurred_at)
    if settings is None or settings.chats.reopen is not Reopen.NEW:
        return None
    following = _following(message)
    if not _writes_again(event, ended_at) and not _has_begun(following, event, world):
        return None
    overtaken = tuple(
        known
        for known in entry.events
        if known.trigger in OVER and known.occurred_at > event.occurred_at
    )
    return Reopened(message=following, overtaken=overtaken)


def _following(message: EventMessage) -> EventMessage:
    number = message.occurrence + 1
    named = activity_id(
        tenant=message.tenant,
        source=message.source,
        external_id=message.external_id,
        occurrence=number,
    )
    return replace(message, activity_id=named, occurrence=number)


def _writes_again(event: Event, ended_at: datetime) -> bool:
    """Tells whether the chat was begun again: by its start, or by somebody's words after the end."""
    if event.trigger is not None and event.trigger not in OVER:
        return True
    return any(
        (line.at or event.occurred_at) > ended_at
        for line in event.chat.transcript
        if line.author_kind in _PEOPLE
    )


def _has_begun(following: EventMessage, event: Event, world: World) -> bool:
    entry = world.ledger.read(following.tenant, following.activity_id)
    return entry is not None and any(
        known.occurred_at <= event.occurred_at for known in entry.events
    )

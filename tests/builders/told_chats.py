"""Chats as a tenant's provider tells of them, event by event."""

from datetime import datetime, timedelta

from fakes.office import START, TENANT, Office
from switchhook.domain.activity import Activity, activity_id
from switchhook.domain.chats.screening import OVER
from switchhook.domain.facts.chat import AuthorKind, ChatFacts, ChatLine, ChatTrigger, Visitor
from switchhook.domain.facts.event import Event, Kind
from switchhook.domain.facts.people import Agent
from switchhook.domain.queue_messages import EventMessage, pack
from switchhook.usecases.record.advance import record_event

EMAIL = "ada@example.com"
ADA = Visitor(id="v-1", name="Ada Byron", email=EMAIL, company="Engines Ltd")
ANN = Agent(email="ann@example.com", name="Ann Agent")
ENDED = START + timedelta(seconds=540)


def office_that(
    action: str = "lead_task", *, started: str = "none", chats: object = None, **preset: object
) -> Office:
    """A tenant whose chats become this when they end, and that when they start."""
    actions = {
        "chat_started": started,
        "conversation_started": started,
        "chat_ended": action,
        "conversation_ended": action,
        "offline_message": action,
    }
    return Office(preset={"chats": {"actions": actions, **(chats or {})}, **preset})


def line(
    text: str, at: datetime = START, by: AuthorKind = AuthorKind.VISITOR, id_: str | None = None
):
    author = "Ada Byron" if by is AuthorKind.VISITOR else "Ann Agent"
    return ChatLine(at=at, author_kind=by, author=author, text=text, id=id_)


def a_chat(**changes: object) -> ChatFacts:
    facts: dict[str, object] = {
        "channel": "web_chat",
        "source_tenant_id": "site-1",
        "visitor": ADA,
        "agents": (ANN,),
        "started_at": START,
        "ended_at": ENDED,
        "transcript": (line("Hello"),),
    }
    return ChatFacts(**{**facts, **changes})


def chat_message(
    office: Office,
    chat: ChatFacts | None = None,
    trigger: ChatTrigger | None = ChatTrigger.CHAT_ENDED,
    *,
    chat_id: str = "9f2",
    event_id: str | None = None,
    at: datetime | None = None,
    occurrence: int = 1,
) -> EventMessage:
    """The queued event; it lies ready for the reader."""
    event_id = event_id or f"{chat_id}-{trigger or 'more'}"
    told = a_chat() if chat is None else chat
    office.reader.events[event_id] = Event(
        event_id=event_id,
        kind=Kind.CHAT,
        type=str(trigger or "chat.updated"),
        ended=trigger in OVER,
        occurred_at=at or told.ended_at or office.clock.now(),
        received_at=office.clock.now(),
        chat=told,
        trigger=trigger,
    )
    named = activity_id(tenant=TENANT, source="h1", external_id=chat_id, occurrence=occurrence)
    return EventMessage(
        tenant=TENANT,
        hook="h1",
        provider="generic",
        activity_kind=Kind.CHAT,
        source="h1",
        activity_id=named,
        external_id=chat_id,
        occurrence=occurrence,
        event_id=event_id,
        received_at=office.clock.now(),
        packed=pack(b"{}"),
    )


def tell_chat(
    office: Office,
    chat: ChatFacts | None = None,
    trigger: ChatTrigger | None = ChatTrigger.CHAT_ENDED,
    **more: object,
) -> Activity:
    """A webhook of a chat, recorded at once."""
    return record_event(chat_message(office, chat, trigger, **more), office.world)


def chat_head(office: Office, chat_id: str = "9f2", occurrence: int = 1) -> Activity:
    named = activity_id(tenant=TENANT, source="h1", external_id=chat_id, occurrence=occurrence)
    entry = office.ledger.read(TENANT, named)
    assert entry is not None
    return entry.head


def reasons_of(office: Office, head: Activity) -> list[tuple[str, str]]:
    """Everything that was explained of an activity, oldest first."""
    decisions = office.ledger.decisions[(head.tenant, head.id)]
    return [
        (step["rule"], step["text"]) for record in decisions.values() for step in record.explanation
    ]

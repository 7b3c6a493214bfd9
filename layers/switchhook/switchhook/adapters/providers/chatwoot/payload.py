"""Chatwoot's conversations and messages into normal form: each message comes as an event of its own.

A conversation is told with its last message only, which has come before: what is said is read off the
messages. Counts of seconds, floats and RFC 3339 stand for times in one and the same body.
"""

import re
from dataclasses import replace
from datetime import datetime
from urllib.parse import unquote, urlsplit

from switchhook.adapters.providers.chatwoot.bodies import (
    Account,
    Answered,
    Attachment,
    Conversation,
    Employment,
    Message,
    MessageAttributes,
    Meta,
    Named,
    Origin,
    Person,
    Rating,
)
from switchhook.adapters.providers.chatwoot.edge import (
    CONVERSATIONS,
    CREATED,
    MESSAGE,
    MESSAGE_CHANGED,
    RESOLVED,
)
from switchhook.adapters.providers.errors import IgnoredType
from switchhook.adapters.providers.shapes import read_shape
from switchhook.domain.facts.chat import (
    AuthorKind,
    ChatFacts,
    ChatFile,
    ChatLine,
    ChatTrigger,
    Visitor,
)
from switchhook.domain.facts.event import Event, Kind
from switchhook.domain.facts.people import Agent, Comment

_ENDS = "resolved"
_BOTS = frozenset({"agent_bot", "agentbot", "captain_assistant", "captain::assistant"})
_KINDS = {"0": "incoming", "1": "outgoing", "2": "activity", "3": "template"}
_CHANNELS = {
    "WebWidget": "web_chat",
    "FacebookPage": "facebook",
    "TwitterProfile": "twitter",
    "TwilioSms": "sms",
}
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def parse(raw: bytes, *, event_id: str, received_at: datetime) -> Event:
    """One step of a conversation, or one message of it, in normal form.

    A change of status is of the type `conversation_status_changed:{status}`; of a conversation that was
    resolved, `open` tells that it was opened again.

    Raises:
        Unreadable: neither an event nor a conversation can be named.
        IgnoredType: any other type, or a message whose delivery went on.
    """
    type_ = read_shape(Named, raw).event
    if type_ in CONVERSATIONS:
        return _step(type_, read_shape(Conversation, raw), event_id, received_at)
    if type_ not in (MESSAGE, MESSAGE_CHANGED):
        raise IgnoredType(type_)
    message = read_shape(Message, raw)
    facts = _written(message) if type_ == MESSAGE else _rated(message)
    if facts is None:
        raise IgnoredType(type_)
    return Event(
        event_id=event_id,
        kind=Kind.CHAT,
        type=type_,
        ended=False,
        occurred_at=_not_after(received_at, message.created_at if type_ == MESSAGE else None),
        received_at=received_at,
        whole_tags=message.conversation.labels is not None,
        chat=facts,
    )


def _step(type_: str, conversation: Conversation, event_id: str, received_at: datetime) -> Event:
    """What became of a conversation; `timestamp` is its last message's time, so only a new one's own."""
    status = _status(conversation)
    is_change = type_ == "conversation_status_changed"
    is_new = type_ == CREATED
    ended = type_ == RESOLVED or (is_change and status == _ENDS)
    told = conversation.updated_at
    if is_new:
        told = conversation.created_at or told or conversation.timestamp
    at = _not_after(received_at, told)
    facts = _known(conversation, _account_of(conversation))
    return Event(
        event_id=event_id,
        kind=Kind.CHAT,
        type=f"{type_}:{status}" if is_change and status else type_,
        ended=ended,
        occurred_at=at,
        received_at=received_at,
        whole_tags=conversation.labels is not None,
        chat=replace(
            facts,
            started_at=at if is_new else facts.started_at,
            ended_at=at if ended else None,
        ),
        trigger=_trigger(is_new=is_new, ended=ended),
    )


def _trigger(*, is_new: bool, ended: bool) -> ChatTrigger | None:
    if ended:
        return ChatTrigger.CONVERSATION_ENDED
    return ChatTrigger.CONVERSATION_STARTED if is_new else None


def _status(conversation: Conversation) -> str | None:
    """The changed status goes before the current one, which some versions told as it was before."""
    changed = (one.status.current_value for one in conversation.changed_attributes if one.status)
    return next((status for status in changed if status), conversation.status)


def _known(conversation: Conversation, account: str | None) -> ChatFacts:
    """What every event of a conversation tells of it."""
    meta = conversation.meta or Meta()
    contact = meta.sender or Person()
    origin = conversation.additional_attributes or Origin()
    agent = _agent(meta.assignee, meta.assignee_type)
    return ChatFacts(
        channel=_channel(conversation.channel),
        source_tenant_id=account,
        visitor=_visitor(contact),
        agents=(agent,) if agent else (),
        started_at=conversation.created_at,
        tags=tuple(label for label in conversation.labels or () if label),
        custom_fields=conversation.custom_attributes,
        custom_variables=contact.custom_attributes,
        page_url=origin.referer,
    )


def _written(message: Message) -> ChatFacts:
    """The facts with the message as a line, or as a note where only agents can read it."""
    facts = _known(message.conversation, _account_of_message(message))
    author = (message.sender or Person()).name
    author_kind = _author_kind(message)
    files = tuple(_file(one) for one in message.attachments if one.data_url)
    text = message.content or "\n".join(f"[{one.name or one.url}]" for one in files)
    facts = replace(facts, files=files)
    if not text:
        return facts
    if message.private:
        note = Comment(author=author, text=text, at=message.created_at)
        return replace(facts, notes=(note,))
    line = ChatLine(
        at=message.created_at,
        author_kind=author_kind,
        author=author or (facts.visitor.name if author_kind is AuthorKind.VISITOR else None),
        text=text,
        id=message.id,
    )
    writer = _agent(message.sender, None) if author_kind is AuthorKind.AGENT else None
    return replace(facts, transcript=(line,), agents=_with_writer(writer, facts.agents))


def _rated(message: Message) -> ChatFacts | None:
    attributes = message.content_attributes or MessageAttributes()
    answer = (attributes.submitted_values or Answered()).csat_survey_response or Rating()
    said = ": ".join(part for part in (answer.rating, answer.feedback_message) if part)
    if not said:
        return None
    return replace(_known(message.conversation, _account_of_message(message)), rating=said)


def _author_kind(message: Message) -> AuthorKind:
    """What goes out in nobody's name was sent by a rule, as Chatwoot's own pages show it."""
    match _KINDS.get(message.message_type or "", message.message_type):
        case "incoming":
            return AuthorKind.VISITOR
        case "outgoing" if message.sender is not None and not _is_bot(message.sender, None):
            return AuthorKind.AGENT
        case "outgoing" | "template":
            return AuthorKind.BOT
        case _:
            return AuthorKind.SYSTEM


def _is_bot(person: Person, declared: str | None) -> bool:
    return bool({(person.type or "").casefold(), (declared or "").casefold()} & _BOTS)


def _agent(person: Person | None, declared: str | None) -> Agent | None:
    if person is None or _is_bot(person, declared):
        return None
    name = person.name or person.available_name
    if not (person.id or person.email or name):
        return None
    return Agent(id=person.id, email=person.email, name=name)


def _with_writer(writer: Agent | None, assigned: tuple[Agent, ...]) -> tuple[Agent, ...]:
    """Whoever wrote, and last whoever has the conversation; a writer's own e-mail is known."""
    if writer is None or writer in assigned:
        return assigned
    return (writer, *(agent for agent in assigned if agent.id is None or agent.id != writer.id))


def _visitor(contact: Person) -> Visitor:
    employment = contact.additional_attributes or Employment()
    return Visitor(
        id=contact.id,
        name=contact.name,
        email=contact.email,
        phone=contact.phone_number,
        company=employment.company_name,
    )


def _channel(name: str | None) -> str | None:
    if name is None:
        return None
    bare = name.removeprefix("Channel::")
    return _CHANNELS.get(bare) or _HUMPS.sub("_", bare).lower()


def _account_of(conversation: Conversation) -> str | None:
    return next((one.account_id for one in conversation.messages if one.account_id), None)


def _account_of_message(message: Message) -> str | None:
    return (message.account or Account()).id or _account_of(message.conversation)


def _file(attachment: Attachment) -> ChatFile:
    url = attachment.data_url or ""
    return ChatFile(url=url, name=_file_name(url), size_bytes=attachment.file_size)


def _file_name(url: str) -> str | None:
    """The last part of the address, which is the file's own name."""
    try:
        name = unquote(urlsplit(url).path).rpartition("/")[2]
    except ValueError:
        return None
    return name.strip()[:255] or None


def _not_after(received_at: datetime, told: datetime | None) -> datetime:
    """When it happened; a sender's clock that is ahead of ours is set back."""
    return min(told or received_at, received_at)

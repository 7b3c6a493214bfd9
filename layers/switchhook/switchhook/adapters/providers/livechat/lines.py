"""Who takes part in a LiveChat thread and what was said in it, from its users and events."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import BeforeValidator

from switchhook.adapters.providers.chat_shapes import (
    ByLabel,
    Line,
    Link,
    Many,
    Maybe,
    Size,
    Text,
    When,
)
from switchhook.adapters.providers.shapes import Shape
from switchhook.domain.facts.chat import AuthorKind, ChatFacts, ChatFile, ChatLine, Visitor
from switchhook.domain.facts.people import Agent, Comment

_BOT_ID = re.compile(r"[0-9a-f]{32}")
_ABOUT_VISITOR = frozenset({"name", "email", "phone", "phone_number"})
_ONLY_AGENTS = "agents"


class _Page(Shape):
    url: Link = None


class _Visit(Shape):
    last_pages: Many[_Page] = ()


class User(Shape):
    """A customer, an agent or a bot."""

    id: Line = None
    type: Line = None
    name: Line = None
    email: Line = None
    phone_number: Line = None
    last_visit: Maybe[_Visit] = None
    session_fields: Many[ByLabel] = ()


class _Choice(Shape):
    label: Line = None


def _chosen(value: object) -> object:
    """The label of what was chosen, or what was written."""
    return value.get("label") if isinstance(value, Mapping) else value


class _Field(Shape):
    """One field of a form; `value` is what `answer` and `answers` were before version 3.3."""

    type: Line = None
    label: Line = None
    value: Line = None
    answer: Annotated[Line, BeforeValidator(_chosen)] = None
    answers: Many[_Choice] = ()


class _Element(Shape):
    title: Line = None
    subtitle: Line = None


class ThreadEvent(Shape):
    """One thing said in a thread; `visibility` was `recipients` before version 3.4."""

    type: Line = None
    id: Line = None
    created_at: When = None
    author_id: Line = None
    visibility: Line = None
    recipients: Line = None
    text: Text = None
    name: Line = None
    url: Link = None
    content_type: Line = None
    size: Size = None
    fields: Many[_Field] = ()
    elements: Many[_Element] = ()


def facts_of(users: Sequence[User], events: Sequence[ThreadEvent]) -> ChatFacts:
    """What users and events state together; a name that the visitor wrote into a form comes first."""
    customers = [user for user in users if user.type == "customer"]
    customer = customers[0] if customers else User()
    filled = [field for event in events if event.type == "filled_form" for field in event.fields]
    about = {_about(field): _answer(field) for field in filled if _answer(field)}
    open_to_all = [event for event in events if not _is_private(event)]
    return ChatFacts(
        visitor=Visitor(
            id=customer.id,
            name=about.get("name") or customer.name,
            email=about.get("email") or customer.email,
            phone=about.get("phone") or customer.phone_number,
        ),
        agents=_agents(users),
        transcript=tuple(_lines(open_to_all, users)),
        notes=tuple(_notes(event for event in events if _is_private(event))),
        files=tuple(
            ChatFile(
                url=event.url,
                name=event.name,
                content_type=event.content_type,
                size_bytes=event.size,
            )
            for event in open_to_all
            if event.type == "file" and event.url
        ),
        custom_fields=_custom(filled),
        custom_variables={
            label: value for fields in customer.session_fields for label, value in fields.items()
        },
    )


def last_page(users: Sequence[User]) -> str | None:
    """The page that the customer looked at last."""
    visits = (user.last_visit for user in users if user.type == "customer")
    pages = [page.url for visit in visits if visit for page in visit.last_pages if page.url]
    return pages[-1] if pages else None


def _agents(users: Sequence[User]) -> tuple[Agent, ...]:
    """People only: an agent's id is the e-mail address, a bot's is none."""
    people = [user for user in users if user.type == "agent" and "@" in (user.id or "")]
    return tuple(Agent(id=user.id, email=user.email or user.id, name=user.name) for user in people)


def _lines(events: Iterable[ThreadEvent], users: Sequence[User]) -> Iterable[ChatLine]:
    names = {user.id: user for user in users}
    for event in events:
        text = _text(event)
        if text is None:
            continue
        author = names.get(event.author_id)
        kind = _author_kind(event, author)
        shown = author.name if author else None
        if shown is None and kind is AuthorKind.AGENT:
            shown = event.author_id
        yield ChatLine(at=event.created_at, author_kind=kind, author=shown, text=text, id=event.id)


def _text(event: ThreadEvent) -> str | None:
    """What a reader would see of it; a form's answers stand in the custom fields."""
    if event.type in ("message", "system_message"):
        return event.text
    if event.type == "file":
        return event.name or event.url
    if event.type == "rich_message":
        said = (part for one in event.elements for part in (one.title, one.subtitle) if part)
        return "\n".join(said) or None
    return None


def _author_kind(event: ThreadEvent, author: User | None) -> AuthorKind:
    author_id = event.author_id or ""
    if event.type == "system_message" or not author_id:
        return AuthorKind.SYSTEM
    if "@" in author_id:
        return AuthorKind.AGENT
    is_agent = author is not None and author.type == "agent"
    return AuthorKind.BOT if is_agent or _BOT_ID.fullmatch(author_id) else AuthorKind.VISITOR


def _is_private(event: ThreadEvent) -> bool:
    return _ONLY_AGENTS in (event.visibility, event.recipients)


def _notes(events: Iterable[ThreadEvent]) -> Iterable[Comment]:
    """What agents wrote for each other; the system's remarks to them are none."""
    for event in events:
        text = _text(event)
        if text is None or event.type == "system_message":
            continue
        link = f" ({event.url})" if event.type == "file" and event.name and event.url else ""
        yield Comment(author=event.author_id, text=text + link, at=event.created_at)


def _about(field: _Field) -> str:
    """`name`, `email`, `phone` or nothing of these; a phone number's field may only be named so."""
    kind = (field.type or "").casefold()
    label = (field.label or "").casefold()
    if kind in _ABOUT_VISITOR:
        return "phone" if kind == "phone_number" else kind
    return "phone" if "phone" in label or "telefon" in label else ""


def _answer(field: _Field) -> str | None:
    several = ", ".join(choice.label for choice in field.answers if choice.label)
    return field.value or field.answer or several or None


def _custom(filled: Sequence[_Field]) -> Mapping[str, str]:
    return {
        field.label.rstrip(": "): answer
        for field in filled
        if field.label and not _about(field) and (answer := _answer(field))
    }

"""Who took part in an Intercom conversation: the visitor, and the agents with the assigned one last."""

from collections.abc import Iterable, Sequence

from switchhook.adapters.providers.intercom.bodies import (
    Contacts,
    Conversation,
    Opening,
    Part,
    Parts,
    Person,
    Teammates,
)
from switchhook.domain.facts.chat import AuthorKind, Visitor
from switchhook.domain.facts.people import Agent

_KINDS = {
    "admin": AuthorKind.AGENT,
    "user": AuthorKind.VISITOR,
    "lead": AuthorKind.VISITOR,
    "contact": AuthorKind.VISITOR,
    "visitor": AuthorKind.VISITOR,
    "bot": AuthorKind.BOT,
    "operator": AuthorKind.BOT,
}
_NOBODY = frozenset({None, "0"})


def kind_of(person: Person | None) -> AuthorKind:
    """On which side of the conversation somebody stands; an AI agent is a bot, whatever its type."""
    if person is None:
        return AuthorKind.SYSTEM
    if person.from_ai_agent:
        return AuthorKind.BOT
    return _KINDS.get((person.type or "").casefold(), AuthorKind.SYSTEM)


def visitor_of(told: Conversation, opening: Opening, parts: Sequence[Part]) -> Visitor:
    """The first contact, with what its own messages say of it."""
    contacts = (told.contacts or Contacts()).contacts
    authors = (opening.author, *(part.author for part in parts))
    wrote = [one for one in authors if one and kind_of(one) is AuthorKind.VISITOR]
    people = [one for one in (told.user, *contacts, *wrote) if one is not None]
    id_ = next((one.id for one in people if one.id), None)
    same = [one for one in people if one.id in (None, id_)]
    return Visitor(
        id=id_,
        name=next((one.name for one in same if one.name), None),
        email=next((one.email for one in same if one.email), None),
        phone=next((one.phone for one in same if one.phone), None),
    )


def agents_of(
    told: Conversation, writers: Sequence[Person], closer: Person | None
) -> tuple[Agent, ...]:
    """Whoever wrote to the visitor, and last the assigned admin, else the one who closed.

    The closing admin may be another than the assigned one and is then not named.
    """
    last = _assigned(told) or closer
    named = [one for one in (*writers, last) if one and kind_of(one) is AuthorKind.AGENT]
    known = [*named, *_teammates(told)]
    in_order: dict[str | None, Agent] = {}
    for one in named:
        key = one.id or one.email or one.name
        if key is not None:
            in_order.pop(key, None)
            in_order[key] = _agent(one, known)
    return tuple(in_order.values())


def _assigned(told: Conversation) -> Person | None:
    """Teams and bots can have a conversation too; they are no agents."""
    if told.assignee is not None:
        is_agent = kind_of(told.assignee) is AuthorKind.AGENT
        return told.assignee if is_agent and told.assignee.id not in _NOBODY else None
    if told.admin_assignee_id in _NOBODY or told.admin_assignee_id in _bots(told):
        return None
    return Person(type="admin", id=told.admin_assignee_id)


def _bots(told: Conversation) -> set[str | None]:
    authors = (part.author for part in (told.conversation_parts or Parts()).conversation_parts)
    return {one.id for one in authors if one is not None and kind_of(one) is AuthorKind.BOT}


def _teammates(told: Conversation) -> Sequence[Person]:
    listed = told.teammates or Teammates()
    return (*listed.teammates, *listed.admins)


def _agent(person: Person, known: Iterable[Person]) -> Agent:
    """The agent as the assignment names it, with what else is told of the same id."""
    same = [person, *(one for one in known if one.id is not None and one.id == person.id)]
    return Agent(
        id=person.id,
        email=next((one.email for one in same if one.email), None),
        name=next((one.name for one in same if one.name), None),
    )

"""Gathers what a chat says under the names that the field mapping knows (CX-36 to CX-55)."""

from collections.abc import Iterable, Mapping

from switchhook.domain.agent import Agent
from switchhook.domain.chat import ChatFacts
from switchhook.domain.chat_text import note_text, time_text, values_of, wrap_up_text
from switchhook.domain.field_facts import Fields

_EMAIL_CHANNELS = frozenset({"email", "e-mail", "mail"})


def chat_values(
    chat: ChatFacts,
    *,
    external_id: str,
    phone: str,
    agent: Agent | None,
    subject: str,
    description: str,
    case_fields: Fields | None,
) -> dict[str, str]:
    """Gives every source's value, empty where the chat has none.

    `subject` and `description` are the composed ones; `case_fields` tells which origins the org has.
    """
    visitor, wrap_up = chat.visitor, chat.wrap_up
    stated = {
        "visitor.id": visitor.id,
        "visitor.name": visitor.name,
        "visitor.email": visitor.email,
        "visitor.phone": phone,
        "visitor.company": visitor.company,
        "agent.name": agent.name if agent else None,
        "agent.email": agent.email if agent else None,
        "channel": chat.channel,
        "source_tenant_id": chat.source_tenant_id,
        "chat_id": external_id,
        "topic": chat.subject,
        "started_at": time_text(chat.started_at),
        "ended_at": time_text(chat.ended_at),
        "page_url": chat.page_url,
        "note": note_text(chat),
        "wrap_up": wrap_up_text(wrap_up),
        "wrap_up.category": wrap_up.category if wrap_up else None,
        "wrap_up.comment": wrap_up.comment if wrap_up else None,
        "rating": chat.rating,
        "tags": ", ".join(chat.tags),
        "subject": subject,
        "description": description,
        "origin": case_origin(chat.channel, case_fields),
    }
    return {**values_of(chat), **{name: text or "" for name, text in stated.items()}}


def case_origin(channel: str | None, case_fields: Fields | None) -> str:
    """Gives the channel as an origin of Cases that the org has; empty where it has none that fits.

    Chat and Web for what is written live, Email and Web for mail; a channel that the org lists by its
    own name comes first. Where the list is not known it is Web, which every org begins with.
    """
    is_mail = (channel or "").strip().casefold() in _EMAIL_CHANNELS
    usual = ("Email", "Web") if is_mail else ("Chat", "Web")
    origin = (case_fields or {}).get("Origin")
    if origin is None or not origin.values:
        return usual[0] if is_mail else "Web"
    return _first_known((channel or "", *usual), origin.values)


def _first_known(wanted: Iterable[str], values: Iterable[str]) -> str:
    known: Mapping[str, str] = {value.casefold(): value for value in values}
    return next((known[one.casefold()] for one in wanted if one.casefold() in known), "")

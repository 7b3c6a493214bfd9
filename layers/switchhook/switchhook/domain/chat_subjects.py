"""Writes the subject of a chat's Task or Case from the tenant's template (CX-42, CX-43, CX-46, CX-47)."""

import re
from collections.abc import Mapping

from switchhook.domain.agent import Agent
from switchhook.domain.chat import ChatFacts
from switchhook.domain.plain_text import cut
from switchhook.domain.safe_text import safe_line
from switchhook.domain.settings import Language, Settings
from switchhook.domain.subjects import SUBJECT_LIMIT, written
from switchhook.domain.zones import local_time

_UNCUT = frozenset({"channel", "tenant", "date"})
_UNCUT_LIMIT = 60
_DAYS: Mapping[Language, str] = {Language.EN: "%Y-%m-%d", Language.DE: "%d.%m.%Y"}
_UNNAMED: Mapping[Language, str] = {
    Language.EN: "Unknown visitor",
    Language.DE: "unbekanntem Besucher",
}


def chat_subject(chat: ChatFacts, *, phone: str, agent: Agent | None, settings: Settings) -> str:
    """Writes the subject, of at most 255 characters: name and e-mail give way before all else.

    `phone` is the visitor's number as it is shown; `agent` is completed from the people list. Where a
    value is missing, the brackets around its placeholder go as well.
    """
    values = _values(chat, phone, agent, settings)
    template: str = getattr(settings.templates.chat_subject, settings.language)
    if "{who}" in template and values["who"] == values["email"]:
        values = {**values, "email": ""}
    return written(_without_empty(template, values), values, uncut=_UNCUT)


def _without_empty(template: str, values: Mapping[str, str]) -> str:
    """Takes brackets that would hold nothing out of a template."""
    empty = "|".join(name for name, text in values.items() if not text)
    if not empty:
        return template
    return re.sub(rf"\s?(?:\(\{{(?:{empty})\}}\)|\[\{{(?:{empty})\}}\])", "", template)


def _values(chat: ChatFacts, phone: str, agent: Agent | None, settings: Settings) -> dict[str, str]:
    visitor = chat.visitor
    texts = {
        "name": visitor.name,
        "email": visitor.email,
        "phone": phone,
        "company": visitor.company,
        "agent": (agent.name or agent.email) if agent else None,
        "channel": chat.channel,
        "tenant": chat.source_tenant_id,
        "topic": chat.subject,
        "date": _day(chat, settings),
    }
    values = {name: safe_line(text, limit=SUBJECT_LIMIT) for name, text in texts.items()}
    values |= {name: cut(values[name], _UNCUT_LIMIT) for name in _UNCUT}
    who = values["name"] or values["email"] or values["phone"]
    return {"who": who or _UNNAMED[settings.language], **values}


def _day(chat: ChatFacts, settings: Settings) -> str:
    began = chat.started_at or chat.ended_at
    if began is None:
        return ""
    return local_time(began, settings.time_zone).strftime(_DAYS[settings.language])

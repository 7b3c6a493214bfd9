"""Writes what a chat's Task or Case says: the labelled description, with the transcript at its end.

Labels and their order are part of the public contract; times are UTC. Whatever comes from outside is
cleaned: it is no HTML, holds no invisible character, and no line of it can pose as a label.

Writes the subject of a chat's Task or Case from the tenant's template (CX-42, CX-43, CX-46, CX-47).

Gathers what a chat says under the names that the field mapping knows (CX-36 to CX-55).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from switchhook.domain.calls.text import SUBJECT_LIMIT, written
from switchhook.domain.chats.screening import address
from switchhook.domain.facts.chat import AuthorKind, ChatFacts, ChatLine, WrapUp
from switchhook.domain.facts.fields import Fields
from switchhook.domain.facts.people import Agent, Comment
from switchhook.domain.local_time import local_time
from switchhook.domain.settings.schema import Language, Settings
from switchhook.domain.text import cut, joined, labelled, safe_line, safe_lines, width

DESCRIPTION_LIMIT = 32_000
KEY_ROOM = 40
"""What a Case's description leaves free for the line of its key."""

_WORD_LIMIT = 1_000
_FILE_LIMIT = 4_000_000
_MOST_OWN_LINES = 100
_LABEL_LIMIT = 80
_INDENT = "  "
_FURTHER = "    "
_NOTE_LIMIT = 2_000
_ATTACHMENT = "Attachment"
_TRANSCRIPT = "Transcript"
_FIXED_LABELS = frozenset(
    word.casefold()
    for word in (
        *("Channel", "Tenant", "Name", "Email", "Phone", "Company", "Agents", "Started", "Ended"),
        *("Page", "Subject", "Note", "Wrap-up", "Rating", "Tags", "Chat id"),
        *(_ATTACHMENT, _TRANSCRIPT),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A description that fits, and all of it as the text of a file where it had to be cut (CX-48)."""

    description: str
    whole: str | None = None


def chat_description(
    chat: ChatFacts,
    *,
    external_id: str,
    phone: str,
    agents: Sequence[Agent],
    attachment_notes: Sequence[str] = (),
    limit: int = DESCRIPTION_LIMIT,
) -> Written:
    """Writes the labelled lines and the transcript (CX-44, CX-48 to CX-55).

    `phone` is the visitor's number in E.164 where it could be read, else as it was written; `agents`
    are completed from the people list; `attachment_notes` are the lines on files that are not copied
    (CX-56). What does not fit into `limit` is cut with a visible mark, the
    transcript first; then `whole` has everything.
    """
    own = _own_lines(chat)
    head = [
        *_first_lines(chat, phone, agents),
        *own,
        *_last_lines(external_id, attachment_notes),
    ]
    transcript = transcript_of(chat)
    whole_head = labelled(head, limit=_FILE_LIMIT)
    whole = _together(whole_head, transcript)
    if width(whole) <= limit:
        return Written(description=whole)
    shown = [*_first_lines(chat, phone, agents), *own[:_MOST_OWN_LINES]]
    shown += _last_lines(external_id, attachment_notes)[:_MOST_OWN_LINES]
    half = limit // 2 if transcript else limit
    room = max(half, limit - width(transcript) - len(_TRANSCRIPT) - 3)
    short_head = cut(labelled(shown, limit=room), room)
    return Written(description=cut(_together(short_head, transcript), limit), whole=whole)


def _together(head: str, transcript: str) -> str:
    if not transcript:
        return head
    return f"{head}\n{_TRANSCRIPT}:\n{transcript}"


def _first_lines(chat: ChatFacts, phone: str, agents: Sequence[Agent]) -> list[tuple[str, str]]:
    visitor = chat.visitor
    return [
        ("Channel", _words(chat.channel)),
        ("Tenant", _words(chat.source_tenant_id)),
        ("Name", _words(visitor.name)),
        ("Email", _words(visitor.email)),
        ("Phone", _words(phone)),
        ("Company", _words(visitor.company)),
        ("Agents", joined(map(_agent, agents), ", ", limit=DESCRIPTION_LIMIT)),
        ("Started", time_text(chat.started_at)),
        ("Ended", time_text(chat.ended_at)),
        ("Page", _words(chat.page_url)),
        ("Subject", _words(chat.subject)),
        ("Note", note_text(chat)),
        ("Wrap-up", wrap_up_text(chat.wrap_up)),
        ("Rating", _words(chat.rating)),
        ("Tags", joined(map(_words, chat.tags), ", ", limit=DESCRIPTION_LIMIT)),
    ]


def _own_lines(chat: ChatFacts) -> list[tuple[str, str]]:
    """One line per custom field and variable (CX-54); a label of ours is marked as theirs."""
    stated = (*chat.custom_fields.items(), *chat.custom_variables.items())
    return [(_own_label(label), _text(value)) for label, value in stated]


def _own_label(label: str) -> str:
    word = cut(safe_line(label, limit=_LABEL_LIMIT).replace(":", ""), _LABEL_LIMIT).strip()
    if not word or word.casefold() in _FIXED_LABELS:
        return f"{word} (custom)".strip()
    return word


def _last_lines(external_id: str, attachment_notes: Iterable[str]) -> list[tuple[str, str]]:
    notes = [one.removeprefix(f"{_ATTACHMENT}: ") for one in attachment_notes]
    cleaned = [(_ATTACHMENT, cut(safe_line(one, limit=_NOTE_LIMIT), _NOTE_LIMIT)) for one in notes]
    return [("Chat id", _words(external_id)), *cleaned]


def note_text(chat: ChatFacts) -> str:
    """Writes the agents' private notes (CX-50)."""
    return joined(map(_note, chat.notes), f"\n{_INDENT}", limit=_FILE_LIMIT)


def _note(note: Comment) -> str:
    text = _text(note.text)
    said = joined((_words(note.author), _in_round(time_text(note.at))), " ", limit=_WORD_LIMIT)
    return f"{said}: {text}" if said and text else text


def _in_round(text: str) -> str:
    return f"({text})" if text else ""


def wrap_up_text(wrap_up: WrapUp | None) -> str:
    """Writes what the agent noted at the end: category, comment, and fields by label (CX-51)."""
    if wrap_up is None:
        return ""
    pairs = (f"{_words(label)}: {_text(text)}" for label, text in wrap_up.fields.items() if text)
    return joined(
        (_text(wrap_up.category), _text(wrap_up.comment), *pairs), "; ", limit=_FILE_LIMIT
    )


def transcript_of(chat: ChatFacts) -> str:
    """Writes what visitor and agents could read (CX-48), each line indented; empty without any.

    A whole text by the provider comes first, then the lines that are later than it.
    """
    parts = [f"{_INDENT}{line}" for line in _text_lines(chat.transcript_text)]
    parts += [_said(line, chat) for line in chat.transcript if line.text.strip()]
    return "\n".join(parts)


def _text_lines(text: str | None) -> Iterator[str]:
    whole = safe_lines(text, limit=_FILE_LIMIT, indent="")
    return (line.rstrip() for line in whole.split("\n") if line.strip())


def _said(line: ChatLine, chat: ChatFacts) -> str:
    """Writes one line with its author; a visitor of whom the line says nothing has the chat's name."""
    stated = line.author
    if stated is None and line.author_kind is AuthorKind.VISITOR:
        stated = chat.visitor.name
    at, author = time_text(line.at), _words(stated)
    kind = line.author_kind.value
    who = f"{author} ({kind})" if author and author.casefold() != kind else author or kind
    text = safe_lines(line.text, limit=_FILE_LIMIT, indent=_FURTHER)
    return f"{_INDENT}{at} {who}: {text}" if at else f"{_INDENT}{who}: {text}"


def _agent(agent: Agent) -> str:
    name, email = _words(agent.name), _words(agent.email)
    if name and email:
        return f"{name} <{email}>" if address(email) else f"{name} ({email})"
    return name or email or _words(agent.extension) or _words(agent.id)


def time_text(at: datetime | None) -> str:
    """Writes a time as UTC in ISO 8601; nothing for none."""
    if at is None:
        return ""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _words(text: str | None) -> str:
    return cut(safe_line(text, limit=_WORD_LIMIT), _WORD_LIMIT) if text else ""


def _text(text: str | None) -> str:
    return safe_lines(text, limit=_FILE_LIMIT, indent=_FURTHER) if text else ""


def values_of(chat: ChatFacts) -> Mapping[str, str]:
    """Gives the tenant's own fields by source name, for the mapping (CX-54)."""
    wrap_up = chat.wrap_up.fields if chat.wrap_up else {}
    return {
        **{f"custom_fields.{label}": text for label, text in chat.custom_fields.items()},
        **{f"custom_variables.{label}": text for label, text in chat.custom_variables.items()},
        **{f"wrap_up.fields.{label}": text for label, text in wrap_up.items()},
    }


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

"""Writes what a chat's Task or Case says: the labelled description, with the transcript at its end.

Labels and their order are part of the public contract; times are UTC. Whatever comes from outside is
cleaned: it is no HTML, holds no invisible character, and no line of it can pose as a label.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from switchhook.domain.agent import Agent, Comment
from switchhook.domain.chat import AuthorKind, ChatFacts, ChatLine, WrapUp
from switchhook.domain.chat_parties import address
from switchhook.domain.plain_text import cut, joined, labelled, width
from switchhook.domain.safe_text import safe_line, safe_lines

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


def keyed(description: str, key: str) -> str:
    """Adds a Case's key as the last line of its description (SH-7); `KEY_ROOM` is left for it."""
    return f"{description}\n{key}" if description else key


def key_in(description: str | None, keys: Iterable[str]) -> str | None:
    """Gives the key that a description ends with, of those looked for; a visitor cannot write it.

    The whole last line is compared, and lines from outside are indented or have a label.
    """
    last = (description or "").replace("\r\n", "\n").rstrip("\n").rpartition("\n")[2]
    return next((key for key in keys if key == last), None)


def values_of(chat: ChatFacts) -> Mapping[str, str]:
    """Gives the tenant's own fields by source name, for the mapping (CX-54)."""
    wrap_up = chat.wrap_up.fields if chat.wrap_up else {}
    return {
        **{f"custom_fields.{label}": text for label, text in chat.custom_fields.items()},
        **{f"custom_variables.{label}": text for label, text in chat.custom_variables.items()},
        **{f"wrap_up.fields.{label}": text for label, text in wrap_up.items()},
    }

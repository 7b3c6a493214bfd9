"""How much of a chat one event may tell, however much a sender wrote: bounded lists, in their order."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from switchhook.domain.agent import Agent, Comment
from switchhook.domain.chat import ChatFacts, ChatFile, ChatLine, WrapUp

MOST_TRANSCRIPT_CHARS = 1_100_000
"""How much text of a transcript one event may hold: a webhook's whole body of 1 MiB has no more."""

MOST_FIELD_CHARS = 60_000
"""How much text the notes, the files' addresses, and all custom fields together may hold."""

MOST_AGENT_CHARS = 20_000
MOST_LINES = 20_000


class _Room:
    """Counts down how much text may still be kept."""

    def __init__(self, chars: int) -> None:
        self.left = chars

    def take(self, *texts: str | None) -> bool:
        """Take room for the texts; once they do not fit, nothing behind them does."""
        needed = 1 + sum(len(text) for text in texts if text)
        self.left = self.left - needed if needed <= self.left else 0
        return self.left > 0


def bounded_chat(chat: ChatFacts) -> ChatFacts:
    """The chat with texts and lists short enough to be stored, in any case whole as long as people write.

    A line or note that reaches the end of its room is cut; what is behind it is left out.
    """
    transcript, fields = _Room(MOST_TRANSCRIPT_CHARS), _Room(MOST_FIELD_CHARS)
    text = None
    if chat.transcript_text is not None:
        text = chat.transcript_text[: transcript.left]
        transcript.take(text)
    return replace(
        chat,
        transcript_text=text,
        transcript=_lines(chat.transcript[:MOST_LINES], transcript),
        notes=_notes(chat.notes),
        agents=_kept(chat.agents, _agent_texts, _Room(MOST_AGENT_CHARS)),
        files=_kept(chat.files, _file_texts, _Room(MOST_FIELD_CHARS)),
        tags=_kept(chat.tags, lambda tag: (tag,), fields),
        wrap_up=_wrap_up(chat.wrap_up, fields),
        custom_fields=_labelled(chat.custom_fields, fields),
        custom_variables=_labelled(chat.custom_variables, fields),
    )


def _lines(lines: Iterable[ChatLine], room: _Room) -> tuple[ChatLine, ...]:
    kept = []
    for line in lines:
        left = room.left - 1 - len(line.author or "") - len(line.id or "")
        if left <= 0:
            break
        kept.append(line if len(line.text) <= left else replace(line, text=line.text[:left]))
        room.take(line.text, line.author, line.id)
    return tuple(kept)


def _notes(notes: Iterable[Comment]) -> tuple[Comment, ...]:
    room, kept = _Room(MOST_FIELD_CHARS), []
    for note in notes:
        left = room.left - 1 - len(note.author or "")
        if left <= 0:
            break
        kept.append(note if len(note.text) <= left else replace(note, text=note.text[:left]))
        room.take(note.text, note.author)
    return tuple(kept)


def _kept[T](
    items: Iterable[T], texts: Callable[[T], tuple[str | None, ...]], room: _Room
) -> tuple[T, ...]:
    kept = []
    for item in items:
        if not room.take(*texts(item)):
            break
        kept.append(item)
    return tuple(kept)


def _agent_texts(agent: Agent) -> tuple[str | None, ...]:
    return agent.id, agent.email, agent.name, agent.extension


def _file_texts(file: ChatFile) -> tuple[str | None, ...]:
    return file.url, file.name, file.content_type


def _wrap_up(wrap_up: WrapUp | None, room: _Room) -> WrapUp | None:
    if wrap_up is None:
        return None
    return replace(wrap_up, fields=_labelled(wrap_up.fields, room))


def _labelled(fields: Mapping[str, str], room: _Room) -> Mapping[str, str]:
    return dict(_kept(fields.items(), lambda pair: pair, room))

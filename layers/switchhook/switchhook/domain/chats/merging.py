"""Makes one set of facts of everything that was told of a chat, in whatever order it was told.

Conversations come line by line from some providers and as one text from others; both end up as one
transcript.

Gathers the lines of a transcript from the events that told them, each line once and in order.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime

from switchhook.domain.facts.chat import AuthorKind, ChatFacts, ChatFile, ChatLine, Visitor, WrapUp
from switchhook.domain.facts.event import Event
from switchhook.domain.facts.people import Agent, Comment

type _Key = tuple[object, ...]


def gathered_lines(ordered: Sequence[Event]) -> tuple[ChatLine, ...]:
    """The lines of all events, in the order of their times, then of their arrival.

    `ordered` are the chat's events, each once, the latest last. A line is known again by the
    provider's id, whose newest text holds; without an id by its time, author and text. Of lines
    without either an event's own repetitions are kept ("ok", "ok"), those of another event are the
    same lines told again.
    """
    found: dict[_Key, tuple[datetime, ChatLine]] = {}
    said: set[_Key] = set()
    for event in ordered:
        for key, at, line in _keyed(event):
            place = found.get(key)
            if place is not None and line.at is None:
                line = replace(line, at=place[1].at)  # noqa: PLW2901 - the time that was told before
            found[key] = (at if place is None else place[0], line)
            if line.id and line.at is not None:
                said.add((line.at, line.author, line.text))
    kept = (
        (at, line)
        for key, (at, line) in found.items()
        if line.id or line.at is None or key[:3] not in said
    )
    return tuple(line for _, line in sorted(kept, key=lambda pair: pair[0]))


def lines_after(lines: Sequence[ChatLine], at: datetime) -> tuple[ChatLine, ...]:
    """The lines that are surely later than a time."""
    return tuple(line for line in lines if line.at is not None and line.at > at)


def _keyed(event: Event) -> Iterator[tuple[_Key, datetime, ChatLine]]:
    """Each line with what it is known by and the time it stands at: its own, else the one before's."""
    repeated: Counter[_Key] = Counter()
    at: datetime | None = None
    for line in event.chat.transcript:
        at = line.at or at
        stands = at or event.occurred_at
        if line.id:
            yield ("id", line.id), stands, line
            continue
        key = (line.at, line.author, line.text)
        repeated[key] += line.at is None
        yield (*key, repeated[key]), stands, line


_LATEST = ("channel", "source_tenant_id", "subject", "started_at", "ended_at", "rating", "page_url")


def merge_chat(events: Sequence[Event]) -> ChatFacts:
    """All facts of one chat: the same answer for any order and any repetition of its events.

    Of single facts (the visitor's and the wrap-up's one by one, custom fields by label) the latest
    statement holds. Lines, notes, tags and files are gathered. A whole text of the transcript stands
    for all lines up to its time, and only later ones are kept beside it. Agents stand in the order of
    their first appearance, except that the one whom the latest event names last stands last, for that
    is the owner's agent (CX-59); bots are left out.
    """
    ordered = _in_order(events)
    told = [event.chat for event in ordered]
    latest = {name: _latest(getattr(chat, name) for chat in told) for name in _LATEST}
    text, text_at = _whole_text(ordered)
    lines = gathered_lines(ordered)
    return ChatFacts(
        **latest,  # type: ignore[arg-type] # each of its own field's type
        visitor=_laid_over(Visitor(), [chat.visitor for chat in told]),
        agents=_without_bots(_agents(told), lines),
        transcript=lines if text_at is None else lines_after(lines, text_at),
        transcript_text=text,
        notes=_notes(ordered),
        wrap_up=_wrap_up(told),
        tags=_tags(ordered),
        custom_fields=_by_label(chat.custom_fields for chat in told),
        custom_variables=_by_label(chat.custom_variables for chat in told),
        files=_files(told),
    )


def _in_order(events: Sequence[Event]) -> list[Event]:
    """Each event once, the latest statement last; a better event outranks one that was held."""
    first: dict[str, Event] = {}
    for event in events:
        known = first.get(event.event_id)
        if known is None or (known != event and _copy_rank(event) < _copy_rank(known)):
            first[event.event_id] = event
    return sorted(first.values(), key=_rank)


def _rank(event: Event) -> tuple[int, datetime, bool, str]:
    return (-event.held_s, event.occurred_at, event.ended, event.event_id)


def _copy_rank(event: Event) -> tuple[object, ...]:
    """Sorts different events of one id, which no honest provider sends."""
    return (event.received_at, *_rank(event), repr(event))


def _is_stated(value: object) -> bool:
    return value is not None and not (isinstance(value, str) and not value.strip())


def _latest(values: Iterable[object]) -> object:
    held: object = None
    for value in values:
        if _is_stated(value):
            held = value
    return held


def _laid_over[T: (Visitor, WrapUp, ChatFile, Agent)](below: T, above: Iterable[T]) -> T:
    merged = below
    for one in above:
        stated = {
            spec.name: value
            for spec in fields(one)
            if _is_stated(value := getattr(one, spec.name)) and value != {}
        }
        merged = replace(merged, **stated)
    return merged


def _whole_text(ordered: Sequence[Event]) -> tuple[str | None, datetime | None]:
    """The newest whole text of the transcript, and the time until which it tells everything."""
    for event in reversed(ordered):
        if _is_stated(event.chat.transcript_text):
            return event.chat.transcript_text, event.occurred_at
    return None, None


def _agents(told: Sequence[ChatFacts]) -> list[Agent]:
    known: list[Agent] = []
    place: dict[tuple[str, str], int] = {}
    last = -1
    for chat in told:
        for agent in chat.agents:
            names = _names(agent)
            at = next((place[name] for name in names if name in place), len(known))
            if at == len(known):
                known.append(agent)
            else:
                known[at] = _laid_over(known[at], [agent])
            place.update(dict.fromkeys(names, at))
            last = at
    return known if last < 0 else [*known[:last], *known[last + 1 :], known[last]]


def _names(agent: Agent) -> list[tuple[str, str]]:
    """What an agent is told from others by: id and e-mail, and only without them the name."""
    by = {"id": agent.id, "email": agent.email}
    sure = [(kind, text.strip().casefold()) for kind, text in by.items() if text and text.strip()]
    return sure or [("name", (agent.name or agent.extension or "").strip().casefold())]


def _without_bots(agents: Iterable[Agent], lines: Iterable[ChatLine]) -> tuple[Agent, ...]:
    """Leaves out those who wrote as a bot and never as an agent, and those of whom nothing is said."""
    wrote: dict[AuthorKind, set[str]] = {kind: set() for kind in AuthorKind}
    for line in lines:
        wrote[line.author_kind].add((line.author or "").strip().casefold())
    bots = wrote[AuthorKind.BOT] - wrote[AuthorKind.AGENT] - {""}
    return tuple(
        agent
        for agent in agents
        if any((agent.id, agent.email, agent.name, agent.extension))
        and (agent.name or "").strip().casefold() not in bots
    )


def _notes(ordered: Sequence[Event]) -> tuple[Comment, ...]:
    dated: dict[Comment, datetime] = {}
    for event in ordered:
        for note in event.chat.notes:
            dated.setdefault(note, note.at or event.occurred_at)
    return tuple(sorted(dated, key=dated.__getitem__))


def _wrap_up(told: Sequence[ChatFacts]) -> WrapUp | None:
    stated = [chat.wrap_up for chat in told if chat.wrap_up is not None]
    if not stated:
        return None
    merged = _laid_over(WrapUp(), stated)
    return replace(merged, fields=_by_label(one.fields for one in stated))


def _tags(ordered: Sequence[Event]) -> tuple[str, ...]:
    tags: dict[str, None] = {}
    for event in ordered:
        if event.whole_tags:
            tags.clear()
        tags.update(dict.fromkeys(event.chat.tags))
    return tuple(tags)


def _by_label(statements: Iterable[Mapping[str, str]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for stated in statements:
        merged.update({label: text for label, text in stated.items() if text.strip()})
    return merged


def _files(told: Sequence[ChatFacts]) -> tuple[ChatFile, ...]:
    files: dict[str, ChatFile] = {}
    for chat in told:
        for file in chat.files:
            known = files.get(file.url)
            files[file.url] = file if known is None else _laid_over(known, [file])
    return tuple(files.values())


def chat_ended_at(events: Sequence[Event]) -> datetime | None:
    """The latest end that was told of a chat; its many events are not merged for that."""
    stated = [event.chat.ended_at for event in events if event.chat.ended_at is not None]
    return max(stated, default=None)


def chat_awaits_end(_: Sequence[Event]) -> bool:
    """Never: what sets a chat off may be its start, and is waited for where it has to be."""
    return False

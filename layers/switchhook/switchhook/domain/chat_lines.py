"""Gathers the lines of a transcript from the events that told them, each line once and in order."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from switchhook.domain.chat import ChatLine
from switchhook.domain.events import Event

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

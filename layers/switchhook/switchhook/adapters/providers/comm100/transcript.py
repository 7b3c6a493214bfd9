"""Comm100's transcript, one text for the whole chat, into lines.

A line is `[hh:mm:ss] Name: text` or a remark of the system; lines are parted by U+2299, in an older form
by line ends. The clock on the lines has no date and shows the site's own time zone, which is nowhere
told: it is worked out from the times of the chat, in which every line must lie.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from switchhook.domain.facts.chat import AuthorKind, ChatLine

MARK = "\u2299"

_OLD_MARK = re.compile(r"(?:\r?\n|\\n)(?=\[\d{1,2}:\d\d:\d\d\])")
_CLOCK = re.compile(r"\[(\d{1,2}):([0-5]\d):([0-5]\d)\]\s*", re.ASCII)
_AUTHOR = re.compile(r"([^:\n]{1,200}?):\s")
_JOINED = re.compile(r"(?:Agent|Operator)\s(.{1,200}?) has joined the chat", re.IGNORECASE)
_BOT = re.compile(r"\b(?:chat\s?)?bot\b", re.IGNORECASE)
_DAY_S = 86_400
_QUARTER_S = 900
_QUARTERS = range(-40, 56)  # UTC-10 to UTC+13:45: each time of day stands for one zone only
_SLACK_S = 60
_MOST_LINES = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    clock_s: int | None
    author: str | None
    text: str


def plain(text: str) -> str:
    """The transcript with its lines parted as a reader expects."""
    return (text if MARK in text else _OLD_MARK.sub("\n", text)).replace(MARK, "\n").strip()


def lines_of(
    text: str,
    *,
    started_at: datetime | None,
    ended_at: datetime | None,
    visitor: str | None,
    agents: Collection[str],
) -> tuple[ChatLine, ...]:
    """The lines with their authors and times; empty where the text should be kept instead.

    That is where the times cannot be told, and where there are more than 5,000 lines.

    `visitor` and `agents` are names. An author is the visitor by name, a bot by being called one, an
    agent by name or by having joined; whoever is left over is an agent, for visitors are named. A line
    without a clock stands at the time of the one before, the first ones at the chat's start.
    """
    parted = text.split(MARK) if MARK in text else _OLD_MARK.split(text)
    if len(parted) > _MOST_LINES or started_at is None or ended_at is None:
        return ()
    read = [_read(part.strip()) for part in parted if part.strip()]
    clocks = [line.clock_s for line in read if line.clock_s is not None]
    if not clocks:
        return ()
    shift_s = _shift_s(clocks, started_at, ended_at)
    if shift_s is None:
        return ()
    joined = {found.group(1) for line in read if (found := _JOINED.match(line.text))}
    known = {name.casefold() for name in (*agents, *joined)}
    return tuple(
        ChatLine(
            at=at,
            author_kind=_kind(line.author, visitor, known),
            author=line.author,
            text=line.text,
        )
        for line, at in _timed(read, shift_s, started_at)
    )


def _timed(
    read: Sequence[_Line], shift_s: int, started_at: datetime
) -> Iterator[tuple[_Line, datetime]]:
    at = started_at
    for line in read:
        if line.clock_s is not None:
            at = _at(line.clock_s, shift_s, started_at)
        yield line, at


def _read(part: str) -> _Line:
    clock = _CLOCK.match(part)
    if clock is None:
        return _Line(clock_s=None, author=None, text=part)
    hour, minute, second = (int(digits) for digits in clock.groups())
    rest = part[clock.end() :]
    author = _AUTHOR.match(rest)
    return _Line(
        clock_s=hour * 3_600 + minute * 60 + second,
        author=author.group(1).strip() if author else None,
        text=rest[author.end() :].strip() if author else rest,
    )


def _shift_s(clocks: list[int], started_at: datetime, ended_at: datetime) -> int | None:
    """How far the lines' clock is ahead of UTC, if only one quarter hour of a day's zones fits."""
    length_s = (ended_at - started_at).total_seconds()
    shifts = (quarter * _QUARTER_S for quarter in _QUARTERS)
    fitting = [shift for shift in shifts if _fits(clocks, shift, started_at, length_s)]
    return fitting[0] if len(fitting) == 1 else None


def _fits(clocks: list[int], shift_s: int, started_at: datetime, length_s: float) -> bool:
    passed = [_passed_s(clock, shift_s, started_at) for clock in clocks]
    in_order = all(now >= before - 1 for before, now in pairwise(passed))
    return in_order and passed[-1] <= length_s + _SLACK_S


def _passed_s(clock_s: int, shift_s: int, started_at: datetime) -> int:
    """Seconds from the start to a clock's next showing of a time; slightly before it is negative."""
    start_s = started_at.hour * 3_600 + started_at.minute * 60 + started_at.second
    return (clock_s - shift_s - start_s + _SLACK_S) % _DAY_S - _SLACK_S


def _at(clock_s: int, shift_s: int, started_at: datetime) -> datetime:
    passed = timedelta(seconds=_passed_s(clock_s, shift_s, started_at))
    return started_at.replace(microsecond=0) + passed


def _kind(author: str | None, visitor: str | None, agents: Collection[str]) -> AuthorKind:
    if author is None:
        return AuthorKind.SYSTEM
    name = author.casefold()
    if name in agents:
        return AuthorKind.AGENT
    if name == (visitor or "visitor").casefold() or name == "visitor":
        return AuthorKind.VISITOR
    if name == "system":
        return AuthorKind.SYSTEM
    return AuthorKind.BOT if _BOT.search(author) else AuthorKind.AGENT

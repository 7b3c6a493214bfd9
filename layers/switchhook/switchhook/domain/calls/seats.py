"""Chooses for whom a call is logged, where more took part than one request and one commit have room for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched

from switchhook.domain.decision import Reason
from switchhook.domain.rules import Rule

MOST_PEOPLE = 24
"""For how many people a call is logged: one commit of the ledger takes 100 changes (docs/adr/0020)."""

MOST_CREATED = 24
"""How many people and Cases one request to Salesforce creates; the Tasks go in one collection beside."""

_NAMED_AT_ONCE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish[T]:
    """Somebody whom a call may be logged for: what the Task is planned from, and what it creates beside."""

    of: T
    parties: tuple[str, ...]
    creates: int = 0


def seated[T](wishes: Sequence[Wish[T]], taken: frozenset[str]) -> tuple[Wish[T], ...]:
    """The wishes that there is room for, in their order.

    `taken` are the parties who have a slot already: they keep it, whoever else is told of later.
    """
    room = MOST_CREATED
    kept: set[tuple[str, ...]] = set()
    for wish in sorted(wishes, key=lambda wish: taken.isdisjoint(wish.parties)):
        has_slot = not taken.isdisjoint(wish.parties)
        if has_slot or (len(kept) < MOST_PEOPLE and wish.creates <= room):
            kept.add(wish.parties)
            room -= wish.creates
    return tuple(wish for wish in wishes if wish.parties in kept)


def left_standing[T](wishes: Sequence[Wish[T]], kept: Sequence[Wish[T]]) -> Iterator[Reason]:
    """Names everybody who gets no Task for want of room, a few to a sentence, for a reason is short."""
    with_seat = {wish.parties for wish in kept}
    without = (wish.parties[0] for wish in wishes if wish.parties not in with_seat)
    for group in batched(without, _NAMED_AT_ONCE, strict=False):
        named = ", ".join(group)
        text = f"More took part than a call is logged for; there is no Task for {named}."
        yield Reason(rule=Rule.PC_17, text=text)

"""The one builder of worlds: bags made of ports, whatever stands behind them."""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from switchhook.domain.timing import Timing
from switchhook.usecases.org.grants import Grants
from switchhook.usecases.record.world import (
    Attaching,
    Books,
    Deciding,
    Files,
    Intake,
    Matching,
    Moving,
    Opening,
    OrgView,
    Run,
    Sessions,
    World,
    Writing,
)

_BAGS = (
    Attaching,
    Books,
    Deciding,
    Files,
    Grants,
    Intake,
    Matching,
    Moving,
    Opening,
    OrgView,
    Run,
    Sessions,
    Writing,
)


def world_of(*, clock: Any, timing: Timing, holder: str, grants: Any, **ports: Any) -> World:
    """A world of ports by the names of the bags' fields; `entries` is the ledger."""
    run = Run(clock=clock, timing=timing, holder=holder)
    ports = {**ports, "entries": ports["ledger"], "run": run, "grants": grants}

    def bag(kind: Any, **others: Any) -> Any:
        names = {field.name for field in fields(kind)} & ports.keys()
        return kind(**{name: ports[name] for name in names}, **others)

    books, opening, sessions = bag(Books), bag(Opening), bag(Sessions)
    return World(
        intake=bag(Intake, opening=opening),
        deciding=bag(Deciding, opening=opening, org=bag(OrgView), sessions=sessions),
        writing=bag(Writing, books=books, sessions=sessions),
        moving=bag(Moving, matching=bag(Matching, opening=opening)),
        attaching=bag(Attaching, files=bag(Files), books=books, sessions=sessions),
    )


def with_ports(world: Any, **ports: Any) -> Any:
    """The same world with other ports, wherever a bag has them; `ledger` stands for `entries` too."""
    if "ledger" in ports:
        ports["entries"] = ports["ledger"]
    changed: dict[str, Any] = {}
    for name, found in _fields(world):
        if isinstance(found, _BAGS):
            changed[name] = with_ports(found, **ports)
        elif name in ports:
            changed[name] = ports[name]
    return replace(world, **changed)


def ports_of(world: Any) -> dict[str, Any]:
    """Every port of the world by its field's name, those of its bags included."""
    found: dict[str, Any] = {}
    for name, value in _fields(world):
        found |= ports_of(value) if isinstance(value, _BAGS) else {name: value}
    return found


def _fields(bag: Any) -> Iterator[tuple[str, Any]]:
    """What a bag holds; what grants remember is no port, though it is named like one."""
    for field in fields(bag):
        if not (isinstance(bag, Grants) and field.name == "memory"):
            yield field.name, getattr(bag, field.name)

"""Moves chosen Tasks of a party to another record, in one explicit act that can be undone (SH-6).

What is moved is written down first, with where it hung; so whoever repeats an interrupted request
goes on where it stopped. A Task that a person has moved meanwhile stays where that person put it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from switchhook.domain.activity import Activity, RecordRef, Slot
from switchhook.domain.errors import Rejected
from switchhook.domain.repoint import (
    MOST_ACTIVITIES,
    Between,
    Move,
    MoveState,
    Repoint,
    gone,
    movable,
    place_of,
    plan_move,
    repoint_id,
)
from switchhook.domain.tenancy import is_id
from switchhook.usecases.asking import ask
from switchhook.usecases.matches import named_record, read_party, settings_of, there, unfit
from switchhook.usecases.moving import Standing, carry_out, open_moves, read_standing
from switchhook.usecases.world import World

_MOST_AGAIN = 50

type Heads = Mapping[str, Activity | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which Tasks somebody wants moved, as they wrote it: of which party, from where, to where."""

    party: str
    source: str
    target: str
    activity_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How many Tasks hang where they should, and why the others do not, by activity in the order asked."""

    undo_id: str
    done: int
    refused: tuple[tuple[str, str], ...]


def repoint(tenant: str, wish: Wish, world: World) -> Outcome:
    """Move the Tasks of some activities, each unless something speaks against it.

    Repeating the request moves nothing twice and tries again what was refused.

    Raises:
        Rejected: 422 party, records or activities are none, or the new record is not in the org; 409
            the same Tasks were moved to and fro too often.
        NeedsReconnect: the tenant is not connected.
        Conflict: the same request is just being carried out.
        BudgetSpent, Permanent, Retryable: nothing was moved; Salesforce or a table does not answer.
    """
    party = read_party(tenant, wish.party, world, field="party")
    ends = named_record("from", wish.source), named_record("to", wish.target)
    chosen = _distinct(wish.activity_ids)
    heads = {one: _head(tenant, one, world) for one in chosen}
    blank = Repoint(
        id="",
        tenant=tenant,
        party=party,
        source=ends[0],
        target=ends[1],
        made_at=world.now(),
        refused={},
    )
    begun = _begun(blank, heads, world)
    if _open(begun, chosen):
        between = _between(begun, world)
        slots, refused = _choose(begun, heads)
        task_ids = [slot.salesforce_id or "" for slot in slots.values()]
        task_ids += [move.task_id for move in open_moves(begun, back=False)]
        standing = read_standing(tenant, task_ids, world)
        begun = _intended(begun, slots, refused, between, standing, world)
        begun = carry_out(begun, standing, world, back=False)
    return outcome(begun, MoveState.MOVED, chosen)


def outcome(repoint: Repoint, wanted: MoveState, chosen: Sequence[str]) -> Outcome:
    """What became of the Tasks of the chosen activities."""
    moves = {move.activity_id: move for move in repoint.moves}
    reached = [one for one in chosen if one in moves and moves[one].state is wanted]
    whys = {one: move.why or _UNTRIED for one, move in moves.items()} | dict(repoint.refused)
    left = [one for one in chosen if one not in reached]
    return Outcome(
        undo_id=repoint.id,
        done=len(reached),
        refused=tuple((one, whys.get(one, _UNTRIED)) for one in left),
    )


_UNTRIED = "It was not tried; repeat the request, which goes on where it stopped."


def _distinct(activity_ids: tuple[str, ...]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(activity_ids))
    if 0 < len(chosen) <= MOST_ACTIVITIES:
        return chosen
    raise unfit(
        "activity_ids",
        f"activity_ids must name 1 to {MOST_ACTIVITIES} activities; send more in parts.",
    )


def _head(tenant: str, activity_id: str, world: World) -> Activity | None:
    entry = world.ledger.read(tenant, activity_id) if is_id(activity_id) else None
    return entry.head if entry else None


def _begun(blank: Repoint, heads: Heads, world: World) -> Repoint:
    """This very move as far as it came before; a new one where there is none, or its Tasks came back."""
    for again in range(_MOST_AGAIN):
        undo_id = repoint_id(
            tenant=blank.tenant,
            party=blank.party,
            source=blank.source,
            target=blank.target,
            activity_ids=heads,
            again=again,
        )
        stored = world.repoints.read(blank.tenant, undo_id)
        if stored is None or not stored.is_kept(world.now()):
            return replace(blank, id=undo_id, version=0)
        if stored.undone_at is None and not _has_come_back(stored, heads):
            return stored
    raise Rejected(
        f"These Tasks were moved to and fro {_MOST_AGAIN} times; nothing was changed. Move some of them"
        " only.",
        code="moved_too_often",
        status=409,
    )


def _has_come_back(stored: Repoint, heads: Heads) -> bool:
    return any(
        move.state is MoveState.MOVED and _place(heads.get(move.activity_id), move) == stored.source
        for move in stored.moves
    )


def _place(head: Activity | None, move: Move) -> RecordRef | None:
    slots = head.slots if head else ()
    return next((place_of(slot) for slot in slots if slot.number == move.slot), None)


def _open(begun: Repoint, chosen: Sequence[str]) -> bool:
    moved = {move.activity_id for move in begun.moves if move.state is MoveState.MOVED}
    return not moved.issuperset(chosen)


def _between(begun: Repoint, world: World) -> Between:
    """The two ends as the org shows them; the target as what it has become."""
    settings = settings_of(begun.tenant, world)
    source, target = begun.source, begun.target
    found = ask(begun.tenant, lambda grant: world.records.facts(grant, (source, target)), world)
    end = there("to", target, found[target])
    start = found[source]
    if end.record == source or (start is not None and start.record == end.record):
        raise unfit("to", "to must be another record than from.")
    return Between(
        source=start,
        target=end,
        person_account_who=settings.calls.person_account_who,
    )


def _choose(begun: Repoint, heads: Heads) -> tuple[Mapping[str, Slot], Mapping[str, str]]:
    """The slots of the activities not yet taken up whose Tasks may be moved; and why others may not."""
    taken_up = {move.activity_id for move in begun.moves}
    slots: dict[str, Slot] = {}
    refused: dict[str, str] = {}
    for activity_id, head in heads.items():
        if activity_id in taken_up:
            continue
        slot = movable(head, begun.party, begun.source)
        if isinstance(slot, str):
            refused[activity_id] = slot
        else:
            slots[activity_id] = slot
    return slots, refused


def _intended(
    begun: Repoint,
    slots: Mapping[str, Slot],
    refused: Mapping[str, str],
    between: Between,
    standing: Mapping[str, Standing],
    world: World,
) -> Repoint:
    """The move with every Task that can be moved, written down before the first one is."""
    moves: list[Move] = []
    whys = dict(refused)
    for activity_id, slot in slots.items():
        planned = _planned(activity_id, slot, standing, between)
        if isinstance(planned, Move):
            moves.append(planned)
        else:
            whys[activity_id] = planned
    intended = replace(
        begun.with_moves(moves),
        version=begun.version + 1,
        target=between.target.record,
        refused=whys,
    )
    world.repoints.commit(intended)
    return intended


def _planned(
    activity_id: str, slot: Slot, standing: Mapping[str, Standing], between: Between
) -> Move | str:
    task_id = slot.salesforce_id or ""
    if task_id not in standing:
        return gone(task_id)
    return plan_move(activity_id, slot, standing[task_id].hangs, between)

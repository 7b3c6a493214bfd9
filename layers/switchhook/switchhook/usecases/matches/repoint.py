"""Moves chosen Tasks of a party to another record, in one explicit act that can be undone (SH-6).

What is moved is written down first, with where it hung; so whoever repeats an interrupted request
goes on where it stopped. Each Task is compared before it is written, and guarded by the time of its last
change: one that a person has moved meanwhile stays where that person put it, also when moves are undone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from switchhook.domain.activity import Activity, DecisionRecord, RecordRef, Slot
from switchhook.domain.connection import Grant
from switchhook.domain.decision import Reason
from switchhook.domain.errors import Conflict, OutcomeUnknown, Rejected, Retryable, SwitchhookError
from switchhook.domain.tenants import is_id
from switchhook.domain.timing import EDIT_SETTLES_IN
from switchhook.domain.writing.repoint import (
    KEPT,
    MOST_ACTIVITIES,
    Between,
    Hangs,
    Move,
    MoveState,
    Repoint,
    compare,
    gone,
    movable,
    moved,
    moved_back,
    place_of,
    plan_move,
    repoint_id,
)
from switchhook.ports.ledger import Entries, Ledger, LedgerWrite
from switchhook.ports.org import TaskMove
from switchhook.usecases.matches.pins import named_record, read_party, settings_of, there, unfit
from switchhook.usecases.record.world import Matching, Moving, Run

AT_ONCE = 25

_WHO, _WHAT, _LAST_BY = "WhoId", "WhatId", "LastModifiedById"
_ROUNDS = 4
_JUST_EDITED = "Somebody has just changed it in Salesforce; repeat the request in a few seconds."
_NO_ANSWER = "Salesforce gave no clean answer; repeat the request, which finds out what happened."
_NO_TIME = "There was too little time for it; repeat the request, which goes on where it stopped."
_NOT_NOTED = "It is where it should be, but that could not be written down; repeat the request."


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A Task as it stands; `is_settled` false says that another user changed it a moment ago."""

    hangs: Hangs
    modified_at: datetime
    is_settled: bool


def read_standing(
    tenant: str, task_ids: Sequence[str], matching: Matching
) -> Mapping[str, Standing]:
    """Where the Tasks hang now, by id; those that are gone or hidden are left out. One request.

    Raises:
        NeedsReconnect, SessionExpired, BudgetSpent, Permanent, Retryable.
    """
    if not task_ids:
        return {}

    def read(grant: Grant) -> Mapping[str, Standing]:
        tasks = matching.records.read(grant, "Task", task_ids, (_WHO, _WHAT, _LAST_BY))
        return {
            task.id: Standing(
                hangs=Hangs(
                    who_id=_text(task.fields.get(_WHO)), what_id=_text(task.fields.get(_WHAT))
                ),
                modified_at=task.modified_at,
                # Nobody else can have changed in the same second what we have just written.
                is_settled=task.fields.get(_LAST_BY) == grant.user_id
                or matching.run.now() - task.modified_at >= EDIT_SETTLES_IN,
            )
            for task in tasks
        }

    return matching.grants.ask(tenant, read)


def _text(value: str | float | None) -> str | None:
    return str(value) if value else None


def open_moves(repoint: Repoint, *, back: bool) -> tuple[Move, ...]:
    """The moves whose Tasks do not hang yet where they should."""
    wanted = MoveState.RESTORED if back else MoveState.MOVED
    return tuple(move for move in repoint.moves if move.state is not wanted)


def carry_out(
    repoint: Repoint, standing: Mapping[str, Standing], moving: Moving, *, back: bool
) -> Repoint:
    """Hang every Task of a stored move where it should be, and store what came of it.

    `standing` says where the Tasks of its open moves hang; whatever has changed since is left alone.

    Raises:
        Conflict: somebody else is carrying it out.
        Retryable: the table is busy; repeating the request finds out what happened.
    """
    wanted = MoveState.RESTORED if back else MoveState.MOVED
    still_open = open_moves(repoint, back=back)
    whys: dict[str, str | None] = {}
    to_write: list[Move] = []
    for move in still_open:
        why = _why_not(move, standing.get(move.task_id), back=back)
        if isinstance(why, Move):
            to_write.append(why)
        else:
            whys[move.task_id] = why
    whys |= _write(repoint, to_write, standing, moving, back=back)
    reached = [
        _reached(repoint, move, whys[move.task_id], wanted, moving.ledger, moving.run)
        for move in still_open
    ]
    done = replace(repoint.with_moves(reached), version=repoint.version + 1)
    moving.repoints.commit(done)
    return done


def _why_not(move: Move, standing: Standing | None, *, back: bool) -> Move | str | None:
    """The move itself when its Task is to be written; None when there is nothing to do."""
    if standing is None:
        return gone(move.task_id)
    compared = compare(move, standing.hangs, back=back)
    if isinstance(compared, Move) and not standing.is_settled:
        return _JUST_EDITED
    return compared


def _write(
    repoint: Repoint,
    moves: Sequence[Move],
    standing: Mapping[str, Standing],
    moving: Moving,
    *,
    back: bool,
) -> dict[str, str | None]:
    """Write the Tasks, some in each request; by Task id, why one did not get there."""
    whys: dict[str, str | None] = {}
    stopped: str | None = None
    for start in range(0, len(moves), AT_ONCE):
        batch = [
            TaskMove(
                task_id=move.task_id,
                hangs=move.before if back else move.after,
                unmodified_since=standing[move.task_id].modified_at,
            )
            for move in moves[start : start + AT_ONCE]
        ]
        if stopped is None and not moving.run.has_time_to_send():
            stopped = _NO_TIME
        if stopped is None:
            answer, stopped = _send(repoint.tenant, batch, moving)
            whys |= answer
        else:
            whys |= dict.fromkeys((move.task_id for move in batch), stopped)
    return whys


def _send(
    tenant: str, batch: Sequence[TaskMove], moving: Moving
) -> tuple[dict[str, str | None], str | None]:
    """One request's answer by Task id; and why no other should follow, if so."""
    try:
        answer = moving.matching.grants.ask(tenant, lambda grant: moving.writer.move(grant, batch))
    except OutcomeUnknown:
        why = _NO_ANSWER
    except SwitchhookError as error:
        why = f"Salesforce did not take it: {error.words}"
    else:
        return {move.task_id: answer.get(move.task_id, _NO_ANSWER) for move in batch}, None
    return dict.fromkeys((move.task_id for move in batch), why), why


def _reached(
    repoint: Repoint, move: Move, why: str | None, wanted: MoveState, ledger: Ledger, run: Run
) -> Move:
    """The move with its outcome; it counts as done once the ledger says so too."""
    if why is not None:
        return replace(move, why=why)
    if not _noted(repoint, move, wanted, ledger, run):
        return replace(move, why=_NOT_NOTED)
    return replace(move, state=wanted, why=None)


def _noted(repoint: Repoint, move: Move, wanted: MoveState, ledger: Ledger, run: Run) -> bool:
    """Write into the ledger where the Task hangs now; False when the ledger is busy."""
    for _ in range(_ROUNDS):
        try:
            entry = ledger.read(repoint.tenant, move.activity_id)
            if entry is None:
                return True  # Forgotten meanwhile: there is nobody to tell.
            if (write := _note(repoint, move, entry.head, wanted, run.now)) is not None:
                ledger.commit(write)
        except (Conflict, Retryable):
            continue
        return True
    return False


def _note(
    repoint: Repoint, move: Move, head: Activity, wanted: MoveState, now: Callable[[], datetime]
) -> LedgerWrite | None:
    """The ledger's change; None when it says so already."""
    slot = next((slot for slot in head.slots if slot.number == move.slot), None)
    if slot is None:
        return None
    if wanted is MoveState.MOVED:
        if place_of(slot) == repoint.target:
            return None
        after, reason = moved(head, move, repoint.target, repoint.id)
    else:
        if place_of(slot) != repoint.target:
            return None
        after, reason = moved_back(head, move, repoint.id)
    after = replace(after, version=head.version + 1, decisions=head.decisions + 1)
    return LedgerWrite(head=after, decision=_told(after, reason, now()))


def _told(head: Activity, reason: Reason, at: datetime) -> DecisionRecord:
    return DecisionRecord(
        number=head.decisions,
        at=at,
        settings_version=head.settings_version or 0,
        candidates=(),
        explanation=({"rule": reason.rule, "text": reason.text},),
        salesforce_calls=(),
        amends=True,
    )


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


def repoint(tenant: str, wish: Wish, moving: Moving) -> Outcome:
    """Move the Tasks of some activities, each unless something speaks against it.

    Repeating the request moves nothing twice and tries again what was refused.

    Raises:
        Rejected: 422 party, records or activities are none, or the new record is not in the org; 409
            the same Tasks were moved to and fro too often.
        NeedsReconnect: the tenant is not connected.
        Conflict: the same request is just being carried out.
        BudgetSpent, Permanent, Retryable: nothing was moved; Salesforce or a table does not answer.
    """
    party = read_party(tenant, wish.party, moving.matching.opening, field="party")
    ends = named_record("from", wish.source), named_record("to", wish.target)
    chosen = _distinct(wish.activity_ids)
    heads = {one: _head(tenant, one, moving.ledger) for one in chosen}
    blank = Repoint(
        id="",
        tenant=tenant,
        party=party,
        source=ends[0],
        target=ends[1],
        made_at=moving.run.now(),
        refused={},
    )
    begun = _begun(blank, heads, moving)
    if _open(begun, chosen):
        between = _between(begun, moving.matching)
        slots, refused = _choose(begun, heads)
        task_ids = [slot.salesforce_id or "" for slot in slots.values()]
        task_ids += [move.task_id for move in open_moves(begun, back=False)]
        standing = read_standing(tenant, task_ids, moving.matching)
        begun = _intended(begun, slots, refused, between, standing, moving)
        begun = carry_out(begun, standing, moving, back=False)
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


def _head(tenant: str, activity_id: str, entries: Entries) -> Activity | None:
    entry = entries.read(tenant, activity_id) if is_id(activity_id) else None
    return entry.head if entry else None


def _begun(blank: Repoint, heads: Heads, moving: Moving) -> Repoint:
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
        stored = moving.repoints.read(blank.tenant, undo_id)
        if stored is None or not stored.is_kept(moving.run.now()):
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


def _between(begun: Repoint, matching: Matching) -> Between:
    """The two ends as the org shows them; the target as what it has become."""
    settings = settings_of(begun.tenant, matching.opening)
    source, target = begun.source, begun.target
    found = matching.grants.ask(
        begun.tenant, lambda grant: matching.records.facts(grant, (source, target))
    )
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
    moving: Moving,
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
    moving.repoints.commit(intended)
    return intended


def _planned(
    activity_id: str, slot: Slot, standing: Mapping[str, Standing], between: Between
) -> Move | str:
    task_id = slot.salesforce_id or ""
    if task_id not in standing:
        return gone(task_id)
    return plan_move(activity_id, slot, standing[task_id].hangs, between)


def undo_repoint(tenant: str, undo_id: str, moving: Moving) -> Outcome:
    """Hang every Task of a move where it hung before, with the Case or Opportunity it had.

    Doing it twice moves nothing twice, and tries again what was refused.

    Raises:
        Rejected: 404 there is no such move, or no longer.
        NeedsReconnect: the tenant is not connected.
        Conflict: it is just being carried out or undone by somebody else.
        BudgetSpent, Permanent, Retryable: nothing was moved; Salesforce or a table does not answer.
    """
    stored = moving.repoints.read(tenant, undo_id) if is_id(undo_id) else None
    now = moving.run.now()
    if stored is None or not stored.is_kept(now):
        raise Rejected(
            f"There is nothing to undo under {undo_id[:64]!r}: moved Tasks can be moved back for"
            f" {KEPT.days} days. Nothing was changed.",
            code="not_found",
            status=404,
        )
    chosen = [move.activity_id for move in stored.moves]
    if still_open := open_moves(stored, back=True):
        standing = read_standing(tenant, [move.task_id for move in still_open], moving.matching)
        # Written down first, so that nobody takes the move up again meanwhile.
        undoing = replace(
            stored, version=stored.version + 1, undone_at=stored.undone_at or now, refused={}
        )
        moving.repoints.commit(undoing)
        stored = carry_out(undoing, standing, moving, back=True)
    return outcome(stored, MoveState.RESTORED, chosen)

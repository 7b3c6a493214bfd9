"""Pins, moved Tasks and the org they are of, in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fakes.directory import FakeDirectory
from fakes.salesforce import FakeOrg
from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import Grant
from switchhook.domain.decision import Candidate
from switchhook.domain.errors import Conflict, SwitchhookError
from switchhook.domain.matching.pins import Pin
from switchhook.domain.tenants import Page
from switchhook.domain.writing.repoint import Repoint
from switchhook.ports.org import TaskMove


class FakePins:
    """The port Pins over a FakeDirectory, which shows them to whoever asks what is known of a party."""

    def __init__(self, directory: FakeDirectory) -> None:
        self._directory = directory

    def read(self, tenant: str, party: str) -> Pin | None:
        return self._directory.pins.get((tenant, party))

    def page(self, tenant: str, *, limit: int, cursor: str | None) -> Page[Pin]:
        keys = sorted(party for owner, party in self._directory.pins if owner == tenant)
        left = [party for party in keys if cursor is None or party > cursor]
        return Page(
            items=tuple(self._directory.pins[tenant, party] for party in left[:limit]),
            next_cursor=left[limit - 1] if len(left) > limit else None,
        )

    def put(self, tenant: str, pin: Pin) -> None:
        with self._directory.lock:
            self._directory.pins[tenant, pin.party] = pin
            self._directory.forget_match(tenant, pin.party)

    def change(self, tenant: str, seen: Pin, new: Pin | None) -> bool:
        with self._directory.lock:
            stored = self.read(tenant, seen.party)
            if stored is None or (stored.record, stored.pinned_at) != (seen.record, seen.pinned_at):
                return False
            if new is None:
                del self._directory.pins[tenant, seen.party]
            else:
                self._directory.pins[tenant, seen.party] = new
            self._directory.forget_match(tenant, seen.party)
            return True


class FakeRepoints:
    """The port Repoints; `before_commit` runs once before the next one, so that a test can come between."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str], Repoint] = {}
        self.commits: list[Repoint] = []
        self.before_commit: Callable[[], None] = lambda: None

    def read(self, tenant: str, undo_id: str) -> Repoint | None:
        return self.stored.get((tenant, undo_id))

    def commit(self, repoint: Repoint) -> None:
        come, self.before_commit = self.before_commit, lambda: None
        come()
        stored = self.read(repoint.tenant, repoint.id)
        if stored is not None and repoint.version == 1 and not stored.is_kept(repoint.made_at):
            stored = None
        if (stored.version if stored else 0) != repoint.version - 1:
            raise Conflict("somebody else has changed it")
        self.stored[repoint.tenant, repoint.id] = repoint
        self.commits.append(repoint)


@dataclass
class FakeMover:
    """The ports RecordFacts and TaskMover over a FakeOrg.

    What `next_moves` holds comes first: an error is raised, a callable runs and the move goes on, or it
    gives the error to be raised after the move has landed.
    """

    org: FakeOrg
    next_facts: list[SwitchhookError] = field(default_factory=list)
    next_moves: list[SwitchhookError | Callable[[], SwitchhookError | None]] = field(
        default_factory=list
    )

    def facts(
        self, grant: Grant, records: Sequence[RecordRef]
    ) -> Mapping[RecordRef, Candidate | None]:
        self.org._read("read records", grant)
        if self.next_facts:
            raise self.next_facts.pop(0)
        return {record: self._fact(record) for record in records}

    def _fact(self, record: RecordRef) -> Candidate | None:
        became = self.org.became.get(record.id)
        if record.type == "Lead" and became is not None:
            return self._fact(became)
        found = [one for one in self.org.of_type(record.type) if one.id == record.id]
        if not found:
            return None
        fields = found[0].fields
        twin = fields.get("PersonContactId")
        return Candidate(
            record=record,
            name=str(fields.get("LastName") or fields.get("Name")),
            is_person_account=twin is not None,
            person_contact_id=str(twin) if twin else None,
        )

    def move(self, grant: Grant, moves: Sequence[TaskMove]) -> Mapping[str, str | None]:
        assert 0 < len(moves) <= 25
        self.org.calls.append("move Tasks")
        self.org._check(grant)
        trouble = self.next_moves.pop(0) if self.next_moves else None
        if isinstance(trouble, SwitchhookError):
            raise trouble
        after = trouble() if trouble is not None else None
        answer = {move.task_id: self._moved(move) for move in moves}
        if after is not None:
            raise after
        return answer

    def _moved(self, move: TaskMove) -> str | None:
        ids = {record.id for record in self.org.records}
        if {move.hangs.who_id, move.hangs.what_id} - {None} - ids:
            return "Salesforce refused to move it: INVALID_CROSS_REFERENCE_KEY: no"
        fields = {"WhoId": move.hangs.who_id, "WhatId": move.hangs.what_id}
        is_done = self.org.change(move.task_id, fields, unmodified_since=move.unmodified_since)
        return None if is_done else "Somebody changed it in Salesforce in this very moment."

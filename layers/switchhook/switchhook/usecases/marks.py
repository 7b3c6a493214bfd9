"""Looks in the org for the Tasks and Cases that bear an activity's keys (SH-1).

A Task bears its key in a field that can be filtered by, a Case only where the org has the optional field;
else the connected user's Cases of the time in question are looked through.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from switchhook.domain.activity import Mode, Slot, SlotKind
from switchhook.domain.connection import Grant
from switchhook.domain.crm import FoundCase, FoundTask
from switchhook.domain.errors import Retryable
from switchhook.domain.slot_records import found
from switchhook.usecases.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """When what is looked for was created; Cases without a field for their key from `cases_since` on."""

    tasks_since: datetime
    cases_since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What bears a key."""

    tasks: tuple[FoundTask, ...] = ()
    cases: tuple[FoundCase, ...] = ()

    def __len__(self) -> int:
        return len(self.tasks) + len(self.cases)

    def on(self, slots: Sequence[Slot]) -> tuple[Slot, ...]:
        """The slots, applied where their key is in the org."""
        return found(slots, self.tasks, self.cases)


def look_for(
    slots: Sequence[Slot], span: Span, grant: Grant, world: World, *, case_key: bool
) -> Marks:
    """Look for the slots' keys; one query for Tasks, and for Cases one, or as many as their pages.

    `case_key` says that the org has the field on Case.

    Raises:
        SessionExpired, BudgetSpent, Permanent, Retryable: nothing may be concluded.
    """
    tasks = tuple(slot.key for slot in slots if slot.kind is SlotKind.TASK)
    cases = [slot for slot in slots if slot.kind is SlotKind.CASE]
    by_field = [slot.key for slot in cases if case_key and slot.mode is Mode.EXTERNAL_ID]
    by_text = [slot.key for slot in cases if slot.key not in by_field]
    return Marks(
        tasks=world.writer.find_tasks(grant, tasks, span.tasks_since) if tasks else (),
        cases=(
            *(world.cases.with_keys(grant, by_field) if by_field else ()),
            *(_looked_through(by_text, span, grant, world) if by_text else ()),
        ),
    )


def _looked_through(
    keys: Sequence[str], span: Span, grant: Grant, world: World
) -> tuple[FoundCase, ...]:
    """Every page is looked at: a key on a further one would be taken for not written."""
    there: list[FoundCase] = []
    page: str | None = None
    while True:
        if page is not None and world.clock.remaining_s() < world.timing.send_needs_s:
            raise Retryable(
                "Too little of this run is left to look through all Cases.", code="time", after_s=0
            )
        answer = world.cases.created_between(grant, keys, span.cases_since, span.until, page=page)
        there += answer.cases
        page = answer.next_page
        if page is None or {case.key for case in there} >= set(keys):
            return tuple(there)

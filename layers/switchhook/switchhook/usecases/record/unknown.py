"""Finds out what became of a write that was never answered.

Found is final at any time. Not found is believed only after the fence, when a request sent before it
can no longer commit; or at once where the org's own unique field would refuse a double.

Looks in the org for the Tasks and Cases that bear an activity's keys (SH-1).

A Task bears its key in a field that can be filtered by, a Case only where the org has the optional field;
else the connected user's Cases of the time in question are looked through.

Asks the org which Tasks and Cases of a backfilled activity it has had all along (SH-1).

The ledger forgets after 400 days, the org does not: a call that was logged long ago and is handed in
again has its Task under the same key.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from switchhook.domain.activity import Activity, Entry, Mode, Slot, SlotKind, SlotState, State
from switchhook.domain.connection import Connection, Grant
from switchhook.domain.crm import FoundCase, FoundTask
from switchhook.domain.errors import Retryable, SwitchhookError
from switchhook.domain.timing import EVER, next_look_up
from switchhook.domain.writing.claims import ClaimChange
from switchhook.domain.writing.records import found
from switchhook.domain.writing.slots import SlotPlan, has_key_field, reopened, sendable
from switchhook.ports.ledger import LedgerWrite, OrgMemory
from switchhook.ports.org import OrgRecords
from switchhook.usecases.record import claims
from switchhook.usecases.record.gather import Access, Opened
from switchhook.usecases.record.send import NEEDS_CHECK
from switchhook.usecases.record.setbacks import UNLOGGED, set_back
from switchhook.usecases.record.settle import ended
from switchhook.usecases.record.waiting import (
    DOUBLE,
    IN_DOUBT,
    await_fence,
    fail,
    leave,
    park,
    usable,
)
from switchhook.usecases.record.world import Attempt, Books, OrgView, Progress, Run, Sessions


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
    slots: Sequence[Slot],
    span: Span,
    grant: Grant,
    records: OrgRecords,
    run: Run,
    *,
    case_key: bool,
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
        tasks=records.find_tasks(grant, tasks, span.tasks_since) if tasks else (),
        cases=(
            *(records.cases_with_keys(grant, by_field) if by_field else ()),
            *(_looked_through(by_text, span, grant, records, run) if by_text else ()),
        ),
    )


def _looked_through(
    keys: Sequence[str], span: Span, grant: Grant, records: OrgRecords, run: Run
) -> tuple[FoundCase, ...]:
    """Every page is looked at: a key on a further one would be taken for not written."""
    there: list[FoundCase] = []
    page: str | None = None
    while True:
        if page is not None and not run.has_time_to_send():
            raise Retryable(
                "Too little of this run is left to look through all Cases.", code="time", after_s=0
            )
        answer = records.cases_created_between(grant, keys, span.cases_since, span.until, page=page)
        there += answer.cases
        page = answer.next_page
        if page is None or {case.key for case in there} >= set(keys):
            return tuple(there)


_CLOCKS_DIFFER_BY = timedelta(minutes=5)


def _not_told(head: Activity, error: SwitchhookError, books: Books) -> Progress:
    """A look-up that is refused says nothing of a request that may still land."""
    if head.reason != DOUBLE and not _is_certain(head, books.run.now()):
        why = (
            "an earlier request was never answered and may still be carried out, and Salesforce refuses"
            f" to be asked about it: {error.words}"
        )
        return await_fence(head, books, why=why)
    return fail(head, reason=error.code, text=error.message, books=books)


LOOKING = replace(
    UNLOGGED,
    # It asks for our own keys only, and would ask in the same way again.
    reads_metadata=False,
    give_up=_not_told,
)
"""A request was sent and never answered: nothing is concluded before somebody has looked."""


def resolve_unknown(
    entry: Entry, attempt: Attempt, books: Books, sessions: Sessions, org: OrgView
) -> Progress:
    """Look for the activity's keys in the org, and draw the conclusion that is safe by now."""
    head = entry.head
    connection = sessions.connections.read(head.tenant)
    if connection is None or not usable(connection):
        return park(head, connection, books)
    asked_at = books.run.now()
    try:
        marks = _look_up(head, connection, org, sessions)
    except SwitchhookError as error:
        return set_back(head, error, LOOKING, attempt, books, sessions)
    attempt.note("look for what was sent", f"{len(marks)} found")
    slots = marks.on(head.slots)
    if not any(slot.state is SlotState.SENT for slot in slots):
        return _found(head, slots, books)
    if head.reason == DOUBLE and not len(marks):
        return _another_unique_field(head, slots, books)
    if head.reason == DOUBLE or _may_send_again(head, slots, asked_at, org.memory):
        return _not_there(head, slots, asked_at, org.memory, books)
    return _look_again(head, slots, books)


def _look_up(head: Activity, connection: Connection, org: OrgView, sessions: Sessions) -> Marks:
    grant = sessions.grants.opened(connection)
    sent_at = head.sent_at or head.received_at
    fence = head.fence_until or sent_at
    # A Task may be sent again before the fence of the request before, which is then as unanswered as the
    # newest one, and dates what it makes from its own beginning.
    earlier = sent_at - (fence - sent_at)
    span = Span(
        tasks_since=EVER if head.reason in (DOUBLE, IN_DOUBT) else earlier - _CLOCKS_DIFFER_BY,
        cases_since=sent_at - _CLOCKS_DIFFER_BY,
        until=fence + _CLOCKS_DIFFER_BY,
    )
    stored = org.memory.recall(head.tenant)
    case_key = stored is None or stored.facts.case_key
    return look_for(head.slots, span, grant, org.records, sessions.run, case_key=case_key)


def _found(head: Activity, slots: tuple[Slot, ...], books: Books) -> Progress:
    """Everything sent is in the org; slots that were never sent still are."""
    done = claims.completed(slots, head)
    if any(slot.state is SlotState.OPEN for slot in slots):
        return _go_on(head, slots, done, books)
    logged = ended(head, slots)
    books.ledger.commit(LedgerWrite(head=logged, claims=done))
    return Progress(head=logged)


def _go_on(
    head: Activity, slots: tuple[Slot, ...], changes: tuple[ClaimChange, ...], books: Books
) -> Progress:
    open_again = replace(
        head,
        version=head.version + 1,
        state=State.WAITING,
        reason="undone",
        text="Waiting: what is missing in the org is sent.",
        slots=slots,
        due_at=books.run.now(),
    )
    books.ledger.commit(LedgerWrite(head=open_again, claims=changes))
    return Progress(head=open_again, go_on=True)


def _another_unique_field(head: Activity, slots: tuple[Slot, ...], books: Books) -> Progress:
    """DUPLICATE_VALUE, but none of our keys is there: the customer's own unique field refuses."""
    final = tuple(
        replace(slot, state=SlotState.REFUSED) if slot.state is SlotState.SENT else slot
        for slot in slots
    )
    failed = ended(head, final)
    books.ledger.commit(LedgerWrite(head=failed, claims=claims.released(slots, head)))
    return Progress(head=failed)


def _may_send_again(
    head: Activity, slots: tuple[Slot, ...], asked_at: datetime, memory: OrgMemory
) -> bool:
    if _is_certain(head, asked_at):
        return True
    if head.reason == IN_DOUBT:
        return False
    stored = memory.recall(head.tenant)
    # A person or a Case is not guarded by the Task's key: were its claim given back early, the first
    # request could still create it beside the one that the next holder creates.
    return stored is not None and all(
        has_key_field(slot, stored.facts) and slot.creates is None and not slot.creates_case
        for slot in slots
        if slot.state is SlotState.SENT
    )


def _is_certain(head: Activity, asked_at: datetime) -> bool:
    """Tells whether nothing that was sent could land any more when the org was asked."""
    return head.fence_until is not None and asked_at >= head.fence_until


def _not_there(
    head: Activity, slots: tuple[Slot, ...], asked_at: datetime, memory: OrgMemory, books: Books
) -> Progress:
    """Nothing landed and nothing can land any more, or a double would be refused: send again."""
    package_free = any(
        slot.mode is Mode.PACKAGE_FREE for slot in slots if slot.state is SlotState.SENT
    )
    stored = memory.recall(head.tenant)
    unsure = stored is not None and not stored.facts.sees_all_records
    if package_free and unsure and not _looked_for_by_a_person(head):
        return _ask_a_person(head, books)
    given_back = claims.released(slots, head)
    if _is_certain(head, asked_at):
        head = replace(head, fence_until=None)
    return _go_on(head, reopened(slots), given_back, books)


def _kind(head: Activity) -> str:
    return next((slot.kind.value.title() for slot in head.slots), "Task")


def _looked_for_by_a_person(head: Activity) -> bool:
    """Whoever replays what a person was asked to look for has not found it."""
    sent_at = head.sent_at or head.received_at
    return head.settings_at is not None and head.settings_at > sent_at


def _ask_a_person(head: Activity, books: Books) -> Progress:
    failed = replace(
        head,
        version=head.version + 1,
        state=State.FAILED,
        reason=NEEDS_CHECK,
        text=(
            "Failed: Salesforce did not answer, and the connected user may not see every record, so"
            f" nobody can tell whether the {_kind(head)} exists. Look for it on the record; replay the"
            " activity if it is missing."
        ),
        due_at=None,
    )
    books.ledger.commit(LedgerWrite(head=failed))
    return Progress(head=failed)


def _look_again(head: Activity, slots: tuple[Slot, ...], books: Books) -> Progress:
    lookups = head.lookups + 1
    sent_at = head.sent_at or head.received_at
    fence = head.fence_until or sent_at
    waiting = replace(
        head,
        version=head.version + 1,
        state=State.UNKNOWN,
        reason=IN_DOUBT if head.reason == IN_DOUBT else "no_answer",
        text=(
            f"Not known yet: Salesforce did not answer, and the {_kind(head)} is not there so far. It is"
            f" looked for again; from {fence:%H:%M:%S} UTC on it can be sent again safely."
        ),
        slots=slots,
        lookups=lookups,
        due_at=next_look_up(lookups, sent_at=sent_at, fence=fence, now=books.run.now()),
    )
    return leave(LedgerWrite(head=waiting), books)


def wants_reading_back(head: Activity, plans: tuple[SlotPlan, ...]) -> bool:
    """True before the first intent of an activity whose Tasks we may have forgotten."""
    return head.backfilled and head.sent_at is None and bool(sendable(plans))


def read_back(
    opened: Opened,
    plans: tuple[SlotPlan, ...],
    access: Access,
    attempt: Attempt,
    records: OrgRecords,
    run: Run,
) -> tuple[SlotPlan, ...]:
    """The plans with every slot applied whose key is in the org; one request for Tasks.

    Cases that bear their keys in their text are looked through from the chat's beginning on.

    Raises:
        SessionExpired, BudgetSpent, Permanent, Retryable: as the look-up.
    """
    since = opened.began_at - _CLOCKS_DIFFER_BY
    span = Span(tasks_since=EVER, cases_since=since, until=run.now())
    slots = tuple(one.slot for one in plans)
    marks = look_for(slots, span, access.grant, records, run, case_key=access.facts.case_key)
    attempt.note("look for what was logged before", f"{len(marks)} found")
    pairs = zip(plans, marks.on(slots), strict=True)
    return tuple(replace(place, slot=slot) for place, slot in pairs)

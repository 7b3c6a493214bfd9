"""Changes the Tasks, or the Case, of one activity, each only as far as nobody else has changed it (SH-5).

What is about to be written is stored first, as hashes, so that it is known as ours whatever becomes of the
request. Salesforce refuses the change of a Task that was modified since it was read; then it is read again.

Doing it twice changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from switchhook.domain.activity import Activity, RecordRef, Slot, State
from switchhook.domain.connection import Grant
from switchhook.domain.errors import Permanent, Retryable, SwitchhookError
from switchhook.domain.timing import EDIT_SETTLES_IN
from switchhook.domain.writing.late_facts import (
    NOTHING_TOLD,
    OWNER,
    Compared,
    Revision,
    Told,
    compare,
    intending,
    settled,
    telling,
    told,
    with_note,
)
from switchhook.domain.writing.verdicts import STALE_OWNER
from switchhook.ports.ledger import LedgerWrite
from switchhook.ports.org import OrgRecords, StoredTask
from switchhook.usecases.record.gather import Opened
from switchhook.usecases.record.setbacks import LATE_FACTS, set_back
from switchhook.usecases.record.settle import decision_record, settle
from switchhook.usecases.record.waiting import (
    due_next,
    wake_at,
    window_end,
)
from switchhook.usecases.record.world import Attempt, Progress, Run, Writing

_READS_ALLOWED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What became of one Task: its slot, what to tell, and what kept it from being up to date."""

    slot: Slot
    told: Told = NOTHING_TOLD
    error: SwitchhookError | None = None
    again: bool = False


def read_tasks(
    revisions: Sequence[Revision], grant: Grant, attempt: Attempt, records: OrgRecords
) -> dict[str, StoredTask]:
    """The Tasks or Cases as they stand, by id; one request for each of the two, none for none."""
    standing: dict[str, StoredTask] = {}
    for kind in sorted({_kind_of(revision) for revision in revisions}):
        ours = [revision for revision in revisions if _kind_of(revision) == kind]
        names = sorted({name for revision in ours for name in revision.fields})
        tasks = records.read(grant, kind, [_id_of(revision) for revision in ours], names)
        attempt.note(f"read the {kind}", f"{len(tasks)} found")
        standing.update({task.id: task for task in tasks})
    return standing


def is_unsettled(task: StoredTask, run: Run) -> bool:
    """Tells whether the Task was changed so recently that a further change could go unnoticed."""
    return run.now() - task.modified_at < EDIT_SETTLES_IN


def update_tasks(
    opened: Opened,
    revisions: Sequence[Revision],
    standing: Mapping[str, StoredTask],
    grant: Grant,
    attempt: Attempt,
    writing: Writing,
) -> Progress:
    """Store what will be written, write it Task by Task, and store what came of it.

    Raises:
        Conflict: somebody else moved the activity on; nothing, or nothing more, is in doubt.
    """
    pairs = [(revision, standing.get(_id_of(revision))) for revision in revisions]
    compared = {
        revision.slot.number: compare(revision, task.fields) for revision, task in pairs if task
    }
    intent = opened.head
    if any(one.to_write for one in compared.values()):
        intent = _intent(opened.head, compared, writing.run)
        writing.books.ledger.commit(LedgerWrite(head=intent))
    results = []
    for revision, task in pairs:
        held = compared.get(revision.slot.number)
        if held is None or task is None:
            results.append(_gone(revision))
            continue
        results.append(_bring_up(held, task, grant, attempt, writing))
        if results[-1].error is not None:
            break
    return _conclude(opened, intent, results, attempt, writing)


def _intent(head: Activity, compared: Mapping[int, Compared], run: Run) -> Activity:
    return replace(
        head,
        version=head.version + 1,
        due_at=run.now() + timedelta(seconds=run.timing.worker_timeout_s + 5),
        slots=tuple(
            intending(compared[slot.number]) if slot.number in compared else slot
            for slot in head.slots
        ),
    )


def _bring_up(
    compared: Compared, task: StoredTask, grant: Grant, attempt: Attempt, writing: Writing
) -> _Result:
    """Write what is ours; where somebody changes the Task just then, read again, three times at most."""
    revision = compared.revision
    kind = _kind_of(revision)
    for _ in range(_READS_ALLOWED):
        if (held := _held_up(compared, task, writing.run)) is not None:
            return held
        try:
            is_written = writing.writer.update(
                grant,
                RecordRef(type=kind, id=task.id),
                compared.to_write,
                unmodified_since=task.modified_at,
            )
            attempt.note(f"update the {kind}", "ok" if is_written else "changed meanwhile")
            if is_written:
                return _up_to_date(compared)
            standing = read_tasks((revision,), grant, attempt, writing.records)
        except Permanent as error:
            return _refused(compared, error, attempt)
        except SwitchhookError as error:
            return _Result(slot=intending(compared), error=error)
        if task.id not in standing:
            return _gone(revision)
        task = standing[task.id]
        compared = compare(revision, task.fields)
    return _Result(slot=intending(compared), error=_just_edited())


def _held_up(compared: Compared, task: StoredTask, run: Run) -> _Result | None:
    """Why nothing is written now: there is nothing to write, or it would not be safe."""
    if not compared.to_write:
        return _up_to_date(compared)
    if is_unsettled(task, run):
        return _Result(slot=intending(compared), error=_just_edited())
    if not run.has_time_to_send():
        return _Result(slot=intending(compared), error=_no_time())
    return None


def _up_to_date(compared: Compared) -> _Result:
    return _Result(slot=settled(compared, is_written=True), told=told(compared))


def _no_time() -> Retryable:
    return Retryable(
        "too little of this run is left; the next run goes on.", code="time", after_s=0.0
    )


def _just_edited() -> Retryable:
    return Retryable(
        "somebody has just changed the Task in Salesforce.",
        code="edited",
        after_s=EDIT_SETTLES_IN.total_seconds(),
    )


def _refused(compared: Compared, error: Permanent, attempt: Attempt) -> _Result:
    """Salesforce did nothing and said why: choose another owner, or say so and go on."""
    kind = _kind_of(compared.revision)
    attempt.note(f"update the {kind}", error.code)
    untouched = settled(compared, is_written=False)
    owner = compared.revision.owner.user_id
    may_choose = OWNER in compared.to_write and owner not in attempt.avoid_users
    if error.code in STALE_OWNER and may_choose:
        attempt.avoid(users=(owner,))
        attempt.refresh_facts = True
        return _Result(slot=untouched, again=True)
    text = f"Salesforce refused to bring {kind} {untouched.salesforce_id} up to date: {error.words}"
    return _Result(slot=untouched, told=telling(text))


def _gone(revision: Revision) -> _Result:
    text = (
        f"{_kind_of(revision)} {_id_of(revision)} is deleted, or hidden from the connected user, so it was not brought"
        " up to date."
    )
    return _Result(slot=revision.slot, told=telling(text))


def _kind_of(revision: Revision) -> str:
    """The object's name: Task, or Case for a chat's."""
    return revision.slot.kind.value.title()


def _id_of(revision: Revision) -> str:
    return revision.slot.salesforce_id or ""


def _conclude(
    opened: Opened, intent: Activity, results: Sequence[_Result], attempt: Attempt, writing: Writing
) -> Progress:
    error = next((result.error for result in results if result.error), None)
    is_done = error is None and not any(result.again for result in results)
    slots = {result.slot.number: result.slot for result in results}
    together = _together(results)

    def concluded(head: Activity) -> LedgerWrite:
        told_more = head.version != intent.version
        after = replace(
            head,
            version=head.version + 1,
            decisions=head.decisions + (1 if together.reasons else 0),
            slots=tuple(slots.get(slot.number, slot) for slot in head.slots),
            due_at=writing.run.now()
            if not is_done
            else due_next(
                head, window_end(opened.settings, writing.run) if told_more else None, writing.run
            ),
        )
        if is_done:
            after = replace(after, tries=0, call_type=opened.call_type)
        return _written_down(after, together, attempt)

    head = settle(intent, concluded, writing.books.ledger, is_same=_only_told_more)
    if together.reasons:
        attempt.calls.clear()
    if error is not None:
        return set_back(head, error, LATE_FACTS, attempt, writing.books, writing.sessions)
    if is_done:
        wake_at(head, writing.books)
    return Progress(head=head, go_on=not is_done)


def _together(results: Sequence[_Result]) -> Told:
    """What there is to tell of all Tasks, each sentence once."""
    return Told(
        reasons=tuple(dict.fromkeys(one for result in results for one in result.told.reasons)),
        note=tuple(dict.fromkeys(one for result in results for one in result.told.note)),
    )


def _written_down(head: Activity, together: Told, attempt: Attempt) -> LedgerWrite:
    """The head with a sentence and a record of what was changed, where anything is to tell."""
    if not together.reasons:
        return LedgerWrite(head=head)
    note = " ".join(together.note)
    record = decision_record(head, (), together.reasons, attempt)
    return LedgerWrite(
        head=with_note(head, note),
        decision=replace(record, amends=True),
    )


def _only_told_more(head: Activity, intent: Activity) -> bool:
    """Tells whether others only took events in; else somebody updates the Tasks and knows more."""
    return head.state is State.LOGGED and head.slots == intent.slots

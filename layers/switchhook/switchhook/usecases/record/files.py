"""Attaches a chat's files to its Tasks and Cases, one file a step; the chat is logged whatever happens (CX-56).

What is done for a file is written down before and after its upload, so a process that dies at any point
leaves a file that is found again by its path, or that was never sent. A file that cannot be had or stored
is refused with a reason, for the Description to name it. While the tenant's org cannot be asked all wait.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from switchhook.domain.activity import Activity, Entry, FileState, Slot, SlotFile, SlotState, State
from switchhook.domain.chats.files import (
    FileLimits,
    files_due_at,
    open_files,
    planned,
    with_file,
)
from switchhook.domain.connection import Connection, Grant
from switchhook.domain.errors import (
    OutcomeUnknown,
    Permanent,
    Retryable,
    SwitchhookError,
)
from switchhook.domain.facts.chat import ChatFile
from switchhook.domain.timing import LOOK_UPS_AFTER_S, back_off, next_look_up
from switchhook.ports.ledger import LedgerWrite, ParkWith
from switchhook.ports.org import NewFile
from switchhook.usecases.record.fetch import bytes_of, has_time_to_fetch
from switchhook.usecases.record.setbacks import Setback, set_back
from switchhook.usecases.record.settle import settle
from switchhook.usecases.record.waiting import (
    UNUSABLE,
    WHILE_UNUSABLE_S,
    logged_waits_s,
    parking,
    place_of,
    usable,
    wake_at,
)
from switchhook.usecases.record.world import (
    Attaching,
    Attempt,
    Books,
    Files,
    Progress,
    Run,
)

TRIES_ALLOWED = 10
FIRST_WAIT_S = 120.0
"""Doubled with each try: ten tries take 17 hours, in which most servers come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A file that is being worked on; `kept` is what else its activity waits for."""

    head: Activity
    slot: Slot
    file: SlotFile
    kept: datetime | None

    @property
    def tenant(self) -> str:
        """Whose org it goes to."""
        return self.head.tenant

    @property
    def record_id(self) -> str:
        """The Task or Case that the file belongs to."""
        return self.slot.salesforce_id or ""

    def given_back(self) -> "Work":
        """The work when nothing of an upload is, or can come, in the org."""
        file = replace(
            self.file,
            state=FileState.PENDING,
            sent_at=None,
            fence_until=None,
            lookups=0,
            due_at=None,
        )
        return replace(self, file=file)


def begun(work: Work, size_bytes: int, books: Books) -> Work:
    """Write down that the file is about to be uploaded; from here nobody else sends it.

    Raises:
        Conflict: somebody else moved the activity on; nothing was sent.
    """
    now = books.run.now()
    due_at = now + timedelta(seconds=books.run.timing.worker_timeout_s + 5)
    file = replace(
        work.file,
        state=FileState.SENDING,
        sent_at=now,
        fence_until=books.run.timing.fence(now),
        lookups=0,
        due_at=due_at,
        size_bytes=size_bytes,
    )
    slot = with_file(work.slot, file)
    head = replace(
        work.head,
        version=work.head.version + 1,
        slots=tuple(slot if one.number == slot.number else one for one in work.head.slots),
        due_at=due_at,
    )
    books.ledger.commit(LedgerWrite(head=head))
    return replace(work, head=head, slot=slot, file=file)


def tried(work: Work, why: str, books: Books, *, after_s: float | None = None) -> Progress:
    """Try, or look, again later; a file that was tried often enough is refused.

    One that may be in the org is never refused here: first somebody must have looked.
    """
    tries = work.file.tries + 1
    if tries >= TRIES_ALLOWED and work.file.state is FileState.PENDING:
        return refused(work, f"{why} ({tries} tries)", books)
    if after_s is None:
        after_s = back_off(FIRST_WAIT_S, tries - 1, most_doublings=TRIES_ALLOWED - 1)
    due_at = books.run.now() + timedelta(seconds=after_s)
    return concluded(work, replace(work.file, tries=tries, reason=why, due_at=due_at), books)


def refused(work: Work, why: str, books: Books, *, all_of_slot: bool = False) -> Progress:
    """The file, or every file of its slot that is still to be sent, stays where it is."""
    own = {file.path for file in work.slot.files if all_of_slot and file.state is FileState.PENDING}
    meant = own | {work.file.path}

    def leave(file: SlotFile) -> SlotFile:
        if file.path not in meant:
            return file
        return replace(file, state=FileState.REFUSED, reason=why, due_at=None)

    return conclude(work, leave, books)


def concluded(work: Work, file: SlotFile, books: Books) -> Progress:
    """The file as it now stands."""
    return conclude(work, lambda one: file if one.path == file.path else one, books)


def rest(stored: Activity, head: Activity, kept: datetime | None, books: Books) -> Progress:
    """No file's time has come: write down what was planned, and when to come back."""
    due_at = _earliest(kept, files_due_at(head.slots, now=books.run.now()))
    is_same = head.slots == stored.slots and due_at == stored.due_at
    if stored.state is not State.LOGGED or is_same:
        return Progress(head=stored)
    resting = replace(head, version=stored.version + 1, due_at=due_at)
    books.ledger.commit(LedgerWrite(head=resting))
    wake_at(resting, books)
    return Progress(head=resting)


def conclude(
    work: Work,
    change: Callable[[SlotFile], SlotFile],
    books: Books,
    *,
    park: ParkWith | None = None,
    is_trouble: bool = False,
) -> Progress:
    """Write a change of the activity's files over newer heads, and say whether more can be done now.

    `is_trouble` says that the org could not be asked, so that the next wait is a longer one.

    Raises:
        Conflict: somebody else works on the file by now, or the connection is not as seen.
    """
    after = settle(
        work.head,
        lambda head: LedgerWrite(
            head=replace(
                _changed(head, work, change, books.run), tries=head.tries + (1 if is_trouble else 0)
            ),
            park=park,
        ),
        books.ledger,
        is_same=lambda head, _: _only_told_more(head, work),
    )
    return _go_on(after, books)


def _changed(
    head: Activity, work: Work, change: Callable[[SlotFile], SlotFile], run: Run
) -> Activity:
    slots = tuple(
        replace(slot, files=tuple(change(file) for file in slot.files)) for slot in head.slots
    )
    # A newer head has a due date of its own: somebody told more of the chat.
    kept = work.kept if head is work.head else _earliest(work.kept, head.due_at)
    due_at = _earliest(kept, files_due_at(slots, now=run.now()))
    return replace(head, version=head.version + 1, slots=slots, due_at=due_at)


def _only_told_more(head: Activity, work: Work) -> bool:
    """The stored head still has the file as it was when the work on it began."""
    known = {file.path: file for slot in head.slots for file in slot.files}
    begun_as = {file.path: file for file in work.slot.files}
    path = work.file.path
    return head.state is State.LOGGED and known.get(path) == begun_as.get(path)


def _go_on(head: Activity, books: Books) -> Progress:
    now = books.run.now()
    due_at = files_due_at(head.slots, now=now)
    if due_at is not None and due_at <= now:
        return Progress(head=head, go_on=True)
    wake_at(head, books)
    return Progress(head=head)


def _earliest(*times: datetime | None) -> datetime | None:
    return min((at for at in times if at is not None), default=None)


def wait_all(
    work: Work,
    books: Books,
    *,
    after_s: float,
    why: str | None = None,
    park: ParkWith | None = None,
) -> Progress:
    """Every file that is due waits, for it is not the files that are in trouble: no try of theirs is counted.

    `why` tells of the org's trouble; that is counted, by the activity, so that the waits grow.
    """
    until = books.run.now() + timedelta(seconds=after_s)

    def later(file: SlotFile) -> SlotFile:
        own = work.file if file.path == work.file.path else file
        is_due = own.is_open and (own.due_at is None or own.due_at < until)
        return replace(own, due_at=until, reason=why or own.reason) if is_due else own

    return conclude(work, later, books, park=park, is_trouble=why is not None)


def until_usable(work: Work, connection: Connection | None, books: Books) -> Progress:
    """Wait for a connection that may be asked; the caretaker is told to probe the tenant's (SH-4).

    Raises:
        Conflict: the connection was repaired, or broke, in this moment.
    """
    after_s = logged_waits_s(WHILE_UNUSABLE_S, work.head.tries)
    return wait_all(work, books, after_s=after_s, why=UNUSABLE, park=parking(connection, books.run))


def _wait_for_org(work: Work, trouble: Retryable, least_s: float, books: Books) -> Progress:
    after_s = logged_waits_s(least_s, work.head.tries)
    return wait_all(work, books, after_s=after_s, why=trouble.message)


def _give_up(work: Work, error: SwitchhookError, books: Books) -> Progress:
    """The file stays where it is; one that may yet land in the org is looked for again until then."""
    now, fence, words = books.run.now(), work.file.fence_until, _words(error)
    if work.file.state is FileState.SENDING and fence is not None and now < fence:
        return concluded(work, replace(_looked(work.file, now), reason=words), books)
    return refused(work, words, books)


FILES = Setback(
    noted_as="attach a file",
    # Nobody waits for them as for the Task itself.
    at_least_s=5.0,
    # An upload names no field of the tenant's own.
    reads_metadata=False,
    go_on=lambda work, books: wait_all(work, books, after_s=0),
    wait=_wait_for_org,
    until_usable=until_usable,
    # A file may be lost: its Task then says where it lies.
    give_up=_give_up,
)
"""The activity is logged; all of its files wait while the org is in trouble, and none is given up for that."""


_GONE = frozenset(
    {
        "ENTITY_IS_DELETED",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INVALID_CROSS_REFERENCE_KEY",
        "NOT_FOUND",
    }
)
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFiles:
    """What a chat has for files: those sent in it, and its text where a Description had to cut it."""

    files: tuple[ChatFile, ...] = ()
    whole_transcript: str | None = None


def attach_files(entry: Entry, told: ToldFiles, attempt: Attempt, attaching: Attaching) -> Progress:
    """Take the next file that is due one step further; `go_on` says that another step makes sense now.

    Safe to repeat, and to lose at each effect; nothing is asked and nothing written where no file is
    left to attach. The head keeps its state; its due date is the earliest of the one it had, if that is
    still to come, and of its files. `chat_files.note_lines(slot.files)` tells of what was refused.

    Raises:
        Conflict: somebody else moved the activity on; read again.
        Retryable: the tables are busy.
    """
    books, sessions = attaching.books, attaching.sessions
    head = _planned(entry.head, told, attaching.files.limits)
    kept = _still_to_come(entry.head, books.run.now())
    work = _next(head, kept, books.run)
    if work is None:
        return rest(entry.head, head, kept, books)
    connection = sessions.connections.read(head.tenant)
    if connection is None or not usable(connection):
        return until_usable(work, connection, books)
    if not has_time_to_fetch(books.run):
        return wait_all(work, books, after_s=1)
    return _step(work, connection, told, attempt, attaching)


def _planned(head: Activity, told: ToldFiles, limits: FileLimits) -> Activity:
    if head.state is not State.LOGGED:
        return head
    has_transcript = told.whole_transcript is not None
    slots = tuple(
        replace(slot, files=planned(slot, told.files, has_transcript=has_transcript, limits=limits))
        if slot.state is SlotState.APPLIED and slot.salesforce_id
        else slot
        for slot in head.slots
    )
    return replace(head, slots=slots)


def _still_to_come(head: Activity, now: datetime) -> datetime | None:
    """What else the head waits for: a date that has passed is what brought us here."""
    files = files_due_at(head.slots, now=now)
    return head.due_at if head.due_at and head.due_at > now and head.due_at != files else None


def _next(head: Activity, kept: datetime | None, run: Run) -> Work | None:
    """The first file whose time has come; one that may be in the org before all others."""
    now = run.now()
    due = [
        (slot, file)
        for slot, file in open_files(head.slots)
        if file.due_at is None or file.due_at <= now
    ]
    due.sort(key=lambda pair: (pair[1].state is not FileState.SENDING, pair[0].number))
    return Work(head=head, slot=due[0][0], file=due[0][1], kept=kept) if due else None


def _step(
    work: Work, connection: Connection, told: ToldFiles, attempt: Attempt, attaching: Attaching
) -> Progress:
    books, sessions = attaching.books, attaching.sessions
    try:
        grant = sessions.grants.opened(connection)
        if work.file.state is FileState.SENDING:
            return _look(work, grant, attempt, books, attaching.files)
    except SwitchhookError as error:
        return set_back(work, error, FILES, attempt, books, sessions)
    try:
        content = bytes_of(work.slot, work.file, told.whole_transcript, books.run, attaching.files)
    except Permanent as error:
        return refused(work, error.message, books)
    except Retryable as error:
        return tried(work, error.message, books)
    return _place_and_send(work, grant, content, attempt, attaching)


def _place_and_send(
    work: Work, grant: Grant, content: bytes, attempt: Attempt, attaching: Attaching
) -> Progress:
    head, books = work.head, attaching.books
    in_force = head.settings_at or head.ended_at or head.received_at
    settings = attaching.tenants.settings_at(head.tenant, in_force)
    if settings is None:
        return refused(work, "the tenant does not exist any more", books)
    with place_of(head, settings, attaching.sessions) as has_place:
        if not has_place:
            return wait_all(work, books, after_s=5)
        return _send(begun(work, len(content), books), grant, content, attempt, attaching)


def _send(
    work: Work, grant: Grant, content: bytes, attempt: Attempt, attaching: Attaching
) -> Progress:
    """Upload the file of an intent that is written down, and write down what came of it."""
    books = attaching.books
    new = NewFile(path=work.file.path, title=work.file.name, content=content)
    try:
        version_id = attaching.files.store.upload(grant, work.record_id, new)
    except OutcomeUnknown:
        attempt.note("attach a file", "no clean answer")
        return tried(work, "Salesforce did not answer", books, after_s=LOOK_UPS_AFTER_S[0])
    except Permanent as error:
        attempt.note("attach a file", error.code)
        return _turned_down(work, error, books)
    except SwitchhookError as error:
        return set_back(work.given_back(), error, FILES, attempt, books, attaching.sessions)
    attempt.note("attach a file", "created")
    return concluded(work, _stored(work.file, version_id), books)


def _stored(file: SlotFile, version_id: str) -> SlotFile:
    return replace(file, state=FileState.STORED, version_id=version_id, reason=None, due_at=None)


def _turned_down(work: Work, error: Permanent, books: Books) -> Progress:
    """Salesforce will not have it; on a record that is gone it will have none of the others either."""
    return refused(work, _words(error), books, all_of_slot=error.code in _GONE)


def _words(error: SwitchhookError) -> str:
    return f"Salesforce refused it: {error.words}"[:_LONGEST_REASON]


def _look(work: Work, grant: Grant, attempt: Attempt, books: Books, files: Files) -> Progress:
    """Find out whether an upload that was never answered has landed.

    Found is final. Not found is believed only after the fence, when it can no longer land (SH-1).
    """
    asked_at, file = books.run.now(), work.file
    found = files.store.find(grant, work.record_id, [file.path])
    attempt.note("look for a file", f"{len(found)} found")
    if file.path in found:
        return concluded(work, _stored(file, found[file.path]), books)
    if file.fence_until is None or asked_at >= file.fence_until:
        return concluded(work, work.given_back().file, books)
    return concluded(work, _looked(file, asked_at), books)


def _looked(file: SlotFile, asked_at: datetime) -> SlotFile:
    """When to look again: after the usual times, then when the fence is over."""
    lookups = file.lookups + 1
    due_at = next_look_up(
        lookups,
        sent_at=file.sent_at or asked_at,
        fence=file.fence_until or asked_at,
        now=asked_at,
    )
    return replace(file, lookups=lookups, due_at=due_at)

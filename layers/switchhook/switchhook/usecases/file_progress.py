"""Writes down how far a file has come, over whatever was taken in of its activity meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from switchhook.domain.activity import Activity, Slot, State
from switchhook.domain.chat_files import files_due_at, with_file
from switchhook.domain.errors import Conflict, Retryable
from switchhook.domain.slot_files import FileState, SlotFile
from switchhook.ports import LedgerWrite, ParkWith
from switchhook.usecases.attempt import Progress
from switchhook.usecases.setbacks import wake_at
from switchhook.usecases.world import World

TRIES_ALLOWED = 10
FIRST_WAIT_S = 120.0
"""Doubled with each try: ten tries take 17 hours, in which most servers come back."""

_ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A file that is being worked on; `kept` is what else its activity waits for."""

    head: Activity
    slot: Slot
    file: SlotFile
    kept: datetime | None

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


def begun(work: Work, size_bytes: int, world: World) -> Work:
    """Write down that the file is about to be uploaded; from here nobody else sends it.

    Raises:
        Conflict: somebody else moved the activity on; nothing was sent.
    """
    now = world.now()
    due_at = now + timedelta(seconds=world.timing.worker_timeout_s + 5)
    file = replace(
        work.file,
        state=FileState.SENDING,
        sent_at=now,
        fence_until=world.timing.fence(now),
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
    world.ledger.commit(LedgerWrite(head=head))
    return replace(work, head=head, slot=slot, file=file)


def tried(work: Work, why: str, world: World, *, after_s: float | None = None) -> Progress:
    """Try, or look, again later; a file that was tried often enough is refused.

    One that may be in the org is never refused here: first somebody must have looked.
    """
    tries = work.file.tries + 1
    if tries >= TRIES_ALLOWED and work.file.state is FileState.PENDING:
        return refused(work, f"{why} ({tries} tries)", world)
    doublings = min(tries, TRIES_ALLOWED) - 1
    wait_s = FIRST_WAIT_S * 2**doublings if after_s is None else after_s
    due_at = world.now() + timedelta(seconds=wait_s)
    return concluded(work, replace(work.file, tries=tries, reason=why, due_at=due_at), world)


def refused(work: Work, why: str, world: World, *, all_of_slot: bool = False) -> Progress:
    """The file, or every file of its slot that is still to be sent, stays where it is."""
    own = {file.path for file in work.slot.files if all_of_slot and file.state is FileState.PENDING}
    meant = own | {work.file.path}

    def leave(file: SlotFile) -> SlotFile:
        if file.path not in meant:
            return file
        return replace(file, state=FileState.REFUSED, reason=why, due_at=None)

    return conclude(work, leave, world)


def concluded(work: Work, file: SlotFile, world: World) -> Progress:
    """The file as it now stands."""
    return conclude(work, lambda one: file if one.path == file.path else one, world)


def rest(stored: Activity, head: Activity, kept: datetime | None, world: World) -> Progress:
    """No file's time has come: write down what was planned, and when to come back."""
    due_at = _earliest(kept, files_due_at(head.slots, now=world.now()))
    is_same = head.slots == stored.slots and due_at == stored.due_at
    if stored.state is not State.LOGGED or is_same:
        return Progress(head=stored)
    resting = replace(head, version=stored.version + 1, due_at=due_at)
    world.ledger.commit(LedgerWrite(head=resting))
    wake_at(resting, world)
    return Progress(head=resting)


def conclude(
    work: Work,
    change: Callable[[SlotFile], SlotFile],
    world: World,
    *,
    park: ParkWith | None = None,
) -> Progress:
    """Write a change of the activity's files over newer heads, and say whether more can be done now.

    Raises:
        Conflict: somebody else works on the file by now, or the connection is not as seen.
    """
    head = work.head
    for _ in range(_ROUNDS):
        after = _changed(head, work, change, world)
        try:
            world.ledger.commit(LedgerWrite(head=after, park=park))
        except (Conflict, Retryable):
            entry = world.ledger.read(head.tenant, head.id)
            if entry is not None and entry.head == after:
                # It was applied; only its answer was lost.
                return _go_on(after, world)
            if entry is None or not _only_told_more(entry.head, work):
                raise
            head = entry.head
            continue
        return _go_on(after, world)
    raise Conflict(f"Activity {head.id} is being changed by others all the time.")


def _changed(
    head: Activity, work: Work, change: Callable[[SlotFile], SlotFile], world: World
) -> Activity:
    slots = tuple(
        replace(slot, files=tuple(change(file) for file in slot.files)) for slot in head.slots
    )
    # A newer head has a due date of its own: somebody told more of the chat.
    kept = work.kept if head is work.head else _earliest(work.kept, head.due_at)
    due_at = _earliest(kept, files_due_at(slots, now=world.now()))
    return replace(head, version=head.version + 1, slots=slots, due_at=due_at)


def _only_told_more(head: Activity, work: Work) -> bool:
    """The stored head still has the file as it was when the work on it began."""
    known = {file.path: file for slot in head.slots for file in slot.files}
    begun_as = {file.path: file for file in work.slot.files}
    path = work.file.path
    return head.state is State.LOGGED and known.get(path) == begun_as.get(path)


def _go_on(head: Activity, world: World) -> Progress:
    now = world.now()
    due_at = files_due_at(head.slots, now=now)
    if due_at is not None and due_at <= now:
        return Progress(head=head, go_on=True)
    wake_at(head, world)
    return Progress(head=head)


def _earliest(*times: datetime | None) -> datetime | None:
    return min((at for at in times if at is not None), default=None)

"""Which files a slot's Task or Case is to get, and what has become of each (CX-56)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FileState(StrEnum):
    """PENDING: nothing of it can be in the org. SENDING: it may be. STORED: it is. REFUSED: it never will."""

    PENDING = "pending"
    SENDING = "sending"
    STORED = "stored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotFile:
    """One file of a Task or Case; `path` is its key in the org: it names slot and number.

    Number, path and url are frozen when the file is first planned. `url` None stands for the whole
    transcript, which is made here instead of fetched. `reason` says why a file is refused, or why it
    waits. `tries` counts what failed, `due_at` is when it is tried or looked for again. `sent_at` and
    `fence_until` belong to its newest upload, `lookups` counts the look-ups since. `size_bytes` is
    known from its first upload on.
    """

    number: int
    name: str
    path: str
    url: str | None = None
    state: FileState = FileState.PENDING
    reason: str | None = None
    tries: int = 0
    lookups: int = 0
    due_at: datetime | None = None
    sent_at: datetime | None = None
    fence_until: datetime | None = None
    version_id: str | None = None
    size_bytes: int | None = None

    @property
    def is_open(self) -> bool:
        """True while something is still to be done for this file."""
        return self.state in (FileState.PENDING, FileState.SENDING)

"""What attaching a chat's files needs from the world (CX-56): somebody who fetches, somewhere to store.

Every method makes at most one request and never repeats it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from switchhook.domain.connection import Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedFile:
    """A file as its server gave it; `content_type` is what the server says it is."""

    content: bytes
    content_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The server says that the file lies elsewhere; nobody has looked whether one may go there."""

    url: str


class FileFetcher(Protocol):
    """Fetches files from addresses that strangers wrote, and from nowhere but the public internet."""

    def fetch(self, url: str, *, most_bytes: int, within_s: float) -> FetchedFile | Moved:
        """The file, or where it has moved; the whole exchange takes no longer than `within_s`.

        Raises:
            Permanent: it cannot be had; the message says why in words for the record, without the address.
            Retryable: it may be had later; the message says why not now.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file to store: `path` is its key in the org, `title` what people see."""

    path: str
    title: str
    content: bytes


class FileStore(Protocol):
    """Keeps files on records of the tenant's org."""

    def find(self, grant: Grant, record_id: str, paths: Sequence[str]) -> Mapping[str, str]:
        """The version id of each of these files that the record has, by path; one query.

        Raises:
            SessionExpired, BudgetSpent, Permanent, Retryable.
        """
        ...

    def upload(self, grant: Grant, record_id: str, file: NewFile) -> str:
        """Store a file on a record; its version id. Whether it is there already is not looked at.

        Raises:
            OutcomeUnknown: no clean answer; it may have landed.
            NotDelivered: nothing left this side.
            SessionExpired, BudgetSpent, Retryable, Permanent: a clean refusal; nothing happened.
        """
        ...

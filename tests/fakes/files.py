"""The web that files are fetched from, and the org that they are stored in, in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fakes.salesforce import FakeOrg
from switchhook.domain.connection import Grant
from switchhook.domain.errors import Permanent, SessionExpired, SwitchhookError
from switchhook.ports.org import FetchedFile, Moved, NewFile

type Answer = FetchedFile | Moved | SwitchhookError


@dataclass
class FakeWeb:
    """The port FileFetcher; `answers` by address are given one by one, the last one for ever."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, int, float]] = field(default_factory=list)
    takes: Callable[[], None] = lambda: None

    def fetch(self, url: str, *, most_bytes: int, within_s: float) -> FetchedFile | Moved:
        self.asked.append((url, most_bytes, within_s))
        self.takes()
        left = self.answers.get(url, [Permanent("the server answered 404", code="http_404")])
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, SwitchhookError):
            raise answer
        if isinstance(answer, FetchedFile) and len(answer.content) > most_bytes:
            raise Permanent("larger than is copied", code="too_large")
        return answer


@dataclass
class FakeFiles:
    """The port FileStore over a FakeOrg; `kept` are (record, path, content), doubles included.

    `next_uploads` come before an upload, `lost_answers` in the place of its answer.
    """

    org: FakeOrg
    kept: list[tuple[str, str, bytes]] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    next_uploads: list[SwitchhookError] = field(default_factory=list)
    lost_answers: list[SwitchhookError] = field(default_factory=list)
    next_finds: list[SwitchhookError] = field(default_factory=list)
    finds: int = 0

    def find(self, grant: Grant, record_id: str, paths: Sequence[str]) -> Mapping[str, str]:
        self.finds += 1
        self._check(grant)
        if self.next_finds:
            raise self.next_finds.pop(0)
        return {
            path: f"068{number:012d}AAA"
            for number, (record, path, _) in enumerate(self.kept)
            if record == record_id and path in paths
        }

    def upload(self, grant: Grant, record_id: str, file: NewFile) -> str:
        self._check(grant)
        if self.next_uploads:
            raise self.next_uploads.pop(0)
        if record_id not in {record.id for record in self.org.records}:
            raise Permanent("entity is deleted", code="ENTITY_IS_DELETED")
        self.kept.append((record_id, file.path, file.content))
        self.titles[file.path] = file.title
        if self.lost_answers:
            raise self.lost_answers.pop(0)
        return f"068{len(self.kept) - 1:012d}AAA"

    def _check(self, grant: Grant) -> None:
        if grant.access_token != self.org.good_token:
            raise SessionExpired("Session expired or invalid")

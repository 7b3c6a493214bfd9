"""Files on servers and on records, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from switchhook.domain.connection import Grant
from switchhook.domain.errors import Permanent
from switchhook.ports.org import FetchedFile, Moved, NewFile


@dataclass
class FakeFiles:
    """The ports FileFetcher and FileStore; `served` is what there is to fetch, by address."""

    served: dict[str, bytes] = field(default_factory=dict)
    stored: dict[tuple[str, str], NewFile] = field(default_factory=dict)

    def fetch(self, url: str, *, most_bytes: int, within_s: float) -> FetchedFile | Moved:
        assert within_s > 0
        content = self.served.get(url)
        if content is None:
            raise Permanent("its server does not have it (404)", code="not_there")
        if len(content) > most_bytes:
            raise Permanent("it is too large", code="too_large")
        return FetchedFile(content=content, content_type="image/png")

    def find(self, _grant: Grant, record_id: str, paths: Sequence[str]) -> Mapping[str, str]:
        return {path: f"068{path}" for path in paths if (record_id, path) in self.stored}

    def upload(self, _grant: Grant, record_id: str, file: NewFile) -> str:
        self.stored[(record_id, file.path)] = file
        return f"068{file.path}"

    def names_on(self, record_id: str) -> list[str]:
        return [file.title for (on, _), file in self.stored.items() if on == record_id]

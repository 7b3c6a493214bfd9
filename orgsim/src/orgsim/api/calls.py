"""What a data call and its answer are, apart from HTTP."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, unquote

from orgsim.rules import WriteOptions

__all__ = [
    "ApiAnswer",
    "ApiCall",
    "Params",
    "RawBody",
    "read_params",
    "split_path",
    "write_options",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One call to `/services/data/v<version>/...`, sent alone or as part of a composite.

    `segments` are the decoded parts of the path after the version, `headers` have lower-case names,
    `body` is parsed JSON, the bytes of a bulk upload or None, `origin` the address that absolute
    links begin with.
    """

    method: str
    version: str
    segments: tuple[str, ...]
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: object
    options: WriteOptions
    origin: str

    @property
    def user_id(self) -> str:
        """The user on whose behalf the call is made."""
        return self.options.user_id

    @property
    def base(self) -> str:
        """The path that relative links begin with."""
        return f"/services/data/v{self.version}"

    def with_options(self, options: WriteOptions) -> "ApiCall":
        """Return the call with other options."""
        return replace(self, options=options)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawBody:
    """An answer's body that is not JSON."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAnswer:
    """What a call is answered with; a body of None stands for an empty one.

    `calls` is how many API calls it has cost.
    """

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    calls: int = 1


def split_path(raw_path: str) -> tuple[str, ...]:
    """Return the decoded segments of a path; an encoded slash stays inside its segment."""
    return tuple(unquote(part) for part in raw_path.split("/") if part)


class Params(dict[str, str]):
    """The parameters of an address; of a repeated one the last, and with `every` all of them."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Keep the pairs as they came."""
        self._pairs = tuple(pairs)
        super().__init__(self._pairs)

    def every(self, name: str) -> list[str]:
        """Return each value of a parameter, in order."""
        return [value for known, value in self._pairs if known == name]


def read_params(query_string: str) -> Params:
    """Return the parameters of a query string; `+` and `%20` are spaces, the last one wins."""
    return Params(parse_qsl(query_string, keep_blank_values=True))


def write_options(
    user_id: str, version: str, headers: Mapping[str, str], locked: str | None = None
) -> WriteOptions:
    """Return what the headers of a request ask of a write."""
    duplicates = headers.get("sforce-duplicate-rule-header", "")
    wanted = {part.strip().lower().replace(" ", "") for part in duplicates.split(";")}
    return WriteOptions(
        user_id=user_id,
        version=version,
        auto_assign=headers.get("sforce-auto-assign", "TRUE").strip().upper() != "FALSE",
        allow_duplicates="allowsave=true" in wanted,
        locked=locked,
    )

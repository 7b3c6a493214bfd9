"""What a SOQL or SOSL text says, before anyone asks whether the org has such objects and fields."""

from dataclasses import dataclass
from enum import StrEnum

# Functions that select fields of records; every other one makes groups of them.
FIELD_CALLS = frozenset({"FIELDS", "TOLABEL"})

# How the name of a function ends whose argument goes through convertTimezone().
CONVERTED = "(CONVERTTIMEZONE)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A field as written, such as `Account.Owner.Name`, and its first character's offset."""

    parts: tuple[str, ...]
    offset: int

    @property
    def text(self) -> str:
        """The path with single dots and no spaces."""
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function as written, such as `COUNT(Id)`; `name` is in upper case.

    A function inside it belongs to its name: that of `DAY_ONLY(convertTimezone(CreatedDate))` is
    `DAY_ONLY(CONVERTTIMEZONE)`, so that nothing takes it for `DAY_ONLY`.
    """

    name: str
    argument: Path | None
    offset: int

    @property
    def text(self) -> str:
        """The function as answers name it, such as `count(Id)`."""
        outer, nested, inner = self.name.lower().removesuffix(")").partition("(")
        argument = self.argument.text if self.argument else ""
        return f"{outer}({inner}({argument}))" if nested else f"{outer}({argument})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One entry of the SELECT list that is not a subquery."""

    what: Path | Call
    alias: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The fields that a TYPEOF selects of one object, which `source` names."""

    source: Path
    fields: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeOf:
    """A TYPEOF of the SELECT list; `otherwise` is empty without an ELSE."""

    relation: Path
    whens: tuple[When, ...]
    otherwise: tuple[Path, ...]


class LiteralKind(StrEnum):
    """The forms a value can be written in."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NULL = "null"
    DATE = "date"
    DATETIME = "datetime"
    DATE_WORD = "date word"


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A value as written; strings keep their escapes but not their quotes."""

    kind: LiteralKind
    text: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A field against one value."""

    left: Path | Call
    operator: str
    right: Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A field against a list of values or against the one column of a semi-join."""

    left: Path | Call
    negated: bool
    members: "tuple[Literal, ...] | Query"
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Negation:
    """NOT of a condition; `depth` bounds the recursion of whoever walks it."""

    term: "Condition"
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Junction:
    """Conditions joined by one word, `AND` or `OR`."""

    word: str
    terms: "tuple[Condition, ...]"
    depth: int


type Condition = Comparison | Membership | Negation | Junction


def depth_of(condition: Condition | None) -> int:
    """Return how deep a walker of the condition has to go."""
    return 1 if condition is None or isinstance(condition, Comparison) else condition.depth


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """One entry of ORDER BY."""

    what: Path | Call
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A SELECT, at the top, in the SELECT list (a child subquery) or in a semi-join.

    `calls` are the functions of the SELECT list that are not a way to name fields.
    """

    columns: "tuple[Column | TypeOf | Query, ...]"
    source: Path
    alias: str | None
    where: Condition | None
    group_by: tuple[Path | Call, ...]
    order_by: tuple[Ordering, ...]
    limit: int | None
    offset: int | None
    all_rows: bool
    having: Condition | None = None
    scope: Path | None = None
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    """One object of a SOSL RETURNING clause."""

    source: Path
    columns: tuple[Column, ...]
    where: Condition | None
    order_by: tuple[Ordering, ...]
    limit: int | None
    offset: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A SOSL statement; `text` is what stands between the braces, escapes included."""

    text: str
    text_offset: int
    group: str
    returning: tuple[Returning, ...]
    limit: int | None

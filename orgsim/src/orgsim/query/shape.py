"""How rows of SQL become the records of an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orgsim.schema import put_together

__all__ = [
    "Cell",
    "ChildRows",
    "Compound",
    "Leaf",
    "Record",
    "RecordShape",
    "SoqlResult",
    "Subquery",
    "TypedShape",
]

type Cell = str | int | float | None
type Record = dict[str, object]

# Per subquery: the answer of each parent record that has children, by the parent's id.
type ChildRows = Sequence[Mapping[str, Record]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoqlResult:
    """The whole answer to a query before it is cut into pages.

    `total_size` counts rows; `records` is empty for `SELECT count()`. `long_text` tells that a long
    text field was asked for, for which Salesforce makes smaller pages.
    """

    total_size: int
    records: list[Record]
    long_text: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A field: the column it is read from, and whether it is a boolean (stored as 0 or 1).

    `labels` are what toLabel shows instead of the stored values. `content` marks the content of a
    file, which an answer shows by its address.
    """

    column: int
    boolean: bool
    labels: Mapping[Cell, str] | None = None
    content: bool = False

    def read(self, row: Sequence[Cell]) -> object:
        """Return the JSON value of the field."""
        cell = row[self.column]
        if self.labels is not None:
            return self.labels.get(cell, cell)
        return bool(cell) if self.boolean else cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """A field made of others, such as an address: the columns of its parts by their keys."""

    columns: Mapping[str, int]

    def read(self, row: Sequence[Cell]) -> object:
        """Return the parts as a JSON object, or None where all of them are empty."""
        return put_together({key: row[column] for key, column in self.columns.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Subquery:
    """A child subquery: its place among the subqueries of the SELECT."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordShape:
    """A record, at the top or behind a parent relation, and what it holds in answer order.

    `entity` is the type that a record claims to be (`Name` behind a relation to several objects);
    `type_column` tells the real one, which the url names, where `entity` does not.
    """

    entity: str
    id_column: int
    type_column: int | None = None
    entries: "dict[str, Leaf | Compound | Subquery | RecordShape | TypedShape]" = field(
        default_factory=dict
    )

    def read(self, row: Sequence[Cell], base_url: str, children: ChildRows) -> Record | None:
        """Return the record, or None where the parent is missing."""
        record_id = row[self.id_column]
        if record_id is None:
            return None
        kind = self.entity if self.type_column is None else row[self.type_column]
        record: Record = {
            "attributes": {"type": self.entity, "url": f"{base_url}/sobjects/{kind}/{record_id}"}
        }
        for name, entry in self.entries.items():
            match entry:
                case Leaf(content=True):
                    missing = row[entry.column] is None
                    record[name] = (
                        None if missing else f"{base_url}/sobjects/{kind}/{record_id}/{name}"
                    )
                case Leaf() | Compound():
                    record[name] = entry.read(row)
                case Subquery(number=number):
                    record[name] = children[number].get(str(record_id))
                case RecordShape() | TypedShape():
                    record[name] = entry.read(row, base_url, children)
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedShape:
    """A parent under TYPEOF: its shape depends on which object it is of.

    Without a fitting branch and without ELSE there is no record.
    """

    type_column: int
    shapes: Mapping[str, RecordShape]
    otherwise: RecordShape | None

    def read(self, row: Sequence[Cell], base_url: str, children: ChildRows) -> Record | None:
        """Return the parent as the branch for its object shows it, or None."""
        kind = row[self.type_column]
        shape = self.shapes.get(str(kind), self.otherwise)
        return None if shape is None else shape.read(row, base_url, children)

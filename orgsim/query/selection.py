"""The SELECT list: which SQL columns to read, and the shape of the records made of them."""

from orgsim.errors import ApiError, not_supported
from orgsim.query.context import Asking
from orgsim.query.shape import Leaf, RecordShape, Subquery
from orgsim.query.syntax import Call, Column, Path, Query
from orgsim.query.tables import Place, Spot, Tables

__all__ = ["Grouping", "Selection", "sort_sql"]

_MOST_WITH_FIELDS_CALL = 200
_NUMBERS = frozenset({"int", "double", "currency"})
_AGGREGATES = {
    "COUNT": "count({})",
    "COUNT_DISTINCT": "count(DISTINCT {})",
    "MIN": "min({})",
    "MAX": "max({})",
    "SUM": "sum({})",
    "AVG": "avg({})",
}


class Selection:
    """The columns of a SELECT without functions."""

    def __init__(self, asking: Asking, tables: Tables) -> None:
        """Begin with the record's own id, which every answer needs for its url."""
        self._asking = asking
        self._tables = tables
        self._columns: dict[str, int] = {}
        self._subqueries = 0
        self.long_text = False
        root = tables.root
        self.shape = RecordShape(entity=root.entity, id_column=self.column(root.id_sql()))

    def column(self, sql: str) -> int:
        """Return the position of an expression in the SELECT, adding it once."""
        return self._columns.setdefault(sql, len(self._columns))

    def columns_sql(self) -> str:
        """Return the SELECT list."""
        return ", ".join(self._columns)

    def add(self, column: Column, limit: int | None) -> None:
        """Add a field, or every field that `FIELDS(...)` stands for."""
        if isinstance(column.what, Call):
            for path in self._every_field(column.what, limit):
                self._add_path(path)
            return
        if column.alias is not None:
            raise self._asking.complaint(
                "MALFORMED_QUERY",
                column.what.offset,
                "only aggregate expressions use field aliasing",
            )
        self._add_path(column.what)

    def add_subquery(self, name: str, query: Query) -> None:
        """Add a child subquery under the name of its relation."""
        if name in self.shape.entries:
            raise self._duplicate(name, query.source)
        self.shape.entries[name] = Subquery(number=self._subqueries)
        self._subqueries += 1

    def _add_path(self, path: Path) -> None:
        place = self._tables.place(path)
        shape = self._parent_shape(place)
        if place.field.name in shape.entries:
            raise self._duplicate(path.text, path)
        shape.entries[place.field.name] = Leaf(
            column=self.column(place.sql), boolean=place.field.type == "boolean"
        )
        if place.field.type == "textarea" and not place.field.filterable:
            self.long_text = True

    def _parent_shape(self, place: Place) -> RecordShape:
        """Return the record that holds a field, adding the parents on the way to it."""
        shape = self.shape
        for depth in range(1, len(place.relations) + 1):
            spot = self._tables.spot(place.relations[:depth])
            name = place.relations[depth - 1]
            known = shape.entries.get(name)
            if not isinstance(known, RecordShape):
                known = self._shape_of(spot)
                shape.entries[name] = known
            shape = known
        return shape

    def _shape_of(self, spot: Spot) -> RecordShape:
        return RecordShape(
            entity=spot.entity,
            id_column=self.column(spot.id_sql()),
            type_column=self.column(spot.type_sql()) if spot.polymorphic else None,
        )

    def _every_field(self, call: Call, limit: int | None) -> list[Path]:
        """Return the paths that FIELDS(ALL), FIELDS(STANDARD) or FIELDS(CUSTOM) stands for."""
        which = call.argument.text.upper() if call.argument else ""
        if call.name != "FIELDS" or which not in {"ALL", "STANDARD", "CUSTOM"}:
            raise self._tables.call_error(call)
        if which != "STANDARD" and (limit is None or limit > _MOST_WITH_FIELDS_CALL):
            raise self._asking.complaint(
                "MALFORMED_QUERY",
                call.offset,
                f"The SOQL FIELDS function must have a LIMIT of at most {_MOST_WITH_FIELDS_CALL}",
            )
        return [
            Path(parts=(field.name,), offset=call.offset)
            for field in self._tables.sobject.fields.values()
            if which == "ALL" or field.custom == (which == "CUSTOM")
        ]

    def _duplicate(self, name: str, path: Path) -> ApiError:
        return self._asking.complaint(
            "INVALID_FIELD", path.offset, f"duplicate field selected: {name}"
        )


class Grouping:
    """The columns of a SELECT with functions or GROUP BY, answered as AggregateResult."""

    def __init__(self, asking: Asking, tables: Tables, group_by: tuple[Path | Call, ...]) -> None:
        """Resolve what is grouped; each field of the SELECT list must be among it."""
        self._asking = asking
        self._tables = tables
        self._columns: list[str] = []
        self._expressions = 0
        self._groups = [self._group(what) for what in group_by]
        self.entries: dict[str, Leaf] = {}

    def columns_sql(self) -> str:
        """Return the SELECT list."""
        return ", ".join(self._columns)

    def group_sql(self) -> str:
        """Return the GROUP BY clause, empty when everything is one group."""
        return f" GROUP BY {', '.join(self._groups)}" if self._groups else ""

    def add(self, column: Column) -> None:
        """Add a grouped field or an aggregate; unnamed aggregates are `expr0`, `expr1` ..."""
        if isinstance(column.what, Call):
            sql, boolean = self.aggregate(column.what), False
            name = column.alias
            if name is None:
                name = f"expr{self._expressions}"
                self._expressions += 1
        else:
            place = self._grouped(column.what)
            sql, boolean = place.sql, place.field.type == "boolean"
            name = column.alias or place.field.name
        if name in self.entries:
            raise self._asking.complaint(
                "MALFORMED_QUERY", column.what.offset, f"duplicate alias: {name}"
            )
        self.entries[name] = Leaf(column=len(self._columns), boolean=boolean)
        self._columns.append(sql)

    def order(self, what: Path | Call) -> str:
        """Return the expression that an entry of ORDER BY sorts by."""
        return self.aggregate(what) if isinstance(what, Call) else sort_sql(self._grouped(what))

    def aggregate(self, call: Call) -> str:
        """Return an aggregate function as SQL."""
        template = _AGGREGATES.get(call.name)
        if template is None:
            raise self._tables.call_error(call)
        if call.argument is None:
            raise self._asking.complaint(
                "MALFORMED_QUERY", call.offset, f"unexpected token: '{call.name}'"
            )
        place = self._tables.place(call.argument)
        numeric_only = call.name in {"SUM", "AVG"}
        allowed = place.field.type in _NUMBERS if numeric_only else place.field.type != "boolean"
        if not (allowed and place.field.filterable):
            raise self._asking.complaint(
                "INVALID_FIELD",
                call.argument.offset,
                f"field {place.field.name} does not support aggregate operator {call.name}",
            )
        return template.format(sort_sql(place))

    def _group(self, what: Path | Call) -> str:
        if isinstance(what, Call):
            raise not_supported(f"{what.name}() in GROUP BY")
        place = self._tables.place(what)
        if not place.field.groupable:
            raise self._asking.complaint(
                "INVALID_FIELD",
                place.offset,
                f"field '{place.field.name}' can not be grouped in a query call",
            )
        return sort_sql(place)

    def _grouped(self, path: Path) -> Place:
        """Return a field that is one of the groups."""
        place = self._tables.place(path)
        if sort_sql(place) not in self._groups:
            raise self._asking.complaint(
                "MALFORMED_QUERY",
                path.offset,
                f"Field must be grouped or aggregated: {path.text}",
            )
        return place


def sort_sql(place: Place) -> str:
    """Return a field with the collation by which Salesforce groups and sorts text."""
    ignores_case = place.field.is_text and not place.field.case_sensitive
    return f"{place.sql} COLLATE NOCASE" if ignores_case else place.sql

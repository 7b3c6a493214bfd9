"""The columns, groups and HAVING of a SELECT that is answered with AggregateResults."""

from dataclasses import replace

from orgsim.query.context import Asking
from orgsim.query.functions import computed, is_date_function
from orgsim.query.selection import sort_sql
from orgsim.query.shape import Leaf
from orgsim.query.syntax import Call, Column, Path
from orgsim.query.tables import Place, Tables
from orgsim.schema import Field

__all__ = ["Grouping"]

_NUMBERS = frozenset({"int", "double", "currency"})
_AGGREGATES = {
    "COUNT": "count({})",
    "COUNT_DISTINCT": "count(DISTINCT {})",
    "MIN": "min({})",
    "MAX": "max({})",
    "SUM": "sum({})",
    "AVG": "avg({})",
}
_RESULT_TYPES = {"COUNT": "int", "COUNT_DISTINCT": "int", "SUM": "double", "AVG": "double"}


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
        place = self.place(column.what)
        name = column.alias or place.field.name
        if column.alias is None and isinstance(column.what, Call):
            name = f"expr{self._expressions}"
            self._expressions += 1
        if name in self.entries:
            raise self._asking.complaint(
                "MALFORMED_QUERY", column.what.offset, f"duplicate alias: {name}"
            )
        self.entries[name] = Leaf(column=len(self._columns), boolean=place.field.type == "boolean")
        self._columns.append(place.sql)

    def order(self, what: Path | Call) -> str:
        """Return the expression that an entry of ORDER BY sorts by."""
        place = self.place(what)
        return place.sql if isinstance(what, Call) else sort_sql(place)

    def place(self, what: Path | Call) -> Place:
        """Return a grouped field, a grouped date function or an aggregate as a value."""
        if isinstance(what, Path):
            return self._grouped(what)
        return self._grouped_function(what) if is_date_function(what) else self._aggregate(what)

    def _aggregate(self, call: Call) -> Place:
        """Return an aggregate function; counts are whole numbers, sums and means are not."""
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
        if not (allowed and place.field.filterable) or place.field.components:
            raise self._asking.complaint(
                "MALFORMED_QUERY",
                call.argument.offset,
                f"field {place.field.name} does not support aggregate operator {call.name}",
            )
        kind = _RESULT_TYPES.get(call.name, place.field.type)
        field = Field(name=call.text, label=call.text, type=kind)
        return replace(place, sql=template.format(sort_sql(place)), field=field, relations=())

    def _group(self, what: Path | Call) -> str:
        if isinstance(what, Call):
            return computed(self._asking, self._tables, what).sql
        place = self._tables.place(what)
        if not place.field.groupable:
            raise self._asking.complaint(
                "MALFORMED_QUERY",
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

    def _grouped_function(self, call: Call) -> Place:
        """Return a date function that is grouped, or whose field is a day that is grouped."""
        place = computed(self._asking, self._tables, call)
        assert call.argument is not None
        field = self._tables.place(call.argument)
        by_day = field.field.type == "date" and sort_sql(field) in self._groups
        if place.sql not in self._groups and not by_day:
            raise self._asking.complaint(
                "MALFORMED_QUERY",
                call.offset,
                f"Field must be grouped or aggregated: {call.argument.text}",
            )
        return place

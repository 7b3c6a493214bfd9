"""The parts of SQL that every SELECT of one statement is put together from, and running it.

Texts in the SQL come from the org's schema and from this package; whatever a caller wrote is bound.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from orgsim.errors import ApiError, not_supported
from orgsim.query.conditions import FOLD, Conditions, SemiJoin
from orgsim.query.context import Asking, Bound, Sql
from orgsim.query.functions import LOCAL, computed
from orgsim.query.grouping import Grouping
from orgsim.query.reading import MALFORMED_QUERY, too_complicated
from orgsim.query.selection import sort_sql
from orgsim.query.shape import Cell
from orgsim.query.syntax import Call, Column, Condition, Ordering, Path, Query
from orgsim.query.tables import Place, Tables, type_error
from orgsim.schema import SObject

__all__ = ["Statement", "among", "order_sql", "select_sql"]

_LARGEST_OFFSET = 2000
_AMONG = "IN (SELECT value FROM json_each(?))"
# SQLite's words for a statement beyond its own limits.
_TOO_MUCH = ("too large", "too many", "stack overflow", "too complex")


class Statement:
    """One SOQL or SOSL statement on its way through the database."""

    def __init__(self, asking: Asking, conn: sqlite3.Connection, *, all_rows: bool) -> None:
        """Read through `conn`; `all_rows` also finds deleted records."""
        self.asking = asking
        self._conn = conn
        self._all_rows = all_rows

    @property
    def base_url(self) -> str:
        """The path that the urls of records begin with."""
        return f"/services/data/v{self.asking.api_version}"

    def sobject(self, source: Path) -> SObject:
        """Return the object that a FROM names; raises ApiError INVALID_TYPE."""
        sobject = self.asking.schema.sobject(source.text)
        if sobject is None:
            raise type_error(self.asking, source)
        return sobject

    def tables(self, query: Query, sobject: SObject) -> Tables:
        """Return the tables of a SELECT, to which its paths add their joins."""
        return Tables(self.asking, sobject, (query.alias, query.source.text))

    def where(self, query: Query, tables: Tables, *within: Sql) -> Sql:
        """Return WHERE: what the viewer sees, each of `within`, and the query's own condition."""

        def semi_join(inner: Query) -> Sql:
            return self._semi_join(inner, tables.sobject)

        return self._where(query, tables, within, semi_join)

    def having(self, condition: Condition | None, grouping: Grouping) -> Sql:
        """Return HAVING, empty when there is none."""
        if condition is None:
            return "", []

        def semi_join(inner: Query) -> Sql:
            raise self._complaint(inner, "Semi-joins are only supported in WHERE clauses")

        sql, bound = Conditions(self.asking, grouping.place, semi_join).compile(condition)
        return f"HAVING {sql}", bound

    def _where(
        self, query: Query, tables: Tables, within: tuple[Sql, ...], semi_join: SemiJoin
    ) -> Sql:
        terms = [self.asking.visible(tables.sobject, "t0", all_rows=self._all_rows), *within]
        if query.scope is not None:
            terms.append(self._scope(query.scope, tables.sobject))
        if query.where is not None:

            def resolve(what: Path | Call) -> Place:
                if isinstance(what, Call):
                    return computed(self.asking, tables, what)
                return tables.place(what)

            terms.append(Conditions(self.asking, resolve, semi_join).compile(query.where))
        sql = " AND ".join(term for term, _ in terms)
        return sql, [value for _, bound in terms for value in bound]

    def _scope(self, scope: Path, sobject: SObject) -> Sql:
        """Return the rows that USING SCOPE asks for."""
        match scope.text.lower():
            case "everything":
                return "1", []
            case "mine" if sobject.owned:
                return "t0.OwnerId = ?", [self.asking.viewer_id]
            case _:
                raise not_supported(f"USING SCOPE {scope.text} of {sobject.name}")

    def order(self, order_by: tuple[Ordering, ...], tables: Tables) -> str:
        """Return ORDER BY of a query without functions."""
        sorted_by: list[tuple[str, Ordering]] = []
        for entry in order_by:
            place = tables.place(entry.what)  # functions sort groups only
            if not place.field.sortable:
                raise self.asking.complaint(
                    MALFORMED_QUERY,
                    place.offset,
                    f"field '{place.field.name}' can not be sorted in a query call",
                )
            sorted_by.append((sort_sql(place), entry))
        return order_sql(sorted_by)

    def slice(self, query: Query) -> str:
        """Return LIMIT and OFFSET; both are numbers by the grammar."""
        if query.offset is not None and query.offset > _LARGEST_OFFSET:
            raise ApiError(
                400,
                "NUMBER_OUTSIDE_VALID_RANGE",
                f"Maximum SOQL offset allowed is {_LARGEST_OFFSET}",
            )
        if query.limit is None and query.offset is None:
            return ""
        limit = -1 if query.limit is None else query.limit
        return f"LIMIT {limit} OFFSET {query.offset or 0}"

    def run(self, sql: str, bound: list[Bound]) -> list[Sequence[Cell]]:
        """Run a SELECT and return its rows; raises ApiError QUERY_TOO_COMPLICATED."""
        if FOLD in sql:
            _define_fold(self._conn)
        if LOCAL in sql:  # each asker has a zone of his own
            self._conn.create_function(LOCAL, 1, self.asking.days.local_text, deterministic=True)
        try:
            return self._conn.execute(sql, bound).fetchall()
        except sqlite3.OperationalError as error:
            if any(words in str(error) for words in _TOO_MUCH):
                raise too_complicated() from error
            raise

    def _semi_join(self, query: Query, outer: SObject) -> Sql:
        """Compile the query inside IN: the ids in its one column, nulls left out."""
        sobject = self.sobject(query.source)
        column = query.columns[0]
        rest = (query.columns[1:], query.group_by, query.order_by, query.limit, query.offset)
        if not isinstance(column, Column) or any(rest):
            raise self._complaint(
                query, "A semi join selects one ID or reference field and has no ORDER BY or LIMIT"
            )
        if sobject is outer:
            raise self._complaint(
                query, "The inner and outer selects should not be on the same object type"
            )
        tables = self.tables(query, sobject)
        place = tables.place(column.what)
        if place.field.type not in {"id", "reference"} or place.relations:
            raise self.asking.complaint(
                MALFORMED_QUERY,
                place.offset,
                "The selected field of a semi join must be an ID or a reference field of "
                f"{sobject.name}, not '{column.what.text}'",
            )
        named = ((f"{place.sql} IS NOT NULL", list[Bound]()),)
        sql, bound = self._where(query, tables, named, self._nested)
        return select_sql(place.sql, tables, sql), bound

    def _nested(self, query: Query) -> Sql:
        raise self._complaint(query, "Nesting of semi join sub-selects is not supported")

    def _complaint(self, query: Query, sentence: str) -> ApiError:
        return self.asking.complaint(MALFORMED_QUERY, query.source.offset, sentence)


def among(column: str, ids: Iterable[str]) -> Sql:
    """Return the condition that an id is among given ones, however many."""
    return f"{column} {_AMONG}", [json.dumps(list(ids))]


def select_sql(columns: str, tables: Tables, where: str, *tail: str) -> str:
    """Return a SELECT; call it when every path is resolved, since each may add a join."""
    return " ".join(("SELECT", columns, "FROM", tables.from_sql(), "WHERE", where, *tail))


def order_sql(entries: list[tuple[str, Ordering]]) -> str:
    """Return ORDER BY; nulls come first in either direction unless the query says otherwise."""
    if not entries:
        return ""
    terms = (
        f"{sql} {'DESC' if entry.descending else 'ASC'} "
        f"NULLS {'LAST' if entry.nulls_last else 'FIRST'}"
        for sql, entry in entries
    )
    return f"ORDER BY {', '.join(terms)}"


def _define_fold(conn: sqlite3.Connection) -> None:
    """Give a connection the function that lower-cases beyond ASCII, once."""
    try:
        conn.execute(f"SELECT {FOLD}('')")
    except sqlite3.OperationalError:
        conn.create_function(FOLD, 1, _lowered, deterministic=True)


def _lowered(text: str | None) -> str | None:
    return None if text is None else text.lower()

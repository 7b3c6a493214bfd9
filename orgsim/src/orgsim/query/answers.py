"""Answers SELECTs: records, counts, groups and the children of records."""

from typing import TYPE_CHECKING

from orgsim.errors import ApiError, not_supported
from orgsim.query.context import Sql
from orgsim.query.grouping import Grouping
from orgsim.query.reading import MALFORMED_QUERY, too_complicated
from orgsim.query.selection import Selection
from orgsim.query.shape import Cell, Record, SoqlResult
from orgsim.query.statement import Statement, among, order_sql, select_sql
from orgsim.query.syntax import Column, Query, TypeOf
from orgsim.query.tables import SEE_DESCRIBE
from orgsim.schema import ChildRelationship, SObject

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["answer", "child_relation", "matching_records"]

_MOST_SUBQUERIES = 20
_MOST_GROUPS = 2000
_TOO_MANY_GROUPS = (
    "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single "
    "batch"
)
_COUNT_ROWS = "SELECT count(*) FROM ({})"


def answer(statement: Statement, query: Query) -> SoqlResult:
    """Answer the SELECT at the top of a query."""
    sobject = statement.sobject(query.source)
    calls = query.calls
    if any(call.name == "COUNT" and call.argument is None for call in calls):
        return _count(statement, query, sobject)
    if query.group_by or calls:
        return _groups(statement, query, sobject)
    return matching_records(statement, query, sobject)


def matching_records(
    statement: Statement, query: Query, sobject: SObject, *within: Sql
) -> SoqlResult:
    """Return the records of a SELECT without functions that also fulfil each of `within`."""
    tables = statement.tables(query, sobject)
    selection = Selection(statement.asking, tables)
    subqueries = _select(statement, selection, query, sobject)
    sql, bound = statement.where(query, tables, *within)
    order = statement.order(query.order_by, tables)
    rows = statement.run(
        select_sql(selection.columns_sql(), tables, sql, order, statement.slice(query)), bound
    )
    parents = [str(row[selection.shape.id_column]) for row in rows]
    children = [_children(statement, child, relation, parents) for child, relation in subqueries]
    read = (selection.shape.read(row, statement.base_url, children) for row in rows)
    records = [record for record in read if record is not None]
    return SoqlResult(total_size=len(records), records=records, long_text=selection.long_text)


def _count(statement: Statement, query: Query, sobject: SObject) -> SoqlResult:
    """Answer `SELECT count()`: the number of rows is the whole answer."""
    if len(query.columns) > 1 or query.group_by or query.order_by:
        raise statement.asking.complaint(
            MALFORMED_QUERY,
            query.source.offset,
            "count() must be the only element of the select list, without GROUP BY or ORDER BY",
        )
    tables = statement.tables(query, sobject)
    sql, bound = statement.where(query, tables)
    counted = select_sql("1", tables, sql, statement.slice(query))
    rows = statement.run(_COUNT_ROWS.format(counted), bound)
    return SoqlResult(total_size=int(rows[0][0] or 0), records=[], long_text=False)


def _groups(statement: Statement, query: Query, sobject: SObject) -> SoqlResult:
    """Answer a SELECT with functions or GROUP BY."""
    tables = statement.tables(query, sobject)
    grouping = Grouping(statement.asking, tables, query.group_by)
    for column in query.columns:
        if not isinstance(column, Column):
            what = column.source if isinstance(column, Query) else column.relation
            raise statement.asking.complaint(
                MALFORMED_QUERY, what.offset, "a grouped query has no subqueries and no TYPEOF"
            )
        grouping.add(column)
    if not query.group_by and query.limit is not None:
        raise statement.asking.complaint(
            MALFORMED_QUERY,
            query.source.offset,
            "Non-grouped query that uses overall aggregate functions cannot also use LIMIT",
        )
    sql, bound = statement.where(query, tables)
    having, having_bound = statement.having(query.having, grouping)
    order = order_sql([(grouping.order(entry.what), entry) for entry in query.order_by])
    tail = (grouping.group_sql(), having, order, statement.slice(query))
    rows = statement.run(
        select_sql(grouping.columns_sql(), tables, sql, *tail), [*bound, *having_bound]
    )
    if len(rows) > _MOST_GROUPS:
        raise ApiError(400, "EXCEEDED_ID_LIMIT", _TOO_MANY_GROUPS)
    records: list[Record] = [
        {"attributes": {"type": "AggregateResult"}}
        | {name: leaf.read(row) for name, leaf in grouping.entries.items()}
        for row in rows
    ]
    return SoqlResult(total_size=len(records), records=records, long_text=False)


def _select(
    statement: Statement, selection: Selection, query: Query, sobject: SObject
) -> list[tuple[Query, ChildRelationship]]:
    """Fill the SELECT list and return the child subqueries in it."""
    subqueries: list[tuple[Query, ChildRelationship]] = []
    for column in query.columns:
        if isinstance(column, Column):
            selection.add(column, query.limit)
            continue
        if isinstance(column, TypeOf):
            selection.add_type_of(column)
            continue
        relation = child_relation(statement, column, sobject)
        selection.add_subquery(relation.name or column.source.text)
        subqueries.append((column, relation))
    if len(subqueries) > _MOST_SUBQUERIES:
        raise too_complicated()
    return subqueries


def child_relation(statement: Statement, query: Query, sobject: SObject) -> ChildRelationship:
    """Return the relation that a child subquery names."""
    if any(isinstance(column, Query) for column in query.columns):
        raise not_supported("a subquery inside a subquery")
    relation = sobject.children(query.source.text)
    if relation is None or statement.asking.schema.sobject(relation.child) is None:
        raise statement.asking.complaint(
            "INVALID_TYPE",
            query.source.offset,
            f"Didn't understand relationship '{query.source.text}' in FROM part of query call. If "
            "you are attempting to use a custom relationship, be sure to append the '__r' after "
            f"the custom relationship name. {SEE_DESCRIBE}",
        )
    return relation


def _children(
    statement: Statement, query: Query, relation: ChildRelationship, parents: list[str]
) -> dict[str, Record]:
    """Return each parent's answer to a child subquery, by the parent's id."""
    child = statement.asking.schema.sobject(relation.child)
    assert child is not None
    _refuse_groups(statement, query)
    tables = statement.tables(query, child)
    selection = Selection(statement.asking, tables)
    _select(statement, selection, query, child)
    key = f"t0.{relation.field}"
    parent_column = selection.column(key)
    sql, bound = statement.where(query, tables, among(key, parents))
    order = statement.order(query.order_by, tables)
    statement.slice(query)  # refuses an offset out of range; the rows are cut per parent below
    rows = statement.run(select_sql(selection.columns_sql(), tables, sql, order), bound)
    families: dict[str, list[Sequence[Cell]]] = {}
    for row in rows:
        families.setdefault(str(row[parent_column]), []).append(row)
    first = query.offset or 0
    last = None if query.limit is None else first + query.limit
    answers: dict[str, Record] = {}
    for parent, family in families.items():
        shown = [selection.shape.read(row, statement.base_url, ()) for row in family[first:last]]
        if shown:
            answers[parent] = {"totalSize": len(shown), "done": True, "records": shown}
    return answers


def _refuse_groups(statement: Statement, query: Query) -> None:
    """Refuse functions and groups in a child subquery."""
    grouped = (*query.calls, *query.group_by)
    if grouped:
        raise statement.asking.complaint(
            MALFORMED_QUERY,
            grouped[0].offset,
            "only root queries support aggregate expressions",
        )

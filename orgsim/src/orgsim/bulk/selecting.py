"""Answers SOQL as a table, and refuses what Salesforce's bulk queries refuse."""

from collections.abc import Mapping
from dataclasses import dataclass

from orgsim.errors import ApiError, not_supported
from orgsim.query.reading import read_query
from orgsim.query.soql import run_soql
from orgsim.query.syntax import Call, Column, Path, Query, TypeOf
from orgsim.schema import Field, Schema, SObject
from orgsim.store import Store
from orgsim.values import value_named

__all__ = ["BulkQuery", "Selected", "cell", "check_query", "select"]

_AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
_NOT_ENABLED = "FUNCTIONALITY_NOT_ENABLED"
_NOT_ENABLED_IN_2 = "API_ERROR"
_NOT_IN_BULK = frozenset({"TaskStatus", "TaskPriority", "CaseStatus", "LeadStatus"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkQuery:
    """A statement that bulk queries allow: its object and its columns with their fields.

    A field is None behind a relation that may lead to several objects.
    """

    text: str
    sobject: str
    columns: tuple[tuple[str, tuple[str, ...], Field | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """A whole answer: the records as they are, and as the cells of a table."""

    sobject: str
    header: list[str]
    rows: list[list[str]]
    records: list[dict[str, object]]


def check_query(store: Store, text: str, classic_type: str | None = None) -> BulkQuery:
    """Read a statement; raises ApiError for what cannot be read or is not for bulk queries.

    `classic_type` is the content type of a job of Bulk API 1.0, None for 2.0.
    """
    try:
        return _checked(store, text, classic_type)
    except ApiError as error:
        if classic_type is None and error.code == _NOT_ENABLED:
            raise ApiError(error.status, _NOT_ENABLED_IN_2, error.message) from None
        raise


def _checked(store: Store, text: str, classic_type: str | None) -> BulkQuery:
    query = read_query(text)
    sobject = store.schema.sobject(query.source.text)
    name = query.source.text if sobject is None else sobject.name
    if name in _NOT_IN_BULK:
        raise ApiError(400, "INVALIDENTITY", f"Entity '{name}' is not supported by the Bulk API.")
    _refuse_clauses(query)
    columns: list[tuple[str, tuple[str, ...], Field | None]] = []
    for column in query.columns:
        if isinstance(column, TypeOf) and classic_type == "JSON":
            _refuse_times(store.schema, column)
            continue
        path = _path(column, classic_type)
        parts = _without_alias(path, query, sobject)
        heading, field = _resolved(store.schema, sobject, parts)
        _refuse_compound(field)
        columns.append((heading, parts, field))
    return BulkQuery(text=text, sobject=name, columns=tuple(columns))


def select(
    store: Store, query: BulkQuery, viewer_id: str, *, all_rows: bool, version: str
) -> Selected:
    """Answer a statement as `viewer_id`; raises ApiError as any query does."""
    result = run_soql(
        store,
        query.text,
        viewer_id,
        all_rows=all_rows,
        now=store.now(),
        api_version=version,
    )
    rows = [
        [cell(_value(record, parts), field) for _, parts, field in query.columns]
        for record in result.records
    ]
    header = [heading for heading, _, _ in query.columns]
    return Selected(sobject=query.sobject, header=header, rows=rows, records=result.records)


def cell(value: object, field: Field | None) -> str:
    """Return a value as bulk results write it: null is empty, times are ISO 8601 with a Z."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if field is not None and field.type == "datetime":
        return str(value).replace("+0000", "Z")
    return str(value)


def _refuse_clauses(query: Query) -> None:
    if query.group_by:
        raise _refusal("GROUP BY is not supported in Bulk Query")
    if query.offset is not None:
        raise _refusal("OFFSET is not supported in Bulk Query")


def _refuse_compound(field: Field | None) -> None:
    if field is not None and field.components:
        raise _refusal("Selecting compound data not supported in Bulk Query")


def _refuse_times(schema: Schema, column: TypeOf) -> None:
    """Raise ApiError 501 for a TYPEOF with a time: which form it has in JSON is not known here."""
    for branch in column.whens:
        sobject = schema.sobject(branch.source.text)
        for path in branch.fields:
            _, field = _resolved(schema, sobject, path.parts)
            _refuse_compound(field)
            if sobject is not None and (field is None or field.type == "datetime"):
                raise not_supported(f"{path.text} in a TYPEOF of a bulk query")
    plain = {"id", "name", "firstname", "lastname", "email", "phone"}
    for path in column.otherwise:
        if path.text.lower() not in plain:
            raise not_supported(f"{path.text} in a TYPEOF of a bulk query")


def _path(column: object, classic_type: str | None) -> Path:
    """Return the path of a column; raises ApiError for all that is not a field."""
    if isinstance(column, Query):
        if classic_type == "JSON":
            raise not_supported("A subquery in a classic bulk query")
        version = "Bulk V2 Query" if classic_type is None else "Bulk Query"
        raise _refusal(f"Aggregate Relationships not supported in {version} with CSV content type")
    if not isinstance(column, Column):
        raise _refusal("TYPEOF is not supported in Bulk Query")
    if isinstance(column.what, Call):
        if column.what.name not in _AGGREGATES:
            raise not_supported(f"{column.what.name}() in a bulk query")
        raise _refusal(f"Function {column.what.name}() is not supported in Bulk Query")
    if column.alias is not None:
        raise not_supported("A column alias in a bulk query")
    return column.what


def _without_alias(path: Path, query: Query, sobject: SObject | None) -> tuple[str, ...]:
    """Return a path's steps from the object asked for."""
    names = {query.source.text.lower(), (query.alias or query.source.text).lower()}
    first = path.parts[0].lower()
    relation = sobject.relationship(first) if sobject is not None else None
    if len(path.parts) > 1 and first in names and relation is None:
        return path.parts[1:]
    return path.parts


def _resolved(
    schema: Schema, sobject: SObject | None, parts: tuple[str, ...]
) -> tuple[str, Field | None]:
    """Return the heading of a column, in the schema's spelling where it is known, and its field."""
    spelled: list[str] = []
    for step in parts[:-1]:
        relation = None if sobject is None else sobject.relationship(step)
        spelled.append(step if relation is None else relation.relationship_name or step)
        sobject = (
            None
            if relation is None or relation.polymorphic or not relation.reference_to
            else schema.sobject(relation.reference_to[0])
        )
    field = None if sobject is None else sobject.field(parts[-1])
    return ".".join([*spelled, parts[-1] if field is None else field.name]), field


def _value(record: Mapping[str, object], parts: tuple[str, ...]) -> object:
    current: object = record
    for part in parts:
        if not isinstance(current, Mapping):
            return None
        current = value_named(current, part)
    return current


def _refusal(sentence: str) -> ApiError:
    return ApiError(400, _NOT_ENABLED, sentence)

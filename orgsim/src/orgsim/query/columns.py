"""Describes the columns of a query (`columns=true`) as its answers would have them."""

from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import datetime
from typing import TYPE_CHECKING

from orgsim.errors import not_supported
from orgsim.query.answers import answer, child_relation
from orgsim.query.grouping import Grouping
from orgsim.query.reading import read_query
from orgsim.query.selection import every_field
from orgsim.query.shape import Record
from orgsim.query.soql import asking_for
from orgsim.query.statement import Statement
from orgsim.query.syntax import Call, Column, Path, Query, TypeOf
from orgsim.schema import Field, SObject

if TYPE_CHECKING:
    from orgsim.store import Store

__all__ = ["describe_columns"]

_APEX_TYPES = {
    "id": "Id",
    "reference": "Id",
    "boolean": "Boolean",
    "int": "Integer",
    "double": "Double",
    "currency": "Double",
    "date": "Date",
    "datetime": "Datetime",
}
_NUMBERS = frozenset({"int", "double", "currency"})


def describe_columns(
    store: "Store", text: str, viewer_id: str, *, now: datetime, api_version: str
) -> Record:
    """Return what a query selects without its rows; raises what answering it would raise."""
    query = read_query(text)
    with store.transaction():
        asking = asking_for(store, text, viewer_id, now=now, api_version=api_version)
        statement = Statement(asking, store.conn, all_rows=False)
        answer(statement, _without_rows(query))
        sobject = statement.sobject(query.source)
        columns = _Describer(statement, query, sobject).columns()
    return {
        "columnMetadata": [column.as_json() for column in columns],
        "entityName": sobject.name,
        "groupBy": bool(query.group_by),
        "idSelected": any(column.name == "Id" for column in columns),
        "keyPrefix": sobject.key_prefix,
    }


def _without_rows(query: Query) -> Query:
    """Return a query that is refused like the given one and reads no rows where that is possible."""
    selects_all = any(
        isinstance(column, Column) and isinstance(column.what, Call) for column in query.columns
    )
    return query if selects_all or query.limit is not None else replace(query, limit=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One column: a field, a function, or with `joined` the columns of a parent or of children."""

    name: str
    shown: str
    aggregate: bool = False
    field: Field | None = None
    writable: bool = False
    foreign_key: str | None = None
    joined: "list[_Entry]" = dataclass_field(default_factory=list)

    def as_json(self) -> Record:
        """Return the entry with the keys of Salesforce's answer (a recorded one)."""
        field = self.field
        kind = None if field is None else field.type
        plain = field is not None and not self.aggregate
        return {
            "aggregate": self.aggregate,
            "apexType": _APEX_TYPES.get(str(kind), "String") if plain else None,
            "booleanType": kind == "boolean",
            "columnName": self.name,
            "custom": field is not None and field.custom,
            "displayName": self.shown,
            "foreignKeyName": self.foreign_key,
            "insertable": self.writable and field is not None and field.createable,
            "joinColumns": [entry.as_json() for entry in self.joined],
            "numberType": kind in _NUMBERS,
            "textType": field is not None and field.is_text,
            "updatable": self.writable and field is not None and field.updateable,
        }


def _of_field(field: Field, name: str | None = None) -> _Entry:
    if field.components:
        raise not_supported(f"Describing a column of type {field.type}")
    name = name or field.name
    return _Entry(name=name, shown=name, field=field, writable=True)


class _Describer:
    """Describes the SELECT list of one query; a parent's fields are gathered at the first one."""

    def __init__(self, statement: Statement, query: Query, sobject: SObject) -> None:
        self._statement = statement
        self._query = query
        self._sobject = sobject
        self._tables = statement.tables(query, sobject)
        self._grouped = bool(query.group_by or query.calls)
        self._found: list[_Entry] = []
        self._unnamed = 0

    def columns(self) -> list[_Entry]:
        """Return one entry per column of the answer."""
        for column in self._query.columns:
            match column:
                case Query():
                    self._found.append(self._children(column))
                case TypeOf():
                    self._found.append(self._type_of(column))
                case Column(what=Call() as call, alias=alias):
                    self._add_call(call, alias)
                case Column(what=Path() as path, alias=alias):
                    self._add_path(path, alias)
        return self._found

    def _children(self, query: Query) -> _Entry:
        relation = child_relation(self._statement, query, self._sobject)
        child = self._statement.asking.schema.sobject(relation.child)
        assert child is not None, "child_relation refuses it"
        name = relation.name or query.source.text
        joined = _Describer(self._statement, query, child).columns()
        return _Entry(name=name, shown=name, aggregate=True, joined=joined)

    def _type_of(self, column: TypeOf) -> _Entry:
        """Return the parent with every field that any branch shows, each once."""
        way = self._tables.parent(column.relation)
        shown = [(way, path) for path in column.otherwise]
        for when in reversed(column.whens):
            narrowed = self._tables.narrowed(way, when.source)
            assert narrowed is not None, "the query was answered before"
            shown = [*((narrowed, path) for path in when.fields), *shown]
        fields: dict[str, _Entry] = {}
        for start, path in shown:
            place = self._tables.place_from(start, path.parts, path)
            fields.setdefault(path.text.lower(), _of_field(place.field))
        return _Entry(name=way[-1], shown=way[-1], joined=list(fields.values()))

    def _add_call(self, call: Call, alias: str | None) -> None:
        if call.name == "FIELDS":
            self._found.extend(_of_field(field) for field in every_field(self._sobject, call))
        elif call.name == "TOLABEL":
            assert call.argument is not None, "the query was answered before"
            self._add_path(call.argument, alias)
        else:
            name = alias or f"expr{self._unnamed}"
            self._unnamed += alias is None
            value = self._value_of(call)
            self._found.append(_Entry(name=name, shown=call.text, aggregate=True, field=value))

    def _value_of(self, call: Call) -> Field:
        """Return the field that a function's value is like."""
        if call.argument is None:
            return Field(name=call.text, label=call.text, type="int")
        grouping = Grouping(self._statement.asking, self._tables, self._query.group_by)
        return grouping.place(call).field

    def _add_path(self, path: Path, alias: str | None) -> None:
        place = self._tables.place(path)
        entries = self._found
        if not self._grouped:
            sobject: SObject | None = self._sobject
            for name in place.relations:
                relation = sobject.relationship(name) if sobject is not None else None
                entries = _parent(entries, name, relation)
                sobject = self._parent_object(relation)
        entries.append(_of_field(place.field, alias))

    def _parent_object(self, relation: Field | None) -> SObject | None:
        """Return the object behind a relation, None where it may be one of several."""
        if relation is None or relation.polymorphic:
            return None
        return self._statement.asking.schema.sobject(relation.reference_to[0])


def _parent(entries: list[_Entry], name: str, relation: Field | None) -> list[_Entry]:
    """Return the columns of a parent, adding the parent where it is not there yet."""
    for entry in entries:
        if entry.name == name and entry.field is None and not entry.aggregate:
            return entry.joined
    key = None if relation is None else relation.name
    entries.append(_Entry(name=name, shown=name, foreign_key=key))
    return entries[-1].joined

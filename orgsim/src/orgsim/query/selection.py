"""The SELECT list: which SQL columns to read, and the shape of the records made of them."""

from collections.abc import Mapping

from orgsim.errors import ApiError, not_supported
from orgsim.query.context import Asking
from orgsim.query.shape import Cell, Compound, Leaf, RecordShape, Subquery, TypedShape
from orgsim.query.syntax import Call, Column, Path, TypeOf, When
from orgsim.query.tables import Place, Spot, Tables, type_error
from orgsim.schema import Field, SObject

__all__ = ["Selection", "every_field", "sort_sql"]

_MOST_WITH_FIELDS_CALL = 200


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
        """Add a field, its label, or every field that `FIELDS(...)` stands for."""
        if isinstance(column.what, Call):
            if column.what.name == "TOLABEL":
                self._add_label(column.what, column.alias)
                return
            for path in self._every_field(column.what, limit):
                self._add_place(self.shape, self._tables.place(path), path)
            return
        if column.alias is not None:
            raise self._asking.complaint(
                "MALFORMED_QUERY",
                column.what.offset,
                "only aggregate expressions use field aliasing",
            )
        self._add_place(self.shape, self._tables.place(column.what), column.what)

    def add_type_of(self, column: TypeOf) -> None:
        """Add the parent of a TYPEOF with a shape for each branch."""
        way = self._tables.parent(column.relation)
        spot = self._tables.spot(way)
        if not spot.polymorphic:
            raise self._asking.complaint(
                "INVALID_FIELD",
                column.relation.offset,
                f"TYPEOF needs a relationship to several objects, not '{column.relation.text}'",
            )
        holder = self._parent_shape(self.shape, way[:-1], ())
        if isinstance(holder.entries.get(way[-1]), RecordShape):
            raise not_supported(f"{way[-1]} under TYPEOF and beside it")
        if way[-1] in holder.entries:
            raise _duplicate(column.relation.text)
        shapes: dict[str, RecordShape] = {}
        for when in column.whens:
            branch = self._branch(when, way)
            if branch.entity in shapes:
                raise _duplicate(when.source.text)
            shapes[branch.entity] = branch
        otherwise = self._shape_of(spot) if column.otherwise else None
        for path in column.otherwise:
            assert otherwise is not None
            place = self._tables.place_from(way, path.parts, path)
            self._add_place(otherwise, place, path, within=way)
        holder.entries[way[-1]] = TypedShape(
            type_column=self.column(spot.type_sql()), shapes=shapes, otherwise=otherwise
        )

    def _branch(self, when: When, way: tuple[str, ...]) -> RecordShape:
        """Return what one branch of TYPEOF shows of its object."""
        sobject = self._asking.schema.sobject(when.source.text)
        if sobject is None:
            raise type_error(self._asking, when.source)
        narrowed = self._tables.narrowed(way, when.source)
        if narrowed is None:
            raise self._asking.complaint(
                "INVALID_TYPE",
                when.source.offset,
                f"'{way[-1]}' never refers to sObject type '{sobject.name}'",
            )
        shape = self._shape_of(self._tables.spot(narrowed))
        for path in when.fields:
            place = self._tables.place_from(narrowed, path.parts, path)
            self._add_place(shape, place, path, within=narrowed)
        return shape

    def _add_label(self, call: Call, alias: str | None) -> None:
        """Add the label of a picklist's value, under the field's own name or under an alias."""
        if call.argument is None:
            raise self._tables.call_error(call)
        place = self._tables.place(call.argument)
        if place.field.type not in {"picklist", "combobox"} or (alias and place.relations):
            raise self._tables.call_error(call)
        labels: dict[Cell, str] = {value.value: value.label for value in place.field.picklist}
        self._add_place(self.shape, place, call.argument, name=alias, labels=labels)

    def add_subquery(self, name: str) -> None:
        """Add a child subquery under the name of its relation."""
        if name in self.shape.entries:
            raise _duplicate(name)
        self.shape.entries[name] = Subquery(number=self._subqueries)
        self._subqueries += 1

    def _add_place(
        self,
        start: RecordShape,
        place: Place,
        path: Path,
        *,
        within: tuple[str, ...] = (),
        name: str | None = None,
        labels: Mapping[Cell, str] | None = None,
    ) -> None:
        """Add a field to the record that holds it; `within` is the way to `start`."""
        shape = start
        if len(place.relations) > len(within):
            shape = self._parent_shape(start, place.relations, within)
        name = name or place.field.name
        if name in shape.entries:
            raise _duplicate(path.text)
        if place.field.components:
            table = place.spot.candidates[0][1]
            columns = {k: self.column(f"{table}.{part}") for k, part in place.field.components}
            shape.entries[name] = Compound(columns=columns)
            return
        shape.entries[name] = Leaf(
            column=self.column(place.sql),
            boolean=place.field.type == "boolean",
            labels=labels,
            content=place.field.type == "base64",
        )
        if place.field.type == "textarea" and not place.field.filterable:
            self.long_text = True

    def _parent_shape(
        self, shape: RecordShape, relations: tuple[str, ...], within: tuple[str, ...]
    ) -> RecordShape:
        """Return the record at the end of a way, adding the parents after `within`."""
        for depth in range(len(within) + 1, len(relations) + 1):
            name = relations[depth - 1]
            known = shape.entries.get(name)
            if isinstance(known, TypedShape):
                raise not_supported(f"{name} under TYPEOF and beside it")
            if not isinstance(known, RecordShape):
                known = self._shape_of(self._tables.spot(relations[:depth]))
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
            for field in every_field(self._tables.sobject, call)
        ]


def _duplicate(name: str) -> ApiError:
    """Return the complaint about a name selected twice; the documented one points nowhere."""
    return ApiError(400, "INVALID_FIELD", f"duplicate field selected: {name}")


def every_field(sobject: SObject, call: Call) -> list[Field]:
    """Return the fields that FIELDS(ALL), FIELDS(STANDARD) or FIELDS(CUSTOM) stands for."""
    which = call.argument.text.upper() if call.argument else ""
    fields = sobject.fields.values()
    return [field for field in fields if which == "ALL" or field.custom == (which == "CUSTOM")]


def sort_sql(place: Place) -> str:
    """Return a field with the collation by which Salesforce groups and sorts text."""
    ignores_case = place.field.is_text and not place.field.case_sensitive
    return f"{place.sql} COLLATE NOCASE" if ignores_case else place.sql

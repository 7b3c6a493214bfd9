"""Writes the rows of bulk jobs, each with its own outcome."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from orgsim.bulk.jobs import Outcome
from orgsim.errors import ApiError, invalid_cross_reference, not_supported
from orgsim.language import translate
from orgsim.records import Records
from orgsim.repeats import Repeats
from orgsim.rules import WriteOptions
from orgsim.schema import Field, SObject
from orgsim.store import Store
from orgsim.values import malformed_id, stored_value, value_named

__all__ = ["OPERATIONS", "RowWriter", "cells_as_record", "check_columns", "error_text"]

OPERATIONS = frozenset({"insert", "update", "upsert", "delete"})
_NULL = "#N/A"
_TRUTHS = MappingProxyType(
    dict.fromkeys(("yes", "y", "true", "on", "1"), True)
    | dict.fromkeys(("no", "n", "false", "off", "0"), False)
)
# The days of a table may have a time zone, which says nothing.
_ZONED_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:?\d{2})")
_OUT_OF_RANGE = "NUMBER_OUTSIDE_VALID_RANGE"
_TYPED = frozenset({"boolean", "int", "double", "currency", "percent", "date", "datetime"})

type Values = Mapping[str, object]


class RowWriter:
    """Applies one operation to the rows of one object."""

    def __init__(
        self,
        store: Store,
        records: Records,
        sobject: SObject,
        options: WriteOptions,
        external_id_field: str | None = None,
    ) -> None:
        """`external_id_field` is what upserts find records by."""
        self._store = store
        self._records = records
        self._sobject = sobject
        self._options = options
        self._key = external_id_field or "Id"

    def write_all(self, operation: str, rows: Sequence[Values]) -> list[Outcome]:
        """Write rows that belong together: a record that two of them name is refused."""
        key = self._sobject.field(self._key) if operation == "upsert" else None
        repeats = None if operation == "insert" else Repeats(rows, key)
        return [self._outcome(operation, row, repeats) for row in rows]

    def _outcome(self, operation: str, row: Values, repeats: Repeats | None) -> Outcome:
        """Write one row; a refusal is its outcome and leaves nothing behind."""
        try:
            with self._store.transaction():
                if repeats is not None:
                    repeats.refuse(row)
                return self._write(operation, _typed(self._sobject, row))
        except ApiError as error:
            if error.code == "NOT_FOUND":
                # Bulk words a missing row as a bad reference, not as a missing resource.
                error = invalid_cross_reference()
            return Outcome(
                record_id=_id_as_written(row),
                code=error.code,
                message=translate(error.message, self._store.settings.language),
                fields=error.fields or (),
            )

    def _write(self, operation: str, row: Values) -> Outcome:
        match operation:
            case "insert":
                return self._create(row)
            case "update":
                return self._update(self._id_of(row), row)
            case "delete":
                record_id = self._id_of(row)
                self._records.delete(self._sobject, record_id, self._options)
                return Outcome(record_id=record_id)
            case _:
                return self._upsert(row)

    def _create(self, row: Values) -> Outcome:
        record_id = self._records.create(self._sobject, row, self._options)
        return Outcome(record_id=record_id, created=True)

    def _update(self, record_id: str, row: Values) -> Outcome:
        values = {name: value for name, value in row.items() if name.lower() != "id"}
        self._records.update(self._sobject, record_id, values, self._options)
        return Outcome(record_id=record_id)

    def _upsert(self, row: Values) -> Outcome:
        field = self._sobject.field(self._key)
        assert field is not None, "the job was refused if it has no such field"
        value = value_named(row, field.name)
        if field.name == "Id":
            return self._update(self._id_of(row), row) if value else self._create(row)
        if value is None:
            raise ApiError(400, "MISSING_ARGUMENT", f"{field.name} not specified", ())
        found = self._store.find_by(self._sobject.name, field.name, stored_value(field, value))
        return self._create(row) if found is None else self._update(str(found["Id"]), row)

    def _id_of(self, row: Values) -> str:
        field, value = self._sobject.fields["Id"], value_named(row, "Id")
        if value is None:
            raise ApiError(400, "MISSING_ARGUMENT", "Id not specified", ())
        record_id = stored_value(field, value)
        if not isinstance(record_id, str) or not record_id.startswith(self._sobject.key_prefix):
            raise malformed_id(field, value)
        return record_id


def cells_as_record(header: Sequence[str], cells: Sequence[str]) -> dict[str, object]:
    """Return a CSV row as a record: empty cells are left out, `#N/A` is null."""
    return {
        name: None if cell == _NULL else cell
        for name, cell in zip(header, cells, strict=True)
        if cell.strip()
    }


def check_columns(
    sobject: SObject, operation: str, header: Sequence[str], key: str | None
) -> str | None:
    """Return why a job with these columns fails as a whole, or None.

    Raises ApiError 501 for columns that reach a record through another record's external id.
    """
    for name in header:
        if "." in name:
            raise not_supported(f"The bulk column {name}, a reference by external id,")
    unknown = [name for name in header if sobject.field(name) is None]
    if unknown:
        return f"InvalidBatch : Field name not found : {', '.join(unknown)}"
    names = {name.lower() for name in header}
    if len(names) < len(header):
        return "InvalidBatch : A column is named twice"
    if operation == "delete" and names != {"id"}:
        return "InvalidBatch : The 'delete' batch must contain only ids"
    needed = {"update": "Id", "upsert": key or "Id"}.get(operation)
    if needed is not None and needed.lower() not in names:
        return f"InvalidBatch : Field name not found : {needed}"
    return None


def error_text(outcome: Outcome) -> str:
    """Return a refusal as one cell: code, sentence and fields."""
    fields = f"{' '.join(outcome.fields)} --" if outcome.fields else "--"
    return f"{outcome.code}:{outcome.message}:{fields}"


def _typed(sobject: SObject, row: Values) -> Values:
    """Return the row with booleans read and days without a zone.

    Raises ApiError for texts that are no value of their field.
    """
    typed = dict(row)
    for name, value in row.items():
        field = sobject.field(name)
        if field is None or field.type not in _TYPED or value is None:
            continue
        if field.type == "boolean" and isinstance(value, str):
            typed[name] = _TRUTHS.get(value.strip().lower(), value)
        if field.type == "date" and isinstance(value, str):
            typed[name] = _ZONED_DAY.sub(r"\1", value.strip())
        try:
            stored_value(field, typed[name])
        except ApiError as error:
            if error.code == _OUT_OF_RANGE:
                raise
            raise _wrong_type(field, value) from None
    return typed


def _wrong_type(field: Field, value: object) -> ApiError:
    return ApiError(
        400,
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        f"{field.label}: value not of required type: {value}",
        (field.name,),
    )


def _id_as_written(row: Values) -> str | None:
    value = value_named(row, "Id")
    return value if isinstance(value, str) else None

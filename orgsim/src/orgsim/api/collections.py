"""sObject Collections: up to two hundred records in one call, each with its own outcome."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.api.recent import Recent
from orgsim.api.sobjects import json_object, wanted_fields
from orgsim.errors import ApiError, invalid_cross_reference, method_not_allowed, not_found
from orgsim.language import translate
from orgsim.records import Records
from orgsim.repeats import Repeats
from orgsim.schema import Field, SObject
from orgsim.store import Store
from orgsim.values import malformed_id, stored_value, value_named

__all__ = ["CollectionResources"]

_MOST_RECORDS = 200
_MOST_RETRIEVED = 2000
_MOST_CHUNKS = 10
_NOT_FOUND = 404
_ROLLED_BACK = ApiError(
    400,
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone"
    " header",
    (),
)

type Entry = dict[str, object]


class CollectionResources:
    """`/composite/sobjects` and what lies below it."""

    def __init__(self, store: Store, records: Records, recent: Recent) -> None:
        """Work on one store's records."""
        self._store = store
        self._records = records
        self._recent = recent

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer one call; the status is 200 even when every record failed."""
        rest = call.segments[2:]
        match call.method, rest:
            case "POST", ():
                return self._each(call, _records(call), self._create)
            case "PATCH", ():
                records = _records(call)
                return self._each(call, records, _once(records, self._update))
            case "PATCH", (name, field):
                return self._upsert(call, self._sobject(name), field)
            case "DELETE", ():
                ids: list[Mapping[str, object]] = [{"id": i} for i in _ids_in_address(call)]
                return self._each(call, ids, _once(ids, self._delete))
            case (("GET" | "POST"), (name,)):
                return self._retrieve(call, self._sobject(name))
        raise method_not_allowed(call.method, "DELETE,PATCH,POST")

    def _each(
        self,
        call: ApiCall,
        records: Sequence[Mapping[str, object]],
        write: Callable[[ApiCall, Mapping[str, object]], Entry],
        failure: Entry | None = None,
    ) -> ApiAnswer:
        """`failure` is what an entry that failed begins with."""
        failure = failure or {"success": False}
        if len(records) > _MOST_RECORDS:
            raise _too_many(_MOST_RECORDS)
        _refuse_many_chunks(records)
        with self._store.transaction() as transaction:
            entries = [self._one(call, record, write, failure) for record in records]
            if _all_or_none(call) and not all(entry["success"] for entry in entries):
                transaction.undo()
                rolled_back = self._failure(_ROLLED_BACK, failure)
                entries = [rolled_back if entry["success"] else entry for entry in entries]
        return ApiAnswer(body=entries)

    def _one(
        self,
        call: ApiCall,
        record: Mapping[str, object],
        write: Callable[[ApiCall, Mapping[str, object]], Entry],
        failure: Entry,
    ) -> Entry:
        try:
            with self._store.transaction():
                return write(call, record)
        except ApiError as error:
            if error.code == "NOT_FOUND":
                # Collections word a missing row as a bad reference, not as a missing resource.
                error = invalid_cross_reference()
            return self._failure(error, failure)

    def _create(self, call: ApiCall, record: Mapping[str, object]) -> Entry:
        sobject = self._type_of(record)
        return _success(self._created(call, sobject, record))

    def _update(self, call: ApiCall, record: Mapping[str, object]) -> Entry:
        sobject = self._type_of(record)
        record_id = _id_of(sobject, record)
        self._updated(call, sobject, record_id, record)
        return _success(record_id)

    def _created(self, call: ApiCall, sobject: SObject, record: Mapping[str, object]) -> str:
        record_id = self._records.create(sobject, record, call.options)
        self._recent.note(call, record_id)
        return record_id

    def _updated(
        self, call: ApiCall, sobject: SObject, record_id: str, record: Mapping[str, object]
    ) -> None:
        self._records.update(sobject, record_id, _without_id(record), call.options)
        self._recent.note(call, record_id)

    def _delete(self, call: ApiCall, record: Mapping[str, object]) -> Entry:
        found = self._store.resolve(str(record["id"]))
        if found is None:
            raise ApiError(400, "MALFORMED_ID", f"malformed id {record['id']}", ())
        sobject, record_id = found
        self._records.delete(sobject, record_id, call.options)
        return _success(record_id)

    def _upsert(self, call: ApiCall, sobject: SObject, field_name: str) -> ApiAnswer:
        field = sobject.field(field_name)
        if field is None or not (field.external_id or field.id_lookup or field.name == "Id"):
            raise not_found(
                f"Provided external ID field does not exist or is not accessible: {field_name}"
            )

        def write(call: ApiCall, record: Mapping[str, object]) -> Entry:
            if self._type_of(record).name != sobject.name:
                raise ApiError(
                    400, "INVALID_TYPE", f"Every record has to be a {sobject.name} here", ()
                )
            found = self._upserted_id(sobject, field, record)
            if found is None:
                created = self._created(call, sobject, record)
                return {**_success(created), "created": True}
            self._updated(call, sobject, found, record)
            return {**_success(found), "created": False}

        records = _records(call)
        failure: Entry = {"success": False, "created": False}
        own = [r for r in records if _named_type(r).lower() == sobject.name.lower()]
        return self._each(call, records, _once(own, write, field), failure)

    def _upserted_id(
        self, sobject: SObject, field: Field, record: Mapping[str, object]
    ) -> str | None:
        """Return the record that has this one's key, None if there is none, or raise ApiError."""
        value = value_named(record, field.name)
        if field.name == "Id":
            return _id_of(sobject, record) if value else None
        if value is None:
            raise ApiError(400, "MISSING_ARGUMENT", f"{field.name} not specified", ())
        ids = self._store.ids_where(sobject.name, field.name, stored_value(field, value))
        if len(ids) > 1:
            raise ApiError(
                400,
                "DUPLICATE_EXTERNAL_ID",
                f"{field.label}: more than one record found for external id field:"
                f" [{', '.join(ids)}]",
                (field.name,),
            )
        return ids[0] if ids else None

    def _retrieve(self, call: ApiCall, sobject: SObject) -> ApiAnswer:
        """Answer the records of these ids in their order, null for one that is not there."""
        if call.method == "GET":
            ids, names = _ids_in_address(call), call.params.get("fields", "").split(",")
        else:
            body = json_object(call.body)
            ids, names = _texts(body, "ids"), _texts(body, "fields")
        if len(ids) > _MOST_RETRIEVED:
            raise _too_many(_MOST_RETRIEVED)
        names = [name for name in names if name.strip()]
        if not names:
            raise ApiError(400, "MISSING_ARGUMENT", "The list of fields is required")
        fields = wanted_fields(sobject, ",".join(names))
        records: list[object] = []
        for text in ids:
            record_id = _id_of(sobject, {"Id": text})
            try:
                records.append(self._records.read(sobject, record_id, fields, call.options))
            except ApiError as error:
                if error.status != _NOT_FOUND:
                    raise
                records.append(None)
        return ApiAnswer(body=records)

    def _failure(self, error: ApiError, failure: Entry) -> Entry:
        entry = error.collection_entry()
        entry["message"] = translate(error.message, self._store.settings.language)
        return {**failure, "errors": [entry]}

    def _type_of(self, record: Mapping[str, object]) -> SObject:
        name = _named_type(record)
        if not name:
            raise ApiError(
                400, "JSON_PARSER_ERROR", "Every record needs attributes with a type", ()
            )
        return self._sobject(name)

    def _sobject(self, name: str) -> SObject:
        sobject = self._store.schema.sobject(name)
        if sobject is None:
            raise ApiError(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.", ())
        return sobject


def _named_type(record: Mapping[str, object]) -> str:
    """Return the type that a record says it has, an empty text if it does not."""
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    return name if isinstance(name, str) else ""


def _once(
    records: Sequence[Mapping[str, object]],
    write: Callable[[ApiCall, Mapping[str, object]], Entry],
    key: Field | None = None,
) -> Callable[[ApiCall, Mapping[str, object]], Entry]:
    """Return the write as one that refuses records which the request names twice."""
    repeats = Repeats(records, key)

    def write_once(call: ApiCall, record: Mapping[str, object]) -> Entry:
        repeats.refuse(record)
        return write(call, record)

    return write_once


def _records(call: ApiCall) -> Sequence[Mapping[str, object]]:
    records = json_object(call.body).get("records")
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise ApiError(400, "JSON_PARSER_ERROR", "The body needs a list of objects called records.")
    return records


def _ids_in_address(call: ApiCall) -> list[str]:
    ids = [text.strip() for text in call.params.get("ids", "").split(",") if text.strip()]
    if not ids:
        raise ApiError(400, "MISSING_ARGUMENT", "The parameter ids is required")
    return ids


def _texts(body: Mapping[str, object], name: str) -> list[str]:
    values = body.get(name)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ApiError(400, "JSON_PARSER_ERROR", f"The body needs a list of texts called {name}.")
    return values


def _refuse_many_chunks(records: Sequence[Mapping[str, object]]) -> None:
    """Raise ApiError when the type changes too often; neighbours of one type are one chunk."""
    types = [a.get("type") for r in records if isinstance(a := r.get("attributes"), dict)]
    if sum(1 for _ in groupby(types)) > _MOST_CHUNKS:
        raise ApiError(
            400,
            "INVALID_INPUT",
            f"Cannot have more than {_MOST_CHUNKS} chunks in a single operation. Please rearrange"
            " the data to reduce chunking.",
        )


def _too_many(most: int) -> ApiError:
    sentence = f"record limit reached. cannot submit more than {most} records into this call"
    return ApiError(400, "EXCEEDED_ID_LIMIT", sentence)


def _all_or_none(call: ApiCall) -> bool:
    if call.method == "DELETE":
        return call.params.get("allOrNone", "").lower() == "true"
    return json_object(call.body).get("allOrNone") is True


def _id_of(sobject: SObject, record: Mapping[str, object]) -> str:
    field = sobject.fields["Id"]
    value = value_named(record, "Id")
    if value is None:
        raise ApiError(400, "MISSING_ARGUMENT", "Id not specified in an update call", ())
    record_id = stored_value(field, value)
    if not isinstance(record_id, str) or not record_id.startswith(sobject.key_prefix):
        raise malformed_id(field, value)
    return record_id


def _without_id(record: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in record.items() if name.lower() != "id"}


def _success(record_id: str) -> Entry:
    return {"id": record_id, "success": True, "errors": []}

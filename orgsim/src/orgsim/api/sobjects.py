"""The `sobjects` resources: describe, rows by id and by external id."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from orgsim.api.blobs import blob_field, read_blob
from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.api.conditions import (
    SchemaWatch,
    answer_if_changed,
    http_date,
    is_known,
    last_modified,
    refuse_if_changed,
    refuse_unless_matched,
    row_tag,
)
from orgsim.api.describe import describe_brief, describe_full
from orgsim.api.quick_actions import QuickActions
from orgsim.api.recent import Recent
from orgsim.api.replication import ReplicationResources
from orgsim.errors import ApiError, method_not_allowed, not_found, not_supported
from orgsim.records import Records
from orgsim.schema import Field, SObject
from orgsim.store import Store
from orgsim.times import parse_moment
from orgsim.values import malformed_id, stored_value

__all__ = ["SObjectResources", "json_object", "wanted_fields"]

_MAX_BATCH = 200
_UPSERT_BODY_SINCE = 46
_NOT_HERE = frozenset(
    {
        "listviews",
        "suggestedArticles",
        "defaultValues",
        "relevantItems",
    }
)


class SObjectResources:
    """Everything under `/services/data/vXX.0/sobjects`."""

    def __init__(
        self, store: Store, records: Records, recent: Recent, quick_actions: QuickActions
    ) -> None:
        """Answer from one store's schema and records."""
        self._store = store
        self._records = records
        self._recent = recent
        self._watch = SchemaWatch(store)
        replication = ReplicationResources(store)
        self._lists: Mapping[str, Callable[[ApiCall, SObject], ApiAnswer]] = {
            "deleted": replication.deleted,
            "describe": self._describe,
            "quickActions": quick_actions.answer_for,
            "updated": replication.updated,
        }

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer one call; raises ApiError in Salesforce's words."""
        match call.segments[1:]:
            case ():
                _require(call, "GET")
                return self._global_describe(call)
            case (name,):
                return self._object(call, self._sobject(name))
            case (name, word, *rest):
                return self._below(call, self._sobject(name), word, rest)
        raise not_found()

    def _below(self, call: ApiCall, sobject: SObject, word: str, rest: Sequence[str]) -> ApiAnswer:
        """Answer what lies below an object: its lists, its description, its rows."""
        if word in _NOT_HERE:
            raise not_supported(f"/sobjects/.../{word}")
        if word == "describe" and rest:
            raise not_supported("Describing layouts")
        if word in self._lists and (not rest or word == "quickActions"):
            return self._lists[word](call, sobject)
        if len(rest) == 1 and (blob := blob_field(sobject, rest[0])) is not None:
            _require(call, "GET")
            place = (_row_id(sobject, word), blob)
            return read_blob(call, self._store, self._records, sobject, place)
        if rest:
            return self._row_by_key(call, sobject, word, "/".join(rest))
        if call.method == "POST" and word.lower() == "id":
            return self._object(call, sobject)
        return self._row(call, sobject, word)

    def _global_describe(self, call: ApiCall) -> ApiAnswer:
        objects = self._store.schema.objects.values()
        return answer_if_changed(
            call,
            self._watch.changed(),
            lambda: {
                "encoding": "UTF-8",
                "maxBatchSize": _MAX_BATCH,
                "sobjects": [describe_brief(o, call.base) for o in objects],
            },
        )

    def _describe(self, call: ApiCall, sobject: SObject) -> ApiAnswer:
        _require(call, "GET")
        return answer_if_changed(
            call, self._watch.changed(), lambda: describe_full(sobject, call.base, call.origin)
        )

    def _object(self, call: ApiCall, sobject: SObject) -> ApiAnswer:
        if call.method == "GET":
            brief = describe_brief(sobject, call.base)
            items = self._recent.items(call, only=sobject)
            return ApiAnswer(body={"objectDescribe": brief, "recentItems": items})
        _require(call, "POST", allowed="GET,HEAD,POST")
        record_id = self._records.create(sobject, json_object(call.body), call.options)
        self._recent.note(call, record_id)
        return _created(call, sobject, record_id)

    def _row(self, call: ApiCall, sobject: SObject, text: str) -> ApiAnswer:
        record_id = _row_id(sobject, text)
        match call.method:
            case "GET" | "HEAD":
                return self._read(call, sobject, record_id)
            case "PATCH":
                self._update(call, sobject, record_id)
                return ApiAnswer(status=204)
            case "DELETE":
                refuse_if_changed(call, record_id, self._last_change(sobject, record_id))
                self._refuse_unless_matched(call, sobject, record_id)
                self._records.delete(sobject, record_id, call.options)
                return ApiAnswer(status=204)
        raise method_not_allowed(call.method, "DELETE,GET,HEAD,PATCH")

    def _read(self, call: ApiCall, sobject: SObject, record_id: str) -> ApiAnswer:
        wanted = wanted_fields(sobject, call.params.get("fields"))
        body = self._records.read(sobject, record_id, wanted, call.options)
        changed = self._last_change(sobject, record_id)
        refuse_if_changed(call, record_id, changed)
        self._refuse_unless_matched(call, sobject, record_id)
        headers = {"Last-Modified": last_modified(changed)}
        if (tag := self._tag(sobject, record_id)) is not None:
            headers["ETag"] = tag
        if is_known(call, tag, changed):
            return ApiAnswer(status=304, headers=headers)
        return ApiAnswer(body=body, headers=headers)

    def _row_by_key(self, call: ApiCall, sobject: SObject, name: str, value: str) -> ApiAnswer:
        field = sobject.field(name)
        if field is not None and field.name == "Id":
            return self._row_by_id_field(call, sobject, value)
        if field is None or not (field.external_id or field.id_lookup):
            raise not_found(
                f"Provided external ID field does not exist or is not accessible: {name}"
            )
        ids = self._store.ids_where(sobject.name, field.name, stored_value(field, value))
        if len(ids) > 1:
            urls = [f"{call.base}/sobjects/{sobject.name}/{record_id}" for record_id in ids]
            return ApiAnswer(status=300, body=urls)
        if call.method in {"PATCH", "POST"}:
            return self._upsert(call, sobject, {field.name: value}, ids[0] if ids else None)
        if not ids:
            raise not_found(
                f"Provided external ID field does not exist or is not accessible: {name}"
            )
        return self._row(call, sobject, ids[0])

    def _row_by_id_field(self, call: ApiCall, sobject: SObject, value: str) -> ApiAnswer:
        if call.method != "PATCH":
            return self._row(call, sobject, value)
        record_id = _row_id(sobject, value)
        self._update(call, sobject, record_id)
        return _upserted(call, sobject, record_id, created=False)

    def _upsert(
        self, call: ApiCall, sobject: SObject, key: Mapping[str, str], found: str | None
    ) -> ApiAnswer:
        if found is not None:
            self._update(call, sobject, found, key=key)
            return _upserted(call, sobject, found, created=False)
        if call.params.get("updateOnly", "").lower() == "true":
            raise not_found()
        body = json_object(call.body)
        record_id = self._records.create(sobject, body, call.options, key=key)
        self._recent.note(call, record_id)
        return _upserted(call, sobject, record_id, created=True)

    def _update(
        self,
        call: ApiCall,
        sobject: SObject,
        record_id: str,
        key: Mapping[str, str] | None = None,
    ) -> None:
        self._refuse_unless_matched(call, sobject, record_id)
        self._records.update(
            sobject,
            record_id,
            json_object(call.body),
            call.options,
            key=key,
            unmodified_since=http_date(call.headers, "if-unmodified-since"),
        )
        self._recent.note(call, record_id)

    def _last_change(self, sobject: SObject, record_id: str) -> datetime:
        row = self._store.get(sobject.name, record_id)
        if row is None:
            raise not_found()
        return parse_moment(str(row["LastModifiedDate"]))

    def _tag(self, sobject: SObject, record_id: str) -> str | None:
        row = self._store.get(sobject.name, record_id)
        return None if row is None else row_tag(sobject.name, row)

    def _refuse_unless_matched(self, call: ApiCall, sobject: SObject, record_id: str) -> None:
        refuse_unless_matched(call, record_id, self._tag(sobject, record_id))

    def _sobject(self, name: str) -> SObject:
        sobject = self._store.schema.sobject(name)
        if sobject is None:
            raise not_found()
        return sobject


def json_object(body: object) -> Mapping[str, object]:
    """Return a body that has to be a JSON object; raises ApiError JSON_PARSER_ERROR."""
    if isinstance(body, dict):
        return body
    raise ApiError(
        400,
        "JSON_PARSER_ERROR",
        "The HTTP entity body is required, but this request has no entity body."
        if body is None
        else "The HTTP entity body must be a JSON object.",
    )


def _row_id(sobject: SObject, text: str) -> str:
    record_id = stored_value(sobject.fields["Id"], text)
    if not isinstance(record_id, str) or not record_id.startswith(sobject.key_prefix):
        raise malformed_id(sobject.fields["Id"], text)
    return record_id


def wanted_fields(sobject: SObject, names: str | None) -> list[Field]:
    """Return the fields that a list of names asks for, Id among them, or all without a list.

    Raises ApiError INVALID_FIELD for a name that the object does not have.
    """
    if not names:
        return list(sobject.fields.values())
    fields: dict[str, Field] = {}
    for name in names.split(","):
        field = sobject.field(name.strip())
        if field is None:
            raise ApiError(
                400,
                "INVALID_FIELD",
                f"No such column '{name.strip()}' on entity '{sobject.name}'. If you are attempting"
                " to use a custom field, be sure to append the '__c' after the custom field name."
                " Please reference your WSDL or the describe call for the appropriate names.",
            )
        fields[field.name] = field
    fields.setdefault("Id", sobject.fields["Id"])
    return list(fields.values())


def _created(call: ApiCall, sobject: SObject, record_id: str) -> ApiAnswer:
    return ApiAnswer(
        status=201,
        body={"id": record_id, "success": True, "errors": []},
        headers={"Location": f"{call.base}/sobjects/{sobject.name}/{record_id}"},
    )


def _upserted(call: ApiCall, sobject: SObject, record_id: str, *, created: bool) -> ApiAnswer:
    if int(call.version.partition(".")[0]) < _UPSERT_BODY_SINCE:
        return _created(call, sobject, record_id) if created else ApiAnswer(status=204)
    return ApiAnswer(
        status=201 if created else 200,
        body={"id": record_id, "success": True, "errors": [], "created": created},
        headers={"Location": f"{call.base}/sobjects/{sobject.name}/{record_id}"},
    )


def _require(call: ApiCall, method: str, *, allowed: str = "GET,HEAD") -> None:
    if call.method != method and not (method == "GET" and call.method == "HEAD"):
        raise method_not_allowed(call.method, allowed)

"""The `sobjects` resources: describe, rows by id and by external id."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.api.describe import describe_brief, describe_full
from orgsim.errors import ApiError, not_found, not_supported
from orgsim.records import Records
from orgsim.schema import Field, SObject
from orgsim.store import Store
from orgsim.times import parse_moment
from orgsim.values import malformed_id, stored_value

__all__ = ["SObjectResources", "json_object"]

_MAX_BATCH = 200
_NOT_HERE = frozenset(
    {
        "updated",
        "deleted",
        "listviews",
        "quickActions",
        "suggestedArticles",
        "defaultValues",
        "relevantItems",
    }
)


class SObjectResources:
    """Everything under `/services/data/vXX.0/sobjects`."""

    def __init__(self, store: Store, records: Records) -> None:
        """Answer from one store's schema and records."""
        self._store = store
        self._records = records

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer one call; raises ApiError in Salesforce's words."""
        match call.segments[1:]:
            case ():
                _require(call, "GET")
                return self._global_describe(call)
            case (name,):
                return self._object(call, self._sobject(name))
            case (name, "describe"):
                _require(call, "GET")
                return ApiAnswer(body=describe_full(self._sobject(name), call.base, call.origin))
            case (_, word, *_) if word in _NOT_HERE:
                raise not_supported(f"/sobjects/.../{word}")
            case (_, "describe", *_):
                raise not_supported("Describing layouts")
            case (name, record_id):
                return self._row(call, self._sobject(name), record_id)
            case (name, field, *rest):
                return self._row_by_key(call, self._sobject(name), field, "/".join(rest))
        raise not_found()

    def _global_describe(self, call: ApiCall) -> ApiAnswer:
        objects = self._store.schema.objects.values()
        return ApiAnswer(
            body={
                "encoding": "UTF-8",
                "maxBatchSize": _MAX_BATCH,
                "sobjects": [describe_brief(o, call.base) for o in objects],
            }
        )

    def _object(self, call: ApiCall, sobject: SObject) -> ApiAnswer:
        if call.method == "GET":
            brief = describe_brief(sobject, call.base)
            return ApiAnswer(body={"objectDescribe": brief, "recentItems": []})
        _require(call, "POST", allowed="GET,HEAD,POST")
        record_id = self._records.create(sobject, json_object(call.body), call.options)
        return _created(call, sobject, record_id)

    def _row(self, call: ApiCall, sobject: SObject, text: str) -> ApiAnswer:
        record_id = _row_id(sobject, text)
        match call.method:
            case "GET" | "HEAD":
                return self._read(call, sobject, record_id)
            case "PATCH":
                self._records.update(
                    sobject,
                    record_id,
                    json_object(call.body),
                    call.options,
                    unmodified_since=_http_date(call.headers, "if-unmodified-since"),
                )
                return ApiAnswer(status=204)
            case "DELETE":
                self._records.delete(sobject, record_id, call.options)
                return ApiAnswer(status=204)
        raise _not_allowed(call.method, "DELETE,GET,HEAD,PATCH")

    def _read(self, call: ApiCall, sobject: SObject, record_id: str) -> ApiAnswer:
        wanted = _wanted_fields(sobject, call.params.get("fields"))
        body = self._records.read(sobject, record_id, wanted, call.options)
        row = self._store.get(sobject.name, record_id) or {}
        changed = parse_moment(str(row["LastModifiedDate"]))
        headers = {"Last-Modified": format_datetime(changed.astimezone(UTC), usegmt=True)}
        since = _http_date(call.headers, "if-modified-since")
        if since is not None and changed <= since:
            return ApiAnswer(status=304, headers=headers)
        return ApiAnswer(body=body, headers=headers)

    def _row_by_key(self, call: ApiCall, sobject: SObject, name: str, value: str) -> ApiAnswer:
        field = sobject.field(name)
        if field is not None and field.name == "Id":
            return self._row_by_id_field(call, sobject, value)
        if field is None or not field.external_id:
            raise not_found(
                f"Provided external ID field does not exist or is not accessible: {name}"
            )
        row = self._store.find_by(sobject.name, field.name, stored_value(field, value))
        if call.method in {"PATCH", "POST"}:
            found = None if row is None else str(row["Id"])
            return self._upsert(call, sobject, {field.name: value}, found)
        if row is None:
            raise not_found(
                f"Provided external ID field does not exist or is not accessible: {name}"
            )
        return self._row(call, sobject, str(row["Id"]))

    def _row_by_id_field(self, call: ApiCall, sobject: SObject, value: str) -> ApiAnswer:
        if not value and call.method == "POST":
            return self._object(call, sobject)
        if call.method != "PATCH":
            return self._row(call, sobject, value)
        record_id = _row_id(sobject, value)
        self._records.update(sobject, record_id, json_object(call.body), call.options)
        return _upserted(call, sobject, record_id, created=False)

    def _upsert(
        self, call: ApiCall, sobject: SObject, key: Mapping[str, str], found: str | None
    ) -> ApiAnswer:
        body = json_object(call.body)
        if found is not None:
            since = _http_date(call.headers, "if-unmodified-since")
            self._records.update(
                sobject, found, body, call.options, key=key, unmodified_since=since
            )
            return _upserted(call, sobject, found, created=False)
        if call.params.get("updateOnly", "").lower() == "true":
            raise not_found()
        record_id = self._records.create(sobject, body, call.options, key=key)
        return _upserted(call, sobject, record_id, created=True)

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


def _wanted_fields(sobject: SObject, names: str | None) -> list[Field]:
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
    return ApiAnswer(
        status=201 if created else 200,
        body={"id": record_id, "success": True, "errors": [], "created": created},
        headers={"Location": f"{call.base}/sobjects/{sobject.name}/{record_id}"},
    )


def _http_date(headers: Mapping[str, str], name: str) -> datetime | None:
    text = headers.get(name)
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        raise ApiError(
            400, "INVALID_DATE_FORMAT", f"The header {name} is not an HTTP date: {text}"
        ) from None


def _require(call: ApiCall, method: str, *, allowed: str = "GET,HEAD") -> None:
    if call.method != method and not (method == "GET" and call.method == "HEAD"):
        raise _not_allowed(call.method, allowed)


def _not_allowed(method: str, allowed: str) -> ApiError:
    return ApiError(
        405, "METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {allowed}"
    )

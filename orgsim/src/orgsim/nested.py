"""References written by a key of the other record: `"Account": {"Badge__c": "A-1"}`."""

from collections.abc import Mapping

from orgsim.errors import ApiError, not_supported
from orgsim.schema import Field, SObject
from orgsim.store import Store
from orgsim.values import stored_value

__all__ = ["resolve_nested"]


def resolve_nested(
    store: Store, sobject: SObject, body: Mapping[str, object], *, upserting: bool
) -> Mapping[str, object]:
    """Return the body with the ids of the records that its nested objects name.

    Raises ApiError INVALID_FIELD for a key that names no record or is none, JSON_PARSER_ERROR for a
    polymorphic reference whose type does not come first.
    """
    if not any(isinstance(value, dict) for value in body.values()):
        return body
    resolved: dict[str, object] = {}
    written = {name.lower() for name in body}
    for name, value in body.items():
        field = sobject.relationship(name) if isinstance(value, dict) else None
        if field is None or not isinstance(value, dict) or name.lower() == "attributes":
            resolved[name] = value
            continue
        if field.name.lower() in written:
            raise _invalid(
                f"Cannot specify both an external ID reference {name} and a salesforce id,"
                f" {field.name}"
            )
        if field.polymorphic and upserting:
            raise not_supported(f"Setting {name} by a key inside an upsert")
        resolved[field.name] = _id_of(store, _target(store, field, value), value)
    return resolved


def _target(store: Store, field: Field, value: Mapping[str, object]) -> SObject:
    """Return the object that a nested object is of."""
    name = field.reference_to[0]
    if field.polymorphic:
        attributes = value.get("attributes")
        if not isinstance(attributes, dict) or next(iter(value)) != "attributes":
            raise ApiError(
                400,
                "JSON_PARSER_ERROR",
                "Nested object for polymorphic foreign key must have an attributes field before any"
                " other fields.",
            )
        name = str(attributes.get("type"))
    target = store.schema.sobject(name)
    if target is None or target.name not in field.reference_to:
        raise _invalid(
            f"The external foreign key reference does not reference a valid entity: {name}"
        )
    return target


def _id_of(store: Store, target: SObject, value: Mapping[str, object]) -> str:
    """Return the id of the one record that a nested object names."""
    keys = {name: text for name, text in value.items() if name != "attributes"}
    if len(keys) != 1:
        raise _invalid(
            "Exactly one field has to be provided in an external foreign key reference in entity:"
            f" {target.name}"
            if not keys
            else "More than 1 field provided in an external foreign key reference in entity:"
            f" {target.name}"
        )
    name, text = next(iter(keys.items()))
    field = target.field(name)
    if field is None or not (field.external_id or field.id_lookup):
        raise _invalid(
            f"Field name provided, {name} does not match an External ID, Salesforce Id, or indexed"
            f" field for {target.name}"
        )
    found = store.ids_where(target.name, field.name, stored_value(field, text))
    if not found:
        raise _invalid(
            f"Foreign key external ID: {text} not found for field {field.name} in entity"
            f" {target.name}"
        )
    if len(found) > 1:
        raise ApiError(
            400,
            "DUPLICATE_EXTERNAL_ID",
            f"More than one record found for external id field: {field.name}",
            (field.name,),
        )
    return found[0]


def _invalid(message: str) -> ApiError:
    return ApiError(400, "INVALID_FIELD", message, ())

"""The rules a record must keep before it is stored: Salesforce's own, then the admin's."""

from collections.abc import Mapping
from dataclasses import dataclass

from orgsim.errors import ApiError, invalid_cross_reference
from orgsim.object_rules import check_object_rules, check_queue, object_required
from orgsim.schema import Field, SObject
from orgsim.settings import DuplicateRule, ValidationRule
from orgsim.sharing import may_see
from orgsim.store import Row, SqlValue, Store
from orgsim.values import malformed_id, stored_value

__all__ = ["WriteOptions", "check_admin_rules", "check_system_rules", "read_values"]

_MISSPELLED_UNTIL = 51.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """Who writes and what the request's headers ask for.

    `locked` names, in lower case, the object whose rows another transaction holds, `*` all of them.
    """

    user_id: str
    version: str
    auto_assign: bool = True
    allow_duplicates: bool = False
    locked: str | None = None


def read_values(
    sobject: SObject, body: Mapping[str, object], *, creating: bool, unwritable: frozenset[str]
) -> Row:
    """Return the stored values of a written body by exact field name.

    `unwritable` are fields the address already fixes. Raises ApiError INVALID_FIELD,
    INVALID_FIELD_FOR_INSERT_UPDATE or what `stored_value` raises.
    """
    values: Row = {}
    refused: list[str] = []
    for name, value in body.items():
        if name == "attributes":
            continue
        field = sobject.field(name)
        if field is None:
            raise _unknown_column(sobject, name)
        if field.name in unwritable:
            raise ApiError(
                400,
                "INVALID_FIELD",
                f"The {field.name} field should not be specified in the sobject data.",
                (field.name,),
            )
        if not (field.createable if creating else field.updateable):
            refused.append(field.name)
            continue
        values[field.name] = stored_value(field, value)
    if refused:
        raise ApiError(
            400,
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(refused)}. Please check the security"
            " settings of this field and verify that it is read/write for your profile or"
            " permission set.",
            tuple(refused),
        )
    return values


def check_system_rules(
    store: Store, sobject: SObject, values: Row, before: Row | None, options: WriteOptions
) -> None:
    """Raise ApiError if the new values break one of Salesforce's own rules."""
    _check_required(store, sobject, values, creating=before is None)
    if sobject.name == "Account" and values.get("Name") and _is_person(store, values, before):
        raise ApiError(
            400,
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "Account: bad field names on insert/update call: Name",
            ("Name",),
        )
    for name, value in values.items():
        field = sobject.fields[name]
        if field.type == "reference" and isinstance(value, str):
            changed = before is None or before[name] != value
            if changed:
                _check_reference(store, sobject, field, value, options)
    check_object_rules(store, sobject, values, before)


def check_admin_rules(
    store: Store, sobject: SObject, row: Row, record_id: str | None, options: WriteOptions
) -> None:
    """Raise ApiError if the record as it would be stored breaks a rule of this org's admin."""
    for rule in store.settings.validation_rules:
        if rule.object == sobject.name and _holds(rule, row.get(rule.field)):
            raise ApiError(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, (rule.field,))
    for duplicates in store.settings.duplicate_rules:
        overruled = options.allow_duplicates and duplicates.action == "alert"
        if duplicates.object == sobject.name and not overruled:
            _check_duplicates(store, duplicates, row, record_id, options)


def _unknown_column(sobject: SObject, name: str) -> ApiError:
    return ApiError(
        400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}"
    )


def _is_person(store: Store, values: Row, before: Row | None) -> bool:
    if not store.settings.person_accounts:
        return False
    if values.get("LastName") or _has_person_type(store, values):
        return True
    return before is not None and bool(before["IsPersonAccount"])


def _has_person_type(store: Store, values: Row) -> bool:
    """Return whether an account is created with a record type of person accounts."""
    row = store.get("RecordType", str(values.get("RecordTypeId")))
    return row is not None and bool(row["IsPersonType"])


def _check_required(store: Store, sobject: SObject, values: Row, *, creating: bool) -> None:
    required = [
        f.name
        for f in sobject.fields.values()
        if f.required_on_create or (f.createable and not f.nillable and f.name in values)
    ]
    required += [f.name for f in store.settings.required_fields if f.object == sobject.name]
    if creating:
        required += object_required(sobject, values)
    if sobject.name == "Account" and creating and _is_person(store, values, None):
        required[required.index("Name")] = "LastName"
    missing = [
        name
        for name in dict.fromkeys(required)
        if values.get(name) is None and (creating or name in values)
    ]
    if missing:
        raise ApiError(
            400,
            "REQUIRED_FIELD_MISSING",
            f"Required fields are missing: [{', '.join(missing)}]",
            tuple(missing),
        )


def _check_reference(
    store: Store, sobject: SObject, field: Field, value: str, options: WriteOptions
) -> None:
    target = store.schema.by_prefix(value)
    if target is None or target.name not in field.reference_to:
        raise malformed_id(field, value)
    row = store.get(target.name, value)
    if row is None:
        raise invalid_cross_reference()
    if row.get("IsDeleted"):
        raise ApiError(400, "ENTITY_IS_DELETED", "entity is deleted", ())
    if target.name == "Lead" and row["IsConverted"]:
        raise ApiError(
            400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", (field.name,)
        )
    if field.name == "OwnerId":
        _check_owner(store, sobject, value, row)
    elif not may_see(store, options.user_id, target, row):
        raise ApiError(
            400,
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            "insufficient access rights on cross-reference id",
            (),
        )


def _check_owner(store: Store, sobject: SObject, owner_id: str, owner: Row) -> None:
    if "IsActive" in owner and not owner["IsActive"]:
        raise ApiError(
            400,
            "INACTIVE_OWNER_OR_USER",
            f"operation performed with inactive user [{owner_id}] as owner of"
            f" {sobject.name.lower()}",
            ("OwnerId",),
        )
    if owner_id.startswith("00G"):
        check_queue(store, sobject, owner_id, owner)


def _holds(rule: ValidationRule, value: SqlValue) -> bool:
    text = "" if value is None else str(value)
    match rule.op:
        case "blank":
            return not text
        case "equals":
            return text.casefold() == rule.value.casefold()
        case "contains":
            return rule.value.casefold() in text.casefold()


def _check_duplicates(
    store: Store, rule: DuplicateRule, row: Row, record_id: str | None, options: WriteOptions
) -> None:
    wanted = {name: row.get(name) for name in rule.fields}
    if not wanted or any(value is None for value in wanted.values()):
        return
    condition = " AND ".join(f"{name} = ?" for name in wanted)
    sql = f"SELECT Id FROM o_{rule.object} WHERE {condition} AND IsDeleted = 0 AND Id <> ? ORDER BY Id"  # noqa: S608 # schema names
    found = store.conn.execute(sql, (*wanted.values(), record_id or "")).fetchall()
    if not found:
        return
    message = "Use one of these records?"
    key = "duplicateResut" if float(options.version) <= _MISSPELLED_UNTIL else "duplicateResult"
    records = [_match_record(rule.object, row[0], options.version) for row in found]
    raise ApiError(
        400,
        "DUPLICATES_DETECTED",
        message,
        extra={
            key: {
                "allowSave": rule.action == "alert",
                "duplicateRule": f"{rule.object}_Duplicate_Rule",
                "duplicateRuleEntityType": rule.object,
                "errorMessage": message,
                "matchResults": [
                    {
                        "entityType": rule.object,
                        "errors": [],
                        "matchEngine": "ExactMatchEngine",
                        "matchRecords": records,
                        "rule": f"{rule.object}_Matching_Rule",
                        "size": len(records),
                        "success": True,
                    }
                ],
            }
        },
    )


def _match_record(sobject: str, record_id: str, version: str) -> dict[str, object]:
    return {
        "additionalInformation": [],
        "fieldDiffs": [],
        "matchConfidence": 100.0,
        "record": {
            "attributes": {
                "type": sobject,
                "url": f"/services/data/v{version}/sobjects/{sobject}/{record_id}",
            },
            "Id": record_id,
        },
    }

"""Turns custom objects and fields into parts of an org's schema."""

from collections.abc import Iterable
from dataclasses import replace

from orgsim.custom_schema import CustomField, CustomObject, CustomSchema
from orgsim.objects import kinds
from orgsim.schema import ChildRelationship, Field, PicklistValue, SObject

__all__ = ["clashes", "with_custom"]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHORT_TEXT = 255
# Fields of standard objects that may point at records of custom objects.
_OPEN_ENDS = {
    ("Task", "WhatId"),
    ("Event", "WhatId"),
    ("EventRelation", "RelationId"),
    ("TaskRelation", "RelationId"),
}
_FILE_ENDS = {
    ("ContentDocumentLink", "LinkedEntityId"),
    ("ContentVersion", "FirstPublishLocationId"),
}


def with_custom(standard: Iterable[SObject], custom: CustomSchema) -> tuple[SObject, ...]:
    """Return the standard objects with the custom fields, then the custom objects.

    What refers to an object or a field that does not exist is left out; see `clashes`.
    """
    objects = {o.name: o for o in standard}
    if custom == CustomSchema():
        return tuple(objects.values())
    for number, new in enumerate(custom.objects):
        objects.setdefault(new.name, _object(new, number))
    for column in custom.fields:
        owner = objects.get(column.object)
        if owner is None or owner.field(column.name) is not None:
            continue
        if any(name not in objects for name in column.reference_to):
            continue
        columns = {**owner.fields, column.name: _field(column)}
        objects[owner.name] = replace(owner, fields=columns)
        for target in column.reference_to:
            objects[target] = _with_child(objects[target], column)
    return tuple(_opened(o, custom) for o in objects.values())


def clashes(standard: Iterable[SObject], custom: CustomSchema) -> str | None:
    """Return what is wrong with a custom schema beside these objects, or None."""
    objects = {o.name: o for o in standard}
    folded = {name.lower() for name in objects}
    for new in custom.objects:
        if new.name.lower() in folded:
            return f"there is an object {new.name} already"
    names = set(objects) | {o.name for o in custom.objects}
    for column in custom.fields:
        for name in (column.object, *column.reference_to):
            if name not in names:
                return f"{column.name}: there is no object {name}"
        owner = objects.get(column.object)
        if owner is not None and owner.field(column.name) is not None:
            return f"{column.object} has a field {column.name} already"
        if owner is not None and not (owner.createable and owner.updateable):
            return f"{column.name}: {owner.name} takes no custom fields"
    return None


def _object(new: CustomObject, number: int) -> SObject:
    name = replace(
        kinds.text("Name", f"{new.label} Name", 80, required=True),
        name_field=True,
        defaulted_on_create=True,
    )
    fields = (
        kinds.record_id("Record"),
        kinds.owner(("Group", "User")),
        kinds.derived(kinds.boolean("IsDeleted", "Deleted")),
        name,
        *kinds.system_fields(),
        *((kinds.last_activity(),) if new.activities else ()),
        *kinds.viewed_fields(),
    )
    children = tuple(
        ChildRelationship(child=child, field="WhatId", name=f"{child}s", cascade_delete=True)
        for child in (("Task", "Event") if new.activities else ())
    )
    return SObject(
        name=new.name,
        label=new.label,
        label_plural=new.plural_label,
        key_prefix=f"a{_DIGITS[number // len(_DIGITS)]}{_DIGITS[number % len(_DIGITS)]}",
        fields={f.name: f for f in fields},
        child_relationships=children,
        custom=True,
    )


def _field(column: CustomField) -> Field:
    is_long = column.type == "textarea" and column.length > _SHORT_TEXT
    is_number = column.type in {"double", "currency", "percent"}
    is_reference = column.type == "reference"
    return Field(
        name=column.name,
        label=column.label,
        type=column.type,
        length=18 if is_reference else _SHORT_TEXT if column.values else column.length,
        nillable=not column.required and column.type != "boolean",
        filterable=not is_long,
        sortable=not is_long,
        groupable=not is_long and not is_number and column.type != "datetime",
        unique=column.unique,
        external_id=column.external_id,
        id_lookup=column.external_id,
        case_sensitive=column.case_sensitive,
        reference_to=column.reference_to,
        relationship_name=f"{column.name[:-1]}r" if is_reference else None,
        picklist=tuple(
            PicklistValue(value=v, label=v, default=v == column.default) for v in column.values
        ),
        restricted=column.restricted,
        default=bool(column.default) if column.type == "boolean" else column.default,
        defaulted_on_create=column.type == "boolean" or column.default is not None,
        precision=column.precision if is_number else 0,
        scale=column.scale if is_number else 0,
        custom=True,
    )


def _with_child(parent: SObject, column: CustomField) -> SObject:
    name = f"{column.child_relationship}__r" if column.child_relationship else None
    child = ChildRelationship(
        child=column.object, field=column.name, name=name, cascade_delete=column.cascade_delete
    )
    return replace(parent, child_relationships=(*parent.child_relationships, child))


def _opened(sobject: SObject, custom: CustomSchema) -> SObject:
    """Return the object with its relations to any record widened to the custom objects."""
    fields = dict(sobject.fields)
    for name, field in sobject.fields.items():
        if (sobject.name, name) in _OPEN_ENDS:
            added = tuple(o.name for o in custom.objects if o.activities)
        elif (sobject.name, name) in _FILE_ENDS:
            added = tuple(o.name for o in custom.objects)
        else:
            continue
        fields[name] = replace(field, reference_to=(*field.reference_to, *added))
    return replace(sobject, fields=fields)

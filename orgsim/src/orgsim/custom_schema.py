"""Custom objects and fields: what an admin adds to an org, read from JSON.

A schema is `{"objects": [...], "fields": [...]}`. An object has `name` (`Visit__c`), `label`,
`plural_label` and `activities` (whether tasks and events may relate to it). A field has `object`
(standard or custom), `name` (`Badge__c`), `type` and, as the type needs them, `label`, `length`,
`precision`, `scale`, `required`, `unique`, `case_sensitive`, `external_id`, `default`, `values`,
`restricted`, `reference_to`, `child_relationship` and `cascade_delete`.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Final, TypeGuard

__all__ = [
    "CUSTOM_TYPES",
    "NOTHING_CUSTOM",
    "CustomField",
    "CustomObject",
    "CustomSchema",
    "custom_label",
    "read_custom_name",
    "read_custom_schema",
]

CUSTOM_TYPES: Final = frozenset(
    {"string", "textarea", "phone", "email", "url", "picklist", "boolean", "double", "currency"}
    | {"percent", "date", "datetime", "reference"}
)
_UNIQUE_TYPES: Final = frozenset({"string", "email", "double"})
_NAME: Final = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*(?:__[A-Za-z](?:_?[A-Za-z0-9])*)?__c")
_RELATION: Final = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")
_LONGEST_NAME: Final = 60
_MOST_LENGTH: Final = {"string": 255, "textarea": 131_072, "phone": 40, "email": 80, "url": 255}
_MOST_DIGITS: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomObject:
    """One custom object; with `activities` tasks and events may relate to its records."""

    name: str
    label: str
    plural_label: str
    activities: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """One custom field; `length` is in characters, `child_relationship` has no `__r` yet."""

    object: str
    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 18
    scale: int = 0
    required: bool = False
    unique: bool = False
    case_sensitive: bool = False
    external_id: bool = False
    default: str | bool | None = None
    values: tuple[str, ...] = ()
    restricted: bool = False
    reference_to: tuple[str, ...] = ()
    child_relationship: str | None = None
    cascade_delete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomSchema:
    """Everything custom in one org, in the order in which it was added."""

    objects: tuple[CustomObject, ...] = field(default=())
    fields: tuple[CustomField, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """Return the schema in the form that is read."""
        return {
            "objects": [asdict(o) for o in self.objects],
            "fields": [
                {**asdict(f), "values": list(f.values), "reference_to": list(f.reference_to)}
                for f in self.fields
            ],
        }

    def merged(self, added: "CustomSchema") -> "CustomSchema":
        """Return both together; raises TypeError where one thing would mean two."""
        objects = {o.name.lower(): o for o in self.objects}
        for new in added.objects:
            if objects.setdefault(new.name.lower(), new) != new:
                raise TypeError(f"{new.name} is defined already, in another way")
        known = {(f.object.lower(), f.name.lower()): f for f in self.fields}
        for column in added.fields:
            if known.setdefault((column.object.lower(), column.name.lower()), column) != column:
                raise TypeError(f"{column.object}.{column.name} is defined already, in another way")
        return CustomSchema(objects=tuple(objects.values()), fields=tuple(known.values()))


NOTHING_CUSTOM: Final = CustomSchema()


def read_custom_schema(value: object) -> CustomSchema:
    """Return the schema in a JSON value; raises TypeError naming what does not fit."""
    if not isinstance(value, dict) or set(value) - {"objects", "fields"}:
        raise TypeError("must be an object with objects and fields")
    objects = tuple(_object(entry) for entry in _entries(value, "objects"))
    columns = tuple(_field(entry) for entry in _entries(value, "fields"))
    return CustomSchema().merged(CustomSchema(objects=objects, fields=columns))


def custom_label(name: str) -> str:
    """Return the label of something custom that was given a name only."""
    return name.removesuffix("__c").replace("_", " ")


def read_custom_name(value: object) -> str:
    """Return a value that may name something custom; raises TypeError for any other."""
    if not _is_name(value):
        raise TypeError("must be a name such as Badge_Number__c")
    return value


def _entries(value: Mapping[str, object], key: str) -> list[dict[str, object]]:
    entries = value.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise TypeError(f"{key} must be a list of objects")
    return entries


def _object(entry: Mapping[str, object]) -> CustomObject:
    name = _name(entry, "an object")
    label = _text(entry, "label", name, custom_label(name))
    plural = _text(entry, "plural_label", name, f"{label}s")
    _check_keys(entry, name, frozenset(f.name for f in fields(CustomObject)))
    activities = _flag(entry, "activities", name)
    return CustomObject(name=name, label=label, plural_label=plural, activities=activities)


def _field(entry: Mapping[str, object]) -> CustomField:
    name = _name(entry, "a field")
    _check_keys(entry, name, frozenset(f.name for f in fields(CustomField)))
    kind = entry.get("type", "string")
    if not isinstance(kind, str) or kind not in CUSTOM_TYPES:
        raise TypeError(f"{name}: type must be one of {', '.join(sorted(CUSTOM_TYPES))}")
    found = CustomField(
        object=_text(entry, "object", name, None),
        name=name,
        label=_text(entry, "label", name, custom_label(name)),
        type=kind,
        length=_length(entry, name, kind),
        precision=_number(entry, "precision", name, _MOST_DIGITS),
        scale=_number(entry, "scale", name, 0),
        required=_flag(entry, "required", name),
        unique=_flag(entry, "unique", name),
        case_sensitive=_flag(entry, "case_sensitive", name),
        external_id=_flag(entry, "external_id", name),
        default=_default(entry, name, kind),
        values=_texts(entry, "values", name),
        restricted=_flag(entry, "restricted", name),
        reference_to=_texts(entry, "reference_to", name),
        child_relationship=_relation(entry, name),
        cascade_delete=_flag(entry, "cascade_delete", name),
    )
    _check_together(found)
    return found


def _check_together(column: CustomField) -> None:
    """Raise TypeError where the properties of a field exclude each other."""
    if (column.unique or column.external_id) and column.type not in _UNIQUE_TYPES:
        raise TypeError(f"{column.name}: only {', '.join(sorted(_UNIQUE_TYPES))} can be a key")
    if (column.type == "reference") != bool(column.reference_to):
        raise TypeError(f"{column.name}: reference_to belongs to fields of type reference")
    if len(column.reference_to) > 1:
        raise TypeError(f"{column.name}: a custom reference points at one object")
    if column.type != "reference" and (column.child_relationship or column.cascade_delete):
        raise TypeError(f"{column.name}: only a reference has children")
    if (column.type == "picklist") != bool(column.values):
        raise TypeError(f"{column.name}: values belong to fields of type picklist")
    if column.type == "boolean" and column.required:
        raise TypeError(f"{column.name}: a check box is never empty; leave required out")
    if column.type == "picklist" and column.default not in {None, *column.values}:
        raise TypeError(f"{column.name}: the default must be one of the values")
    if not column.scale <= column.precision <= _MOST_DIGITS:
        raise TypeError(f"{column.name}: precision must be from scale to {_MOST_DIGITS}")


def _check_keys(entry: Mapping[str, object], name: str, known: frozenset[str]) -> None:
    if unknown := sorted(set(entry) - known):
        raise TypeError(f"{name} has unknown keys: {', '.join(unknown)}")


def _name(entry: Mapping[str, object], what: str) -> str:
    name = entry.get("name")
    if not _is_name(name):
        raise TypeError(f"{what} needs a name such as Badge_Number__c, not {name}")
    return name


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= _LONGEST_NAME and bool(_NAME.fullmatch(value))


def _text(entry: Mapping[str, object], key: str, name: str, default: str | None) -> str:
    value = entry.get(key, default)
    if not isinstance(value, str) or not value:
        raise TypeError(f"{name}: {key} must be a text")
    return value


def _texts(entry: Mapping[str, object], key: str, name: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise TypeError(f"{name}: {key} must be a list of texts")
    return tuple(dict.fromkeys(value))


def _flag(entry: Mapping[str, object], key: str, name: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise TypeError(f"{name}: {key} must be true or false")
    return value


def _number(entry: Mapping[str, object], key: str, name: str, default: int) -> int:
    value = entry.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"{name}: {key} must be a whole number")
    return value


def _length(entry: Mapping[str, object], name: str, kind: str) -> int:
    most = _MOST_LENGTH.get(kind, 0)
    length = _number(entry, "length", name, min(most, 255))
    if kind in _MOST_LENGTH and not 0 < length <= most:
        raise TypeError(f"{name}: length must be from 1 to {most}")
    return length


def _default(entry: Mapping[str, object], name: str, kind: str) -> str | bool | None:
    value = entry.get("default")
    wanted = {"boolean": bool, "picklist": str}.get(kind)
    if value is None or (wanted is not None and isinstance(value, wanted)):
        return value  # type: ignore[return-value] # a text or a boolean by now
    raise TypeError(f"{name}: only a check box or a picklist has a default, of its own type")


def _relation(entry: Mapping[str, object], name: str) -> str | None:
    value = entry.get("child_relationship")
    if value is not None and not (isinstance(value, str) and _RELATION.fullmatch(value)):
        raise TypeError(f"{name}: child_relationship must be a word such as Visits")
    return value

"""What of a chat can be written into a Salesforce field, and how a tenant says so (CX-20)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from switchhook.domain.setting_values import Problem

OBJECTS = ("Lead", "Contact", "Case", "Task")
"""The objects that a chat writes."""

OWN_LABELS = ("custom_fields.", "custom_variables.", "wrap_up.fields.")
"""How sources begin that name a field of the tenant's chat product by its label."""

TEXT_TYPES = frozenset({"string", "textarea", "encryptedstring", "combobox"})
"""The types of field that take any text."""

_CHOICES = frozenset({"picklist", "multipicklist"})
_NUMBERS = frozenset({"int", "double", "currency", "percent", "long"})
_TIMES = frozenset({"date", "datetime"})
WRITABLE_TYPES = frozenset(
    {*TEXT_TYPES, *_CHOICES, *_NUMBERS, *_TIMES, "email", "phone", "url", "boolean", "reference"}
)
"""The types of field that a value of the tenant's own may be written into."""

SOURCES: Mapping[str, frozenset[str]] = {
    "visitor.id": TEXT_TYPES,
    "visitor.name": TEXT_TYPES,
    "visitor.email": TEXT_TYPES | {"email"},
    "visitor.phone": TEXT_TYPES | {"phone"},
    "visitor.company": TEXT_TYPES | _CHOICES,
    "agent.name": TEXT_TYPES,
    "agent.email": TEXT_TYPES | {"email"},
    "channel": TEXT_TYPES | _CHOICES,
    "source_tenant_id": TEXT_TYPES | _CHOICES,
    "chat_id": TEXT_TYPES,
    "topic": TEXT_TYPES,
    "started_at": TEXT_TYPES | _TIMES,
    "ended_at": TEXT_TYPES | _TIMES,
    "page_url": TEXT_TYPES | {"url"},
    "note": TEXT_TYPES,
    "wrap_up": TEXT_TYPES,
    "wrap_up.category": TEXT_TYPES | _CHOICES,
    "wrap_up.comment": TEXT_TYPES,
    "rating": TEXT_TYPES | _CHOICES | _NUMBERS,
    "tags": TEXT_TYPES | _CHOICES,
    "subject": TEXT_TYPES,
    "description": TEXT_TYPES,
    "origin": TEXT_TYPES | _CHOICES,
}
"""Every source by name, with the types of field that it may be written into.

`subject` and `description` are the composed ones, `topic` is an offline message's own subject; `agent`
is the last one; `origin` is the channel in Salesforce's words.
"""

RESERVED_FIELDS = frozenset(
    {
        "Id",
        "OwnerId",
        "WhoId",
        "WhatId",
        "ContactId",
        "CallObject",
        "Switchhook_Key__c",
        "IsDeleted",
    }
)
"""Fields that Switchhook sets by rules of their own: references, owners and keys."""

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}", re.ASCII)
_MOST_FIELDS = 100
_LONGEST_LABEL = 255
_LONGEST_CONSTANT = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """A text that is the same for every chat; an empty one leaves the field alone."""

    value: str


type Source = str | Constant
type Mapped = Mapping[str, Mapping[str, Source]]
"""By object and field what is written into it."""


def chat_mapping(value: object) -> object:
    """Takes {object: {field: source}}, or null for none; names the first thing that is wrong.

    A source is one of `SOURCES`, one of `OWN_LABELS` with a label, or {"value": text}. No
    field of `RESERVED_FIELDS` can be mapped.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        return Problem(
            text='must be an object such as {"Lead": {"LeadSource": {"value": "Chat"}}}.'
        )
    read: dict[str, dict[str, Source]] = {}
    for object_type, fields in value.items():
        if object_type not in OBJECTS:
            return Problem(
                text=f"names {object_type!r}; an object is one of: {', '.join(OBJECTS)}."
            )
        if not isinstance(fields, Mapping) or len(fields) > _MOST_FIELDS:
            return Problem(
                text=f"must give {object_type} an object of at most {_MOST_FIELDS} fields."
            )
        read[object_type] = {}
        for name, stated in fields.items():
            source = _source(f"{object_type}.{name}", name, stated)
            if isinstance(source, Problem):
                return source
            read[object_type][name] = source
    return read


def _source(path: str, name: str, stated: object) -> Source | Problem:
    if not _FIELD.fullmatch(name):
        return Problem(text=f"names {path!r}, which is no field's API name.")
    if name in RESERVED_FIELDS:
        return Problem(text=f"names {path}, which Switchhook sets by rules of its own.")
    if isinstance(stated, Mapping):
        return _constant(path, stated)
    if isinstance(stated, str) and (stated in SOURCES or _is_own(stated)):
        return stated
    known = ", ".join((*SOURCES, *(f"{begin}<label>" for begin in OWN_LABELS)))
    text = f'gives {path} {stated!r}; a source is one of: {known}, or {{"value": "text"}}.'
    return Problem(text=text)


def _constant(path: str, stated: Mapping[object, object]) -> Source | Problem:
    text = stated.get("value")
    if set(stated) == {"value"} and isinstance(text, str) and len(text) <= _LONGEST_CONSTANT:
        return Constant(value=text)
    limit = f"a text of at most {_LONGEST_CONSTANT} characters"
    return Problem(text=f'must give {path} a source or {{"value": ...}} with {limit}.')


def _is_own(stated: str) -> bool:
    label = next((stated.removeprefix(own) for own in OWN_LABELS if stated.startswith(own)), "")
    return bool(label.strip()) and len(label) <= _LONGEST_LABEL


def types_of(source: Source) -> frozenset[str]:
    """Names the types of field that a source may be written into."""
    if isinstance(source, Constant) or source not in SOURCES:
        return WRITABLE_TYPES
    return SOURCES[source]

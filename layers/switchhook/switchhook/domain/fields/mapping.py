"""Which field of Salesforce gets what of a chat: the usual mapping, the tenant's own, and its limits.

The usual one is CX-36 to CX-56 as data. References and owners are not in it: they follow from the
decision.

Names the fields of the org that a tenant's chats read or write; of these the describes are kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from switchhook.domain.decision import Reason
from switchhook.domain.facts.fields import STANDARD_FIELDS, FieldFacts, Fields
from switchhook.domain.fields.values import converted
from switchhook.domain.rules import Rule
from switchhook.domain.settings.values import OWN_LABELS, Constant, Mapped, Source, types_of

RULE = Rule.CX_20

USUAL: Mapped = {
    "Lead": {
        "LastName": "visitor.name",  # CX-37
        "Email": "visitor.email",  # CX-38
        "Phone": "visitor.phone",  # CX-39
        "Company": "visitor.company",  # CX-40
    },
    "Contact": {
        "LastName": "visitor.name",
        "Email": "visitor.email",
        "Phone": "visitor.phone",
    },
    "Case": {
        "Subject": "subject",  # CX-46, CX-47
        "Description": "description",  # CX-48 to CX-55
        "Origin": "origin",
        "SuppliedName": "visitor.name",  # CX-42
        "SuppliedEmail": "visitor.email",  # CX-43
        "SuppliedPhone": "visitor.phone",  # CX-44
        "SuppliedCompany": "visitor.company",  # CX-40, CX-45
    },
    "Task": {
        "Subject": "subject",  # CX-42, CX-43, CX-46, CX-47
        "Description": "description",
    },
}
"""What each object's fields get unless the tenant says otherwise."""

NO_NAME = "Unknown visitor"
NO_COMPANY = "Unknown"
REQUIRED: Mapping[str, Mapping[str, str]] = {
    "Lead": {"LastName": NO_NAME, "Company": NO_COMPANY},
    "Contact": {"LastName": NO_NAME},
}
"""What stands in fields that Salesforce wants, where the chat says nothing (CX-37, CX-40)."""


_SHARED = frozenset({"FirstName", "LastName", "Salutation", "Phone", "Fax", "Description"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicable:
    """The values that can be written, and why each of the others is not."""

    fields: Mapping[str, str]
    dropped: tuple[Reason, ...] = ()


def mapped(
    object_type: str, mapping: Mapped, values: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Gives (field, value) for one object by the usual mapping with the tenant's own laid over it.

    `values` are the chat's by source; what has no value is left out.
    """
    sources = {**USUAL.get(object_type, {}), **mapping.get(object_type, {})}
    stated = ((name, value_of(source, values)) for name, source in sources.items())
    return tuple((name, text) for name, text in stated if text.strip())


def value_of(source: Source, values: Mapping[str, str]) -> str:
    """Gives a source's value, empty where the chat has none; labels are known in either case."""
    if isinstance(source, Constant):
        return source.value
    if source in values or not source.startswith(OWN_LABELS):
        return values.get(source, "")
    wanted = source.casefold()
    return next((text for name, text in values.items() if name.casefold() == wanted), "")


def person_account_field(contact_field: str) -> str:
    """Names a contact's field as the Account of a person account does.

    Salesforce takes no change of a person account by its contact.
    """
    if contact_field.endswith("__c"):
        return f"{contact_field.removesuffix('__c')}__pc"
    return contact_field if contact_field in _SHARED else f"Person{contact_field}"


def applicable(
    object_type: str,
    stated: tuple[tuple[str, str], ...],
    describe: Fields | None,
    *,
    is_new: bool,
) -> Applicable:
    """Fits values to the fields as they are now; what cannot be written is dropped and named.

    `describe` has the object's fields as the integration user sees them; None where they are not
    known, and then only the standard ones are written. `is_new` tells whether the record is created
    or changed. A dropped value never costs the record itself.
    """
    fields: dict[str, str] = {}
    dropped: list[Reason] = []
    known = STANDARD_FIELDS.get(object_type, {}) if describe is None else describe
    for name, text in stated:
        facts = known.get(name)
        problem = _trouble(facts, is_new=is_new)
        value = None if facts is None or problem else converted(text, facts)
        if value is None:
            why = problem or f"does not take the value of a {facts.type if facts else 'field'}"
            dropped.append(Reason(rule=RULE, text=f"{object_type}.{name} {why}; left out."))
        elif value:
            fields[name] = value
    return Applicable(fields=fields, dropped=tuple(dropped))


def _trouble(facts: FieldFacts | None, *, is_new: bool) -> str | None:
    if facts is None:
        return "is not a field that the integration user can see"
    if not (facts.createable if is_new else facts.updateable):
        return f"cannot be {'set' if is_new else 'changed'} by the integration user"
    return None


def check_mapping(mapping: Mapped, describes: Mapping[str, Fields]) -> dict[str, str]:
    """Names each field of the tenant's mapping that the org would refuse, with a sentence why.

    Empty when all is well. Objects that are not in `describes` are not judged. Values that only a
    chat brings are judged when it comes (`applicable`); constants are judged here.
    """
    return {
        f"chats.mapping.{object_type}.{name}": f"{object_type}.{name} {problem}."
        for object_type, name, source in _mappings(mapping)
        if object_type in describes
        and (problem := _problem(source, describes[object_type].get(name)))
    }


def _mappings(mapping: Mapped) -> Iterator[tuple[str, str, Source]]:
    for object_type, fields in mapping.items():
        for name, source in fields.items():
            yield object_type, name, source


def _problem(source: Source, facts: FieldFacts | None) -> str | None:
    trouble = _trouble(facts, is_new=True)
    if trouble or facts is None or source == Constant(value=""):
        return trouble if source != Constant(value="") else None
    if facts.type not in types_of(source):
        named = "a constant" if isinstance(source, Constant) else source
        return f"is of type {facts.type}, which cannot hold {named}"
    if not isinstance(source, Constant):
        return None
    if facts.length and len(source.value) > facts.length:
        return f"holds {facts.length} characters, and the text has {len(source.value)}"
    if converted(source.value, facts) is None:
        allowed = f"; it takes: {', '.join(facts.values)}" if facts.values else ""
        return f"does not take {source.value!r}{allowed}"
    return None


_FIRST_NAME = "FirstName"
_PEOPLE = ("Lead", "Contact")


def fields_in_use(mapping: Mapped) -> dict[str, frozenset[str]]:
    """Gives by object the usual fields and those of the tenant's own mapping (CX-20).

    Of an Account they are the names under which a person account has its contact's fields.
    """
    used = {
        name: {*fields, *mapping.get(name, {}), *({_FIRST_NAME} if name in _PEOPLE else ())}
        for name, fields in STANDARD_FIELDS.items()
    }
    used["Account"] = {person_account_field(name) for name in used["Contact"]}
    return {name: frozenset(fields) for name, fields in used.items()}


def named(used: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Writes each field as "Lead.Email"."""
    return frozenset(f"{name}.{field}" for name, fields in used.items() for field in fields)


def kept(described: Mapping[str, FieldFacts], wanted: frozenset[str]) -> Mapping[str, FieldFacts]:
    """Gives what a describe tells of the fields in use."""
    return {name: facts for name, facts in described.items() if name in wanted}

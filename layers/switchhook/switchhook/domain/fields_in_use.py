"""Names the fields of the org that a tenant's chats read or write; of these the describes are kept."""

from collections.abc import Mapping

from switchhook.domain.field_facts import STANDARD_FIELDS, FieldFacts
from switchhook.domain.field_mapping import person_account_field
from switchhook.domain.mapping_sources import Mapped

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

"""What is known of a field of the tenant's org, as its describe tells it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFacts:
    """One field of an object: `type` in Salesforce's words, `length` in characters (0: none stated).

    `values` are the active values of a picklist. `restricted` says that it takes no others.
    """

    name: str
    type: str = "string"
    length: int = 0
    createable: bool = True
    updateable: bool = True
    values: tuple[str, ...] = ()
    restricted: bool = False


type Fields = Mapping[str, FieldFacts]
"""The fields of one object by API name."""


def _fields(*facts: FieldFacts) -> Fields:
    return {one.name: one for one in facts}


def _text(name: str, length: int) -> FieldFacts:
    return FieldFacts(name=name, length=length)


STANDARD_FIELDS: Mapping[str, Fields] = {
    "Lead": _fields(
        _text("LastName", 80),
        _text("Company", 255),
        FieldFacts(name="Email", type="email", length=80),
        FieldFacts(name="Phone", type="phone", length=40),
    ),
    "Contact": _fields(
        _text("LastName", 80),
        FieldFacts(name="Email", type="email", length=80),
        FieldFacts(name="Phone", type="phone", length=40),
    ),
    "Account": _fields(
        _text("LastName", 80),
        FieldFacts(name="PersonEmail", type="email", length=80),
        FieldFacts(name="Phone", type="phone", length=40),
    ),
    "Case": _fields(
        _text("Subject", 255),
        FieldFacts(name="Description", type="textarea", length=32_000),
        FieldFacts(name="Origin", type="picklist", length=255),
        _text("SuppliedName", 80),
        FieldFacts(name="SuppliedEmail", type="email", length=80),
        FieldFacts(name="SuppliedPhone", length=40),
        _text("SuppliedCompany", 80),
    ),
    "Task": _fields(
        _text("Subject", 255), FieldFacts(name="Description", type="textarea", length=32_000)
    ),
}
"""The standard fields that a chat writes, as every org has them; used where a describe is not known."""

"""Short constructors for the kinds of fields that objects are made of."""

from dataclasses import replace
from typing import Final

from orgsim.schema import Field, PicklistValue, SObject

__all__ = [
    "ADDRESS_PARTS",
    "LONG_TEXT",
    "address",
    "boolean",
    "date",
    "datetime",
    "derived",
    "email",
    "integer",
    "last_activity",
    "long_text",
    "money",
    "owner",
    "percent",
    "person_name",
    "phone",
    "photo",
    "picklist",
    "read_only",
    "read_only_list",
    "record_id",
    "reference",
    "street",
    "system_fields",
    "text",
    "url",
    "viewed_fields",
]

LONG_TEXT: Final = 32_000

# The parts of an address in describe's order; its value has them in the order of their names.
ADDRESS_PARTS: Final = (
    *("Street", "City", "State", "PostalCode", "Country", "Latitude", "Longitude"),
    "GeocodeAccuracy",
)
_ACCURACIES = (
    *("Address", "NearAddress", "Block", "Street", "ExtendedZip", "Zip", "Neighborhood", "City"),
    *("County", "State", "Unknown"),
)


def text(name: str, label: str, length: int, *, required: bool = False) -> Field:
    """Return a one-line text field."""
    return Field(name=name, label=label, type="string", length=length, nillable=not required)


def street(name: str, label: str, compound: str) -> Field:
    """Return a short text area as street lines use it; unlike long text it can be filtered."""
    return Field(name=name, label=label, type="textarea", length=255, compound=compound)


def address(prefix: str, words: str | None = None) -> tuple[Field, ...]:
    """Return the parts of an address (`MailingCity`) and the compound that shows them together.

    `words` stand before the labels; they are the prefix if nothing is said.
    """
    label = prefix if words is None else words
    label = f"{label} " if label else ""
    compound = f"{prefix}Address"
    texts = (
        text(f"{prefix}City", f"{label}City", 40),
        text(f"{prefix}State", f"{label}State/Province", 80),
        text(f"{prefix}PostalCode", f"{label}Zip/Postal Code", 20),
        text(f"{prefix}Country", f"{label}Country", 80),
        *(_coordinate(f"{prefix}{part}", f"{label}{part}") for part in ("Latitude", "Longitude")),
        picklist(
            f"{prefix}GeocodeAccuracy",
            f"{label}Geocode Accuracy",
            _ACCURACIES,
            length=40,
            restricted=True,
        ),
    )
    whole = Field(
        name=compound,
        label=f"{label}Address",
        type="address",
        createable=False,
        updateable=False,
        sortable=False,
        groupable=False,
        components=tuple((p[0].lower() + p[1:], f"{prefix}{p}") for p in sorted(ADDRESS_PARTS)),
    )
    parts = tuple(replace(part, compound=compound) for part in texts)
    return (street(f"{prefix}Street", f"{label}Street", compound), *parts, whole)


def _coordinate(name: str, label: str) -> Field:
    return Field(name=name, label=label, type="double", precision=18, scale=15, groupable=False)


def long_text(name: str, label: str, length: int = LONG_TEXT) -> Field:
    """Return a long text area, which SOQL can neither filter, sort nor group."""
    return Field(
        name=name,
        label=label,
        type="textarea",
        length=length,
        filterable=False,
        sortable=False,
        groupable=False,
    )


def phone(name: str, label: str) -> Field:
    """Return a phone field: forty characters of free text."""
    return Field(name=name, label=label, type="phone", length=40)


def email(name: str, label: str, *, length: int = 80, id_lookup: bool = False) -> Field:
    """Return an e-mail field."""
    return Field(name=name, label=label, type="email", length=length, id_lookup=id_lookup)


def url(name: str, label: str) -> Field:
    """Return a web address field."""
    return Field(name=name, label=label, type="url", length=255)


def boolean(name: str, label: str, *, default: bool = False) -> Field:
    """Return a check box, which is never null."""
    return Field(
        name=name,
        label=label,
        type="boolean",
        nillable=False,
        default=default,
        defaulted_on_create=True,
    )


def integer(name: str, label: str, digits: int = 8) -> Field:
    """Return a whole number."""
    return Field(name=name, label=label, type="int", digits=digits)


def money(name: str, label: str) -> Field:
    """Return a currency amount."""
    return Field(name=name, label=label, type="currency", precision=18, groupable=False)


def percent(name: str, label: str) -> Field:
    """Return a percentage, 50 for a half."""
    return Field(name=name, label=label, type="percent", precision=3, groupable=False)


def date(name: str, label: str) -> Field:
    """Return a calendar day without a time zone."""
    return Field(name=name, label=label, type="date")


def datetime(name: str, label: str) -> Field:
    """Return a point in time."""
    return Field(name=name, label=label, type="datetime", groupable=False)


def picklist(
    name: str,
    label: str,
    values: tuple[str, ...],
    *,
    length: int = 255,
    default: str | None = None,
    required: bool = False,
    restricted: bool = False,
) -> Field:
    """Return a picklist; unless `restricted`, the API takes values that are not on the list."""
    return Field(
        name=name,
        label=label,
        type="picklist",
        length=length,
        nillable=not required,
        picklist=tuple(PicklistValue(value=v, label=v, default=v == default) for v in values),
        default=default,
        defaulted_on_create=default is not None,
        restricted=restricted,
    )


def reference(
    name: str, label: str, to: tuple[str, ...], relationship: str | None, *, required: bool = False
) -> Field:
    """Return a look-up to one or, when polymorphic, several objects."""
    return Field(
        name=name,
        label=label,
        type="reference",
        length=18,
        nillable=not required,
        reference_to=to,
        relationship_name=relationship,
    )


def owner(to: tuple[str, ...]) -> Field:
    """Return OwnerId; without a value the writing user owns the record."""
    field = reference("OwnerId", "Owner ID", to, "Owner", required=True)
    return replace(field, defaulted_on_create=True)


def derived(field: Field) -> Field:
    """Return the field as one that only the org itself sets."""
    return replace(field, createable=False, updateable=False)


def record_id(label: str) -> Field:
    """Return the Id field of an object."""
    return Field(
        name="Id",
        label=f"{label} ID",
        type="id",
        length=18,
        nillable=False,
        createable=False,
        updateable=False,
        defaulted_on_create=True,
        id_lookup=True,
    )


def person_name(first_length: int = 40) -> tuple[Field, ...]:
    """Return the four parts of a person's name; `Name` itself is put together by the org."""
    return (
        replace(text("LastName", "Last Name", 80, required=True), compound="Name"),
        replace(text("FirstName", "First Name", first_length), compound="Name"),
        replace(
            picklist(
                "Salutation", "Salutation", ("Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", "Mx."), length=40
            ),
            compound="Name",
        ),
        derived(
            replace(text("Name", "Full Name", 121, required=True), name_field=True),
        ),
    )


def system_fields() -> tuple[Field, ...]:
    """Return the audit fields that every record carries."""
    stamp = {"defaulted_on_create": True, "nillable": False}
    user = ("User",)
    fields = (
        datetime("CreatedDate", "Created Date"),
        reference("CreatedById", "Created By ID", user, "CreatedBy"),
        datetime("LastModifiedDate", "Last Modified Date"),
        reference("LastModifiedById", "Last Modified By ID", user, "LastModifiedBy"),
        datetime("SystemModstamp", "System Modstamp"),
    )
    return tuple(derived(replace(f, **stamp)) for f in fields)  # type: ignore[arg-type] # two flags


def last_activity() -> Field:
    """Return the day of the newest event or closed task that is about a record."""
    return derived(date("LastActivityDate", "Last Activity"))


def photo() -> Field:
    """Return where the picture of a record lies."""
    return derived(url("PhotoUrl", "Photo URL"))


def viewed_fields() -> tuple[Field, ...]:
    """Return when the user last saw a record or one that leads to it; the API alone shows none."""
    return tuple(
        derived(datetime(f"Last{word}Date", f"Last {word} Date"))
        for word in ("Viewed", "Referenced")
    )


def read_only(
    name: str, label: str, plural: str, key_prefix: str, fields: tuple[Field, ...]
) -> SObject:
    """Return an object that the API shows and never changes."""
    return SObject(
        name=name,
        label=label,
        label_plural=plural,
        key_prefix=key_prefix,
        fields={f.name: derived(f) for f in fields},
        searchable=False,
        createable=False,
        updateable=False,
        deletable=False,
        owned=False,
    )


def read_only_list(name: str, label: str, fields: tuple[Field, ...]) -> SObject:
    """Return an object that shows the values of a picklist; they all share one id prefix."""
    return read_only(name, label, label, "01J", fields)

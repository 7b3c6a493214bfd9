"""What an org's objects and fields are, in the words of Salesforce's describe."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field

__all__ = ["ChildRelationship", "Field", "PicklistValue", "SObject", "Schema", "put_together"]

type Default = str | bool | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PicklistValue:
    """One value of a picklist: `value` is stored, `label` is shown."""

    value: str
    label: str
    default: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field with the properties that describe answers and that writing and querying obey.

    `type` is a describe word: id, string, textarea, phone, email, picklist, combobox, boolean, int,
    double, currency, date, datetime, reference, url. `length` is in characters, 0 where it has no
    meaning. `reference_to` names the objects a reference may point at, `relationship_name` the way
    SOQL walks there (`Owner`). `compound` is the compound field a part belongs to (`Name`).
    `components` are what an address is made of: the key in its value and the field that holds it;
    such a field has no column of its own.
    """

    name: str
    label: str
    type: str
    length: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    filterable: bool = True
    sortable: bool = True
    groupable: bool = True
    unique: bool = False
    external_id: bool = False
    case_sensitive: bool = False
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    picklist: tuple[PicklistValue, ...] = ()
    restricted: bool = False
    default: Default = None
    defaulted_on_create: bool = False
    compound: str | None = None
    components: tuple[tuple[str, str], ...] = ()
    name_field: bool = False
    id_lookup: bool = False
    auto_number: bool = False
    precision: int = 0
    scale: int = 0
    digits: int = 0
    custom: bool = False

    @property
    def required_on_create(self) -> bool:
        """True where a create without a value is refused."""
        return (
            self.createable
            and not self.nillable
            and not self.defaulted_on_create
            and self.type != "boolean"
        )

    @property
    def polymorphic(self) -> bool:
        """True where the reference may point at more than one object."""
        return len(self.reference_to) > 1

    @property
    def is_text(self) -> bool:
        """True for values that compare as text, ignoring case unless `case_sensitive`."""
        return self.type in _TEXT_TYPES


def put_together(parts: Mapping[str, object]) -> dict[str, object] | None:
    """Return the value of a field that is made of others; without any value in them it is null."""
    values = list(parts.values())
    return None if values.count(None) == len(values) else dict(parts)


_TEXT_TYPES = frozenset(
    {"string", "textarea", "phone", "email", "picklist", "combobox", "url", "encryptedstring"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildRelationship:
    """A relation seen from the parent: `name` is what a child subquery calls it, if it may."""

    child: str
    field: str
    name: str | None
    cascade_delete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SObject:
    """One object; `fields` keeps describe's order and is keyed by the exact API name.

    `columns` are the fields that are stored, which is all but those made of other fields. `view` is
    the SELECT behind an object that only shows rows of another one, under the ids these have.
    """

    name: str
    label: str
    label_plural: str
    key_prefix: str
    fields: Mapping[str, Field]
    child_relationships: tuple[ChildRelationship, ...] = ()
    custom: bool = False
    searchable: bool = True
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    mergeable: bool = False
    owned: bool = True
    view: str | None = None
    columns: Mapping[str, Field] = dataclass_field(init=False, repr=False, compare=False)
    _folded: Mapping[str, Field] = dataclass_field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        stored = {name: f for name, f in self.fields.items() if not f.components}
        object.__setattr__(self, "columns", stored)
        object.__setattr__(self, "_folded", {f.name.lower(): f for f in self.fields.values()})

    @property
    def table(self) -> str:
        """The SQLite table that holds the rows."""
        return f"o_{self.name}"

    def field(self, name: str) -> Field | None:
        """Return the field of that name in any case, or None."""
        return self._folded.get(name.lower())

    def relationship(self, name: str) -> Field | None:
        """Return the reference field that SOQL walks as `name` (`Owner`), or None."""
        folded = name.lower()
        for candidate in self.fields.values():
            relation = candidate.relationship_name
            if relation is not None and relation.lower() == folded:
                return candidate
        return None

    def children(self, name: str) -> ChildRelationship | None:
        """Return the child relation of that name in any case, or None."""
        folded = name.lower()
        for candidate in self.child_relationships:
            if candidate.name is not None and candidate.name.lower() == folded:
                return candidate
        return None

    @property
    def name_field(self) -> Field | None:
        """The field that stands for the record in lists (`Name`, `Subject`, `CaseNumber`)."""
        return next((f for f in self.fields.values() if f.name_field), None)


class Schema:
    """The objects of one org, found by name in any case or by the prefix of an id."""

    def __init__(self, objects: Iterable[SObject]) -> None:
        """Index the objects once; a schema is never changed, only replaced."""
        self.objects: dict[str, SObject] = {o.name: o for o in objects}
        self._folded = {o.name.lower(): o for o in self.objects.values()}
        self._by_prefix = {o.key_prefix: o for o in self.objects.values() if o.view is None}

    def sobject(self, name: str) -> SObject | None:
        """Return the object of that name in any case, or None."""
        return self._folded.get(name.lower())

    def by_prefix(self, record_id: str) -> SObject | None:
        """Return the object that an id belongs to by its first three characters, or None."""
        return self._by_prefix.get(record_id[:3])

"""Loads records past the rules, system fields included, and makes up records in bulk."""

from collections.abc import Iterator, Mapping

from orgsim.errors import ApiError
from orgsim.schema import SObject
from orgsim.store import Row, Store
from orgsim.values import stored_value

__all__ = ["LoadError", "generate", "load"]

_FIRST_NAMES = ("Ada", "Bela", "Chloe", "Dario", "Edda", "Femi", "Greta", "Hugo", "Ines", "Jonas")
_LAST_NAMES = ("Abel", "Brandt", "Castro", "Dietz", "Evans", "Fuchs", "Galan", "Hofer", "Iwata")
_FIRMS = ("Engines", "Looms", "Bakery", "Optics", "Freight", "Tools", "Gardens")
_AREAS = (415, 212, 312, 617, 206, 303, 512, 404, 713, 202)
# The forms in which people and programs write one and the same number.
_PHONE_FORMS = (
    "+1{area}555{line:04d}",
    "({area}) 555-{line:04d}",
    "{area}-555-{line:04d}",
    "{area}555{line:04d}",
    "+1 {area} 555 {line:04d}",
)
_LINES = 10_000


class LoadError(Exception):
    """Records that cannot be loaded; the message names the record and the field."""


def load(store: Store, records: object) -> list[str]:
    """Store records as given and return their ids; a known Id changes that record.

    Validation, duplicate and assignment rules do not apply; types and lengths do. Raises LoadError;
    nothing is stored then.
    """
    if not isinstance(records, list):
        raise LoadError("records has to be a list")
    with store.transaction():
        return [_load_one(store, f"record {index}", entry) for index, entry in enumerate(records)]


def generate(store: Store, wanted: object) -> list[str]:
    """Make up records, `{"Contact": 1000}`, and return their ids; the n-th is always the same."""
    if not isinstance(wanted, dict):
        raise LoadError("generate has to be an object")
    ids: list[str] = []
    with store.transaction():
        for name, count in wanted.items():
            sobject = store.schema.sobject(str(name))
            if sobject is None or sobject.name not in {"Account", "Contact", "Lead"}:
                raise LoadError(f"generate: {name} is not one of Account, Contact, Lead")
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                raise LoadError(f"generate: {name} needs a whole number")
            rows = _made_up(sobject.name, count)
            ids += store.insert_many(sobject.name, rows, user_id=store.admin_id)
    return ids


def _load_one(store: Store, where: str, entry: object) -> str:
    if not isinstance(entry, dict) or set(entry) - {"type", "fields"}:
        raise LoadError(f"{where} has to be an object with type and fields")
    sobject = store.schema.sobject(str(entry.get("type")))
    fields = entry.get("fields", {})
    if sobject is None or not isinstance(fields, dict):
        raise LoadError(f"{where}: unknown type {entry.get('type')} or no fields")
    values = _read(sobject, where, fields)
    if sobject.name == "User" and "Id" not in values:
        values = _user_defaults(store, values)
    try:
        return _store(store, sobject, values)
    except ApiError as error:
        raise LoadError(f"{where}: {error.message}") from error


def _store(store: Store, sobject: SObject, values: Row) -> str:
    record_id = values.get("Id")
    if isinstance(record_id, str) and store.get(sobject.name, record_id) is not None:
        store.update(sobject.name, record_id, values, user_id=store.admin_id)
        return record_id
    return store.insert(sobject.name, values, user_id=store.admin_id)


def _read(sobject: SObject, where: str, fields: Mapping[object, object]) -> Row:
    values: Row = {}
    for name, value in fields.items():
        field = sobject.field(str(name))
        if field is None:
            raise LoadError(f"{where}: {sobject.name} has no field {name}")
        if field.components:
            parts = ", ".join(part for _, part in field.components)
            raise LoadError(f"{where}: {field.name} is made of {parts}; give those")
        try:
            values[field.name] = stored_value(field, value)
        except ApiError as error:
            raise LoadError(f"{where}: {error.message}") from error
    return values


def _user_defaults(store: Store, values: Row) -> Row:
    """Fill what a user cannot be without."""
    profile = store.find_by("Profile", "Name", "Standard User")
    email = values.get("Email") or values.get("Username")
    return {
        "ProfileId": profile["Id"] if profile is not None else None,
        "Email": email,
        "Username": email,
        **values,
    }


def _made_up(sobject: str, count: int) -> Iterator[Row]:
    for index in range(count):
        first = _FIRST_NAMES[index % len(_FIRST_NAMES)]
        last = f"{_LAST_NAMES[index % len(_LAST_NAMES)]} {index}"
        firm = f"{_FIRMS[index % len(_FIRMS)]} {index} Ltd"
        phone = _PHONE_FORMS[index % len(_PHONE_FORMS)].format(
            area=_AREAS[index // _LINES % len(_AREAS)], line=index % _LINES
        )
        email = f"{first}.{index}@example.com".lower()
        match sobject:
            case "Account":
                yield {"Name": firm, "Phone": phone}
            case "Contact":
                yield {"FirstName": first, "LastName": last, "Phone": phone, "Email": email}
            case _:
                yield {
                    "FirstName": first,
                    "LastName": last,
                    "Company": firm,
                    "Phone": phone,
                    "Email": email,
                }

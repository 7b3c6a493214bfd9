"""What a new record holds before anybody says anything about it."""

from collections.abc import Mapping

from orgsim.numbering import Numbers
from orgsim.schema import Schema, SObject
from orgsim.triggers import Row, SqlValue

__all__ = ["NewRows"]


class NewRows:
    """Makes whole rows of new records, in the order of the object's columns."""

    def __init__(self, wide: Schema, shown: Schema, numbers: Numbers) -> None:
        """`wide` has every field there may be, `shown` those with the org's present defaults."""
        self._numbers = numbers
        self._defaults = {
            name: _defaults(kind) | _defaults(shown.objects.get(name, kind))
            for name, kind in wide.objects.items()
        }

    def blank(self, kind: SObject, user_id: str, present: str) -> Row:
        """Return what a record that `user_id` creates at `present` has without any values."""
        row: Row = dict.fromkeys(kind.columns)
        row |= self._defaults[kind.name]
        row |= {"CreatedDate": present, "CreatedById": user_id, "LastModifiedById": user_id}
        if "OwnerId" in row:
            row["OwnerId"] = user_id
        return row

    def row(self, kind: SObject, blank: Row, values: Mapping[str, SqlValue]) -> Row:
        """Return a blank row with values in it, audit fields included, and an id."""
        row: Row = {**blank, **values}
        row["LastModifiedDate"] = values.get("LastModifiedDate") or row["CreatedDate"]
        row["SystemModstamp"] = values.get("SystemModstamp") or row["LastModifiedDate"]
        row["Id"] = values.get("Id") or self._numbers.next_id(kind.key_prefix)
        return row


def _defaults(kind: SObject) -> Row:
    return {
        f.name: int(f.default) if isinstance(f.default, bool) else f.default
        for f in kind.fields.values()
        if f.default is not None
    }

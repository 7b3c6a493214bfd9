"""Finds records that one request names more than once."""

from collections import Counter
from collections.abc import Mapping, Sequence

from orgsim.errors import ApiError
from orgsim.ids import to_id18
from orgsim.schema import Field
from orgsim.values import stored_value, value_named

__all__ = ["Repeats"]


class Repeats:
    """The keys of the records that are written together.

    Of several with one Id the first is written, of several with one external id none is.
    """

    def __init__(self, records: Sequence[Mapping[str, object]], key: Field | None = None) -> None:
        """`key` is the external id that an upsert goes by; without it, or with Id, it is the Id."""
        self._key = None if key is None or key.type == "id" else key
        self._count = Counter(self._key_of(record) for record in records)
        self._seen: set[object] = set()

    def refuse(self, record: Mapping[str, object]) -> None:
        """Raise ApiError DUPLICATE_VALUE for a record whose key another one has."""
        value = self._key_of(record)
        if value is None:
            return
        if self._key is None and value in self._seen:
            raise ApiError(400, "DUPLICATE_VALUE", f"Duplicate id specified: {value}", ("Id",))
        if self._key is not None and self._count[value] > 1:
            raise ApiError(
                400,
                "DUPLICATE_VALUE",
                f"Duplicate external id specified: {value_named(record, self._key.name)}",
                (self._key.name,),
            )
        self._seen.add(value)

    def _key_of(self, record: Mapping[str, object]) -> object:
        """Return what a record is found by, None for one without it."""
        value = value_named(record, "Id" if self._key is None else self._key.name)
        if self._key is None:
            return to_id18(value) if isinstance(value, str) else None
        try:
            value = stored_value(self._key, value)
        except ApiError:
            return None  # its own refusal says more
        folds = isinstance(value, str) and not self._key.case_sensitive
        return str(value).casefold() if folds else value

"""What each user has worked on lately."""

from collections import OrderedDict
from collections.abc import Iterator

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.errors import ApiError, method_not_allowed, not_found
from orgsim.schema import SObject
from orgsim.sharing import may_see
from orgsim.store import Store

__all__ = ["Recent"]

_KEPT = 200
_BASIC_ITEMS = 25
_HEADER_SINCE = 60


class Recent:
    """The records that a user created or changed through REST, the latest first; `/recent`.

    `Sforce-Mru: updateMru=false` (v60.0 on) keeps a call out of it. Reading does not count.
    """

    def __init__(self, store: Store) -> None:
        """Begin with nothing; what is kept does not outlive the process."""
        self._store = store
        self._ids: dict[str, OrderedDict[str, None]] = {}

    def note(self, call: ApiCall, record_id: str) -> None:
        """Put a record first; one that is undone later is left out when the list is shown."""
        header = call.headers.get("sforce-mru", "").replace(" ", "").lower()
        if header == "updatemru=false" and int(call.version.partition(".")[0]) >= _HEADER_SINCE:
            return
        ids = self._ids.setdefault(call.user_id, OrderedDict())
        ids[record_id] = None
        ids.move_to_end(record_id)
        if len(ids) > _KEPT:
            ids.popitem(last=False)

    def forget(self) -> None:
        """Drop every list."""
        self._ids.clear()

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer `/recent?limit=`, a bare list; raises ApiError for a limit that is no number."""
        if len(call.segments) > 1:
            raise not_found()
        if call.method not in {"GET", "HEAD"}:
            raise method_not_allowed(call.method, "GET,HEAD")
        text = call.params.get("limit", str(_KEPT))
        if not text.isdecimal() or not 1 <= int(text) <= _KEPT:
            sentence = f"limit has to be a number from 1 to {_KEPT}, not {text}"
            raise ApiError(400, "NUMBER_OUTSIDE_VALID_RANGE", sentence)
        return ApiAnswer(body=self.items(call, most=int(text)))

    def items(
        self, call: ApiCall, *, only: SObject | None = None, most: int = _BASIC_ITEMS
    ) -> list[dict[str, object]]:
        """Return the caller's latest records that are still there, of one object or of all."""
        found: list[dict[str, object]] = []
        for sobject, record_id in self._visible(call.user_id):
            if len(found) == most:
                break
            if only is None or only.name == sobject.name:
                found.append(self._item(call, sobject, record_id))
        return found

    def _visible(self, user_id: str) -> Iterator[tuple[SObject, str]]:
        for record_id in reversed(tuple(self._ids.get(user_id, ()))):
            resolved = self._store.resolve(record_id)
            row = None if resolved is None else self._store.get(resolved[0].name, record_id)
            if resolved is None or row is None or row.get("IsDeleted"):
                continue
            if may_see(self._store, user_id, resolved[0], row):
                yield resolved[0], record_id

    def _item(self, call: ApiCall, sobject: SObject, record_id: str) -> dict[str, object]:
        url = f"{call.base}/sobjects/{sobject.name}/{record_id}"
        item: dict[str, object] = {
            "attributes": {"type": sobject.name, "url": url},
            "Id": record_id,
        }
        if (field := sobject.name_field) is not None:
            item[field.name] = (self._store.get(sobject.name, record_id) or {}).get(field.name)
        return item

"""Which records of an object changed or vanished within a span of time."""

from datetime import datetime, timedelta

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.errors import ApiError, method_not_allowed, not_supported
from orgsim.objects.shared import RELATION_OBJECTS
from orgsim.schema import SObject
from orgsim.sharing import sees_everything
from orgsim.store import Store
from orgsim.times import parse_moment, stamp

__all__ = ["ReplicationResources"]

_UPDATED_BACK = timedelta(days=30)
_DELETED_BACK = timedelta(days=15)
_SHORTEST = timedelta(minutes=1)
_MOST_IDS = 600_000


class ReplicationResources:
    """`/sobjects/<object>/updated` and `/deleted`, from `start` up to but not with `end`.

    Seconds are ignored. `latestDateCovered` is the end, or the present minute if that is earlier:
    it is the start to ask for next.
    """

    def __init__(self, store: Store) -> None:
        """Answer from one store's records."""
        self._store = store

    def updated(self, call: ApiCall, sobject: SObject) -> ApiAnswer:
        """Answer the ids of living records written in the span, at most 30 days back."""
        start, end = self._span(call, sobject, _UPDATED_BACK)
        rows = self._rows(call, sobject, start, end, deleted=False)
        covered = min(end, _minute(self._store.now()))
        return ApiAnswer(
            body={"ids": [record_id for record_id, _ in rows], "latestDateCovered": stamp(covered)}
        )

    def deleted(self, call: ApiCall, sobject: SObject) -> ApiAnswer:
        """Answer the ids of records deleted in the span and when, at most 15 days back."""
        if "IsDeleted" not in sobject.fields or sobject.name in RELATION_OBJECTS or sobject.view:
            raise not_supported(f"Telling which {sobject.label_plural} were deleted")
        start, end = self._span(call, sobject, _DELETED_BACK)
        rows = self._rows(call, sobject, start, end, deleted=True)
        present = _minute(self._store.now())
        return ApiAnswer(
            body={
                "deletedRecords": [{"id": i, "deletedDate": when} for i, when in rows],
                "earliestDateAvailable": stamp(present - _DELETED_BACK),
                "latestDateCovered": stamp(min(end, present)),
            }
        )

    def _span(self, call: ApiCall, sobject: SObject, back: timedelta) -> tuple[datetime, datetime]:
        if call.method not in {"GET", "HEAD"}:
            raise method_not_allowed(call.method, "GET,HEAD")
        if not sobject.createable:
            raise ApiError(400, "INVALID_TYPE", f"{sobject.name} is not replicateable")
        start, end = (_moment(call, name) for name in ("start", "end"))
        if start < _minute(self._store.now()) - back:
            raise _refused(f"startDate cannot be more than {back.days} days ago")
        if end - start < _SHORTEST:
            raise _refused("endDate must be at least one minute greater than startDate")
        return start, end

    def _rows(
        self, call: ApiCall, sobject: SObject, start: datetime, end: datetime, *, deleted: bool
    ) -> list[tuple[str, str]]:
        fields = sobject.fields
        wanted = ["SystemModstamp >= ?", "SystemModstamp < ?"]
        values = [stamp(start), stamp(end)]
        if "IsDeleted" in fields:
            wanted.append(f"IsDeleted = {int(deleted)}")
        if sobject.owned and not sees_everything(self._store, call.user_id):
            wanted.append("OwnerId = ?")
            values.append(call.user_id)
        sql = (
            f"SELECT Id, SystemModstamp FROM {sobject.table} WHERE {' AND '.join(wanted)}"  # noqa: S608 # schema names
            f" ORDER BY SystemModstamp, Id LIMIT {_MOST_IDS + 1}"
        )
        with self._store.transaction():
            rows = self._store.conn.execute(sql, values).fetchall()
        if len(rows) > _MOST_IDS:
            sentence = f"More than {_MOST_IDS} ids; ask for a shorter span"
            raise ApiError(400, "EXCEEDED_ID_LIMIT", sentence)
        return [(str(row[0]), str(row[1])) for row in rows]


def _moment(call: ApiCall, name: str) -> datetime:
    text = call.params.get(name)
    if not text:
        raise ApiError(400, "MISSING_ARGUMENT", f"The parameter {name} is required")
    try:
        # An offset that was not encoded arrives with a space for its plus.
        return _minute(parse_moment(text.strip().replace(" ", "+")))
    except ValueError:
        raise _refused(f"{name} is not an ISO 8601 date and time: {text}") from None


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _refused(sentence: str) -> ApiError:
    return ApiError(400, "INVALID_REPLICATION_DATE", sentence)

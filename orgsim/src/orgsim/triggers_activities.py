"""What the org sets on tasks and events."""

from datetime import datetime, timedelta
from types import MappingProxyType

from orgsim.times import parse_moment, stamp
from orgsim.trigger_store import Row, SqlValue, TriggerStore
from orgsim.triggers_relations import account_of, relate

__all__ = ["derive_event", "derive_task", "follow_contact", "note_activity"]

_DAY_LENGTH = 10
_ENDS = ("WhoId", "WhatId", "AccountId")
# The field by which the activities of a record are found; of other objects it is WhatId.
_END_OF = MappingProxyType({"Account": "AccountId", "Contact": "WhoId", "Lead": "WhoId"})


def derive_task(store: TriggerStore, row: Row, before: Row | None) -> None:
    """Set closedness, counts and account of a task."""
    closed = store.settings.is_closed_status(row["Status"])
    row["IsClosed"] = int(closed)
    row["CompletedDateTime"] = (row["CompletedDateTime"] or store.now_stamp()) if closed else None
    row["IsHighPriority"] = int(row["Priority"] == "High")
    relate(store, "Task", row, before)
    row["AccountId"] = _account(store, row)


def derive_event(store: TriggerStore, row: Row, before: Row | None) -> None:
    """Set the account of an event and the other forms of its beginning and end."""
    relate(store, "Event", row, before)
    row["AccountId"] = _account(store, row)
    start = _start(row, before)
    if start is None:
        return
    end = _end(row, before, start)
    row |= {
        "StartDateTime": stamp(start),
        "ActivityDateTime": stamp(start),
        "ActivityDate": stamp(start)[:_DAY_LENGTH],
        "EndDateTime": stamp(end),
        "EndDate": stamp(end)[:_DAY_LENGTH],
        "DurationInMinutes": round((end - start) / timedelta(minutes=1)),
    }


def follow_contact(store: TriggerStore, contact: Row) -> None:
    """Carry a contact's account over to the activities that are with the contact alone."""
    for sobject in ("Task", "Event"):
        for activity_id in store.ids_where(sobject, "WhoId", str(contact["Id"])):
            activity = store.get(sobject, activity_id)
            if activity is not None and activity["WhatId"] is None:
                store.write_quietly(sobject, activity_id, {"AccountId": contact["AccountId"]})


def note_activity(store: TriggerStore, sobject: str, row: Row, before: Row | None) -> None:
    """Keep the last activity of what an event or a closed task is about."""
    days = _counted_days(sobject, row)
    former = {} if before is None else _counted_days(sobject, before)
    for record_id, day in days.items():
        if record_id not in former:
            _show_day(store, record_id, day, later_only=True)
    for record_id, day in former.items():
        if days.get(record_id) != day:
            # What counted no longer does: only a look at all activities tells what the last one is.
            _show_day(store, record_id, _last_day(store, record_id))


def _counted_days(sobject: str, row: Row) -> dict[str, str]:
    """Return the records that an activity counts for, with its day."""
    day = row["ActivityDate"]
    if row["IsDeleted"] or not isinstance(day, str) or (sobject == "Task" and not row["IsClosed"]):
        return {}
    return {str(row[end]): day for end in _ENDS if row[end] is not None}


def _last_day(store: TriggerStore, record_id: str) -> str | None:
    kind = store.schema.by_prefix(record_id)
    end = _END_OF.get(kind.name, "WhatId") if kind is not None else "WhatId"
    task = f"SELECT max(ActivityDate) FROM o_Task WHERE {end} = ? AND IsDeleted = 0 AND IsClosed"  # noqa: S608 # schema names
    event = f"SELECT max(ActivityDate) FROM o_Event WHERE {end} = ? AND IsDeleted = 0"  # noqa: S608 # schema names
    found = (store.conn.execute(sql, (record_id,)).fetchone()[0] for sql in (task, event))
    return max((str(day) for day in found if day is not None), default=None)


def _show_day(
    store: TriggerStore, record_id: str, day: str | None, *, later_only: bool = False
) -> None:
    """Write a day as the last activity of a record, without a new stamp."""
    kind = store.schema.by_prefix(record_id)
    if kind is None or "LastActivityDate" not in kind.fields:
        return
    sql = f"UPDATE {kind.table} SET LastActivityDate = ?1 WHERE Id = ?2"  # noqa: S608 # schema names
    if later_only:
        sql += " AND coalesce(LastActivityDate, '') < ?1"
    store.conn.execute(sql, (day, record_id))


def _start(row: Row, before: Row | None) -> datetime | None:
    """Return the beginning by whichever of its two fields was written."""
    names = ("StartDateTime", "ActivityDateTime")
    written = next((n for n in names if before is None or row[n] != before[n]), names[0])
    text = row[written] or row["StartDateTime"] or row["ActivityDateTime"]
    return parse_moment(text) if isinstance(text, str) else None


def _end(row: Row, before: Row | None, start: datetime) -> datetime:
    """Return the end as written, else the beginning plus the duration."""
    end, minutes = row["EndDateTime"], row["DurationInMinutes"]
    lengthened = before is not None and minutes != before["DurationInMinutes"]
    moved = before is None or end != before["EndDateTime"]
    if isinstance(end, str) and (moved or not lengthened):
        return parse_moment(end)
    return start + timedelta(minutes=minutes if isinstance(minutes, int) else 0)


def _account(store: TriggerStore, row: Row) -> SqlValue:
    """Return the account an activity belongs to: through WhatId, else the contact's account."""
    about = account_of(store, row["WhatId"])
    return about if about is not None else account_of(store, row["WhoId"])

"""What the org sets on tasks and events."""

from datetime import datetime, timedelta

from orgsim.times import parse_moment, stamp
from orgsim.trigger_store import Row, SqlValue, TriggerStore
from orgsim.triggers_relations import account_of, relate

__all__ = ["derive_event", "derive_task", "follow_contact"]

_DAY_LENGTH = 10


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

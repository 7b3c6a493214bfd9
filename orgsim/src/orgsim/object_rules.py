"""Salesforce's own rules that hold for one object only."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from orgsim.errors import ApiError, invalid_cross_reference, not_supported
from orgsim.relation_rules import (
    check_event_relation,
    check_sole_lead,
    check_task_relation,
)
from orgsim.schema import SObject
from orgsim.store import Row, Store

__all__ = ["check_object_rules", "check_queue", "object_required"]

_STARTS = frozenset({"StartDateTime", "ActivityDateTime"})
_ENDS = frozenset({"EndDateTime", "DurationInMinutes"})


def object_required(sobject: SObject, values: Row) -> list[str]:
    """Return what a create needs beyond what the fields themselves tell."""
    match sobject.name:
        case "ContentVersion":
            return ["PathOnClient", "VersionData"]
        case "Event":
            starts = any(values.get(name) for name in ("StartDateTime", "ActivityDateTime"))
            ends = any(
                values.get(name) is not None for name in ("EndDateTime", "DurationInMinutes")
            )
            return [*([] if starts else ["StartDateTime"]), *([] if ends else ["EndDateTime"])]
    return []


def check_object_rules(store: Store, sobject: SObject, values: Row, before: Row | None) -> None:
    """Raise ApiError if the new values break a rule of their object."""
    rule = _RULES.get(sobject.name)
    if rule is not None:
        rule(store, values, before)


def check_queue(store: Store, sobject: SObject, queue_id: str, queue: Row) -> None:
    """Raise ApiError unless a group may own records of the object.

    A queue owns the objects that its QueueSobject records name; one without any owns every object
    that can belong to a queue.
    """
    if queue.get("Type") != "Queue":
        raise invalid_cross_reference()  # a public group owns nothing, a queue may
    rows = [
        store.get("QueueSobject", i) for i in store.ids_where("QueueSobject", "QueueId", queue_id)
    ]
    kinds = {row["SobjectType"] for row in rows if row is not None}
    if kinds and sobject.name not in kinds:
        raise ApiError(
            400, "INVALID_OPERATION", "Queue not associated with this SObject type", ("OwnerId",)
        )


def _check_lead(store: Store, values: Row, before: Row | None) -> None:  # noqa: ARG001 # one form for all rules
    row: Mapping[str, object] = {**(before or {}), **values}
    who = row.get("WhoId")
    if isinstance(who, str) and who.startswith("00Q") and row.get("WhatId") is not None:
        raise ApiError(
            400,
            "FIELD_INTEGRITY_EXCEPTION",
            "Related To ID: a task whose name is a lead cannot be related to another record",
            ("WhatId",),
        )
    if before is not None and who != before["WhoId"]:
        check_sole_lead(who, before)


def _check_event(store: Store, values: Row, before: Row | None) -> None:
    _check_lead(store, values, before)
    written = {n for n, value in values.items() if before is None or value != before[n]}
    starts, ends = written & _filled(values) & _STARTS, written & _filled(values) & _ENDS
    if unclear := _unclear_times(values, written, is_new=before is None):
        raise not_supported(unclear)
    if not starts and not ends:
        return
    start = next((values[name] for name in starts), (before or values).get("StartDateTime"))
    end, minutes = values.get("EndDateTime"), values.get("DurationInMinutes")
    ends_early = isinstance(end, str) and isinstance(start, str) and end < start
    if ends_early or (isinstance(minutes, int) and minutes < 0):
        raise ApiError(
            400,
            "FIELD_INTEGRITY_EXCEPTION",
            "Due Date Time: an event cannot end before it begins",
            ("EndDateTime",),
        )


def _unclear_times(values: Row, written: set[str], *, is_new: bool) -> str | None:
    """Return which times of an event cannot be told from what was written, or None."""
    given = written & _filled(values)
    if values.get("IsAllDayEvent"):
        return "An event that lasts all day"
    if not is_new and (written - given) & (_STARTS | _ENDS):
        return "Emptying the times of an event"
    if len(given & _STARTS) > 1 or len(given & _ENDS) > 1:
        return "An event whose beginning or end is written in two forms at once"
    if not is_new and given & _STARTS and not given & _ENDS:
        return "Moving an event without a new end or duration"
    return None


def _filled(values: Row) -> set[str]:
    return {name for name, value in values.items() if value is not None}


def _check_version(store: Store, values: Row, before: Row | None) -> None:  # noqa: ARG001 # one form for all rules
    if {"ContentDocumentId", "FirstPublishLocationId"} <= _filled(values):
        raise not_supported("A further version of a document with a FirstPublishLocationId")


def _check_link(store: Store, values: Row, before: Row | None) -> None:
    if before is not None:
        return
    document_id, entity_id = values.get("ContentDocumentId"), values.get("LinkedEntityId")
    for link_id in store.ids_where("ContentDocumentLink", "LinkedEntityId", entity_id):
        link = store.get("ContentDocumentLink", link_id)
        if link is not None and link["ContentDocumentId"] == document_id:
            raise ApiError(
                400,
                "DUPLICATE_VALUE",
                "duplicate value found: <unknown> duplicates value on record with id: <unknown>",
                (),
            )


def _check_queue_object(store: Store, values: Row, before: Row | None) -> None:  # noqa: ARG001 # one form for all rules
    queue = store.get("Group", str(values.get("QueueId")))
    if queue is None or queue["Type"] != "Queue":
        raise invalid_cross_reference()
    kind = store.schema.objects.get(str(values.get("SobjectType")))
    owner = kind.field("OwnerId") if kind is not None else None
    if owner is None or "Group" not in owner.reference_to:
        raise ApiError(
            400,
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"Sobject Type: bad value for restricted picklist field: {values.get('SobjectType')}",
            ("SobjectType",),
        )


_RULES: Mapping[str, Callable[[Store, Row, Row | None], None]] = MappingProxyType(
    {
        "ContentDocumentLink": _check_link,
        "ContentVersion": _check_version,
        "Event": _check_event,
        "EventRelation": check_event_relation,
        "QueueSobject": _check_queue_object,
        "Task": _check_lead,
        "TaskRelation": check_task_relation,
    }
)

"""Meetings, comments on cases, what queues may own, and the lists behind statuses."""

from dataclasses import replace

from orgsim.objects import kinds
from orgsim.schema import Field, PicklistValue, SObject

__all__ = [
    "CASE_STATUSES",
    "LEAD_STATUSES",
    "case_comment",
    "event",
    "queue_sobject",
    "status_list",
]

# Each status with whether it closes a case, or stands for a converted lead.
CASE_STATUSES = {"New": False, "Working": False, "Escalated": False, "Closed": True}
LEAD_STATUSES = {
    "Open - Not Contacted": False,
    "Working - Contacted": False,
    "Closed - Converted": True,
    "Closed - Not Converted": False,
}
_SUBJECTS = ("Call", "Email", "Meeting", "Send Letter/Quote", "Other")


def event(targets: tuple[str, ...], *, shared: bool) -> SObject:
    """Return Event, `shared` with counts of its names; all-day and recurring ones are left out."""
    subject = Field(
        name="Subject",
        label="Subject",
        type="combobox",
        length=255,
        groupable=False,
        name_field=True,
        picklist=tuple(PicklistValue(value=v, label=v) for v in _SUBJECTS),
    )
    counts = tuple(
        kinds.derived(kinds.integer(name, label))
        for name, label in (("WhoCount", "Relation Count"), ("WhatCount", "Related To Count"))
    )
    shows = ("Busy", "OutOfOffice", "Free")
    subtype = kinds.picklist("EventSubtype", "Event Subtype", ("Event",), length=40)
    fields = (
        kinds.record_id("Activity"),
        kinds.reference("WhoId", "Name ID", ("Contact", "Lead"), "Who"),
        kinds.reference("WhatId", "Related To ID", targets, "What"),
        *(counts if shared else ()),
        subject,
        kinds.text("Location", "Location", 255),
        kinds.boolean("IsAllDayEvent", "All-Day Event"),
        kinds.datetime("ActivityDateTime", "Due Date Time"),
        kinds.derived(kinds.date("ActivityDate", "Due Date Only")),
        kinds.integer("DurationInMinutes", "Duration"),
        kinds.datetime("StartDateTime", "Start Date Time"),
        kinds.datetime("EndDateTime", "End Date Time"),
        kinds.derived(kinds.date("EndDate", "End Date")),
        kinds.long_text("Description", "Description"),
        kinds.derived(kinds.reference("AccountId", "Account ID", ("Account",), "Account")),
        replace(kinds.owner(("User",)), label="Assigned To ID"),
        kinds.boolean("IsPrivate", "Private"),
        kinds.picklist("ShowAs", "Show Time As", shows, length=40, default="Busy", restricted=True),
        kinds.derived(kinds.boolean("IsDeleted", "Deleted")),
        *kinds.system_fields(),
        kinds.datetime("ReminderDateTime", "Reminder Date/Time"),
        kinds.boolean("IsReminderSet", "Reminder Set"),
        replace(subtype, restricted=True, updateable=False),
    )
    return SObject(
        name="Event",
        label="Event",
        label_plural="Events",
        key_prefix="00U",
        fields={f.name: f for f in fields},
    )


def case_comment() -> SObject:
    """Return CaseComment; it stays with its case."""
    parent = kinds.reference("ParentId", "Parent ID", ("Case",), "Parent", required=True)
    fields = (
        kinds.record_id("Case Comment"),
        replace(parent, updateable=False),
        kinds.boolean("IsPublished", "Published"),
        kinds.long_text("CommentBody", "Body", 4000),
        *kinds.system_fields(),
        kinds.derived(kinds.boolean("IsDeleted", "Deleted")),
    )
    return SObject(
        name="CaseComment",
        label="Case Comment",
        label_plural="Case Comments",
        key_prefix="00a",
        fields={f.name: f for f in fields},
        owned=False,
    )


def queue_sobject() -> SObject:
    """Return QueueSobject, which tells the objects whose records a queue may own."""
    kind = kinds.picklist("SobjectType", "Sobject Type", (), length=40, required=True)
    fields = (
        kinds.record_id("Queue Sobject"),
        kinds.reference("QueueId", "Group ID", ("Group",), "Queue", required=True),
        kind,
        *kinds.system_fields(),
    )
    return SObject(
        name="QueueSobject",
        label="Queue Sobject",
        label_plural="Queue Sobject",
        key_prefix="03g",
        fields={f.name: f for f in fields},
        searchable=False,
        updateable=False,
        owned=False,
    )


def status_list(name: str, label: str, flag: str) -> SObject:
    """Return the list behind a status field; `flag` is the column that marks the last steps."""
    fields = (
        kinds.record_id(label),
        kinds.text("MasterLabel", "Master Label", 255),
        kinds.text("ApiName", "API Name", 255),
        kinds.integer("SortOrder", "Sort Order"),
        kinds.boolean("IsDefault", "Is Default"),
        kinds.boolean(flag, flag.replace("Is", "Is ")),
        *kinds.system_fields(),
    )
    return kinds.read_only_list(name, label, fields)

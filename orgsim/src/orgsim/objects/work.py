"""Tasks and cases: the records that calls and chats become."""

from dataclasses import replace

from orgsim.custom_schema import custom_label
from orgsim.objects import kinds
from orgsim.objects.service import CASE_STATUSES
from orgsim.schema import ChildRelationship, Field, PicklistValue, SObject
from orgsim.settings import TaskStatus

__all__ = ["ACTIVITY_TARGETS", "case", "task"]

TASK_SUBTYPES = ("Task", "Email", "ListEmail", "Cadence", "Call", "LinkedIn")
ACTIVITY_TARGETS = ("Account", "Campaign", "Case", "Opportunity")


def task(statuses: tuple[TaskStatus, ...], *, external_id: str | None) -> SObject:
    """Return Task; its status list is the org's own, its closedness follows from the status.

    With `external_id` it has a field of that name, by which records are found.
    """
    default = next((s.api_name for s in (*(s for s in statuses if s.is_default), *statuses)), None)
    status = replace(
        kinds.picklist("Status", "Status", (), default=default, required=True),
        picklist=tuple(
            PicklistValue(value=s.api_name, label=s.label, default=s.is_default) for s in statuses
        ),
        defaulted_on_create=True,
    )
    owner = kinds.reference("OwnerId", "Assigned To ID", ("Group", "User"), "Owner", required=True)
    fields = (
        kinds.record_id("Activity"),
        kinds.reference("WhoId", "Name ID", ("Contact", "Lead"), "Who"),
        kinds.reference("WhatId", "Related To ID", ACTIVITY_TARGETS, "What"),
        *(
            kinds.derived(replace(kinds.integer(name, label), nillable=False))
            for name, label in (("WhoCount", "Relation Count"), ("WhatCount", "Related To Count"))
        ),
        _subject(),
        kinds.date("ActivityDate", "Due Date Only"),
        status,
        replace(
            kinds.picklist("Priority", "Priority", ("High", "Normal", "Low"), default="Normal"),
            nillable=False,
        ),
        kinds.derived(kinds.boolean("IsHighPriority", "High Priority")),
        replace(owner, defaulted_on_create=True),
        kinds.long_text("Description", "Description"),
        kinds.picklist("Type", "Type", ("Call", "Email", "Meeting", "Other"), length=40),
        kinds.derived(kinds.boolean("IsDeleted", "Deleted")),
        kinds.derived(kinds.reference("AccountId", "Account ID", ("Account",), "Account")),
        kinds.derived(kinds.boolean("IsClosed", "Closed")),
        *kinds.system_fields(),
        # No describe of a real org's Task is known: nothing but the type bounds it.
        kinds.integer("CallDurationInSeconds", "Call Duration", digits=10),
        kinds.picklist(
            "CallType",
            "Call Type",
            ("Internal", "Inbound", "Outbound"),
            length=40,
            restricted=True,
        ),
        kinds.text("CallDisposition", "Call Result", 255),
        kinds.text("CallObject", "Call Object Identifier", 255),
        kinds.datetime("ReminderDateTime", "Reminder Date/Time"),
        kinds.boolean("IsReminderSet", "Reminder Set"),
        kinds.derived(kinds.datetime("CompletedDateTime", "Completed Date")),
        replace(
            kinds.picklist(
                "TaskSubtype", "Task Subtype", TASK_SUBTYPES, length=40, restricted=True
            ),
            updateable=False,
        ),
        *_external_id(external_id),
    )
    return SObject(
        name="Task",
        label="Task",
        label_plural="Tasks",
        key_prefix="00T",
        fields={f.name: f for f in fields},
    )


def case(*, external_id: str | None) -> SObject:
    """Return Case; its number, closedness and contact details are set by the org.

    With `external_id` it has a field of that name, by which records are found.
    """
    reasons = ("Installation", "Equipment Complexity", "Performance", "Feedback", "Other")
    owner = kinds.reference("OwnerId", "Owner ID", ("Group", "User"), "Owner", required=True)
    number = replace(kinds.text("CaseNumber", "Case Number", 30, required=True), groupable=False)
    fields = (
        kinds.record_id("Case"),
        kinds.derived(kinds.boolean("IsDeleted", "Deleted")),
        kinds.derived(
            kinds.reference("MasterRecordId", "Master Record ID", ("Case",), "MasterRecord")
        ),
        replace(kinds.derived(number), name_field=True, auto_number=True, id_lookup=True),
        kinds.reference("ContactId", "Contact ID", ("Contact",), "Contact"),
        kinds.reference("AccountId", "Account ID", ("Account",), "Account"),
        kinds.reference("ParentId", "Parent Case ID", ("Case",), "Parent"),
        kinds.text("SuppliedName", "Name", 80),
        kinds.email("SuppliedEmail", "Email Address"),
        kinds.text("SuppliedPhone", "Phone", 40),
        kinds.text("SuppliedCompany", "Company", 80),
        kinds.picklist("Type", "Case Type", ("Mechanical", "Electrical", "Other"), length=40),
        kinds.picklist("Status", "Status", tuple(CASE_STATUSES), length=40, default="New"),
        kinds.picklist("Reason", "Case Reason", reasons, length=40),
        kinds.picklist("Origin", "Case Origin", ("Phone", "Email", "Web"), length=40),
        kinds.text("Subject", "Subject", 255),
        kinds.picklist(
            "Priority", "Priority", ("High", "Medium", "Low"), length=40, default="Medium"
        ),
        kinds.long_text("Description", "Description"),
        kinds.derived(kinds.boolean("IsClosed", "Closed")),
        kinds.derived(kinds.datetime("ClosedDate", "Closed Date")),
        kinds.boolean("IsEscalated", "Escalated"),
        replace(owner, defaulted_on_create=True),
        *kinds.system_fields(),
        kinds.derived(kinds.phone("ContactPhone", "Contact Phone")),
        kinds.derived(kinds.phone("ContactMobile", "Contact Mobile")),
        kinds.derived(kinds.email("ContactEmail", "Contact Email")),
        kinds.derived(kinds.phone("ContactFax", "Contact Fax")),
        *kinds.viewed_fields(),
        *_external_id(external_id),
    )
    children = (
        ChildRelationship(child="Case", field="ParentId", name="Cases"),
        ChildRelationship(
            child="CaseComment", field="ParentId", name="CaseComments", cascade_delete=True
        ),
        ChildRelationship(child="Event", field="WhatId", name="Events", cascade_delete=True),
        ChildRelationship(child="Task", field="WhatId", name="Tasks", cascade_delete=True),
    )
    return SObject(
        name="Case",
        label="Case",
        label_plural="Cases",
        key_prefix="500",
        fields={f.name: f for f in fields},
        child_relationships=children,
    )


def _subject() -> Field:
    values = ("Call", "Send Letter", "Send Quote", "Other")
    return Field(
        name="Subject",
        label="Subject",
        type="combobox",
        length=255,
        groupable=False,
        name_field=True,
        picklist=tuple(PicklistValue(value=v, label=v) for v in values),
    )


def _external_id(name: str | None) -> tuple[Field, ...]:
    if name is None:
        return ()
    field = replace(
        kinds.text(name, custom_label(name), 255),
        external_id=True,
        id_lookup=True,
        unique=True,
        case_sensitive=True,
        custom=True,
    )
    return (field,)

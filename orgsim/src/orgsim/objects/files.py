"""Files: the document, its versions, and the records it is attached to."""

from dataclasses import replace

from orgsim.objects import kinds
from orgsim.schema import ChildRelationship, Field, SObject

__all__ = ["LINK_TARGETS", "content_document", "content_document_link", "content_version"]

LINK_TARGETS = (
    "Account",
    "Campaign",
    "Case",
    "Contact",
    "Event",
    "Lead",
    "Opportunity",
    "Task",
    "User",
)


def content_version() -> SObject:
    """Return ContentVersion; creating one makes the document and, if asked for, a link."""
    data = Field(
        name="VersionData",
        label="Version Data",
        type="base64",
        updateable=False,
        filterable=False,
        sortable=False,
        groupable=False,
    )
    document = kinds.reference(
        "ContentDocumentId", "ContentDocument ID", ("ContentDocument",), "ContentDocument"
    )
    place = kinds.reference(
        "FirstPublishLocationId", "First Publish Location ID", LINK_TARGETS, None
    )
    path = kinds.text("PathOnClient", "Path On Client", 500)
    fields = (
        kinds.record_id("ContentVersion"),
        replace(document, updateable=False),
        kinds.derived(kinds.boolean("IsLatest", "Is Latest")),
        kinds.derived(kinds.text("VersionNumber", "Version Number", 20)),
        replace(kinds.text("Title", "Title", 255), name_field=True, defaulted_on_create=True),
        kinds.text("Description", "Description", 1000),
        kinds.text("ReasonForChange", "Reason For Change", 1000),
        replace(path, updateable=False),
        *_file_facts(),
        data,
        replace(place, relationship_name="FirstPublishLocation", updateable=False),
        kinds.derived(kinds.text("Checksum", "MD5 Checksum", 50)),
        kinds.owner(("User",)),
        kinds.derived(kinds.boolean("IsDeleted", "Is Deleted")),
        *kinds.system_fields(),
    )
    return SObject(
        name="ContentVersion",
        label="Content Version",
        label_plural="Content Versions",
        key_prefix="068",
        fields={f.name: f for f in fields},
        deletable=False,
    )


def content_document() -> SObject:
    """Return ContentDocument; deleting it takes its versions and links along."""
    latest = kinds.reference(
        "LatestPublishedVersionId",
        "Latest Published Version ID",
        ("ContentVersion",),
        "LatestPublishedVersion",
    )
    fields = (
        kinds.record_id("ContentDocument"),
        replace(kinds.text("Title", "Title", 255, required=True), name_field=True),
        kinds.text("Description", "Description", 1000),
        kinds.derived(latest),
        *_file_facts(),
        kinds.owner(("User",)),
        kinds.derived(kinds.boolean("IsDeleted", "Is Deleted")),
        *kinds.system_fields(),
        *kinds.viewed_fields(),
    )
    children = (
        ChildRelationship(
            child="ContentVersion",
            field="ContentDocumentId",
            name="ContentVersions",
            cascade_delete=True,
        ),
        ChildRelationship(
            child="ContentDocumentLink",
            field="ContentDocumentId",
            name="ContentDocumentLinks",
            cascade_delete=True,
        ),
    )
    return SObject(
        name="ContentDocument",
        label="Content Document",
        label_plural="Content Documents",
        key_prefix="069",
        fields={f.name: f for f in fields},
        child_relationships=children,
        createable=False,
    )


def content_document_link() -> SObject:
    """Return ContentDocumentLink, which attaches a document to one record."""
    share = kinds.picklist("ShareType", "Share Type", ("V", "C", "I"), length=40, restricted=True)
    seen_by = kinds.picklist(
        "Visibility",
        "Visibility",
        ("AllUsers", "InternalUsers", "SharedUsers"),
        length=40,
        default="AllUsers",
        restricted=True,
    )
    ends = (
        kinds.reference(
            "LinkedEntityId", "Linked Entity ID", LINK_TARGETS, "LinkedEntity", required=True
        ),
        kinds.reference(
            "ContentDocumentId",
            "ContentDocument ID",
            ("ContentDocument",),
            "ContentDocument",
            required=True,
        ),
    )
    fields = (
        kinds.record_id("ContentDocumentLink"),
        *(replace(end, updateable=False) for end in ends),
        kinds.derived(kinds.boolean("IsDeleted", "Is Deleted")),
        replace(share, nillable=False),
        seen_by,
        *kinds.system_fields(),
    )
    return SObject(
        name="ContentDocumentLink",
        label="Content Document Link",
        label_plural="Content Document Link",
        key_prefix="06A",
        fields={f.name: f for f in fields},
        searchable=False,
        owned=False,
    )


def _file_facts() -> tuple[Field, ...]:
    """Return what the org finds out about a file by itself."""
    return (
        kinds.derived(kinds.text("FileType", "File Type", 20)),
        kinds.derived(kinds.text("FileExtension", "File Extension", 40)),
        kinds.derived(kinds.integer("ContentSize", "Size")),
    )

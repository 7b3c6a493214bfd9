"""What an org with shared activities has more: several names per task and event."""

from dataclasses import replace

from orgsim.objects import kinds
from orgsim.schema import ChildRelationship, Field, SObject

__all__ = ["RELATION_OBJECTS", "activity_relations", "with_relations"]

RELATION_OBJECTS = frozenset({"EventRelation", "TaskRelation"})
_PREFIXES = {"Event": "0RE", "Task": "0RT"}
_PEOPLE = ("Contact", "Lead")
_SHOWN = (
    *("IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById"),
    "SystemModstamp",
)


def activity_relations(targets: tuple[str, ...]) -> tuple[SObject, ...]:
    """Return the relations of tasks and events, and the views of those that are with people."""
    return (
        _relation("Event", (*_PEOPLE, *targets, "User"), _invitation()),
        _people_view("Event"),
        _relation("Task", (*_PEOPLE, *targets), ()),
        _people_view("Task"),
    )


def with_relations(objects: tuple[SObject, ...]) -> tuple[SObject, ...]:
    """Return the objects, those that activities are about or with knowing their relations, if any."""
    if not any(o.name in RELATION_OBJECTS for o in objects):
        return objects
    return tuple(_with_children(o) for o in objects)


def _with_children(sobject: SObject) -> SObject:
    if sobject.name in _PREFIXES:
        names = (f"{sobject.name}Relation", f"{sobject.name}WhoRelation")
        added = tuple(
            ChildRelationship(
                child=name,
                field=f"{sobject.name}Id",
                name=f"{name}s",
                cascade_delete=name in RELATION_OBJECTS,
            )
            for name in names
        )
    elif any(c.child == "Task" and c.name == "Tasks" for c in sobject.child_relationships):
        added = tuple(
            ChildRelationship(child=name, field="RelationId", name=f"{name}s")
            for name in sorted(RELATION_OBJECTS)
        )
    else:
        return sobject
    return replace(sobject, child_relationships=(*sobject.child_relationships, *added))


def _relation(activity: str, targets: tuple[str, ...], more: tuple[Field, ...]) -> SObject:
    ends = (
        kinds.reference("RelationId", "Relation ID", targets, "Relation", required=True),
        kinds.reference(f"{activity}Id", f"{activity} ID", (activity,), activity, required=True),
    )
    fields = (
        kinds.record_id(f"{activity} Relation"),
        *(replace(end, updateable=False) for end in ends),
        replace(kinds.boolean("IsWhat", "Is What"), updateable=False),
        *more,
        kinds.derived(kinds.reference("AccountId", "Account ID", ("Account",), "Account")),
        *kinds.system_fields(),
        kinds.derived(kinds.boolean("IsDeleted", "Deleted")),
    )
    return SObject(
        name=f"{activity}Relation",
        label=f"{activity} Relation",
        label_plural=f"{activity} Relations",
        key_prefix=_PREFIXES[activity],
        fields={f.name: f for f in fields},
        searchable=False,
        updateable=bool(more),
        owned=False,
    )


def _invitation() -> tuple[Field, ...]:
    """Return the fields by which an event's relation tells names from invitees."""
    answers = ("New", "Accepted", "Declined", "Uninvited", "Maybe")
    return (
        kinds.boolean("IsParent", "Is Parent"),
        kinds.boolean("IsInvitee", "Is Invitee"),
        kinds.picklist("Status", "Status", answers, length=40, default="New", restricted=True),
        kinds.datetime("RespondedDate", "Response Date"),
        kinds.text("Response", "Comment", 255),
    )


def _people_view(activity: str) -> SObject:
    """Return the read-only object that shows an activity's contacts or its lead."""
    fields = (
        kinds.record_id(f"{activity} Who Relation"),
        kinds.reference("RelationId", "Relation ID", _PEOPLE, "Relation"),
        kinds.reference(f"{activity}Id", f"{activity} ID", (activity,), activity),
        kinds.reference("AccountId", "Account ID", ("Account",), "Account"),
        kinds.text("Type", "Type", 50),
        *kinds.system_fields(),
        kinds.boolean("IsDeleted", "Deleted"),
    )
    only_names = " AND IsParent = 1" if activity == "Event" else ""
    kind = "CASE WHEN RelationId LIKE '00Q%' THEN 'Lead' ELSE 'Contact' END"
    columns = ", ".join(("Id", "RelationId", f"{activity}Id", "AccountId", *_SHOWN))
    return SObject(
        name=f"{activity}WhoRelation",
        label=f"{activity} Who Relation",
        label_plural=f"{activity} Who Relations",
        key_prefix=_PREFIXES[activity],
        fields={f.name: kinds.derived(f) for f in fields},
        searchable=False,
        createable=False,
        updateable=False,
        deletable=False,
        owned=False,
        view=(
            f"SELECT {columns}, {kind} COLLATE NOCASE AS Type"  # noqa: S608 # schema names
            f" FROM o_{activity}Relation WHERE IsWhat = 0{only_names}"
        ),
    )

"""What a relation of an activity to a further record has to keep.

The object reference gives the rules; the sentences of the refusals are worded here.
"""

from collections.abc import Sequence

from orgsim.errors import ApiError, not_supported
from orgsim.store import Row, Store
from orgsim.triggers_relations import relations_of

__all__ = ["check_event_relation", "check_sole_lead", "check_task_relation"]

_CONTACT, _LEAD, _USER = "003", "00Q", "005"
_MOST_CONTACTS = 50


def check_task_relation(store: Store, values: Row, before: Row | None) -> None:
    """Raise ApiError unless a task may have this relation too."""
    if before is None:
        _check(store, "Task", values)


def check_event_relation(store: Store, values: Row, before: Row | None) -> None:
    """Raise ApiError unless an event may have this relation too; invitees are 501."""
    if before is not None:
        raise not_supported("Changing an event's relation")
    is_person = str(values["RelationId"]).startswith((_CONTACT, _LEAD, _USER))
    if values.get("IsInvitee") or (is_person and not values.get("IsParent")):
        raise not_supported("Inviting people to an event (EventRelation without IsParent)")
    if str(values["RelationId"]).startswith(_USER):
        raise _refused("a user is no name of an event")
    _check(store, "Event", values)


def check_sole_lead(who: object, before: Row) -> None:
    """Raise ApiError if an activity of several contacts shall be with the lead `who` as well."""
    count = before["WhoCount"]
    if isinstance(who, str) and who.startswith(_LEAD) and isinstance(count, int) and count > 1:
        raise _refused("a lead is the only name of its activity", "WhoId")


def _check(store: Store, activity: str, values: Row) -> None:
    new = str(values["RelationId"])
    is_what = not new.startswith((_CONTACT, _LEAD))
    if values.get("IsWhat") is not None and bool(values["IsWhat"]) != is_what:
        raise _refused("IsWhat is true for records other than contacts and leads only", "IsWhat")
    relations = relations_of(store, activity, str(values[f"{activity}Id"]))
    if any(row["RelationId"] == new for row in relations):
        raise ApiError(
            400,
            "DUPLICATE_VALUE",
            "duplicate value found: <unknown> duplicates value on record with id: <unknown>",
            (),
        )
    people = [str(row["RelationId"]) for row in relations if not row["IsWhat"]]
    others = len(relations) - len(people)
    if is_what:
        _check_what(people, others)
    else:
        _check_who(new, people, others)


def _check_what(people: Sequence[str], others: int) -> None:
    if others:
        raise _refused("the activity relates to another record already")
    if any(person.startswith(_LEAD) for person in people):
        raise _refused("an activity whose name is a lead cannot be related to another record")


def _check_who(new: str, people: Sequence[str], others: int) -> None:
    if new.startswith(_LEAD) and others:
        raise _refused("an activity whose name is a lead cannot be related to another record")
    if people and any(person.startswith(_LEAD) for person in (new, *people)):
        raise _refused("a lead is the only name of its activity")
    if len(people) >= _MOST_CONTACTS:
        raise _refused(f"an activity has at most {_MOST_CONTACTS} contacts")


def _refused(sentence: str, field: str = "RelationId") -> ApiError:
    return ApiError(400, "FIELD_INTEGRITY_EXCEPTION", f"{field}: {sentence}", (field,))

"""Keeps the names of an activity and its relations the same, where activities are shared."""

from orgsim.trigger_store import Row, SqlValue, TriggerStore

__all__ = [
    "account_of",
    "derive_relation",
    "drop_relation",
    "follow_account",
    "is_related",
    "relate",
    "relations_of",
    "settle_activity",
    "settle_all",
    "shared_with_others",
]

_CONTACT, _LEAD, _ACCOUNT = "003", "00Q", "001"
_PEOPLE = (_CONTACT, _LEAD)
# Records that an activity may relate to and that belong to an account themselves.
_WITH_ACCOUNT = {"003": "Contact", "500": "Case", "006": "Opportunity"}
_ACTIVITIES = ("Task", "Event")
_ENDS = (("WhoId", "WhoCount", 0), ("WhatId", "WhatCount", 1))


def relations_of(store: TriggerStore, activity: str, activity_id: str) -> list[Row]:
    """Return the living relations of a task or an event, oldest first."""
    sobject = f"{activity}Relation"
    rows = [store.get(sobject, i) for i in store.ids_where(sobject, f"{activity}Id", activity_id)]
    return [row for row in rows if row is not None and (row.get("IsParent", 1) or row["IsWhat"])]


def relate(store: TriggerStore, activity: str, row: Row, before: Row | None) -> None:
    """Carry a task's or an event's two names over to its relations, and count these.

    A new name takes the place of the former one; one that is emptied goes, and the next contact
    becomes the primary one.
    """
    if not store.settings.shared_activities:
        row["WhoCount"] = int(row["WhoId"] is not None)
        row["WhatCount"] = int(row["WhatId"] is not None)
        return
    if row["IsDeleted"]:
        return
    rows = [] if before is None else relations_of(store, activity, str(row["Id"]))
    for end, count, is_what in _ENDS:
        former = None if before is None else before[end]
        mine = _relate_end(
            store, activity, row, end, former, [r for r in rows if r["IsWhat"] == is_what]
        )
        row[count] = mine


def _relate_end(
    store: TriggerStore, activity: str, row: Row, end: str, former: SqlValue, mine: list[Row]
) -> int:
    """Carry one name over to the relations of its sort and return how many there are then."""
    sobject, name = f"{activity}Relation", row[end]
    replaced = next((r for r in mine if former != name and r["RelationId"] == former), None)
    known = any(r["RelationId"] == name for r in mine)
    if name is None:
        rest = [r for r in mine if r is not replaced]
        if replaced is not None:
            drop_relation(store, sobject, str(replaced["Id"]))
        row[end] = rest[0]["RelationId"] if rest else None
        return len(rest)
    if known:
        return len(mine)
    if replaced is not None:
        changes: Row = {"RelationId": name, "AccountId": account_of(store, name)}
        store.write_quietly(sobject, str(replaced["Id"]), changes)
        return len(mine)
    values: Row = {f"{activity}Id": row["Id"], "RelationId": name}
    if activity == "Event":
        values["IsParent"] = 1
    store.insert(sobject, values, user_id=str(row["LastModifiedById"]))
    return len(mine) + 1


def derive_relation(store: TriggerStore, row: Row) -> None:
    """Set of a relation whether it is with a person, and the account behind it."""
    row["IsWhat"] = int(not str(row["RelationId"]).startswith(_PEOPLE))
    row["AccountId"] = account_of(store, row["RelationId"])


def settle_activity(store: TriggerStore, activity: str, activity_id: str) -> None:
    """Set an activity's names, their counts and its account by its relations."""
    row = store.get(activity, activity_id)
    if row is None or row["IsDeleted"]:
        return
    relations = relations_of(store, activity, activity_id)
    changes: Row = {}
    for end, count, is_what in _ENDS:
        names = [r["RelationId"] for r in relations if r["IsWhat"] == is_what]
        if row[end] not in names:
            changes[end] = names[0] if names else None
        changes[count] = len(names)
    settled = {**row, **changes}
    about = account_of(store, settled["WhatId"])
    changes["AccountId"] = about if about is not None else account_of(store, settled["WhoId"])
    store.write_quietly(activity, activity_id, changes)


def is_related(store: TriggerStore, sobject: str, relation: Row, record_id: str) -> bool:
    """Return whether the activity of a relation has one to that record too."""
    activity = sobject.removesuffix("Relation")
    others = relations_of(store, activity, str(relation[f"{activity}Id"]))
    return any(other["RelationId"] == record_id for other in others)


def follow_account(store: TriggerStore, contact: Row) -> None:
    """Carry a contact's account over to the relations that name the contact."""
    if not store.settings.shared_activities:
        return
    for activity in _ACTIVITIES:
        sobject = f"{activity}Relation"
        for relation_id in store.ids_where(sobject, "RelationId", str(contact["Id"])):
            store.write_quietly(sobject, relation_id, {"AccountId": contact["AccountId"]})


def settle_all(store: TriggerStore) -> None:
    """Give every activity its relations, or take them all away, as the setting says."""
    for activity in _ACTIVITIES:
        sobject = f"{activity}Relation"
        if not store.settings.shared_activities:
            store.conn.execute(f"DELETE FROM o_{sobject}")  # noqa: S608 # schema names
            continue
        unrelated = store.conn.execute(
            f"SELECT a.Id FROM o_{activity} AS a WHERE a.IsDeleted = 0"  # noqa: S608 # schema names
            " AND (a.WhoId IS NOT NULL OR a.WhatId IS NOT NULL) AND NOT EXISTS"
            f" (SELECT 1 FROM o_{sobject} AS r WHERE r.{activity}Id = a.Id)"
        ).fetchall()
        for (activity_id,) in unrelated:
            row = store.get(activity, activity_id)
            assert row is not None, "the row has just been found"
            relate(store, activity, row, row)


def shared_with_others(store: TriggerStore, sobject: str, record_id: str) -> list[tuple[str, str]]:
    """Return the relations, each with its object, by which a contact shares activities."""
    if sobject != "Contact" or not store.settings.shared_activities:
        return []
    shared: list[tuple[str, str]] = []
    for activity in _ACTIVITIES:
        name = f"{activity}Relation"
        for relation_id in store.ids_where(name, "RelationId", record_id):
            relation = store.get(name, relation_id) or {}
            found = store.get(activity, str(relation[f"{activity}Id"]))
            if found is not None and found["WhoCount"] != 1:
                shared.append((name, relation_id))
    return shared


def drop_relation(store: TriggerStore, sobject: str, relation_id: str) -> None:
    """Remove a relation for good; those deleted alone never reach the recycle bin."""
    store.conn.execute(f"DELETE FROM o_{sobject} WHERE Id = ?", (relation_id,))  # noqa: S608 # schema names


def account_of(store: TriggerStore, record_id: SqlValue) -> SqlValue:
    """Return the account that a record is or belongs to, or None."""
    if not isinstance(record_id, str):
        return None
    if record_id.startswith(_ACCOUNT):
        return record_id
    kind = _WITH_ACCOUNT.get(record_id[:3])
    found = store.get(kind, record_id) if kind is not None else None
    return None if found is None else found["AccountId"]

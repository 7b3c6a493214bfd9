"""Creates, reads, changes and deletes single records the way the REST API does."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from orgsim.errors import ApiError, method_not_allowed, not_found, not_supported
from orgsim.nested import resolve_nested
from orgsim.objects.shared import RELATION_OBJECTS
from orgsim.recycle_bin import note_deleted
from orgsim.row_locks import RowLocks, locked_by, unable_to_lock
from orgsim.rules import WriteOptions, check_admin_rules, check_system_rules, read_values
from orgsim.schema import Field, SObject
from orgsim.sharing import may_delete, may_see
from orgsim.store import Row, Store
from orgsim.times import parse_moment
from orgsim.triggers_relations import drop_relation, shared_with_others
from orgsim.values import json_value, stored_value

__all__ = ["Records"]


class Records:
    """The org's records behind validation, sharing and the admin's rules."""

    def __init__(self, store: Store) -> None:
        """Work on the records of one store."""
        self._store = store
        self.locks = RowLocks()

    def create(
        self,
        sobject: SObject,
        body: Mapping[str, object],
        options: WriteOptions,
        *,
        key: Mapping[str, str] | None = None,
    ) -> str:
        """Store a new record and return its id; `key` is the external id that the address fixes.

        Raises ApiError in Salesforce's words; nothing is stored then.
        """
        store = self._store
        if not sobject.createable:
            raise method_not_allowed("POST", "HEAD,GET")
        if any(name.lower() == "id" and value for name, value in body.items()):
            raise ApiError(
                400,
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                "cannot specify Id in an insert call",
                ("Id",),
            )
        body = {name: value for name, value in body.items() if name.lower() != "id"}
        fixed = {
            name: stored_value(sobject.fields[name], text) for name, text in (key or {}).items()
        }
        body = resolve_nested(store, sobject, body, upserting=key is not None)
        values = read_values(sobject, body, creating=True, unwritable=frozenset(fixed))
        values |= fixed | _audit_stamps(store, values)
        with store.transaction():
            check_system_rules(
                store, sobject, _without_null_defaults(sobject, values), None, options
            )
            values = _without_null_defaults(sobject, values)
            check_admin_rules(store, sobject, values, None, options)
            self._raise_if_locked(sobject, values, options)
            if options.auto_assign and (owner := self._assigned_owner(sobject)) is not None:
                values["OwnerId"] = owner
            record_id = store.insert(sobject.name, values, user_id=options.user_id)
            self._lock(sobject, record_id, None)
            return record_id

    def update(
        self,
        sobject: SObject,
        record_id: str,
        body: Mapping[str, object],
        options: WriteOptions,
        *,
        key: Mapping[str, str] | None = None,
        unmodified_since: datetime | None = None,
    ) -> None:
        """Change a record; raises ApiError, among them 412 when it changed after the given time."""
        store = self._store
        if not sobject.updateable:
            raise method_not_allowed("PATCH", "HEAD,GET")
        fixed = frozenset({"Id", *(key or {})})
        body = resolve_nested(store, sobject, body, upserting=key is not None)
        values = read_values(sobject, body, creating=False, unwritable=fixed)
        with store.transaction():
            before = self._writable(sobject, record_id, options)
            if unmodified_since is not None and _last_modified(before) > unmodified_since:
                raise ApiError(
                    412,
                    "PRECONDITION_FAILED",
                    f"{record_id} was modified after the given time; nothing was written",
                )
            if sobject.name == "Lead" and before["IsConverted"]:
                raise ApiError(
                    400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot update converted lead", ()
                )
            if sobject.name == "Contact" and before["IsPersonAccount"]:
                raise not_supported("Changing a person account through its contact")
            check_system_rules(store, sobject, values, before, options)
            check_admin_rules(store, sobject, {**before, **values}, record_id, options)
            self._raise_if_locked(sobject, before, options)
            store.update(sobject.name, record_id, values, user_id=options.user_id)
            self._lock(sobject, record_id, before)

    def delete(self, sobject: SObject, record_id: str, options: WriteOptions) -> None:
        """Delete a record and what belongs to it; raises ApiError DELETE_FAILED if cases hold it."""
        if not sobject.deletable:
            raise method_not_allowed("DELETE", "HEAD,GET,PATCH")
        with self._store.transaction():
            row = self._writable(sobject, record_id, options)
            if not may_delete(self._store, options.user_id, sobject, row):
                raise _no_access()
            self._raise_if_locked(sobject, row, options)
            self._delete_tree(sobject, record_id, record_id, options)
            if sobject.name in RELATION_OBJECTS:
                drop_relation(self._store, sobject.name, record_id)

    def read(
        self, sobject: SObject, record_id: str, fields: Iterable[Field], options: WriteOptions
    ) -> dict[str, object]:
        """Return a record as JSON; raises ApiError 404 for one that is gone or hidden."""
        row = self._store.get(sobject.name, record_id)
        if row is None or not may_see(self._store, options.user_id, sobject, row):
            raise not_found()
        if row.get("IsDeleted"):
            raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted", ())
        attributes = {
            "type": sobject.name,
            "url": f"/services/data/v{options.version}/sobjects/{sobject.name}/{record_id}",
        }
        return {
            "attributes": attributes,
            **{field.name: json_value(field, row, attributes["url"]) for field in fields},
        }

    def _writable(self, sobject: SObject, record_id: str, options: WriteOptions) -> Row:
        row = self._store.get(sobject.name, record_id)
        if row is None:
            raise not_found()
        if row.get("IsDeleted"):
            raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted", ())
        if not may_see(self._store, options.user_id, sobject, row):
            raise _no_access()
        return row

    def _delete_tree(
        self, sobject: SObject, record_id: str, root_id: str, options: WriteOptions
    ) -> None:
        store = self._store
        if sobject.name == "Account":
            self._refuse_with_won(record_id)
        for name, relation_id in shared_with_others(store, sobject.name, record_id):
            self._delete_tree(store.schema.objects[name], relation_id, root_id, options)
        for relation in sobject.child_relationships:
            children = store.ids_where(relation.child, relation.field, record_id)
            if children and relation.child == "Case" and sobject.name != "Case":
                numbers = [str((store.get("Case", i) or {}).get("CaseNumber")) for i in children]
                why = "it is associated with the following cases"
                raise self._kept(sobject.name, record_id, why, numbers)
            if relation.cascade_delete:
                child = store.schema.objects[relation.child]
                for child_id in children:
                    self._delete_tree(child, child_id, root_id, options)
        self._lock(sobject, record_id, store.get(sobject.name, record_id))
        store.delete(sobject.name, record_id, user_id=options.user_id)
        note_deleted(store, record_id, root_id)

    def _refuse_with_won(self, account_id: str) -> None:
        """Raise ApiError DELETE_FAILED for an account that has won opportunities."""
        store = self._store
        ids = store.ids_where("Opportunity", "AccountId", account_id)
        rows = [row for i in ids if (row := store.get("Opportunity", i)) is not None]
        if won := [str(row["Name"]) for row in rows if row.get("IsWon")]:
            why = (
                "some opportunities in that account were closed won. The opportunities that were"
                " closed won are shown below"
            )
            raise self._kept("Account", account_id, why, won)

    def _kept(self, sobject: str, record_id: str, why: str, names: Sequence[str]) -> ApiError:
        """Return the refusal to delete a record that others hold."""
        named = (self._store.get(sobject, record_id) or {}).get("Name") or record_id
        return ApiError(
            400,
            "DELETE_FAILED",
            f"Your attempt to delete {named} could not be completed because {why}.:"
            f" {', '.join(names)}\n",
            (),
        )

    def _assigned_owner(self, sobject: SObject) -> str | None:
        rules = self._store.settings.assignment_rules
        return next((rule.owner_id for rule in rules if rule.object == sobject.name), None)

    def _lock(self, sobject: SObject, record_id: str, before: Row | None) -> None:
        """Lock what a write locks; raises RowHeldError or ApiError if another request has it."""
        if self.locks.watching:
            row = self._store.get(sobject.name, record_id)
            assert row is not None, f"{record_id} has just been written"
            self.locks.touch(locked_by(sobject, row, before))

    def _raise_if_locked(self, sobject: SObject, row: Row, options: WriteOptions) -> None:
        if options.locked not in {"*", sobject.name.lower()}:
            return
        held = next(
            (
                row[name]
                for name in ("AccountId", "WhoId", "WhatId", "ContactId", "Id")
                if row.get(name) is not None
            ),
            options.user_id,
        )
        raise unable_to_lock(str(held))


def _without_null_defaults(sobject: SObject, values: Row) -> Row:
    """Drop explicit nulls where a create falls back to the field's default."""
    return {
        name: value
        for name, value in values.items()
        if value is not None or not sobject.fields[name].defaulted_on_create
    }


def _audit_stamps(store: Store, values: Row) -> Row:
    """Return the stamp of a record whose creation is dated back; it is still new to readers.

    Raises ApiError for a record changed before it was created.
    """
    if values.get("CreatedDate") is None and values.get("LastModifiedDate") is None:
        return {}
    present = store.now_stamp()
    created = values.get("CreatedDate") or present
    if str(values.get("LastModifiedDate") or created) < str(created):
        raise ApiError(
            400,
            "FIELD_INTEGRITY_EXCEPTION",
            "Last Modified Date: a record cannot be modified before it is created",
            ("LastModifiedDate",),
        )
    return {"SystemModstamp": present}


def _last_modified(row: Row) -> datetime:
    return parse_moment(str(row["LastModifiedDate"]))


def _no_access() -> ApiError:
    return ApiError(
        400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", ()
    )

"""Creates, reads, changes and deletes single records the way the REST API does."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from orgsim.errors import ApiError, not_found, not_supported
from orgsim.nested import resolve_nested
from orgsim.recycle_bin import note_deleted
from orgsim.rules import WriteOptions, check_admin_rules, check_system_rules, read_values
from orgsim.schema import Field, SObject
from orgsim.sharing import may_see
from orgsim.store import Row, Store
from orgsim.times import parse_moment
from orgsim.values import json_value, stored_value

__all__ = ["Records"]


class Records:
    """The org's records behind validation, sharing and the admin's rules."""

    def __init__(self, store: Store) -> None:
        """Work on the records of one store."""
        self._store = store

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
            raise _not_allowed("POST", "HEAD,GET")
        if any(name.lower() == "id" and value for name, value in body.items()):
            raise ApiError(400, "INVALID_FIELD", "cannot specify Id in an insert call", ("Id",))
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
            return store.insert(sobject.name, values, user_id=options.user_id)

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
            raise _not_allowed("PATCH", "HEAD,GET")
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

    def delete(self, sobject: SObject, record_id: str, options: WriteOptions) -> None:
        """Delete a record and what belongs to it; raises ApiError DELETE_FAILED if cases hold it."""
        if not sobject.deletable:
            raise _not_allowed("DELETE", "HEAD,GET,PATCH")
        with self._store.transaction():
            row = self._writable(sobject, record_id, options)
            self._raise_if_locked(sobject, row, options)
            self._delete_tree(sobject, record_id, record_id, options)

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
            **{
                field.name: json_value(field, row[field.name], attributes["url"])
                for field in fields
            },
        }

    def _writable(self, sobject: SObject, record_id: str, options: WriteOptions) -> Row:
        row = self._store.get(sobject.name, record_id)
        if row is None:
            raise not_found()
        if row.get("IsDeleted"):
            raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted", ())
        if not may_see(self._store, options.user_id, sobject, row):
            raise ApiError(
                400,
                "INSUFFICIENT_ACCESS_OR_READONLY",
                "insufficient access rights on object id",
                (),
            )
        return row

    def _delete_tree(
        self, sobject: SObject, record_id: str, root_id: str, options: WriteOptions
    ) -> None:
        store = self._store
        if sobject.name == "Account":
            self._refuse_with_won(record_id)
        for relation in sobject.child_relationships:
            children = store.ids_where(relation.child, relation.field, record_id)
            if children and relation.child == "Case" and sobject.name != "Case":
                raise ApiError(
                    400,
                    "DELETE_FAILED",
                    f"Your attempt to delete {record_id} could not be completed because it is"
                    f" associated with the following cases: {', '.join(children)}",
                    (),
                )
            if relation.cascade_delete:
                child = store.schema.objects[relation.child]
                for child_id in children:
                    self._delete_tree(child, child_id, root_id, options)
        store.delete(sobject.name, record_id, user_id=options.user_id)
        note_deleted(store, record_id, root_id)

    def _refuse_with_won(self, account_id: str) -> None:
        """Raise ApiError DELETE_FAILED for an account that has won opportunities."""
        store = self._store
        ids = store.ids_where("Opportunity", "AccountId", account_id)
        if won := [i for i in ids if (store.get("Opportunity", i) or {}).get("IsWon")]:
            raise ApiError(
                400,
                "DELETE_FAILED",
                f"Your attempt to delete {account_id} could not be completed because it is"
                f" associated with the following won opportunities: {', '.join(won)}",
                (),
            )

    def _assigned_owner(self, sobject: SObject) -> str | None:
        rules = self._store.settings.assignment_rules
        return next((rule.owner_id for rule in rules if rule.object == sobject.name), None)

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
        raise ApiError(
            400,
            "UNABLE_TO_LOCK_ROW",
            f"unable to obtain exclusive access to this record or 1 records: {held}",
            (),
        )


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


def _not_allowed(method: str, allowed: str) -> ApiError:
    return ApiError(
        405,
        "METHOD_NOT_ALLOWED",
        f"HTTP Method '{method}' not allowed. Allowed are {allowed}",
    )

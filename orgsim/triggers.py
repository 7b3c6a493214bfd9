"""What the org itself sets when a record is written."""

from typing import Protocol

from orgsim.objects.people import PERSON_FIELDS
from orgsim.settings import Settings

__all__ = ["Row", "SqlValue", "TriggerStore", "after_write", "before_write"]

type SqlValue = str | int | float | None
type Row = dict[str, SqlValue]

_CONTACT_PREFIX, _ACCOUNT_PREFIX, _CASE_PREFIX = "003", "001", "500"


class TriggerStore(Protocol):
    """The part of the store that derived fields need."""

    @property
    def settings(self) -> Settings:
        """Return the org's settings."""

    def now_stamp(self) -> str:
        """Return the present as stored text."""

    def next_case_number(self) -> str:
        """Return the next number of the org's cases."""

    def get(self, sobject: str, record_id: str) -> Row | None:
        """Return a row, deleted ones included."""

    def insert(self, sobject: str, values: Row, *, user_id: str) -> str:
        """Store a new row and return its id."""

    def write_quietly(self, sobject: str, record_id: str, values: Row) -> None:
        """Change columns without a new stamp."""

    def ids_where(self, sobject: str, field: str, value: str) -> list[str]:
        """Return the ids of living rows whose field has that value."""


def before_write(store: TriggerStore, sobject: str, row: Row, before: Row | None) -> None:
    """Fill the derived fields of `row`, which is about to be stored over `before`."""
    if sobject in {"Contact", "Lead", "User"}:
        row["Name"] = _full_name(row)
    elif sobject == "Account":
        _derive_account(row)
    elif sobject == "Task":
        _derive_task(store, row)
    elif sobject == "Case":
        _derive_case(store, row, before)


def after_write(store: TriggerStore, sobject: str, row: Row, user_id: str) -> None:
    """Carry a stored change over to the records that repeat its values."""
    if sobject == "Account" and row["IsPersonAccount"] and store.settings.person_accounts:
        _keep_person_contact(store, row, user_id)
    elif sobject == "Contact":
        contact_id = str(row["Id"])
        for case_id in store.ids_where("Case", "ContactId", contact_id):
            store.write_quietly("Case", case_id, _contact_details(row))
        for task_id in store.ids_where("Task", "WhoId", contact_id):
            task = store.get("Task", task_id)
            if task is not None and task["WhatId"] is None:
                store.write_quietly("Task", task_id, {"AccountId": row["AccountId"]})


def _full_name(row: Row) -> str | None:
    """Return first and last name; the salutation is not part of Name."""
    return " ".join(str(part) for part in (row["FirstName"], row["LastName"]) if part) or None


def _derive_account(row: Row) -> None:
    row["IsPersonAccount"] = 1 if row["LastName"] else 0
    if row["LastName"]:
        row["Name"] = _full_name(row)


def _derive_task(store: TriggerStore, row: Row) -> None:
    closed = store.settings.is_closed_status(row["Status"])
    row["IsClosed"] = int(closed)
    row["CompletedDateTime"] = (row["CompletedDateTime"] or store.now_stamp()) if closed else None
    row["IsHighPriority"] = int(row["Priority"] == "High")
    row["WhoCount"] = int(row["WhoId"] is not None)
    row["WhatCount"] = int(row["WhatId"] is not None)
    row["AccountId"] = _task_account(store, row)


def _task_account(store: TriggerStore, row: Row) -> SqlValue:
    """Return the account a task belongs to: through WhatId, else the contact's account."""
    what, who = row["WhatId"], row["WhoId"]
    if isinstance(what, str) and what.startswith(_ACCOUNT_PREFIX):
        return what
    if isinstance(what, str) and what.startswith(_CASE_PREFIX):
        case = store.get("Case", what)
        if case is not None and case["AccountId"] is not None:
            return case["AccountId"]
    if isinstance(who, str) and who.startswith(_CONTACT_PREFIX):
        contact = store.get("Contact", who)
        return contact["AccountId"] if contact is not None else None
    return None


def _derive_case(store: TriggerStore, row: Row, before: Row | None) -> None:
    if row["CaseNumber"] is None:
        row["CaseNumber"] = store.next_case_number()
    closed = row["Status"] == "Closed"
    row["IsClosed"] = int(closed)
    row["ClosedDate"] = (row["ClosedDate"] or store.now_stamp()) if closed else None
    contact_id = row["ContactId"]
    contact = store.get("Contact", contact_id) if isinstance(contact_id, str) else None
    row.update(_contact_details(contact))
    changed = before is None or before["ContactId"] != contact_id
    if contact is not None and row["AccountId"] is None and changed:
        row["AccountId"] = contact["AccountId"]


def _contact_details(contact: Row | None) -> Row:
    if contact is None:
        return {"ContactPhone": None, "ContactMobile": None, "ContactEmail": None}
    return {
        "ContactPhone": contact["Phone"],
        "ContactMobile": contact["MobilePhone"],
        "ContactEmail": contact["Email"],
    }


def _keep_person_contact(store: TriggerStore, account: Row, user_id: str) -> None:
    """Create or update the contact that stands behind a person account."""
    values: Row = {theirs: account[ours] for ours, theirs in PERSON_FIELDS.items()}
    values |= {
        "AccountId": account["Id"],
        "OwnerId": account["OwnerId"],
        "IsPersonAccount": 1,
        "IsDeleted": account["IsDeleted"],
    }
    contact_id = account["PersonContactId"]
    if isinstance(contact_id, str) and store.get("Contact", contact_id) is not None:
        values["Name"] = account["Name"]
        store.write_quietly("Contact", contact_id, values)
        return
    contact_id = store.insert("Contact", values, user_id=user_id)
    account["PersonContactId"] = contact_id
    store.write_quietly("Account", str(account["Id"]), {"PersonContactId": contact_id})

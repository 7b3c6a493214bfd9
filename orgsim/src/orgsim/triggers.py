"""What the org itself sets when a record is written."""

from types import MappingProxyType

from orgsim.objects.people import PERSON_FIELDS
from orgsim.objects.service import CASE_STATUSES
from orgsim.trigger_store import Row, SqlValue, TriggerStore
from orgsim.triggers_activities import (
    derive_event,
    derive_task,
    follow_contact,
    note_activity,
)
from orgsim.triggers_files import after_version, before_version, retitle_version
from orgsim.triggers_relations import (
    derive_relation,
    follow_account,
    settle_activity,
    settle_all,
)
from orgsim.triggers_sales import (
    add_primary,
    derive_opportunity,
    keep_one_primary,
    show_primary,
)

__all__ = ["Row", "SqlValue", "TriggerStore", "after_write", "before_write", "settle_all"]

_SHORT_ID = 15
# What a case shows of its contact, by the contact's own fields.
_CONTACT_DETAILS = MappingProxyType(
    {
        "ContactPhone": "Phone",
        "ContactMobile": "MobilePhone",
        "ContactEmail": "Email",
        "ContactFax": "Fax",
    }
)


def before_write(store: TriggerStore, sobject: str, row: Row, before: Row | None) -> None:
    """Fill the derived fields of `row`, which is about to be stored over `before`."""
    match sobject:
        case "Contact" | "Individual" | "Lead" | "User":
            _derive_person(sobject, row)
        case "Account":
            _derive_account(row)
        case "Task":
            derive_task(store, row, before)
        case "Case":
            _derive_case(store, row, before)
        case "Event":
            derive_event(store, row, before)
        case "Opportunity":
            derive_opportunity(store, row, before)
        case "TaskRelation" | "EventRelation":
            derive_relation(store, row)
        case "ContentVersion":
            before_version(store, row, before)
        case _ if sobject.endswith("__c"):
            row["Name"] = row["Name"] or str(row["Id"])[:_SHORT_ID]


def after_write(
    store: TriggerStore, sobject: str, row: Row, before: Row | None, user_id: str
) -> None:
    """Carry a stored change over to the records that repeat its values."""
    match sobject:
        case "Account" if row["IsPersonAccount"] and store.settings.person_accounts:
            _keep_person_contact(store, row, user_id)
        case "Contact":
            for case_id in store.ids_where("Case", "ContactId", str(row["Id"])):
                store.write_quietly("Case", case_id, _contact_details(row))
            follow_contact(store, row)
            follow_account(store, row)
        case "TaskRelation" | "EventRelation":
            activity = sobject.removesuffix("Relation")
            settle_activity(store, activity, str(row[f"{activity}Id"]))
        case "Task" | "Event":
            note_activity(store, sobject, row, before)
        case "Opportunity" if before is None:
            add_primary(store, row, user_id)
        case "OpportunityContactRole":
            keep_one_primary(store, row)
            show_primary(store, str(row["OpportunityId"]))
        case "ContentVersion":
            after_version(store, row, user_id)
        case "ContentDocument":
            retitle_version(store, row)


def _full_name(row: Row) -> str | None:
    """Return first and last name; the salutation is not part of Name."""
    return " ".join(str(part) for part in (row["FirstName"], row["LastName"]) if part) or None


def _derive_person(sobject: str, row: Row) -> None:
    row["Name"] = _full_name(row)
    if sobject in {"Contact", "Lead"}:
        row["PhotoUrl"] = _photo(row)
    if sobject == "Contact":
        bounced = row["EmailBouncedReason"] or row["EmailBouncedDate"]
        row["IsEmailBounced"] = int(bounced is not None)


def _photo(row: Row) -> str:
    return f"/services/images/photo/{row['Id']}"


def _derive_account(row: Row) -> None:
    row["PhotoUrl"] = _photo(row)
    row["IsPersonAccount"] = 1 if row["LastName"] else 0
    if row["LastName"]:
        row["Name"] = _full_name(row)


def _derive_case(store: TriggerStore, row: Row, before: Row | None) -> None:
    if row["CaseNumber"] is None:
        row["CaseNumber"] = store.next_case_number()
    closed = CASE_STATUSES.get(str(row["Status"]), False)
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
        return dict.fromkeys(_CONTACT_DETAILS)
    return {ours: contact[theirs] for ours, theirs in _CONTACT_DETAILS.items()}


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

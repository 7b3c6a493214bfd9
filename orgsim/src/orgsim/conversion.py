"""Lead conversion and merging, for which the REST API has no call."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from orgsim.objects.kinds import ADDRESS_PARTS
from orgsim.objects.service import LEAD_STATUSES
from orgsim.objects.shared import RELATION_OBJECTS
from orgsim.schema import SObject
from orgsim.store import Row, Store
from orgsim.triggers_relations import is_related

__all__ = ["OperationError", "convert_lead", "merge"]

_CONTACT_FIELDS = (
    *("FirstName", "LastName", "Salutation", "Title", "Phone", "MobilePhone", "Fax", "Email"),
    *("LeadSource", "Description"),
)
_ACCOUNT_FIELDS = (
    *("Phone", "Fax", "Website", "Industry", "Rating", "AnnualRevenue", "NumberOfEmployees"),
)
_MOST_LOSERS = 2
_QUARTER = 3


class OperationError(Exception):
    """An operation that cannot be done; the message says why."""


def convert_lead(store: Store, request: Mapping[str, object]) -> dict[str, str | None]:
    """Convert a lead as the user interface does; activities move to the contact.

    `request` has `lead_id` and may have `account_id` and `contact_id` (existing ones), `owner_id`,
    and `opportunity_name`, without which no opportunity is made. Returns the three ids.
    """
    known = {"lead_id", "account_id", "contact_id", "owner_id", "opportunity_name"}
    if unknown := sorted(set(request) - known):
        raise OperationError(f"unknown keys: {', '.join(unknown)}")
    lead = _living(store, "Lead", request.get("lead_id"))
    if lead["IsConverted"]:
        raise OperationError(f"{lead['Id']} is converted already")
    owner_id = _owner(store, lead, request.get("owner_id"))
    with store.transaction():
        account_id = _account_for(store, lead, owner_id, request.get("account_id"))
        contact_id = _contact_for(store, lead, owner_id, account_id, request.get("contact_id"))
        opportunity_id = _opportunity_for(
            store, lead, (owner_id, account_id, contact_id), request.get("opportunity_name")
        )
        _close(store, lead, (account_id, contact_id, opportunity_id))
    return {
        "account_id": account_id,
        "contact_id": contact_id,
        "opportunity_id": opportunity_id,
    }


def _close(store: Store, lead: Row, made: tuple[str, str, str | None]) -> None:
    """Mark a lead as converted into account, contact and opportunity; hand over its activities."""
    account_id, contact_id, opportunity_id = made
    for sobject in ("Task", "Event"):
        for activity_id in store.ids_where(sobject, "WhoId", str(lead["Id"])):
            store.update(sobject, activity_id, {"WhoId": contact_id}, user_id=store.admin_id)
    changes: Row = {
        "IsConverted": 1,
        "Status": next(name for name, converted in LEAD_STATUSES.items() if converted),
        "ConvertedDate": store.now().date().isoformat(),
        "ConvertedAccountId": account_id,
        "ConvertedContactId": contact_id,
        "ConvertedOpportunityId": opportunity_id,
        "IsUnreadByOwner": 0,
    }
    store.update("Lead", str(lead["Id"]), changes, user_id=store.admin_id)


def merge(store: Store, master_id: object, loser_ids: object) -> list[str]:
    """Merge one or two records into a master, which takes over everything that refers to them.

    Accounts, contacts and leads can be merged. The losers go to the recycle bin with
    MasterRecordId; returns their ids.
    """
    if not isinstance(loser_ids, list) or not 1 <= len(loser_ids) <= _MOST_LOSERS:
        raise OperationError("loser_ids has to be a list of one or two ids")
    kind = _mergeable(store, master_id)
    master = _living(store, kind.name, master_id)
    losers = [_living(store, kind.name, loser_id) for loser_id in loser_ids]
    ids = [str(row["Id"]) for row in (master, *losers)]
    if len(set(ids)) < len(ids):
        raise OperationError("a record cannot be merged with itself")
    if any(row.get("IsPersonAccount") for row in (master, *losers)):
        raise OperationError("merging person accounts is not part of this simulated org")
    if any(row.get("IsConverted") for row in (master, *losers)):
        raise OperationError("a converted lead cannot be merged")
    with store.transaction():
        for loser_id in ids[1:]:
            _hand_over(store, kind, loser_id, ids[0])
            gone: Row = {"MasterRecordId": ids[0], "IsDeleted": 1}
            store.update(kind.name, loser_id, gone, user_id=store.admin_id)
        store.update(kind.name, ids[0], {}, user_id=store.admin_id)
    return ids[1:]


def _hand_over(store: Store, kind: SObject, loser_id: str, master_id: str) -> None:
    """Point everything that refers to the loser at the master; children get new stamps."""
    for relation in kind.child_relationships:
        linked = _linked_documents(store, master_id)
        for child_id in store.ids_where(relation.child, relation.field, loser_id):
            row = store.get(relation.child, child_id) or {}
            if child_id == master_id:
                change: Row = {relation.field: None}  # nobody is his own parent
            elif relation.child == "ContentDocumentLink" and row["ContentDocumentId"] in linked:
                change = {"IsDeleted": 1}
            elif relation.child in RELATION_OBJECTS and is_related(
                store, relation.child, row, master_id
            ):
                change = {"IsDeleted": 1}  # the master is on that activity already
            else:
                change = {relation.field: master_id}
            store.update(relation.child, child_id, change, user_id=store.admin_id)


def _linked_documents(store: Store, record_id: str) -> set[object]:
    links = store.ids_where("ContentDocumentLink", "LinkedEntityId", record_id)
    rows = [store.get("ContentDocumentLink", link_id) for link_id in links]
    return {row["ContentDocumentId"] for row in rows if row is not None}


def _mergeable(store: Store, record_id: object) -> SObject:
    found = store.resolve(record_id) if isinstance(record_id, str) else None
    if found is None or not found[0].mergeable:
        raise OperationError(f"{record_id} is no account, contact or lead")
    return found[0]


def _living(store: Store, sobject: str, record_id: object) -> Row:
    """Return a living record of that object; raises OperationError."""
    found = store.resolve(record_id) if isinstance(record_id, str) else None
    row = store.get(sobject, found[1]) if found is not None else None
    if row is None:
        raise OperationError(f"there is no {sobject} {record_id}")
    if row["IsDeleted"]:
        raise OperationError(f"{record_id} is deleted")
    return row


def _owner(store: Store, lead: Row, wanted: object) -> str:
    owner_id = lead["OwnerId"] if wanted is None else wanted
    user = store.get("User", str(owner_id))
    if user is None or not user["IsActive"]:
        raise OperationError("converted records belong to an active user; name one as owner_id")
    return str(user["Id"])


def _account_for(store: Store, lead: Row, owner_id: str, wanted: object) -> str:
    if wanted is not None:
        return str(_living(store, "Account", wanted)["Id"])
    values: Row = {name: lead[name] for name in _ACCOUNT_FIELDS}
    values |= {f"Billing{part}": lead[part] for part in ADDRESS_PARTS}
    values |= {"Name": lead["Company"], "AccountSource": lead["LeadSource"], "OwnerId": owner_id}
    return store.insert("Account", values, user_id=store.admin_id)


def _contact_for(store: Store, lead: Row, owner_id: str, account_id: str, wanted: object) -> str:
    if wanted is not None:
        contact = _living(store, "Contact", wanted)
        if contact["AccountId"] != account_id:
            raise OperationError(f"{wanted} does not belong to the account {account_id}")
        return str(contact["Id"])
    values: Row = {name: lead[name] for name in _CONTACT_FIELDS}
    values |= {f"Mailing{part}": lead[part] for part in ADDRESS_PARTS}
    values |= {"AccountId": account_id, "OwnerId": owner_id}
    return store.insert("Contact", values, user_id=store.admin_id)


def _opportunity_for(
    store: Store, lead: Row, owner_account_contact: Sequence[str], name: object
) -> str | None:
    if name is None:
        return None
    if not isinstance(name, str) or not name.strip():
        raise OperationError("opportunity_name has to be a text")
    owner_id, account_id, contact_id = owner_account_contact
    values: Row = {
        "Name": name.strip(),
        "StageName": "Prospecting",
        "CloseDate": _end_of_quarter(store.now().date()).isoformat(),
        "AccountId": account_id,
        "OwnerId": owner_id,
        "LeadSource": lead["LeadSource"],
    }
    opportunity_id = store.insert("Opportunity", values, user_id=store.admin_id)
    role: Row = {"OpportunityId": opportunity_id, "ContactId": contact_id, "IsPrimary": 1}
    store.insert("OpportunityContactRole", role, user_id=store.admin_id)
    return opportunity_id


def _end_of_quarter(day: date) -> date:
    last_month = (day.month - 1) // _QUARTER * _QUARTER + _QUARTER
    following = date(day.year + last_month // 12, last_month % 12 + 1, 1)
    return following - timedelta(days=1)

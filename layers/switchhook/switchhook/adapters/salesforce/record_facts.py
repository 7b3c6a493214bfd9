"""Reads records that a person named: whether they are there, and what a decision needs to know of them."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from switchhook.adapters.salesforce.errors import refusal, unreadable
from switchhook.adapters.salesforce.session import API_PATH, RestApi
from switchhook.adapters.salesforce.soql import literal
from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import Grant
from switchhook.domain.decision import Candidate

FIRST_ERROR_STATUS = 400

_LEAD_FIELDS = (
    "Id, Name, OwnerId, IsConverted, ConvertedContactId, ConvertedContact.Name,"
    " ConvertedContact.OwnerId, ConvertedContact.IsDeleted, ConvertedContact.MasterRecordId"
)
"""Fields that no admin can hide; a hidden one would fail the query."""

_NOT_THERE = frozenset(
    {
        "ENTITY_IS_DELETED",
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INVALID_CROSS_REFERENCE_KEY",
        "INVALID_TYPE",
        "MALFORMED_ID",
        "NOT_FOUND",
    }
)


class NamedRecords:
    """Reads rows whole, since which fields there are differs by org; implements `RecordFacts`.

    Whether an org has person accounts shows in the row itself. Leads are queried, for only a query
    reaches the contact that a lead became in the same request.
    """

    def __init__(self, rest: RestApi) -> None:
        self._rest = rest

    def facts(
        self, grant: Grant, records: Sequence[RecordRef]
    ) -> Mapping[RecordRef, Candidate | None]:
        """Each Contact, Lead and Account as it stands; at most five leads among 25 records.

        Raises:
            SessionExpired, BudgetSpent, Permanent, Retryable.
        """
        asked = tuple(dict.fromkeys(records))
        body = {"allOrNone": False, "compositeRequest": [_question(record) for record in asked]}
        answer = self._rest.post(grant, "composite", body, is_write=False).body
        try:
            by_ref = {entry["referenceId"]: entry for entry in answer["compositeResponse"]}
            return {record: _candidate(record, by_ref[_ref(record.id)]) for record in asked}
        except (KeyError, TypeError, AttributeError, IndexError):
            raise unreadable(is_write=False) from None


def _question(record: RecordRef) -> dict[str, object]:
    if record.type == "Lead":
        query = f"SELECT {_LEAD_FIELDS} FROM Lead WHERE Id = {literal(record.id)}"  # noqa: S608 - quoted by soql
        path = f"queryAll/?q={quote(f'{query} AND IsDeleted = false', safe='')}"
    else:
        path = f"sobjects/{quote(record.type, safe='')}/{quote(record.id, safe='')}"
    return {"method": "GET", "url": f"{API_PATH}/{path}", "referenceId": _ref(record.id)}


def _candidate(record: RecordRef, entry: Mapping[str, Any]) -> Candidate | None:
    status, body = entry["httpStatusCode"], entry["body"]
    if status >= FIRST_ERROR_STATUS:
        if body[0]["errorCode"] in _NOT_THERE:
            return None
        raise refusal(status, body, is_write=False)
    if record.type == "Lead":
        return next((_lead(record, row) for row in body["records"]), None)
    return Candidate(
        record=record,
        name=body.get("Name"),
        owner_id=body.get("OwnerId"),
        is_person_account=bool(body.get("IsPersonAccount")),
        person_contact_id=body.get("PersonContactId"),
        account_id=record.id if record.type == "Account" else body.get("AccountId"),
    )


def _lead(record: RecordRef, row: Mapping[str, Any]) -> Candidate | None:
    if not row["IsConverted"]:
        return Candidate(record=record, name=row.get("Name"), owner_id=row.get("OwnerId"))
    contact_id, contact = row["ConvertedContactId"], row["ConvertedContact"] or {}
    if contact.get("IsDeleted"):
        contact_id = contact.get("MasterRecordId")
    if contact_id is None:
        return None
    return Candidate(
        record=RecordRef(type="Contact", id=contact_id),
        name=contact.get("Name") or row.get("Name"),
        owner_id=contact.get("OwnerId"),
    )


def _ref(record_id: str) -> str:
    return f"r{record_id}"

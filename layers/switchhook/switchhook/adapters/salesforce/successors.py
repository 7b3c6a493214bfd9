"""Tells what became of records that Salesforce refuses: merged, converted, deleted, or still there."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from switchhook.adapters.salesforce.errors import refusal, unreadable
from switchhook.adapters.salesforce.session import API_PATH, RestApi
from switchhook.adapters.salesforce.soql import in_list
from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import Grant

FIRST_ERROR_STATUS = 400

_MERGED = "Id, IsDeleted, MasterRecordId, MasterRecord.IsDeleted, MasterRecord.MasterRecordId"
_FIELDS: Mapping[str, str] = {
    "Account": _MERGED,
    "Case": _MERGED,
    "Contact": _MERGED,
    "Lead": (
        f"{_MERGED}, IsConverted, ConvertedContactId,"
        " ConvertedContact.IsDeleted, ConvertedContact.MasterRecordId"
    ),
    "Opportunity": "Id, IsDeleted",
}
"""The recycle bin is asked too (queryAll): a merged record lies there and names its master."""

_INVISIBLE = frozenset({"INVALID_TYPE", "NOT_FOUND", "INSUFFICIENT_ACCESS"})


class SuccessorQuery:
    """Follows merges and conversions, two steps deep; implements `Successors`."""

    def __init__(self, rest: RestApi) -> None:
        self._rest = rest

    def successors(
        self, grant: Grant, records: Sequence[RecordRef]
    ) -> Mapping[RecordRef, RecordRef | None]:
        """Each record's living self, as far as the connected user may see it; one request for all.

        Raises:
            SessionExpired, BudgetSpent, Permanent, Retryable.
        """
        by_type: dict[str, list[str]] = {}
        for record in sorted(set(records)):
            if record.type in _FIELDS:
                by_type.setdefault(record.type, []).append(record.id)
        if not by_type:
            return dict.fromkeys(records)
        body = {
            "allOrNone": False,
            "compositeRequest": [_query(name, ids) for name, ids in by_type.items()],
        }
        answer = self._rest.post(grant, "composite", body, is_write=False).body
        try:
            living = {
                RecordRef(type=entry["referenceId"], id=row["Id"]): _self(entry, row)
                for entry in answer["compositeResponse"]
                for row in _rows(entry)
            }
        except (KeyError, TypeError, AttributeError):
            raise unreadable(is_write=False) from None
        return {record: living.get(record) for record in records}


def _query(object_type: str, ids: Sequence[str]) -> dict[str, object]:
    query = f"SELECT {_FIELDS[object_type]} FROM {object_type} WHERE Id IN {in_list(ids)}"  # noqa: S608 - quoted by soql
    return {
        "method": "GET",
        "url": f"{API_PATH}/queryAll/?q={quote(query, safe='')}",
        "referenceId": object_type,
    }


def _rows(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    status, body = entry["httpStatusCode"], entry["body"]
    if status < FIRST_ERROR_STATUS:
        return list(body["records"])
    if body[0]["errorCode"] in _INVISIBLE:
        return []
    raise refusal(status, body, is_write=False)


def _self(entry: Mapping[str, Any], row: Mapping[str, Any]) -> RecordRef | None:
    object_type = entry["referenceId"]
    if row["IsDeleted"]:
        return _followed(object_type, row.get("MasterRecordId"), row.get("MasterRecord"))
    if row.get("IsConverted"):
        return _followed("Contact", row["ConvertedContactId"], row["ConvertedContact"])
    return RecordRef(type=object_type, id=row["Id"])


def _followed(
    object_type: str, next_id: str | None, following: Mapping[str, Any] | None
) -> RecordRef | None:
    """The record that took another's place, or the one that took its place in turn."""
    if next_id and following and following["IsDeleted"]:
        next_id = following["MasterRecordId"]
    return RecordRef(type=object_type, id=next_id) if next_id else None

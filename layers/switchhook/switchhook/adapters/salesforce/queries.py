"""What is asked of an org's records: related, named and refused ones, Tasks and Cases by key or as they stand.

A Task bears its key in `CallObject`, a Case in the unique field, or as the last line of its description.
A refused record is merged, converted, deleted, or still there.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from switchhook.adapters.salesforce.errors import FIRST_CLIENT_ERROR, refusal, unreadable
from switchhook.adapters.salesforce.session import API_PATH, RestApi
from switchhook.adapters.salesforce.soql import in_list, literal, moment, read_moment
from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import Grant
from switchhook.domain.crm import CasePage, FoundCase, FoundTask
from switchhook.domain.decision import Candidate, OpenRelated
from switchhook.domain.errors import Permanent
from switchhook.domain.settings.schema import AttachTo
from switchhook.domain.writing.slots import KEY_FIELD, key_in
from switchhook.ports.org import RelatedAnswer, StoredTask

ROWS_OF_ONE = 200
"""Of one contact the newest few are enough; of several, none may be crowded out by another's."""

ROWS_OF_SEVERAL = 2000

_QUERIES: Mapping[AttachTo, str] = {
    AttachTo.CASE: (
        "SELECT Id, ContactId, LastModifiedDate FROM Case"
        " WHERE ContactId IN {contacts} AND IsClosed = false"
        " ORDER BY LastModifiedDate DESC, Id LIMIT {rows}"
    ),
    AttachTo.OPPORTUNITY: (
        "SELECT OpportunityId, ContactId, Opportunity.LastModifiedDate FROM OpportunityContactRole"
        " WHERE ContactId IN {contacts} AND Opportunity.IsClosed = false"
        " ORDER BY Opportunity.LastModifiedDate DESC, OpportunityId LIMIT {rows}"
    ),
}


_NEXT_PAGE = re.compile(r"/services/data/v[0-9.]+/(query/[A-Za-z0-9-]+)")

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


class RecordQueries:
    """Asks for records as they stand, by SOQL or row by row; implements `OrgRecords`.

    Where it is asked for rows whole, that is because which fields there are differs by org: whether an
    org has person accounts shows in the row itself. Leads are queried all the same, for only a query
    reaches the contact that a lead became in the same request.
    """

    def __init__(self, rest: RestApi) -> None:
        self._rest = rest

    def open_related(
        self, grant: Grant, attach_to: AttachTo, contact_ids: Sequence[str]
    ) -> RelatedAnswer:
        """Every open one that the connected user may see; a closed one is none (AC-15).

        Raises:
            Permanent: code `INVALID_TYPE` where the user may not see the object.
            SessionExpired, BudgetSpent, Retryable.
        """
        if attach_to is AttachTo.NONE or not contact_ids:
            return RelatedAnswer(related=())
        query = _QUERIES[attach_to].format(
            contacts=in_list(contact_ids),
            rows=ROWS_OF_ONE if len(contact_ids) == 1 else ROWS_OF_SEVERAL,
        )
        answer = self._rest.get(grant, "query/", params={"q": query})
        read = _case if attach_to is AttachTo.CASE else _opportunity
        try:
            related = tuple(read(row) for row in answer.body["records"])
        except (KeyError, TypeError, ValueError):
            raise unreadable(is_write=False) from None
        return RelatedAnswer(related=related, usage=answer.usage)

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

    def find_tasks(
        self, grant: Grant, keys: Sequence[str], since: datetime
    ) -> tuple[FoundTask, ...]:
        """Tasks that bear one of the keys and were created since; one page, which is 2,000.

        Raises:
            SessionExpired, BudgetSpent, Retryable.
            Permanent: code `TOO_MANY_MARKED` when more Tasks than one page bear the keys.
        """
        if not keys:
            return ()
        query = (
            "SELECT Id, CallObject, WhoId, WhatId, OwnerId FROM Task "  # noqa: S608 - quoted by soql
            f"WHERE CallObject IN {in_list(keys)} AND CreatedDate >= {moment(since)} "
            "ORDER BY CreatedDate, Id"
        )
        answer = self._rest.get(grant, "query/", params={"q": query})
        try:
            found = tuple(_found_task(record) for record in answer.body["records"])
            is_whole = answer.body["done"]
        except (KeyError, TypeError):
            raise unreadable(is_write=False) from None
        if not is_whole:
            # A key on a further page would be taken for not written, and be written twice.
            raise Permanent(
                "more than 2,000 Tasks bear the keys of one activity; remove the copies",
                code="TOO_MANY_MARKED",
            )
        return found

    def cases_with_keys(self, grant: Grant, keys: Sequence[str]) -> tuple[FoundCase, ...]:
        """Cases that have one of the keys in the unique field; at most one for each.

        Raises:
            Permanent: code `INVALID_FIELD` when the field is gone.
            SessionExpired, BudgetSpent, Retryable.
        """
        if not keys:
            return ()
        query = (
            f"SELECT Id, ContactId, {KEY_FIELD} FROM Case "  # noqa: S608 - quoted by soql
            f"WHERE {KEY_FIELD} IN {in_list(keys)}"
        )
        answer = self._rest.get(grant, "query/", params={"q": query})
        try:
            return tuple(_found_case(row, row[KEY_FIELD]) for row in answer.body["records"])
        except (KeyError, TypeError):
            raise unreadable(is_write=False) from None

    def cases_created_between(
        self,
        grant: Grant,
        keys: Sequence[str],
        since: datetime,
        until: datetime,
        *,
        page: str | None = None,
    ) -> CasePage:
        """One page of the connected user's Cases of that time: those whose text ends with a key.

        Raises:
            SessionExpired, BudgetSpent, Permanent, Retryable.
        """
        if page is None:
            query = _cases_of(grant.user_id, since, until)
            answer = self._rest.get(grant, "query/", params={"q": query})
        else:
            answer = self._rest.get(grant, page)
        try:
            marked = ((row, key_in(row["Description"], keys)) for row in answer.body["records"])
            cases = tuple(_found_case(row, key) for row, key in marked if key is not None)
            next_page = None if answer.body["done"] else _path(answer.body["nextRecordsUrl"])
        except (KeyError, TypeError):
            raise unreadable(is_write=False) from None
        return CasePage(cases=cases, next_page=next_page)

    def read(
        self, grant: Grant, object_type: str, ids: Sequence[str], fields: Sequence[str]
    ) -> tuple[StoredTask, ...]:
        """The records that are there and that the connected user may see; one request, at most 200.

        Raises:
            Permanent: code `INVALID_FIELD` where the user may not see a field.
            SessionExpired, BudgetSpent, Retryable.
        """
        if not ids:
            return ()
        columns = ", ".join(("Id", "LastModifiedDate", *fields))
        query = f"SELECT {columns} FROM {object_type} WHERE Id IN {in_list(ids)}"  # noqa: S608 - quoted by soql
        answer = self._rest.get(grant, "query/", params={"q": query})
        try:
            return tuple(_stored(row, fields) for row in answer.body["records"])
        except (KeyError, TypeError, ValueError):
            raise unreadable(is_write=False) from None


def _case(row: Mapping[str, Any]) -> OpenRelated:
    return _open(
        "Case", row["Id"], contact_id=row["ContactId"], modified_at=row["LastModifiedDate"]
    )


def _opportunity(row: Mapping[str, Any]) -> OpenRelated:
    return _open(
        "Opportunity",
        row["OpportunityId"],
        contact_id=row["ContactId"],
        modified_at=row["Opportunity"]["LastModifiedDate"],
    )


def _open(
    object_type: str, record_id: str, *, contact_id: str, modified_at: str | None
) -> OpenRelated:
    changed_at = read_moment(modified_at)
    if changed_at is None:
        raise ValueError("a record without LastModifiedDate")
    record = RecordRef(type=object_type, id=record_id)
    return OpenRelated(record=record, contact_id=contact_id, modified_at=changed_at)


def _cases_of(user_id: str, since: datetime, until: datetime) -> str:
    return (
        "SELECT Id, ContactId, Description FROM Case "  # noqa: S608 - quoted by soql
        f"WHERE CreatedById = {literal(user_id)} "
        f"AND CreatedDate >= {moment(since)} AND CreatedDate <= {moment(until)} "
        "ORDER BY CreatedDate, Id"
    )


def _found_case(row: Mapping[str, Any], key: str) -> FoundCase:
    return FoundCase(key=key, id=row["Id"], contact_id=row["ContactId"])


def _path(url: str) -> str:
    """The part of a further page's address behind the API's version; nothing else is followed."""
    named = _NEXT_PAGE.fullmatch(url)
    if named is None:
        raise Permanent(
            "Salesforce names a further page in a form that is not known; nothing was concluded.",
            code="UNKNOWN_PAGE",
        )
    return named[1]


def _question(record: RecordRef) -> dict[str, object]:
    if record.type == "Lead":
        query = f"SELECT {_LEAD_FIELDS} FROM Lead WHERE Id = {literal(record.id)}"  # noqa: S608 - quoted by soql
        path = f"queryAll/?q={quote(f'{query} AND IsDeleted = false', safe='')}"
    else:
        path = f"sobjects/{quote(record.type, safe='')}/{quote(record.id, safe='')}"
    return {"method": "GET", "url": f"{API_PATH}/{path}", "referenceId": _ref(record.id)}


def _candidate(record: RecordRef, entry: Mapping[str, Any]) -> Candidate | None:
    status, body = entry["httpStatusCode"], entry["body"]
    if status >= FIRST_CLIENT_ERROR:
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


def _query(object_type: str, ids: Sequence[str]) -> dict[str, object]:
    query = f"SELECT {_FIELDS[object_type]} FROM {object_type} WHERE Id IN {in_list(ids)}"  # noqa: S608 - quoted by soql
    return {
        "method": "GET",
        "url": f"{API_PATH}/queryAll/?q={quote(query, safe='')}",
        "referenceId": object_type,
    }


def _rows(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    status, body = entry["httpStatusCode"], entry["body"]
    if status < FIRST_CLIENT_ERROR:
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


def _found_task(record: Mapping[str, Any]) -> FoundTask:
    return FoundTask(
        key=record["CallObject"],
        id=record["Id"],
        who_id=record["WhoId"],
        what_id=record["WhatId"],
        owner_id=record["OwnerId"],
    )


def _stored(row: Mapping[str, Any], fields: Sequence[str]) -> StoredTask:
    modified_at = read_moment(row["LastModifiedDate"])
    if modified_at is None:
        raise ValueError("a record without LastModifiedDate")
    return StoredTask(
        id=row["Id"], modified_at=modified_at, fields={name: row[name] for name in fields}
    )

"""Reads Tasks and Cases as they stand, and changes one unless somebody else just has.

Hangs Tasks on other records: up to 25 in one request, each unless somebody changed it meanwhile.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from switchhook.adapters.salesforce.errors import (
    FIRST_CLIENT_ERROR,
    FIRST_SERVER_ERROR,
    PRECONDITION_FAILED,
    unreadable,
)
from switchhook.adapters.salesforce.session import API_PATH, RestApi
from switchhook.adapters.salesforce.soql import in_list, read_moment
from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import Grant
from switchhook.domain.errors import OutcomeUnknown, Permanent
from switchhook.ports.org import StoredTask, TaskMove

_A_SECOND = timedelta(seconds=1)


class RecordUpdates:
    """Reads with SOQL and writes with `If-Unmodified-Since`; implements `TaskUpdates`."""

    def __init__(self, rest: RestApi) -> None:
        self._rest = rest

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

    def update(
        self,
        grant: Grant,
        record: RecordRef,
        fields: Mapping[str, str | int],
        *,
        unmodified_since: datetime,
    ) -> bool:
        """Change fields of one record; False when it was modified after the given time (412).

        Salesforce compares whole seconds, so a change within the same second is not noticed.

        Raises:
            OutcomeUnknown: no clean answer; it may have landed.
            NotDelivered, SessionExpired, BudgetSpent, Permanent, Retryable: nothing happened.
        """
        path = f"sobjects/{quote(record.type, safe='')}/{quote(record.id, safe='')}"
        headers = {"If-Unmodified-Since": http_date(unmodified_since)}
        try:
            self._rest.patch(grant, path, fields, headers=headers)
        except Permanent as error:
            if error.code == PRECONDITION_FAILED:
                return False
            raise
        return True


def _stored(row: Mapping[str, Any], fields: Sequence[str]) -> StoredTask:
    modified_at = read_moment(row["LastModifiedDate"])
    if modified_at is None:
        raise ValueError("a record without LastModifiedDate")
    return StoredTask(
        id=row["Id"], modified_at=modified_at, fields={name: row[name] for name in fields}
    )


def http_date(at: datetime) -> str:
    """The time as a header has it; a fraction counts as its whole second, or it would never hold."""
    whole = at.replace(microsecond=0)
    return format_datetime(
        (whole if whole == at else whole + _A_SECOND).astimezone(UTC), usegmt=True
    )


MOST_MOVES = 25
"""Salesforce takes no more subrequests in one composite request."""

_REF = "r"
_PRECONDITION_STATUS = 412


class CompositeMover:
    """Moves Tasks in a composite request, each in a transaction of its own; implements `TaskMover`.

    What a Task hangs on is set, never added to, so moving it twice does nothing more.
    """

    def __init__(self, rest: RestApi) -> None:
        self._rest = rest

    def move(self, grant: Grant, moves: Sequence[TaskMove]) -> Mapping[str, str | None]:
        """Move each Task by itself; says by Task id why one was not moved.

        Raises:
            OutcomeUnknown: no clean answer; each may have been moved.
            NotDelivered, SessionExpired, BudgetSpent, Permanent, Retryable: nothing happened.
        """
        body = {"allOrNone": False, "compositeRequest": [_patch(move) for move in moves]}
        answer = self._rest.post(grant, "composite", body, is_write=True).body
        try:
            return {
                entry["referenceId"].removeprefix(_REF): _why_not(entry)
                for entry in answer["compositeResponse"]
            }
        except (KeyError, TypeError, IndexError):
            raise unreadable(is_write=True) from None


def _patch(move: TaskMove) -> dict[str, object]:
    return {
        "method": "PATCH",
        "url": f"{API_PATH}/sobjects/Task/{quote(move.task_id, safe='')}",
        "referenceId": f"{_REF}{move.task_id}",
        "httpHeaders": {"If-Unmodified-Since": http_date(move.unmodified_since)},
        "body": {"WhoId": move.hangs.who_id, "WhatId": move.hangs.what_id},
    }


def _why_not(entry: Mapping[str, Any]) -> str | None:
    status = entry["httpStatusCode"]
    if status < FIRST_CLIENT_ERROR:
        return None
    if status == _PRECONDITION_STATUS:
        return "Somebody changed it in Salesforce in this very moment; it stays as it is."
    if status >= FIRST_SERVER_ERROR:
        raise OutcomeUnknown(f"Salesforce answered {status} for one of several Tasks")
    refused = entry["body"][0]
    return f"Salesforce refused to move it: {refused['errorCode']}: {refused['message']}"[:1000]

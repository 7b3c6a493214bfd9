"""Hangs Tasks on other records: up to 25 in one request, each unless somebody changed it meanwhile."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from switchhook.adapters.salesforce.errors import unreadable
from switchhook.adapters.salesforce.session import API_PATH, RestApi
from switchhook.adapters.salesforce.update import http_date
from switchhook.domain.connection import Grant
from switchhook.domain.errors import OutcomeUnknown
from switchhook.ports_matches import TaskMove

MOST_MOVES = 25
"""Salesforce takes no more subrequests in one composite request."""

FIRST_ERROR_STATUS = 400
_REF = "r"
_PRECONDITION_STATUS = 412
_FIRST_SERVER_ERROR = 500


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
    if status < FIRST_ERROR_STATUS:
        return None
    if status == _PRECONDITION_STATUS:
        return "Somebody changed it in Salesforce in this very moment; it stays as it is."
    if status >= _FIRST_SERVER_ERROR:
        raise OutcomeUnknown(f"Salesforce answered {status} for one of several Tasks")
    refused = entry["body"][0]
    return f"Salesforce refused to move it: {refused['errorCode']}: {refused['message']}"[:1000]

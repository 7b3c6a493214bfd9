"""Writes Tasks and people in one all-or-none request, changes a record, hangs Tasks elsewhere.

Reads the answer to one all-or-none request: what each record became, or why nothing was written.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from switchhook.adapters.salesforce.errors import (
    FIRST_CLIENT_ERROR,
    FIRST_SERVER_ERROR,
    PRECONDITION_FAILED,
    refused_by_code,
    unreadable,
)
from switchhook.adapters.salesforce.session import API_PATH, Answer, RestApi
from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import Grant
from switchhook.domain.crm import Applied, NewRecord, OrgRules, Refused, WriteAnswer
from switchhook.domain.errors import OutcomeUnknown, Permanent
from switchhook.ports.org import TaskMove

COLLECTION = "collection"
"""The reference of the one collection that a request may hold."""

_WENT_ALONG = frozenset({"PROCESSING_HALTED", "ALL_OR_NONE_OPERATION_ROLLED_BACK"})

type Result = Applied | Refused


def read_write_answer(
    answer: Answer, records: Sequence[NewRecord], gathered: tuple[NewRecord, ...]
) -> WriteAnswer:
    """What became of `records`, of which `gathered` went in one collection.

    Raises:
        OutcomeUnknown: the answer does not say what happened to each record.
        SessionExpired, BudgetSpent, Retryable: the moment was refused; nothing happened.
    """
    try:
        results = _results(answer.body["compositeResponse"], records, gathered)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError):
        raise unreadable(is_write=True) from None
    _raise_not_now(results)
    return WriteAnswer(results=_all_or_none(results), usage=answer.usage)


def _results(
    answered: Sequence[Mapping[str, Any]],
    records: Sequence[NewRecord],
    gathered: tuple[NewRecord, ...],
) -> tuple[Result, ...]:
    """One result per record, in the order of the records."""
    by_ref = {entry["referenceId"]: entry for entry in answered}
    results: dict[str, Result] = {}
    for record in records:
        if record not in gathered:
            entry = by_ref[record.ref]
            results[record.ref] = _result(record.ref, entry["httpStatusCode"], entry["body"])
    if gathered:
        entry = by_ref[COLLECTION]
        for place, record in enumerate(gathered):
            results[record.ref] = _collected(record.ref, place, entry)
    return tuple(results[record.ref] for record in records)


def _collected(ref: str, place: int, entry: Mapping[str, Any]) -> Result:
    body, status = entry["body"], entry["httpStatusCode"]
    if _is_error(status):
        return _result(ref, status, body)
    row = body[place]
    if row["success"]:
        return Applied(ref=ref, id=row["id"])
    return _refused(ref, row["errors"][0], code_name="statusCode")


def _result(ref: str, status: int, body: Any) -> Result:  # noqa: ANN401 - JSON
    if _is_error(status):
        return _refused(ref, body[0], code_name="errorCode")
    return Applied(ref=ref, id=body["id"])


def _is_error(status: int) -> bool:
    return status >= 400  # noqa: PLR2004 - HTTP's own border


def _refused(ref: str, error: Mapping[str, Any], *, code_name: str) -> Refused:
    code = str(error[code_name])
    return Refused(
        ref=ref,
        code=code,
        message=str(error.get("message") or code).strip(),
        fields=tuple(str(name) for name in error.get("fields") or ()),
        rolled_back=code in _WENT_ALONG,
        existing=_existing(error),
        may_be_overruled=bool(_duplicate_result(error).get("allowSave")),
    )


def _existing(error: Mapping[str, Any]) -> tuple[RecordRef, ...]:
    """The records that a duplicate rule named, as far as the user may see them, best match first."""
    matches = [
        match
        for result in _duplicate_result(error).get("matchResults") or ()
        for match in result.get("matchRecords") or ()
    ]
    matches.sort(key=lambda match: -float(match.get("matchConfidence") or 0))
    records = (match["record"] for match in matches)
    return tuple(RecordRef(type=row["attributes"]["type"], id=row["Id"]) for row in records)


def _duplicate_result(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a duplicate rule said; API versions 50 and 51 misspell its name."""
    return error.get("duplicateResult") or error.get("duplicateResut") or {}


def _raise_not_now(results: Iterable[Result]) -> None:
    """A lock or a spent budget inside the request refuses the moment, not the record."""
    for result in results:
        if isinstance(result, Refused):
            error = refused_by_code(result.code, result.message)
            if error is not None:
                raise error


def _all_or_none(results: tuple[Result, ...]) -> tuple[Result, ...]:
    """Mark what went along with a refused record; its own answer may read as a success."""
    refused = [result for result in results if isinstance(result, Refused)]
    if not refused:
        return results
    if all(result.rolled_back for result in refused):
        # Nobody is to blame by name: each refusal stands for itself, or sending would go on for ever.
        return tuple(
            Refused(
                ref=result.ref,
                code="PROCESSING_HALTED" if isinstance(result, Applied) else result.code,
                message="nothing was written" if isinstance(result, Applied) else result.message,
            )
            for result in results
        )
    return tuple(
        Refused(
            ref=result.ref,
            code="PROCESSING_HALTED",
            message="rolled back with a refused record",
            rolled_back=True,
        )
        if isinstance(result, Applied)
        else result
        for result in results
    )


SUBREQUESTS_ALLOWED = 25
RECORDS_IN_COLLECTION = 200

NO_ASSIGNMENT_RULES = {"Sforce-Auto-Assign": "FALSE"}
"""Without it the org's active assignment rules replace the owner (CX-59, X-4)."""

SAVE_DUPLICATES = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
"""Overrules duplicate rules that only warn; those that block stay in force (AC-9)."""

REFERRING = "Id"
"""How the names of Salesforce's own reference fields end."""

_REFERENCE = re.compile(r"@\{(?P<ref>[A-Za-z0-9_]+)\.id\}")


_A_SECOND = timedelta(seconds=1)


class RecordWrites:
    """Creates, changes and moves records; implements `OrgWriter`. Nothing here tries again.

    What an activity creates goes in one composite request: the caller's key in `Task.CallObject` (and in
    the unique field, where the org has it) makes sending twice visible. A record is changed with
    `If-Unmodified-Since`. What a moved Task hangs on is set, never added to, so moving it twice does
    nothing more, and each is moved in a transaction of its own.
    """

    def __init__(self, rest: RestApi) -> None:
        self._rest = rest

    def send(self, grant: Grant, records: Sequence[NewRecord], rules: OrgRules) -> WriteAnswer:
        """Create all records or none, under as many of the org's rules as said.

        Raises:
            OutcomeUnknown: no clean answer; it may have landed.
            NotDelivered: nothing left this side.
            SessionExpired, BudgetSpent, Retryable, Permanent: a clean refusal; nothing happened.
        """
        gathered = _gathered(records)
        headers = _headers(rules)
        body = {
            "allOrNone": True,
            "collateSubrequests": False,
            "compositeRequest": list(_subrequests(records, gathered, headers)),
        }
        answer = self._rest.post(grant, "composite", body, headers=headers, is_write=True)
        return read_write_answer(answer, records, gathered)

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


def _headers(rules: OrgRules) -> dict[str, str]:
    return {
        **({} if rules.assignment else NO_ASSIGNMENT_RULES),
        **(SAVE_DUPLICATES if rules.save_duplicates else {}),
    }


def _gathered(records: Sequence[NewRecord]) -> tuple[NewRecord, ...]:
    """The records that go into one collection, for a composite takes 25 subrequests only.

    Nobody can refer to a record in a collection by its name, so those referred to stay outside.
    """
    if len(records) <= SUBREQUESTS_ALLOWED:
        return ()
    named = {ref for record in records for ref in _references(record)}
    inside = tuple(record for record in records if record.ref not in named)
    if len(records) - len(inside) >= SUBREQUESTS_ALLOWED or len(inside) > RECORDS_IN_COLLECTION:
        raise Permanent(
            f"one activity cannot write {len(records)} records in one request; "
            "at most 24 people and Cases are created and 200 Tasks written",
            code="TOO_MANY_RECORDS",
        )
    return inside


def _references(record: NewRecord) -> Iterable[str]:
    for name, value in record.fields.items():
        if name.endswith(REFERRING) and (match := _REFERENCE.fullmatch(str(value))):
            yield match["ref"]


def _subrequests(
    records: Sequence[NewRecord], gathered: tuple[NewRecord, ...], headers: Mapping[str, str]
) -> Iterable[dict[str, object]]:
    for record in records:
        if record not in gathered:
            path = f"sobjects/{record.object_type}"
            yield _subrequest(record.ref, path, _body(record), headers)
    if gathered:
        collected = [
            {"attributes": {"type": record.object_type}, **_body(record)} for record in gathered
        ]
        body = {"allOrNone": True, "records": collected}
        yield _subrequest(COLLECTION, "composite/sobjects", body, headers)


def _body(record: NewRecord) -> dict[str, object]:
    """The fields, of which only ids may refer to another record.

    Salesforce resolves `@{...}` wherever it stands in a composite, so a caller's name or comment
    could have the whole request refused. One character is another then; the length stays.
    """
    return {
        name: value.replace("@{", "@(")
        if isinstance(value, str) and not name.endswith(REFERRING)
        else value
        for name, value in record.fields.items()
    }


def _subrequest(
    ref: str, path: str, body: Mapping[str, object], headers: Mapping[str, str]
) -> dict[str, object]:
    return {
        "method": "POST",
        "url": f"{API_PATH}/{path}",
        "referenceId": ref,
        "httpHeaders": dict(headers),
        "body": body,
    }


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

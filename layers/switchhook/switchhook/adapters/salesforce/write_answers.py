"""Reads the answer to one all-or-none request: what each record became, or why nothing was written."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from switchhook.adapters.salesforce.errors import refused_by_code, unreadable
from switchhook.adapters.salesforce.session import Answer
from switchhook.domain.activity import RecordRef
from switchhook.domain.crm import Applied, NewRecord, Refused, WriteAnswer

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

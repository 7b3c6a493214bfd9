"""The composite resource: up to 25 calls in one, tied together by references."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from orgsim.api.calls import ApiAnswer, ApiCall, read_params, split_path, write_options
from orgsim.api.references import REFERENCE_ID, resolve, resolve_text
from orgsim.api.sobjects import json_object
from orgsim.errors import ApiError
from orgsim.language import translate
from orgsim.store import Store

__all__ = ["CompositeResource", "Subrequest", "read_subrequests"]

_MOST_SUBREQUESTS = 25
_MOST_QUERIES = 5
_FORBIDDEN_HEADERS = frozenset({"accept", "authorization", "content-type"})
_URL = re.compile(r"/services/data/v(\d{2,3}\.0)(/[^?]*)?(?:\?(.*))?", re.DOTALL)
_HALTED = ApiError(
    400,
    "PROCESSING_HALTED",
    "The transaction was rolled back since another operation in the same transaction failed.",
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"})

type Dispatch = Callable[[ApiCall], ApiAnswer]
type Result = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subrequest:
    """One call inside a composite, references not yet resolved."""

    method: str
    reference_id: str
    version: str
    segments: tuple[str, ...]
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: object

    @property
    def counts_as_query(self) -> bool:
        """True for the kinds of which a composite may hold five."""
        return self.segments[:1] in {("query",), ("queryAll",)} or self.is_collection

    @property
    def is_collection(self) -> bool:
        """True for an sObject Collections call."""
        return self.segments[:2] == ("composite", "sobjects")

    @property
    def is_allowed(self) -> bool:
        """True for the resources that a composite may hold; search is none of them."""
        return self.segments[:1] == ("sobjects",) or self.counts_as_query


class CompositeResource:
    """`/composite`; the whole counts as one API call."""

    def __init__(self, store: Store, dispatch: Dispatch) -> None:
        """Run the subrequests through `dispatch`, which raises ApiError for a failed one."""
        self._store = store
        self._dispatch = dispatch

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer a composite: 200 with a result per subrequest, or ApiError for a malformed one."""
        if call.method != "POST":
            raise ApiError(
                405,
                "METHOD_NOT_ALLOWED",
                f"HTTP Method '{call.method}' not allowed. Allowed are POST",
            )
        body = json_object(call.body)
        subrequests = read_subrequests(body)
        all_or_none = body.get("allOrNone") is True
        with self._store.transaction() as transaction:
            results, failed = self._run_all(call, subrequests, all_or_none=all_or_none)
            if all_or_none and any(failed):
                transaction.undo()
                halted = [_result(self._error_answer(_HALTED), s.reference_id) for s in subrequests]
                kept = [r if bad else h for r, bad, h in zip(results, failed, halted, strict=False)]
                results = kept + halted[len(kept) :]
        return ApiAnswer(body={"compositeResponse": results})

    def _run_all(
        self, call: ApiCall, subrequests: list[Subrequest], *, all_or_none: bool
    ) -> tuple[list[Result], list[bool]]:
        """Run in order and tell which failed; with `all_or_none` the first failure stops the rest."""
        results: list[Result] = []
        failed: list[bool] = []
        bodies: dict[str, object] = {}
        for subrequest in subrequests:
            answer = self._run_one(call, subrequest, bodies)
            bad = answer.status >= 400  # noqa: PLR2004 # the border between success and failure
            if not bad:
                bodies[subrequest.reference_id] = answer.body
            if all_or_none and subrequest.is_collection:
                bad = bad or _has_failed_entry(answer.body)
            results.append(_result(answer, subrequest.reference_id))
            failed.append(bad)
            if bad and all_or_none:
                break
        return results, failed

    def _run_one(
        self, call: ApiCall, subrequest: Subrequest, bodies: Mapping[str, object]
    ) -> ApiAnswer:
        try:
            with self._store.transaction():
                return self._dispatch(_inner_call(call, subrequest, bodies))
        except ApiError as error:
            return self._error_answer(error)

    def _error_answer(self, error: ApiError) -> ApiAnswer:
        language = self._store.settings.language
        body = {**error.body(), "message": translate(error.message, language)}
        return ApiAnswer(status=error.status, body=[body])


def read_subrequests(body: Mapping[str, object]) -> list[Subrequest]:
    """Return the subrequests of a composite body; raises ApiError if the whole is malformed."""
    entries = body.get("compositeRequest")
    if not isinstance(entries, list) or not entries:
        raise _malformed("The body needs a list called compositeRequest")
    if len(entries) > _MOST_SUBREQUESTS:
        raise _malformed(
            f"Limit exceeded. A composite holds at most {_MOST_SUBREQUESTS} subrequests"
        )
    subrequests = [_read_subrequest(entry) for entry in entries]
    ids = [s.reference_id for s in subrequests]
    if len(set(ids)) < len(ids):
        raise _malformed("Every referenceId in a composite has to be different")
    if sum(s.counts_as_query for s in subrequests) > _MOST_QUERIES:
        raise _malformed(
            f"Limit exceeded. A composite holds at most {_MOST_QUERIES} queries and collections"
        )
    return subrequests


def _read_subrequest(entry: object) -> Subrequest:
    if not isinstance(entry, dict):
        raise _malformed("Every entry of compositeRequest has to be an object")
    reference_id, url, method = (entry.get(key) for key in ("referenceId", "url", "method"))
    if not isinstance(reference_id, str) or not REFERENCE_ID.fullmatch(reference_id):
        raise _malformed(
            f"Provided referenceId ('{reference_id}') must start with a letter or a number, and it"
            " can contain only letters, numbers and underscores ('_')."
        )
    address = _URL.fullmatch(url) if isinstance(url, str) else None
    if address is None:
        raise _malformed(f"The url of {reference_id} has to begin with /services/data/vXX.0/")
    if method not in _METHODS:
        raise _malformed(f"The method of {reference_id} has to be an upper-case HTTP method")
    headers = entry.get("httpHeaders") or {}
    if not isinstance(headers, dict):
        raise _malformed(f"The httpHeaders of {reference_id} have to be an object")
    folded = {str(name).lower(): str(value) for name, value in headers.items()}
    if forbidden := sorted(_FORBIDDEN_HEADERS & set(folded)):
        raise _malformed(f"The httpHeaders of {reference_id} may not hold {', '.join(forbidden)}")
    return Subrequest(
        method=method,
        reference_id=reference_id,
        version=address.group(1),
        segments=split_path(address.group(2) or ""),
        params=read_params(address.group(3) or ""),
        headers=folded,
        body=entry.get("body"),
    )


def _inner_call(call: ApiCall, subrequest: Subrequest, bodies: Mapping[str, object]) -> ApiCall:
    if not subrequest.is_allowed:
        raise ApiError(
            400,
            "INVALID_RESOURCE",
            f"/{'/'.join(subrequest.segments)} cannot be used inside a composite",
        )
    headers = {**call.headers, **subrequest.headers}
    return ApiCall(
        method=subrequest.method,
        version=subrequest.version,
        segments=tuple(resolve_text(part, bodies) for part in subrequest.segments),
        params={key: resolve_text(text, bodies) for key, text in subrequest.params.items()},
        headers=headers,
        body=resolve(subrequest.body, bodies),
        options=write_options(
            call.user_id, subrequest.version, headers, locked=call.options.locked
        ),
        origin=call.origin,
    )


def _result(answer: ApiAnswer, reference_id: str) -> Result:
    return {
        "body": answer.body,
        "httpHeaders": dict(answer.headers),
        "httpStatusCode": answer.status,
        "referenceId": reference_id,
    }


def _has_failed_entry(body: object) -> bool:
    return isinstance(body, list) and any(
        isinstance(entry, dict) and entry.get("success") is False for entry in body
    )


def _malformed(sentence: str) -> ApiError:
    return ApiError(400, "INVALID_INPUT", sentence)

"""Calls inside a call: how they are read, put in order, run and answered."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from orgsim.api.blobs import json_only
from orgsim.api.calls import ApiAnswer, ApiCall, read_params, split_path, write_options
from orgsim.api.references import REFERENCE_ID, resolve, resolve_text
from orgsim.errors import ApiError
from orgsim.language import translate
from orgsim.store import Store

__all__ = [
    "HALTED",
    "METHODS",
    "Dispatch",
    "Result",
    "Subrequest",
    "SubrequestRunner",
    "error_answer",
    "inherited_headers",
    "malformed",
    "read_subrequests",
    "result_of",
]

METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"})
HALTED = ApiError(
    400,
    "PROCESSING_HALTED",
    "The transaction was rolled back since another operation in the same transaction failed.",
)
_FORBIDDEN_HEADERS = frozenset({"accept", "authorization", "content-type"})
_URL = re.compile(r"/services/data/v(\d{2,3}\.0)(/[^?]*)?(?:\?(.*))?", re.DOTALL)
_NAME_IN_REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)")
_WRITES = frozenset({"POST", "PATCH", "DELETE"})

type Dispatch = Callable[[ApiCall], ApiAnswer]
type Result = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subrequest:
    """One call inside a composite or a graph, references not yet resolved."""

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
    def kind_of_write(self) -> tuple[str, str] | None:
        """The method and object that calls merged with this one share; None if it stays alone.

        Calls with headers of their own are never merged.
        """
        if self.headers or self.method not in _WRITES or self.segments[:1] != ("sobjects",):
            return None
        return (self.method, self.segments[1].lower()) if len(self.segments) > 1 else None

    def needs(self) -> frozenset[str]:
        """Return the reference ids that the address or the body refers to."""
        texts = (*self.segments, *self.params.values(), json.dumps(self.body))
        return frozenset(name for text in texts for name in _NAME_IN_REFERENCE.findall(text))


class SubrequestRunner:
    """Runs the subrequests of one call in one transaction."""

    def __init__(
        self, store: Store, dispatch: Dispatch, is_allowed: Callable[[Subrequest], bool]
    ) -> None:
        """Run through `dispatch`, which raises ApiError for a failed one, what `is_allowed`."""
        self._store = store
        self._dispatch = dispatch
        self._is_allowed = is_allowed

    def run(
        self,
        call: ApiCall,
        subrequests: Sequence[Subrequest],
        *,
        all_or_none: bool,
        collate: bool = False,
    ) -> tuple[list[Result], bool]:
        """Return a result per subrequest, in their order, and whether none of them failed.

        A failed one halts those that refer to it; with `all_or_none` it undoes and halts all.
        `collate` runs writes to one object together, which clients must be prepared for.
        """
        order = _collated(subrequests) if collate else subrequests
        with self._store.transaction() as transaction:
            answers, failed = self._run_all(call, order, all_or_none=all_or_none)
            undone = all_or_none and bool(failed)
            if undone:
                transaction.undo()
        halted = error_answer(HALTED, self._store.settings.language)
        results = [
            result_of(
                halted
                if undone and s.reference_id not in failed
                else answers.get(s.reference_id, halted),
                s.reference_id,
            )
            for s in subrequests
        ]
        return results, not failed

    def _run_all(
        self, call: ApiCall, order: Iterable[Subrequest], *, all_or_none: bool
    ) -> tuple[dict[str, ApiAnswer], set[str]]:
        """Return the answers and who failed; with `all_or_none` the first failure stops the rest.

        A collection whose own flag lets entries fail counts as failed there too, though it reads
        as it would alone.
        """
        answers: dict[str, ApiAnswer] = {}
        failed: set[str] = set()
        bodies: dict[str, object] = {}
        for subrequest in order:
            answer = self._run_one(call, subrequest, bodies)
            answers[subrequest.reference_id] = answer
            bad = answer.status >= 400  # noqa: PLR2004 # the border between success and failure
            if not bad:
                bodies[subrequest.reference_id] = answer.body
            if all_or_none and subrequest.is_collection:
                bad = bad or _has_failed_entry(answer.body)
            if bad:
                failed.add(subrequest.reference_id)
                if all_or_none:
                    break
        return answers, failed

    def _run_one(
        self, call: ApiCall, subrequest: Subrequest, bodies: Mapping[str, object]
    ) -> ApiAnswer:
        if not self._is_allowed(subrequest):
            address = "/".join(subrequest.segments)
            sentence = f"{subrequest.method} /{address} cannot be used inside this resource"
            refused = ApiError(400, "INVALID_RESOURCE", sentence)
            return error_answer(refused, self._store.settings.language)
        try:
            with self._store.transaction():
                return json_only(self._dispatch(_inner_call(call, subrequest, bodies)))
        except ApiError as error:
            return error_answer(error, self._store.settings.language)


def read_subrequests(body: Mapping[str, object], *, most: int) -> list[Subrequest]:
    """Return the subrequests under `compositeRequest`; raises ApiError if the whole is malformed."""
    entries = body.get("compositeRequest")
    if not isinstance(entries, list) or not entries:
        raise malformed("The body needs a list called compositeRequest")
    if len(entries) > most:
        raise malformed(f"Limit exceeded. At most {most} subrequests are allowed")
    subrequests = [_read_subrequest(entry) for entry in entries]
    if len({s.reference_id for s in subrequests}) < len(subrequests):
        raise malformed("Every referenceId has to be different from the others")
    return subrequests


def inherited_headers(call: ApiCall) -> dict[str, str]:
    """Return the headers of a call that hold for its subrequests too; conditions do not."""
    return {name: text for name, text in call.headers.items() if not name.startswith("if-")}


def result_of(answer: ApiAnswer, reference_id: str | None) -> Result:
    """Return an answer as one entry of `compositeResponse`."""
    return {
        "body": answer.body,
        "httpHeaders": dict(answer.headers),
        "httpStatusCode": answer.status,
        "referenceId": reference_id,
    }


def error_answer(error: ApiError, language: str) -> ApiAnswer:
    """Return a refusal as the answer of a single call, in the org's language."""
    body = {**error.body(), "message": translate(error.message, language)}
    return ApiAnswer(status=error.status, body=[body])


def malformed(sentence: str) -> ApiError:
    """Return the refusal of a body as a whole, before anything is done."""
    return ApiError(400, "INVALID_INPUT", sentence)


def _read_subrequest(entry: object) -> Subrequest:
    if not isinstance(entry, dict):
        raise malformed("Every entry of compositeRequest has to be an object")
    reference_id, url, method = (entry.get(key) for key in ("referenceId", "url", "method"))
    if not isinstance(reference_id, str) or not REFERENCE_ID.fullmatch(reference_id):
        raise malformed(
            f"Provided referenceId ('{reference_id}') must start with a letter or a number, and it"
            " can contain only letters, numbers and underscores ('_')."
        )
    address = _URL.fullmatch(url) if isinstance(url, str) else None
    if address is None:
        raise malformed(f"The url of {reference_id} has to begin with /services/data/vXX.0/")
    if method not in METHODS:
        raise malformed(f"The method of {reference_id} has to be an upper-case HTTP method")
    headers = entry.get("httpHeaders") or {}
    if not isinstance(headers, dict):
        raise malformed(f"The httpHeaders of {reference_id} have to be an object")
    folded = {str(name).lower(): str(value) for name, value in headers.items()}
    if forbidden := sorted(_FORBIDDEN_HEADERS & set(folded)):
        raise malformed(f"The httpHeaders of {reference_id} may not hold {', '.join(forbidden)}")
    return Subrequest(
        method=method,
        reference_id=reference_id,
        version=address.group(1),
        segments=split_path(address.group(2) or ""),
        params=read_params(address.group(3) or ""),
        headers=folded,
        body=entry.get("body"),
    )


def _collated(subrequests: Sequence[Subrequest]) -> Sequence[Subrequest]:
    """Return the subrequests with later writes of a kind moved next to its first one.

    One that refers to a subrequest which has not run by then stays where it is.
    """
    kinds = [s.kind_of_write for s in subrequests if s.kind_of_write is not None]
    if len(set(kinds)) == len(kinds):
        return subrequests
    earlier: dict[str, frozenset[str]] = {}
    seen: set[str] = set()
    for subrequest in subrequests:
        earlier[subrequest.reference_id] = subrequest.needs() & seen
        seen.add(subrequest.reference_id)
    order: list[Subrequest] = []
    done: set[str] = set()
    for first in subrequests:
        if first.reference_id in done:
            continue
        order.append(first)
        done.add(first.reference_id)
        for other in subrequests if first.kind_of_write is not None else ():
            ready = other.reference_id not in done and earlier[other.reference_id] <= done
            if ready and other.kind_of_write == first.kind_of_write:
                order.append(other)
                done.add(other.reference_id)
    return order


def _inner_call(call: ApiCall, subrequest: Subrequest, bodies: Mapping[str, object]) -> ApiCall:
    headers = {**inherited_headers(call), **subrequest.headers}
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


def _has_failed_entry(body: object) -> bool:
    return isinstance(body, list) and any(
        isinstance(entry, dict) and entry.get("success") is False for entry in body
    )

"""The batch resource: up to 25 independent calls, one after the other."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from orgsim.api.blobs import json_only
from orgsim.api.calls import ApiAnswer, ApiCall, read_params, split_path, write_options
from orgsim.api.sobjects import json_object
from orgsim.api.subrequests import METHODS, Dispatch, error_answer, inherited_headers, malformed
from orgsim.errors import ApiError, method_not_allowed, not_supported
from orgsim.row_locks import RowHeldError
from orgsim.store import Store
from orgsim.usage import ApiUsage

__all__ = ["BatchResource"]

_MOST_SUBREQUESTS = 25
# The manual writes `v62.0/...`; clients write whole paths too.
_URL = re.compile(r"(?:/?services/data/)?/?v(\d{2,3}\.0)(/[^?]*)?(?:\?(.*))?", re.DOTALL)
_ALLOWED = frozenset(
    {
        "actions",
        "chatter",
        "connect",
        "limits",
        "parameterizedSearch",
        "query",
        "queryAll",
        "search",
        "sobjects",
    }
)
_HALTED = ApiError(
    412,
    "BATCH_PROCESSING_HALTED",
    "Batch processing was halted because an earlier subrequest failed and haltOnError is set.",
)
_OVER_LIMIT = ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One call of a batch."""

    method: str
    version: str
    segments: tuple[str, ...]
    params: Mapping[str, str]
    body: object


class BatchResource:
    """`/composite/batch`; every subrequest that runs counts as one API call."""

    def __init__(self, store: Store, usage: ApiUsage, dispatch: Dispatch) -> None:
        """Run the parts through `dispatch`, which raises ApiError for a failed one."""
        self._store = store
        self._usage = usage
        self._dispatch = dispatch

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer 200 with a result per part, in order; each part commits or fails by itself.

        Raises ApiError before anything runs when a part is malformed. With `haltOnError` the parts
        after the first failure read 412 BATCH_PROCESSING_HALTED.
        """
        if call.method != "POST":
            raise method_not_allowed(call.method, "POST")
        body = json_object(call.body)
        halt_on_error = body.get("haltOnError") is True
        parts = _read_parts(call, body)
        answers: list[ApiAnswer] = []
        spent, failed = 0, False
        for part in parts:
            if failed and halt_on_error:
                answers.append(error_answer(_HALTED, self._store.settings.language))
                continue
            # The call that brings the batch is counted already: it stands for the first part.
            paid = spent == 0 or self._usage.spend(self._store.settings.api_limit)
            spent += paid
            try:
                answers.append(self._run(call, part, paid=paid))
            except RowHeldError:
                self._usage.give_back(spent - 1)
                raise
            failed = failed or answers[-1].status >= 400  # noqa: PLR2004 # success ends below
        results = [{"statusCode": a.status, "result": a.body} for a in answers]
        return ApiAnswer(body={"hasErrors": failed, "results": results}, calls=spent)

    def _run(self, call: ApiCall, part: _Part, *, paid: bool) -> ApiAnswer:
        headers = inherited_headers(call)
        options = write_options(call.user_id, part.version, headers, locked=call.options.locked)
        inner = ApiCall(
            method=part.method,
            version=part.version,
            segments=part.segments,
            params=part.params,
            headers=headers,
            body=part.body,
            options=options,
            origin=call.origin,
        )
        try:
            if not paid:
                raise _OVER_LIMIT
            with self._store.transaction():
                return json_only(self._dispatch(inner))
        except ApiError as error:
            return error_answer(error, self._store.settings.language)


def _read_parts(call: ApiCall, body: Mapping[str, object]) -> list[_Part]:
    entries = body.get("batchRequests")
    if not isinstance(entries, list) or not entries:
        raise malformed("The body needs a list called batchRequests")
    if len(entries) > _MOST_SUBREQUESTS:
        raise malformed(f"Limit exceeded. A batch holds at most {_MOST_SUBREQUESTS} subrequests")
    return [_read_part(call, number, entry) for number, entry in enumerate(entries)]


def _read_part(call: ApiCall, number: int, entry: object) -> _Part:
    if not isinstance(entry, dict):
        raise malformed(f"Subrequest {number} has to be an object")
    if "binaryPartName" in entry or "binaryPartNameAlias" in entry:
        raise not_supported("A batch with binary parts")
    method, url = entry.get("method"), entry.get("url")
    if method not in METHODS:
        raise malformed(f"The method of subrequest {number} has to be an upper-case HTTP method")
    address = _URL.fullmatch(url) if isinstance(url, str) else None
    if address is None:
        raise malformed(f"The url of subrequest {number} has to begin with vXX.0/")
    version, segments = address.group(1), split_path(address.group(2) or "")
    if float(version) > float(call.version):
        raise malformed(
            f"Subrequest {number} asks for version {version}; the batch has only {call.version}"
        )
    if not segments or segments[0] not in _ALLOWED:
        raise malformed(f"Subrequest {number}: {url} cannot be used inside a batch")
    return _Part(
        method=method,
        version=version,
        segments=segments,
        params=read_params(address.group(3) or ""),
        body=entry.get("richInput"),
    )

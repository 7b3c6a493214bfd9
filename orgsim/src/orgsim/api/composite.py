"""The composite resource: up to 25 calls in one, tied together by references."""

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.api.sobjects import json_object
from orgsim.api.subrequests import (
    Dispatch,
    Subrequest,
    SubrequestRunner,
    malformed,
    read_subrequests,
    result_of,
)
from orgsim.errors import ApiError, method_not_allowed
from orgsim.store import Store

__all__ = ["CompositeResource"]

_MOST_SUBREQUESTS = 25
_MOST_QUERIES = 5
_COLLATING_SINCE = 49


class CompositeResource:
    """`/composite`; the whole counts as one API call."""

    def __init__(self, store: Store, dispatch: Dispatch) -> None:
        """Run the subrequests through `dispatch`, which raises ApiError for a failed one."""
        self._runner = SubrequestRunner(store, dispatch, _is_allowed)

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer a composite: 200 with a result per subrequest, or ApiError for a malformed one."""
        if call.method != "POST":
            raise method_not_allowed(call.method, "POST")
        body = json_object(call.body)
        entries = body.get("compositeRequest")
        if isinstance(entries, list) and len(entries) > _MOST_SUBREQUESTS:
            return _too_many()
        subrequests = read_subrequests(body, most=_MOST_SUBREQUESTS)
        if sum(s.counts_as_query for s in subrequests) > _MOST_QUERIES:
            raise malformed(
                f"Limit exceeded. A composite holds at most {_MOST_QUERIES} queries and collections"
            )
        by_default = int(call.version.partition(".")[0]) >= _COLLATING_SINCE
        results, _ = self._runner.run(
            call,
            subrequests,
            all_or_none=body.get("allOrNone") is True,
            collate=body.get("collateSubrequests", by_default) is True,
        )
        return ApiAnswer(body={"compositeResponse": results})


def _too_many() -> ApiAnswer:
    """Refuse a body with too many subrequests: as a composite with one result, as was observed."""
    sentence = f"The request can\u2019t contain more than {_MOST_SUBREQUESTS} operations."
    refused = ApiAnswer(status=400, body=[ApiError(400, "LIMIT_EXCEEDED", sentence).body()])
    return ApiAnswer(status=400, body={"compositeResponse": [result_of(refused, None)]})


def _is_allowed(subrequest: Subrequest) -> bool:
    """Return whether a composite may hold it; search is what clients miss most."""
    return subrequest.segments[:1] == ("sobjects",) or subrequest.counts_as_query

"""The composite graph resource: many graphs of calls, each of which happens as a whole or not."""

import re
from collections.abc import Mapping, Sequence

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.api.sobjects import json_object
from orgsim.api.subrequests import (
    HALTED,
    Dispatch,
    Subrequest,
    SubrequestRunner,
    error_answer,
    malformed,
    read_subrequests,
    result_of,
)
from orgsim.errors import method_not_allowed
from orgsim.store import Store

__all__ = ["GraphResource"]

_MOST_GRAPHS = 75
_MOST_NODES = 500
_MOST_LEVELS = 15
_MOST_OBJECTS = 15
_MOST_FAILED = 14
_GRAPH_ID = re.compile(r"[A-Za-z0-9][^.]{0,38}")
# What may stand below `sobjects/`: an object, a row, a row by external id.
_METHODS_BY_LENGTH = {
    2: frozenset({"POST"}),
    3: frozenset({"DELETE", "GET", "PATCH"}),
    4: frozenset({"DELETE", "GET", "PATCH", "POST"}),
}


class GraphResource:
    """`/composite/graph`; the whole counts as one API call."""

    def __init__(self, store: Store, dispatch: Dispatch) -> None:
        """Run the nodes through `dispatch`, which raises ApiError for a failed one."""
        self._store = store
        self._runner = SubrequestRunner(store, dispatch, _is_allowed)

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer 200 with a result per graph, or raise ApiError for a malformed whole.

        A graph with a failed node leaves nothing behind and does not touch the other graphs; once
        more than fourteen have failed, the rest is not run.
        """
        if call.method != "POST":
            raise method_not_allowed(call.method, "POST")
        failed = 0
        answers: list[dict[str, object]] = []
        for graph_id, nodes in _read_graphs(json_object(call.body)):
            if failed > _MOST_FAILED:
                halted = error_answer(HALTED, self._store.settings.language)
                results, good = [result_of(halted, n.reference_id) for n in nodes], False
            else:
                results, good = self._runner.run(call, nodes, all_or_none=True)
            failed += not good
            answers.append(
                {
                    "graphId": graph_id,
                    "graphResponse": {"compositeResponse": results},
                    "isSuccessful": good,
                }
            )
        return ApiAnswer(body={"graphs": answers})


def _read_graphs(body: Mapping[str, object]) -> list[tuple[str, list[Subrequest]]]:
    entries = body.get("graphs")
    if not isinstance(entries, list) or not entries:
        raise malformed("The body needs a list called graphs")
    if len(entries) > _MOST_GRAPHS:
        raise malformed(f"Limit exceeded. At most {_MOST_GRAPHS} graphs are allowed")
    graphs: dict[str, list[Subrequest]] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            raise malformed("Every entry of graphs has to be an object")
        graph_id = entry.get("graphId")
        if not isinstance(graph_id, str) or not _GRAPH_ID.fullmatch(graph_id):
            raise malformed(
                f"The graphId '{graph_id}' must start with a letter or a number, have fewer than 40"
                " characters and no dot"
            )
        if graph_id in graphs:
            raise malformed(f"The graphId '{graph_id}' is there twice")
        graphs[graph_id] = read_subrequests(entry, most=_MOST_NODES)
        _check_shape(graph_id, graphs[graph_id])
    if sum(map(len, graphs.values())) > _MOST_NODES:
        raise malformed(f"Limit exceeded. At most {_MOST_NODES} nodes are allowed in all graphs")
    return list(graphs.items())


def _check_shape(graph_id: str, nodes: Sequence[Subrequest]) -> None:
    """Raise ApiError for a graph of too many levels or too many different objects."""
    level: dict[str, int] = {}
    for node in nodes:
        parents = [level[name] for name in node.needs() if name in level]
        level[node.reference_id] = 1 + max(parents, default=0)
    if max(level.values()) > _MOST_LEVELS:
        raise malformed(f"Limit exceeded. Graph {graph_id} is deeper than {_MOST_LEVELS} levels")
    if len({tuple(p.lower() for p in node.segments[1:2]) for node in nodes}) > _MOST_OBJECTS:
        raise malformed(
            f"Limit exceeded. Graph {graph_id} has more than {_MOST_OBJECTS} different objects"
        )


def _is_allowed(subrequest: Subrequest) -> bool:
    methods = _METHODS_BY_LENGTH.get(len(subrequest.segments), frozenset())
    return subrequest.segments[:1] == ("sobjects",) and subrequest.method in methods

"""Finds the resource a data call is for."""

from types import MappingProxyType
from typing import TYPE_CHECKING

from orgsim.api.batch import BatchResource
from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.api.collections import CollectionResources
from orgsim.api.composite import CompositeResource
from orgsim.api.graph import GraphResource
from orgsim.api.limits import LimitsResource
from orgsim.api.queries import QueryResources
from orgsim.api.quick_actions import QuickActions
from orgsim.api.recent import Recent
from orgsim.api.sobjects import SObjectResources
from orgsim.api.tree import TreeResource
from orgsim.bulk.service import BulkApi
from orgsim.errors import ApiError, not_found, not_supported
from orgsim.records import Records
from orgsim.store import Store
from orgsim.usage import ApiUsage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["NEWEST_VERSION", "OLDEST_VERSION", "DataApi", "version_list"]

OLDEST_VERSION = 31
NEWEST_VERSION = 67
_SEASONS = ("Winter", "Spring", "Summer")
# v31 was Summer '14; three releases a year since, each year beginning with Winter.
_FIRST_WINTER, _FIRST_YEAR = 32, 15

_ELSEWHERE = frozenset(
    {
        "actions",
        "analytics",
        "appMenu",
        "async-queries",
        "chatter",
        "compactLayouts",
        "connect",
        "consent",
        "event",
        "knowledgeManagement",
        "metadata",
        "process",
        "support",
        "tabs",
        "theme",
        "tooling",
        "ui-api",
        "wave",
    }
)
# The version in which each kind of composite appeared.
_COMPOSITES_SINCE = MappingProxyType({"": 38, "batch": 34, "graph": 50, "sobjects": 42, "tree": 34})


class DataApi:
    """Everything under `/services/data/vXX.0` for a caller who is known already."""

    def __init__(self, store: Store, usage: ApiUsage) -> None:
        """Build the resources of one org."""
        self._store = store
        records = Records(store)
        self._recent = Recent(store)
        quick_actions = QuickActions(store)
        self._sobjects = SObjectResources(store, records, self._recent, quick_actions)
        self._queries = QueryResources(store)
        self._collections = CollectionResources(store, records, self._recent)
        self._composite = CompositeResource(store, self.answer)
        self._graph = GraphResource(store, self.answer)
        self._batch = BatchResource(store, usage, self.answer)
        self._tree = TreeResource(store, records, self._recent)
        self.bulk = BulkApi(store, records)
        self.locks = records.locks
        self._resource_of: Mapping[str, Callable[[ApiCall], ApiAnswer]] = {
            "composite": self._composites,
            "jobs": self.bulk.answer,
            "limits": LimitsResource(store, usage).answer,
            "parameterizedSearch": self._queries.parameterized_search,
            "query": self._queries.query,
            "queryAll": self._queries.query,
            "quickActions": quick_actions.answer,
            "recent": self._recent.answer,
            "search": self._queries.search,
            "sobjects": self._sobjects.answer,
        }

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer one call; raises ApiError 404 for no such resource, 501 for one not built."""
        check_version(call.version)
        if not call.segments:
            return self._resources(call)
        resource = self._resource_of.get(call.segments[0])
        if resource is not None:
            return resource(call)
        if call.segments[0] in _ELSEWHERE:
            raise not_supported(f"/{call.segments[0]}")
        raise not_found()

    def answer_classic(self, call: ApiCall) -> ApiAnswer:
        """Answer one call of Bulk API 1.0, below `/services/async/XX.0`."""
        check_version(call.version)
        return self.bulk.answer_classic(call)

    def forget(self) -> None:
        """Drop what is kept between calls."""
        self._queries.forget()
        self._recent.forget()
        self.bulk.forget()

    def _resources(self, call: ApiCall) -> ApiAnswer:
        links: dict[str, object] = {n: f"{call.base}/{n}" for n in self._resource_of}
        links["identity"] = f"{call.origin}/id/{self._store.org_id}/{call.user_id}"
        return ApiAnswer(body=links)

    def _composites(self, call: ApiCall) -> ApiAnswer:
        kind = call.segments[1] if len(call.segments) > 1 else ""
        since = _COMPOSITES_SINCE.get(kind)
        if since is None or int(call.version.partition(".")[0]) < since:
            raise not_found()
        match call.segments[1:]:
            case ():
                return self._composite.answer(call)
            case ("sobjects", *_):
                return self._collections.answer(call)
            case ("graph",):
                return self._graph.answer(call)
            case ("batch",):
                return self._batch.answer(call)
            case ("tree", _):
                return self._tree.answer(call)
        raise not_found()


def check_version(version: str) -> None:
    """Raise ApiError 410 for a retired version and 404 for one not yet released."""
    number = int(version.partition(".")[0])
    if number < OLDEST_VERSION:
        raise ApiError(
            410,
            "UNSUPPORTED_API_VERSION",
            f"API version {version} was retired; use {OLDEST_VERSION}.0 to {NEWEST_VERSION}.0",
        )
    if number > NEWEST_VERSION:
        raise not_found()


def version_list() -> list[dict[str, str]]:
    """Return the versions this org speaks, oldest first."""
    return [
        {"label": _label(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number in range(OLDEST_VERSION, NEWEST_VERSION + 1)
    ]


def _label(number: int) -> str:
    years, season = divmod(number - _FIRST_WINTER, len(_SEASONS))
    return f"{_SEASONS[season]} '{_FIRST_YEAR + years}"

"""The Bulk API of one org: its resources and the work behind them."""

import re

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.bulk.classic import ClassicResources
from orgsim.bulk.ingest import IngestResources
from orgsim.bulk.jobs import Jobs, Kind
from orgsim.bulk.query import QueryJobs
from orgsim.bulk.work import JobWork
from orgsim.errors import not_found
from orgsim.records import Records
from orgsim.store import Store

__all__ = ["BulkApi"]

# The versions in which Bulk API 2.0 appeared.
_INGEST_SINCE, _QUERY_SINCE = 41.0, 47.0
_JOB = re.compile(r"/services/(?:data/[^/]+/jobs/(ingest|query)|async/[^/]+/job)/([^/]+)")


class BulkApi:
    """`/services/data/vXX.0/jobs` and `/services/async/XX.0`."""

    def __init__(self, store: Store, records: Records) -> None:
        """Build the resources of one org; its jobs are kept in its database."""
        self._jobs = Jobs(store)
        self._work = JobWork(store, records, self._jobs)
        self._ingest = IngestResources(store, self._jobs)
        self._queries = QueryJobs(store, self._jobs)
        self._classic = ClassicResources(store, self._jobs)

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer a call of Bulk API 2.0."""
        self._expect_work(call)
        match call.segments[1:]:
            case ("ingest", *_) if float(call.version) >= _INGEST_SINCE:
                return self._ingest.answer(call)
            case ("query", *_) if float(call.version) >= _QUERY_SINCE:
                return self._queries.answer(call)
        raise not_found()

    def answer_classic(self, call: ApiCall) -> ApiAnswer:
        """Answer a call of Bulk API 1.0."""
        self._expect_work(call)
        return self._classic.answer(call)

    def objects_named(self, path: str) -> frozenset[str]:
        """Return the object, in lower case, of the job that an address is below; maybe none."""
        below = _JOB.match(path)
        if below is None:
            return frozenset()
        job = self._jobs.find(Kind(below.group(1) or "classic"), below.group(2))
        return frozenset() if job is None else frozenset({job.object.lower()})

    def run_due(self) -> None:
        """Do what is due; has to be called outside of any transaction, before each request."""
        self._work.run_due()

    def forget(self) -> None:
        """Begin anew after the org's tables were dropped."""
        self._jobs.create_tables()

    def _expect_work(self, call: ApiCall) -> None:
        if call.method != "GET":
            self._work.expect()

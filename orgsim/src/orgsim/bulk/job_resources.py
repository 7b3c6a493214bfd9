"""What the jobs of Bulk API 2.0 have in common, whether they write or read."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.bulk.answers import check_version_of, full_info, job_list, short_info, wanted_state
from orgsim.bulk.jobs import ENDED, Job, Jobs, Kind, State, wrong_state
from orgsim.errors import method_not_allowed, not_found
from orgsim.store import Store

__all__ = ["JobResources"]


class JobResources(ABC):
    """`/jobs/<kind>` and what lies below it.

    `kind` is of the jobs that are found here, `listed` are the kinds that the list shows, `settable`
    the states that a client may set.
    """

    kind: ClassVar[Kind]
    listed: ClassVar[tuple[Kind, ...]]
    settable: ClassVar[tuple[State, ...]] = (State.ABORTED,)

    def __init__(self, store: Store, jobs: Jobs) -> None:
        """Work on one org's jobs."""
        self._store = store
        self._jobs = jobs

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer one call; raises ApiError for what a job's state or version does not allow."""
        match call.method, call.segments[2:]:
            case "POST", ():
                return self._create(call)
            case "GET", ():
                return job_list(call, self._jobs, self._jobs.listed(self.listed, call.user_id))
            case _, (record_id, *rest):
                job = self._jobs.visible(self.kind, record_id, call.user_id)
                check_version_of(call, job)
                return self._job(call, job, rest)
        raise method_not_allowed(call.method, "GET,POST")

    @abstractmethod
    def _create(self, call: ApiCall) -> ApiAnswer:
        """Answer the creation of a job."""

    @abstractmethod
    def _below(self, call: ApiCall, job: Job, rest: Sequence[str]) -> ApiAnswer | None:
        """Answer for the data or the results of a job, or None if there is no such address."""

    def _job(self, call: ApiCall, job: Job, rest: Sequence[str]) -> ApiAnswer:
        if rest:
            below = self._below(call, job, rest)
            if below is None:
                raise not_found()
            return below
        match call.method:
            case "GET":
                return ApiAnswer(body=full_info(job, self._jobs.shown_state(job)))
            case "PATCH":
                state = wanted_state(call, *self.settable)
                return ApiAnswer(body=short_info(self._changed(call, job, state), state))
            case "DELETE":
                return self._delete(job)
        raise method_not_allowed(call.method, "DELETE,GET,PATCH")

    def _changed(self, call: ApiCall, job: Job, state: State) -> Job:
        """Return a job that was closed or aborted."""
        if state is State.UPLOAD_COMPLETE:
            if job.state is not State.OPEN:
                raise wrong_state("Closing already closed/failed/aborted Job not allowed")
            return self._jobs.handed_over(job, call.options.locked)
        if job.state in ENDED:
            raise wrong_state("Aborting already closed/failed/aborted Job not allowed")
        return self._jobs.save(replace(job, state=state))

    def _delete(self, job: Job) -> ApiAnswer:
        if job.state not in ENDED:
            raise wrong_state(
                f"Job {job.id} is {self._jobs.shown_state(job)}; only a job that is complete,"
                " failed or aborted can be deleted"
            )
        self._jobs.remove(job)
        return ApiAnswer(status=204)

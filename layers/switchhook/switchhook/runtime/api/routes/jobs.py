"""Long work: simulations and backfills are started here, and looked after."""

from switchhook.domain.errors import Rejected
from switchhook.domain.jobs import MOST_BYTES, Job, numbered_lines
from switchhook.domain.tenants import Role, new_job_id
from switchhook.ports.admin import JobQueue, Jobs, SettingsVersions
from switchhook.ports.queues import PayloadStore
from switchhook.runtime.api.answers import jobs as answers
from switchhook.runtime.api.bodies import BackfillQuery, SimulateBody
from switchhook.runtime.api.route import RawBody, Reply, Request, Route
from switchhook.usecases.ask.backfill import new_backfill
from switchhook.usecases.ask.jobs import get_job, start_job
from switchhook.usecases.ask.simulate import new_simulation
from switchhook.usecases.tenants.settings import get_settings, preview_settings

_ADMIN = frozenset({Role.ADMIN})
_TENANT = "/v1/tenants/{tenant_id}"


def _simulate(
    request: Request, *, versions: SettingsVersions, jobs: Jobs, queue: JobQueue, entropy: bytes
) -> Reply:
    body = request.body_as(SimulateBody)
    patch = preview_settings(request.tenant_id, body.settings, versions=versions)
    job = new_simulation(
        request.tenant_id, new_job_id(entropy), patch=patch, days=body.days, now=request.now
    )
    return _started(job, jobs, queue)


def _backfill(
    request: Request,
    *,
    versions: SettingsVersions,
    payloads: PayloadStore,
    jobs: Jobs,
    queue: JobQueue,
    entropy: bytes,
) -> Reply:
    if not any(True for _ in numbered_lines(request.raw)):
        raise Rejected(
            "There is no line in this body, so nothing was started; send one JSON object of provider, "
            "source and event a line.",
            code="no_lines",
            status=422,
        )
    get_settings(request.tenant_id, versions=versions)
    job = new_backfill(
        request.tenant_id,
        new_job_id(entropy),
        request.raw,
        dry_run=request.query_as(BackfillQuery).dry_run,
        payloads=payloads,
        now=request.now,
    )
    return _started(job, jobs, queue)


def _started(job: Job, jobs: Jobs, queue: JobQueue) -> Reply:
    start_job(job, jobs=jobs, queue=queue)
    return Reply(status=202, body=answers.JobStarted(job_id=job.id))


def _get(request: Request, *, jobs: Jobs) -> Reply:
    job = get_job(request.tenant_id, request.names["job_id"], jobs=jobs, now=request.now)
    return Reply(body=answers.Job.of(job))


ROUTES = (
    Route(
        method="POST",
        path=f"{_TENANT}/activities/simulate",
        roles=_ADMIN,
        run=lambda request, root: _simulate(
            request,
            versions=root.versions,
            jobs=root.jobs,
            queue=root.job_queue,
            entropy=root.entropy(),
        ),
        summary="Start a job that decides the calls of the last days again under changed settings and "
        "counts what would be different; nothing is written.",
        answer=answers.JobStarted,
        status=202,
        body=SimulateBody,
    ),
    Route(
        method="POST",
        path=f"{_TENANT}/backfill",
        roles=_ADMIN,
        run=lambda request, root: _backfill(
            request,
            versions=root.versions,
            payloads=root.payloads,
            jobs=root.jobs,
            queue=root.job_queue,
            entropy=root.entropy(),
        ),
        summary="Start a job that takes in calls of the past, one JSON object of provider, source and "
        "event a line; nothing that is logged already is logged again.",
        answer=answers.JobStarted,
        status=202,
        raw=RawBody(media_type="application/x-ndjson", most_bytes=MOST_BYTES),
        query=BackfillQuery,
    ),
    Route(
        method="GET",
        path=f"{_TENANT}/jobs/{{job_id}}",
        roles=_ADMIN,
        run=lambda request, root: _get(request, jobs=root.jobs),
        summary="Show how far a job is and what came of it; kept for 30 days.",
        answer=answers.Job,
    ),
)

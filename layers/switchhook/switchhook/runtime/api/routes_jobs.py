"""Long work: simulations and backfills are started here, and looked after."""

from switchhook.domain.errors import Rejected
from switchhook.domain.jobs import MOST_BYTES, Job, numbered_lines
from switchhook.domain.tenants import Role, new_job_id
from switchhook.runtime.api.bodies import BackfillQuery, SimulateBody
from switchhook.runtime.api.route import Json, RawBody, Reply, Request, Route
from switchhook.runtime.api.services import Services
from switchhook.runtime.api.shapes import instant
from switchhook.usecases.ask.backfill import new_backfill
from switchhook.usecases.ask.jobs import get_job, start_job
from switchhook.usecases.ask.simulate import new_simulation
from switchhook.usecases.tenants.settings import get_settings, preview_settings

_ADMIN = frozenset({Role.ADMIN})
_TENANT = "/v1/tenants/{tenant_id}"


def _simulate(request: Request, services: Services) -> Reply:
    body = request.body_as(SimulateBody)
    patch = preview_settings(request.tenant_id, body.settings, versions=services.versions)
    job = new_simulation(
        request.tenant_id, _job_id(services), patch=patch, days=body.days, now=request.now
    )
    return _started(job, services)


def _backfill(request: Request, services: Services) -> Reply:
    if not any(True for _ in numbered_lines(request.raw)):
        raise Rejected(
            "There is no line in this body, so nothing was started; send one JSON object of provider, "
            "source and event a line.",
            code="no_lines",
            status=422,
        )
    get_settings(request.tenant_id, versions=services.versions)
    job = new_backfill(
        request.tenant_id,
        _job_id(services),
        request.raw,
        dry_run=request.query_as(BackfillQuery).dry_run,
        payloads=services.payloads,
        now=request.now,
    )
    return _started(job, services)


def _started(job: Job, services: Services) -> Reply:
    start_job(job, jobs=services.jobs, queue=services.job_queue)
    return Reply(status=202, body={"job_id": job.id})


def _job_id(services: Services) -> str:
    return new_job_id(services.entropy())


def _get(request: Request, services: Services) -> Reply:
    job = get_job(request.tenant_id, request.names["job_id"], jobs=services.jobs, now=request.now)
    return Reply(body=_shown(job))


def _shown(job: Job) -> Json:
    return {
        "job_id": job.id,
        "kind": job.kind.value,
        "state": job.state.value,
        "text": job.text,
        "counts": _counts(job),
        "result": dict(job.result),
        "created_at": instant(job.created_at),
        "updated_at": instant(job.updated_at),
    }


def _counts(job: Job) -> Json:
    """The counts; those of skipped calls by rule, as in a day's statement."""
    counts: Json = dict(job.counts)
    for name in ("skipped", "would_skip"):
        if name in counts:
            counts[name] = dict(sorted(job.by_rule.items()))
    return counts


ROUTES = (
    Route(
        method="POST",
        path=f"{_TENANT}/activities/simulate",
        roles=_ADMIN,
        run=_simulate,
        summary="Start a job that decides the calls of the last days again under changed settings and "
        "counts what would be different; nothing is written.",
        answer="JobStarted",
        status=202,
        body=SimulateBody,
    ),
    Route(
        method="POST",
        path=f"{_TENANT}/backfill",
        roles=_ADMIN,
        run=_backfill,
        summary="Start a job that takes in calls of the past, one JSON object of provider, source and "
        "event a line; nothing that is logged already is logged again.",
        answer="JobStarted",
        status=202,
        raw=RawBody(media_type="application/x-ndjson", most_bytes=MOST_BYTES),
        query=BackfillQuery,
    ),
    Route(
        method="GET",
        path=f"{_TENANT}/jobs/{{job_id}}",
        roles=_ADMIN,
        run=_get,
        summary="Show how far a job is and what came of it; kept for 30 days.",
        answer="Job",
    ),
)

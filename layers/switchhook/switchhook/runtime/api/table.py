"""Every route of the API."""

from switchhook.runtime.api.answers.base import Health, OpenApi
from switchhook.runtime.api.openapi import document
from switchhook.runtime.api.route import ANYONE, Reply, Request, Route
from switchhook.runtime.api.routes import (
    activities,
    app,
    apply,
    connection,
    explain,
    hooks,
    jobs,
    matches,
    settings,
    tenants,
)


def _health() -> Reply:
    return Reply(body=Health(status="ok"))


def _describe(request: Request) -> Reply:
    return Reply(body=OpenApi(document(ROUTES, base_url=request.base_url)))


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/health",
        roles=ANYONE,
        run=lambda _request, _root: _health(),
        summary="Say that the API runs; asks nothing that the API itself needs.",
        answer=Health,
    ),
    Route(
        method="GET",
        path="/openapi.json",
        roles=ANYONE,
        run=lambda request, _root: _describe(request),
        summary="Describe this API.",
        answer=OpenApi,
    ),
    *tenants.ROUTES,
    *settings.ROUTES,
    *hooks.ROUTES,
    *connection.ROUTES,
    *app.ROUTES,
    *activities.ROUTES,
    *explain.ROUTES,
    *apply.ROUTES,
    *jobs.ROUTES,
    *matches.ROUTES,
)

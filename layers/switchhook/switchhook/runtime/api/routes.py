"""Every route of the API."""

from switchhook.runtime.api import (
    routes_activities,
    routes_app,
    routes_apply,
    routes_connection,
    routes_explain,
    routes_hooks,
    routes_jobs,
    routes_matches,
    routes_settings,
    routes_tenants,
)
from switchhook.runtime.api.answers import Health, OpenApi
from switchhook.runtime.api.openapi import document
from switchhook.runtime.api.route import ANYONE, Reply, Request, Route


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
    *routes_tenants.ROUTES,
    *routes_settings.ROUTES,
    *routes_hooks.ROUTES,
    *routes_connection.ROUTES,
    *routes_app.ROUTES,
    *routes_activities.ROUTES,
    *routes_explain.ROUTES,
    *routes_apply.ROUTES,
    *routes_jobs.ROUTES,
    *routes_matches.ROUTES,
)

"""A tenant's own Salesforce app (CX-2b)."""

from switchhook.domain.tenants import Role
from switchhook.ports.connect import AppChoice, AppCredentials
from switchhook.runtime.api.bodies import AppBody
from switchhook.runtime.api.route import Json, Reply, Request, Route
from switchhook.runtime.api.services import Services
from switchhook.usecases.org.own_app import AppStores, drop_app, is_in_force, put_app

_ADMIN = frozenset({Role.ADMIN})
_APP = "/v1/tenants/{tenant_id}/app"

_IN_FORCE = "Connecting goes through this app; paste redirect_url into it exactly as it is."
_NOT_YET = (
    "The tenant stays connected through the app it was connected with, whose credentials are kept "
    "until then; connect again to go through this one."
)


def stores_of(services: Services) -> AppStores:
    """The ports of a tenant's own app."""
    return AppStores(
        choices=services.app_choices,
        secrets=services.app_secrets,
        connections=services.connections,
        secret_prefix=services.app_secret_prefix(),
    )


def _get(request: Request, services: Services) -> Reply:
    return _reply(services.app_choices.read(request.tenant_id), request, services)


def _put(request: Request, services: Services) -> Reply:
    body = request.body_as(AppBody)
    choice = put_app(
        request.tenant_id,
        AppCredentials(client_id=body.client_id, client_secret=body.client_secret),
        login_url=body.login_url or services.default_login_url(),
        read_login_url=services.read_login_url,
        stores=stores_of(services),
    )
    return _reply(choice, request, services)


def _delete(request: Request, services: Services) -> Reply:
    drop_app(request.tenant_id, stores=stores_of(services))
    return _reply(None, request, services)


def _reply(choice: AppChoice | None, request: Request, services: Services) -> Reply:
    in_force = is_in_force(request.tenant_id, choice=choice, connections=services.connections)
    shown: Json = {
        "kind": "default" if choice is None else "own",
        "client_id": None if choice is None else choice.app.client_id,
        "login_url": services.default_login_url() if choice is None else choice.login_url,
        "redirect_url": f"{request.base_url}/oauth/salesforce/callback",
        "in_force": in_force,
        "note": _IN_FORCE if in_force else _NOT_YET,
    }
    return Reply(body=shown)


ROUTES = (
    Route(
        method="GET",
        path=_APP,
        roles=_ADMIN,
        run=_get,
        summary="Show the Salesforce app that the tenant connects through, and the redirect address "
        "to paste into it; its secret is never shown.",
        answer="App",
    ),
    Route(
        method="PUT",
        path=_APP,
        roles=_ADMIN,
        run=_put,
        summary="Connect through the tenant's own Salesforce app from the next connection on.",
        answer="App",
        body=AppBody,
        refusals=(409,),
    ),
    Route(
        method="DELETE",
        path=_APP,
        roles=_ADMIN,
        run=_delete,
        summary="Forget the tenant's own app; the next connection goes through the deployment's.",
        answer="App",
    ),
)

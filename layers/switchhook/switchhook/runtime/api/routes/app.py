"""A tenant's own Salesforce app (CX-2b)."""

from switchhook.domain.tenants import Role
from switchhook.ports.connect import AppChoice, AppCredentials
from switchhook.runtime.api.answers.connection import App
from switchhook.runtime.api.bodies import AppBody
from switchhook.runtime.api.route import Reply, Request, Route
from switchhook.usecases.org.own_app import (
    AppStores,
    ReadLoginUrl,
    drop_app,
    is_in_force,
    put_app,
)

_ADMIN = frozenset({Role.ADMIN})
_APP = "/v1/tenants/{tenant_id}/app"

_IN_FORCE = "Connecting goes through this app; paste redirect_url into it exactly as it is."
_NOT_YET = (
    "The tenant stays connected through the app it was connected with, whose credentials are kept "
    "until then; connect again to go through this one."
)


def _get(request: Request, *, stores: AppStores, default_login_url: str) -> Reply:
    choice = stores.choices.read(request.tenant_id)
    return _reply(choice, request, stores, default_login_url)


def _put(
    request: Request, *, stores: AppStores, default_login_url: str, read_login_url: ReadLoginUrl
) -> Reply:
    body = request.body_as(AppBody)
    choice = put_app(
        request.tenant_id,
        AppCredentials(client_id=body.client_id, client_secret=body.client_secret),
        login_url=body.login_url or default_login_url,
        read_login_url=read_login_url,
        stores=stores,
    )
    return _reply(choice, request, stores, default_login_url)


def _delete(request: Request, *, stores: AppStores, default_login_url: str) -> Reply:
    drop_app(request.tenant_id, stores=stores)
    return _reply(None, request, stores, default_login_url)


def _reply(
    choice: AppChoice | None, request: Request, stores: AppStores, default_login_url: str
) -> Reply:
    in_force = is_in_force(request.tenant_id, choice=choice, connections=stores.connections)
    shown = App(
        kind="default" if choice is None else "own",
        client_id=None if choice is None else choice.app.client_id,
        login_url=default_login_url if choice is None else choice.login_url,
        redirect_url=f"{request.base_url}/oauth/salesforce/callback",
        in_force=in_force,
        note=_IN_FORCE if in_force else _NOT_YET,
    )
    return Reply(body=shown)


ROUTES = (
    Route(
        method="GET",
        path=_APP,
        roles=_ADMIN,
        run=lambda request, root: _get(
            request, stores=root.own_apps, default_login_url=root.login_url
        ),
        summary="Show the Salesforce app that the tenant connects through, and the redirect address "
        "to paste into it; its secret is never shown.",
        answer=App,
    ),
    Route(
        method="PUT",
        path=_APP,
        roles=_ADMIN,
        run=lambda request, root: _put(
            request,
            stores=root.own_apps,
            default_login_url=root.login_url,
            read_login_url=root.hosts.login_base,
        ),
        summary="Connect through the tenant's own Salesforce app from the next connection on.",
        answer=App,
        body=AppBody,
        refusals=(409,),
    ),
    Route(
        method="DELETE",
        path=_APP,
        roles=_ADMIN,
        run=lambda request, root: _delete(
            request, stores=root.own_apps, default_login_url=root.login_url
        ),
        summary="Forget the tenant's own app; the next connection goes through the deployment's.",
        answer=App,
    ),
)

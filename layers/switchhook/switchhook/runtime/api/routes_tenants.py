"""Tenants and their keys."""

from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.errors import SwitchhookError
from switchhook.domain.tenants import Role, Tenant
from switchhook.runtime.api.bodies import NewTenantBody, PageQuery, RotateKeyBody
from switchhook.runtime.api.route import Json, Reply, Request, Route
from switchhook.runtime.api.routes_app import stores_of
from switchhook.runtime.api.services import Services
from switchhook.runtime.api.shapes import instant
from switchhook.usecases.org.connect import get_connection
from switchhook.usecases.org.own_app import erase_apps
from switchhook.usecases.tenants.tenants import (
    TenantEntropy,
    create_tenant,
    delete_tenant,
    get_tenant,
    rotate_key,
)

_OPERATOR = frozenset({Role.OPERATOR})
_KEPT = (
    "The activity log is kept: it expires by its retention. Salesforce keeps every record that was "
    "written."
)


def _create(request: Request, services: Services) -> Reply:
    body = request.body_as(NewTenantBody)
    made = create_tenant(
        body.name,
        body.model_dump(include={"preset", "default_region", "time_zone"}),
        tenants=services.tenants,
        entropy=TenantEntropy(
            tenant_id=services.entropy(),
            admin_key=services.entropy(),
            agent_key=services.entropy(),
        ),
        now=request.now,
    )
    return Reply(
        status=201,
        body={
            "tenant_id": made.tenant.id,
            "admin_key": made.keys[Role.ADMIN],
            "agent_key": made.keys[Role.AGENT],
        },
    )


def _list(request: Request, services: Services) -> Reply:
    query = request.query_as(PageQuery)
    page = services.tenants.page(limit=query.limit, cursor=query.cursor)
    items = [_shown(tenant) for tenant in page.items]
    return Reply(body={"items": items, "next_cursor": page.next_cursor})


def _get(request: Request, services: Services) -> Reply:
    return Reply(body=_shown(get_tenant(request.tenant_id, tenants=services.tenants)))


def _delete(request: Request, services: Services) -> Reply:
    get_tenant(request.tenant_id, tenants=services.tenants)
    was_revoked = _end_grant(request, services)
    erase_apps(request.tenant_id, stores=stores_of(services))
    removed = delete_tenant(request.tenant_id, tenants=services.tenants, eraser=services.eraser)
    return Reply(
        body={
            "tenant_id": request.tenant_id,
            "removed_items": removed,
            "grant_revoked": was_revoked,
            "kept": _KEPT,
        }
    )


def _end_grant(request: Request, services: Services) -> bool | None:
    """Revokes the tenant's grant; None where there is none to revoke."""
    stored = get_connection(request.tenant_id, connections=services.connections)
    if stored.status is ConnectionStatus.NOT_CONNECTED:
        return None
    try:
        return services.disconnect(request.tenant_id)
    except SwitchhookError:
        # Deleting must not wait for Salesforce: without its tokens the grant is of no use to anyone.
        return False


def _rotate(request: Request, services: Services) -> Reply:
    role = Role(request.body_as(RotateKeyBody).role)
    key = rotate_key(request.tenant_id, role, tenants=services.tenants, entropy=services.entropy())
    return Reply(status=201, body={"role": role.value, "key": key, f"{role}_key": key})


def _shown(tenant: Tenant) -> Json:
    return {
        "tenant_id": tenant.id,
        "name": tenant.name,
        "created_at": instant(tenant.created_at),
    }


ROUTES = (
    Route(
        method="POST",
        path="/v1/tenants",
        roles=_OPERATOR,
        run=_create,
        summary="Make a tenant; its keys are shown in this answer only.",
        status=201,
        answer="NewTenant",
        body=NewTenantBody,
    ),
    Route(
        method="GET",
        path="/v1/tenants",
        roles=_OPERATOR,
        run=_list,
        summary="List tenants, oldest first.",
        answer="TenantPage",
        query=PageQuery,
    ),
    Route(
        method="GET",
        path="/v1/tenants/{tenant_id}",
        roles=frozenset({Role.OPERATOR, Role.ADMIN}),
        run=_get,
        summary="Show a tenant.",
        answer="Tenant",
    ),
    Route(
        method="DELETE",
        path="/v1/tenants/{tenant_id}",
        roles=_OPERATOR,
        run=_delete,
        summary="Delete a tenant with its keys, hooks, settings, people and grant. The activity log "
        "expires by its retention.",
        answer="TenantDeleted",
    ),
    Route(
        method="POST",
        path="/v1/tenants/{tenant_id}/keys/rotate",
        roles=frozenset({Role.OPERATOR, Role.ADMIN}),
        run=_rotate,
        summary="Make a role's new key; the old one ends at once.",
        status=201,
        answer="NewKey",
        body=RotateKeyBody,
        refusals=(409,),
    ),
)

"""Tenants and their keys."""

from collections.abc import Callable

from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.errors import SwitchhookError
from switchhook.domain.tenants import Role
from switchhook.ports.admin import Tenants
from switchhook.ports.ledger import Connections
from switchhook.runtime.api.answers.tenants import (
    NewKey,
    NewTenant,
    Tenant,
    TenantDeleted,
    TenantPage,
)
from switchhook.runtime.api.bodies import NewTenantBody, PageQuery, RotateKeyBody
from switchhook.runtime.api.route import Reply, Request, Route
from switchhook.usecases.org.connect import get_connection
from switchhook.usecases.org.own_app import AppStores, erase_apps
from switchhook.usecases.tenants.tenants import (
    TenantEntropy,
    create_tenant,
    delete_tenant,
    get_tenant,
    rotate_key,
)

type Disconnect = Callable[[str], bool]

_OPERATOR = frozenset({Role.OPERATOR})
_KEPT = (
    "The activity log is kept: it expires by its retention. Salesforce keeps every record that was "
    "written."
)


def _create(request: Request, *, tenants: Tenants, entropy: TenantEntropy) -> Reply:
    body = request.body_as(NewTenantBody)
    made = create_tenant(
        body.name,
        body.model_dump(include={"preset", "default_region", "time_zone"}),
        tenants=tenants,
        entropy=entropy,
        now=request.now,
    )
    return Reply(
        status=201,
        body=NewTenant(
            tenant_id=made.tenant.id,
            admin_key=made.keys[Role.ADMIN],
            agent_key=made.keys[Role.AGENT],
        ),
    )


def _list(request: Request, *, tenants: Tenants) -> Reply:
    query = request.query_as(PageQuery)
    page = tenants.page(limit=query.limit, cursor=query.cursor)
    items = tuple(Tenant.of(tenant) for tenant in page.items)
    return Reply(body=TenantPage(items=items, next_cursor=page.next_cursor))


def _get(request: Request, *, tenants: Tenants) -> Reply:
    return Reply(body=Tenant.of(get_tenant(request.tenant_id, tenants=tenants)))


def _delete(
    request: Request,
    *,
    tenants: Tenants,
    apps: AppStores,
    disconnect: Disconnect,
) -> Reply:
    get_tenant(request.tenant_id, tenants=tenants)
    was_revoked = _end_grant(request, apps.connections, disconnect)
    erase_apps(request.tenant_id, stores=apps)
    removed = delete_tenant(request.tenant_id, tenants=tenants)
    return Reply(
        body=TenantDeleted(
            tenant_id=request.tenant_id,
            removed_items=removed,
            grant_revoked=was_revoked,
            kept=_KEPT,
        )
    )


def _end_grant(request: Request, connections: Connections, disconnect: Disconnect) -> bool | None:
    """Revokes the tenant's grant; None where there is none to revoke."""
    stored = get_connection(request.tenant_id, connections=connections)
    if stored.status is ConnectionStatus.NOT_CONNECTED:
        return None
    try:
        return disconnect(request.tenant_id)
    except SwitchhookError:
        # Deleting must not wait for Salesforce: without its tokens the grant is of no use to anyone.
        return False


def _rotate(request: Request, *, tenants: Tenants, entropy: bytes) -> Reply:
    role = request.body_as(RotateKeyBody).role
    key = rotate_key(request.tenant_id, Role(role), tenants=tenants, entropy=entropy)
    shown = NewKey(
        role=role,
        key=key,
        admin_key=key if role == "admin" else None,
        agent_key=key if role == "agent" else None,
    )
    return Reply(status=201, body=shown)


ROUTES = (
    Route(
        method="POST",
        path="/v1/tenants",
        roles=_OPERATOR,
        run=lambda request, root: _create(
            request,
            tenants=root.tenants,
            entropy=TenantEntropy(
                tenant_id=root.entropy(), admin_key=root.entropy(), agent_key=root.entropy()
            ),
        ),
        summary="Make a tenant; its keys are shown in this answer only.",
        status=201,
        answer=NewTenant,
        body=NewTenantBody,
    ),
    Route(
        method="GET",
        path="/v1/tenants",
        roles=_OPERATOR,
        run=lambda request, root: _list(request, tenants=root.tenants),
        summary="List tenants, oldest first.",
        answer=TenantPage,
        query=PageQuery,
    ),
    Route(
        method="GET",
        path="/v1/tenants/{tenant_id}",
        roles=frozenset({Role.OPERATOR, Role.ADMIN}),
        run=lambda request, root: _get(request, tenants=root.tenants),
        summary="Show a tenant.",
        answer=Tenant,
    ),
    Route(
        method="DELETE",
        path="/v1/tenants/{tenant_id}",
        roles=_OPERATOR,
        run=lambda request, root: _delete(
            request,
            tenants=root.tenants,
            apps=root.own_apps,
            disconnect=root.disconnect,
        ),
        summary="Delete a tenant with its keys, hooks, settings, people and grant. The activity log "
        "expires by its retention.",
        answer=TenantDeleted,
    ),
    Route(
        method="POST",
        path="/v1/tenants/{tenant_id}/keys/rotate",
        roles=frozenset({Role.OPERATOR, Role.ADMIN}),
        run=lambda request, root: _rotate(request, tenants=root.tenants, entropy=root.entropy()),
        summary="Make a role's new key; the old one ends at once.",
        status=201,
        answer=NewKey,
        body=RotateKeyBody,
        refusals=(409,),
    ),
)

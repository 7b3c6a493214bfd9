"""A tenant's connection to its org."""

from collections.abc import Callable
from urllib.parse import quote

from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.tenants import Role
from switchhook.ports.admin import Hooks, LedgerReader
from switchhook.ports.connect import AppChoices, ConnectSteps, SalesforceApp
from switchhook.ports.ledger import Connections
from switchhook.runtime.api.answers.connection import (
    Connection,
    ConnectTicket,
    DisconnectPreview,
)
from switchhook.runtime.api.bodies import ConfirmQuery, ConnectBody
from switchhook.runtime.api.route import Reply, Request, Route
from switchhook.usecases.org.connect import get_connection, issue_ticket
from switchhook.usecases.org.disconnect import preview_disconnect, refuse_unconfirmed
from switchhook.usecases.org.own_app import refuse_without_app

_ADMIN = frozenset({Role.ADMIN})
_CONNECTION = "/v1/tenants/{tenant_id}/connection"


def _connect(
    request: Request,
    *,
    choices: AppChoices,
    app: SalesforceApp,
    steps: ConnectSteps,
    entropy: bytes,
) -> Reply:
    refuse_without_app(request.tenant_id, choices=choices, default=app)
    made = issue_ticket(
        request.tenant_id,
        confirm_org=request.body_as(ConnectBody).confirm_org,
        steps=steps,
        entropy=entropy,
        now=request.now,
    )
    ticket = quote(made.ticket, safe="")
    return Reply(
        status=201,
        body=ConnectTicket(
            connect_url=f"{request.base_url}/oauth/salesforce/start?ticket={ticket}",
            expires_at=made.expires_at,
        ),
    )


def _get(request: Request, *, connections: Connections) -> Reply:
    return Reply(body=Connection.of(get_connection(request.tenant_id, connections=connections)))


def _disconnect(
    request: Request,
    *,
    connections: Connections,
    ledger: LedgerReader,
    hooks: Hooks,
    disconnect: Callable[[str], bool],
) -> Reply:
    stored = get_connection(request.tenant_id, connections=connections)
    if stored.status is ConnectionStatus.NOT_CONNECTED:
        return Reply(body=Connection.of(stored))
    if not request.query_as(ConfirmQuery).confirm:
        refuse_unconfirmed(
            preview_disconnect(
                request.tenant_id, connections=connections, ledger=ledger, hooks=hooks
            )
        )
    was_revoked = disconnect(request.tenant_id)
    left = get_connection(request.tenant_id, connections=connections)
    return Reply(body=Connection.of(left, grant_revoked=was_revoked))


def _preview(
    request: Request, *, connections: Connections, ledger: LedgerReader, hooks: Hooks
) -> Reply:
    preview = preview_disconnect(
        request.tenant_id, connections=connections, ledger=ledger, hooks=hooks
    )
    return Reply(body=DisconnectPreview.of(preview))


ROUTES = (
    Route(
        method="POST",
        path=_CONNECTION,
        roles=_ADMIN,
        run=lambda request, root: _connect(
            request,
            choices=root.own_apps.choices,
            app=root.app,
            steps=root.connect_steps,
            entropy=root.entropy(),
        ),
        summary="Get the address at which a Salesforce user connects the tenant, once, within 10 min.",
        status=201,
        answer=ConnectTicket,
        body=ConnectBody,
        refusals=(409,),
    ),
    Route(
        method="GET",
        path=_CONNECTION,
        roles=_ADMIN,
        run=lambda request, root: _get(request, connections=root.connections),
        summary="Show the connection, what it may do and how much of the org's API is used.",
        answer=Connection,
    ),
    Route(
        method="GET",
        path=f"{_CONNECTION}/preview-disconnect",
        roles=_ADMIN,
        run=lambda request, root: _preview(
            request, connections=root.connections, ledger=root.ledger, hooks=root.hooks
        ),
        summary="Say what disconnecting would do; changes nothing.",
        answer=DisconnectPreview,
    ),
    Route(
        method="DELETE",
        path=_CONNECTION,
        roles=_ADMIN,
        run=lambda request, root: _disconnect(
            request,
            connections=root.connections,
            ledger=root.ledger,
            hooks=root.hooks,
            disconnect=root.disconnect,
        ),
        summary="Disconnect; without confirm=true the answer says what would happen.",
        answer=Connection,
        query=ConfirmQuery,
        refusals=(409,),
    ),
)

"""Why, and what if: explaining an event, replaying an activity, simulating other settings."""

import json

from switchhook.adapters.providers.catalog import edge_of
from switchhook.domain.errors import Rejected
from switchhook.domain.settings.reading import resolve
from switchhook.domain.tenants import Role
from switchhook.ports.admin import ProviderCatalog, SettingsVersions
from switchhook.ports.ingress import WebhookRequest
from switchhook.ports.ledger import Connections, EventReader
from switchhook.runtime.api.answers.activities import Explained, Replayed
from switchhook.runtime.api.bodies import ExplainBody
from switchhook.runtime.api.route import Reply, Request, Route
from switchhook.usecases.ask.explain import EventToExplain, explain
from switchhook.usecases.ask.replay import replay
from switchhook.usecases.org.connect import instance_url_of
from switchhook.usecases.record.world import Books, Deciding
from switchhook.usecases.tenants.settings import get_settings, preview_settings

_ADMIN = frozenset({Role.ADMIN})
_ACTIVITIES = "/v1/tenants/{tenant_id}/activities"


def _explain(
    request: Request,
    *,
    catalog: ProviderCatalog,
    versions: SettingsVersions,
    reader: EventReader,
    deciding: Deciding,
    connections: Connections,
) -> Reply:
    body = request.body_as(ExplainBody)
    provider = catalog.facts(body.provider)
    if provider is None or body.kind not in provider.kinds:
        names = ", ".join(catalog.names())
        raise Rejected(
            f"This event cannot be explained: there is no such provider of {body.kind.value}s.",
            code="invalid_body",
            status=422,
            fields={"provider": f"provider must be one of: {names}."},
        )
    settings = get_settings(request.tenant_id, versions=versions)
    if body.settings:
        patch = preview_settings(request.tenant_id, body.settings, versions=versions)
        settings = resolve(patch, version=settings.version)
    event = body.event if isinstance(body.event, str) else json.dumps(body.event)
    raw = event.encode("utf-8")
    located = edge_of(body.provider).locate(WebhookRequest(headers={}, body=raw))
    asked = EventToExplain(
        provider=body.provider, kind=body.kind, body=raw, call_id=located.external_id
    )
    explained = explain(
        request.tenant_id, asked, settings, reader, deciding, changed=bool(body.settings)
    )
    base = instance_url_of(request.tenant_id, connections)
    return Reply(body=Explained.of(explained, base))


def _replay(request: Request, *, books: Books) -> Reply:
    head = replay(request.tenant_id, request.names["activity_id"], books)
    return Reply(status=202, body=Replayed(activity_id=head.id, state=head.state))


ROUTES = (
    Route(
        method="POST",
        path=f"{_ACTIVITIES}/explain",
        roles=_ADMIN,
        run=lambda request, root: _explain(
            request,
            catalog=root.catalog,
            versions=root.versions,
            reader=root.recording.intake.reader,
            deciding=root.recording.deciding,
            connections=root.connections,
        ),
        summary="Say what an event would become now, and why, without recording it; with settings, "
        "under those laid over the tenant's own.",
        answer=Explained,
        body=ExplainBody,
        refusals=(409, 502),
    ),
    Route(
        method="POST",
        path=f"{_ACTIVITIES}/{{activity_id}}/replay",
        roles=_ADMIN,
        run=lambda request, root: _replay(request, books=root.recording.books),
        summary="Decide a skipped, failed or partly refused activity anew, under the settings in force "
        "now.",
        answer=Replayed,
        status=202,
        refusals=(409,),
    ),
)

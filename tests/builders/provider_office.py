"""An office that is told of its calls by a provider's own webhooks, as the ingress hands them on."""

import json
from dataclasses import replace

from fakes.office import TENANT, Office
from switchhook.adapters.providers.catalog import edge_of
from switchhook.adapters.providers.event_reader import ProviderEvents
from switchhook.domain.activity import Activity, activity_id
from switchhook.domain.facts.event import Kind
from switchhook.domain.queue_messages import EventMessage, pack
from switchhook.ports.ingress import WebhookRequest
from switchhook.usecases.record.advance import record_event

HOOK = "h1"


def deliver(office: Office, provider: str, body: dict) -> Activity:
    """One proven webhook, from its bytes to what it makes of its activity."""
    raw = json.dumps(body).encode()
    edge = edge_of(provider)
    located = edge.locate(WebhookRequest(headers={}, body=raw))
    assert located.external_id is not None
    assert located.event_id is not None
    assert not located.ignored
    message = EventMessage(
        tenant=TENANT,
        hook=HOOK,
        provider=provider,
        activity_kind=Kind.CALL,
        source=HOOK,
        activity_id=activity_id(tenant=TENANT, source=HOOK, external_id=located.external_id),
        external_id=located.external_id,
        occurrence=1,
        event_id=located.event_id,
        received_at=office.clock.now(),
        packed=pack(edge.redact(raw)),
    )
    return record_event(message, replace(office.world, reader=ProviderEvents()))


def lines(office: Office) -> list[str]:
    """The description of the only Task."""
    (task,) = office.tasks
    return str(task["Description"]).splitlines()

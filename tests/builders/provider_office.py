"""An office that is told of its calls by a provider's own webhooks, as the ingress hands them on."""

import json
from dataclasses import replace

from fakes.office import TENANT, Office
from fakes.world import with_ports
from switchhook.adapters.providers.catalog import edge_of
from switchhook.adapters.providers.event_reader import ProviderEvents
from switchhook.domain.activity import Activity
from switchhook.domain.facts.event import Kind
from switchhook.ports.ingress import Hook, WebhookRequest
from switchhook.usecases.receive_webhook import message_of
from switchhook.usecases.record.advance import record_event

HOOK = "h1"


def deliver(office: Office, provider: str, body: dict, *, event_id: str | None = None) -> Activity:
    """One proven webhook, from its bytes to what it makes of its activity.

    `event_id` is another than today's ingress would give it.
    """
    raw = json.dumps(body).encode()
    edge = edge_of(provider)
    located = edge.locate(WebhookRequest(headers={}, body=raw))
    assert located.external_id is not None
    assert located.event_id or located.named
    assert not located.ignored
    hook = Hook(id=HOOK, tenant=TENANT, provider=provider, kind=Kind.CALL, source=HOOK)
    message = message_of(hook, located, edge.redact(raw), {}, office.clock.now())
    if event_id is not None:
        message = replace(message, event_id=event_id)
    return record_event(message, with_ports(office.world, reader=ProviderEvents()))


def lines(office: Office) -> list[str]:
    """The description of the only Task."""
    (task,) = office.tasks
    return str(task["Description"]).splitlines()

"""Recording a chat by hand (CX-34)."""

from switchhook.domain.facts.chat import ChatAction
from switchhook.domain.facts.people import Agent
from switchhook.domain.tenants import Role
from switchhook.runtime.api.bodies import ApplyBody
from switchhook.runtime.api.route import Reply, Request, Route
from switchhook.runtime.api.services import Services
from switchhook.runtime.api.shapes import activity_json
from switchhook.usecases.ask.replay import Wish, apply_action
from switchhook.usecases.org.connect import get_connection


def _apply(request: Request, services: Services) -> Reply:
    body = request.body_as(ApplyBody)
    wish = Wish(
        action=ChatAction(body.action),
        agent=Agent(email=body.agent.email, name=body.agent.name),
        key=body.idempotency_key,
    )
    applied = apply_action(
        request.tenant_id,
        request.names["activity_id"],
        wish,
        services.world,
        services.idempotency_keys,
    )
    base = get_connection(request.tenant_id, connections=services.connections).instance_url
    shown = activity_json(applied.head, instance_url=base)
    return Reply(status=202 if applied.is_new else 200, body=shown)


ROUTES = (
    Route(
        method="POST",
        path="/v1/tenants/{tenant_id}/activities/{activity_id}/apply",
        roles=frozenset({Role.ADMIN, Role.AGENT}),
        run=_apply,
        summary="Record a chat as an agent chose; the agent owns what is made. Asking again gives the "
        "same activity with status 200.",
        answer="Activity",
        status=202,
        body=ApplyBody,
        refusals=(409,),
    ),
)

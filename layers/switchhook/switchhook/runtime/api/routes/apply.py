"""Recording a chat by hand (CX-34)."""

from switchhook.domain.facts.chat import ChatAction
from switchhook.domain.facts.people import Agent
from switchhook.domain.tenants import Role
from switchhook.ports.admin import IdempotencyKeys
from switchhook.ports.ledger import Connections
from switchhook.runtime.api.answers.activities import Activity
from switchhook.runtime.api.bodies import ApplyBody
from switchhook.runtime.api.route import Reply, Request, Route
from switchhook.usecases.ask.replay import Wish, apply_action
from switchhook.usecases.org.connect import instance_url_of
from switchhook.usecases.record.world import Books


def _apply(
    request: Request, *, books: Books, keys: IdempotencyKeys, connections: Connections
) -> Reply:
    body = request.body_as(ApplyBody)
    wish = Wish(
        action=ChatAction(body.action),
        agent=Agent(email=body.agent.email, name=body.agent.name),
        key=body.idempotency_key,
    )
    activity_id = request.names["activity_id"]
    applied = apply_action(request.tenant_id, activity_id, wish, books, keys)
    base = instance_url_of(request.tenant_id, connections)
    shown = Activity.of(applied.head, base)
    return Reply(status=202 if applied.is_new else 200, body=shown)


ROUTES = (
    Route(
        method="POST",
        path="/v1/tenants/{tenant_id}/activities/{activity_id}/apply",
        roles=frozenset({Role.ADMIN, Role.AGENT}),
        run=lambda request, root: _apply(
            request,
            books=root.recording.books,
            keys=root.idempotency_keys,
            connections=root.connections,
        ),
        summary="Record a chat as an agent chose; the agent owns what is made. Asking again gives the "
        "same activity with status 200.",
        answer=Activity,
        status=202,
        body=ApplyBody,
        refusals=(409,),
    ),
)

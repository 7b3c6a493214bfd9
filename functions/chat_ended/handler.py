"""POST /hooks/{hook_id}/chat-ended: takes a chat provider's webhook in; HEAD says that it is there.

Guarantees: a 202 means that the event is durably queued; a redelivery is queued again and known by the
ledger. Never talks to Salesforce. Permissions: GetItem on `HOOK#` items, kms:Decrypt for purpose
`hook`, sqs:SendMessage to the activity queue, s3:PutObject in the payload bucket.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime

from aws_lambda_powertools import Logger

from switchhook.domain.facts.event import Kind
from switchhook.runtime.ingress import IngressSettings, Response, is_probe, reachable, respond, wire

logger = Logger()
ingress = wire(IngressSettings.from_env(os.environ))


def handler(event: Mapping[str, object], _context: object) -> Response:
    """Answer one webhook, or the probe that Intercom sends before it takes an address."""
    if is_probe(event):
        return reachable()
    return respond(ingress, event, kind=Kind.CHAT, now=datetime.now(UTC), logger=logger)

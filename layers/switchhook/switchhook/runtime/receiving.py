"""What the ingress functions have in common: one webhook in, one answer out."""

from collections.abc import Mapping
from datetime import datetime

from aws_lambda_powertools import Logger

from switchhook.domain.errors import SwitchhookError
from switchhook.domain.facts.event import Kind
from switchhook.runtime.ingress import note
from switchhook.runtime.webhook_http import Response, answer, hook_id_of, not_stored, request_of
from switchhook.usecases.receive_webhook import Ingress, receive_webhook


def respond(
    ingress: Ingress, event: Mapping[str, object], *, kind: Kind, now: datetime, logger: Logger
) -> Response:
    """Takes one webhook in and answers it; 503 and a log line when it could not be stored."""
    try:
        received = receive_webhook(
            ingress, request_of(event), hook_id=hook_id_of(event), kind=kind, now=now
        )
    except SwitchhookError as error:
        logger.exception("event_not_stored", extra={"code": error.code})
        return not_stored()
    note(received, logger)
    return answer(received)

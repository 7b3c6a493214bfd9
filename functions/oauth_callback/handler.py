"""GET /oauth/salesforce/start and /oauth/salesforce/callback: an admin's way to Salesforce and back.

Guarantees: a ticket and a state work once; a grant is stored before it is used; whatever goes wrong, a
person sees a page that says what to do. Permissions: Get, Put, Update and DeleteItem in TenantTable,
Put and UpdateItem in ActivityTable, KMS for the purposes pkce, access_token and refresh_token, the
app's secret, reading and deleting the secrets of tenants' own apps.
"""

import os
from collections.abc import Mapping

from aws_lambda_powertools import Logger

from switchhook.domain.errors import SwitchhookError
from switchhook.runtime.connect import (
    Response,
    callback_url,
    connected,
    departure,
    fresh_chance,
    not_found,
    path_of,
    refused,
    return_of,
    ticket_of,
)
from switchhook.runtime.deployment import deployed
from switchhook.runtime.environment import OAUTH_CALLBACK
from switchhook.runtime.invocation import InvocationClock
from switchhook.usecases.org.connect import Departure, finish, start

logger = Logger()
deployment = deployed(OAUTH_CALLBACK, os.environ, InvocationClock())
connecting = deployment.connecting
login_url = deployment.hosts.login_base(deployment.login_url)


def handler(event: Mapping[str, object], _context: object) -> Response:
    """Answer one request of a browser."""
    try:
        match path_of(event):
            case "/oauth/salesforce/start":
                return departure(_start(event))
            case "/oauth/salesforce/callback":
                connection = finish(return_of(event), world=connecting)
                logger.info("tenant_connected", extra={"tenant": connection.tenant})
                return connected(connection)
            case _:
                return not_found()
    except SwitchhookError as error:
        logger.warning("not_connected", extra={"code": error.code})
        return refused(error)


def _start(event: Mapping[str, object]) -> Departure:
    return start(
        ticket_of(event),
        login_url=login_url,
        redirect_uri=callback_url(event, public_base_url=deployment.public_base_url),
        chance=fresh_chance(),
        world=connecting,
    )

"""GET and POST /oauth/salesforce/start, GET /oauth/salesforce/callback: an admin's way to Salesforce and back.

Guarantees: opening a link spends nothing and gives nothing away; a ticket and a state work once, the ticket
from our own page only; a grant is stored before it is used; whatever goes wrong, a person sees a page that
says what to do. Permissions: Get, Put, Update and DeleteItem of tenants, tickets, states and orgs in
TenantTable, Put and UpdateItem in ActivityTable, KMS for the purposes pkce, access_token and
refresh_token, the app's secret, reading and deleting the secrets of tenants' own apps.
"""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from aws_lambda_powertools import Logger

from switchhook.domain.errors import Rejected, SwitchhookError
from switchhook.runtime.connect import (
    CALLBACK_PATH,
    Response,
    asked,
    asked_of,
    base_url_of,
    connected,
    departure,
    fresh_chance,
    fresh_sight,
    not_found,
    press_of,
    refuse_foreign,
    refused,
    return_of,
    ticket_of,
)
from switchhook.runtime.deployment import deployed
from switchhook.runtime.environment import OAUTH_CALLBACK
from switchhook.runtime.invocation import InvocationClock
from switchhook.usecases.org.connect import finish, question, start
from switchhook.usecases.org.shared_org import ORG_TAKEN

logger = Logger()
deployment = deployed(OAUTH_CALLBACK, os.environ, InvocationClock())
connecting = deployment.connecting
login_url = deployment.hosts.login_base(deployment.login_url)


def handler(event: Mapping[str, object], _context: object) -> Response:
    """Answer one request of a browser."""
    try:
        match asked_of(event):
            case ("GET", "/oauth/salesforce/start"):
                return _ask(event)
            case ("POST", "/oauth/salesforce/start"):
                return _leave(event)
            case ("GET", "/oauth/salesforce/callback"):
                return _arrive(event)
            case _:
                return not_found()
    except SwitchhookError as error:
        logger.warning("not_connected", extra={"code": error.code, **_ids(error)})
        return refused(error)


def _ask(event: Mapping[str, object]) -> Response:
    operator = deployment.operator_name or urlsplit(_base_url(event)).netloc
    about = question(ticket_of(event), world=connecting)
    return asked(about, event, operator=operator, sight=fresh_sight())


def _leave(event: Mapping[str, object]) -> Response:
    press = press_of(event)
    refuse_foreign(press, base_url=_base_url(event))
    going = start(
        press.ticket,
        login_url=login_url,
        redirect_uri=f"{_base_url(event)}{CALLBACK_PATH}",
        chance=fresh_chance(),
        world=connecting,
    )
    return departure(going)


def _arrive(event: Mapping[str, object]) -> Response:
    made = finish(return_of(event), world=connecting)
    connection = made.connection
    user = connection.user
    ids = {"tenant": connection.tenant, "org_id": connection.org_id}
    logger.info("tenant_connected", extra={**ids, "user_id": user.id if user else ""})
    if made.others:
        logger.warning("org_shared", extra={**ids, "others": list(made.others)})
    return connected(made)


def _base_url(event: Mapping[str, object]) -> str:
    return base_url_of(event, public_base_url=deployment.public_base_url)


def _ids(error: SwitchhookError) -> dict[str, object]:
    """Whom a refusal for the org's other tenant is about; ids only."""
    return error.fields if isinstance(error, Rejected) and error.code == ORG_TAKEN else {}

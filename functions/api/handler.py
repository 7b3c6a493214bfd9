"""/v1/... and /openapi.json: serves operators, admins, agents and host applications.

Guarantees: every answer but a 204 is JSON, errors in one shape and never with a trace; a change is made
whole or not at all. Permissions: Get, Query, Put, Update, Delete and ConditionCheck in TenantTable and
its index, Get, Query, Put and Update in ActivityTable and its indexes, Get, Query, Put and Delete in
DirectoryTable, PutObject in the payload bucket, SendMessage to the activity and job queues, kms:Encrypt and kms:Decrypt for tenants'
secrets, GetSecretValue of the operator's key, the session key and the Salesforce app; all of the secrets of
tenants' own apps.
"""

import os
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

from switchhook.runtime.api.app import Api
from switchhook.runtime.api.table import ROUTES
from switchhook.runtime.deployment import deployed
from switchhook.runtime.environment import API
from switchhook.runtime.invocation import InvocationClock

logger = Logger()
clock = InvocationClock()
api = Api(ROUTES, deployed(API, os.environ, clock), logger=logger)


@logger.inject_lambda_context(log_event=False)
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own
    """Answer one request."""
    clock.begin(context)
    return api(event, context)

"""The ingress functions: one webhook in, one answer out, and the second composition root beside `deployment`.

As few imports as storing a webhook needs, clients made at first use. It must never import pydantic, requests
or simple_salesforce: they would double the cold start of the one function that providers wait for.

Nothing in an event of API Gateway's (payload 2.0) is trusted to be of the type that AWS documents: a request
that cannot be converted is an empty one, and an empty one proves nothing.
"""

import base64
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, assert_never

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from botocore.config import Config

from switchhook.adapters.aws import KmsCipher, PayloadBucket
from switchhook.adapters.dynamodb.hooks_read import HookTable
from switchhook.adapters.providers import catalog
from switchhook.adapters.queues import ActivityQueue
from switchhook.domain.errors import SwitchhookError
from switchhook.domain.facts.event import Kind
from switchhook.domain.tenants import is_id
from switchhook.ports.ingress import Hook, OpenedHook, WebhookRequest
from switchhook.runtime.environment import METRICS_NAMESPACE, Environment
from switchhook.usecases.receive_webhook import (
    Accepted,
    Challenged,
    Ignored,
    Ingress,
    NotProven,
    Received,
    TooLarge,
    UnknownHook,
    receive_webhook,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# One try within what a provider waits (3 to 5 s): after a 503 it is the provider that tries again.
_CLIENT_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"total_max_attempts": 1},
    tcp_keepalive=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressSettings:
    """Where the ingress reads hooks and puts events."""

    tenant_table: str
    payload_bucket: str
    activity_queue_url: str
    kms_key_id: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "IngressSettings":
        """The settings a function was deployed with.

        Raises:
            KeyError: names every variable that is missing.
        """
        names = ("TENANT_TABLE", "PAYLOAD_BUCKET", "ACTIVITY_QUEUE_URL", "KMS_KEY_ID")
        at = Environment.from_env(env, names=names)
        table, bucket, queue_url, key_id = (at[name] for name in names)
        return cls(
            tenant_table=table,
            payload_bucket=bucket,
            activity_queue_url=queue_url,
            kms_key_id=key_id,
        )


def wire(settings: IngressSettings) -> Ingress:
    """The ingress with its AWS clients; opens no connection before the first request."""
    session = boto3.session.Session()

    @cache
    def s3() -> "S3Client":
        return session.client("s3", config=_CLIENT_CONFIG)

    return Ingress(
        hooks=HookTable(session.client("dynamodb", config=_CLIENT_CONFIG), settings.tenant_table),
        secrets=KmsCipher(session.client("kms", config=_CLIENT_CONFIG), settings.kms_key_id),
        memory=RecentHooks(),
        edge_of=catalog.edge_of,
        payloads=PayloadBucket(s3, settings.payload_bucket),
        outbox=ActivityQueue(
            session.client("sqs", config=_CLIENT_CONFIG), settings.activity_queue_url
        ),
    )


def note(received: Received, logger: Logger) -> None:
    """Log and count one outcome by our own ids; nothing that a sender wrote is logged."""
    match received:
        case Accepted(hook=hook):
            logger.info(
                "event_accepted", extra={**_named(hook), "activity_id": received.activity_id}
            )
            _count("EventAccepted", hook.provider)
            if received.is_old:
                _count("OldEventAccepted", hook.provider)
        case Ignored(hook=hook):
            _count("EventIgnored", hook.provider)
        case Challenged(hook=hook):
            logger.info("challenge_answered", extra=_named(hook))
        case NotProven(hook=hook):
            logger.warning("signature_rejected", extra=_named(hook))
            _count("SignatureRejected", hook.provider)
        case TooLarge(hook=hook):
            logger.warning("event_too_large", extra=_named(hook))
        case UnknownHook():
            logger.info("hook_unknown")
        case _:
            assert_never(received)


def _named(hook: Hook) -> dict[str, str]:
    return {"tenant": hook.tenant, "hook": hook.id, "provider": hook.provider}


def _count(fact: str, provider: str) -> None:
    with single_metric(
        name=fact, unit=MetricUnit.Count, value=1, namespace=METRICS_NAMESPACE
    ) as metric:
        metric.add_dimension(name="provider", value=provider)


type Response = dict[str, object]


def hook_id_of(event: Mapping[str, object]) -> str | None:
    """The hook's id in the path, or None when no hook can have what stands there."""
    path = event.get("pathParameters")
    hook_id = path.get("hook_id") if isinstance(path, Mapping) else None
    return hook_id if isinstance(hook_id, str) and is_id(hook_id) else None


def request_of(event: Mapping[str, object]) -> WebhookRequest:
    """The request's headers in lower case, its body's bytes as they were sent, its url's parameters."""
    headers = {name.lower(): value for name, value in _texts(event.get("headers")).items()}
    query = _texts(event.get("queryStringParameters"))
    return WebhookRequest(headers=headers, body=_body(event), query=query)


def answer(received: Received) -> Response:
    """What the provider is told; the status code is part of the protocol."""
    match received:
        case Accepted():
            return _json(202, {"activity_id": received.activity_id, "event_id": received.event_id})
        case Ignored():
            return _json(200, {"ignored": received.type})
        case Challenged():
            return _json(200, received.answer)
        case UnknownHook():
            return _error(
                404,
                "unknown_hook",
                "There is no webhook of this kind at this address. Use the url that was shown when "
                "the hook was made.",
            )
        case TooLarge():
            return _error(
                413,
                "too_large",
                "The body is larger than 1 MiB (1,048,576 bytes) and was not stored. "
                "Send the event without what makes it so large.",
            )
        case NotProven():
            return _error(
                401,
                "not_proven",
                "This request was not made with the hook's secret, or its signature is older than "
                "300 s, and was not stored. Compare the secret, and the clock of a signing sender.",
            )
        case _:
            assert_never(received)


def is_probe(event: Mapping[str, object]) -> bool:
    """Whether the request only asks if somebody answers here (HEAD)."""
    context = event.get("requestContext")
    http = context.get("http") if isinstance(context, Mapping) else None
    return isinstance(http, Mapping) and http.get("method") == "HEAD"


def reachable() -> Response:
    """The answer to a probe: the same at any address, so it tells nobody which hooks there are."""
    return {"statusCode": 200, "headers": {"cache-control": "no-store"}, "body": ""}


def not_stored() -> Response:
    """The answer when the event could not be stored: the provider should send it again."""
    return _error(
        503, "not_stored", "The event could not be stored. Send the same request again later."
    )


def _texts(given: object) -> dict[str, str]:
    return {
        name: value
        for name, value in (given.items() if isinstance(given, Mapping) else ())
        if isinstance(name, str) and isinstance(value, str)
    }


def _body(event: Mapping[str, object]) -> bytes:
    body = event.get("body")
    if not isinstance(body, str):
        return b""
    if event.get("isBase64Encoded") is True:
        try:
            return base64.b64decode(body, validate=True)
        except ValueError:
            pass  # the gateway did not send this: the text is judged as it stands
    return body.encode("utf-8", "surrogatepass")


def _error(status: int, code: str, message: str) -> Response:
    return _json(status, {"error": {"code": code, "message": message}})


def _json(status: int, body: Mapping[str, object]) -> Response:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps(body),
    }


FRESH_FOR = timedelta(seconds=60)
READ_AGAIN_AFTER = timedelta(seconds=1)
MOST_HOOKS = 1_000


class RecentHooks:
    """Remembers up to 1,000 hooks for 60 s each, and allows one early re-read a second per hook.

    The early re-read follows a failed signature (the secret may just have been rotated); without a
    limit, forged requests would turn into reads one to one. A clock that steps back forgets.
    """

    def __init__(self) -> None:
        self._opened: OrderedDict[str, OpenedHook] = OrderedDict()
        self._read_again: OrderedDict[str, datetime] = OrderedDict()

    def recall(self, hook_id: str, *, now: datetime) -> OpenedHook | None:
        """The hook while it is younger than 60 s."""
        opened = self._opened.get(hook_id)
        if opened is None or not timedelta(0) <= now - opened.read_at < FRESH_FOR:
            return None
        return opened

    def keep(self, opened: OpenedHook) -> None:
        """Remember the hook, forgetting the one kept longest when there are too many."""
        self._opened[opened.hook.id] = opened
        self._opened.move_to_end(opened.hook.id)
        if len(self._opened) > MOST_HOOKS:
            self._opened.popitem(last=False)

    def may_read_again(self, hook_id: str, *, now: datetime) -> bool:
        """True at most once a second for each hook."""
        last = self._read_again.get(hook_id)
        if last is not None and timedelta(0) <= now - last < READ_AGAIN_AFTER:
            return False
        self._read_again[hook_id] = now
        self._read_again.move_to_end(hook_id)
        if len(self._read_again) > MOST_HOOKS:
            self._read_again.popitem(last=False)
        return True


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

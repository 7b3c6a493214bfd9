"""Wires the ingress functions: as few imports as storing a webhook needs, clients made at first use.

It must never import pydantic, requests or simple_salesforce: they would double the cold start of the
one function that providers wait for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
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
from switchhook.runtime.environment import METRICS_NAMESPACE, Environment
from switchhook.runtime.hook_memory import RecentHooks
from switchhook.usecases.receive_webhook import (
    Accepted,
    Challenged,
    Ignored,
    Ingress,
    NotProven,
    Received,
    TooLarge,
    UnknownHook,
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
                "event_accepted",
                extra={
                    "tenant": hook.tenant,
                    "hook": hook.id,
                    "provider": hook.provider,
                    "activity_id": received.activity_id,
                },
            )
            _count("EventAccepted", hook.provider)
            if received.is_old:
                _count("OldEventAccepted", hook.provider)
        case Ignored(hook=hook):
            _count("EventIgnored", hook.provider)
        case Challenged(hook=hook):
            logger.info(
                "challenge_answered",
                extra={"tenant": hook.tenant, "hook": hook.id, "provider": hook.provider},
            )
        case NotProven(hook=hook):
            logger.warning(
                "signature_rejected",
                extra={"tenant": hook.tenant, "hook": hook.id, "provider": hook.provider},
            )
            _count("SignatureRejected", hook.provider)
        case TooLarge(hook=hook):
            logger.warning(
                "event_too_large",
                extra={"tenant": hook.tenant, "hook": hook.id, "provider": hook.provider},
            )
        case UnknownHook():
            logger.info("hook_unknown")
        case _:
            assert_never(received)


def _count(fact: str, provider: str) -> None:
    with single_metric(
        name=fact, unit=MetricUnit.Count, value=1, namespace=METRICS_NAMESPACE
    ) as metric:
        metric.add_dimension(name="provider", value=provider)

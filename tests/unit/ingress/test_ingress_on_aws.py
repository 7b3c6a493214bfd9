"""The wired ingress on simulated AWS services: what the parts say to each other fits."""

import os
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from switchhook.adapters.aws import KmsCipher, PayloadBucket
from switchhook.domain.facts.event import Kind
from switchhook.domain.queue_messages import EventMessage, from_json, unpack
from switchhook.runtime.ingress import IngressSettings, request_of, wire
from switchhook.usecases.receive_webhook import Accepted, receive_webhook
from unit.ingress.world import GENERIC, NOW, SIGNING_SECRET, event_file

KEYS = [("pk", "HASH"), ("sk", "RANGE")]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    assert "AWS_ENDPOINT_URL" not in os.environ
    with mock_aws():
        yield boto3.session.Session()


@pytest.mark.rule("SH-2")
def test_a_signed_webhook_ends_in_the_queue(session):
    """From an encrypted secret in the table to a message that the worker can read."""
    kms, dynamodb, sqs, s3 = (session.client(name) for name in ("kms", "dynamodb", "sqs", "s3"))
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    queue_url = sqs.create_queue(QueueName="activities")["QueueUrl"]
    s3.create_bucket(Bucket="payloads")
    dynamodb.create_table(
        TableName="tenants",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in KEYS],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n, _ in KEYS],
        BillingMode="PAY_PER_REQUEST",
    )
    secret = KmsCipher(kms, key_id).encrypt(SIGNING_SECRET, tenant="t_one", purpose="hook")
    names = {"pk": "HOOK#hook-generic", "sk": "HOOK", "tenant": "t_one", "provider": "generic"}
    texts = {**names, "kind": "call", "source": "hook-generic"}
    item = {**{name: {"S": text} for name, text in texts.items()}, "secret_ct": {"B": secret}}
    dynamodb.put_item(TableName="tenants", Item=item)
    settings = IngressSettings(
        tenant_table="tenants",
        payload_bucket="payloads",
        activity_queue_url=queue_url,
        kms_key_id=key_id,
    )
    request = request_of(event_file("generic_signed"))

    received = receive_webhook(
        wire(settings), request, hook_id="hook-generic", kind=Kind.CALL, now=NOW
    )

    assert isinstance(received, Accepted)
    assert replace(GENERIC, secret_ct=secret) == received.hook
    (queued,) = sqs.receive_message(QueueUrl=queue_url)["Messages"]
    message = from_json(queued["Body"])
    assert isinstance(message, EventMessage)
    assert message.activity_id == received.activity_id
    assert message.packed is not None
    assert unpack(message.packed) == request.body


def test_a_laid_aside_body_is_found_again(session):
    """The worker reads what the ingress stored."""
    session.client("s3").create_bucket(Bucket="payloads")
    bucket = PayloadBucket(lambda: session.client("s3"), "payloads")

    bucket.put("t_one/a1/1.z", b"packed")
    bucket.put("t_one/a1/1.z", b"packed")

    assert bucket.get("t_one/a1/1.z") == b"packed"

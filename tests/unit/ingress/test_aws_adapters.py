"""The thin AWS clients: exactly one request each, in these words, and every refusal translated."""

import io
from collections.abc import Callable
from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from switchhook.adapters.aws import KmsCipher, PayloadBucket, aws_refusals
from switchhook.adapters.dynamodb.hooks_read import HookTable
from switchhook.adapters.queues import ActivityQueue
from switchhook.domain.errors import Permanent, Retryable, SwitchhookError
from switchhook.domain.facts.event import Kind
from switchhook.domain.queue_messages import EventMessage, WakeMessage, to_json
from switchhook.ports.ingress import Hook
from switchhook.ports.queues import Outgoing
from switchhook.runtime.ingress import IngressSettings, wire

ENV = {
    "TENANT_TABLE": "tenants",
    "PAYLOAD_BUCKET": "payloads",
    "ACTIVITY_QUEUE_URL": "https://queue.example.com/1",
    "KMS_KEY_ID": "key-1",
}


def stubbed(service: str):
    client = boto3.session.Session(
        aws_access_key_id="x", aws_secret_access_key="y", region_name="us-east-1"
    ).client(service)
    return client, Stubber(client)


def test_a_hook_is_read_consistently_by_its_id():
    """A rotation must be seen by the very next read."""
    client, stub = stubbed("dynamodb")
    item = {
        "pk": {"S": "HOOK#h_1"},
        "sk": {"S": "HOOK"},
        "tenant": {"S": "t_one"},
        "provider": {"S": "generic"},
        "kind": {"S": "call"},
        "source": {"S": "h_1"},
        "secret_ct": {"B": b"new"},
        "previous_secret_ct": {"B": b"old"},
        "previous_until": {"N": "1795187100"},
    }
    expected = {
        "TableName": "tenants",
        "Key": {"pk": {"S": "HOOK#h_1"}, "sk": {"S": "HOOK"}},
        "ConsistentRead": True,
    }
    stub.add_response("get_item", {"Item": item}, expected)

    with stub:
        hook = HookTable(client, "tenants").read("h_1")

    assert hook == Hook(
        id="h_1",
        tenant="t_one",
        provider="generic",
        kind=Kind.CALL,
        source="h_1",
        secret_ct=b"new",
        previous_secret_ct=b"old",
        previous_until=1795187100,
    )


def test_a_hook_may_have_no_secret_yet():
    """The provider makes it, and the admin has not brought it."""
    client, stub = stubbed("dynamodb")
    names = {"tenant": "t_one", "provider": "aircall", "kind": "call", "source": "aircall"}
    stub.add_response("get_item", {"Item": {name: {"S": text} for name, text in names.items()}})

    with stub:
        hook = HookTable(client, "tenants").read("h_1")

    assert hook is not None
    assert (hook.secret_ct, hook.previous_secret_ct, hook.previous_until) == (None, None, None)


def test_a_hook_that_is_not_there_is_none():
    """No item, no hook."""
    client, stub = stubbed("dynamodb")
    stub.add_response("get_item", {})

    with stub:
        assert HookTable(client, "tenants").read("h_1") is None


EVENT = EventMessage(
    tenant="t_one",
    hook="h_1",
    provider="generic",
    activity_kind=Kind.CALL,
    source="h_1",
    activity_id="a1",
    external_id="c-1",
    occurrence=1,
    event_id="msg-1",
    received_at=datetime(2026, 11, 20, tzinfo=UTC),
    packed=b"z",
)
WAKE = WakeMessage(tenant="t_one", activity_id="a1")


@pytest.mark.parametrize(
    ("send", "message", "delay_s"),
    [
        pytest.param(lambda queue: queue.send(EVENT), EVENT, 0, id="an_event_at_once"),
        pytest.param(lambda queue: queue.send(WAKE, delay_s=900), WAKE, 900, id="delayed"),
        pytest.param(lambda queue: queue.wake("t_one", "a1", delay_s=30), WAKE, 30, id="a_wake_up"),
    ],
)
def test_a_message_is_sent_in_its_tenants_group(
    send: Callable[[ActivityQueue], None], message: EventMessage | WakeMessage, delay_s: int
):
    """The group makes a standard queue a fair one."""
    client, stub = stubbed("sqs")
    expected = {
        "QueueUrl": "https://queue.example.com/1",
        "MessageBody": to_json(message),
        "MessageGroupId": "t_one",
        "DelaySeconds": delay_s,
    }
    stub.add_response("send_message", {"MessageId": "m"}, expected)

    with stub:
        send(ActivityQueue(client, "https://queue.example.com/1"))
        stub.assert_no_pending_responses()


def test_a_batch_is_one_request_and_tells_what_was_refused_of_it():
    """Each message stands in its own tenant's group; the others are stored."""
    client, stub = stubbed("sqs")
    batch = [
        Outgoing(message=WakeMessage(tenant=f"t_{number}", activity_id="a1"), delay_s=number)
        for number in range(3)
    ]
    entries = [
        {
            "Id": str(number),
            "MessageBody": to_json(one.message),
            "MessageGroupId": f"t_{number}",
            "DelaySeconds": number,
        }
        for number, one in enumerate(batch)
    ]
    stub.add_response(
        "send_message_batch",
        {
            "Successful": [
                {"Id": number, "MessageId": "m", "MD5OfMessageBody": "x"} for number in ("0", "2")
            ],
            "Failed": [{"Id": "1", "SenderFault": False, "Code": "InternalError"}],
        },
        {"QueueUrl": "https://queue.example.com/1", "Entries": entries},
    )

    with stub:
        refused = ActivityQueue(client, "https://queue.example.com/1").send_batch(batch)

    assert refused == (batch[1],)


def test_a_payload_is_stored_and_read_by_its_key():
    """The bytes come back as they went in."""
    client, stub = stubbed("s3")
    stub.add_response("put_object", {}, {"Bucket": "payloads", "Key": "t/a/1.z", "Body": b"packed"})
    stub.add_response(
        "get_object",
        {"Body": StreamingBody(io.BytesIO(b"packed"), 6)},
        {"Bucket": "payloads", "Key": "t/a/1.z"},
    )
    bucket = PayloadBucket(lambda: client, "payloads")

    with stub:
        bucket.put("t/a/1.z", b"packed")
        assert bucket.get("t/a/1.z") == b"packed"


def test_a_secret_is_bound_to_its_tenant_and_purpose():
    """The encryption context is the same on both ways."""
    client, stub = stubbed("kms")
    context = {"tenant": "t_one", "purpose": "hook"}
    stub.add_response(
        "encrypt",
        {"CiphertextBlob": b"ct"},
        {"KeyId": "key-1", "Plaintext": "s\u00e9cret".encode(), "EncryptionContext": context},
    )
    stub.add_response(
        "decrypt",
        {"Plaintext": "s\u00e9cret".encode()},
        {"KeyId": "key-1", "CiphertextBlob": b"ct", "EncryptionContext": context},
    )
    cipher = KmsCipher(client, "key-1")

    with stub:
        assert cipher.encrypt("s\u00e9cret", **context) == b"ct"
        assert cipher.decrypt(b"ct", **context) == "s\u00e9cret"


@pytest.mark.parametrize(
    ("code", "family"),
    [
        ("ProvisionedThroughputExceededException", Retryable),
        ("AccessDeniedException", Retryable),
        ("InvalidCiphertextException", Permanent),
        ("NoSuchKey", Permanent),
    ],
)
def test_a_refusal_of_aws_becomes_one_of_our_families(code: str, family: type[SwitchhookError]):
    """The message names what was tried and AWS's code, not AWS's words, which may quote data."""
    client, stub = stubbed("dynamodb")
    stub.add_client_error("get_item", code, "quotes +14155550100")

    with stub, pytest.raises(family, match=f"read a hook: {code}") as refused:
        HookTable(client, "tenants").read("h_1")

    assert "555" not in str(refused.value)


def test_no_answer_of_aws_is_worth_another_try():
    """Time-outs and dropped connections are nobody's fault for long."""
    timeout = ConnectTimeoutError(endpoint_url="https://example.com")
    with pytest.raises(Retryable, match="did not answer"), aws_refusals("read a hook"):
        raise timeout


def test_every_missing_variable_is_named():
    """One deployment error, one look."""
    with pytest.raises(KeyError, match="PAYLOAD_BUCKET, KMS_KEY_ID"):
        IngressSettings.from_env({**ENV, "PAYLOAD_BUCKET": "", "KMS_KEY_ID": ""})


def test_wiring_makes_one_try_with_short_timeouts(monkeypatch: pytest.MonkeyPatch):
    """A provider waits 3 to 5 s and tries again itself."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    ingress = wire(IngressSettings.from_env(ENV))

    for part in (ingress.hooks, ingress.secrets, ingress.outbox):
        config = part._client.meta.config
        assert (config.connect_timeout, config.read_timeout) == (1, 2)
        assert config.retries["total_max_attempts"] == 1
    assert ingress.payloads._client() is ingress.payloads._client()

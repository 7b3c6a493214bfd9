"""What receiving a webhook promises, on fakes."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from switchhook.domain.activity import activity_id
from switchhook.domain.errors import Permanent, Retryable
from switchhook.domain.facts.event import Kind
from switchhook.domain.queue_messages import MAX_BODY_BYTES, MAX_MESSAGE_BYTES, to_json, unpack
from switchhook.ports.ingress import OpenedHook, WebhookRequest
from switchhook.usecases.receive_webhook import (
    Accepted,
    Ignored,
    NotProven,
    TooLarge,
    UnknownHook,
    receive_webhook,
)
from unit.ingress.world import (
    AIRCALL,
    GENERIC,
    NOW,
    SIGNING_SECRET,
    TOKEN,
    World,
    make_world,
    named,
)


def aircall(token: object = TOKEN, event: str = "call.ended", **data) -> WebhookRequest:
    body = {"event": event, "timestamp": 1795187040, "token": token, "data": {"id": 7001, **data}}
    return WebhookRequest(headers={}, body=json.dumps(body).encode())


def signed(body: bytes, *, secret: str = SIGNING_SECRET) -> WebhookRequest:
    at = str(int(NOW.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.digest(key, f"msg-1.{at}.".encode() + body, "sha256")
    headers = {
        "webhook-id": "msg-1",
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }
    return WebhookRequest(headers=headers, body=body)


def receive(world: World, request: WebhookRequest, hook_id: str | None = "hook-aircall", now=NOW):
    return receive_webhook(world.ingress, request, hook_id=hook_id, kind=Kind.CALL, now=now)


@pytest.mark.rule("SH-2")
def test_a_proven_event_is_queued_with_all_that_the_worker_needs(world: World):
    """The message names tenant, hook, source and ids, and holds the body."""
    received = receive(world, aircall())

    expected_activity = activity_id(tenant="t_one", source="aircall", external_id="7001")
    message = world.outbox.only
    event_id = named(message, "call.ended:7001:1795187040:*")
    assert Accepted(hook=AIRCALL, activity_id=expected_activity, event_id=event_id) == received
    assert message.tenant == "t_one"
    assert message.hook == "hook-aircall"
    assert message.provider == "aircall"
    assert message.activity_kind is Kind.CALL
    assert message.source == "aircall"
    assert message.activity_id == expected_activity
    assert message.external_id == "7001"
    assert message.occurrence == 1
    assert message.received_at == NOW
    assert message.packed is not None
    assert json.loads(unpack(message.packed))["data"] == {"id": 7001}


def test_the_credential_in_a_body_is_not_stored(world: World):
    """Aircall's token is blanked before the body leaves the ingress."""
    receive(world, aircall())

    packed = world.outbox.only.packed
    assert packed is not None
    assert TOKEN.encode() not in unpack(packed)
    assert json.loads(unpack(packed))["token"] == "redacted"


def test_only_the_headers_that_a_replay_needs_are_kept(world: World):
    """A signature or any foreign header stays out of the queue."""
    request = signed(b'{"type": "call.ended", "call_id": "c-1"}')
    receive(
        world,
        replace(request, headers={**request.headers, "authorization": "Bearer x"}),
        "hook-generic",
    )

    assert {
        "webhook-id": "msg-1",
        "webhook-timestamp": str(int(NOW.timestamp())),
    } == world.outbox.only.headers


@pytest.mark.rule("SH-1")
def test_a_repeated_delivery_names_the_same_activity_and_event(world: World):
    """The ledger can know a repetition by its ids."""
    first = receive(world, aircall())
    again = receive(world, aircall(), now=NOW + timedelta(minutes=7))

    assert first == again
    assert len(world.outbox.sent) == 2


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"not json", id="no_json"),
        pytest.param(b"[1, 2]", id="no_object"),
        pytest.param(b"\xff\xfe", id="no_utf8"),
        pytest.param(b"", id="empty"),
        pytest.param(b"[" * 200_000, id="nested_too_deep"),
        pytest.param(b'{"type": "call.ended"}', id="no_call_id"),
        pytest.param(b'{"type": "call.ended", "call_id": null}', id="null_call_id"),
        pytest.param(b'{"type": "call.ended", "call_id": "%s"}' % (b"x" * 257), id="endless_id"),
        pytest.param(b'{"type": "call.ended", "call_id": "\\ud800"}', id="half_a_character"),
    ],
)
@pytest.mark.rule("SH-2")
def test_what_nobody_can_read_is_queued_under_its_own_hash(world: World, body: bytes):
    """A valid signature is enough for a 202; the worker judges."""
    received = receive(world, signed(body), "hook-generic")

    fingerprint = f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert isinstance(received, Accepted)
    assert received.event_id == "msg-1"
    assert world.outbox.only.external_id == fingerprint
    assert world.outbox.only.packed is not None
    assert unpack(world.outbox.only.packed) == body


def test_an_event_type_on_the_ignore_list_is_not_queued(world: World):
    """Steps of a call under way are answered and forgotten."""
    received = receive(world, aircall(event="call.ringing_on_agent"))

    assert Ignored(hook=AIRCALL, type="call.ringing_on_agent") == received
    assert world.outbox.sent == []


def test_an_unknown_event_type_is_queued(world: World):
    """The worker writes it down as skipped, so that an admin can see it."""
    assert isinstance(receive(world, aircall(event="call.sung")), Accepted)
    assert len(world.outbox.sent) == 1


@pytest.mark.parametrize("hook_id", [None, "hook-nobody"])
def test_an_unknown_hook_is_not_found(world: World, hook_id: str | None):
    """Nothing is queued for an address that nobody made."""
    assert UnknownHook() == receive(world, aircall(), hook_id)
    assert world.outbox.sent == []


def test_a_hook_of_another_kind_is_not_found():
    """A chat hook does not take calls."""
    world = make_world(replace(AIRCALL, kind=Kind.CHAT))

    assert UnknownHook() == receive(world, aircall())


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        pytest.param(MAX_BODY_BYTES, Accepted, id="one_mebibyte_is_taken"),
        pytest.param(MAX_BODY_BYTES + 1, TooLarge, id="one_byte_more_is_not"),
    ],
)
def test_the_size_limit_counts_the_bytes_as_sent(world: World, length: int, expected: type):
    """The limit is 1,048,576 bytes."""
    request = signed(b"x" * length)

    assert isinstance(receive(world, request, "hook-generic"), expected)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("guessed", id="wrong"),
        pytest.param(TOKEN + "x", id="longer"),
        pytest.param(TOKEN[:-1], id="shorter"),
        pytest.param("", id="empty"),
        pytest.param(None, id="null"),
        pytest.param(7, id="number"),
        pytest.param([TOKEN], id="list"),
        pytest.param("\udc80", id="lone_surrogate"),
    ],
)
def test_a_forged_token_proves_nothing(world: World, token: object):
    """Only the exact token of the hook is taken."""
    assert NotProven(hook=AIRCALL) == receive(world, aircall(token))
    assert world.outbox.sent == []


@pytest.mark.parametrize("secret_ct", [None, b"t_one|hook|"], ids=["never_given", "empty"])
@pytest.mark.parametrize("token", ["", None, "guessed"])
def test_a_hook_without_a_secret_takes_nothing(secret_ct: bytes | None, token: str | None):
    """An admin has to bring the secret first."""
    world = make_world(replace(AIRCALL, secret_ct=secret_ct))

    assert isinstance(receive(world, aircall(token)), NotProven)


def test_without_a_live_secret_no_provider_is_asked(world: World):
    """A verifier that believes everything cannot open a hook that has no secret."""

    class Credulous:
        KEPT_HEADERS = ()

        def verify(self, *_: object, **__: object) -> bool:
            return True

    world.hooks.change("hook-aircall", secret_ct=None)
    believing = replace(world.ingress, edge_of=lambda _: Credulous())

    received = receive(replace(world, ingress=believing), aircall())

    assert isinstance(received, NotProven)


@pytest.mark.parametrize(
    ("seconds_left", "expected"), [(1, Accepted), (0, NotProven), (-1, NotProven)]
)
def test_the_previous_secret_works_until_its_time_is_up(seconds_left: int, expected: type):
    """After a rotation the old secret lives `keep_previous_s` longer, not a second more."""
    world = make_world(
        replace(
            AIRCALL,
            secret_ct=b"t_one|hook|new",
            previous_secret_ct=b"t_one|hook|old",
            previous_until=int(NOW.timestamp()) + seconds_left,
        )
    )

    assert isinstance(receive(world, aircall("new")), Accepted)
    assert isinstance(receive(world, aircall("old")), expected)


def test_a_previous_secret_without_an_end_is_dead():
    """No end means that there was no rotation to bridge."""
    world = make_world(replace(AIRCALL, previous_secret_ct=b"t_one|hook|old"))

    assert isinstance(receive(world, aircall("old")), NotProven)


def test_a_hook_is_read_once_a_minute(world: World):
    """A busy hook costs one read in 60 s."""
    for seconds in (0, 1, 59.9):
        receive(world, aircall(), now=NOW + timedelta(seconds=seconds))
    assert world.hooks.reads == 1

    receive(world, aircall(), now=NOW + timedelta(seconds=60))
    assert world.hooks.reads == 2


def test_a_rotated_secret_works_at_once(world: World):
    """A failed signature re-reads a remembered hook before it is refused."""
    receive(world, aircall())
    world.hooks.change("hook-aircall", secret_ct=b"t_one|hook|new")

    received = receive(world, aircall("new"), now=NOW + timedelta(seconds=2))

    assert isinstance(received, Accepted)
    assert world.hooks.reads == 2


def test_a_deleted_hook_stops_at_the_first_failed_signature(world: World):
    """The re-read finds nothing, and nothing is proven."""
    receive(world, aircall())
    del world.hooks.stored["hook-aircall"]

    assert isinstance(receive(world, aircall("guessed"), now=NOW + timedelta(seconds=2)), NotProven)


def test_a_hook_made_again_as_another_kind_takes_no_calls(world: World):
    """The re-read is checked as the first read was."""
    receive(world, aircall())
    world.hooks.change("hook-aircall", kind=Kind.CHAT, secret_ct=b"t_one|hook|new")

    assert isinstance(receive(world, aircall("new"), now=NOW + timedelta(seconds=2)), NotProven)


def test_forged_requests_read_a_hook_at_most_once_a_second(world: World):
    """A flood of forgeries does not become a flood of reads."""
    receive(world, aircall())
    for millisecond in range(1, 1_900, 100):
        receive(world, aircall("guessed"), now=NOW + timedelta(milliseconds=millisecond))

    assert world.hooks.reads == 3


def test_a_hook_just_read_is_not_read_again_for_a_forgery(world: World):
    """The first request of a hook costs one read, whatever it proves."""
    receive(world, aircall("guessed"))

    assert world.hooks.reads == 1


@pytest.mark.rule("SH-2")
@pytest.mark.parametrize("part", ["hooks", "outbox"])
def test_nothing_is_answered_as_stored_while_a_store_is_down(world: World, part: str):
    """The caller hears that it should send again."""
    getattr(world, part).down = True

    with pytest.raises(Retryable):
        receive(world, aircall())


def test_a_secret_of_another_tenant_is_not_opened():
    """The encryption context binds a secret to its tenant."""
    world = make_world(replace(AIRCALL, tenant="t_two"))

    with pytest.raises(Permanent):
        receive(world, aircall())


@pytest.fixture
def incompressible() -> bytes:
    """A readable body whose packed form does not fit into a message."""
    noise = "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(8_000))
    return json.dumps({"type": "call.ended", "call_id": "c-1", "noise": noise}).encode()


def test_a_body_too_large_for_a_message_lies_in_the_bucket_first(
    world: World, incompressible: bytes
):
    """The message then names where; the key begins with the tenant and names the content."""
    received = receive(world, signed(incompressible), "hook-generic")

    assert isinstance(received, Accepted)
    message = world.outbox.only
    assert message.packed is None
    ((key, packed),) = world.payloads.stored.items()
    digest = hashlib.sha256(packed).hexdigest()
    assert key == message.payload_key == f"t_one/{received.activity_id}/{digest}.z"
    assert unpack(packed) == incompressible
    assert len(to_json(message)) <= MAX_MESSAGE_BYTES


def test_a_message_never_names_a_body_that_is_not_stored(world: World, incompressible: bytes):
    """Without the bucket nothing is queued."""
    world.payloads.down = True

    with pytest.raises(Retryable):
        receive(world, signed(incompressible), "hook-generic")
    assert world.outbox.sent == []


def test_an_opened_hook_does_not_print_its_secrets():
    """Whatever prints a hook by accident prints its id."""
    opened = OpenedHook(hook=GENERIC, read_at=NOW, secret="s3cret", previous_secret="0ld")

    assert repr(opened) == "OpenedHook('hook-generic')"

"""Intercom at the ingress: who is believed, which conversation is told of, what is stored."""

import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.adapters.providers.catalog import Catalog
from switchhook.adapters.providers.intercom import edge
from switchhook.domain.facts.event import Kind
from switchhook.ports.ingress import Located, WebhookRequest

NOW = datetime(2026, 11, 20, 15, 5, tzinfo=UTC)
SECRET = "example-intercom-client-secret"
SAMPLES = Path(__file__).parent / "intercom"
PING = (SAMPLES / "ping.json").read_bytes()


def request(raw: bytes = PING, *, secret: str = SECRET, given: str | None = None) -> WebhookRequest:
    signature = f"sha1={hmac.digest(secret.encode(), raw, 'sha1').hex()}"
    told = signature if given is None else given
    return WebhookRequest(headers={"x-hub-signature": told}, body=raw)


def test_a_signature_made_elsewhere_is_believed():
    """The value was computed by another implementation for its secret and body."""
    told = request(b'{"topic":"ping"}', given="sha1=1f228f7f9115bcc587299ec60064f40648f8ea76")

    assert edge.verify(told, secrets=["intercom-secret"], now=NOW)
    assert not edge.verify(told, secrets=["intercom-secret-2"], now=NOW)


@pytest.mark.parametrize("secrets", [[SECRET], ["old", SECRET], [SECRET, "old"]])
def test_a_genuine_request_is_believed_also_while_a_secret_changes(secrets: list[str]):
    """The bytes count as they came, tabs and line ends too."""
    assert b"\n\t" in PING
    assert edge.verify(request(), secrets=secrets, now=NOW)


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(request(secret="another"), id="another_secret"),
        pytest.param(WebhookRequest(headers={}, body=PING), id="no_signature"),
        pytest.param(request(given=""), id="an_empty_signature"),
        pytest.param(request(given="sha1="), id="nothing_after_the_scheme"),
        pytest.param(
            request(given=hmac.digest(SECRET.encode(), PING, "sha1").hex()), id="no_scheme"
        ),
        pytest.param(
            request(given="sha256=" + hmac.digest(SECRET.encode(), PING, "sha256").hex()),
            id="another_scheme",
        ),
        pytest.param(
            WebhookRequest(headers=request().headers, body=json.dumps(json.loads(PING)).encode()),
            id="the_same_json_written_otherwise",
        ),
        pytest.param(
            WebhookRequest(headers={}, body=PING, query={"key": SECRET}), id="a_key_in_the_url"
        ),
    ],
)
def test_anything_else_is_refused(told: WebhookRequest):
    assert not edge.verify(told, secrets=[SECRET], now=NOW)


def test_without_a_secret_nobody_is_believed():
    assert not edge.verify(request(), secrets=[], now=NOW)
    assert not edge.verify(request(secret=""), secrets=[""], now=NOW)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "admin_closed",
            Located(
                event_id="notif_00000000-0000-4000-8000-000000000006",
                external_id="21300000097",
                type="conversation.admin.closed",
            ),
        ),
        (
            "newer_user_created",
            Located(
                event_id="notif_00000000-0000-4000-8000-000000000011",
                external_id="21300000098",
                type="conversation.user.created",
            ),
        ),
        ("ping", Located(type="ping", ignored=True)),
    ],
)
def test_what_the_ingress_locates(name: str, expected: Located):
    """A notification keeps its id when it is sent again."""
    assert expected == edge.locate(request((SAMPLES / f"{name}.json").read_bytes()))


@pytest.mark.parametrize(
    ("topic", "ignored"),
    [
        ("contact.created", True),
        ("conversation.read", True),
        ("conversation.admin.snoozed", True),
        ("conversation_part.redacted", True),
        ("ticket.created", True),
        ("conversation.admin.opened", False),
        ("conversation.admin.sung", False),
    ],
)
def test_topics_that_say_nothing_are_ignored_at_the_door(*, topic: str, ignored: bool):
    """One that nobody knows is kept for the admin to see."""
    raw = json.dumps({"topic": topic, "data": {"item": {"id": "7"}}}).encode()

    assert edge.locate(request(raw)).ignored is ignored


def test_it_is_a_chat_provider_whose_secret_is_its_own():
    facts = Catalog().facts("intercom")

    assert facts is not None
    assert (facts.kinds, facts.secret_is_ours, facts.fixed_source) == ((Kind.CHAT,), False, None)
    assert Catalog().secret_problem("intercom", SECRET) is None


@pytest.mark.parametrize("topic", sorted(edge.UPDATES))
def test_the_admin_is_told_to_subscribe_to_everything_that_is_read(topic: str):
    facts = Catalog().facts("intercom")

    assert facts is not None
    assert topic in facts.instructions


@given(st.binary(max_size=300), st.text(max_size=70))
def test_any_bytes_are_survived(raw: bytes, offered: str):
    """Unproven bytes reach `verify`; nothing that it lets through can break what follows."""
    told = request(raw, given=offered)

    assert not edge.verify(told, secrets=[SECRET], now=NOW)
    edge.locate(told)
    assert edge.redact(raw) == raw

"""Chatwoot at the ingress: who is believed, which conversation is told of, what is stored."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.adapters.providers.catalog import Catalog
from switchhook.adapters.providers.chatwoot import edge
from switchhook.domain.facts.event import Kind
from switchhook.ports.ingress import Located, WebhookRequest

NOW = datetime(2026, 11, 20, 15, 5, tzinfo=UTC)
SECRET = "example-chatwoot-secret"
BODY = b'{"event":"conversation_created",\n\t"id":88}'
SAMPLES = Path(__file__).parent / "chatwoot"


def request(
    raw: bytes = BODY,
    *,
    secret: str = SECRET,
    at: str = "1795187100",
    query: dict[str, str] | None = None,
    **headers: str | None,
) -> WebhookRequest:
    mac = hmac.digest(secret.encode(), at.encode() + b"." + raw, "sha256").hex()
    genuine = {"x-chatwoot-timestamp": at, "x-chatwoot-signature": f"sha256={mac}"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    told = {name: value for name, value in {**genuine, **named}.items() if value is not None}
    return WebhookRequest(headers=told, body=raw, query=query or {})


def unsigned(**query: str) -> WebhookRequest:
    return WebhookRequest(headers={}, body=BODY, query=query)


def test_a_signature_made_elsewhere_is_believed():
    """The value was computed by another implementation for its secret, time and body."""
    told = WebhookRequest(
        headers={
            "x-chatwoot-timestamp": "1795187100",
            "x-chatwoot-signature": "sha256=e7e59fe3227fa38a11f81ed888c19a2aaf9b120063a1d54692db13cfaef7cfbf",
        },
        body=b'{"event":"conversation_created"}',
    )

    assert edge.verify(told, secrets=["chatwoot-secret"], now=NOW)
    assert not edge.verify(told, secrets=["chatwoot-secret-2"], now=NOW)


@pytest.mark.parametrize("secrets", [[SECRET], ["old", SECRET], [SECRET, "old"]])
def test_a_genuine_request_is_believed_also_while_a_secret_changes(secrets: list[str]):
    assert edge.verify(request(), secrets=secrets, now=NOW)
    assert edge.verify(unsigned(key=SECRET), secrets=secrets, now=NOW)


@pytest.mark.parametrize(
    ("age_s", "believed"), [(300, True), (301, False), (-300, True), (-301, False)]
)
def test_a_copied_request_soon_expires(*, age_s: int, believed: bool):
    now = NOW + timedelta(seconds=age_s)

    assert edge.verify(request(), secrets=[SECRET], now=now) is believed


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(request(secret="another"), id="another_secret"),
        pytest.param(request(x_chatwoot_signature=None), id="no_signature"),
        pytest.param(request(x_chatwoot_signature=""), id="an_empty_signature"),
        pytest.param(request(x_chatwoot_signature="sha256="), id="nothing_after_the_scheme"),
        pytest.param(request(x_chatwoot_signature="sha1=" + "0" * 40), id="another_scheme"),
        pytest.param(
            request(
                x_chatwoot_signature=request()
                .headers["x-chatwoot-signature"]
                .removeprefix("sha256=")
            ),
            id="no_scheme",
        ),
        pytest.param(request(x_chatwoot_timestamp=None), id="no_time"),
        pytest.param(request(x_chatwoot_timestamp="1795187101"), id="another_time"),
        pytest.param(request(x_chatwoot_timestamp="soon"), id="no_number_as_time"),
        pytest.param(
            WebhookRequest(headers=request().headers, body=BODY.replace(b"\n\t", b"")),
            id="the_same_json_written_otherwise",
        ),
        pytest.param(unsigned(), id="neither_signature_nor_key"),
        pytest.param(unsigned(key=""), id="an_empty_key"),
        pytest.param(unsigned(key="guessed"), id="another_key"),
        pytest.param(unsigned(token=SECRET), id="the_key_under_another_name"),
        pytest.param(
            request(secret="another", query={"key": SECRET}), id="a_key_beside_a_wrong_signature"
        ),
    ],
)
def test_anything_else_is_refused(told: WebhookRequest):
    assert not edge.verify(told, secrets=[SECRET], now=NOW)


def test_without_a_secret_nobody_is_believed():
    assert not edge.verify(request(), secrets=[], now=NOW)
    assert not edge.verify(request(secret=""), secrets=[""], now=NOW)
    assert not edge.verify(unsigned(key=""), secrets=[""], now=NOW)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conversation_created", Located(external_id="88", type="conversation_created")),
        ("status_resolved", Located(external_id="88", type="conversation_status_changed")),
        ("older_resolved", Located(external_id="88", type="conversation_resolved")),
        (
            "message_incoming",
            Located(named="message_created:9001", external_id="88", type="message_created"),
        ),
        ("rating", Located(external_id="88", type="message_updated")),
        ("delivered", Located(external_id="88", type="message_updated", ignored=True)),
        ("typing", Located(type="conversation_typing_on", ignored=True)),
    ],
)
def test_what_the_ingress_locates(name: str, expected: Located):
    """A delivery without an id is known by its message, else by its bytes."""
    raw = (SAMPLES / f"{name}.json").read_bytes()

    assert expected == edge.locate(WebhookRequest(headers={}, body=raw))


def test_the_delivery_s_id_is_the_event_s():
    """It is the same when Chatwoot tries again."""
    told = request(x_chatwoot_delivery="5f0c-1")

    assert edge.locate(told) == Located(
        event_id="5f0c-1", external_id="88", type="conversation_created"
    )


@pytest.mark.parametrize(
    ("type_", "ignored"),
    [
        ("contact_created", True),
        ("contact_updated", True),
        ("inbox_updated", True),
        ("webwidget_triggered", True),
        ("conversation_typing_off", True),
        ("conversation_opened", False),
        ("conversation_sung", False),
        ("automation_event.conversation_created", False),
    ],
)
def test_types_that_say_nothing_are_ignored_at_the_door(*, type_: str, ignored: bool):
    """One that nobody knows is kept for the admin to see."""
    raw = json.dumps({"event": type_, "id": 1}).encode()

    assert edge.locate(WebhookRequest(headers={}, body=raw)).ignored is ignored


def test_it_is_a_chat_provider_whose_secret_is_its_own():
    facts = Catalog().facts("chatwoot")

    assert facts is not None
    assert (facts.kinds, facts.secret_is_ours, facts.fixed_source) == ((Kind.CHAT,), False, None)
    assert Catalog().secret_problem("chatwoot", SECRET) is None


@given(st.binary(max_size=300), st.text(max_size=70), st.text(max_size=14))
def test_any_bytes_are_survived(raw: bytes, offered: str, at: str):
    """Unproven bytes reach `verify`; nothing that it lets through can break what follows."""
    told = WebhookRequest(
        headers={"x-chatwoot-signature": offered, "x-chatwoot-timestamp": at},
        body=raw,
        query={"key": offered},
    )

    assert not edge.verify(told, secrets=[SECRET], now=NOW)
    edge.locate(told)
    assert edge.redact(raw) == raw

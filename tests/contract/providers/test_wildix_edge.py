"""Wildix at the ingress: who is believed, what is located, what is ignored."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.adapters.providers.catalog import Catalog
from switchhook.adapters.providers.wildix import edge
from switchhook.ports.ingress import Located, WebhookRequest

RECEIVED = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
SECRET, OLD_SECRET = "example-secret-1", "example-secret-0"
SAMPLES = Path(__file__).parent / "wildix"
CALL = (SAMPLES / "end_outbound.json").read_bytes()
CALL_ID = "pbx_c1_1795186800.7"


def signature(secret: str = SECRET, body: bytes = CALL) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def believed(
    given: str | None, *, body: bytes = CALL, secrets: tuple[str, ...] = (SECRET,)
) -> bool:
    headers = {} if given is None else {"x-signature": given}
    return edge.verify(WebhookRequest(headers=headers, body=body), secrets=secrets, now=RECEIVED)


def test_a_signature_with_any_live_secret_is_believed():
    """Both secrets work while one replaces the other."""
    both = (SECRET, OLD_SECRET)

    assert believed(signature(), secrets=both)
    assert believed(signature(OLD_SECRET), secrets=both)


@pytest.mark.parametrize(
    "offered",
    [
        pytest.param(None, id="absent"),
        pytest.param("", id="empty"),
        pytest.param(signature("another"), id="another_secret"),
        pytest.param(signature()[:-1], id="cut"),
        pytest.param(f"sha256={signature()}", id="a_prefix_that_wildix_does_not_send"),
        pytest.param("\u00e9\udcff", id="no_hex"),
    ],
)
def test_a_forged_or_missing_signature_is_not_believed(offered: str | None):
    assert not believed(offered)


def test_the_raw_bytes_are_signed():
    """The same JSON in other white space is another message, and a retired secret none at all."""
    compact = json.dumps(json.loads(CALL), separators=(",", ":")).encode()

    assert not believed(signature(), body=compact)
    assert believed(signature(body=compact), body=compact)
    assert not believed(signature(OLD_SECRET))
    assert not believed(signature(""), secrets=("",))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            CALL,
            Located(
                named=f"call:end:{CALL_ID}:1795186803000", external_id=CALL_ID, type="call:end"
            ),
            id="the_end",
        ),
        pytest.param(
            (SAMPLES / "completed_inbound.json").read_bytes(),
            Located(
                named=f"call:completed:{CALL_ID}:1795187015000:0",
                external_id=CALL_ID,
                type="call:completed",
            ),
            id="one_flow_is_named",
        ),
        pytest.param(
            (SAMPLES / "completed_transferred.json").read_bytes(),
            Located(
                named=f"call:completed:{CALL_ID}:1795186950000",
                external_id=CALL_ID,
                type="call:completed",
            ),
            id="several_flows_are_the_call",
        ),
        pytest.param(
            (SAMPLES / "transcription.json").read_bytes(),
            Located(
                named=f"call:transcription:completed:{CALL_ID}",
                external_id=CALL_ID,
                type="call:transcription:completed",
                ignored=True,
            ),
            id="words_are_ignored",
        ),
        pytest.param(
            b'{"type": "call:completed", "id": "event-1", "data": {"id": "call-1", "flowIndex": 2}}',
            Located(named="call:completed:call-1:2", external_id="call-1", type="call:completed"),
            id="the_record_knows_its_call",
        ),
        pytest.param(b'{"type": "call:end", "data": {}}', Located(type="call:end"), id="no_id"),
        pytest.param(b'{"id": "c-1"}', Located(external_id="c-1"), id="no_type"),
        pytest.param(b'{"id": [], "type": 1, "data": []}', Located(type="1"), id="odd_types"),
        pytest.param(b"not json", Located(), id="no_json"),
    ],
)
def test_what_the_ingress_locates(body: bytes, expected: Located):
    """A redelivery repeats type, id and time, so it gives the same event id."""
    assert expected == edge.locate(WebhookRequest(headers={}, body=body))


@pytest.mark.parametrize(
    ("type_", "ignored"),
    [
        ("call:live:progress", True),
        ("call:live:completed", True),
        ("call:transcription:completed", True),
        ("user:presence:update", True),
        ("chat:channel:created", True),
        ("call:start", False),
        ("call:completed", False),
        ("call:unheard-of", False),
    ],
)
def test_types_that_say_nothing_of_an_end_are_ignored_at_the_door(*, type_: str, ignored: bool):
    """One that nobody knows is kept for the admin to see."""
    located = edge.locate(
        WebhookRequest(headers={}, body=json.dumps({"type": type_, "id": "c"}).encode())
    )

    assert ignored is located.ignored


def test_its_secret_is_its_own_and_its_call_ids_are_one_phone_system_s():
    facts = Catalog().facts("wildix")

    assert facts is not None
    assert (facts.secret_is_ours, facts.fixed_source) == (False, None)
    assert Catalog().secret_problem("wildix", SECRET) is None
    assert Catalog().secret_problem("wildix", "") is not None


@given(st.binary(max_size=300), st.text(max_size=70))
def test_any_bytes_are_survived(body: bytes, offered: str):
    """Unproven bytes reach `verify`; nothing that it lets through can break what follows."""
    assert not believed(offered, body=body)
    edge.locate(WebhookRequest(headers={}, body=body))
    assert edge.redact(body) == body

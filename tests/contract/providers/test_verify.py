"""Who is believed: every change of a genuine request, one at a time."""

import base64
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.adapters.providers.verify import body_token, standard_key, standard_webhooks

NOW = datetime(2026, 11, 20, 15, 5, tzinfo=UTC)
KEY = bytes(range(100, 132))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()
BODY = b'{"type": "call.ended", "call_id": "c-1"}'


def signature(message_id: str = "msg-1", at: str | None = None, body: bytes = BODY) -> str:
    at = str(int(NOW.timestamp())) if at is None else at
    mac = hmac.digest(KEY, f"{message_id}.{at}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(mac).decode()


def headers(**changes: str | None) -> dict[str, str]:
    genuine = {
        "webhook-id": "msg-1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": signature(),
    }
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in {**genuine, **named}.items() if value is not None}


def test_the_example_of_standard_webhooks_is_believed():
    """The signature that the published test vector gives for its secret, id, time and body."""
    example = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }

    assert standard_webhooks(
        example,
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        datetime.fromtimestamp(1614265330, UTC),
    )


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(headers(), id="one"),
        pytest.param(headers(webhook_signature=f"v1,AAAA {signature()}"), id="the_second_of_two"),
        pytest.param(headers(webhook_signature=f"{signature()} v1,AAAA"), id="the_first_of_two"),
        pytest.param(headers(webhook_signature=f"v1a,xyz {signature()}"), id="beside_another_kind"),
        pytest.param(headers(webhook_signature=f"  {signature()}  "), id="spaces_around"),
    ],
)
@pytest.mark.parametrize("secrets", [[SECRET], [OTHER, SECRET], [SECRET, OTHER], ["x", SECRET]])
def test_one_fitting_signature_for_one_live_secret_is_enough(
    given: dict[str, str], secrets: list[str]
):
    """So that sender and receiver can rotate one after the other."""
    assert standard_webhooks(given, BODY, secrets, NOW)


@pytest.mark.parametrize(
    ("seconds", "believed"),
    [(0, True), (300, True), (301, False), (-300, True), (-301, False), (86_400, False)],
)
def test_a_signature_is_believed_within_300_s_in_both_directions(*, seconds: int, believed: bool):
    """A copied request soon expires; a sender's clock may run ahead as well."""
    assert believed == standard_webhooks(
        headers(), BODY, [SECRET], NOW + timedelta(seconds=seconds)
    )


_AT = str(int(NOW.timestamp()))


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(headers(webhook_id=None), id="no_id"),
        pytest.param(headers(webhook_id="", webhook_signature=signature("")), id="empty_id"),
        pytest.param(headers(webhook_id="msg-2"), id="another_id"),
        pytest.param(headers(webhook_timestamp=None), id="no_timestamp"),
        pytest.param(headers(webhook_timestamp=str(int(_AT) + 1)), id="another_timestamp"),
        pytest.param(
            headers(webhook_timestamp="now", webhook_signature=signature(at="now")), id="a_word"
        ),
        pytest.param(
            headers(webhook_timestamp=f"+{_AT}", webhook_signature=signature(at=f"+{_AT}")),
            id="signed_number",
        ),
        pytest.param(
            headers(webhook_timestamp=f"{_AT}.0", webhook_signature=signature(at=f"{_AT}.0")),
            id="fraction",
        ),
        pytest.param(
            headers(webhook_timestamp="\u0661" * 10, webhook_signature=signature(at="\u0661" * 10)),
            id="foreign_digits",
        ),
        pytest.param(
            headers(webhook_timestamp="9" * 5_000, webhook_signature=signature(at="9" * 5_000)),
            id="endless",
        ),
        pytest.param(headers(webhook_signature=None), id="no_signature"),
        pytest.param(headers(webhook_signature=""), id="empty_signature"),
        pytest.param(headers(webhook_signature="v1,"), id="version_only"),
        pytest.param(headers(webhook_signature=signature().removeprefix("v1,")), id="no_version"),
        pytest.param(headers(webhook_signature=signature().replace("v1", "v2")), id="version_2"),
        pytest.param(headers(webhook_signature=signature()[:-2]), id="cut"),
        pytest.param(headers(webhook_signature="v1,\u00e9\udcff"), id="no_base64"),
    ],
)
def test_a_request_changed_in_one_header_is_not_believed(given: dict[str, str]):
    """Malformed is as little proven as forged, and never an error."""
    assert not standard_webhooks(given, BODY, [SECRET], NOW)


@given(st.integers(min_value=0, max_value=len(BODY) * 8 - 1))
def test_a_body_changed_in_one_bit_is_not_believed(bit: int):
    """The raw bytes are signed, not what they mean."""
    changed = bytearray(BODY)
    changed[bit // 8] ^= 1 << (bit % 8)

    assert not standard_webhooks(headers(), bytes(changed), [SECRET], NOW)


def test_the_same_json_in_other_bytes_is_not_believed():
    """White space counts."""
    assert not standard_webhooks(headers(), BODY.replace(b": ", b":"), [SECRET], NOW)


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param("", id="empty"),
        pytest.param("whsec_", id="no_key"),
        pytest.param(base64.b64encode(KEY).decode(), id="no_prefix"),
        pytest.param("whsec_%%%", id="no_base64"),
        pytest.param("whsec_\u00e9", id="beyond_ascii"),
        pytest.param("whsec_" + base64.b64encode(bytes(23)).decode(), id="23_bytes"),
        pytest.param("whsec_" + base64.b64encode(bytes(65)).decode(), id="65_bytes"),
    ],
)
def test_a_secret_that_holds_no_key_proves_nothing(secret: str):
    """An unusable secret is none, it does not become an empty key."""
    assert standard_key(secret) is None
    assert not standard_webhooks(headers(), BODY, [secret], NOW)


def test_without_secrets_nothing_is_believed():
    """Neither a signature nor a token."""
    assert not standard_webhooks(headers(), BODY, [], NOW)
    assert not body_token("token", [])


@pytest.mark.parametrize(
    ("given", "secrets", "believed"),
    [
        pytest.param("token-1", ["token-1"], True, id="equal"),
        pytest.param("token-1", ["token-2", "token-1"], True, id="the_second_secret"),
        pytest.param("t\u00e9\udcff", ["t\u00e9\udcff"], True, id="beyond_ascii"),
        pytest.param("token-1", ["token-11"], False, id="a_prefix"),
        pytest.param("TOKEN-1", ["token-1"], False, id="another_case"),
        pytest.param("", [""], False, id="both_empty"),
        pytest.param(None, ["None"], False, id="null"),
        pytest.param(1, ["1"], False, id="a_number"),
        pytest.param({"token-1": 1}, ["token-1"], False, id="an_object"),
    ],
)
def test_a_body_token_is_believed_when_equal(*, given: object, secrets: list[str], believed: bool):
    """Exactly equal, and never empty."""
    assert believed == body_token(given, secrets)

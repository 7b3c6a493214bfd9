"""Ways a provider proves who sent a webhook: constant time, any number of live secrets, total.

Each strategy tries every secret, also after one has fitted, so that the time taken does not tell which.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

STANDARD_PREFIX = "whsec_"
STANDARD_TOLERANCE_S = 300
"""How far a signed timestamp may lie from our clock, in both directions (contract, "Webhooks in")."""

_EPOCH = re.compile(r"[0-9]{1,12}", re.ASCII)
_KEY_BYTES = range(24, 65)


def body_token(given: object, secrets: Sequence[str]) -> bool:
    """Whether a token inside the body equals one of the secrets.

    The scheme of providers without a signature (Aircall); an empty token never fits, so neither does an
    empty secret.
    """
    if not isinstance(given, str) or not given:
        return False
    token = _bytes(given)
    fits = [hmac.compare_digest(token, _bytes(secret)) for secret in secrets]
    return any(fits)


def standard_webhooks(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime
) -> bool:
    """Whether a request is signed as Standard Webhooks asks: `v1`, HMAC-SHA256 over the raw bytes.

    Several signatures may stand in one header, separated by spaces; versions other than v1 are passed
    over. A timestamp more than 300 s from `now` refuses the request, so a copied one soon expires.
    """
    message_id = headers.get("webhook-id", "")
    sent_at = headers.get("webhook-timestamp", "")
    if not message_id or not _EPOCH.fullmatch(sent_at):
        return False
    if abs(now.timestamp() - int(sent_at)) > STANDARD_TOLERANCE_S:
        return False
    signed = b".".join((_bytes(message_id), sent_at.encode("ascii"), body))
    offered = [
        _bytes(entry.removeprefix("v1,"))
        for entry in headers.get("webhook-signature", "").split(" ")
        if entry.startswith("v1,")
    ]
    keys = [key for secret in secrets if (key := standard_key(secret)) is not None]
    expected = [_signature(key, signed) for key in keys]
    fits = [hmac.compare_digest(right, one) for right in expected for one in offered]
    return any(fits)


def standard_key(secret: str) -> bytes | None:
    """The signing key in a `whsec_` secret (24 to 64 bytes in base64), or None when it holds none."""
    if not secret.startswith(STANDARD_PREFIX):
        return None
    try:
        key = base64.b64decode(_bytes(secret.removeprefix(STANDARD_PREFIX)), validate=True)
    except binascii.Error:
        return None
    return key if len(key) in _KEY_BYTES else None


def _signature(key: bytes, signed: bytes) -> bytes:
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

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
from typing import Literal

from switchhook.adapters.providers.body import read_object

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


def url_key(query: Mapping[str, str], secrets: Sequence[str]) -> bool:
    """Whether the `key` in the url equals one of the secrets.

    The scheme of providers that sign nothing and send no credential: whoever knows the url is believed,
    so the key is long and random, and no log holds a query string.
    """
    return body_token(query.get("key"), secrets)


def hex_signature(
    given: str,
    signed: bytes,
    secrets: Sequence[str],
    *,
    digest: Literal["sha256", "sha1"] = "sha256",
) -> bool:
    """Whether `given` is the HMAC of `signed` in lower-case hex, made with one of the secrets."""
    offered = _bytes(given)
    fits = [
        hmac.compare_digest(offered, hmac.digest(_bytes(secret), signed, digest).hex().encode())
        for secret in secrets
        if secret
    ]
    return any(fits)


def jwt_body(token: bytes, secrets: Sequence[str]) -> bool:
    """Whether a compact JWT is signed with HS256 by one of the secrets and carries a JSON object.

    The header decides nothing: any other `alg` than HS256 is refused, and so is a header that asks for
    what we do not do (`crit`) or wraps another token (`cty`, `zip`). The signature is compared as it is
    written, over the bytes as they came.
    """
    signed, _, given = token.rpartition(b".")
    header = _decoded(signed.partition(b".")[0])
    asks = (read_object(header) if header is not None else None) or {}
    if asks.get("alg") != "HS256" or not asks.keys().isdisjoint(("crit", "cty", "zip")):
        return False
    fits = [
        hmac.compare_digest(given, _base64url(hmac.digest(_bytes(secret), signed, hashlib.sha256)))
        for secret in secrets
        if secret
    ]
    return any(fits) and read_object(jwt_payload(token) or b"") is not None


def jwt_payload(token: bytes) -> bytes | None:
    """The bytes that a compact JWT carries, unproven; None when it is none."""
    parts = token.split(b".")
    return _decoded(parts[1]) if len(parts) == 3 else None  # noqa: PLR2004 - header, payload, signature


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


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _decoded(part: bytes) -> bytes | None:
    try:
        return base64.b64decode(part + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None

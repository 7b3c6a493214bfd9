"""JSON web tokens signed with RS256: reads what apps send, writes what the org asserts."""

import base64
import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

__all__ = ["Assertion", "SigningKey", "access_token_hash", "read_assertion"]

_KEY_BITS = 2048
_PUBLIC_EXPONENT = 65537
_PARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """A token's claims, not yet believed: `signed_by` tells whether they may be."""

    claims: Mapping[str, object]
    signed: bytes
    signature: bytes

    def signed_by(self, key: rsa.RSAPublicKey) -> bool:
        """Return whether the owner of that key signed the claims."""
        try:
            key.verify(self.signature, self.signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


def read_assertion(token: str) -> Assertion:
    """Return the parts of an RS256 token; raises ValueError for anything else."""
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise ValueError("a token has three parts")
    header, claims = (json.loads(_decoded(part)) for part in parts[:2])
    if not isinstance(header, dict) or header.get("alg") != "RS256":
        raise ValueError("only RS256 is known")
    if not isinstance(claims, dict):
        raise ValueError("claims are an object")  # noqa: TRY004 # the text is wrong, not its type
    json.dumps(claims, ensure_ascii=False).encode()  # half a surrogate pair is no text
    signed = f"{parts[0]}.{parts[1]}".encode()
    return Assertion(claims=claims, signed=signed, signature=_decoded(parts[2]))


class SigningKey:
    """The org's own key, made when it is first needed and kept while the org runs."""

    def __init__(self) -> None:
        """Make nothing yet: most orgs are never asked to sign."""
        self._lock = threading.Lock()
        self._made: rsa.RSAPrivateKey | None = None

    def sign(self, claims: Mapping[str, object]) -> str:
        """Return the claims as a signed token."""
        header = {"typ": "JWT", "alg": "RS256", "kid": self._id()}
        signed = f"{_json_part(header)}.{_json_part(claims)}"
        signature = self._key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_encoded(signature)}"

    def as_key_set(self) -> dict[str, object]:
        """Return the public half as a JSON web key set."""
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self._id(), **self._numbers()}
        return {"keys": [key]}

    def _key(self) -> rsa.RSAPrivateKey:
        with self._lock:
            if self._made is None:
                self._made = rsa.generate_private_key(_PUBLIC_EXPONENT, _KEY_BITS)
            return self._made

    def _numbers(self) -> dict[str, str]:
        numbers = self._key().public_key().public_numbers()
        return {"e": _number(numbers.e), "n": _number(numbers.n)}

    def _id(self) -> str:
        return hashlib.sha256(self._numbers()["n"].encode()).hexdigest()[:16]


def access_token_hash(access_token: str) -> str:
    """Return the claim that binds an ID token to its access token (OpenID Connect 3.1.3.6)."""
    digest = hashlib.sha256(access_token.encode()).digest()
    return _encoded(digest[: len(digest) // 2])


def _json_part(content: Mapping[str, object]) -> str:
    return _encoded(json.dumps(content, separators=(",", ":")).encode())


def _number(value: int) -> str:
    return _encoded(value.to_bytes((value.bit_length() + 7) // 8))


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(part: str) -> bytes:
    padded = part + "=" * (-len(part) % 4)
    return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)

"""Keys, tickets, hook secrets and ids: how they look, made from randomness that comes in as bytes.

Only the hash of a key or ticket is ever stored. They are 256 random bits, so one plain SHA-256 is
enough: there is nothing to guess and no word list to try.
"""

import base64
import hashlib
from enum import StrEnum

ENTROPY_BYTES = 32
"""Bytes of randomness each function below takes."""


class Role(StrEnum):
    """Whom an API key stands for: the operator, a tenant's admin or a tenant's agents."""

    OPERATOR = "operator"
    ADMIN = "admin"
    AGENT = "agent"


_PREFIXES = {Role.ADMIN: "sha_", Role.AGENT: "shg_"}


def new_key(role: Role, entropy: bytes) -> str:
    """Makes a tenant's key; its prefix tells people, and secret scanners, what they look at."""
    return _PREFIXES[role] + _token(entropy)


def is_tenant_key(text: str) -> bool:
    """Whether a text looks like the key of a tenant, so that looking it up makes sense."""
    return text.startswith(tuple(_PREFIXES.values()))


def new_ticket(entropy: bytes) -> str:
    """Makes a connect ticket: whoever holds it may start one connection of one tenant."""
    return _token(entropy)


def fingerprint(secret: str) -> str:
    """The form in which a key or ticket is stored and looked up: SHA-256, 64 hex digits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def new_hook_secret(entropy: bytes) -> str:
    """Makes a webhook secret in the form of Standard Webhooks: `whsec_` and base64."""
    return "whsec_" + base64.b64encode(entropy).decode("ascii")


def new_url_key(entropy: bytes) -> str:
    """Makes a webhook secret that can stand in a url as it is: letters, digits, `-` and `_`."""
    return _token(entropy)


def new_tenant_id(entropy: bytes) -> str:
    """Makes a tenant's id: `t`, an underscore and 16 lower-case letters and digits (80 random bits)."""
    return "t_" + _short(entropy)


def new_hook_id(entropy: bytes) -> str:
    """Makes a hook's id: `h`, an underscore and 16 lower-case letters and digits (80 random bits)."""
    return "h_" + _short(entropy)


def new_job_id(entropy: bytes) -> str:
    """Makes a job's id: `j`, an underscore and 16 lower-case letters and digits (80 random bits)."""
    return "j_" + _short(entropy)


def _token(entropy: bytes) -> str:
    return base64.urlsafe_b64encode(entropy).decode("ascii").rstrip("=")


def _short(entropy: bytes) -> str:
    return base64.b32encode(entropy[:10]).decode("ascii").lower()

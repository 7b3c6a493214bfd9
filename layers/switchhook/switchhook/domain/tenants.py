"""A tenant and what its admin sets up; keys, tickets, hook secrets and ids, and how they look.

Randomness comes in as bytes. Only the hash of a key or ticket is ever stored. They are 256 random bits, so
one plain SHA-256 is enough: there is nothing to guess and no word list to try.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from switchhook.domain.facts.event import Kind
from switchhook.domain.facts.people import ListedAgent

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


_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A customer of the operator; `key_hashes` are the fingerprints of its two API keys."""

    id: str
    name: str
    created_at: datetime
    key_hashes: Mapping[Role, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHolder:
    """Who a tenant's API key stands for."""

    tenant: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsVersion:
    """One immutable version of a tenant's own settings; `patch` lies over its preset."""

    version: int
    effective_at: datetime
    patch: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedHook:
    """A hook as its tenant sees it; secrets are elsewhere.

    `previous_until` is in epoch seconds: until then the secret before the last change works too.
    """

    id: str
    provider: str
    kind: Kind
    source: str
    created_at: datetime
    has_secret: bool
    previous_until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleList:
    """The tenant's people as its admin wrote them, with the own numbers in E.164 beside them."""

    agents: tuple[ListedAgent, ...] = ()
    own_numbers_raw: tuple[str, ...] = ()
    own_numbers_e164: tuple[str, ...] = ()
    internal_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFacts:
    """What setting up a hook needs to know of a provider.

    `secret_is_ours` false: the provider makes the secret and the admin brings it. `fixed_source` is
    set where the provider's call ids are unique across all its customers. `key_in_url`: the provider
    proves nothing, so the secret stands in the url as `?key=`.
    """

    name: str
    kinds: tuple[Kind, ...]
    secret_is_ours: bool
    fixed_source: str | None
    instructions: str
    key_in_url: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page[T]:
    """One page of a list; `next_cursor` is None on the last one."""

    items: tuple[T, ...]
    next_cursor: str | None = None


def is_id(text: str) -> bool:
    """Whether a text may be the id of a tenant, hook or activity, so that looking it up makes sense."""
    return _ID.fullmatch(text) is not None

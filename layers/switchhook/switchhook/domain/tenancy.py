"""A tenant and what its admin sets up: keys, settings versions, hooks, people."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from switchhook.domain.api_keys import Role
from switchhook.domain.events import Kind
from switchhook.domain.people import ListedAgent

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

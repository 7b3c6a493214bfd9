"""Who the tenant's agents are, which numbers are its own, and who they are in Salesforce."""

from dataclasses import dataclass
from datetime import datetime

OWNING_USER_TYPES = ("Standard", "PowerPartner")
"""Users who can own a Task (SH-11); the rest are guests, processes and portal visitors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAgent:
    """One agent of the tenant's people list; any field may be unknown."""

    id: str | None = None
    email: str | None = None
    name: str | None = None
    extension: str | None = None
    salesforce_user_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The tenant's agents and own numbers; `own_numbers` are E.164, `internal_domains` lower case."""

    agents: tuple[ListedAgent, ...] = ()
    own_numbers: frozenset[str] = frozenset()
    internal_domains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgUser:
    """One user of the tenant's org."""

    id: str
    name: str
    email: str
    is_active: bool = True
    user_type: str = "Standard"
    last_login_at: datetime | None = None

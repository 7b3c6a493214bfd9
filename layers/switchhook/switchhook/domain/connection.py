"""A tenant's grant to its Salesforce org, and what we may do with it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from switchhook.domain.facts.people import OrgUser


class ConnectionStatus(StrEnum):
    """Whether the tenant's grant can be used."""

    NOT_CONNECTED = "not_connected"
    CONNECTED = "connected"
    BROKEN = "broken"


class SecondTenant(StrEnum):
    """What happens when a tenant connects to an org that another tenant is connected to."""

    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One pre-flight finding about the connected user's rights, in words an admin can act on."""

    id: str
    ok: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiUsage:
    """The org's own gauge of API calls in the last 24 hours; approximate by nature."""

    used: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnApp:
    """A Salesforce app that a tenant made in its own org (CX-2b).

    `secret_id` names the secret that holds its credentials.
    """

    client_id: str
    secret_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A tenant's connection as stored; tokens are KMS ciphertext.

    `generation` grows with every new token pair. `lease_until` and `lease_holder` name the one
    refresher. `refresh_sent_at` is set before a refresh is sent and cleared when its answer is
    stored: while set, the refresh token may be spent. `parked` names why activities wait although
    the grant is good ("budget"). `app` is the tenant's own app that the grant was made with, None for
    the deployment's: a grant belongs to its app for as long as it lives.
    """

    tenant: str
    status: ConnectionStatus
    generation: int = 0
    org_id: str = ""
    instance_url: str = ""
    login_url: str = ""
    app: OwnApp | None = None
    user: OrgUser | None = None
    access_ciphertext: bytes = b""
    refresh_ciphertext: bytes = b""
    connected_at: datetime | None = None
    refreshed_at: datetime | None = None
    refresh_sent_at: datetime | None = None
    lease_until: datetime | None = None
    lease_holder: str | None = None
    checks: tuple[Check, ...] = ()
    usage: ApiUsage | None = None
    parked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A usable access token of one generation; never logged, never stored in clear."""

    tenant: str
    generation: int
    access_token: str
    instance_url: str
    org_id: str
    user_id: str

    def __repr__(self) -> str:
        return f"Grant(tenant={self.tenant!r}, generation={self.generation})"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """A fresh answer of the token endpoint; `refresh_token` is None when it was not rotated."""

    access_token: str
    refresh_token: str | None
    instance_url: str
    identity_url: str

    def __repr__(self) -> str:
        return f"TokenPair(instance_url={self.instance_url!r})"

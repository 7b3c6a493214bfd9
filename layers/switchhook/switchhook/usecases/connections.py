"""A tenant's connection as its admin sees it: the way to connect, and how it stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from switchhook.domain.api_keys import fingerprint, new_ticket
from switchhook.domain.connection import Connection, ConnectionStatus
from switchhook.ports import Connections
from switchhook.ports_admin import ConnectTickets

TICKET_LASTS = timedelta(minutes=10)
"""How long a connect ticket can be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectTicket:
    """A single-use permission to connect a tenant; `ticket` is seen here only."""

    ticket: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"ConnectTicket(expires_at={self.expires_at.isoformat()!r})"


def issue_ticket(
    tenant_id: str,
    *,
    confirm_org: bool,
    tickets: ConnectTickets,
    entropy: bytes,
    now: datetime,
) -> ConnectTicket:
    """Makes a ticket for connecting, or connecting again; `confirm_org` allows another org."""
    made = ConnectTicket(ticket=new_ticket(entropy), expires_at=now + TICKET_LASTS)
    tickets.issue(
        fingerprint(made.ticket),
        tenant_id=tenant_id,
        confirm_org=confirm_org,
        expires_at=made.expires_at,
    )
    return made


def get_connection(tenant_id: str, *, connections: Connections) -> Connection:
    """Gives the connection; one that says `not_connected` when the tenant never connected."""
    stored = connections.read(tenant_id)
    if stored is None:
        return Connection(tenant=tenant_id, status=ConnectionStatus.NOT_CONNECTED)
    return stored

"""What connecting a tenant to Salesforce needs from the world."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from switchhook.domain.connection import TokenPair


@dataclass(frozen=True, slots=True, kw_only=True)
class AppCredentials:
    """The external client app that Switchhook is to Salesforce."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return "AppCredentials()"


class SalesforceApp(Protocol):
    """Knows the app's credentials."""

    def credentials(self) -> AppCredentials:
        """The credentials in force.

        Raises:
            Retryable: they cannot be read now, or nobody has stored them yet.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectTicket:
    """An admin's right to connect one tenant, once, until `expires_at`."""

    tenant: str
    confirm_org: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectState:
    """One way to Salesforce and back: whose it is, and what verifies the one who returns.

    `browser_hash` is the SHA-256 of the cookie's value, `verifier_ciphertext` the PKCE verifier
    under the tenant's context.
    """

    tenant: str
    confirm_org: bool
    browser_hash: str
    verifier_ciphertext: bytes
    login_url: str
    redirect_uri: str
    expires_at: datetime


class ConnectSteps(Protocol):
    """Single-use tickets and states, found by the SHA-256 of what the browser carries."""

    def take_ticket(self, ticket_hash: str) -> ConnectTicket | None:
        """Remove and return the ticket; None when there is none (any more)."""
        ...

    def put_state(self, state_hash: str, state: ConnectState) -> None:
        """Remember a state."""
        ...

    def take_state(self, state_hash: str) -> ConnectState | None:
        """Remove and return the state; None when there is none (any more)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who granted access, in Salesforce's words."""

    org_id: str
    user_id: str
    name: str
    email: str


class IdentityReader(Protocol):
    """Asks Salesforce who a token belongs to."""

    def identify(self, pair: TokenPair) -> Identity:
        """The user behind a fresh token.

        Raises:
            Retryable, Permanent.
        """
        ...


class Markers(Protocol):
    """The tenant's due dates on the caretaker's list; one write each."""

    def drain_now(self, tenant: str, *, now: datetime) -> None:
        """Make the parked tenant due at once; harmless when nothing is parked."""
        ...

    def keep_alive_at(self, tenant: str, at: datetime) -> None:
        """Refresh the tenant's grant at a time, unless it was used before."""
        ...

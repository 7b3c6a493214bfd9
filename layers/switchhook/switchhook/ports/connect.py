"""What connecting a tenant to Salesforce needs from the world."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from switchhook.domain.connection import Connection, OwnApp, TokenPair

APP_NOT_SET_UP = "app_not_set_up"
"""The code of the error that tells that the deployment has no Salesforce app yet (CX-3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppCredentials:
    """The external client app that Switchhook is to Salesforce."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return "AppCredentials()"


class SalesforceApp(Protocol):
    """Knows the credentials of the deployment's own app."""

    def credentials(self) -> AppCredentials:
        """The credentials in force.

        Raises:
            Retryable: they cannot be read now, or (code `APP_NOT_SET_UP`) nobody has stored them yet.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AppChoice:
    """The app of its own that a tenant connects with, and where its people sign in for it."""

    app: OwnApp
    login_url: str


class AppChoices(Protocol):
    """Which tenants connect with an app of their own; one write each, the last one counts."""

    def read(self, tenant: str) -> AppChoice | None:
        """The tenant's choice, strongly consistent; None while it uses the deployment's app."""
        ...

    def put(self, tenant: str, choice: AppChoice) -> None:
        """Store the choice, if the tenant still exists."""
        ...

    def drop(self, tenant: str) -> None:
        """Forget the choice; harmless when there is none."""
        ...


class AppSecrets(Protocol):
    """Keeps the credentials of tenants' own apps; a name stands for one tenant and client id."""

    def create(self, name: str, credentials: AppCredentials) -> str | None:
        """Keep them under a new name and give the secret's id; None when the name is taken."""
        ...

    def replace(self, name: str, credentials: AppCredentials) -> str | None:
        """Put them in the place of the name's and give the secret's id; None when there is none."""
        ...

    def delete(self, secret_id: str) -> None:
        """Forget a secret for good; harmless when it is gone."""
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
    under the tenant's context, `app` the tenant's own app (None: the deployment's).
    """

    tenant: str
    confirm_org: bool
    browser_hash: str
    verifier_ciphertext: bytes
    login_url: str
    redirect_uri: str
    expires_at: datetime
    app: OwnApp | None = None


class ConnectSteps(Protocol):
    """Single-use tickets and states, found by the SHA-256 of what the browser carries; whose they are."""

    def tenant_name(self, tenant: str) -> str | None:
        """What a tenant is called, strongly consistent; None when it is gone."""
        ...

    def read_ticket(self, ticket_hash: str) -> ConnectTicket | None:
        """The ticket, which stays; None when there is none (any more)."""
        ...

    def put_ticket(self, ticket_hash: str, ticket: ConnectTicket) -> None:
        """Remember a new ticket, if its tenant still exists.

        Raises:
            Conflict: the tenant is being deleted.
        """
        ...

    def take_ticket(self, ticket_hash: str) -> ConnectTicket | None:
        """Remove and return the ticket; None when there is none (any more)."""
        ...

    def put_state(self, state_hash: str, state: ConnectState) -> None:
        """Remember a state."""
        ...

    def take_state(self, state_hash: str) -> ConnectState | None:
        """Remove and return the state; None when there is none (any more)."""
        ...


class SharedOrgs(Protocol):
    """Which tenants are connected to an org; kept together with their connections."""

    def connect(self, seen: Connection, new: Connection, *, alone: bool) -> bool:
        """Store a new grant and count the tenant among its org's, if the connection is as in `seen`.

        With `alone` only if no other tenant is connected to the org, or this one is already. False
        when a condition did not hold, or the tenant is gone.
        """
        ...

    def tenants_of(self, org_id: str) -> frozenset[str]:
        """The tenants connected to an org, strongly consistent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who granted access, in Salesforce's words."""

    org_id: str
    user_id: str
    name: str
    email: str


class TokenEndpoint(Protocol):
    """Salesforce's OAuth endpoints, one request a method, never repeated."""

    def exchange(
        self, login_url: str, *, app: OwnApp | None, code: str, verifier: str, redirect_uri: str
    ) -> TokenPair:
        """Trade an authorization code for tokens; `app` None is the deployment's."""
        ...

    def refresh(self, login_url: str, *, app: OwnApp | None, refresh_token: str) -> TokenPair:
        """Trade a refresh token of the app's for a new pair; `app` None is the deployment's.

        Raises:
            NeedsReconnect: `invalid_grant` and the like: the grant is gone.
            NotDelivered, Retryable: nothing was spent.
            OutcomeUnknown: the refresh token may be spent.
        """
        ...

    def revoke(self, login_url: str, *, token: str) -> None:
        """Revoke a token; a token already dead is done."""
        ...

    def identify(self, pair: TokenPair) -> Identity:
        """The user behind a fresh token.

        Raises:
            Retryable, Permanent.
        """
        ...

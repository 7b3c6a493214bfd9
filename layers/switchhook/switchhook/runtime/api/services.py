"""What the routes are given; the wiring builds it from AWS, the tests from fakes."""

from datetime import datetime
from typing import Protocol

from switchhook.ports.admin import (
    ApiKeys,
    ConnectTickets,
    HookList,
    HookStore,
    IdempotencyKeys,
    JobQueue,
    Jobs,
    LedgerReader,
    OperatorKey,
    PeopleStore,
    ProviderCatalog,
    SettingsVersions,
    TenantEraser,
    Tenants,
)
from switchhook.ports.connect import AppChoices, AppSecrets, SalesforceApp
from switchhook.ports.ingress import HookReader, PayloadStore
from switchhook.ports.ledger import Cipher, Connections, NumberPlan
from switchhook.usecases.record.world import World


class Services(Protocol):
    """Every port that some route needs, made when first asked for."""

    @property
    def tenants(self) -> Tenants:
        """The tenants."""
        ...

    @property
    def eraser(self) -> TenantEraser:
        """Removes tenants."""
        ...

    @property
    def keys(self) -> ApiKeys:
        """Who is calling."""
        ...

    @property
    def operator(self) -> OperatorKey:
        """The operator's key."""
        ...

    @property
    def versions(self) -> SettingsVersions:
        """Settings."""
        ...

    @property
    def people(self) -> PeopleStore:
        """People."""
        ...

    @property
    def hooks(self) -> HookList:
        """Hooks as tenants see them."""
        ...

    @property
    def hook_store(self) -> HookStore:
        """Changes hooks."""
        ...

    @property
    def hook_reader(self) -> HookReader:
        """Hooks as the ingress sees them."""
        ...

    @property
    def tickets(self) -> ConnectTickets:
        """Connect tickets."""
        ...

    @property
    def connections(self) -> Connections:
        """Grants."""
        ...

    @property
    def ledger(self) -> LedgerReader:
        """The ledger."""
        ...

    @property
    def cipher(self) -> Cipher:
        """Encrypts secrets."""
        ...

    @property
    def catalog(self) -> ProviderCatalog:
        """The providers."""
        ...

    @property
    def plan(self) -> NumberPlan:
        """Reads telephone numbers."""
        ...

    @property
    def app_choices(self) -> AppChoices:
        """Which app of its own a tenant connects with."""
        ...

    @property
    def app_secrets(self) -> AppSecrets:
        """The credentials of tenants' own apps."""
        ...

    @property
    def default_app(self) -> SalesforceApp:
        """The deployment's Salesforce app."""
        ...

    def app_secret_prefix(self) -> str:
        """How the names of tenants' app secrets begin."""
        ...

    def default_login_url(self) -> str:
        """Where people sign in unless an app says otherwise."""
        ...

    def read_login_url(self, url: str) -> str:
        """A sign-in address as it is used; raises `Permanent` for one that is not Salesforce's."""
        ...

    @property
    def world(self) -> World:
        """What the worker has: to explain, to replay and to ask the org."""
        ...

    @property
    def idempotency_keys(self) -> IdempotencyKeys:
        """What callers asked for under keys of their own."""
        ...

    @property
    def jobs(self) -> Jobs:
        """Long work."""
        ...

    @property
    def job_queue(self) -> JobQueue:
        """Takes jobs on."""
        ...

    @property
    def payloads(self) -> PayloadStore:
        """Bodies too large for an item."""
        ...

    def disconnect(self, tenant_id: str) -> bool:
        """Revoke and forget the tenant's grant; False when Salesforce did not confirm it."""
        ...

    def entropy(self) -> bytes:
        """32 fresh random bytes."""
        ...

    def now(self) -> datetime:
        """Aware UTC."""
        ...

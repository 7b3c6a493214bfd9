"""What the routes are given; the wiring builds it from AWS, the tests from fakes."""

from datetime import datetime
from typing import Protocol

from switchhook.ports import Cipher, Connections, NumberPlan
from switchhook.ports_admin import (
    ApiKeys,
    ConnectTickets,
    HookList,
    HookStore,
    LedgerReader,
    OperatorKey,
    PeopleStore,
    ProviderCatalog,
    SettingsVersions,
    TenantEraser,
    Tenants,
)
from switchhook.ports_ingress import HookReader


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

    def disconnect(self, tenant_id: str) -> bool:
        """Revoke and forget the tenant's grant; False when Salesforce did not confirm it."""
        ...

    def entropy(self) -> bytes:
        """32 fresh random bytes."""
        ...

    def now(self) -> datetime:
        """Aware UTC."""
        ...

"""What a tenant's admin has set, and what is remembered of its org, in memory."""

from collections.abc import Mapping
from datetime import UTC, datetime

from switchhook.domain.crm import StoredFacts
from switchhook.domain.facts.people import People
from switchhook.domain.settings.reading import resolve
from switchhook.domain.settings.schema import Settings

EVER = datetime(2020, 1, 1, tzinfo=UTC)


class FakeTenants:
    """The port TenantReader; `set_settings` adds an immutable version, in force from a time on."""

    def __init__(self) -> None:
        self.versions: dict[str, list[tuple[datetime, Settings]]] = {}
        self.people_of: dict[str, People] = {}

    def set_settings(
        self, tenant: str, patch: Mapping[str, object], *, effective_at: datetime = EVER
    ) -> Settings:
        versions = self.versions.setdefault(tenant, [])
        settings = resolve(patch, version=len(versions) + 1)
        versions.append((effective_at, settings))
        return settings

    def settings_at(self, tenant: str, at: datetime) -> Settings | None:
        versions = self.versions.get(tenant, [])
        in_force = [settings for effective_at, settings in versions if effective_at <= at]
        if in_force:
            return in_force[-1]
        return versions[0][1] if versions else None

    def people(self, tenant: str) -> People:
        return self.people_of.get(tenant, People())


class FakeOrgMemory:
    """The port OrgMemory."""

    def __init__(self) -> None:
        self.facts: dict[str, StoredFacts] = {}

    def recall(self, tenant: str) -> StoredFacts | None:
        return self.facts.get(tenant)

    def remember(self, tenant: str, facts: StoredFacts) -> None:
        self.facts[tenant] = facts

"""Answers about tenants, their settings, people and hooks."""

from typing import Annotated, Any, Literal, Self

from pydantic import RootModel

from switchhook.domain import tenants
from switchhook.domain.facts import people
from switchhook.domain.facts.event import Kind
from switchhook.runtime.api.answers.base import (
    SOMETIMES,
    Answer,
    AnyObject,
    Count,
    Page,
    Time,
    Url,
)
from switchhook.usecases.tenants import settings


class NewTenant(Answer):
    """A tenant that was just made, with its keys."""

    tenant_id: str
    admin_key: str
    agent_key: str


class Tenant(Answer):
    """A tenant."""

    tenant_id: str
    name: str
    created_at: Time

    @classmethod
    def of(cls, tenant: tenants.Tenant) -> Self:
        """The tenant without its keys."""
        return cls(tenant_id=tenant.id, name=tenant.name, created_at=tenant.created_at)


class TenantPage(Page[Tenant]):
    """Tenants, oldest first."""


class TenantDeleted(Answer):
    """What went with a tenant; `grant_revoked` is null where there was no grant."""

    tenant_id: str
    removed_items: Count
    grant_revoked: bool | None
    kept: str


class NewKey(Answer):
    """A role's new key, under its own name too."""

    role: Literal["admin", "agent"]
    key: str
    admin_key: Annotated[str | None, SOMETIMES] = None
    agent_key: Annotated[str | None, SOMETIMES] = None


class Settings(RootModel[AnyObject]):
    """Every setting with its value in force."""


class Change(Answer):
    """One setting before and after."""

    before: Any
    after: Any


class SettingsVersion(Answer):
    """A version of the settings, and what it changed."""

    version: Count
    effective_at: Time
    changes: dict[str, Change]

    @classmethod
    def of(cls, edition: settings.Edition) -> Self:
        """The version with its changes by name."""
        return cls(
            version=edition.version.version,
            effective_at=edition.version.effective_at,
            changes={
                change.name: Change(before=change.before, after=change.after)
                for change in edition.changes
            },
        )


class SettingsVersionPage(Page[SettingsVersion]):
    """The versions of the settings, newest first."""


class Agent(Answer):
    """One agent of the people list."""

    id: str | None
    email: str | None
    name: str | None
    extension: str | None
    salesforce_user_id: str | None

    @classmethod
    def of(cls, agent: people.ListedAgent) -> Self:
        """The agent as it was listed."""
        return cls(
            id=agent.id,
            email=agent.email,
            name=agent.name,
            extension=agent.extension,
            salesforce_user_id=agent.salesforce_user_id,
        )


class People(Answer):
    """The tenant's people, as the list may be sent back: numbers as they were written."""

    agents: tuple[Agent, ...]
    own_numbers: tuple[str, ...]
    internal_domains: tuple[str, ...]

    @classmethod
    def of(cls, listed: tenants.PeopleList) -> Self:
        """The list as it was written."""
        return cls(
            agents=tuple(Agent.of(agent) for agent in listed.agents),
            own_numbers=tuple(listed.own_numbers_raw),
            internal_domains=tuple(listed.internal_domains),
        )


class Hook(Answer):
    """A hook; its secret is there only where we have just made it."""

    hook_id: str
    provider: str
    kind: Kind
    url: Url
    secret: Annotated[str | None, SOMETIMES] = None
    needs_secret: bool
    source: str
    instructions: str
    created_at: Time
    previous_secret_until: Time | None


class HookPage(Page[Hook]):
    """The tenant's hooks."""

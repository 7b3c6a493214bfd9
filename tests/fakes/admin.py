"""What the admin API changes, in memory, with the semantics of TenantTable."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from switchhook.domain.activity import Activity, DecisionRecord, Entry
from switchhook.domain.errors import Conflict
from switchhook.domain.tenants import (
    KeyHolder,
    ListedHook,
    Page,
    PeopleList,
    Role,
    SettingsVersion,
    Tenant,
)
from switchhook.ports.admin import ActivityFilter, Holding, Story
from switchhook.ports.connect import ConnectState, ConnectTicket
from switchhook.ports.ingress import Hook


class FakeTenantTable:
    """Tenants, keys, settings, people, hooks and tickets: the ports that one table stands behind.

    `before_write` runs once before the next write, so that a test can come in between.
    """

    def __init__(self) -> None:
        self.tenants: dict[str, Tenant] = {}
        self.keys: dict[str, KeyHolder] = {}
        self.settings: dict[str, list[SettingsVersion]] = {}
        self.people: dict[str, PeopleList] = {}
        self.listed_hooks: dict[tuple[str, str], ListedHook] = {}
        self.former_hooks: dict[tuple[str, str], ListedHook] = {}
        self.hooks: dict[str, Hook] = {}
        self.tickets: dict[str, ConnectTicket] = {}
        self.before_write = lambda: None

    # Tenants, ApiKeys

    def create(self, tenant: Tenant, settings: SettingsVersion) -> None:
        self.tenants[tenant.id] = tenant
        self.settings[tenant.id] = [settings]
        for role, key_hash in tenant.key_hashes.items():
            self.keys[key_hash] = KeyHolder(tenant=tenant.id, role=role)

    def read(self, tenant_id: str) -> Tenant | None:
        return self.tenants.get(tenant_id)

    def page(self, *, limit: int, cursor: str | None) -> Page[Tenant]:
        found = sorted(self.tenants.values(), key=lambda tenant: (tenant.created_at, tenant.id))
        return _page(found, limit, cursor)

    def replace_key(self, seen: Tenant, role: Role, key_hash: str) -> None:
        self._come_between()
        stored = self._existing(seen.id)
        if stored.key_hashes[role] != seen.key_hashes[role]:
            raise Conflict("rotated meanwhile")
        del self.keys[stored.key_hashes[role]]
        self.keys[key_hash] = KeyHolder(tenant=seen.id, role=role)
        hashes: Mapping[Role, str] = {**stored.key_hashes, role: key_hash}
        self.tenants[seen.id] = replace(stored, key_hashes=hashes)

    def holder(self, key_hash: str) -> KeyHolder | None:
        return self.keys.get(key_hash)

    def revoke_keys(self, seen: Tenant) -> None:
        for key_hash in seen.key_hashes.values():
            self.keys.pop(key_hash, None)

    def holdings(self, tenant_id: str, *, limit: int) -> tuple[Holding, ...]:
        of_hooks = [key for key in self.listed_hooks if key[0] == tenant_id]
        found = [Holding(pk=tenant_id, sk=f"HOOK#{hook_id}") for _, hook_id in of_hooks]
        for name, held in (("SETTINGS", self.settings), ("PEOPLE", self.people)):
            found += [Holding(pk=tenant_id, sk=name)] if tenant_id in held else []
        found += [Holding(pk=tenant_id, sk="TENANT")] if tenant_id in self.tenants else []
        return tuple(found[:limit])

    def erase(self, holdings: Sequence[Holding]) -> None:
        for held in holdings:
            if held.sk.startswith("HOOK#"):
                hook_id = held.sk.removeprefix("HOOK#")
                self.hooks.pop(hook_id, None)
                self.listed_hooks.pop((held.pk, hook_id), None)
            else:
                {"SETTINGS": self.settings, "PEOPLE": self.people, "TENANT": self.tenants}[
                    held.sk
                ].pop(held.pk, None)

    def _existing(self, tenant_id: str) -> Tenant:
        if tenant_id not in self.tenants:
            raise Conflict("no tenant")
        return self.tenants[tenant_id]

    def _come_between(self) -> None:
        come, self.before_write = self.before_write, lambda: None
        come()


class FakeSettings:
    """The port SettingsVersions."""

    def __init__(self, table: FakeTenantTable) -> None:
        self._table = table

    def latest(self, tenant_id: str) -> SettingsVersion | None:
        versions = self._table.settings.get(tenant_id)
        return versions[-1] if versions else None

    def read(self, tenant_id: str, version: int) -> SettingsVersion | None:
        found = self._table.settings.get(tenant_id, [])
        return next((one for one in found if one.version == version), None)

    def page(self, tenant_id: str, *, limit: int, cursor: str | None) -> Page[SettingsVersion]:
        return _page(list(reversed(self._table.settings.get(tenant_id, []))), limit, cursor)

    def append(self, tenant_id: str, version: SettingsVersion) -> None:
        self._table._come_between()
        self._table._existing(tenant_id)
        versions = self._table.settings[tenant_id]
        if version.version != versions[-1].version + 1:
            raise Conflict("taken")
        versions.append(version)


class FakePeople:
    """The port PeopleStore."""

    def __init__(self, table: FakeTenantTable) -> None:
        self._table = table

    def read(self, tenant_id: str) -> PeopleList:
        return self._table.people.get(tenant_id, PeopleList())

    def write(self, tenant_id: str, people: PeopleList) -> None:
        self._table._existing(tenant_id)
        self._table.people[tenant_id] = people


class FakeHooks:
    """The port Hooks."""

    def __init__(self, table: FakeTenantTable) -> None:
        self._table = table

    def listed(self, tenant_id: str, hook_id: str) -> ListedHook | None:
        return self._table.listed_hooks.get((tenant_id, hook_id))

    def former(self, tenant_id: str, hook_id: str) -> ListedHook | None:
        return self._table.former_hooks.get((tenant_id, hook_id))

    def page(self, tenant_id: str, *, limit: int, cursor: str | None) -> Page[ListedHook]:
        keys = sorted(key for key in self._table.listed_hooks if key[0] == tenant_id)
        return _page([self._table.listed_hooks[key] for key in keys], limit, cursor)

    def create(self, hook: Hook, created_at: datetime) -> None:
        self._table._existing(hook.tenant)
        self._table.hooks[hook.id] = hook
        self._table.listed_hooks[hook.tenant, hook.id] = ListedHook(
            id=hook.id,
            provider=hook.provider,
            kind=hook.kind,
            source=hook.source,
            created_at=created_at,
            has_secret=hook.secret_ct is not None,
        )

    def change_secret(self, seen: Hook, new: Hook) -> None:
        self._table._come_between()
        if self._table.hooks.get(seen.id) != seen:
            raise Conflict("changed meanwhile")
        self._table.hooks[new.id] = new
        listed = self._table.listed_hooks[new.tenant, new.id]
        self._table.listed_hooks[new.tenant, new.id] = replace(
            listed, has_secret=True, previous_until=new.previous_until
        )

    def delete(self, tenant_id: str, hook: ListedHook, *, at: datetime) -> None:  # noqa: ARG002
        self._table.hooks.pop(hook.id, None)
        self._table.listed_hooks.pop((tenant_id, hook.id), None)
        self._table.former_hooks[tenant_id, hook.id] = replace(
            hook, has_secret=False, previous_until=None
        )


class FakeConnectSteps:
    """The port ConnectSteps; its tickets are the table's."""

    def __init__(self, table: FakeTenantTable) -> None:
        self._table = table
        self.states: dict[str, ConnectState] = {}

    def tenant_name(self, tenant: str) -> str | None:
        known = self._table.tenants.get(tenant)
        return None if known is None else known.name

    def read_ticket(self, ticket_hash: str) -> ConnectTicket | None:
        return self._table.tickets.get(ticket_hash)

    def put_ticket(self, ticket_hash: str, ticket: ConnectTicket) -> None:
        self._table._existing(ticket.tenant)
        self._table.tickets[ticket_hash] = ticket

    def take_ticket(self, ticket_hash: str) -> ConnectTicket | None:
        return self._table.tickets.pop(ticket_hash, None)

    def put_state(self, state_hash: str, state: ConnectState) -> None:
        self.states[state_hash] = state

    def take_state(self, state_hash: str) -> ConnectState | None:
        return self.states.pop(state_hash, None)


class FakeHookReader:
    """The port HookReader, for one who changes hooks."""

    def __init__(self, table: FakeTenantTable) -> None:
        self._table = table

    def read(self, hook_id: str) -> Hook | None:
        return self._table.hooks.get(hook_id)


class FakeLedgerReader:
    """The port LedgerReader; a filter leaves pages unfilled, as the table's does."""

    def __init__(self) -> None:
        self.heads: list[Activity] = []
        self.stories: dict[str, Story] = {}
        self.asked: list[ActivityFilter] = []

    def add(self, head: Activity, *, decisions: tuple[DecisionRecord, ...] = (), events=()) -> None:
        self.heads.append(head)
        self.stories[head.id] = Story(entry=Entry(head=head, events=events), decisions=decisions)

    def page(
        self, tenant_id: str, narrowed: ActivityFilter, *, limit: int, cursor: str | None
    ) -> Page[Activity]:
        self.asked.append(narrowed)
        own = [head for head in self.heads if head.tenant == tenant_id]
        own = [head for head in own if _in_time(head, narrowed)]
        own.sort(key=lambda head: (head.received_at, head.id), reverse=True)
        looked_at = _page(own, limit, cursor)
        fitting = tuple(head for head in looked_at.items if _fits(head, narrowed))
        return Page(items=fitting, next_cursor=looked_at.next_cursor)

    def story(self, tenant_id: str, activity_id: str) -> Story | None:
        story = self.stories.get(activity_id)
        return story if story and story.entry.head.tenant == tenant_id else None


def _in_time(head: Activity, narrowed: ActivityFilter) -> bool:
    return (narrowed.since is None or head.received_at >= narrowed.since) and (
        narrowed.until is None or head.received_at < narrowed.until
    )


def _fits(head: Activity, narrowed: ActivityFilter) -> bool:
    return (
        narrowed.state in {None, head.state}
        and narrowed.kind in {None, head.kind}
        and narrowed.source in {None, head.source}
        and narrowed.external_id in {None, head.external_id}
        and narrowed.party in {None, head.party_e164}
    )


def _page[T](found: list[T], limit: int, cursor: str | None) -> Page[T]:
    start = int(cursor or 0)
    end = start + limit
    return Page(items=tuple(found[start:end]), next_cursor=str(end) if end < len(found) else None)

"""A tenant's settings: shown whole, changed by a merge patch, kept version by version."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from switchhook.domain import setting_patches as rules
from switchhook.domain.errors import Conflict, Rejected
from switchhook.domain.mapping_sources import Mapped
from switchhook.domain.setting_patches import Difference
from switchhook.domain.settings import Settings
from switchhook.domain.tenancy import Page, SettingsVersion
from switchhook.ports_admin import SettingsVersions
from switchhook.usecases.tenants import no_such_tenant

CHANGE_TRIES = 3
"""How often a change is laid over settings that somebody else is changing at the same time."""


def get_settings(tenant_id: str, *, versions: SettingsVersions) -> Settings:
    """Gives the newest settings, complete; raises `Rejected` (404) when there is no such tenant."""
    return _resolved(_latest(tenant_id, versions))


def change_settings(
    tenant_id: str,
    change: Mapping[str, object],
    *,
    versions: SettingsVersions,
    now: datetime,
    refused_by_org: Callable[[Mapped], Mapping[str, str]],
) -> Settings:
    """Lays a JSON merge patch over the tenant's settings as their next version, in force from this second.

    A change that changes nothing makes no version. A patch says what to set and not what was, so
    one that lost against another change is laid over the winner.

    `refused_by_org` names the mapped fields that the tenant's org would refuse, each with a sentence
    why. It is asked once, and only of fields that the change maps: what was mapped before may have
    gone from the org since, and must not stand in the way of other changes.

    Raises:
        Rejected: 404 no such tenant, 422 naming each unknown or invalid setting and each field that
            the org refuses, 409 when others keep changing them.
    """
    if _stated_mapping(change):
        after = preview_settings(tenant_id, change, versions=versions)
        mapping = _newly_mapped(change, rules.resolve(after, version=0))
        _refuse(refused_by_org(mapping) if mapping else {})

    def merged(before: Mapping[str, object]) -> Mapping[str, object]:
        after = rules.merge_patch(before, change)
        _refuse_unfit(change, after)
        return after

    return _append(tenant_id, merged, versions=versions, now=now)


def preview_settings(
    tenant_id: str, change: Mapping[str, object], *, versions: SettingsVersions
) -> Mapping[str, object]:
    """Gives the tenant's own values as the change would leave them; nothing is stored.

    Raises:
        Rejected: 404 no such tenant, 422 naming each unknown or invalid setting.
    """
    after = rules.merge_patch(_latest(tenant_id, versions).patch, change)
    _refuse_unfit(change, after)
    return after


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One version with what it changed of the one before; the first one changed nothing."""

    version: SettingsVersion
    changes: tuple[Difference, ...]


def list_versions(
    tenant_id: str, *, limit: int, cursor: str | None, versions: SettingsVersions
) -> Page[Edition]:
    """Gives the tenant's versions, newest first, each with what it changed.

    Raises:
        Rejected: 404 no such tenant, 422 a cursor that cannot be read.
    """
    page = versions.page(tenant_id, limit=limit, cursor=cursor)
    if not page.items:
        _latest(tenant_id, versions)
        return Page(items=())
    oldest = page.items[-1]
    below = versions.read(tenant_id, oldest.version - 1) if oldest.version > 1 else None
    older = (*page.items[1:], below)
    return Page(
        items=tuple(_edition(new, old) for new, old in zip(page.items, older, strict=True)),
        next_cursor=page.next_cursor,
    )


def restore_version(
    tenant_id: str, version: int, *, versions: SettingsVersions, now: datetime
) -> Settings:
    """Puts an earlier version in force again, as a new version: nothing of the history is lost.

    Raises:
        Rejected: 404 no such tenant or version, 422 what it holds can no longer be set, 409 when
            others keep changing the settings.
    """
    _latest(tenant_id, versions)
    old = versions.read(tenant_id, version)
    if old is None:
        raise Rejected(
            f"Tenant {tenant_id} has no settings of version {version}; nothing was changed. "
            "GET .../settings/versions lists those there are.",
            code="not_found",
            status=404,
        )
    _refuse_unfit(old.patch, old.patch)
    return _append(tenant_id, lambda _: old.patch, versions=versions, now=now)


def _edition(new: SettingsVersion, old: SettingsVersion | None) -> Edition:
    if old is None:
        return Edition(version=new, changes=())
    return Edition(version=new, changes=rules.differences(_resolved(old), _resolved(new)))


def _append(
    tenant_id: str,
    change: Callable[[Mapping[str, object]], Mapping[str, object]],
    *,
    versions: SettingsVersions,
    now: datetime,
) -> Settings:
    for _ in range(CHANGE_TRIES):
        before = _latest(tenant_id, versions)
        after = change(before.patch)
        if dict(after) == dict(before.patch):
            return _resolved(before)
        # Providers tell when a call ended in whole seconds: a call of this second comes after it.
        this_second = now.replace(microsecond=0)
        new = SettingsVersion(version=before.version + 1, effective_at=this_second, patch=after)
        try:
            versions.append(tenant_id, new)
        except Conflict:
            continue
        return _resolved(new)
    raise Rejected(
        f"The settings of tenant {tenant_id} are being changed by others at the same time; "
        "nothing was changed, try again.",
        code="conflict",
        status=409,
    )


def _refuse_unfit(change: Mapping[str, object], after: Mapping[str, object]) -> None:
    # A null for an unknown name leaves no trace in `after`, and is refused all the same.
    _refuse({**rules.unknown_names(change), **rules.validate(after)})


def _stated_mapping(change: Mapping[str, object]) -> Mapping[str, object]:
    """What a change says of `chats.mapping`, by object; empty where it says nothing, or only null."""
    chats = change.get("chats")
    mapping = chats.get("mapping") if isinstance(chats, Mapping) else None
    return mapping if isinstance(mapping, Mapping) else {}


def _newly_mapped(change: Mapping[str, object], after: Settings) -> Mapped:
    """Of the mapping that a change leads to, the fields that the change itself names."""
    stated = _stated_mapping(change)
    named = {name: fields for name, fields in stated.items() if isinstance(fields, Mapping)}
    mapping = {
        object_type: {name: source for name, source in fields.items() if name in named[object_type]}
        for object_type, fields in after.chats.mapping.items()
        if object_type in named
    }
    return {object_type: fields for object_type, fields in mapping.items() if fields}


def _refuse(problems: Mapping[str, str]) -> None:
    if problems:
        raise Rejected(
            f"These settings cannot be taken: {', '.join(sorted(problems))}. Nothing was changed; "
            "see error.fields for what each may be.",
            code="invalid_settings",
            status=422,
            fields=problems,
        )


def _latest(tenant_id: str, versions: SettingsVersions) -> SettingsVersion:
    latest = versions.latest(tenant_id)
    if latest is None:
        raise no_such_tenant(tenant_id)
    return latest


def _resolved(version: SettingsVersion) -> Settings:
    return rules.resolve(version.patch, version=version.version)

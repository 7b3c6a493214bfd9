"""A tenant's settings: shown whole, changed by a merge patch, kept version by version."""

from collections.abc import Mapping
from datetime import datetime

from switchhook.domain import settings as rules
from switchhook.domain.errors import Conflict, Rejected
from switchhook.domain.settings import Settings
from switchhook.domain.tenancy import SettingsVersion
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
) -> Settings:
    """Lays a JSON merge patch over the tenant's settings as their next version, in force from this second.

    A change that changes nothing makes no version. A patch says what to set and not what was, so
    one that lost against another change is laid over the winner.

    Raises:
        Rejected: 404 no such tenant, 422 naming each unknown or invalid setting, 409 when others
            keep changing them.
    """
    for _ in range(CHANGE_TRIES):
        before = _latest(tenant_id, versions)
        after = rules.merge_patch(before.patch, change)
        _refuse_unfit(change, after)
        if after == dict(before.patch):
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
    problems = {**rules.unknown_names(change), **rules.validate(after)}
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

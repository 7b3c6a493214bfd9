"""A tenant's settings and people: shown whole, changed by a merge patch, kept version by version.

What maps to fields of the org is checked against the org (CX-20).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from switchhook.domain.connection import Grant
from switchhook.domain.errors import Conflict, NeedsReconnect, Permanent, Rejected, Retryable
from switchhook.domain.facts.fields import Fields
from switchhook.domain.facts.people import ListedAgent
from switchhook.domain.fields.mapping import check_mapping
from switchhook.domain.settings import reading as rules
from switchhook.domain.settings.reading import Difference
from switchhook.domain.settings.schema import Settings
from switchhook.domain.settings.values import Mapped
from switchhook.domain.tenants import Page, PeopleList, SettingsVersion
from switchhook.ports.admin import PeopleStore, SettingsVersions
from switchhook.ports.ledger import NumberPlan
from switchhook.ports.org import OrgMetadata
from switchhook.usecases.org.grants import Grants
from switchhook.usecases.org.survey import INVISIBLE
from switchhook.usecases.record.world import Run
from switchhook.usecases.tenants.tenants import no_such_tenant

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


def mapping_problems(
    tenant: str, mapping: Mapped, grants: Grants, metadata: OrgMetadata, run: Run
) -> Mapping[str, str]:
    """Names each mapped field that the org would refuse, with a sentence why; one request an object.

    Objects that the org does not answer for in time are not judged, nor is anything where the tenant
    is not connected: what cannot be written is then left out when a chat comes (`applicable`).
    """
    describes: dict[str, Fields] = {}

    def describe(grant: Grant) -> None:
        for name in mapping:
            # Whoever saves waits for the answer: a slow org must not cost them the settings.
            is_late = not run.has_time_to_send()
            if name not in describes and not is_late:
                describes[name] = _fields(grant, name, metadata)

    with suppress(NeedsReconnect, Retryable, Permanent):
        grants.ask(tenant, describe)
    return check_mapping(mapping, describes)


def _fields(grant: Grant, object_type: str, org: OrgMetadata) -> Fields:
    """The object's fields; none of an object that the integration user cannot see."""
    try:
        return org.describe(grant, object_type).described
    except Permanent as error:
        if error.code not in INVISIBLE:
            raise
        return {}


def get_people(tenant_id: str, *, people: PeopleStore) -> PeopleList:
    """Gives the list as its admin wrote it; empty when never set."""
    return people.read(tenant_id)


def replace_people(
    tenant_id: str,
    *,
    agents: Sequence[ListedAgent],
    own_numbers: Sequence[str],
    internal_domains: Sequence[str],
    people: PeopleStore,
    versions: SettingsVersions,
    plan: NumberPlan,
) -> PeopleList:
    """Replaces the whole list; own numbers are read as numbers of the tenant's default region.

    Raises:
        Rejected: 404 no such tenant, 422 naming the position of each number that is none.
    """
    regions = (get_settings(tenant_id, versions=versions).default_region,)
    parsed = [plan.parse(raw, regions=regions) for raw in own_numbers]
    if bad := [index for index, number in enumerate(parsed) if number is None]:
        raise _no_numbers(bad, regions[0])
    new = PeopleList(
        agents=tuple(agents),
        own_numbers_raw=tuple(own_numbers),
        own_numbers_e164=tuple(dict.fromkeys(n.e164 for n in parsed if n is not None)),
        internal_domains=tuple(dict.fromkeys(domain.lower() for domain in internal_domains)),
    )
    people.write(tenant_id, new)
    return new


def _no_numbers(positions: Sequence[int], region: str) -> Rejected:
    names = [f"own_numbers.{position}" for position in positions]
    sentence = f"must be a telephone number, international (+...) or of {region}."
    return Rejected(
        f"These own numbers are no telephone numbers: {', '.join(names)}. Nothing was changed; "
        f"write them internationally (+...), or as numbers of {region}.",
        code="invalid_body",
        status=422,
        fields={name: f"{name} {sentence}" for name in names},
    )

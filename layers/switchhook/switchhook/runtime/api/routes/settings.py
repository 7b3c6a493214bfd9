"""A tenant's settings and people."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from switchhook.domain.facts.people import ListedAgent
from switchhook.domain.settings import reading as rules
from switchhook.domain.settings import schema
from switchhook.domain.settings.values import Mapped
from switchhook.domain.tenants import Role
from switchhook.ports.admin import PeopleStore, SettingsVersions
from switchhook.ports.ledger import NumberPlan
from switchhook.runtime.api.answers.tenants import (
    People,
    Settings,
    SettingsVersion,
    SettingsVersionPage,
)
from switchhook.runtime.api.bodies import PageQuery, PeopleBody, RestoreBody, SettingsPatch
from switchhook.runtime.api.route import Reply, Request, Route
from switchhook.usecases.tenants.settings import (
    change_settings,
    get_people,
    get_settings,
    list_versions,
    mapping_problems,
    replace_people,
    restore_version,
)

if TYPE_CHECKING:
    from switchhook.runtime.recording import Recording

type RefusedByOrg = Callable[[Mapped], Mapping[str, str]]

_ADMIN = frozenset({Role.ADMIN})


def _get_settings(request: Request, *, versions: SettingsVersions) -> Reply:
    return Reply(body=_shown(get_settings(request.tenant_id, versions=versions)))


def _change_settings(
    request: Request, *, versions: SettingsVersions, refused_by_org: RefusedByOrg
) -> Reply:
    changed = change_settings(
        request.tenant_id,
        request.body_as(SettingsPatch).root,
        versions=versions,
        now=request.now,
        refused_by_org=refused_by_org,
    )
    return Reply(body=_shown(changed))


def _refused_by_org(tenant_id: str, recording: "Recording") -> RefusedByOrg:
    """Asks the org about a mapping; only then is there need of anything that asking takes."""

    def refused(mapping: Mapped) -> Mapping[str, str]:
        grants, metadata = recording.sessions.grants, recording.deciding.org.metadata
        return mapping_problems(tenant_id, mapping, grants, metadata, recording.run)

    return refused


def _list_versions(request: Request, *, versions: SettingsVersions) -> Reply:
    query = request.query_as(PageQuery)
    page = list_versions(
        request.tenant_id, limit=query.limit, cursor=query.cursor, versions=versions
    )
    items = tuple(SettingsVersion.of(one) for one in page.items)
    return Reply(body=SettingsVersionPage(items=items, next_cursor=page.next_cursor))


def _restore(request: Request, *, versions: SettingsVersions) -> Reply:
    restored = restore_version(
        request.tenant_id,
        request.body_as(RestoreBody).version,
        versions=versions,
        now=request.now,
    )
    return Reply(body=_shown(restored))


def _get_people(request: Request, *, people: PeopleStore) -> Reply:
    return Reply(body=People.of(get_people(request.tenant_id, people=people)))


def _replace_people(
    request: Request, *, people: PeopleStore, versions: SettingsVersions, plan: NumberPlan
) -> Reply:
    body = request.body_as(PeopleBody)
    replaced = replace_people(
        request.tenant_id,
        agents=[ListedAgent(**agent.model_dump()) for agent in body.agents],
        own_numbers=body.own_numbers,
        internal_domains=body.internal_domains,
        people=people,
        versions=versions,
        plan=plan,
    )
    return Reply(body=People.of(replaced))


def _shown(settings: schema.Settings) -> Settings:
    return Settings(rules.to_json(settings))


ROUTES = (
    Route(
        method="GET",
        path="/v1/tenants/{tenant_id}/settings",
        roles=_ADMIN,
        run=lambda request, root: _get_settings(request, versions=root.versions),
        summary="Show every setting with its value in force.",
        answer=Settings,
    ),
    Route(
        method="PATCH",
        path="/v1/tenants/{tenant_id}/settings",
        roles=_ADMIN,
        run=lambda request, root: _change_settings(
            request,
            versions=root.versions,
            refused_by_org=_refused_by_org(request.tenant_id, root.recording),
        ),
        summary="Change settings by a JSON merge patch; null goes back to the preset's value. Holds "
        "for events received after the answer whose call ended after it.",
        answer=Settings,
        body=SettingsPatch,
        refusals=(409,),
    ),
    Route(
        method="GET",
        path="/v1/tenants/{tenant_id}/settings/versions",
        roles=_ADMIN,
        run=lambda request, root: _list_versions(request, versions=root.versions),
        summary="List the versions of the settings, newest first, each with what it changed.",
        answer=SettingsVersionPage,
        query=PageQuery,
    ),
    Route(
        method="POST",
        path="/v1/tenants/{tenant_id}/settings/restore",
        roles=_ADMIN,
        run=lambda request, root: _restore(request, versions=root.versions),
        summary="Put an earlier version of the settings in force again, as a new version.",
        answer=Settings,
        body=RestoreBody,
        refusals=(409,),
    ),
    Route(
        method="GET",
        path="/v1/tenants/{tenant_id}/people",
        roles=_ADMIN,
        run=lambda request, root: _get_people(request, people=root.people),
        summary="Show the tenant's agents, own numbers and internal domains.",
        answer=People,
    ),
    Route(
        method="PUT",
        path="/v1/tenants/{tenant_id}/people",
        roles=_ADMIN,
        run=lambda request, root: _replace_people(
            request, people=root.people, versions=root.versions, plan=root.plan
        ),
        summary="Replace the tenant's agents, own numbers and internal domains.",
        answer=People,
        body=PeopleBody,
    ),
)

"""A tenant's settings and people."""

from switchhook.domain.facts.people import ListedAgent
from switchhook.domain.settings import reading as rules
from switchhook.domain.tenants import PeopleList, Role
from switchhook.runtime.api.bodies import PageQuery, PeopleBody, RestoreBody, SettingsPatch
from switchhook.runtime.api.route import Json, Reply, Request, Route
from switchhook.runtime.api.services import Services
from switchhook.runtime.api.shapes import instant
from switchhook.usecases.tenants.settings import (
    Edition,
    change_settings,
    get_people,
    get_settings,
    list_versions,
    mapping_problems,
    replace_people,
    restore_version,
)

_ADMIN = frozenset({Role.ADMIN})


def _get_settings(request: Request, services: Services) -> Reply:
    return Reply(body=rules.to_json(get_settings(request.tenant_id, versions=services.versions)))


def _change_settings(request: Request, services: Services) -> Reply:
    change = request.body_as(SettingsPatch).root
    changed = change_settings(
        request.tenant_id,
        change,
        versions=services.versions,
        now=request.now,
        refused_by_org=lambda mapping: mapping_problems(request.tenant_id, mapping, services.world),
    )
    return Reply(body=rules.to_json(changed))


def _list_versions(request: Request, services: Services) -> Reply:
    query = request.query_as(PageQuery)
    page = list_versions(
        request.tenant_id, limit=query.limit, cursor=query.cursor, versions=services.versions
    )
    items = [_edition(one) for one in page.items]
    return Reply(body={"items": items, "next_cursor": page.next_cursor})


def _edition(one: Edition) -> Json:
    return {
        "version": one.version.version,
        "effective_at": instant(one.version.effective_at),
        "changes": {
            change.name: {"before": change.before, "after": change.after} for change in one.changes
        },
    }


def _restore(request: Request, services: Services) -> Reply:
    restored = restore_version(
        request.tenant_id,
        request.body_as(RestoreBody).version,
        versions=services.versions,
        now=request.now,
    )
    return Reply(body=rules.to_json(restored))


def _get_people(request: Request, services: Services) -> Reply:
    return Reply(body=_shown(get_people(request.tenant_id, people=services.people)))


def _replace_people(request: Request, services: Services) -> Reply:
    body = request.body_as(PeopleBody)
    replaced = replace_people(
        request.tenant_id,
        agents=[ListedAgent(**agent.model_dump()) for agent in body.agents],
        own_numbers=body.own_numbers,
        internal_domains=body.internal_domains,
        people=services.people,
        versions=services.versions,
        plan=services.plan,
    )
    return Reply(body=_shown(replaced))


def _shown(people: PeopleList) -> Json:
    """Gives the list as it may be sent back: numbers as they were written."""
    return {
        "agents": [
            {
                "id": agent.id,
                "email": agent.email,
                "name": agent.name,
                "extension": agent.extension,
                "salesforce_user_id": agent.salesforce_user_id,
            }
            for agent in people.agents
        ],
        "own_numbers": list(people.own_numbers_raw),
        "internal_domains": list(people.internal_domains),
    }


ROUTES = (
    Route(
        method="GET",
        path="/v1/tenants/{tenant_id}/settings",
        roles=_ADMIN,
        run=_get_settings,
        summary="Show every setting with its value in force.",
        answer="Settings",
    ),
    Route(
        method="PATCH",
        path="/v1/tenants/{tenant_id}/settings",
        roles=_ADMIN,
        run=_change_settings,
        summary="Change settings by a JSON merge patch; null goes back to the preset's value. Holds "
        "for events received after the answer whose call ended after it.",
        answer="Settings",
        body=SettingsPatch,
        refusals=(409,),
    ),
    Route(
        method="GET",
        path="/v1/tenants/{tenant_id}/settings/versions",
        roles=_ADMIN,
        run=_list_versions,
        summary="List the versions of the settings, newest first, each with what it changed.",
        answer="SettingsVersionPage",
        query=PageQuery,
    ),
    Route(
        method="POST",
        path="/v1/tenants/{tenant_id}/settings/restore",
        roles=_ADMIN,
        run=_restore,
        summary="Put an earlier version of the settings in force again, as a new version.",
        answer="Settings",
        body=RestoreBody,
        refusals=(409,),
    ),
    Route(
        method="GET",
        path="/v1/tenants/{tenant_id}/people",
        roles=_ADMIN,
        run=_get_people,
        summary="Show the tenant's agents, own numbers and internal domains.",
        answer="People",
    ),
    Route(
        method="PUT",
        path="/v1/tenants/{tenant_id}/people",
        roles=_ADMIN,
        run=_replace_people,
        summary="Replace the tenant's agents, own numbers and internal domains.",
        answer="People",
        body=PeopleBody,
    ),
)

"""The activity log."""

from switchhook.domain.tenants import Role
from switchhook.ports.admin import ActivityFilter
from switchhook.runtime.api.bodies import ActivityQuery, DayQuery
from switchhook.runtime.api.route import Reply, Request, Route
from switchhook.runtime.api.services import Services
from switchhook.runtime.api.shapes import activity_json, story_json
from switchhook.usecases.ask.replay import count_day, get_activity, list_activities
from switchhook.usecases.org.connect import get_connection

_ADMIN = frozenset({Role.ADMIN})
_ACTIVITIES = "/v1/tenants/{tenant_id}/activities"


def _list(request: Request, services: Services) -> Reply:
    query = request.query_as(ActivityQuery)
    page = list_activities(
        request.tenant_id,
        ActivityFilter(
            state=query.state,
            kind=query.kind,
            source=query.source,
            external_id=query.external_id,
            party=query.party,
            since=query.since,
            until=query.until,
        ),
        limit=query.limit,
        cursor=query.cursor,
        ledger=services.ledger,
        versions=services.versions,
        plan=services.plan,
    )
    base = _instance_url(request, services)
    items = [activity_json(activity, instance_url=base) for activity in page.items]
    return Reply(body={"items": items, "next_cursor": page.next_cursor})


def _get(request: Request, services: Services) -> Reply:
    story = get_activity(request.tenant_id, request.names["activity_id"], ledger=services.ledger)
    return Reply(body=story_json(story, instance_url=_instance_url(request, services)))


def _count(request: Request, services: Services) -> Reply:
    counted = count_day(
        request.tenant_id,
        request.query_as(DayQuery).date,
        ledger=services.ledger,
        versions=services.versions,
    )
    return Reply(
        body={
            "received": counted.received,
            "logged": counted.logged,
            "skipped": dict(counted.skipped),
            "failed": counted.failed,
            "open": counted.open,
        }
    )


def _instance_url(request: Request, services: Services) -> str:
    return get_connection(request.tenant_id, connections=services.connections).instance_url


ROUTES = (
    Route(
        method="GET",
        path=_ACTIVITIES,
        roles=_ADMIN,
        run=_list,
        summary="List activities, newest first.",
        answer="ActivityPage",
        query=ActivityQuery,
    ),
    Route(
        method="GET",
        path=f"{_ACTIVITIES}/{{activity_id}}",
        roles=_ADMIN,
        run=_get,
        summary="Show one activity with why it was logged where it was, or why not.",
        answer="ActivityStory",
    ),
    Route(
        method="GET",
        path="/v1/tenants/{tenant_id}/statement",
        roles=_ADMIN,
        run=_count,
        summary="Count what became of the activities received on one day of the tenant's time zone.",
        answer="Statement",
        query=DayQuery,
    ),
)

"""The activity log."""

from switchhook.domain.tenants import Role
from switchhook.ports.admin import ActivityFilter, LedgerReader, SettingsVersions
from switchhook.ports.ledger import Connections, NumberPlan
from switchhook.runtime.api.answers.activities import (
    Activity,
    ActivityPage,
    ActivityStory,
    Statement,
)
from switchhook.runtime.api.bodies import ActivityQuery, DayQuery
from switchhook.runtime.api.route import Reply, Request, Route
from switchhook.usecases.ask.replay import count_day, get_activity, list_activities
from switchhook.usecases.org.connect import instance_url_of

_ADMIN = frozenset({Role.ADMIN})
_ACTIVITIES = "/v1/tenants/{tenant_id}/activities"


def _list(
    request: Request,
    *,
    ledger: LedgerReader,
    versions: SettingsVersions,
    plan: NumberPlan,
    connections: Connections,
) -> Reply:
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
        ledger=ledger,
        versions=versions,
        plan=plan,
    )
    base = instance_url_of(request.tenant_id, connections)
    items = tuple(Activity.of(head, base) for head in page.items)
    return Reply(body=ActivityPage(items=items, next_cursor=page.next_cursor))


def _get(request: Request, *, ledger: LedgerReader, connections: Connections) -> Reply:
    story = get_activity(request.tenant_id, request.names["activity_id"], ledger=ledger)
    base = instance_url_of(request.tenant_id, connections)
    return Reply(body=ActivityStory.of_story(story, base))


def _count(request: Request, *, ledger: LedgerReader, versions: SettingsVersions) -> Reply:
    day = request.query_as(DayQuery).date
    counted = count_day(request.tenant_id, day, ledger=ledger, versions=versions)
    return Reply(body=Statement.of(counted))


ROUTES = (
    Route(
        method="GET",
        path=_ACTIVITIES,
        roles=_ADMIN,
        run=lambda request, root: _list(
            request,
            ledger=root.ledger,
            versions=root.versions,
            plan=root.plan,
            connections=root.connections,
        ),
        summary="List activities, newest first.",
        answer=ActivityPage,
        query=ActivityQuery,
    ),
    Route(
        method="GET",
        path=f"{_ACTIVITIES}/{{activity_id}}",
        roles=_ADMIN,
        run=lambda request, root: _get(request, ledger=root.ledger, connections=root.connections),
        summary="Show one activity with why it was logged where it was, or why not.",
        answer=ActivityStory,
    ),
    Route(
        method="GET",
        path="/v1/tenants/{tenant_id}/statement",
        roles=_ADMIN,
        run=lambda request, root: _count(request, ledger=root.ledger, versions=root.versions),
        summary="Count what became of the activities received on one day of the tenant's time zone.",
        answer=Statement,
        query=DayQuery,
    ),
)

"""The matches that people choose, and Tasks that are moved along with such a choice, or not."""

from switchhook.domain.tenants import Role
from switchhook.ports.ledger import Connections
from switchhook.runtime.api.answers.matches import (
    Match,
    MatchOrPage,
    MatchPage,
    Repointed,
    RepointUndone,
)
from switchhook.runtime.api.bodies import (
    MatchBody,
    MatchQuery,
    PartyQuery,
    RepointBody,
    UndoBody,
)
from switchhook.runtime.api.route import Reply, Request, Route
from switchhook.usecases.matches.pins import Choice, get_pin, list_pins, pin_match, unpin
from switchhook.usecases.matches.repoint import Wish, repoint, undo_repoint
from switchhook.usecases.org.connect import instance_url_of
from switchhook.usecases.record.world import Matching, Moving

_ADMIN = frozenset({Role.ADMIN})
_MATCHES = "/v1/tenants/{tenant_id}/matches"


def _pin(request: Request, *, matching: Matching, connections: Connections) -> Reply:
    body = request.body_as(MatchBody)
    choice = Choice(party=body.party, record_id=body.record_id, by=Role.ADMIN.value)
    pin = pin_match(request.tenant_id, choice, matching)
    return Reply(body=Match.of(pin, instance_url_of(request.tenant_id, connections)))


def _get(request: Request, *, matching: Matching, connections: Connections) -> Reply:
    query = request.query_as(MatchQuery)
    base = instance_url_of(request.tenant_id, connections)
    if query.party is not None:
        pin = get_pin(request.tenant_id, query.party, matching)
        return Reply(body=MatchOrPage(Match.of(pin, base)))
    page = list_pins(request.tenant_id, limit=query.limit, cursor=query.cursor, pins=matching.pins)
    items = tuple(Match.of(pin, base) for pin in page.items)
    return Reply(body=MatchOrPage(MatchPage(items=items, next_cursor=page.next_cursor)))


def _unpin(request: Request, *, matching: Matching) -> Reply:
    unpin(request.tenant_id, request.query_as(PartyQuery).party, matching)
    return Reply(status=204)


def _repoint(request: Request, *, moving: Moving) -> Reply:
    body = request.body_as(RepointBody)
    wish = Wish(
        party=body.party,
        source=body.source,
        target=body.target,
        activity_ids=tuple(body.activity_ids),
    )
    return Reply(body=Repointed.of(repoint(request.tenant_id, wish, moving)))


def _undo(request: Request, *, moving: Moving) -> Reply:
    undo_id = request.body_as(UndoBody).undo_id
    return Reply(body=RepointUndone.of(undo_repoint(request.tenant_id, undo_id, moving)))


ROUTES = (
    Route(
        method="PUT",
        path=_MATCHES,
        roles=_ADMIN,
        run=lambda request, root: _pin(
            request, matching=root.recording.matching, connections=root.connections
        ),
        summary="Choose the record that a party's calls are logged on from now on; what is logged "
        "already stays where it is.",
        answer=Match,
        body=MatchBody,
        refusals=(409, 502),
    ),
    Route(
        method="GET",
        path=_MATCHES,
        roles=_ADMIN,
        run=lambda request, root: _get(
            request, matching=root.recording.matching, connections=root.connections
        ),
        summary="List the chosen matches; with party, show that party's alone.",
        answer=MatchOrPage,
        query=MatchQuery,
    ),
    Route(
        method="DELETE",
        path=_MATCHES,
        roles=_ADMIN,
        run=lambda request, root: _unpin(request, matching=root.recording.matching),
        summary="Take a choice back: matching decides again for the party's calls to come.",
        status=204,
        answer=None,
        query=PartyQuery,
    ),
    Route(
        method="POST",
        path=f"{_MATCHES}/repoint",
        roles=_ADMIN,
        run=lambda request, root: _repoint(request, moving=root.recording.moving),
        summary="Move the Tasks of chosen activities of a party to another record; says why one was "
        "left where it is. Repeating it goes on where it stopped.",
        answer=Repointed,
        body=RepointBody,
        refusals=(409, 502),
    ),
    Route(
        method="POST",
        path=f"{_MATCHES}/undo",
        roles=_ADMIN,
        run=lambda request, root: _undo(request, moving=root.recording.moving),
        summary="Move Tasks back to where they hung before, unless somebody has moved them since.",
        answer=RepointUndone,
        body=UndoBody,
        refusals=(409, 502),
    ),
)

"""The matches that people choose, and Tasks that are moved along with such a choice, or not."""

from switchhook.domain.matching.pins import Pin
from switchhook.domain.tenants import Role
from switchhook.runtime.api.bodies import (
    MatchBody,
    MatchQuery,
    PartyQuery,
    RepointBody,
    UndoBody,
)
from switchhook.runtime.api.route import Json, Reply, Request, Route
from switchhook.runtime.api.services import Services
from switchhook.runtime.api.shapes import instant
from switchhook.usecases.matches.pins import Choice, get_pin, list_pins, pin_match, unpin
from switchhook.usecases.matches.repoint import Outcome, Wish, repoint, undo_repoint
from switchhook.usecases.org.connect import get_connection

_ADMIN = frozenset({Role.ADMIN})
_MATCHES = "/v1/tenants/{tenant_id}/matches"


def _pin(request: Request, services: Services) -> Reply:
    body = request.body_as(MatchBody)
    choice = Choice(party=body.party, record_id=body.record_id, by=Role.ADMIN.value)
    pin = pin_match(request.tenant_id, choice, services.world)
    return Reply(body=_shown(pin, _instance_url(request, services)))


def _get(request: Request, services: Services) -> Reply:
    query = request.query_as(MatchQuery)
    base = _instance_url(request, services)
    if query.party is not None:
        return Reply(body=_shown(get_pin(request.tenant_id, query.party, services.world), base))
    page = list_pins(
        request.tenant_id, limit=query.limit, cursor=query.cursor, pins=services.world.pins
    )
    items = [_shown(pin, base) for pin in page.items]
    return Reply(body={"items": items, "next_cursor": page.next_cursor})


def _unpin(request: Request, services: Services) -> Reply:
    unpin(request.tenant_id, request.query_as(PartyQuery).party, services.world)
    return Reply(status=204)


def _repoint(request: Request, services: Services) -> Reply:
    body = request.body_as(RepointBody)
    wish = Wish(
        party=body.party,
        source=body.source,
        target=body.target,
        activity_ids=tuple(body.activity_ids),
    )
    outcome = repoint(request.tenant_id, wish, services.world)
    return Reply(body=_told(outcome, "moved"))


def _undo(request: Request, services: Services) -> Reply:
    undo_id = request.body_as(UndoBody).undo_id
    return Reply(body=_told(undo_repoint(request.tenant_id, undo_id, services.world), "restored"))


def _shown(pin: Pin, instance_url: str) -> Json:
    record = pin.record
    url = f"{instance_url}/{record.id}" if instance_url else None
    return {
        "party": pin.party,
        "record": {
            "type": record.type,
            "id": record.id,
            "name": pin.candidate.name,
            "url": url,
        },
        "pinned_at": instant(pin.pinned_at),
        "by": pin.by,
    }


def _told(outcome: Outcome, done: str) -> Json:
    return {
        "undo_id": outcome.undo_id,
        done: outcome.done,
        "refused": [
            {"activity_id": activity_id, "why": why} for activity_id, why in outcome.refused
        ],
    }


def _instance_url(request: Request, services: Services) -> str:
    return get_connection(request.tenant_id, connections=services.connections).instance_url


ROUTES = (
    Route(
        method="PUT",
        path=_MATCHES,
        roles=_ADMIN,
        run=_pin,
        summary="Choose the record that a party's calls are logged on from now on; what is logged "
        "already stays where it is.",
        answer="Match",
        body=MatchBody,
        refusals=(409, 502),
    ),
    Route(
        method="GET",
        path=_MATCHES,
        roles=_ADMIN,
        run=_get,
        summary="List the chosen matches; with party, show that party's alone.",
        answer="MatchOrPage",
        query=MatchQuery,
    ),
    Route(
        method="DELETE",
        path=_MATCHES,
        roles=_ADMIN,
        run=_unpin,
        summary="Take a choice back: matching decides again for the party's calls to come.",
        status=204,
        answer="Nothing",
        query=PartyQuery,
    ),
    Route(
        method="POST",
        path=f"{_MATCHES}/repoint",
        roles=_ADMIN,
        run=_repoint,
        summary="Move the Tasks of chosen activities of a party to another record; says why one was "
        "left where it is. Repeating it goes on where it stopped.",
        answer="Repointed",
        body=RepointBody,
        refusals=(409, 502),
    ),
    Route(
        method="POST",
        path=f"{_MATCHES}/undo",
        roles=_ADMIN,
        run=_undo,
        summary="Move Tasks back to where they hung before, unless somebody has moved them since.",
        answer="RepointUndone",
        body=UndoBody,
        refusals=(409, 502),
    ),
)

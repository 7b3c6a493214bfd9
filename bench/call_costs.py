"""Counts what one call costs of the org's daily API allowance, as the org itself counts it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.figures import Figure
from local.aws import clients
from local.office import Hook, Office

AGENT = "ann@example.com"
_CONFERENCE = 5
_FIRST_NUMBER = 14_155_570_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cost:
    """One kind of call, the most API calls it may take, and the settings it happens under."""

    what: str
    at_most: int
    call: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    cold: bool = False


def figures(office: Office, hook: Hook, numbers: list[str]) -> list[Figure]:
    """API calls of the connecting app per call; `numbers` are two contacts' own."""
    return [_counted(office, hook, cost) for cost in _costs(office, numbers)]


def _costs(office: Office, numbers: list[str]) -> tuple[_Cost, ...]:
    first, second = numbers
    unknown = {"calls": {"unknown_number": "none", "attach_to": "none"}}
    made = {"calls": {"unknown_number": "lead", "attach_to": "none"}}
    cases = {"calls": {"attach_to": "case", "create_case": True, "unknown_number": "none"}}
    room = [f"+{_FIRST_NUMBER + place}" for place in range(_CONFERENCE)]
    for place, number in enumerate(room):
        office.load("Contact", LastName=f"Conference {place}", Phone=number)
    return (
        _Cost(what="a cold tenant's first call", at_most=8, call=a_call(first), cold=True),
        _Cost(what="a matched call", at_most=2, call=a_call(second)),
        _Cost(what="a repeat within the match cache", at_most=1, call=a_call(second)),
        _Cost(what="an unknown number, skipped", at_most=1, call=a_call("+14155579001"),
              settings=unknown),
        _Cost(what="an unknown number, a lead made", at_most=2, call=a_call("+14155579002"),
              settings=made),
        _Cost(what="a contact with a new Case", at_most=3, call=a_call(first), settings=cases),
        _Cost(what="a contact with an open Case, matched before", at_most=2,
              call=a_call(first), settings=cases),
        _Cost(what=f"a conference of {_CONFERENCE}", at_most=2, call=_conference(room),
              settings=unknown),
        _Cost(what="an internal call", at_most=0, call=a_call(None, direction="internal")),
    )  # fmt: skip


def _counted(office: Office, hook: Hook, cost: _Cost) -> Figure:
    if cost.settings:
        office.call("PATCH", "/settings", cost.settings)
    if cost.cold:
        _forget_metadata(office)
    before = last_request(office)
    office.settled(office.accepted(hook, {**cost.call, **_just_now()}))
    counted = sum(entry["counted"] for entry in requests_since(office, before) if entry["client"])
    return Figure(
        what=f"Salesforce API calls, {cost.what}",
        value=f"{counted}",
        how=f"counted by the org; at most {cost.at_most} are promised",
    )


def a_call(number: str | None, *, direction: str = "inbound") -> dict[str, Any]:
    """A generic call.ended of a minute that Ann answered."""
    return {
        "type": "call.ended",
        "call_id": uuid.uuid4().hex,
        "direction": direction,
        "outcome": "answered",
        "external": {"number": number, "name": "Ada Byron"},
        "agent": {"email": AGENT, "name": "Ann Agent"},
        **_just_now(),
        "talk_s": 60,
    }


def _just_now() -> dict[str, str]:
    """Settings hold for calls that end after a change of them."""
    now = datetime.now(UTC)
    return {
        "started_at": (now - timedelta(seconds=60)).isoformat(),
        "ended_at": now.isoformat(),
    }


def _conference(numbers: list[str]) -> dict[str, Any]:
    agent = {"role": "agent", "email": AGENT, "name": "Ann Agent"}
    ends = [{"role": "external", "number": number} for number in numbers]
    return {**a_call(numbers[0]), "participants": [agent, *ends]}


def _forget_metadata(office: Office) -> None:
    """Makes the tenant cold: connecting has already fetched what its first call needs."""
    tables = clients(office.state.aws_endpoint)("dynamodb")
    for name in tables.list_tables()["TableNames"]:
        if "TenantTable" in name:
            key = {"pk": {"S": f"T#{office.tenant}"}, "sk": {"S": "METADATA"}}
            tables.delete_item(TableName=name, Key=key)


def requests_since(office: Office, after: int) -> list[dict[str, Any]]:
    """What the org was asked after a numbered request."""
    items: list[dict[str, Any]] = office.control("GET", f"/_org/requests?since={after}")["items"]
    return items


def last_request(office: Office) -> int:
    """The number of the newest request."""
    return max((entry["number"] for entry in requests_since(office, 0)), default=0)

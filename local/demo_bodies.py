"""Webhook bodies as a PBX sends them, about calls that ended a moment ago."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

AIRCALL_TOKEN = "demo-aircall-token"  # noqa: S105 - the demo's own webhook, nobody else's
OWN_NUMBER = "+1 415 555 0199"

_RING_S = 9
_ids = itertools.count(1)


def aircall_ended(
    *,
    direction: str,
    number: str,
    agent: str | None = None,
    talk_s: int = 0,
) -> dict[str, Any]:
    """An Aircall call.ended, half a minute after the call."""
    now = datetime.now(UTC)
    ended = int(now.timestamp()) - 30
    started = ended - talk_s - 8
    call: dict[str, Any] = {
        "id": int(now.timestamp()) * 1000 + next(_ids),
        "direct_link": "https://api.aircall.io/v1/calls/1",
        "direction": direction,
        "status": "done",
        "missed_call_reason": None if agent else "agents_did_not_answer",
        "started_at": started,
        "answered_at": started + 8 if talk_s else None,
        "ended_at": ended,
        "duration": ended - started,
        "voicemail": None,
        "recording": None,
        "asset": None,
        "raw_digits": number,
        "number": {
            "id": 7,
            "name": "Main line",
            "digits": OWN_NUMBER,
            "country": "US",
            "time_zone": "America/Los_Angeles",
            "open": True,
            "availability_status": "open",
            "is_ivr": False,
        },
        "archived": False,
        "teams": [],
        "comments": [],
        "tags": [],
    }
    if agent:
        call["user"] = {
            "id": 11,
            "name": agent.title(),
            "email": f"{agent}@example.com",
            "available": True,
        }
    return {
        "resource": "call",
        "event": "call.ended",
        "timestamp": int(now.timestamp()),
        "token": AIRCALL_TOKEN,
        "data": call,
    }


def call_ended(
    number: str | None,
    *,
    agent: str | None = None,
    talk_s: int = 0,
    name: str | None = None,
    direction: str = "inbound",
    outcome: str = "answered",
    lasted_s: int | None = None,
    transfers: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """A generic call.ended of one external number; `agent` is the part of an address before the @."""
    now = datetime.now(UTC).replace(microsecond=0)
    started = now - timedelta(seconds=talk_s + _RING_S if lasted_s is None else lasted_s)
    return {
        "type": "call.ended",
        "call_id": f"call-{int(now.timestamp())}-{next(_ids)}",
        "direction": direction,
        "outcome": outcome,
        "external": {"number": number, "name": name},
        "internal_number": OWN_NUMBER,
        "agent": None if agent is None else _agent(agent),
        "started_at": iso(started),
        "answered_at": iso(started + timedelta(seconds=_RING_S)) if talk_s else None,
        "ended_at": iso(now),
        "talk_s": talk_s,
        "transfers": [
            {"by": f"{by}@example.com", "to": f"{to}@example.com", "kind": "attended"}
            for by, to in transfers
        ],
    }


def conference(host: str, numbers: Sequence[str], *, also: Sequence[str] = ()) -> dict[str, Any]:
    """A generic call.ended in which several external numbers took part; the host owns the call."""
    agents = [
        {"role": "agent", "email": f"{name}@example.com", "name": _agent(name)["name"]}
        for name in (host, *also)
    ]
    return {
        **call_ended(numbers[0], agent=host, talk_s=600, direction="outbound"),
        "participants": [*agents, *({"role": "external", "number": one} for one in numbers)],
    }


def _agent(address: str) -> dict[str, str]:
    return {"email": f"{address}@example.com", "name": address.partition(".")[0].title()}


def iso(at: datetime) -> str:
    """A time as generic events write it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")

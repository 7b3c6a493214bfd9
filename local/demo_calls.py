"""The demo's day in an office: who is in Salesforce, who calls, and what should become of each call."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

AIRCALL_TOKEN = "demo-aircall-token"  # noqa: S105 - the demo's own webhook, nobody else's
OWN_NUMBER = "+1 415 555 0199"

AGENTS = (
    {"FirstName": "Ann", "LastName": "Agent", "Email": "ann@example.com"},
    {"FirstName": "Bob", "LastName": "Baker", "Email": "bob@example.com"},
)

PEOPLE = (
    ("Contact", {"FirstName": "Ada", "LastName": "Byron", "Phone": "(415) 555-0100"}),
    ("Contact", {"FirstName": "Grace", "LastName": "Hopper", "MobilePhone": "+44 20 7946 0018"}),
    ("Lead", {"FirstName": "Alan", "LastName": "Turing", "Company": "Bletchley",
              "Phone": "415.555.0101"}),
    ("Account", {"Name": "Analytical Engines Ltd", "Phone": "1-415-555-0102"}),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCall:
    """One webhook and what it should lead to: a state, a record type, an owner, a rule."""

    story: str
    provider: str
    body: dict[str, Any]
    state: str
    record: str | None = None
    owner: str | None = None
    rule: str | None = None
    repeated: bool = False


def demo_calls() -> tuple[DemoCall, ...]:
    """The calls of the demo, all ended a moment ago."""
    now = datetime.now(UTC).replace(microsecond=0)
    first = _aircall(1, now, direction="inbound", number="+1 415-555-0100", agent="ann", talk_s=180)
    return (
        DemoCall(story="Ada calls, Ann answers", provider="aircall", body=first,
                 state="logged", record="Contact", owner="Ann Agent"),
        DemoCall(story="the same webhook again", provider="aircall", body=first,
                 state="logged", record="Contact", owner="Ann Agent", repeated=True),
        DemoCall(story="Grace calls from London, nobody answers", provider="aircall",
                 body=_aircall(2, now, direction="inbound", number="+44 20 7946 0018"),
                 state="logged", record="Contact", owner="(connecting user)"),
        DemoCall(story="Ann calls Alan, a lead", provider="aircall",
                 body=_aircall(3, now, direction="outbound", number="+1 415-555-0101",
                               agent="ann", talk_s=60),
                 state="logged", record="Lead", owner="Ann Agent"),
        DemoCall(story="a company's switchboard calls Bob", provider="generic",
                 body=_generic("g-1", now, number="+1 (415) 555-0102", agent="bob", talk_s=95),
                 state="logged", record="Account", owner="Bob Baker"),
        DemoCall(story="an unknown number calls Bob", provider="generic",
                 body=_generic("g-2", now, number="+1 415 555 0177", agent="bob", talk_s=30,
                               name="Mary Somerville"),
                 state="logged", record="Lead", owner="Bob Baker"),
        DemoCall(story="Ann calls a colleague", provider="generic",
                 body=_generic("g-3", now, number=OWN_NUMBER, agent="ann", talk_s=20,
                               direction="internal"),
                 state="skipped", rule="XB-17"),
        DemoCall(story="Bob hangs up after two seconds", provider="generic",
                 body=_generic("g-4", now, number="+1 415 555 0100", agent="bob",
                               direction="outbound", outcome="canceled", lasted_s=2),
                 state="skipped", rule="XB-16"),
        DemoCall(story="a withheld number calls", provider="generic",
                 body=_generic("g-5", now, number=None, agent="bob", talk_s=40),
                 state="skipped", rule="XB-15"),
    )  # fmt: skip


def _aircall(
    number_of_call: int,
    now: datetime,
    *,
    direction: str,
    number: str,
    agent: str | None = None,
    talk_s: int = 0,
) -> dict[str, Any]:
    ended = int(now.timestamp()) - 30
    started = ended - talk_s - 8
    call: dict[str, Any] = {
        "id": int(now.timestamp()) * 10 + number_of_call,
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


def _generic(
    call_id: str,
    now: datetime,
    *,
    number: str | None,
    agent: str,
    talk_s: int = 0,
    name: str | None = None,
    direction: str = "inbound",
    outcome: str = "answered",
    lasted_s: int | None = None,
) -> dict[str, Any]:
    started = now - timedelta(seconds=talk_s + 9 if lasted_s is None else lasted_s)
    return {
        "type": "call.ended",
        "call_id": f"{call_id}-{int(now.timestamp())}",
        "direction": direction,
        "outcome": outcome,
        "external": {"number": number, "name": name},
        "internal_number": OWN_NUMBER,
        "agent": {"email": f"{agent}@example.com", "name": agent.title()},
        "started_at": _iso(started),
        "answered_at": _iso(started + timedelta(seconds=9)) if talk_s else None,
        "ended_at": _iso(now),
        "talk_s": talk_s,
    }


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")

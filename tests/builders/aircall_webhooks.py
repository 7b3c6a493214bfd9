"""Aircall's webhooks from the samples in its captured format, with changes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from switchhook.adapters.providers.aircall.payload import parse
from switchhook.domain.facts.event import Event
from switchhook.domain.facts.people import Agent

SAMPLES = Path(__file__).parents[1] / "contract/providers/aircall"
RECEIVED = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
STARTED = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ANN = Agent(id="501", email="ann@example.com", name="Ann Agent")


def raw(name: str, /, **data: object) -> bytes:
    """A file's bytes, or its JSON with some of the call's fields changed."""
    text = (SAMPLES / f"{name}.json").read_bytes()
    if not data:
        return text
    body = json.loads(text)
    body["data"] = {
        key: value for key, value in {**body["data"], **data}.items() if value != "drop"
    }
    return json.dumps(body).encode()


def read(name: str, /, **data: object) -> Event:
    return parse(raw(name, **data), event_id="e-1", received_at=RECEIVED)


def after(seconds: float) -> datetime:
    return STARTED + timedelta(seconds=seconds)


def renamed(type_: str, name: str = "ended_answered", /, *, at: int = 0, **data: object) -> bytes:
    """The same call in another event, so many seconds after its end was told."""
    body = json.loads(raw(name, **data))
    return json.dumps({**body, "event": type_, "timestamp": body["timestamp"] + at}).encode()


def told(*events: bytes) -> tuple[Event, ...]:
    return tuple(
        parse(text, event_id=f"e-{number}", received_at=RECEIVED)
        for number, text in enumerate(events)
    )


def summary(**data: object) -> bytes:
    named = {"id": 9, "call_id": 7001, "content": "Ada asks for a price.", **data}
    return json.dumps(
        {
            "resource": "conversation_intelligence",
            "event": "summary.created",
            "timestamp": 1795187300,
            "token": "example-token-1",
            "data": named,
        }
    ).encode()

"""Wildix's webhooks from the samples in its captured and documented format, with changes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from switchhook.adapters.providers.wildix.payload import parse
from switchhook.domain.facts.event import Event, Participant, Role
from switchhook.domain.facts.people import Agent

SAMPLES = Path(__file__).parents[1] / "contract/providers/wildix"
RECEIVED = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
STARTED = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
T0 = 1_795_186_800_000
ADA = Participant(
    role=Role.EXTERNAL, number="+14155550100", email="ada@example.com", name="Ada Byron"
)
ANN = Agent(id="501", email="ann@example.com", name="Ann Agent", extension="201")
BOB = Agent(id="502", email="bob@example.com", name="Bob Agent", extension="202")
CAT = Agent(id="503", email="cat@example.com", name="Cat Agent", extension="203")


def body(name: str) -> dict:
    return json.loads((SAMPLES / f"{name}.json").read_bytes())


def parsed(told: dict, *, event_id: str = "e-1", received_at: datetime = RECEIVED) -> Event:
    return parse(json.dumps(told).encode(), event_id=event_id, received_at=received_at)


def live(name: str, **data: object) -> dict:
    """An event of a call under way with some of the call's fields changed."""
    told = body(name)
    return {**told, "data": {**told["data"], **data}}


def completed(name: str = "completed_inbound", **flow: object) -> dict:
    """A record of one flow with some of the flow's fields changed."""
    told = body(name)
    return {**told, "data": {**told["data"], "flows": [{**told["data"]["flows"][0], **flow}]}}


def after(seconds: float) -> datetime:
    return STARTED + timedelta(seconds=seconds)


def ends(*agents: Agent) -> tuple[Participant, ...]:
    return tuple(
        Participant(role=Role.AGENT, number=one.extension, email=one.email, name=one.name)
        for one in agents
    )


REMOTE = {"type": "REMOTE", "phone": "0720555111"}
LOCAL = {"type": "LOCAL", "phone": "204", "userId": "504"}

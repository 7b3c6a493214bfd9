"""An admin asks why and what if, and has a call decided anew."""

from dataclasses import replace

import pytest

from builders.past import ADA, past_call
from fakes.office import answered_call
from switchhook.domain.activity import activity_id
from switchhook.usecases.record.advance import advance, record_event

EXPLAIN = {"provider": "generic", "kind": "call", "event": past_call()}


def explain(call, tenant, **changes):
    body = {**EXPLAIN, **changes}
    return call("POST", f"{tenant.path}/activities/explain", body, key=tenant.admin)


@pytest.mark.rule("SH-3")
def test_an_event_is_explained_with_its_planned_task(call, tenant, office):
    contact = office.org.load("Contact", LastName="Byron", Phone=ADA)

    answer = explain(call, tenant)

    told = answer.json
    assert (answer.status, told["decision"], told["call_type"]) == (200, "log", "inbound_answered")
    assert told["settings_version"] == 1
    (slot,) = told["slots"]
    assert slot["record"] == {
        "type": "Contact",
        "id": contact.id,
        "url": f"https://org.my.salesforce.com/{contact.id}",
    }
    assert slot["fields"]["TaskSubtype"] == "Call"
    assert slot["fields"]["OwnerId"] == slot["owner"]["id"]
    assert slot["fields"]["Description"].endswith(f"Call id: {EXPLAIN['event']['call_id']}")
    assert [(found["type"], found["id"]) for found in told["candidates"]] == [
        ("Contact", contact.id)
    ]
    assert {step["rule"] for step in told["explanation"]} >= {"XB-12"}
    assert "search for the number" in {one["what"] for one in told["salesforce_calls"]}


@pytest.mark.rule("SH-3")
def test_an_event_is_explained_under_settings_that_are_only_thought_of(call, tenant, office):
    told = explain(call, tenant, settings={"calls": {"unknown_number": "lead"}}).json

    assert (told["decision"], told["settings_version"]) == ("log", "changed")
    assert (told["slots"][0]["creates"], office.org.of_type("Lead")) == ("Lead", [])


@pytest.mark.usefixtures("office")
def test_a_skip_is_explained_by_its_rule(call, tenant):
    told = explain(call, tenant).json

    assert (told["decision"], told["rule"], told["slots"]) == ("skip", "XB-15", [])


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param({"event": past_call(ended_at=None)}, "event", id="unreadable_event"),
        pytest.param({"provider": "pigeon"}, "provider", id="unknown_provider"),
        pytest.param(
            {"provider": "aircall", "kind": "chat"}, "provider", id="no_chats_of_this_provider"
        ),
        pytest.param({"settings": {"calls": {"nonsense": 1}}}, "calls.nonsense", id="unknown_setting"),
    ],
)  # fmt: skip
def test_what_cannot_be_explained_is_named(call, tenant, changes, named):
    answer = explain(call, tenant, **changes)

    assert answer.status == 422
    assert named in answer.error["fields"]


def test_nothing_is_explained_without_a_connection(call, tenant, office):
    office.connections.stored.clear()

    answer = explain(call, tenant)

    assert (answer.status, answer.error["code"]) == (409, "not_connected")


def test_an_agent_key_explains_nothing(call, tenant):
    answer = call("POST", f"{tenant.path}/activities/explain", EXPLAIN, key=tenant.agent)

    assert answer.status == 403


@pytest.mark.rule("AC-2", "SH-3")
def test_a_replay_is_taken_on_and_told_of_afterwards(call, tenant, world, office):
    message = replace(
        office.message(answered_call()),
        tenant=tenant.id,
        activity_id=activity_id(tenant=tenant.id, source="h1", external_id="c-1"),
    )
    head = record_event(message, office.world)
    office.org.load("Contact", LastName="Byron", Phone=ADA)

    answer = call("POST", f"{tenant.path}/activities/{head.id}/replay", key=tenant.admin)
    world.ledger.add(advance(tenant.id, head.id, office.world))

    shown = call("GET", f"{tenant.path}/activities/{head.id}", key=tenant.admin).json
    assert (answer.status, answer.json) == (202, {"activity_id": head.id, "state": "pending"})
    assert (shown["state"], shown["replays"]) == ("logged", 1)
    assert shown["text"].endswith("Replayed under settings version 1.")


def test_a_replay_of_nothing_is_404(call, tenant):
    answer = call("POST", f"{tenant.path}/activities/none/replay", key=tenant.admin)

    assert answer.status == 404

"""From Zoom Phone's and Dialpad's webhooks to Tasks: many events and legs, one Task for each call."""

import json
from pathlib import Path
from typing import Any

import pytest

from builders.provider_office import deliver, lines
from fakes.office import Office
from fakes.salesforce import AGENT
from switchhook.domain.activity import State

HERE = Path(__file__).parent


def zoom(name: str) -> dict[str, Any]:
    return json.loads((HERE / f"zoom_phone/{name}.json").read_text())


def dialpad(name: str) -> dict[str, Any]:
    return json.loads((HERE / f"dialpad/{name}.json").read_text())


@pytest.fixture
def office() -> Office:
    office = Office()
    office.org.load("Contact", LastName="Byron", Phone="+14155550100")
    return office


@pytest.mark.rule("SH-1", "AC-27")
def test_a_zoom_call_waits_for_its_history_and_is_one_task_of_its_agent(office: Office):
    waiting = deliver(office, "zoom_phone", zoom("callee_ended"))
    assert (waiting.state, waiting.reason) == (State.WAITING, "better_event")

    logged = deliver(office, "zoom_phone", zoom("callee_history_answered"))
    deliver(office, "zoom_phone", zoom("callee_element_answered"))
    deliver(office, "zoom_phone", zoom("callee_ended"))

    (task,) = office.tasks
    assert logged.state is State.LOGGED
    assert (task["OwnerId"], task["CallDurationInSeconds"]) == (AGENT.id, 200)
    assert "Waiting time: 9 s" in lines(office)


@pytest.mark.rule("SH-2", "AC-28")
def test_a_zoom_call_without_history_is_logged_from_what_a_side_saw(office: Office):
    deliver(office, "zoom_phone", zoom("callee_ended"))

    office.pass_time(65)

    (task,) = office.tasks
    assert task["CallDurationInSeconds"] == 200
    assert "Outcome: answered" in lines(office)


@pytest.mark.rule("XB-17", "PC-16")
@pytest.mark.parametrize("side", ["caller", "callee"])
def test_neither_side_of_an_internal_zoom_call_is_logged(office: Office, side: str):
    body = zoom("caller_history_internal")

    head = deliver(office, "zoom_phone", {**body, "event": f"phone.{side}_call_history_completed"})

    assert (head.state, head.rule) == (State.SKIPPED, "XB-17")
    assert office.tasks == []


@pytest.mark.rule("SH-1", "XB-14", "AC-23", "AC-27")
@pytest.mark.parametrize(
    "order",
    [
        ("hangup_center", "hangup_center_ringing", "hangup_center_user"),
        ("hangup_center_user", "hangup_center_ringing", "hangup_center"),
        ("hangup_center_ringing", "hangup_center_user", "hangup_center"),
    ],
)
def test_a_call_through_a_dialpad_call_center_is_one_task_of_whoever_took_it(
    office: Office, order: tuple[str, ...]
):
    for name in order:
        deliver(office, "dialpad", dialpad(name))

    (task,) = office.tasks
    assert (task["OwnerId"], task["CallDurationInSeconds"]) == (AGENT.id, 180)
    assert "Queue: Sales" in lines(office)


@pytest.mark.rule("SH-2", "AC-3")
def test_a_dialpad_call_center_call_that_nobody_took_is_logged_as_missed(office: Office):
    waiting = deliver(office, "dialpad", dialpad("hangup_center"))
    office.pass_time(65)

    assert waiting.state is State.WAITING
    assert [task["CallDisposition"] for task in office.tasks] == ["missed"]


@pytest.mark.rule("SH-5", "AC-24", "AC-25", "AC-26")
def test_what_dialpad_tells_before_the_end_is_in_the_task(office: Office):
    for name in ("recording", "recap_summary", "dispositions", "hangup_answered"):
        deliver(office, "dialpad", dialpad(name))

    told = lines(office)
    assert "Recording: https://dialpad.example.com/shared/call/r-1" in told
    assert "Tags: pricing" in told
    assert any("Ada asked for a price list." in line for line in told)

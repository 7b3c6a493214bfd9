"""From a webhook to the org, through the deployed stack, with Salesforce at its worst (SH-1, SH-2)."""

import itertools
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.office import Hook, Office
from local.state import State

pytestmark = pytest.mark.stack

SETTLE_WITHIN_S = 120
_numbers = itertools.count(1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way of Salesforce to misbehave at the next write."""

    effect: str
    delay_s: float | None = None


FAULTS = (
    Fault(effect="status_503"),
    Fault(effect="html_502"),
    Fault(effect="drop_before"),
    Fault(effect="drop_after"),
    Fault(effect="commit_then_timeout", delay_s=12),
    Fault(effect="hold_then_commit", delay_s=12),
    Fault(effect="lock_row"),
    Fault(effect="slow", delay_s=2),
)
MODES = ("package_free", "external_id")


def a_number() -> str:
    return f"+1415556{next(_numbers):04d}"


def a_call(number: str | None, *, agent: str = "ann@example.com", **changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    body = {
        "type": "call.ended",
        "call_id": f"c-{uuid.uuid4().hex}",
        "direction": "inbound",
        "outcome": "answered",
        "external": {"number": number, "name": "Ada Byron"},
        "internal_number": "+14155550199",
        "agent": {"email": agent, "name": "Ann Agent"},
        "started_at": _iso(now - timedelta(seconds=70)),
        "answered_at": _iso(now - timedelta(seconds=60)),
        "ended_at": _iso(now),
        "talk_s": 60,
    }
    return body | changes


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def connected(state: State, **settings: Any) -> tuple[Office, Hook]:
    office = Office(
        state,
        name="End to end",
        settings={"matching": {"match_cache_minutes": 0}, **settings},
    )
    page = office.connect(username=office.new_admin())
    assert "window.close" in page
    return office, office.add_hook("generic")


def send(office: Office, hook: Hook, body: dict[str, Any], *, event_id: str | None = None) -> str:
    answer = office.post(hook, body, event_id=event_id)
    assert answer.status_code == 202, answer.text
    return answer.json()["activity_id"]


def set_fault(office: Office, fault: Fault) -> None:
    rule: dict[str, Any] = {
        "match": {"method": "POST", "path_regex": "/composite", "object": "Task"},
        "effect": fault.effect,
        "times": 1,
    }
    if fault.delay_s is not None:
        rule["delay_s"] = fault.delay_s
    office.control("POST", "/_org/faults", [rule])


@contextmanager
def org_where(
    office: Office, settings: dict[str, Any], *, afterwards: dict[str, Any]
) -> Iterator[None]:
    """The org is so for a while; whatever happens, the next test finds it as it was."""
    office.control("POST", "/_org/settings", settings)
    try:
        yield
    finally:
        office.control("POST", "/_org/settings", afterwards)


def await_fault(office: Office, since: str) -> None:
    """The fault has been played: the next one cannot hit the same call."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        seen = office.control("GET", f"/_org/requests?since={since}")["items"]
        if any(item.get("fault") for item in seen):
            return
        time.sleep(0.05)
    office.control("DELETE", "/_org/faults")
    raise AssertionError("no request met the fault")


@pytest.fixture(scope="module", params=MODES)
def bad_day(request: pytest.FixtureRequest, stack: State) -> dict[str, dict[str, Any]]:
    """One call under each fault, all settled: what the ledger and the org say of each."""
    mode = {"external_id_field": request.param == "external_id"}
    Office(stack, name="Set-up").control("POST", "/_org/settings", mode)
    office, hook = connected(stack)
    sent = {}
    for fault in FAULTS:
        number = a_number()
        office.load("Contact", LastName=f"Of {fault.effect}", Phone=number)
        since = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        set_fault(office, fault)
        sent[fault.effect] = send(office, hook, a_call(number))
        await_fault(office, since)
    office.control("DELETE", "/_org/faults")
    settled = {
        effect: office.settled(activity, within_s=SETTLE_WITHIN_S)
        for effect, activity in sent.items()
    }
    keys = {
        effect: one["slots"][0]["key"] if one["slots"] else "-" for effect, one in settled.items()
    }
    listed = ", ".join(f"'{key}'" for key in keys.values())
    tasks = office.query(f"SELECT Id, CallObject FROM Task WHERE CallObject IN ({listed})")
    office.control("POST", "/_org/settings", {"external_id_field": False})
    return {
        effect: {
            "activity": settled[effect],
            "tasks": [task["Id"] for task in tasks if task["CallObject"] == keys[effect]],
        }
        for effect in sent
    }


@pytest.mark.rule("SH-1", "SH-2", "SH-7")
@pytest.mark.parametrize("effect", [fault.effect for fault in FAULTS])
def test_a_call_is_logged_exactly_once_whatever_salesforce_does(
    bad_day: dict[str, dict[str, Any]], effect: str
):
    seen = bad_day[effect]

    assert seen["activity"]["state"] == "logged", seen["activity"]["text"]
    assert seen["tasks"] == [seen["activity"]["slots"][0]["salesforce_id"]]


@pytest.mark.rule("SH-1", "AC-9")
def test_twenty_webhooks_of_one_unknown_number_at_once_make_one_lead(stack: State):
    office, hook = connected(stack, calls={"unknown_number": "lead"})
    number = a_number()
    with org_where(office, {"search_lag_s": 600}, afterwards={"search_lag_s": 0}):
        with ThreadPoolExecutor(max_workers=20) as pool:
            ids = list(pool.map(lambda _: send(office, hook, a_call(number)), range(20)))
        settled = [office.settled(one, within_s=SETTLE_WITHIN_S) for one in ids]

    leads = office.query(f"SELECT Id FROM Lead WHERE Phone = '{number}'")
    assert {one["state"] for one in settled} == {"logged"}
    assert len(leads) == 1
    tasks = office.query(f"SELECT Id FROM Task WHERE WhoId = '{leads[0]['Id']}'")
    assert len(tasks) == 20


@pytest.mark.rule("SH-1", "AC-9")
def test_a_lead_whose_answer_was_lost_is_made_once(stack: State):
    office, hook = connected(stack, calls={"unknown_number": "lead"})
    number = a_number()
    set_fault(office, Fault(effect="drop_after"))

    activity = office.settled(send(office, hook, a_call(number)), within_s=SETTLE_WITHIN_S)

    leads = office.query(f"SELECT Id FROM Lead WHERE Phone = '{number}'")
    assert activity["state"] == "logged"
    assert [activity["slots"][0]["created_person"]["id"]] == [lead["Id"] for lead in leads]


@pytest.mark.rule("SH-1", "SH-2")
def test_a_redelivered_webhook_and_a_second_event_id_change_nothing(stack: State):
    office, hook = connected(stack)
    number = a_number()
    office.load("Contact", LastName="Once", Phone=number)
    body = a_call(number)

    first = send(office, hook, body, event_id="e-1")
    again = send(office, hook, body, event_id="e-1")
    other = send(office, hook, body, event_id="e-2")
    settled = office.settled(first)

    assert first == again == other
    key = settled["slots"][0]["key"]
    assert len(office.query(f"SELECT Id FROM Task WHERE CallObject = '{key}'")) == 1


@pytest.mark.rule("SH-8")
def test_expiring_sessions_and_rotating_tokens_lose_no_call(stack: State):
    office, hook = connected(stack)
    number = a_number()
    office.load("Contact", LastName="Rotating", Phone=number)
    office.control("POST", "/_org/settings", {"session_timeout_s": 1})
    try:
        ids = []
        for _ in range(4):
            ids += [send(office, hook, a_call(number)) for _ in range(5)]
            time.sleep(1.2)
        settled = [office.settled(one, within_s=SETTLE_WITHIN_S) for one in ids]
    finally:
        office.control("POST", "/_org/settings", {"session_timeout_s": 7200})

    assert {one["state"] for one in settled} == {"logged"}
    keys = ", ".join(f"'{one['slots'][0]['key']}'" for one in settled)
    assert len(office.query(f"SELECT Id FROM Task WHERE CallObject IN ({keys})")) == 20
    assert office.call("GET", "/connection")["status"] == "connected"


@pytest.mark.rule("SH-4", "SH-8")
def test_a_revoked_grant_parks_calls_and_connecting_again_drains_them(stack: State):
    office, hook = connected(stack)
    bystander, bystanders_hook = connected(stack)
    number = a_number()
    office.load("Contact", LastName="Parked", Phone=number)
    revoke = {"match": {"method": "GET", "path_regex": "/search"}, "effect": "revoke", "times": 1}
    office.control("POST", "/_org/faults", [revoke])

    parked = [send(office, hook, a_call(number)) for _ in range(3)]
    _await_state(office, parked, "parked")
    broken = office.call("GET", "/connection")["status"]
    unaffected = bystander.settled(send(bystander, bystanders_hook, a_call(number)))
    office.connect(username=office.new_admin())
    drained = [office.settled(one, within_s=30) for one in parked]

    assert broken == "broken"
    assert unaffected["state"] == "logged"
    assert {one["state"] for one in drained} == {"logged"}


@pytest.mark.rule("SH-4", "SH-9")
def test_a_spent_budget_parks_calls_and_drains_them_when_it_recovers(stack: State):
    office, hook = connected(stack)
    number = a_number()
    office.load("Contact", LastName="Budget", Phone=number)
    before = office.control("GET", "/_org/settings")
    office.control("POST", "/_org/settings", {"api_used": before["api_limit"]})
    try:
        parked = [send(office, hook, a_call(number)) for _ in range(2)]
        _await_state(office, parked, "parked")
        reasons = {office.activity(one)["reason"] for one in parked}
    finally:
        office.control("POST", "/_org/settings", {"api_used": 0})
    drained = [office.settled(one, within_s=30) for one in parked]

    assert reasons == {"budget"}
    assert {one["state"] for one in drained} == {"logged"}


def _await_state(office: Office, ids: list[str], state: str) -> None:
    until = time.monotonic() + 30
    seen: list[str] = []
    while time.monotonic() < until:
        listed = office.call("GET", "/activities?limit=100")["items"]
        seen = [one["state"] for one in listed if one["id"] in ids]
        if seen == [state] * len(ids):
            return
        time.sleep(0.1)
    raise AssertionError(seen)


@pytest.mark.rule("SH-2", "SH-4")
def test_calls_of_a_tenant_that_never_connected_wait_and_are_logged_after_connecting(stack: State):
    office = Office(stack, name="Not connected yet")
    hook = office.add_hook("generic")
    number = a_number()
    office.load("Contact", LastName="Patient", Phone=number)

    waiting = send(office, hook, a_call(number))
    _await_state(office, [waiting], "parked")
    office.connect(username=office.new_admin())

    assert office.settled(waiting, within_s=30)["state"] == "logged"


@pytest.mark.rule("AC-27", "AC-22", "XB-14")
def test_the_task_in_the_org_is_what_the_call_was(stack: State):
    office, hook = connected(stack)
    number = a_number()
    contact = office.load("Contact", FirstName="Ada", LastName="Byron", Phone=number)
    address = f"{uuid.uuid4().hex}@example.com"
    owner = office.load("User", LastName="Agent", Email=address, Username=address, IsActive=True)

    activity = office.settled(send(office, hook, a_call(number, agent=address)))

    task = office.query(
        "SELECT WhoId, OwnerId, TaskSubtype, CallType, CallDurationInSeconds, CallDisposition,"
        f" IsClosed, Description FROM Task WHERE CallObject = '{activity['slots'][0]['key']}'"
    )[0]
    assert {name: task[name] for name in task if name not in ("attributes", "Description")} == {
        "WhoId": contact,
        "OwnerId": owner,
        "TaskSubtype": "Call",
        "CallType": "Inbound",
        "CallDurationInSeconds": 60,
        "CallDisposition": "answered",
        "IsClosed": True,
    }
    assert task["Description"].startswith(f"Agent: Ann Agent <{address}>\n")

"""Why, what if and what was: explaining, replaying, simulating and backfilling on the deployed stack."""

import itertools
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from local.office import Hook, Office
from local.state import State

pytestmark = pytest.mark.stack

WITHIN_S = 60
_numbers = itertools.count(1000)


def a_number() -> str:
    return f"+1415557{next(_numbers):04d}"


def a_call(number: str, *, days_ago: int = 0) -> dict[str, Any]:
    ended_at = datetime.now(UTC) - timedelta(days=days_ago)
    return {
        "type": "call.ended",
        "call_id": f"j-{uuid.uuid4().hex}",
        "direction": "inbound",
        "outcome": "answered",
        "external": {"number": number, "name": "Ada Byron"},
        "agent": {"email": "ann@example.com", "name": "Ann Agent"},
        "started_at": _iso(ended_at - timedelta(seconds=60)),
        "ended_at": _iso(ended_at),
        "talk_s": 50,
    }


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def office(stack: State) -> Office:
    made = Office(stack, name="Archive", settings={"matching": {"match_cache_minutes": 0}})
    made.connect(username=made.new_admin())
    return made


def ended(office: Office, job_id: str) -> dict[str, Any]:
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        job: dict[str, Any] = office.call("GET", f"/jobs/{job_id}")
        if job["state"] in {"done", "failed"}:
            return job
        time.sleep(0.5)
    raise AssertionError(f"job {job_id} was not done within {WITHIN_S} s")


def backfill(office: Office, hook: Hook, *calls: dict[str, Any], dry: bool = False) -> Any:
    source = next(
        h["source"] for h in office.call("GET", "/hooks")["items"] if h["hook_id"] == hook.id
    )
    lines = [json.dumps({"provider": "generic", "source": source, "event": call}) for call in calls]
    answer = requests.post(
        f"{office.state.api}/v1/tenants/{office.tenant}/backfill",
        params={"dry_run": str(dry).lower()},
        data="\n".join([*lines, "no json"]).encode(),
        headers={
            "authorization": f"Bearer {office.admin_key}",
            "content-type": "application/x-ndjson",
        },
        timeout=30,
    )
    assert answer.status_code == 202, answer.text
    return ended(office, answer.json()["job_id"])


def tasks_on(office: Office, record: str) -> int:
    found = office.query(f"SELECT Id FROM Task WHERE WhoId = '{record}'")
    return len(found)


@pytest.mark.rule("SH-1")
def test_a_backfill_logs_once_what_came_by_webhook_or_was_handed_in_before(office: Office):
    hook, number = office.add_hook("generic"), a_number()
    contact = office.load("Contact", LastName="Byron", Phone=number)
    live = a_call(number)
    office.settled(office.accepted(hook, live))
    past = [a_call(number, days_ago=30) for _ in range(3)]

    foreseen = backfill(office, hook, live, *past, dry=True)
    first = backfill(office, hook, live, *past)
    second = backfill(office, hook, live, *past)

    assert (foreseen["counts"]["would_log"], foreseen["counts"]["already_logged"]) == (3, 1)
    assert (first["counts"]["logged"], first["counts"]["already_logged"]) == (3, 1)
    assert second["counts"]["already_logged"] == 4
    assert [error["line"] for error in second["result"]["errors"]] == [5]
    assert tasks_on(office, contact) == 4


@pytest.mark.rule("SH-3", "AC-2")
def test_a_skipped_call_is_explained_simulated_and_replayed(office: Office):
    hook, number = office.add_hook("generic"), a_number()
    call = a_call(number)
    skipped = office.settled(office.accepted(hook, call))
    lead = {"calls": {"unknown_number": "lead"}}

    asked = {"provider": "generic", "kind": "call", "event": call}
    as_is = office.call("POST", "/activities/explain", asked)
    what_if = office.call("POST", "/activities/explain", {**asked, "settings": lead})
    started = office.call("POST", "/activities/simulate", {"settings": lead, "days": 1})
    simulated = ended(office, started["job_id"])
    office.call("PATCH", "/settings", lead)
    office.call("POST", f"/activities/{skipped['id']}/replay")
    replayed = office.settled(skipped["id"])

    assert (skipped["state"], as_is["decision"], as_is["rule"]) == ("skipped", "skip", "XB-15")
    assert (what_if["decision"], what_if["slots"][0]["creates"]) == ("log", "Lead")
    assert simulated["counts"]["would_be_logged"] == 1
    assert simulated["result"]["changes"][0]["activity_id"] == skipped["id"]
    assert (replayed["state"], replayed["replays"]) == ("logged", 1)
    assert "Replayed under settings version" in replayed["text"]
    assert replayed["slots"][0]["created_person"]["type"] == "Lead"
    today = datetime.now(UTC).date().isoformat()
    counted = office.call("GET", f"/statement?date={today}")
    assert counted["received"] == (
        counted["logged"] + sum(counted["skipped"].values()) + counted["failed"] + counted["open"]
    )

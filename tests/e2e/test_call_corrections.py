"""What an admin does about calls, on the deployed stack: pins, moves, explains, restores, hands in old ones."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from builders.deployed_tenant import (
    a_call,
    a_name,
    a_number,
    connected,
    installer_of,
    logged,
    task_of,
    wait_for,
)
from local.office import API_TIMEOUT_S, Hook, Office
from local.processes import LocalCloudError
from local.state import State

pytestmark = pytest.mark.stack

BACKFILLED = 20


@pytest.mark.rule("XB-20", "XB-21", "PC-9", "PC-10", "PC-11", "SH-6", "X-9")
def test_a_pin_holds_for_calls_to_come_and_old_tasks_move_only_when_told_and_back(stack: State):
    office = connected(stack, "Matches")
    hook, number = office.add_hook("generic"), a_number()
    people = {office.load("Contact", LastName=a_name(), Phone=number) for _ in range(2)}
    old = logged(office, hook, number)
    first = old["slots"][0]["record"]["id"]
    (other,) = people - {first}

    pinned = office.call("PUT", "/matches", {"party": number, "record_id": other})
    new = task_of(office, logged(office, hook, number))
    unmoved = task_of(office, old)
    move = {"party": number, "from": first, "to": other, "activity_ids": [old["id"]]}
    moved, again = (office.call("POST", "/matches/repoint", move) for _ in range(2))
    after_move = task_of(office, old)
    undone = office.call("POST", "/matches/undo", {"undo_id": moved["undo_id"]})
    after_undo = task_of(office, old)
    office.call("DELETE", f"/matches?party=%2B{number[1:]}")

    assert pinned["record"]["id"] == other
    assert (new["WhoId"], unmoved["WhoId"]) == (other, first)
    assert (moved["moved"], moved["refused"]) == (1, [])
    assert again == moved
    assert (after_move["Id"], after_move["WhoId"]) == (unmoved["Id"], other)
    assert (undone["restored"], undone["refused"]) == (1, [])
    assert after_undo == unmoved
    with pytest.raises(LocalCloudError, match="404"):
        office.call("GET", f"/matches?party=%2B{number[1:]}")


@pytest.mark.rule("SH-3")
def test_explaining_says_what_logging_would_do_and_writes_nowhere(stack: State):
    office = connected(stack, "Explains")
    hook, known, unknown = office.add_hook("generic"), a_number(), a_number()
    contact = office.load("Contact", LastName=a_name(), Phone=known)
    call, stranger = a_call(known), a_call(unknown)
    account = {"calls": {"unknown_number": "account"}}

    matched = _explained(office, event=call)
    missed = _explained(office, event=stranger)
    what_if = _explained(office, event=stranger, settings=account)
    left = (_made_in_org(office), office.call("GET", "/activities")["items"], _received(office))
    activity = office.settled(office.accepted(hook, call))

    foreseen, task = matched["slots"][0], task_of(office, activity)
    assert (missed["decision"], missed["rule"]) == ("skip", "XB-15")
    assert (what_if["decision"], what_if["slots"][0]["creates"]) == ("log", "Account")
    assert left == (set(), [], 0)
    assert foreseen["record"]["id"] == task["WhoId"] == contact
    assert {name: foreseen["fields"][name] for name in FORESEEN} == {
        name: task[name] for name in FORESEEN
    }
    assert foreseen["rules"] == activity["slots"][0]["rules"]
    assert _made_in_org(office) == {task["Id"]}
    assert _received(office) == 1


FORESEEN = ("OwnerId", "Status", "CallType", "CallDurationInSeconds", "Description")


def _explained(office: Office, **asked: object) -> dict[str, Any]:
    about = {"provider": "generic", "kind": "call"}
    explained: dict[str, Any] = office.call("POST", "/activities/explain", {**about, **asked})
    return explained


def _made_in_org(office: Office) -> set[str]:
    """Everything in the org that the tenant's connected user has made."""
    by = f"WHERE CreatedById = '{installer_of(office)}'"
    types = ("Task", "Case", "Contact", "Lead", "Account")
    return {row["Id"] for type_ in types for row in office.query(f"SELECT Id FROM {type_} {by}")}


def _received(office: Office) -> int:
    """The calls that the statements of yesterday and today have."""
    return sum(day["received"] for day in _two_days(office))


def _two_days(office: Office) -> list[dict[str, Any]]:
    """The statements of yesterday and today, as the tenant's time zone may have either."""
    days = (datetime.now(UTC) - timedelta(hours=ago) for ago in (0, 24))
    return [office.call("GET", f"/statement?date={day.date()}") for day in days]


@pytest.mark.rule("SH-1", "AC-2")
def test_twenty_old_calls_handed_in_twice_are_twenty_tasks_and_foreseen_as_such(stack: State):
    office = connected(stack, "Past")
    hook, number = office.add_hook("generic"), a_number()
    contact = office.load("Contact", LastName=a_name(), Phone=number)
    calls = [a_call(number) for _ in range(BACKFILLED)]

    def tasks() -> int:
        return len(office.query(f"SELECT Id FROM Task WHERE WhoId = '{contact}'"))

    foreseen = _handed_in(office, hook, calls, dry_run=True)
    before = tasks()
    first = _handed_in(office, hook, calls)
    second = _handed_in(office, hook, calls)

    assert (foreseen["counts"]["would_log"], before) == (BACKFILLED, 0)
    assert first["counts"]["logged"] == BACKFILLED
    assert second["counts"]["already_logged"] == BACKFILLED
    assert "logged" not in second["counts"]
    assert tasks() == BACKFILLED


def _handed_in(
    office: Office, hook: Hook, calls: Sequence[dict[str, Any]], *, dry_run: bool = False
) -> dict[str, Any]:
    """The job of a backfill once it is done."""
    sources = {one["hook_id"]: one["source"] for one in office.call("GET", "/hooks")["items"]}
    about = {"provider": "generic", "source": sources[hook.id]}
    answer = requests.post(
        f"{office.state.api}/v1/tenants/{office.tenant}/backfill",
        params={"dry_run": str(dry_run).lower()},
        data="\n".join(json.dumps({**about, "event": call}) for call in calls).encode(),
        headers={
            "authorization": f"Bearer {office.admin_key}",
            "content-type": "application/x-ndjson",
        },
        timeout=API_TIMEOUT_S,
    )
    assert answer.status_code == 202, answer.text
    path = f"/jobs/{answer.json()['job_id']}"
    job: dict[str, Any] = wait_for(
        lambda: office.call("GET", path),
        lambda seen: seen["state"] in {"done", "failed"},
        "the end of the job",
    )
    assert job["state"] == "done", job["text"]
    return job


@pytest.mark.rule("AC-1", "AC-2", "SH-3")
def test_restored_settings_hold_for_calls_to_come_and_the_day_adds_up(stack: State):
    office = connected(stack, "Versions")
    hook, numbers = office.add_hook("generic"), [a_number() for _ in range(3)]
    plain, version = office.call("GET", "/settings"), _versions(office)[0]["version"]

    skipped = office.settled(office.accepted(hook, a_call(numbers[0])))
    office.call("PATCH", "/settings", {"calls": {"unknown_number": "lead"}})
    made = logged(office, hook, numbers[1])
    restored = office.call("POST", "/settings/restore", {"version": version})
    office.call("POST", f"/activities/{skipped['id']}/replay")
    still_skipped = office.settled(skipped["id"])
    skipped_again = office.settled(office.accepted(hook, a_call(numbers[2])))

    versions = _versions(office)
    counted = _two_days(office)
    total = {name: sum(day[name] for day in counted) for name in ("received", "logged", "open")}
    assert [one["version"] for one in versions[:3]] == [version + 2, version + 1, version]
    assert versions[1]["changes"] == {"calls.unknown_number": {"before": "none", "after": "lead"}}
    assert restored == plain
    assert made["settings_version"] == version + 1
    assert (still_skipped["rule"], still_skipped["replays"]) == ("XB-15", 1)
    assert (skipped_again["rule"], skipped_again["settings_version"]) == ("XB-15", version + 2)
    assert total == {"received": 3, "logged": 1, "open": 0}
    assert sum(day["skipped"].get("XB-15", 0) for day in counted) == 2


def _versions(office: Office) -> list[dict[str, Any]]:
    """The versions of the tenant's settings, newest first."""
    listed: list[dict[str, Any]] = office.call("GET", "/settings/versions")["items"]
    return listed

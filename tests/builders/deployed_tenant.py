"""Tenants of the deployed stack, each of one org that all share: who calls them, and what the org then holds."""

import itertools
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from local.office import API_TIMEOUT_S, API_VERSION, Hook, Office
from local.state import State

WITHIN_S = 60
OWN_NUMBER = "+14155580000"
_numbers = itertools.count(1000)


def connected(state: State, name: str, *, preset: str = "standard", **settings: Any) -> Office:
    """A tenant connected as a user of its own; it remembers no match from call to call."""
    office = Office(
        state,
        name=name,
        preset=preset,
        settings={"matching": {"match_cache_minutes": 0}, **settings},
    )
    office.connect(username=office.new_admin())
    return office


def installer_of(office: Office) -> str:
    """The id of the user who connected the tenant."""
    user_id: str = office.call("GET", "/connection")["salesforce"]["user"]["id"]
    return user_id


def a_number() -> str:
    """A number that nobody in the org has yet."""
    return f"+1415558{next(_numbers):04d}"


def a_name() -> str:
    """A name that nobody in the org has yet."""
    return f"Ada-{uuid.uuid4().hex[:12]}"


def a_user(office: Office, first_name: str) -> tuple[str, str]:
    """An active user of the org: id, and an e-mail that nobody else has."""
    address = f"{first_name.lower()}-{uuid.uuid4().hex[:12]}@example.com"
    names = {"FirstName": first_name, "LastName": "Agent"}
    user_id = office.load("User", **names, Email=address, Username=address, IsActive=True)
    return user_id, address


def a_call(number: str | None, **changes: object) -> dict[str, Any]:
    """A generic call.ended of a minute's talk; its times tell milliseconds, as settings count them."""
    now = datetime.now(UTC)
    return {
        "type": "call.ended",
        "call_id": f"c-{uuid.uuid4().hex}",
        "direction": "inbound",
        "outcome": "answered",
        "external": {"number": number, "name": "Ada Byron"},
        "internal_number": OWN_NUMBER,
        "agent": {"email": "nobody@example.com", "name": "Ann Agent"},
        "started_at": (now - timedelta(seconds=70)).isoformat(),
        "answered_at": (now - timedelta(seconds=60)).isoformat(),
        "ended_at": now.isoformat(),
        "talk_s": 60,
        **changes,
    }


def change(office: Office, type_: str, record_id: str, **fields: object) -> None:
    """Edits a record in the org as a person would, past Switchhook."""
    token = office.control("POST", "/_org/token", {})
    answer = requests.patch(
        f"{token['instance_url']}/services/data/{API_VERSION}/sobjects/{type_}/{record_id}",
        json=fields,
        headers={"authorization": f"Bearer {token['access_token']}"},
        verify=office.state.salesforce.ca_file,
        timeout=API_TIMEOUT_S,
    )
    assert answer.ok, answer.text


def logged(office: Office, hook: Hook, number: str) -> dict[str, Any]:
    """The activity of a call that a hook was told of, once it is logged."""
    activity = office.settled(office.accepted(hook, a_call(number)))
    assert activity["state"] == "logged", activity["text"]
    return activity


def task_of(office: Office, activity: dict[str, Any], *, slot: int = 0) -> dict[str, Any]:
    """The one Task that the org has for a slot of a logged activity."""
    assert activity["state"] == "logged", activity["text"]
    key = activity["slots"][slot]["key"]
    tasks = office.query(
        "SELECT Id, WhoId, WhatId, OwnerId, Status, IsClosed, CallType, CallDisposition,"
        f" CallDurationInSeconds, Description FROM Task WHERE CallObject = '{key}'"
    )
    assert [task["Id"] for task in tasks] == [activity["slots"][slot]["salesforce_id"]]
    return tasks[0]


def asked_of_org(office: Office, since: datetime) -> list[dict[str, Any]]:
    """The requests that the org has answered since a time, whoever made them."""
    at = since.isoformat().replace("+00:00", "Z")
    items: list[dict[str, Any]] = office.control("GET", f"/_org/requests?since={at}")["items"]
    return items


def own_app(office: Office) -> str:
    """Has the tenant connect through an app of its own, whose refresh tokens rotate; its client id."""
    own = {"client_id": f"own-{uuid.uuid4().hex}", "client_secret": uuid.uuid4().hex}
    callback = office.call("GET", "/app")["redirect_url"]
    registered = {**own, "redirect_uris": [callback], "rotation": True}
    office.control("POST", "/_org/settings", {"connected_apps": [registered]})
    office.call("PUT", "/app", {**own, "login_url": office.state.salesforce.login_url})
    return own["client_id"]


def wait_for[T](read: Callable[[], T], is_there: Callable[[T], object], what: str) -> T:
    """Reads again and again until it is there."""
    until = time.monotonic() + WITHIN_S
    seen = read()
    while not is_there(seen):
        assert time.monotonic() < until, f"{what} did not come within {WITHIN_S} s: {seen}"
        time.sleep(0.1)
        seen = read()
    return seen


def in_state(office: Office, activity_id: str, state: str) -> dict[str, Any]:
    """The activity once it is in a state; the ledger may not know it yet."""

    def listed() -> list[dict[str, Any]]:
        page = office.call("GET", f"/activities?state={state}&limit=100")
        return [item for item in page["items"] if item["id"] == activity_id]

    return wait_for(listed, bool, f"{activity_id} as {state}")[0]

"""A tenant brings its own app and a site's login to the deployed stack, with the permissions it has."""

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.office import Office
from local.processes import LocalCloudError
from local.state import State

pytestmark = [pytest.mark.stack, pytest.mark.rule("CX-2", "SH-11")]

SITE = "partners"
SESSION_S = 3
USUAL_SESSION_S = 7200
NUMBER = "+14155570001"


@pytest.fixture
def office(stack: State) -> Office:
    return Office(
        stack,
        name="Own app",
        preset="xbees_partner_community",
        settings={"matching": {"match_cache_minutes": 0}},
    )


@pytest.fixture
def app(office: Office) -> dict[str, str]:
    """An app in the org, and a site to sign in at."""
    own = {"client_id": f"own-{uuid.uuid4().hex}", "client_secret": uuid.uuid4().hex}
    callback = office.call("GET", "/app")["redirect_url"]
    registered = own | {"redirect_uris": [callback], "rotation": True}
    office.control("POST", "/_org/settings", {"connected_apps": [registered]})
    office.control("POST", "/_org/settings", {"communities": [{"path": SITE, "name": "Partners"}]})
    return own | {"login_url": f"{office.state.salesforce.login_url}/{SITE}"}


def a_call() -> dict[str, Any]:
    now = datetime.now(UTC)
    times = {"started_at": now - timedelta(seconds=70), "ended_at": now}
    return {
        "type": "call.ended",
        "call_id": f"c-{uuid.uuid4().hex}",
        "direction": "inbound",
        "outcome": "answered",
        "external": {"number": NUMBER},
        "talk_s": 60,
        **{name: at.strftime("%Y-%m-%dT%H:%M:%SZ") for name, at in times.items()},
    }


@pytest.mark.rule("CX-60", "CX-61", "CX-62", "SH-8")
def test_an_own_app_connects_at_a_site_refreshes_there_and_leaves(
    office: Office, app: dict[str, str]
):
    stored = office.call("PUT", "/app", app)
    office.connect(username=office.new_admin())
    office.load("Contact", LastName="Of the site", Phone=NUMBER)
    hook = office.add_hook("generic")
    since = datetime.now(UTC).isoformat().replace("+00:00", "Z")

    office.control("POST", "/_org/settings", {"session_timeout_s": SESSION_S})
    time.sleep(SESSION_S + 0.5)  # the org's own clock ends the session
    try:
        logged = office.settled(office.accepted(hook, a_call()))
    finally:
        office.control("POST", "/_org/settings", {"session_timeout_s": USUAL_SESSION_S})
    office.call("PUT", "/app", app | {"client_id": "another", "client_secret": "another"})
    connection = office.call("GET", "/connection")
    preview = office.call("GET", "/connection/preview-disconnect")
    with pytest.raises(LocalCloudError, match="409"):
        office.call("DELETE", "/connection")
    left = office.call("DELETE", "/connection?confirm=true")
    forgotten = office.call("DELETE", "/app")

    asked = office.control("GET", f"/_org/requests?since={since}")["items"]
    assert stored["client_id"] == app["client_id"]
    assert (connection["status"], connection["app"]) == ("connected", "own")
    assert logged["state"] == "logged", logged["text"]
    assert {item["path"] for item in asked if item["path"].endswith("/oauth2/token")} == {
        f"/{SITE}/services/oauth2/token"
    }
    assert (preview["status"], preview["hooks"]) == ("connected", 1)
    assert (left["status"], left["grant_revoked"]) == ("not_connected", True)
    assert forgotten["kind"] == "default"

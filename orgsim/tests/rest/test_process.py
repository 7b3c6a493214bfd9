"""The org as a process of its own, and as a file that outlives it."""

import json
import signal
import time
from pathlib import Path

import pytest
import requests

from orgsim.server import OrgServer

SOURCE = Path(__file__).resolve().parents[2] / "src"


@pytest.fixture
def start(run_org, tmp_path):
    """Start an org whose state is the test's, and return the process and what it printed."""

    def run(*arguments):
        org = run_org("--state-dir", tmp_path / "state", *arguments)
        return org.process, org.told

    return run


def test_it_prints_where_it_is_serves_and_stops_when_told(start, tmp_path):
    """One JSON object, the same in the ready file; exit code 0."""
    ready = tmp_path / "ready.json"
    process, printed = start("--ready-file", str(ready))

    assert list(printed) == [
        "login_url",
        "instance_url",
        "http_url",
        "control_url",
        "ca_file",
        "username",
        "password",
    ]
    versions = requests.get(
        f"{printed['login_url']}/services/data", verify=printed["ca_file"], timeout=10
    )
    assert versions.status_code == 200
    assert json.loads(ready.read_text()) == printed
    process.send_signal(signal.SIGTERM)
    assert (process.wait(10), process.stdout.read()) == (0, "")


def test_it_starts_with_settings_records_and_faults(start, tmp_path):
    """Its own settings are what a reset returns to."""
    seed, faults = tmp_path / "seed.json", tmp_path / "faults.json"
    record = {"type": "Contact", "fields": {"LastName": "Ferrer"}}
    seed.write_text(json.dumps({"settings": {"request_limit_s": 5}, "records": [record]}))
    faults.write_text(json.dumps([{"effect": "status_503", "match": {"path_regex": "/authorize"}}]))
    _, printed = start("--seed", str(seed), "--faults", str(faults))
    control = f"{printed['control_url']}/_org"

    token = requests.post(f"{control}/token", timeout=10).json()["access_token"]
    found = requests.get(
        f"{printed['http_url']}/services/data/v62.0/query",
        params={"q": "SELECT LastName FROM Contact"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    ).json()
    broken = requests.get(f"{printed['http_url']}/services/oauth2/authorize", timeout=10)
    requests.post(f"{control}/reset", timeout=10)

    assert [r["LastName"] for r in found["records"]] == ["Ferrer"]
    assert broken.status_code == 503
    settings = requests.get(f"{control}/settings", timeout=10).json()
    assert settings["request_limit_s"] == 5


@pytest.mark.parametrize(
    "seed",
    [{"setting": {}}, {"settings": {"x": 1}}, {"records": [{"type": "Shoe"}]}],
    ids=["unknown_key", "unknown_setting", "unknown_type"],
)
def test_it_does_not_start_with_a_seed_that_makes_no_sense(start, tmp_path, seed):
    """Exit code 2 and a sentence."""
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(seed))

    process, printed = start("--seed", str(file))

    assert (printed, process.wait(10)) == ({}, 2)
    assert process.stderr.read().startswith("orgsim cannot start: ")


def test_a_file_keeps_the_org_from_one_run_to_the_next(tmp_path):
    """Records, ids, settings, grants, the password and the certificates."""

    def run():
        return OrgServer(state_dir=tmp_path, database=tmp_path / "org.sqlite")

    with run() as first:
        store, grants = first.org.store, first.org.grants
        contact = store.insert("Contact", {"LastName": "F"}, user_id=store.admin_id)
        case = store.insert("Case", {}, user_id=store.admin_id)
        number = store.get("Case", case)["CaseNumber"]
        token = grants.open_session(store.admin_id, "control", None, "full")
        url = f"{first.addresses.control_url}/_org/settings"
        app = {"client_id": "dialer", "client_secret": "s3cret", "redirect_uris": []}
        requests.post(url, json={"connected_apps": [app]}, timeout=10)
        before = (store.org_id, first.addresses.password, tmp_path.joinpath("ca.pem").read_text())

    with run() as second:
        store = second.org.store
        assert before == (
            store.org_id,
            second.addresses.password,
            tmp_path.joinpath("ca.pem").read_text(),
        )
        assert store.get("Contact", contact)["LastName"] == "F"
        assert second.org.grants.session(token).user_id == store.admin_id
        assert store.settings.app("dialer").client_secret == "s3cret"
        assert store.insert("Contact", {"LastName": "G"}, user_id=store.admin_id) > contact
        next_case = store.get("Case", store.insert("Case", {}, user_id=store.admin_id))
        assert int(next_case["CaseNumber"]) == int(number) + 1


def test_the_private_key_is_readable_by_its_owner_only(tmp_path):
    """The CA's own key is not there at all."""
    with OrgServer(state_dir=tmp_path):
        modes = {f.name: f.stat().st_mode & 0o777 for f in tmp_path.glob("*.key")}

    assert modes == {"localhost.key": 0o600}


def test_stopping_does_not_wait_for_what_is_held():
    """A request on hold ends with the org."""
    server = OrgServer()
    server.start()
    server.org.faults.add([{"effect": "commit_then_timeout", "match": {"path_regex": "/token"}}])
    url = f"{server.addresses.http_url}/services/oauth2/token"
    with pytest.raises(requests.ReadTimeout):
        requests.post(url, timeout=0.2)
    began = time.monotonic()

    server.stop()

    assert time.monotonic() - began < 3


@pytest.mark.parametrize("turn", [1, 2])
def test_the_fixture_gives_every_test_an_empty_org(fresh_org, turn):
    """What one test stores the next does not see."""
    store = fresh_org.org.store

    assert store.count("Contact") == 0
    store.insert("Contact", {"LastName": "F"}, user_id=store.admin_id)

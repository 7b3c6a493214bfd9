"""The org as a product of its own: one command, files to begin with, quick to start and to answer."""

import json
import os
from pathlib import Path

import pytest
import requests

pytestmark = pytest.mark.org

SOURCE = Path(__file__).resolve().parents[2] / "src"
API = "/services/data/v62.0"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# The promises are a second and 1,000 a second; a machine that runs other tests beside is slower.
START_S, REQUESTS_PER_S = 2.0, 400
REQUESTS = 500


def written(path, content):
    path.write_text(json.dumps(content))
    return path


def test_an_org_begins_with_the_records_and_the_trouble_that_files_describe(run_org, tmp_path):
    """Settings, records as given, records made up, and a fault that strikes once, seen in the log."""
    record = {"type": "Account", "fields": {"Name": "Ferrer Optics", "Phone": "4155550101"}}
    seed = {"settings": {"api_limit": 50}, "records": [record], "generate": {"Contact": 25}}
    fault = {"effect": "status_503", "match": {"path_regex": "^/services/oauth2/authorize"}}
    org = run_org(
        "--state-dir", tmp_path / "state",
        "--seed", written(tmp_path / "seed.json", seed),
        "--faults", written(tmp_path / "faults.json", [fault]),
    )  # fmt: skip
    token = org.token()

    accounts = org.get(f"{API}/query", token, q="SELECT Name FROM Account").json()["records"]
    contacts = org.get(f"{API}/query", token, q="SELECT count() FROM Contact")
    url = f"{org.told['http_url']}/services/oauth2/authorize"
    statuses = [requests.get(url, timeout=10).status_code for _ in range(2)]

    assert [one["Name"] for one in accounts] == ["Ferrer Optics"]
    assert contacts.json()["totalSize"] == 25
    assert contacts.headers["Sforce-Limit-Info"] == "api-usage=2/50"
    assert statuses[0] == 503 != statuses[1]
    log = org.control("GET", "requests?since=2").json()["items"]
    assert [one.get("fault") for one in log] == ["status_503", None]
    assert "status_503" in org.control("GET", "").text


@pytest.mark.parametrize(("kept", "expected"), [("--memory", 0), ("--file", 3)])
def test_records_are_kept_in_a_file_only_if_asked(run_org, tmp_path, kept, expected):
    """In memory they are gone with the process."""
    first = run_org("--state-dir", tmp_path, kept)
    first.control("POST", "load", {"generate": {"Lead": 3}})
    assert first.stop() == 0

    second = run_org("--state-dir", tmp_path, kept)

    found = second.get(f"{API}/query", second.token(), q="SELECT count() FROM Lead").json()
    assert found["totalSize"] == expected


def test_an_org_in_memory_leaves_nothing_behind(run_org, tmp_path):
    """Unless it is told where its certificates go, they go with it."""
    org = run_org(folder=tmp_path)
    certificate = Path(org.told["ca_file"])
    was_there = certificate.exists()

    assert org.stop() == 0
    assert (was_there, certificate.exists(), list(tmp_path.iterdir())) == (True, False, [])


def test_an_org_in_a_file_lies_where_it_was_started(run_org, tmp_path):
    """Unless it is told where."""
    run_org("--file", folder=tmp_path).stop()

    assert [path.name for path in tmp_path.iterdir()] == [".orgsim"]
    assert {"ca.pem", "org.sqlite"} <= {path.name for path in (tmp_path / ".orgsim").iterdir()}


def test_a_seed_is_sown_once(run_org, tmp_path):
    """A file that has its records already gets no second set of them."""
    seed = written(tmp_path / "seed.json", {"generate": {"Contact": 4}})
    run_org("--state-dir", tmp_path, "--file", "--seed", seed).stop()

    again = run_org("--state-dir", tmp_path, "--file", "--seed", seed)

    found = again.get(f"{API}/query", again.token(), q="SELECT count() FROM Contact").json()
    assert found["totalSize"] == 4


@pytest.mark.parametrize(
    ("option", "content", "sentence"),
    [
        ("--faults", [{"effect": "thunder"}], "fault 0: effect has to be one of "),
        ("--faults", {"effect": "slow"}, "faults have to be a list"),
        ("--seed", {"generate": {"Shoe": 1}}, "generate: Shoe is not one of Account,"),
        ("--seed", [], " has to be an object with settings, records and generate"),
    ],
    ids=["unknown_effect", "no_list_of_faults", "nothing_to_make_up", "no_seed"],
)
def test_a_file_that_makes_no_sense_is_named_and_nothing_starts(
    run_org, tmp_path, option, content, sentence
):
    """Exit code 2 and one sentence on the error stream."""
    file = written(tmp_path / "given.json", content)

    org = run_org("--state-dir", tmp_path / "state", option, file)

    _, complaint = org.process.communicate(timeout=10)
    assert (org.process.returncode, org.told) == (2, {})
    assert complaint.startswith("orgsim cannot start: ")
    assert sentence in complaint
    assert complaint.count("\n") == 1


def allowed_in(org, password):
    url = f"{org.told['http_url']}/services/oauth2/token"
    form = {"grant_type": "password", "client_id": "PlatformCLI", "password": password}
    form["username"] = org.told["username"]
    return org.session.post(url, data=form, timeout=10).status_code == 200


def test_every_user_logs_in_with_the_password_that_was_given(run_org, tmp_path):
    """A kept org remembers it until it is given another one."""
    seed = written(tmp_path / "seed.json", {"settings": {"username_password_flow": True}})
    common = ("--state-dir", tmp_path, "--file", "--seed", seed)

    first = run_org(*common, "--password", "spring-4711")
    assert (first.told["password"], allowed_in(first, "spring-4711")) == ("spring-4711", True)
    first.stop()
    second = run_org(*common)
    assert (second.told["password"], allowed_in(second, "spring-4711")) == ("spring-4711", True)
    second.stop()
    third = run_org(*common, "--password", "autumn-1147")

    assert [allowed_in(third, word) for word in ("spring-4711", "autumn-1147")] == [False, True]


def test_an_empty_password_is_refused(run_org, tmp_path):
    """Nothing starts."""
    org = run_org("--state-dir", tmp_path, "--password", "")

    _, complaint = org.process.communicate(timeout=10)
    assert (org.process.returncode, org.told) == (2, {})
    assert complaint == "orgsim cannot start: the password must not be empty\n"


def test_the_proxy_is_told_of_among_the_addresses(run_org, tmp_path):
    """It is there on the port that was asked for."""
    org = run_org("--state-dir", tmp_path, "--proxy-port", "0")

    answer = requests.get(
        "https://login.salesforce.com/services/data",
        proxies={"https": org.told["proxy_url"]},
        verify=org.told["ca_file"],
        timeout=10,
    )
    assert answer.status_code == 200


def test_an_org_that_cannot_be_found_says_which_file_is_missing(run_org, tmp_path):
    """A seed that is not there is no empty seed."""
    org = run_org("--state-dir", tmp_path, "--seed", tmp_path / "missing.json")

    _, complaint = org.process.communicate(timeout=10)
    assert org.process.returncode == 2
    assert "missing.json" in complaint


def test_it_starts_in_about_a_second(run_org, tmp_path):
    """By the processor time that it takes until it says where it is."""
    org = run_org("--state-dir", tmp_path)

    assert org.processor_s() < START_S


def test_it_answers_many_simple_requests_a_second(run_org, tmp_path):
    """By the processor time that they take, the clients' not counted."""
    org = run_org("--state-dir", tmp_path)
    token = org.token()
    (contact,) = org.control("POST", "load", {"generate": {"Contact": 1}}).json()["ids"]
    path = f"{API}/sobjects/Contact/{contact}"
    org.get(path, token)
    before = org.processor_s()

    statuses = {org.get(path, token).status_code for _ in range(REQUESTS)}

    assert statuses == {200}
    assert REQUESTS / (org.processor_s() - before) > REQUESTS_PER_S

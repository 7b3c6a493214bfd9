"""`make up`, `make reset` and `make down` do what they say, again and again."""

import os
import socket
from collections.abc import Callable

import pytest
import requests

from local import cloud
from local.aws import clients
from local.paths import home_in
from local.processes import LocalCloudError
from local.provision import find_deployment

ANSWER_LIMIT_S = 30
TENANT = {
    "name": "Engines Ltd",
    "preset": "standard",
    "default_region": "GB",
    "time_zone": "Europe/London",
}


def tenants(state):
    answer = requests.get(
        f"{state.api}/v1/tenants",
        headers={"Authorization": f"Bearer {state.operator_key}"},
        timeout=ANSWER_LIMIT_S,
    )
    return [tenant["name"] for tenant in answer.json()["items"]]


def make_tenant(state):
    answer = requests.post(
        f"{state.api}/v1/tenants",
        headers={"Authorization": f"Bearer {state.operator_key}"},
        json=TENANT,
        timeout=ANSWER_LIMIT_S,
    )
    assert answer.status_code == 201, answer.text


def records_of_org(state):
    token = requests.post(
        f"{state.salesforce.control_url}/_org/token", json={}, timeout=ANSWER_LIMIT_S
    ).json()["access_token"]
    answer = requests.get(
        f"{state.salesforce.instance_url}/services/data/v60.0/query",
        params={"q": "SELECT count() FROM Contact"},
        headers={"Authorization": f"Bearer {token}"},
        verify=state.salesforce.ca_file,
        timeout=ANSWER_LIMIT_S,
    )
    return answer.json()["totalSize"]


def quiet(_step):
    """A progress that tells nobody."""


@pytest.fixture
def up(tmp_path):
    """Starts a cloud of the test's own, and stops it in the end."""
    home = home_in(tmp_path / "cloud")

    def start(**options) -> Callable:
        return cloud.up(quiet, home=home, ends_with=os.getpid(), **options)

    start.home = home
    yield start
    cloud.down(home=home)


def test_a_cloud_is_started_once_keeps_what_it_stores_and_can_be_emptied(up):
    """One life of a local cloud, since each start costs seconds."""
    first = up()
    make_tenant(first)
    requests.post(
        f"{first.salesforce.control_url}/_org/load",
        json={"generate": {"Contact": 3}},
        timeout=ANSWER_LIMIT_S,
    )

    # Again: nothing changes, and the file says the same.
    assert up() == first
    assert up.home.state_file.read_text() == first.to_json() + "\n"

    # Down and up: the same addresses, keys and data.
    assert cloud.down(home=up.home)
    assert not up.home.state_file.exists()
    assert up() == first
    assert tenants(first) == ["Engines Ltd"]
    assert records_of_org(first) == 3

    # Emptied while it runs: no data, the same keys.
    cloud.reset(home=up.home)
    assert tenants(first) == []
    assert records_of_org(first) == 0

    # Emptied while it is down: nothing is left.
    cloud.down(home=up.home)
    cloud.reset(home=up.home)
    assert not up.home.emulator_state.exists()
    assert not up.home.org_state.exists()
    assert not cloud.down(home=up.home)


def test_a_taken_port_is_told_before_anything_starts(up):
    """Nobody waits for a time-out."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]

        with pytest.raises(LocalCloudError, match=f"Port {port} is taken"):
            up(port=port)

    assert cloud.find_running(up.home) is None


def test_the_functions_are_told_the_addresses_of_this_cloud(stack):
    """The org's host is the only one beside Salesforce's that may be an instance URL."""
    worker = find_deployment(stack.aws_endpoint).outputs["ActivityWorkerFunctionName"]

    found = clients(stack.aws_endpoint)("lambda").get_function_configuration(FunctionName=worker)

    told = found["Environment"]["Variables"]
    assert told["LOCAL_SALESFORCE_HOST"] == stack.salesforce.instance_url.removeprefix("https://")
    assert told["SALESFORCE_LOGIN_URL"] == stack.salesforce.login_url
    assert told["PUBLIC_BASE_URL"] == stack.api
    assert told["WRITE_HORIZON_S"] == "5"

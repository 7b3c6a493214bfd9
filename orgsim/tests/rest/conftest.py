"""A running org and a client that speaks plain HTTP to it."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from orgsim.server import OrgServer

START = datetime(2026, 5, 13, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that only moves when told to."""

    def __init__(self):
        self.moment = START

    def __call__(self):
        return self.moment

    def forward(self, seconds: float):
        self.moment += timedelta(seconds=seconds)


class Rest:
    """A client of one org; `call` gives the answer, `ask` its parsed body."""

    def __init__(self, server: OrgServer, clock: Clock):
        self.server = server
        self.org = server.org
        self.addresses = server.addresses
        self.clock = clock
        self.session = requests.Session()
        self.session.verify = self.addresses.ca_file
        self.session.trust_env = False
        self.base = f"{self.addresses.http_url}/services/data/v62.0"
        self.headers = self.log_in()

    def log_in(self, username: str | None = None) -> dict[str, str]:
        body = {"username": username} if username else {}
        return {"Authorization": f"Bearer {self.control('POST', 'token', body)['access_token']}"}

    def log_in_as_app(self) -> dict[str, str]:
        """The headers of an app that the admin uses; faults may hit it."""
        tokens = self.control("POST", "token", {"as_app": "PlatformCLI"})
        return {"Authorization": f"Bearer {tokens['access_token']}"}

    def control(
        self, method: str, resource: str, body: object = None, *, status: int | None = None
    ):
        url = f"{self.addresses.control_url}/_org/{resource}"
        answer = self.session.request(method, url, json=body, timeout=10)
        if status is None:
            assert answer.ok, answer.text
        else:
            assert answer.status_code == status, answer.text
        return answer.json()

    def settings(self, **changes: object):
        return self.control("POST", "settings", changes)

    def fault(self, effect: str, **more: object):
        return self.control("POST", "faults", [{"effect": effect, **more}])

    def load(self, sobject: str, **fields: object) -> str:
        body = {"records": [{"type": sobject, "fields": fields}]}
        return self.control("POST", "load", body)["ids"][0]

    def call(self, method: str, path: str, body: object = None, **more: object):
        headers = {**self.headers, **more.pop("headers", {})}
        url = path if path.startswith("http") else self.base + path
        return self.session.request(
            method, url, json=body, headers=headers, timeout=10, allow_redirects=False, **more
        )

    def ask(self, method: str, path: str, body: object = None, **more: object):
        answer = self.call(method, path, body, **more)
        return answer.json() if answer.content else None

    def create(self, sobject: str, **fields: object) -> str:
        answer = self.call("POST", f"/sobjects/{sobject}", fields)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def row(self, sobject: str, record_id: str):
        return self.ask("GET", f"/sobjects/{sobject}/{record_id}")

    def query(self, text: str):
        return self.ask("GET", "/query", params={"q": text})["records"]


@pytest.fixture(scope="session")
def clock():
    """The clock of the process's org."""
    return Clock()


@pytest.fixture(scope="session")
def server(clock):
    """One org per test process."""
    with OrgServer(clock=clock) as running:
        yield running


@pytest.fixture
def rest(server, clock):
    """A client of the process's org, emptied of what other tests left."""
    clock.moment = START
    server.org.reset()
    client = Rest(server, clock)
    yield client
    client.session.close()

"""A caller of the process's org that is emptied before each test."""

import json

import pytest
import requests

from orgsim.server import OrgServer

API = "/services/data/v62.0"


class Caller:
    """Speaks plain HTTP to an org and to its control plane."""

    def __init__(self, server: OrgServer):
        self.server = server
        self.addresses = server.addresses
        self.token = self.control("POST", "token").json()["access_token"]

    @property
    def log_url(self) -> str:
        return f"{self.addresses.control_url}/_org/"

    def control(self, method: str, resource: str, body: object = None):
        answer = requests.request(method, self.log_url + resource, json=body, timeout=30)
        assert answer.ok, answer.text
        return answer

    def load(self, sobject: str, count: int) -> list[str]:
        return self.control("POST", "load", {"generate": {sobject: count}}).json()["ids"]

    def get(self, path: str, *, token: str | None = None, **params: str):
        return requests.get(
            self.addresses.http_url + path,
            params=params,
            headers={"Authorization": f"Bearer {token or self.token}"},
            timeout=30,
        )

    def query(self, soql: str) -> list[dict[str, object]]:
        return self.get(f"{API}/query", q=soql).json()["records"]

    def search(self, sosl: str) -> list[str]:
        found = self.get(f"{API}/search", q=sosl).json()["searchRecords"]
        return [record["Id"] for record in found]

    def journal(self) -> list[dict[str, object]]:
        return json.loads(self.control("GET", "requests").content)["items"]


@pytest.fixture
def caller(fresh_org):
    """A caller of the process's org, emptied."""
    return Caller(fresh_org)

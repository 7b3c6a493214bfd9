"""A running org, a tenant's app in it, and the adapters pointed at it."""

import base64
import hashlib
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from fakes.apps import FakeApps, FakeAppSecrets
from orgsim.server import OrgServer
from switchhook.adapters.salesforce.hosts import SalesforceHosts
from switchhook.adapters.salesforce.oauth import SalesforceTokens, authorize_url
from switchhook.adapters.salesforce.session import BoundedSession, Bounds, DataSession, RestApi
from switchhook.domain.activity import RecordRef
from switchhook.domain.connection import Grant, TokenPair
from switchhook.ports.connect import AppCredentials

REDIRECT_URI = "https://hook.example.com/oauth/salesforce/callback"
APP = AppCredentials(client_id="switchhook-test", client_secret="s3cret")
VERIFIER = "v" * 43
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestOrg:
    """One org with its control plane and everything that talks to it."""

    __test__ = False

    server: OrgServer
    hosts: SalesforceHosts
    session: DataSession
    tokens: SalesforceTokens
    rest: RestApi
    apps: FakeApps

    @property
    def login_url(self) -> str:
        return self.server.addresses.login_url

    def control(self, path: str, body: object = None, *, method: str = "POST") -> Any:
        answer = requests.request(
            method, f"{self.server.addresses.control_url}/_org/{path}", json=body, timeout=10
        )
        assert answer.ok, answer.text
        return answer.json()

    def settings(self, **changes: object) -> None:
        self.control("settings", changes)

    def fault(self, effect: str, *, path: str = ".", times: int = 1, **more: object) -> None:
        self.control(
            "faults",
            [{"match": {"path_regex": path}, "effect": effect, "times": times, **more}],
        )

    def load(self, *records: tuple[str, dict[str, object]]) -> list[str]:
        body = {"records": [{"type": name, "fields": fields} for name, fields in records]}
        return self.control("load", body)["ids"]

    def requests_to(self, path: str) -> list[dict[str, Any]]:
        items = self.control("requests", method="GET")["items"]
        return [item for item in items if path in item["path"]]

    def count(self, query: str, grant: Grant) -> int:
        return self.rest.get(grant, "query/", params={"q": query}).body["totalSize"]

    def allow(self, *, challenge: str = CHALLENGE, redirect_uri: str = REDIRECT_URI) -> str:
        """Grant access as a person would and give the code."""
        return parse_qs(urlsplit(self.back_from(challenge, redirect_uri)).query)["code"][0]

    def back_from(
        self, challenge: str = CHALLENGE, redirect_uri: str = REDIRECT_URI, answer: str = "allow"
    ) -> str:
        url = authorize_url(
            self.login_url,
            client_id=APP.client_id,
            redirect_uri=redirect_uri,
            state="st",
            challenge=challenge,
        )
        return self.through(url, answer)

    def through(self, url: str, answer: str = "allow", username: str | None = None) -> str:
        """Walk the pages of the authorize address; gives the address the browser is sent back to.

        The pages of a site lie below its path, as the address of the first one does.
        """
        addresses = self.server.addresses
        path = urlsplit(url).path.removesuffix("/services/oauth2/authorize")
        base = addresses.http_url + path
        page = requests.get(url.replace(self.login_url, addresses.http_url), timeout=10)
        pending = {"pending": _hidden(page.text)}
        who = {"username": username or addresses.username, "password": addresses.password}
        login = pending | who
        requests.post(f"{base}/services/oauth2/login", data=login, timeout=10)
        consent = requests.post(
            f"{base}/services/oauth2/consent",
            data=pending | {"answer": answer},
            timeout=10,
            allow_redirects=False,
        )
        return consent.headers["location"]

    def pair(self) -> TokenPair:
        return self.tokens.exchange(
            self.login_url,
            app=None,
            code=self.allow(),
            verifier=VERIFIER,
            redirect_uri=REDIRECT_URI,
        )

    def grant(self) -> Grant:
        return self.grant_of(self.pair())

    def grant_of(self, pair: TokenPair) -> Grant:
        org_id, user_id = self.hosts.identity_of(pair.identity_url)
        return Grant(
            tenant="t-1",
            generation=1,
            access_token=pair.access_token,
            instance_url=pair.instance_url,
            org_id=org_id,
            user_id=user_id,
        )


def _hidden(page: str) -> str:
    found = re.search(r'name="pending" value="([^"]+)"', page)
    assert found, page
    return html.unescape(found[1])


@pytest.fixture
def org(fresh_org: OrgServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestOrg]:
    """An empty org in which the app of these tests is registered with rotation on."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", fresh_org.addresses.ca_file)
    hosts = SalesforceHosts(local=urlsplit(fresh_org.addresses.instance_url).netloc)
    bounds = Bounds(hosts=hosts, connect_timeout_s=2, read_timeout_s=1.5)
    session = DataSession(bounds)
    login = BoundedSession(bounds)
    apps = FakeApps(APP, FakeAppSecrets())
    org = TestOrg(
        server=fresh_org,
        hosts=hosts,
        session=session,
        tokens=SalesforceTokens(login, hosts=hosts, credentials=apps.credentials),
        apps=apps,
        rest=RestApi(session),
    )
    app = {
        "client_id": APP.client_id,
        "client_secret": APP.client_secret,
        "redirect_uris": [REDIRECT_URI],
        "rotation": True,
    }
    org.settings(connected_apps=[app])
    yield org
    session.close()
    login.close()
    org.control("faults", method="DELETE")


@pytest.fixture
def made(org: TestOrg) -> Callable[..., RecordRef]:
    """Stores a record of an object, Byron's unless it is said otherwise, and names it."""
    needed = {
        "Contact": {"LastName": "Byron"},
        "Lead": {"LastName": "Byron", "Company": "B"},
        "Account": {"Name": "Byron"},
    }

    def made(name: str, **more: object) -> RecordRef:
        (record_id,) = org.load((name, {**needed.get(name, {}), **more}))
        return RecordRef(type=name, id=record_id)

    return made


@pytest.fixture
def grant(org: TestOrg) -> Grant:
    """A fresh grant of the org's admin."""
    return org.grant()

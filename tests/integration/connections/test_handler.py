"""The function oauth_callback as a browser sees it, on the template's tables and a running org."""

import base64
import hashlib
import html
import importlib.util
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests

from switchhook.adapters.aws import KmsCipher
from switchhook.adapters.dynamodb.connect import DynamoConnectSteps
from switchhook.adapters.dynamodb.connections import DynamoConnections
from switchhook.adapters.salesforce.hosts import SalesforceHosts
from switchhook.adapters.salesforce.oauth import SalesforceTokens
from switchhook.adapters.salesforce.session import BoundedSession, Bounds
from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.errors import Retryable
from switchhook.domain.timing import Timing
from switchhook.ports.connect import AppCredentials
from switchhook.usecases.org.connect import issue_ticket
from switchhook.usecases.org.grants import Grants

pytestmark = [pytest.mark.emulator, pytest.mark.org, pytest.mark.rule("SH-8")]

ROOT = Path(__file__).parents[3]
HANDLER = ROOT / "functions" / "oauth_callback" / "handler.py"
EVENTS = ROOT / "events" / "oauth_callback"
BASE_URL = "https://hook.example.com"
CLIENT_SECRET = "app-s3cret"


@dataclass
class Site:
    """The function, its stores, and a browser's cookies."""

    handler: Any
    aws: Any
    tables: Any
    org: Any
    key_id: str
    cookies: dict[str, str]

    @property
    def connections(self):
        return DynamoConnections(self.aws.client("dynamodb"), self.tables.tenant)

    def link(self, *, now):
        ticket = issue_ticket(
            "t-1",
            confirm_org=False,
            steps=DynamoConnectSteps(self.aws.client("dynamodb"), self.tables.tenant),
            entropy=hashlib.sha256(now.isoformat().encode()).digest(),
            now=now,
        )
        return f"{BASE_URL}/oauth/salesforce/start?ticket={ticket.ticket}"

    def open(self, url, *, method="GET", form=None):
        address = urlsplit(url)
        event = {
            "version": "2.0",
            "rawPath": address.path,
            "queryStringParameters": dict(parse_qsl(address.query)),
            "cookies": [f"{name}={value}" for name, value in self.cookies.items()],
            "requestContext": {
                "domainName": "abc.execute-api.example.com",
                "http": {"method": method, "path": address.path},
            },
        }
        if form is not None:
            event |= {"headers": {"origin": BASE_URL}, "body": urlencode(form)}
        answer = self.handler(event, None)
        for line in answer.get("cookies", []):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def goes_on(self, url):
        """Opens the link, presses the button; gives the address at Salesforce that the page goes on to."""
        page = self.open(url)["body"]
        form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        onward = self.open(f"{BASE_URL}/oauth/salesforce/start", method="POST", form=form)
        assert onward["statusCode"] == 200, onward
        return html.unescape(re.search(r'content="0;url=([^"]+)"', onward["body"])[1])

    def through_salesforce(self, url, answer="allow"):
        addresses = self.org.addresses
        base = addresses.http_url
        page = requests.get(url.replace(addresses.login_url, base), timeout=10).text
        found = re.search(r'name="pending" value="([^"]+)"', page)
        pending = {"pending": html.unescape(found[1])}
        person = {"username": addresses.username, "password": addresses.password}
        requests.post(f"{base}/services/oauth2/login", data=pending | person, timeout=10)
        back = requests.post(
            f"{base}/services/oauth2/consent",
            data=pending | {"answer": answer},
            timeout=10,
            allow_redirects=False,
        )
        return back.headers["location"]


@pytest.fixture
def site(aws, tables, fresh_org, monkeypatch):
    secret = aws.client("secretsmanager").create_secret(
        Name="app",
        SecretString=json.dumps({"client_id": "switchhook", "client_secret": CLIENT_SECRET}),
    )["ARN"]
    key_id = aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    aws.client("dynamodb").put_item(
        TableName=tables.tenant,
        Item={
            "pk": {"S": "T#t-1"},
            "sk": {"S": "TENANT"},
            "name": {"S": "Lovelace Engines"},
        },
    )
    app = {
        "client_id": "switchhook",
        "client_secret": CLIENT_SECRET,
        "redirect_uris": [f"{BASE_URL}/oauth/salesforce/callback"],
        "rotation": True,
    }
    requests.post(
        f"{fresh_org.addresses.control_url}/_org/settings",
        json={"connected_apps": [app]},
        timeout=10,
    ).raise_for_status()
    environment = {
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": aws.account,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": aws.session().region_name,
        "REQUESTS_CA_BUNDLE": fresh_org.addresses.ca_file,
        "STAGE": "dev",
        "TENANT_TABLE": tables.tenant,
        "ACTIVITY_TABLE": tables.activity,
        "KMS_KEY_ID": key_id,
        "SALESFORCE_APP_SECRET": secret,
        "SALESFORCE_LOGIN_URL": fresh_org.addresses.login_url,
        "SECOND_TENANT_OF_ORG": "warn",
        "LOCAL_SALESFORCE_HOST": urlsplit(fresh_org.addresses.login_url).netloc,
        "PUBLIC_BASE_URL": BASE_URL,
        "SALESFORCE_CONNECT_TIMEOUT_S": "2",
        "SALESFORCE_READ_TIMEOUT_S": "5",
        "POWERTOOLS_SERVICE_NAME": "oauth_callback",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("oauth_callback_handler", HANDLER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Site(
        handler=module.handler, aws=aws, tables=tables, org=fresh_org, key_id=key_id, cookies={}
    )


@pytest.fixture
def now():
    return datetime.now(UTC)


@pytest.mark.rule("CX-4", "CX-6", "CX-7", "CX-12")
def test_an_admin_connects_a_tenant(site, now, capfd):
    page = site.open(site.through_salesforce(site.goes_on(site.link(now=now))))

    stored = site.connections.read("t-1")
    with session_with(site) as session:
        grant = process(site, session, "me").current("t-1")
    assert page["statusCode"] == 200
    assert stored.status is ConnectionStatus.CONNECTED
    assert len(stored.checks) == 11
    assert stored.user.email in page["body"]
    assert stored.org_id in page["body"]
    assert grant.access_token.startswith("00D")
    assert_nothing_leaked(site, capfd, grant, stored)


def assert_nothing_leaked(site, capfd, grant, stored):
    scan = site.aws.client("dynamodb").scan(TableName=site.tables.tenant)["Items"]
    kept, logged = repr(scan), "".join(capfd.readouterr())
    for secret in (grant.access_token, CLIENT_SECRET):
        assert secret not in kept
        assert secret not in logged
    assert stored.user.email not in logged
    assert "STATE#" not in kept


@dataclass
class Clock:
    def now(self):
        return datetime.now(UTC)

    def remaining_s(self):
        return 60.0


def session_with(site):
    return BoundedSession(Bounds(hosts=hosts_of(site), connect_timeout_s=2, read_timeout_s=5))


def hosts_of(site):
    return SalesforceHosts(local=urlsplit(site.org.addresses.login_url).netloc)


def process(site, session, holder):
    """The grants as one worker holds them, with a memory of its own."""
    app = AppCredentials(client_id="switchhook", client_secret=CLIENT_SECRET)
    return Grants(
        connections=site.connections,
        cipher=KmsCipher(site.aws.client("kms"), site.key_id),
        tokens=SalesforceTokens(session, hosts=hosts_of(site), credentials=lambda _app: app),
        clock=Clock(),
        timing=Timing(),
        holder=holder,
    )


def test_twenty_workers_with_one_spent_token_send_one_refresh(site, now):
    site.open(site.through_salesforce(site.goes_on(site.link(now=now))))
    begin, patience = threading.Barrier(20), threading.Event()

    def work(number):
        grants = process(site, session, f"worker-{number}")
        grants.current("t-1")
        begin.wait()
        for _ in range(500):
            try:
                return grants.renew("t-1")
            except Retryable:
                patience.wait(0.05)
        raise AssertionError("no grant came")

    with session_with(site) as session, ThreadPoolExecutor(20) as pool:
        grants = list(pool.map(work, range(20)))

    control = site.org.addresses.control_url
    asked = requests.get(f"{control}/_org/requests", timeout=10).json()["items"]
    sent = [item for item in asked if item["path"].endswith("/oauth2/token")]
    assert len(sent) == 2  # the code's exchange and one refresh
    assert {grant.generation for grant in grants} == {2}
    assert len({grant.access_token for grant in grants}) == 1
    assert site.connections.read("t-1").lease_holder is None


@pytest.mark.rule("CX-4")
def test_opening_a_link_changes_nothing_in_the_table(site, now):
    url = site.link(now=now)
    stored = site.aws.client("dynamodb").scan(TableName=site.tables.tenant)["Items"]

    pages = [site.open(url) for _ in range(3)]

    assert [page["statusCode"] for page in pages] == [200, 200, 200]
    assert all("Lovelace Engines" in page["body"] for page in pages)
    assert site.aws.client("dynamodb").scan(TableName=site.tables.tenant)["Items"] == stored


def test_a_denied_access_is_a_friendly_page(site, now):
    going = site.goes_on(site.link(now=now))
    page = site.open(site.through_salesforce(going, "deny"))

    assert page["statusCode"] == 403
    assert "You did not allow the access" in page["body"]
    assert site.connections.read("t-1") is None


def test_a_replayed_callback_is_a_friendly_page(site, now):
    going = site.goes_on(site.link(now=now))
    cookies = dict(site.cookies)
    back = site.through_salesforce(going)
    site.open(back)
    site.cookies = cookies

    page = site.open(back)

    assert page["statusCode"] == 400
    assert "used already" in page["body"]
    assert site.connections.read("t-1").status is ConnectionStatus.CONNECTED


def test_a_callback_in_another_browser_connects_nothing(site, now):
    going = site.goes_on(site.link(now=now))
    back = site.through_salesforce(going)
    site.cookies = {}

    page = site.open(back)

    assert page["statusCode"] == 403
    assert site.connections.read("t-1") is None


def test_the_challenge_belongs_to_a_verifier_that_stays_here(site, now):
    going = site.goes_on(site.link(now=now))

    query = dict(parse_qsl(urlsplit(going).query))
    assert len(base64.urlsafe_b64decode(query["code_challenge"] + "=")) == 32
    assert query["redirect_uri"] == f"{BASE_URL}/oauth/salesforce/callback"


@pytest.mark.parametrize("event", sorted(EVENTS.glob("*.json")), ids=lambda file: file.stem)
def test_whatever_cannot_be_verified_is_a_page_and_changes_nothing(site, event):
    page = site.handler(json.loads(event.read_text(encoding="utf-8")), None)

    assert page["statusCode"] == 400
    assert page["body"].startswith("<!doctype html>")
    assert "new link" in page["body"]
    assert "Traceback" not in page["body"]
    assert site.connections.read("t-1") is None


def test_an_unknown_address_is_a_page_too(site):
    assert site.open(f"{BASE_URL}/oauth/salesforce/elsewhere")["statusCode"] == 404

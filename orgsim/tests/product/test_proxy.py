"""Clients that insist on Salesforce's own hosts reach the org through a proxy."""

import contextlib
import socket
import ssl
from urllib.parse import urlsplit

import pytest
import requests

from orgsim.server import OrgServer

pytestmark = pytest.mark.org

VERSIONS = "/services/data"


@pytest.fixture(scope="module")
def org():
    """An org with a proxy."""
    with OrgServer(proxy_port=0) as server:
        yield server


@pytest.fixture
def client(org):
    """A client that is told of a proxy and of a CA, as behind a firewall."""
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": org.addresses.proxy_url, "http": org.addresses.proxy_url}
        session.verify = org.addresses.ca_file
        yield session


@pytest.fixture
def tunnel(org):
    """A bare connection to the proxy."""
    where = urlsplit(org.addresses.proxy_url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as line:
        yield line


@pytest.mark.parametrize(
    "host",
    [
        "login.salesforce.com",
        "test.salesforce.com",
        "oak-foods.my.salesforce.com",
        "oak-foods--dev.sandbox.my.salesforce.com",
        "oak-foods-dev-ed.develop.my.salesforce.com",
    ],
)
def test_every_host_of_salesforce_is_the_org(org, client, host):
    """With a certificate that is right for the host."""
    before = len(org.org.journal.since())

    answer = client.get(f"https://{host}{VERSIONS}", timeout=10)

    assert {"version", "url", "label"} == set(answer.json()[0])
    assert len(org.org.journal.since()) == before + 1
    assert host in org.proxy.hosts


def test_the_answer_to_a_log_in_leads_on_through_the_same_proxy_and_ca(org, client):
    """The client goes from the log-in host to the instance and needs nothing else."""
    app = {"client_id": "oak", "client_secret": "s", "redirect_uris": ["https://oak.example/"]}
    app["run_as"] = org.addresses.username
    url = f"{org.addresses.control_url}/_org/settings"
    assert requests.post(url, json={"connected_apps": [app]}, timeout=10).ok
    form = {"grant_type": "client_credentials", "client_id": "oak", "client_secret": "s"}

    told = client.post(
        "https://login.salesforce.com/services/oauth2/token", data=form, timeout=10
    ).json()
    limits = client.get(
        f"{told['instance_url']}{VERSIONS}/v62.0/limits",
        headers={"Authorization": f"Bearer {told['access_token']}"},
        timeout=10,
    )

    assert told["instance_url"] == org.addresses.instance_url
    assert limits.status_code == 200


@pytest.mark.parametrize(
    "url",
    ["https://example.com", "https://salesforce.com", "https://a.b.my.salesforce.com"],
    ids=["elsewhere", "the_company_itself", "a_host_below_a_host"],
)
def test_no_other_host_is_reached(client, url):
    """A client that strays is told so; nothing goes out."""
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        client.get(url, timeout=10)


@pytest.mark.parametrize(
    "head",
    [
        b"GET http://login.salesforce.com/ HTTP/1.1\r\n\r\n",
        b"CONNECT localhost:1 HTTP/1.1\r\n\r\n",
    ],
    ids=["without_a_tunnel", "another_port_of_this_machine"],
)
def test_what_is_no_way_to_the_org_is_refused(tunnel, head):
    """And the connection ends."""
    tunnel.sendall(head)

    answer = b"".join(iter(lambda: tunnel.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "head",
    [b"\xff\xff\r\n\r\n", b"CONNECT\r\n\r\n", b"x" * 100_000],
    ids=["no_text", "no_request", "no_end"],
)
def test_noise_ends_the_connection_and_nothing_else(tunnel, client, head):
    """The next client is served."""
    with contextlib.suppress(ConnectionError):
        tunnel.sendall(head)
        assert tunnel.recv(4096) == b""

    assert client.get(f"https://login.salesforce.com{VERSIONS}", timeout=10).ok


def test_an_org_that_stops_lets_go_of_those_who_are_in_the_tunnel(tmp_path):
    """They see the end of the line."""
    org = OrgServer(state_dir=tmp_path, proxy_port=0)
    org.start()
    where = urlsplit(org.addresses.proxy_url)
    secure = ssl.create_default_context(cafile=org.addresses.ca_file)
    with socket.create_connection((where.hostname, where.port), timeout=10) as line:
        line.sendall(b"CONNECT test.salesforce.com:443 HTTP/1.1\r\n\r\n")
        assert line.recv(4096).startswith(b"HTTP/1.1 200 ")
        with secure.wrap_socket(line, server_hostname="test.salesforce.com") as inside:
            org.stop()

            with contextlib.suppress(OSError):
                assert inside.recv(1) == b""


def test_only_an_org_with_a_proxy_has_a_certificate_for_salesforce(tmp_path):
    """A new certificate means a new CA, so it is made at most once more."""

    def ca(**options):
        server = OrgServer(state_dir=tmp_path, **options)
        try:
            return server.addresses.proxy_url is not None, (tmp_path / "ca.pem").read_bytes()
        finally:
            server.stop()

    first, with_proxy, later = ca(), ca(proxy_port=0), ca()

    assert (first[0], with_proxy[0], later[0]) == (False, True, False)
    assert first[1] != with_proxy[1] == later[1]

"""The token endpoint and the refreshing of grants, against a running org."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from fakes.cipher import FakeCipher
from fakes.connections import FakeConnections
from switchhook.adapters.salesforce.hosts import SalesforceHosts
from switchhook.adapters.salesforce.oauth import SalesforceTokens
from switchhook.adapters.salesforce.session import BoundedSession, Bounds
from switchhook.domain.connection import Connection, ConnectionStatus
from switchhook.domain.errors import (
    NeedsReconnect,
    NotDelivered,
    OutcomeUnknown,
    Permanent,
    Retryable,
    SessionExpired,
)
from switchhook.domain.facts.people import OrgUser
from switchhook.domain.timing import Timing
from switchhook.ports.connect import AppCredentials
from switchhook.usecases.org.grants import Grants

pytestmark = [pytest.mark.org, pytest.mark.rule("SH-8")]

CIPHER = FakeCipher()
APP = AppCredentials(client_id="switchhook-test", client_secret="s3cret")
TIMING = Timing(write_horizon_s=5, fence_slack_s=2, connect_timeout_s=2, read_timeout_s=2)


@dataclass
class Clock:
    offset_s: float = 0.0

    def now(self):
        return datetime.now(UTC) + timedelta(seconds=self.offset_s)

    def remaining_s(self):
        return 60.0


def stored(org, pair, **changes):
    org_id, user_id = org.hosts.identity_of(pair.identity_url)
    connection = Connection(
        tenant="t-1",
        status=ConnectionStatus.CONNECTED,
        generation=1,
        org_id=org_id,
        instance_url=pair.instance_url,
        login_url=org.login_url,
        user=OrgUser(id=user_id, name="", email=""),
        access_ciphertext=CIPHER.encrypt(pair.access_token, tenant="t-1", purpose="access_token"),
        refresh_ciphertext=CIPHER.encrypt(
            pair.refresh_token, tenant="t-1", purpose="refresh_token"
        ),
    )
    return replace(connection, **changes)


def process(org, connections, clock=None, holder="me", memory=()):
    return Grants(
        connections=connections,
        cipher=CIPHER,
        tokens=org.tokens,
        clock=clock or Clock(),
        timing=TIMING,
        holder=holder,
        memory=dict(memory),
    )


def renew(spent, *args, **kwargs):
    """A process that has the spent grant in its memory renews it."""
    return process(*args, **kwargs, memory={"t-1": spent}).renew("t-1")


def refreshes(org):
    return len(org.requests_to("/oauth2/token")) - 1  # the first one exchanged the code


def current(org, connections):
    return process(org, connections).current("t-1")


def works(org, grant):
    return org.count("SELECT Id FROM Organization", grant) == 1


def test_a_code_is_traded_for_tokens_once(org):
    code = org.allow()
    exchange = {
        "app": None,
        "verifier": "v" * 43,
        "redirect_uri": "https://hook.example.com/oauth/salesforce/callback",
    }
    pair = org.tokens.exchange(org.login_url, code=code, **exchange)

    with pytest.raises(NeedsReconnect) as refused:
        org.tokens.exchange(org.login_url, code=code, **exchange)

    assert refused.value.code == "invalid_grant"
    assert pair.refresh_token
    assert works(org, org.grant_of(pair))


def test_a_wrong_verifier_gets_nothing(org):
    with pytest.raises(NeedsReconnect):
        org.tokens.exchange(
            org.login_url,
            app=None,
            code=org.allow(),
            verifier="w" * 43,
            redirect_uri="https://hook.example.com/oauth/salesforce/callback",
        )


def test_the_user_behind_a_token_is_told(org):
    pair = org.pair()

    identity = org.tokens.identify(pair)

    assert (identity.org_id, identity.user_id) == org.hosts.identity_of(pair.identity_url)
    assert identity.email


def test_a_rotated_refresh_token_is_dead(org):
    first = org.pair()
    second = org.tokens.refresh(org.login_url, app=None, refresh_token=first.refresh_token)

    assert second.refresh_token not in {None, first.refresh_token}
    assert works(org, org.grant_of(second))
    with pytest.raises(NeedsReconnect):
        org.tokens.refresh(org.login_url, app=None, refresh_token=first.refresh_token)


def test_a_revoked_grant_is_refused_and_revoking_twice_is_harmless(org):
    pair = org.pair()

    org.tokens.revoke(org.login_url, token=pair.refresh_token)
    org.tokens.revoke(org.login_url, token=pair.refresh_token)

    with pytest.raises(SessionExpired):
        works(org, org.grant_of(pair))
    with pytest.raises(NeedsReconnect):
        org.tokens.refresh(org.login_url, app=None, refresh_token=pair.refresh_token)


def test_a_wrong_app_secret_breaks_no_grant(org):
    pair = org.pair()
    bounds = Bounds(hosts=org.hosts, connect_timeout_s=2, read_timeout_s=2)
    wrong = AppCredentials(client_id="switchhook-test", client_secret="wrong")
    with BoundedSession(bounds) as session:
        tokens = SalesforceTokens(session, hosts=org.hosts, credentials=lambda _app: wrong)
        with pytest.raises(Retryable) as refused:
            tokens.refresh(org.login_url, app=None, refresh_token=pair.refresh_token)

    assert refused.value.code == "app_refused"
    assert org.tokens.refresh(org.login_url, app=None, refresh_token=pair.refresh_token)


@pytest.mark.parametrize(
    "effect",
    ["status_503", "html_502", "drop_before", "drop_after", "commit_then_timeout"],
)
def test_a_token_request_without_an_answer_is_unknown(org, effect):
    pair = org.pair()
    org.fault(effect, path="/oauth2/token")

    with pytest.raises(OutcomeUnknown):
        org.tokens.refresh(org.login_url, app=None, refresh_token=pair.refresh_token)


def test_a_closed_door_spends_nothing(org):
    hosts = SalesforceHosts(local="localhost:1")
    bounds = Bounds(hosts=hosts, connect_timeout_s=1, read_timeout_s=1)
    app = AppCredentials(client_id="a", client_secret="b")
    with BoundedSession(bounds) as session:
        tokens = SalesforceTokens(session, hosts=hosts, credentials=lambda _app: app)
        with pytest.raises(NotDelivered):
            tokens.refresh("https://localhost:1", app=None, refresh_token="r")


def test_no_secret_is_sent_to_an_address_that_is_not_salesforces(org):
    with pytest.raises(Permanent):
        org.tokens.refresh("https://evil.example", app=None, refresh_token="r")


def test_an_untrusted_instance_address_ends_the_grant(org):
    pair = org.pair()
    only_login = SalesforceHosts(local="localhost:1")

    class Everywhere(SalesforceHosts):
        def login_base(self, _url):
            return org.login_url

        def allows(self, _url):
            return True

    hosts = Everywhere(local=only_login.local)
    bounds = Bounds(hosts=hosts, connect_timeout_s=2, read_timeout_s=2)
    with BoundedSession(bounds) as session:
        tokens = SalesforceTokens(
            session,
            hosts=hosts,
            credentials=lambda _app: APP,
        )
        with pytest.raises(NeedsReconnect) as refused:
            tokens.refresh(org.login_url, app=None, refresh_token=pair.refresh_token)

    assert refused.value.code == "host_not_allowed"


def test_twenty_workers_with_one_spent_token_send_one_refresh(org):
    connections = FakeConnections(stored(org, org.pair()))
    spent = current(org, connections)
    start = threading.Barrier(20)
    patience = threading.Event()

    def work(number):
        start.wait()
        for _ in range(200):
            try:
                return renew(spent, org, connections, holder=f"w{number}")
            except Retryable:
                patience.wait(0.02)
        raise AssertionError("no grant came")

    with ThreadPoolExecutor(20) as pool:
        grants = list(pool.map(work, range(20)))

    assert refreshes(org) == 1
    assert {grant.generation for grant in grants} == {2}
    assert all(works(org, grant) for grant in grants[:3])


def test_a_worker_that_crashed_after_sending_costs_the_grant_only_then(org):
    """The lost answer's refresh token is spent: one more try, then an admin is asked."""
    connections = FakeConnections(stored(org, org.pair()))
    spent = current(org, connections)
    org.fault("drop_after", path="/oauth2/token")

    with pytest.raises(Retryable):
        renew(spent, org, connections)
    with pytest.raises(Retryable):
        renew(spent, org, connections, holder="another")
    assert refreshes(org) == 1

    with pytest.raises(NeedsReconnect):
        renew(spent, org, connections, Clock(offset_s=12))

    assert refreshes(org) == 2
    assert connections.read("t-1").status is ConnectionStatus.BROKEN


def test_a_request_that_never_arrived_is_repeated_after_the_horizon(org):
    connections = FakeConnections(stored(org, org.pair()))
    spent = current(org, connections)
    org.fault("drop_before", path="/oauth2/token")
    with pytest.raises(Retryable):
        renew(spent, org, connections)

    grant = renew(spent, org, connections, Clock(offset_s=12))

    assert works(org, grant)
    assert works(org, current(org, connections))


def test_a_spent_refresh_token_is_never_sent_again(org):
    connections = FakeConnections(stored(org, org.pair()))
    for _ in range(3):
        renew(current(org, connections), org, connections)

    assert works(org, current(org, connections))
    assert connections.read("t-1").generation == 4

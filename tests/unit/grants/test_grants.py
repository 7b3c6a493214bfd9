from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from fakes.cipher import FakeCipher
from fakes.connections import FakeConnections
from switchhook.domain.connection import Connection, ConnectionStatus, OwnApp, TokenPair
from switchhook.domain.errors import (
    NeedsReconnect,
    NotDelivered,
    OutcomeUnknown,
    Retryable,
    SessionExpired,
)
from switchhook.domain.facts.people import OrgUser
from switchhook.domain.timing import Timing
from switchhook.usecases.org.grants import Grants

pytestmark = pytest.mark.rule("SH-8")

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
TIMING = Timing()
HORIZON = timedelta(seconds=TIMING.write_horizon_s + TIMING.fence_slack_s)
CIPHER = FakeCipher()


def sealed(plain, purpose):
    return CIPHER.encrypt(plain, tenant="t-1", purpose=purpose)


STORED = Connection(
    tenant="t-1",
    status=ConnectionStatus.CONNECTED,
    generation=3,
    org_id="00D1",
    instance_url="https://acme.my.salesforce.com",
    login_url="https://login.salesforce.com",
    user=OrgUser(id="0051", name="Ann Admin", email="ann@example.com"),
    access_ciphertext=sealed("access-3", "access_token"),
    refresh_ciphertext=sealed("refresh-3", "refresh_token"),
    connected_at=NOW - timedelta(days=3),
    refreshed_at=NOW - timedelta(hours=3),
)
NEW_PAIR = TokenPair(
    access_token="access-4",
    refresh_token="refresh-4",
    instance_url="https://moved.my.salesforce.com",
    identity_url="https://login.salesforce.com/id/00D1/0051",
)


@dataclass
class Clock:
    at: datetime = NOW
    left_s: float = 60.0

    def now(self):
        return self.at

    def remaining_s(self):
        return self.left_s


@dataclass
class Tokens:
    """Notes what it was sent; `meanwhile` happens while the request is under way."""

    answers: list = field(default_factory=lambda: [NEW_PAIR])
    sent: list[str] = field(default_factory=list)
    sent_for: list = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    meanwhile: object = None

    def refresh(self, _login_url, *, app, refresh_token):
        self.sent.append(refresh_token)
        self.sent_for.append(app)
        if self.meanwhile is not None:
            self.meanwhile()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def revoke(self, _login_url, *, token):
        self.revoked.append(token)


def grants(connections, **others):
    """The grants as one process holds them."""
    usual = {"cipher": CIPHER, "tokens": Tokens(), "clock": Clock()}
    return Grants(connections=connections, holder="me", timing=TIMING, **{**usual, **others})


@dataclass
class Office:
    """One tenant's connection and everything that a refresh touches."""

    stored: Connection = STORED
    tokens: Tokens = field(default_factory=Tokens)
    clock: Clock = field(default_factory=Clock)
    cipher: object = CIPHER

    def __post_init__(self):
        self.connections = FakeConnections(self.stored)
        self.spent = grants(FakeConnections(STORED)).current("t-1")
        self.grants = grants(
            self.connections,
            cipher=self.cipher,
            tokens=self.tokens,
            clock=self.clock,
            memory={"t-1": self.spent},
        )

    @property
    def now_stored(self):
        return self.connections.read("t-1")

    def renew(self):
        """Somebody in whose memory the grant is that was stored first renews it."""
        self.grants.memory["t-1"] = self.spent
        return self.grants.renew("t-1")

    def keep_alive(self):
        return self.grants.keep_alive("t-1")


@pytest.mark.rule("CX-2")
@pytest.mark.parametrize("app", [None, OwnApp(client_id="own", secret_id="arn:own")])
def test_a_grant_is_refreshed_with_the_app_it_was_made_with(app):
    office = Office(stored=replace(STORED, app=app))

    office.renew()

    assert office.tokens.sent_for == [app]
    assert office.now_stored.app == app


@pytest.mark.rule("CX-2")
def test_a_grant_whose_app_is_gone_is_broken():
    own = OwnApp(client_id="own", secret_id="arn:own")
    office = Office(stored=replace(STORED, app=own))
    office.tokens.answers = [NeedsReconnect("the app has been removed", code="app_removed")]

    with pytest.raises(NeedsReconnect):
        office.renew()

    assert office.now_stored.status is ConnectionStatus.BROKEN


class CountingCipher(FakeCipher):
    def __init__(self):
        self.decrypted = 0

    def decrypt(self, ciphertext, *, tenant, purpose):
        self.decrypted += 1
        return super().decrypt(ciphertext, tenant=tenant, purpose=purpose)


def test_the_current_grant_is_what_is_stored():
    grant = grants(FakeConnections(STORED)).current("t-1")

    assert grant.access_token == "access-3"
    assert (grant.generation, grant.org_id, grant.user_id) == (3, "00D1", "0051")


def test_a_known_generation_is_not_decrypted_again():
    cipher = CountingCipher()
    held = grants(FakeConnections(STORED), cipher=cipher)

    for _ in range(3):
        held.current("t-1")

    assert cipher.decrypted == 1


def test_a_newer_generation_replaces_the_remembered_one():
    connections = FakeConnections(STORED)
    held = grants(connections)
    held.current("t-1")
    newer = replace(STORED, generation=4, access_ciphertext=sealed("access-4", "access_token"))
    connections.stored["t-1"] = newer

    grant = held.current("t-1")

    assert grant.access_token == "access-4"


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        pytest.param({}, "not_connected", id="never_connected"),
        pytest.param(
            {"t-1": replace(STORED, status=ConnectionStatus.NOT_CONNECTED)},
            "not_connected",
            id="disconnected",
        ),
        pytest.param(
            {"t-1": replace(STORED, status=ConnectionStatus.BROKEN)}, "broken", id="broken"
        ),
    ],
)
def test_without_a_usable_connection_somebody_has_to_connect(stored, code):
    connections = FakeConnections(STORED)
    held = grants(connections)
    held.current("t-1")
    connections.stored = stored

    with pytest.raises(NeedsReconnect) as refused:
        held.current("t-1")

    assert refused.value.code == code


def test_a_refresh_stores_the_new_pair_and_gives_the_new_grant():
    office = Office()

    grant = office.renew()

    assert (grant.access_token, grant.generation) == ("access-4", 4)
    assert grant.instance_url == "https://moved.my.salesforce.com"
    assert office.now_stored == replace(
        STORED,
        generation=4,
        instance_url="https://moved.my.salesforce.com",
        access_ciphertext=sealed("access-4", "access_token"),
        refresh_ciphertext=sealed("refresh-4", "refresh_token"),
        refreshed_at=NOW,
    )


def test_what_is_about_to_be_sent_is_noted_before_it_is_sent():
    office = Office()
    noted = []
    office.tokens.meanwhile = lambda: noted.append(office.now_stored)

    office.renew()

    assert (noted[0].refresh_sent_at, noted[0].lease_holder) == (NOW, "me")


def test_without_rotation_the_refresh_token_stays():
    office = Office(tokens=Tokens([replace(NEW_PAIR, refresh_token=None)]))

    office.renew()

    assert office.now_stored.refresh_ciphertext == STORED.refresh_ciphertext


def test_a_grant_that_somebody_else_renewed_is_used_without_asking_salesforce():
    newer = replace(STORED, generation=4, access_ciphertext=sealed("other", "access_token"))
    office = Office(stored=newer)

    grant = office.renew()

    assert (grant.access_token, office.tokens.sent) == ("other", [])


@pytest.mark.parametrize(
    ("stored", "longest_wait_s"),
    [
        pytest.param(
            replace(
                STORED,
                refresh_sent_at=NOW - timedelta(seconds=2),
                lease_until=NOW + timedelta(seconds=33),
                lease_holder="other",
            ),
            1,
            id="another_is_refreshing_now",
        ),
        pytest.param(
            replace(
                STORED,
                refresh_sent_at=NOW - timedelta(minutes=9),
                lease_until=NOW - timedelta(minutes=8),
                lease_holder="other",
            ),
            60,
            id="another_crashed_after_sending",
        ),
    ],
)
def test_while_a_refresh_may_be_under_way_nobody_sends_another(stored, longest_wait_s):
    office = Office(stored=stored)

    with pytest.raises(Retryable) as postponed:
        office.renew()

    assert office.tokens.sent == []
    assert 0 < postponed.value.after_s <= longest_wait_s
    assert not isinstance(postponed.value, OutcomeUnknown)


def test_after_the_horizon_it_is_sent_once_more():
    lost = replace(
        STORED,
        refresh_sent_at=NOW - HORIZON,
        lease_until=NOW - HORIZON + timedelta(seconds=35),
        lease_holder="crashed",
    )
    office = Office(stored=lost)

    grant = office.renew()

    assert (grant.generation, office.tokens.sent) == (4, ["refresh-3"])
    assert office.now_stored.refresh_sent_at is None


def test_an_unknown_outcome_leaves_the_note_and_does_not_look_like_an_unknown_write():
    office = Office(tokens=Tokens([OutcomeUnknown("no answer")]))

    with pytest.raises(Retryable) as unknown:
        office.renew()

    assert type(unknown.value) is Retryable
    assert office.now_stored.refresh_sent_at == NOW
    assert office.now_stored.status is ConnectionStatus.CONNECTED


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(NotDelivered("no connection"), id="nothing_left"),
        pytest.param(Retryable("busy", code="rate_limit_exceeded", after_s=60), id="refused_now"),
        pytest.param(Retryable("app", code="app_refused", after_s=300), id="the_apps_trouble"),
    ],
)
def test_when_nothing_was_spent_the_next_one_may_send_at_once(error):
    office = Office(tokens=Tokens([error, NEW_PAIR]))
    with pytest.raises(Retryable) as postponed:
        office.renew()

    grant = office.renew()

    assert type(postponed.value) is Retryable
    assert (grant.generation, office.tokens.sent) == (4, ["refresh-3", "refresh-3"])


def test_a_refused_grant_is_broken_and_its_tokens_are_gone():
    office = Office(tokens=Tokens([NeedsReconnect("gone", code="invalid_grant")]))

    with pytest.raises(NeedsReconnect) as broken:
        office.renew()

    stored = office.now_stored
    assert broken.value.code == "broken"
    assert stored.status is ConnectionStatus.BROKEN
    assert (stored.access_ciphertext, stored.refresh_ciphertext) == (b"", b"")
    assert (stored.lease_holder, stored.refresh_sent_at) == (None, None)


def test_a_refusal_is_not_believed_when_a_newer_grant_is_stored():
    office = Office(tokens=Tokens([NeedsReconnect("gone", code="invalid_grant")]))
    newer = replace(STORED, generation=9, access_ciphertext=sealed("access-9", "access_token"))
    office.tokens.meanwhile = lambda: office.connections.stored.update({"t-1": newer})

    grant = office.renew()

    assert grant.access_token == "access-9"
    assert office.now_stored == newer


def test_a_pair_that_arrives_after_disconnecting_is_revoked():
    office = Office()
    gone = Connection(tenant="t-1", status=ConnectionStatus.NOT_CONNECTED, generation=4)
    office.tokens.meanwhile = lambda: office.connections.stored.update({"t-1": gone})

    with pytest.raises(NeedsReconnect):
        office.renew()

    assert office.tokens.revoked == ["refresh-4"]
    assert office.now_stored == gone


def test_a_pair_that_arrives_after_connecting_again_gives_way():
    office = Office()
    again = replace(STORED, generation=4, access_ciphertext=sealed("again", "access_token"))
    office.tokens.meanwhile = lambda: office.connections.stored.update({"t-1": again})

    grant = office.renew()

    assert (grant.access_token, office.tokens.revoked) == ("again", [])


def test_with_too_little_time_left_nothing_is_sent():
    office = Office(clock=Clock(left_s=TIMING.send_needs_s - 0.1))

    with pytest.raises(Retryable):
        office.renew()

    assert (office.tokens.sent, office.now_stored) == ([], STORED)


class StumblingCipher(FakeCipher):
    """Fails to encrypt a few times."""

    def __init__(self, failures):
        self.failures = failures

    def encrypt(self, plain, *, tenant, purpose):
        if self.failures:
            self.failures -= 1
            raise Retryable("busy", code="aws_refused", after_s=1)
        return super().encrypt(plain, tenant=tenant, purpose=purpose)


def test_a_new_pair_is_not_lost_by_a_stumbling_store():
    office = Office(cipher=StumblingCipher(2))

    assert office.renew().generation == 4


def test_a_cipher_that_cannot_decrypt_leaves_no_trace_of_a_refresh():
    class Down(FakeCipher):
        def decrypt(self, _ciphertext, **_context):
            raise Retryable("down", code="aws_unreachable", after_s=5)

    office = Office(cipher=Down())

    with pytest.raises(Retryable):
        office.renew()

    assert (office.tokens.sent, office.now_stored) == ([], STORED)


@pytest.mark.parametrize(
    ("rested", "sent"),
    [
        pytest.param(timedelta(days=24, hours=23), [], id="rested_less_than_25_days"),
        pytest.param(timedelta(days=25), ["refresh-3"], id="rested_25_days"),
        pytest.param(timedelta(days=29), ["refresh-3"], id="rested_29_days"),
    ],
)
def test_an_idle_grant_is_refreshed_before_salesforce_kills_it(rested, sent):
    office = Office(stored=replace(STORED, refreshed_at=NOW - rested))

    again_at = office.keep_alive()

    assert office.tokens.sent == sent
    assert again_at == office.now_stored.refreshed_at + timedelta(days=25)
    assert again_at > NOW


@pytest.mark.parametrize(
    "status", [ConnectionStatus.NOT_CONNECTED, ConnectionStatus.BROKEN], ids=str
)
def test_a_tenant_without_a_grant_is_not_looked_at_again(status):
    office = Office(stored=replace(STORED, status=status))

    assert office.keep_alive() is None
    assert office.tokens.sent == []


@pytest.mark.rule("SH-10")
def test_a_grant_does_not_print_its_token():
    assert "access-3" not in f"{Office().spent!r} {Office().spent}"


def test_a_session_that_ended_is_renewed_once_and_the_question_asked_again():
    office, asked = Office(), []

    def question(grant):
        asked.append(grant.access_token)
        if len(asked) == 1:
            raise SessionExpired("expired")
        return "answer"

    assert office.grants.ask("t-1", question) == "answer"
    assert (asked, office.tokens.sent) == (["access-3", "access-4"], ["refresh-3"])


def test_a_renewed_session_that_is_refused_too_is_not_renewed_again():
    office = Office()

    def question(_grant):
        raise SessionExpired("expired")

    with pytest.raises(SessionExpired, match="keeps refusing a session that was just renewed"):
        office.grants.ask("t-1", question)

    assert office.tokens.sent == ["refresh-3"]


def test_where_no_grant_was_opened_none_is_spent():
    """Refreshing then would spend a token for a session that nobody has been refused."""
    office = Office()
    office.grants.memory.clear()

    assert office.grants.renew("t-1").access_token == "access-3"
    assert office.tokens.sent == []

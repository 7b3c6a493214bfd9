"""What a round and the worker behind it do with parked tenants, idle grants and dead letters."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from fakes.office import NUMBER, START, TENANT, Office, answered_call, connection
from switchhook.domain.activity import State
from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.errors import BudgetSpent, NeedsReconnect, OutcomeUnknown
from switchhook.domain.queue_messages import KeepAliveMessage, ParkedMessage, WakeMessage, to_json
from switchhook.ports.queues import DeadLetter
from switchhook.usecases.caretaker import bury_dead_letters
from switchhook.usecases.record.marked import look_after_parked


@dataclass
class FakeDeadLetters:
    letters: dict[str, str] = field(default_factory=dict)

    def receive(self, limit: int) -> tuple[DeadLetter, ...]:
        some = list(self.letters.items())[:limit]
        return tuple(DeadLetter(receipt=receipt, body=body) for receipt, body in some)

    def delete(self, receipt: str) -> None:
        del self.letters[receipt]


@pytest.fixture
def office() -> Office:
    office = Office()
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    return office


def broken() -> object:
    return connection(status=ConnectionStatus.BROKEN, access_ciphertext=b"", refresh_ciphertext=b"")


@pytest.mark.rule("SH-4")
def test_calls_park_while_the_connection_is_broken_and_drain_oldest_first(office: Office):
    office.connections.stored[TENANT] = broken()
    for number in range(3):
        office.deliver(call_id=f"c-{number}")
        office.clock.forward(1)
    office.pass_time(120, step_s=60)
    parked = {office.head(f"c-{number}").state for number in range(3)}

    office.connections.stored[TENANT] = connection(generation=2, connected_at=office.clock.now())
    office.ledger.markers[(TENANT, "park")] = (office.clock.now(), None)
    office.wake_ups.woken.clear()
    office.make_round()
    look_after_parked(office.wake_ups.sent.pop(), office.caring)
    woken = [activity for _, activity, _ in office.wake_ups.woken]
    office.pass_time(200, step_s=60)

    assert parked == {State.PARKED}
    assert woken == [office.head(f"c-{number}").id for number in range(3)]
    assert {office.head(f"c-{number}").state for number in range(3)} == {State.LOGGED}
    assert office.ledger.markers == {}


@pytest.mark.rule("SH-4")
def test_a_drain_is_spread_over_the_time_until_the_next_round(office: Office):
    office.connections.stored[TENANT] = broken()
    for number in range(6):
        office.deliver(call_id=f"c-{number}")
    office.connections.stored[TENANT] = connection(generation=2)
    office.clock.forward(60)
    office.wake_ups.woken.clear()

    office.make_round()
    look_after_parked(office.wake_ups.sent.pop(), office.caring)

    assert [delay for _, _, delay in office.wake_ups.woken] == [0, 10, 20, 30, 40, 50]


@pytest.mark.rule("SH-4", "SH-2")
def test_a_parked_call_of_a_deleted_tenant_ends_as_failed(office: Office):
    office.connections.stored[TENANT] = broken()
    office.deliver()
    office.tenants.versions.clear()
    office.connections.stored.clear()

    office.pass_time(300, step_s=60)

    assert (office.head().state, office.head().reason) == (State.FAILED, "tenant_deleted")
    assert office.ledger.markers == {}


@pytest.mark.rule("SH-4")
def test_a_call_that_comes_while_its_tenant_was_never_connected_parks(office: Office):
    office.connections.stored.clear()

    head = office.deliver()
    again = office.deliver(event_id="e-2")

    assert (head.state, head.reason, head.rule) == (State.PARKED, "not_connected", "SH-4")
    assert again.state is State.PARKED


@pytest.mark.rule("SH-8")
def test_a_grant_that_rests_is_refreshed_before_it_dies(office: Office):
    office.ledger.markers[(TENANT, "grant")] = (START + timedelta(days=24), None)

    office.clock.at = START + timedelta(days=25)
    office.caretake()

    assert office.org.refreshed_with == ["refresh-1"]
    assert office.ledger.markers[(TENANT, "grant")][0] > office.clock.now() + timedelta(days=20)


@pytest.mark.rule("SH-2")
def test_a_dead_letter_of_an_unknown_activity_becomes_a_failed_line(office: Office):
    message = office.message(answered_call(), call_id="c-9")
    letters = FakeDeadLetters({"r-1": to_json(message)})

    buried = bury_dead_letters(letters, office.world.books)

    assert (buried, letters.letters) == (1, {})
    assert (office.head("c-9").state, office.head("c-9").reason) == (State.FAILED, "dead_letter")


@pytest.mark.rule("SH-1", "SH-2")
def test_a_dead_letter_never_fails_a_call_that_may_be_in_the_org(office: Office):
    office.org.next_sends = [OutcomeUnknown("Salesforce did not answer.")]
    head = office.deliver()
    letters = FakeDeadLetters({"r-1": to_json(WakeMessage(tenant=TENANT, activity_id=head.id))})

    bury_dead_letters(letters, office.world.books)

    assert office.head().state is State.UNKNOWN
    assert letters.letters == {}


@pytest.mark.rule("SH-2")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(to_json(WakeMessage(tenant=TENANT, activity_id="gone")), id="wake_of_nothing"),
        pytest.param(
            to_json(ParkedMessage(tenant=TENANT, due_at=START, leased_until=START)),
            id="marker_of_a_parked_tenant",
        ),
        pytest.param(
            to_json(KeepAliveMessage(tenant=TENANT, due_at=START, leased_until=START)),
            id="marker_of_a_grant",
        ),
    ],
)
def test_a_dead_letter_that_speaks_of_nothing_is_removed(office: Office, body: str):
    letters = FakeDeadLetters({"r-1": body})

    bury_dead_letters(letters, office.world.books)

    assert letters.letters == {}
    assert office.ledger.heads == {}


@pytest.mark.rule("SH-2")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("not ours", id="foreign"),
        pytest.param('{"v":1,"kind":"of_a_newer_release","tenant":"t1"}', id="unknown_kind"),
        pytest.param('{"v":2,"kind":"event"}', id="unknown_version"),
    ],
)
def test_a_dead_letter_that_this_release_cannot_read_is_left_where_it_is(office: Office, body: str):
    letters = FakeDeadLetters({"r-1": body})

    assert bury_dead_letters(letters, office.world.books) == 0
    assert letters.letters == {"r-1": body}


@pytest.mark.rule("SH-2")
def test_a_failed_dead_letter_that_is_delivered_again_is_logged(office: Office):
    message = office.message(answered_call())
    bury_dead_letters(FakeDeadLetters({"r-1": to_json(message)}), office.world.books)

    head = office.deliver()

    assert head.state is State.LOGGED
    assert len(office.tasks) == 1


def test_a_broken_grant_that_is_kept_alive_no_more_leaves_no_marker(office: Office):
    office.ledger.markers[(TENANT, "grant")] = (START, None)
    office.connections.stored[TENANT] = broken()

    office.caretake()

    assert office.ledger.markers == {}


@pytest.mark.rule("SH-8")
def test_a_grant_that_turns_out_to_be_gone_is_told_to_the_operator(office: Office):
    office.ledger.markers[(TENANT, "grant")] = (START, None)
    office.org.next_refreshes = [NeedsReconnect("expired access/refresh token", code="broken")]
    office.clock.at = START + timedelta(days=26)

    done = office.caretake()

    assert (done.kept_alive, office.grants_gone) == (1, 1)
    assert office.connections.stored[TENANT].status is ConnectionStatus.BROKEN


@pytest.mark.rule("SH-4", "SH-8")
def test_a_probe_with_an_expired_session_renews_it_and_asks_again_at_once(office: Office):
    office.deliver(call_id="warm-up")
    office.connections.note_usage(TENANT, None, parked="budget")
    office.deliver(call_id="c-1")
    office.org.good_token = "expired"

    office.clock.forward(60)
    office.caretake()

    assert office.connections.stored[TENANT].parked is None
    assert office.org.refreshed_with == ["refresh-1"]
    office.pass_time(60)
    assert office.head("c-1").state is State.LOGGED


@pytest.mark.rule("SH-4")
def test_a_budget_that_stays_spent_keeps_its_calls_parked(office: Office):
    office.deliver(call_id="warm-up")
    office.connections.note_usage(TENANT, None, parked="budget")
    office.deliver(call_id="c-1")
    office.org.next_reads = [BudgetSpent("TotalRequests Limit exceeded.")] * 3

    office.pass_time(180, step_s=60)
    spent = office.head("c-1").state
    office.pass_time(120, step_s=60)

    assert spent is State.PARKED
    assert office.head("c-1").state is State.LOGGED

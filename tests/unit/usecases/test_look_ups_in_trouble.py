"""A look-up that fails forgets nothing of what it is for, and concludes nothing (SH-1)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from builders.told_chats import EMAIL, chat_head, office_that, tell_chat
from fakes.office import NUMBER, TENANT, Office
from fakes.salesforce import LateCommit, refuse
from switchhook.domain.activity import State
from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.errors import OutcomeUnknown, Permanent, Retryable, SessionExpired
from switchhook.domain.facts.people import People

pytestmark = pytest.mark.rule("SH-1")

FENCE_S = 720
NO_ANSWER = OutcomeUnknown("Salesforce did not answer.")
BUSY = Retryable("Busy.", code="SERVER_UNAVAILABLE", after_s=5)
NO_ACCESS = Permanent("No access to Task.", code="INSUFFICIENT_ACCESS")


def office_with_key_field() -> Office:
    office = Office()
    office.org.task_key = True
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    return office


def caller_becomes_internal(office: Office) -> None:
    office.tenants.people_of[TENANT] = People(own_numbers=frozenset({NUMBER}))


def lands_as_of(late: LateCommit, office: Office, begun_at: datetime) -> None:
    """Salesforce dates a record from the beginning of its transaction, however late that commits."""
    late.land()
    for task in office.org.of_type("Task"):
        task.created_at = begun_at


def in_doubt(office: Office) -> tuple[LateCommit, datetime]:
    """Two requests of one call, six minutes apart and never answered; then it is to be skipped."""
    first = LateCommit(NO_ANSWER)
    office.org.next_sends = [first, LateCommit(NO_ANSWER)]
    office.deliver()
    began_at = office.clock.now()
    office.org.next_reads = [BUSY] * 6
    while len(office.org.next_sends) > 0:
        office.pass_time(10)
    assert office.clock.now() - began_at > timedelta(minutes=5)
    caller_becomes_internal(office)
    office.pass_time(10)
    assert (office.head().state, office.head().reason) == (State.UNKNOWN, "in_doubt")
    return first, began_at


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(BUSY, id="busy"),
        pytest.param(SessionExpired("expired"), id="session"),
    ],
)
def test_what_landed_long_before_the_newest_request_is_found_after_a_look_up_in_trouble(trouble):
    """The ledger said skipped, while the Task of the first request stood in the org."""
    office = office_with_key_field()
    first, began_at = in_doubt(office)
    lands_as_of(first, office, began_at)

    office.org.next_reads = [trouble] * 3
    office.pass_time(6 * FENCE_S, step_s=60)

    assert office.head().state is State.LOGGED
    assert office.head().slots[0].salesforce_id == office.org.of_type("Task")[0].id


def test_what_landed_long_before_the_newest_request_is_found_after_a_repair():
    office = office_with_key_field()
    first, began_at = in_doubt(office)
    lands_as_of(first, office, began_at)

    good = office.connections.stored[TENANT]
    office.connections.stored[TENANT] = replace(good, status=ConnectionStatus.BROKEN)
    office.pass_time(FENCE_S)
    parked = office.head().state
    office.connections.stored[TENANT] = good
    office.ledger.markers[(TENANT, "park")] = (office.clock.now(), None)
    office.pass_time(FENCE_S)

    assert parked is State.PARKED
    assert office.head().state is State.LOGGED


@pytest.mark.parametrize("trouble", [BUSY, SessionExpired("expired")], ids=["busy", "session"])
def test_why_it_is_looked_for_outlasts_the_trouble_of_a_look_up(trouble):
    office = office_with_key_field()
    office.org.next_sends = [LateCommit(NO_ANSWER)]
    office.deliver()
    caller_becomes_internal(office)
    office.pass_time(10)
    assert office.head().reason == "in_doubt"

    office.org.next_reads = [trouble] * 3
    while office.org.next_reads:
        office.pass_time(10)

    assert (office.head().state, office.head().reason) == (State.UNKNOWN, "in_doubt")
    assert office.head().text.startswith("Waiting: ")


def test_a_look_up_for_a_double_stays_one_when_it_is_set_back():
    office = office_with_key_field()
    office.deliver(call_id="warm-up")
    office.org.next_sends = [refuse("DUPLICATE_VALUE")]
    office.org.next_reads = [BUSY]

    head = office.deliver(call_id="c-1")
    office.pass_time(60)

    assert (head.state, head.reason) == (State.UNKNOWN, "duplicate_value")
    assert office.head("c-1").state is State.FAILED
    assert office.org.calls.count("send") == 2


def test_a_refused_look_up_is_no_end_while_the_request_may_land():
    office = office_with_key_field()
    late = LateCommit(NO_ANSWER)
    office.org.next_sends = [late]
    office.deliver()
    office.org.next_reads = [NO_ACCESS]

    office.pass_time(400)
    before = office.head()
    late.land()
    office.pass_time(FENCE_S)

    assert before.state is State.UNKNOWN
    assert "INSUFFICIENT_ACCESS: No access to Task." in before.text
    assert office.head().state is State.LOGGED
    assert len(office.tasks) == 1


def test_a_look_up_that_stays_refused_fails_after_the_fence_in_salesforces_words():
    office = office_with_key_field()
    office.org.next_sends = [LateCommit(NO_ANSWER)]
    office.deliver()
    office.org.next_reads = [NO_ACCESS] * 20

    office.pass_time(FENCE_S - 60)
    before = office.head().state
    office.pass_time(FENCE_S)

    assert before is State.UNKNOWN
    assert (office.head().state, office.head().reason) == (State.FAILED, "INSUFFICIENT_ACCESS")
    assert "No access to Task." in office.head().text


@pytest.mark.rule("SH-7")
def test_a_look_up_by_a_field_that_is_gone_asks_once_a_look_up():
    """Reading the metadata anew helps a decision, not a look-up: it asked eight times in a row."""
    office = office_that("contact_case")
    office.org.case_key = office.org.task_key = True
    office.org.load("Contact", LastName="Byron", Email=EMAIL)
    office.org.next_sends = [LateCommit(NO_ANSWER)]
    tell_chat(office)
    office.org.next_reads = [Permanent("No such column.", code="INVALID_FIELD")] * 50

    office.pass_time(10)

    assert chat_head(office).state is State.UNKNOWN
    assert len(office.org.next_reads) == 49

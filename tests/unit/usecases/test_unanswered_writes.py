"""What becomes of a write that Salesforce did not answer cleanly (SH-1)."""

from dataclasses import replace

import pytest

from fakes.office import NUMBER, TENANT, Office, answered_call
from fakes.salesforce import LateCommit, commit_then, refuse
from switchhook.domain.activity import SlotState, State
from switchhook.domain.connection import ConnectionStatus
from switchhook.domain.errors import (
    BudgetSpent,
    NeedsReconnect,
    NotDelivered,
    OutcomeUnknown,
    Permanent,
    Retryable,
    SessionExpired,
)
from switchhook.domain.timing import Timing
from switchhook.usecases.record.advance import advance

NO_ANSWER = OutcomeUnknown("Salesforce did not answer.")
PACKAGE_FREE, EXTERNAL_ID = False, True
MODES = pytest.mark.parametrize(
    "task_key", [PACKAGE_FREE, EXTERNAL_ID], ids=["package_free", "external_id"]
)


def office_with_contact(*, task_key: bool = False, **preset: object) -> Office:
    office = Office(preset=preset)
    office.org.task_key = task_key
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    return office


@MODES
@pytest.mark.rule("SH-1", "SH-7")
def test_a_task_that_landed_without_an_answer_is_found_and_not_sent_again(task_key: bool):
    office = office_with_contact(task_key=task_key)
    office.org.next_sends = [commit_then(NO_ANSWER)]

    first = office.deliver()
    office.pass_time(30)

    assert first.state is State.UNKNOWN
    assert office.head().state is State.LOGGED
    assert office.head().slots[0].salesforce_id == office.org.of_type("Task")[0].id
    assert len(office.tasks) == 1


@pytest.mark.rule("SH-1", "SH-7")
def test_package_free_a_lost_task_is_sent_again_only_after_the_fence():
    office = office_with_contact(task_key=PACKAGE_FREE)
    office.org.next_sends = [NO_ANSWER]

    office.deliver()
    office.pass_time(700)
    before_the_fence = len(office.tasks)
    office.pass_time(60)

    assert before_the_fence == 0
    assert office.head().state is State.LOGGED
    assert len(office.tasks) == 1


@pytest.mark.rule("SH-1", "SH-7")
def test_with_the_unique_field_a_lost_task_is_sent_again_at_the_first_look_up():
    office = office_with_contact(task_key=EXTERNAL_ID)
    office.org.next_sends = [NO_ANSWER]

    office.deliver()
    office.pass_time(20)

    assert office.head().state is State.LOGGED
    assert len(office.tasks) == 1


@MODES
@pytest.mark.parametrize("lands_after_s", [2, 20, 100, 590], ids=lambda s: f"after_{s}_s")
@pytest.mark.rule("SH-1")
def test_a_write_that_lands_late_is_still_the_only_one(task_key: bool, lands_after_s: int):
    office = office_with_contact(task_key=task_key)
    late = LateCommit(NO_ANSWER)
    office.org.next_sends = [late]

    office.deliver()
    office.pass_time(lands_after_s, step_s=1)
    late.land()
    office.pass_time(800)

    assert office.head().state is State.LOGGED
    assert len(office.tasks) == 1


@pytest.mark.parametrize("lands_after_s", [2, 20, 590], ids=lambda s: f"after_{s}_s")
@MODES
@pytest.mark.rule("SH-1", "AC-9")
def test_a_lead_that_lands_late_stays_the_only_one_while_others_call(
    task_key: bool, lands_after_s: int
):
    office = Office(preset={"calls": {"unknown_number": "lead"}})
    office.org.task_key = task_key
    late = LateCommit(NO_ANSWER)
    office.org.next_sends = [late]

    office.deliver(call_id="c-1")
    office.deliver(call_id="c-2")
    office.pass_time(lands_after_s, step_s=1)
    late.land()
    office.pass_time(900)

    assert {office.head(call).state for call in ("c-1", "c-2")} == {State.LOGGED}
    assert len(office.org.of_type("Lead")) == 1
    assert len({str(task["CallObject"]) for task in office.tasks}) == len(office.tasks) == 2


@pytest.mark.rule("SH-1")
def test_a_caller_waits_while_somebody_else_makes_the_same_person():
    office = Office(preset={"calls": {"unknown_number": "lead"}})
    office.org.next_sends = [NO_ANSWER]

    office.deliver(call_id="c-1")
    office.org.calls.clear()
    second = office.deliver(call_id="c-2")

    assert (second.state, second.reason) == (State.WAITING, "claim")
    assert office.org.calls == []


@pytest.mark.rule("SH-1")
def test_a_process_that_died_after_the_intent_is_recovered_by_looking_first():
    office = office_with_contact()
    office.org.next_sends = [commit_then(KeyboardInterrupt())]  # type: ignore[arg-type] - a crash

    with pytest.raises(KeyboardInterrupt):
        office.deliver()
    died = office.head()
    office.pass_time(120)

    assert died.state is State.SENDING
    assert office.head().state is State.LOGGED
    assert len(office.tasks) == 1


@pytest.mark.rule("SH-1")
def test_a_late_event_between_intent_and_outcome_does_not_lose_the_outcome():
    office = office_with_contact()

    def tell_more(org, records):
        office.deliver(answered_call(tags=("vip",)), event_id="e-2", ended=False)
        return org.apply(records)

    office.org.next_sends = [tell_more]
    head = office.deliver()

    assert head.state is State.LOGGED
    assert len(office.tasks) == 1


@pytest.mark.rule("SH-7")
def test_a_user_who_cannot_see_everything_never_sends_twice_by_himself():
    office = office_with_contact()
    office.org.sees_all_records = False
    office.org.next_sends = [NO_ANSWER]

    office.deliver()
    office.pass_time(900)

    assert (office.head().state, office.head().reason) == (State.FAILED, "needs_check")
    assert office.tasks == []


CLEAN = [
    pytest.param(NotDelivered("No connection."), id="nothing_left_this_side"),
    pytest.param(Retryable("Busy.", code="SERVER_UNAVAILABLE", after_s=5), id="salesforce_is_busy"),
    pytest.param(refuse("UNABLE_TO_LOCK_ROW"), id="a_row_is_locked"),
]


@MODES
@pytest.mark.parametrize("setback", CLEAN)
@pytest.mark.rule("SH-1")
def test_a_clean_setback_is_tried_again_without_looking(setback: object, task_key: bool):
    office = office_with_contact(task_key=task_key)
    office.org.next_sends = [setback]

    first = office.deliver()
    office.org.calls.clear()
    office.pass_time(60)

    assert first.state is State.WAITING
    assert office.head().state is State.LOGGED
    assert len(office.tasks) == 1
    assert "find_tasks" not in office.org.calls


@MODES
@pytest.mark.rule("SH-8", "SH-1")
def test_an_expired_session_is_renewed_once_and_the_task_written(task_key: bool):
    office = office_with_contact(task_key=task_key)
    office.org.good_token = "somebody-rotated-it"

    head = office.deliver()

    assert head.state is State.LOGGED
    assert office.org.refreshed_with == ["refresh-1"]
    assert len(office.tasks) == 1


@pytest.mark.rule("SH-8")
def test_a_session_that_expires_while_sending_is_renewed_and_sent_again():
    office = office_with_contact()
    office.org.next_sends = [SessionExpired("Session expired or invalid")]

    head = office.deliver()

    assert head.state is State.LOGGED
    assert len(office.tasks) == 1


@pytest.mark.rule("SH-4", "SH-9")
def test_a_spent_budget_parks_and_drains_when_salesforce_accepts_again():
    office = office_with_contact()
    office.deliver(call_id="warm-up")
    office.org.next_reads = []
    office.org.next_sends = [BudgetSpent("TotalRequests Limit exceeded.")]

    parked = office.deliver(call_id="c-1")
    also_parked = office.deliver(call_id="c-2")
    office.pass_time(130, step_s=10)

    assert (parked.state, parked.reason) == (State.PARKED, "budget")
    assert (also_parked.state, also_parked.reason) == (State.PARKED, "budget")
    assert {office.head(call).state for call in ("c-1", "c-2")} == {State.LOGGED}
    assert len(office.tasks) == 3


@pytest.mark.rule("SH-1")
def test_our_own_key_that_is_already_there_is_taken_as_ours():
    office = office_with_contact(task_key=EXTERNAL_ID)
    office.org.next_sends = [commit_then(NotDelivered("wrongly believed"))]

    office.deliver()
    office.pass_time(60)

    assert office.head().state is State.LOGGED
    assert len(office.tasks) == 1


@pytest.mark.rule("SH-1")
def test_a_duplicate_that_is_not_ours_fails_with_salesforces_words():
    office = office_with_contact(task_key=EXTERNAL_ID)
    office.org.next_sends = [refuse("DUPLICATE_VALUE", "duplicate value found: Ticket__c")]

    head = office.deliver()

    assert head.state is State.FAILED
    assert "Ticket__c" in head.text
    assert head.slots[0].state is SlotState.REFUSED


@pytest.mark.rule("SH-2")
def test_a_refusal_for_good_fails_with_salesforces_words():
    office = office_with_contact()
    office.org.next_sends = [refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Say please.")]

    head = office.deliver()

    assert (head.state, head.reason) == (State.FAILED, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    assert "Say please." in head.text


@pytest.mark.rule("SH-1")
def test_a_second_refusal_of_a_reference_is_final():
    office = office_with_contact()
    office.org.load("Contact", LastName="King", Phone=NUMBER)
    office.org.next_sends = [refuse("ENTITY_IS_DELETED"), refuse("ENTITY_IS_DELETED")]

    head = office.deliver()

    assert (head.state, head.reason) == (State.FAILED, "ENTITY_IS_DELETED")


@pytest.mark.rule("AC-9", "SH-1")
def test_a_refused_person_gives_the_claim_back():
    office = Office(preset={"calls": {"unknown_number": "lead"}})
    office.org.next_sends = [
        refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No leads.", ref="person1")
    ]

    refused = office.deliver(call_id="c-1")
    logged = office.deliver(call_id="c-2")

    assert refused.state is State.FAILED
    assert logged.state is State.LOGGED


def test_a_request_refused_as_a_whole_fails_every_slot():
    office = office_with_contact()
    office.org.next_sends = [Permanent("Composite is off.", code="API_DISABLED_FOR_ORG")]

    head = office.deliver()

    assert (head.state, head.reason) == (State.FAILED, "API_DISABLED_FOR_ORG")


def test_too_little_time_left_means_no_intent():
    office = office_with_contact()
    office.deliver(call_id="warm-up")
    office.clock.left_s = 34.0

    head = office.deliver(call_id="c-1")
    office.clock.left_s = 60.0
    office.pass_time(10)

    assert (head.state, head.reason) == (State.WAITING, "time")
    assert office.head("c-1").state is State.LOGGED


def test_a_tenant_at_its_cap_waits_without_asking_salesforce():
    office = office_with_contact(max_in_flight=1)
    office.flights.take_off(
        TENANT, "another", cap=1, now=office.clock.now(), until=office.clock.at.replace(year=2027)
    )

    waiting = office.deliver()
    asked = list(office.org.calls)
    office.flights.land(TENANT, "another")
    office.pass_time(10)

    assert (waiting.state, waiting.reason) == (State.WAITING, "in_flight")
    assert asked == []
    assert office.head().state is State.LOGGED


def test_the_fence_is_time_out_plus_write_horizon_plus_slack():
    office = office_with_contact()
    office.org.next_sends = [NO_ANSWER]

    head = office.deliver()

    assert (head.fence_until - head.sent_at).total_seconds() == 720
    assert Timing().fence(head.sent_at) == head.fence_until


def test_another_worker_never_sends_what_is_being_sent():
    office = office_with_contact()
    others = []

    def meanwhile(org, records):
        other = office.new_world("worker-2")
        others.append(advance(TENANT, office.head().id, other))
        return org.apply(records)

    office.org.next_sends = [meanwhile]
    office.deliver()

    assert [head.state for head in others] == [State.SENDING]
    assert len(office.tasks) == 1


def test_a_refresh_that_is_refused_parks_the_call_for_a_reconnect():
    office = office_with_contact()
    office.org.good_token = "gone"

    office.org.next_refreshes = [NeedsReconnect("expired access/refresh token", code="broken")]

    head = office.deliver()

    assert (head.state, head.reason) == (State.PARKED, "connection")
    assert office.tasks == []


@pytest.mark.rule("SH-1", "AC-9")
def test_a_person_who_may_have_been_made_unseen_is_not_made_again_by_others():
    """The holder gave up as needs_check: whether the lead exists is for a person to say."""
    office = Office(preset={"calls": {"unknown_number": "lead"}})
    office.org.sees_all_records = False
    office.org.next_sends = [NO_ANSWER]
    office.deliver(call_id="c-1")
    office.deliver(call_id="c-2")

    office.pass_time(1500)

    assert {office.head(call).reason for call in ("c-1", "c-2")} == {"needs_check"}
    assert office.org.of_type("Lead") == []


@pytest.mark.rule("SH-8")
def test_a_session_that_is_refused_however_often_it_is_renewed_waits():
    office = office_with_contact()
    office.deliver(call_id="warm-up")
    office.org.next_sends = [SessionExpired("Session expired or invalid")] * 3

    head = office.deliver(call_id="c-1")
    office.org.next_sends = []
    office.pass_time(60)

    assert (head.state, head.reason) == (State.WAITING, "session")
    assert office.head("c-1").state is State.LOGGED


@pytest.mark.rule("SH-8")
def test_a_lost_refresh_answer_leaves_the_call_waiting_and_nothing_is_sent_twice():
    office = office_with_contact()
    office.org.good_token = "gone"
    office.org.next_refreshes = [NO_ANSWER]

    head = office.deliver()
    office.pass_time(600)
    before = list(office.org.refreshed_with)
    office.pass_time(900)

    assert (head.state, head.reason) == (State.WAITING, "token")
    assert before == ["refresh-1"]
    assert office.org.refreshed_with == ["refresh-1", "refresh-1"]
    assert office.head().state is State.LOGGED


@pytest.mark.rule("SH-1")
def test_a_look_up_that_fails_is_made_again():
    office = office_with_contact()
    office.org.next_sends = [commit_then(NO_ANSWER)]
    office.deliver()
    office.org.next_reads = [Retryable("Busy.", code="SERVER_UNAVAILABLE", after_s=5)]

    office.pass_time(60)

    assert office.head().state is State.LOGGED
    assert len(office.tasks) == 1


@pytest.mark.rule("SH-1", "SH-4")
def test_an_unknown_write_of_a_tenant_that_breaks_parks_and_is_looked_for_after_the_repair():
    office = office_with_contact()
    office.org.next_sends = [commit_then(NO_ANSWER)]
    office.deliver()
    good = office.connections.stored[TENANT]
    office.connections.stored[TENANT] = replace(good, status=ConnectionStatus.BROKEN)
    office.pass_time(30)
    parked = office.head().state

    office.connections.stored[TENANT] = good
    office.ledger.markers[(TENANT, "park")] = (office.clock.now(), None)
    office.pass_time(130, step_s=10)

    assert parked is State.PARKED
    assert office.head().state is State.LOGGED
    assert len(office.tasks) == 1


def test_a_field_that_was_removed_from_the_org_is_noticed_and_left_out():
    office = office_with_contact(task_key=EXTERNAL_ID)
    office.deliver(call_id="warm-up")
    office.org.task_key = False
    office.org.next_sends = [refuse("INVALID_FIELD", "No such column 'Switchhook_Key__c'")]

    head = office.deliver(call_id="c-1")

    assert head.state is State.LOGGED
    assert "Switchhook_Key__c" not in office.tasks[-1]

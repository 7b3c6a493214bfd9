"""A Case whose creation was never answered exists exactly once, with the optional field or without (SH-1)."""

from dataclasses import replace

import pytest

from builders.told_chats import EMAIL, chat_head, office_that, tell_chat
from fakes.office import START, TENANT
from fakes.salesforce import LateCommit, commit_then, refuse
from switchhook.domain.activity import State
from switchhook.domain.errors import OutcomeUnknown, Permanent, Retryable

pytestmark = pytest.mark.rule("SH-1", "SH-7", "CX-29")

NO_ANSWER = OutcomeUnknown("Salesforce did not answer.")
MODES = pytest.mark.parametrize("case_key", [True, False], ids=["with_the_field", "package_free"])


def office_of(*, case_key: bool, action: str = "contact_case"):
    office = office_that(action)
    office.org.case_key = office.org.task_key = case_key
    return office


@MODES
def test_a_case_whose_answer_was_lost_is_found_again(case_key):
    office = office_of(case_key=case_key)
    office.org.next_sends = [commit_then(NO_ANSWER)]

    assert tell_chat(office).state is State.UNKNOWN
    office.pass_time(60)

    head = chat_head(office)
    assert head.state is State.LOGGED
    assert len(office.org.of_type("Case")) == len(office.org.of_type("Contact")) == 1
    assert head.slots[0].salesforce_id == office.org.of_type("Case")[0].id
    assert head.slots[0].created.id == office.org.of_type("Contact")[0].id


@MODES
def test_a_case_that_lands_late_is_not_sent_again(case_key):
    office = office_of(case_key=case_key)
    late = LateCommit(NO_ANSWER)
    office.org.next_sends = [late]
    tell_chat(office)

    office.pass_time(300)
    late.land()
    office.pass_time(900)

    assert chat_head(office).state is State.LOGGED
    assert len(office.org.of_type("Case")) == 1


@MODES
def test_a_case_that_never_landed_is_sent_once_more_after_the_fence(case_key):
    office = office_of(case_key=case_key)
    office.org.next_sends = [LateCommit(NO_ANSWER)]
    tell_chat(office)

    office.pass_time(700)
    assert office.org.of_type("Case") == []
    office.pass_time(300)

    assert chat_head(office).state is State.LOGGED
    assert len(office.org.of_type("Case")) == 1


def test_with_the_field_a_case_on_a_known_contact_is_sent_again_at_once():
    office = office_of(case_key=True)
    office.org.load("Contact", LastName="Byron", Email=EMAIL)
    late = LateCommit(NO_ANSWER)
    office.org.next_sends = [late]
    tell_chat(office)

    office.pass_time(30)

    assert chat_head(office).state is State.LOGGED
    # What lands then is refused by the unique field.
    assert not late.land().applied
    assert len(office.org.of_type("Case")) == 1


def test_every_page_of_cases_is_looked_through():
    office = office_of(case_key=False, action="case")
    office.org.next_sends = [commit_then(NO_ANSWER)]
    for number in range(5):
        office.org.load("Case", Description=f"another's {number}")

    tell_chat(office)
    office.pass_time(60)

    assert chat_head(office).state is State.LOGGED
    assert office.org.calls.count("look through Cases") == 3
    assert len(office.org.of_type("Case")) == 6


def test_a_run_without_time_for_further_pages_concludes_nothing():
    office = office_of(case_key=False, action="case")
    office.org.next_sends = [LateCommit(NO_ANSWER)]
    for _ in range(5):
        office.org.load("Case", Description="another's")
    tell_chat(office)
    office.clock.left_s = 10.0

    office.pass_time(1000)

    assert chat_head(office).state is not State.LOGGED
    assert len(office.org.of_type("Case")) == 5


def test_nobody_poses_as_the_key_of_a_case():
    office = office_of(case_key=False, action="case")
    late = LateCommit(NO_ANSWER)
    office.org.next_sends = [late]
    head = tell_chat(office)
    key = head.slots[0].key
    office.org.load("Case", Description=f"{key}\nis what the visitor wrote")

    office.pass_time(1000)

    assert chat_head(office).state is State.LOGGED
    assert len(office.org.of_type("Case")) == 2


@MODES
def test_a_double_is_looked_for_and_not_sent_again(case_key):
    office = office_of(case_key=case_key)
    office.org.next_sends = [commit_then(NO_ANSWER), refuse("DUPLICATE_VALUE", ref="case1")]
    tell_chat(office)
    head = chat_head(office)
    # As if the look-up had not shown it: the slot is sent again and the org refuses the double.
    opened = replace(head, version=head.version + 1, state=State.SENDING, reason="duplicate_value")
    office.ledger.heads[(head.tenant, head.id)] = opened

    office.pass_time(900)

    assert chat_head(office).state is State.LOGGED
    assert len(office.org.of_type("Case")) == 1


def test_a_customers_own_unique_field_fails_the_chat_in_salesforces_words():
    office = office_of(case_key=False, action="case")
    refusal = refuse("DUPLICATE_VALUE", "duplicate value found: Ticket__c", ref="case1")
    office.org.next_sends = [refusal, refusal]

    tell_chat(office)
    office.pass_time(60)

    head = chat_head(office)
    assert head.state is State.FAILED
    assert "Ticket__c" in head.text


def test_a_refused_case_is_not_logged_as_a_chat_without_it():
    office = office_of(case_key=False)
    office.org.next_sends = [refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION", "no", ref="case1")]

    head = tell_chat(office)

    assert head.state is State.FAILED
    assert (office.org.of_type("Contact"), office.org.of_type("Task")) == ([], [])


def test_a_busy_org_is_tried_again():
    office = office_of(case_key=False)
    office.org.next_sends = [Retryable("busy", code="UNABLE_TO_LOCK_ROW", after_s=1)]

    tell_chat(office)
    office.pass_time(60)

    assert chat_head(office).state is State.LOGGED
    assert len(office.org.of_type("Case")) == 1


@pytest.mark.rule("CX-19")
def test_what_the_org_refuses_of_the_person_never_costs_the_chat():
    office = office_that("lead_task")
    office.org.load("Lead", LastName="Byron", Email=EMAIL)
    office.org.next_updates = [Permanent("no", code="FIELD_CUSTOM_VALIDATION_EXCEPTION")]

    head = tell_chat(office)

    assert (head.state, head.due_at) == (State.LOGGED, None)
    assert len(office.org.of_type("Task")) == 1


def test_settings_that_change_while_an_answer_is_awaited_make_no_second_record():
    office = office_of(case_key=True)
    office.org.load("Contact", LastName="Byron", Email=EMAIL)
    late = LateCommit(NO_ANSWER)
    office.org.next_sends = [late, Retryable("busy", code="UNABLE_TO_LOCK_ROW", after_s=300)]
    tell_chat(office)
    office.pass_time(30)
    own = {"preset": "standard", "default_region": "US", "time_zone": "UTC"}
    actions = {"chat_ended": "contact_task"}
    office.tenants.set_settings(TENANT, {**own, "chats": {"actions": actions}}, effective_at=START)

    late.land()
    office.pass_time(900)

    assert chat_head(office).state is State.LOGGED
    assert len(office.org.of_type("Case")) + len(office.org.of_type("Task")) == 1

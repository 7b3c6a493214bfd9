"""Calls on a contact's open Case or Opportunity, and the Case that is made where none is open."""

import pytest

from builders.mortal import deliver_and_die
from fakes.office import NUMBER, TENANT, Office
from fakes.salesforce import LateCommit, commit_then, refuse
from switchhook.domain.activity import RecordRef, State
from switchhook.domain.errors import NotDelivered, OutcomeUnknown, Permanent, Retryable
from switchhook.domain.writing.claims import CompleteClaim, ReleaseClaim

NO_ANSWER = OutcomeUnknown("Salesforce did not answer.")
NO_CACHE = {"match_cache_minutes": 0}


def office_with_contact(
    attach_to: str = "case", *, create_case: bool = False, **calls: object
) -> Office:
    settings = {"attach_to": attach_to, "create_case": create_case, **calls}
    office = Office(preset={"calls": settings, "matching": NO_CACHE})
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    return office


def contact_of(office: Office) -> str:
    return office.org.of_type("Contact")[0].id


def explanation(office: Office, call_id: str = "c-1") -> dict[str, str]:
    head = office.head(call_id)
    decisions = office.ledger.decisions[(TENANT, head.id)]
    steps = decisions[max(decisions)].explanation
    return {step["rule"]: step["text"] for step in steps}


def claims_of(office: Office, object_type: str) -> list[RecordRef | None]:
    return [claim.record for key, claim in office.directory.claims.items() if key[1] == object_type]


@pytest.mark.rule("AC-11", "AC-12", "AC-15")
@pytest.mark.parametrize(
    ("attach_to", "object_type"), [("case", "Case"), ("opportunity", "Opportunity")]
)
def test_a_call_is_logged_on_the_contacts_open_record_in_the_same_task(
    attach_to: str, object_type: str
):
    office = office_with_contact(attach_to)
    office.org.load(object_type, ContactId=contact_of(office), closed=1)
    opened = office.org.load(object_type, ContactId=contact_of(office))

    head = office.deliver()

    (task,) = office.tasks
    assert (task["WhoId"], task["WhatId"]) == (contact_of(office), opened.id)
    assert head.slots[0].attached == opened
    assert f"on the open {object_type} {opened.id}" in head.text


@pytest.mark.rule("AC-11")
def test_a_matched_call_with_its_case_costs_three_requests():
    office = office_with_contact()
    office.org.load("Case", ContactId=contact_of(office))
    office.deliver(call_id="warm-up")
    office.org.calls.clear()

    office.deliver()

    assert office.org.calls == ["search", "related", "send"]


@pytest.mark.rule("AC-12", "AC-14")
@pytest.mark.parametrize(
    ("attach_to", "who"), [("none", "Contact"), ("case", "Lead"), ("case", "Account")]
)
def test_nothing_is_asked_where_nothing_can_be_attached(attach_to: str, who: str):
    office = Office(preset={"calls": {"attach_to": attach_to}})
    office.org.load(who, LastName="Byron", Name="Byron", Phone=NUMBER)

    head = office.deliver()

    assert head.state is State.LOGGED
    assert "related" not in office.org.calls


def test_a_cold_tenant_with_cases_costs_at_most_eight_requests():
    office = office_with_contact(create_case=True)
    office.org.task_key = office.org.case_key = True

    office.deliver()

    assert len(office.org.calls) <= 8


@pytest.mark.rule("AC-13", "AC-22")
def test_a_case_is_made_where_none_is_open_and_the_next_call_joins_it():
    office = office_with_contact(create_case=True)
    office.org.load("Case", ContactId=contact_of(office), closed=1)

    first = office.deliver(call_id="c-1")
    second = office.deliver(call_id="c-2")

    made = office.org.of_type("Case")[-1]
    assert made.fields["ContactId"] == contact_of(office)
    assert [task["WhatId"] for task in office.tasks] == [made.id, made.id]
    assert [first.slots[0].creates_case, second.slots[0].creates_case] == [True, False]
    assert first.slots[0].attached == second.slots[0].attached == RecordRef(type="Case", id=made.id)


@pytest.mark.rule("AC-13")
def test_no_case_is_made_unless_the_tenant_wants_it():
    office = office_with_contact(create_case=False)

    head = office.deliver()

    assert head.state is State.LOGGED
    assert office.org.of_type("Case") == []


@pytest.mark.rule("AC-20")
def test_an_opportunity_is_never_made():
    office = office_with_contact("opportunity", create_case=True)

    head = office.deliver()

    assert head.state is State.LOGGED
    assert [record.type for record in office.org.records] == ["Contact", "Task"]


@pytest.mark.rule("AC-13", "SH-1")
def test_a_case_that_was_closed_does_not_stand_in_the_way_of_the_next_one():
    office = office_with_contact(create_case=True)
    office.deliver(call_id="c-1")
    office.org.of_type("Case")[0].fields["closed"] = 1
    office.org.calls.clear()

    office.deliver(call_id="c-2")
    costs = list(office.org.calls)
    office.deliver(call_id="c-3")

    first, second = office.org.of_type("Case")
    assert [task["WhatId"] for task in office.tasks] == [first.id, second.id, second.id]
    assert costs == ["search", "related", "send"]


@pytest.mark.rule("AC-13", "SH-1")
def test_a_call_waits_while_another_makes_the_case_and_then_joins_it():
    office = office_with_contact(create_case=True)
    office.deliver(call_id="warm-up")
    office.org.of_type("Case")[0].fields["closed"] = 1
    meanwhile = []

    def ring_again(org, records):
        meanwhile.append(office.deliver(call_id="c-2"))
        return org.apply(records)

    office.org.next_sends = [ring_again]
    office.deliver(call_id="c-1")
    office.pass_time(20)

    assert [(head.state, head.reason) for head in meanwhile] == [(State.WAITING, "claim")]
    assert office.head("c-2").state is State.LOGGED
    assert len(office.org.of_type("Case")) == 2
    assert office.tasks[-1]["WhatId"] == office.tasks[-2]["WhatId"]


@pytest.mark.rule("AC-13", "SH-1")
@pytest.mark.parametrize("lands_after_s", [2, 20, 590], ids=lambda s: f"after_{s}_s")
@pytest.mark.parametrize("with_key", [False, True], ids=["package_free", "external_id"])
def test_a_case_that_lands_late_stays_the_only_one_while_others_call(
    lands_after_s: int, with_key: bool
):
    office = office_with_contact(create_case=True)
    office.org.task_key = office.org.case_key = with_key
    late = LateCommit(NO_ANSWER)
    office.org.next_sends = [late]

    office.deliver(call_id="c-1")
    office.deliver(call_id="c-2")
    office.pass_time(lands_after_s, step_s=1)
    late.land()
    office.pass_time(900)

    (case,) = office.org.of_type("Case")
    assert {office.head(call).state for call in ("c-1", "c-2")} == {State.LOGGED}
    assert [task["WhatId"] for task in office.tasks] == [case.id, case.id]
    assert office.head("c-1").slots[0].attached == RecordRef(type="Case", id=case.id)
    assert claims_of(office, "Case") == [RecordRef(type="Case", id=case.id)]


@pytest.mark.rule("AC-13", "SH-1", "SH-7")
def test_a_lost_case_waits_for_the_fence_even_where_the_tasks_key_is_unique():
    """The Task's key does not guard the Case: its claim, given back early, could be another's."""
    office = office_with_contact(create_case=True)
    office.org.task_key = office.org.case_key = True
    office.org.next_sends = [NO_ANSWER]

    office.deliver()
    office.pass_time(700)
    before_the_fence = office.org.calls.count("send")
    office.pass_time(60)

    assert before_the_fence == 1
    assert office.head().state is State.LOGGED
    assert len(office.org.of_type("Case")) == len(office.tasks) == 1


@pytest.mark.rule("AC-13", "SH-1")
def test_a_case_whose_answer_was_lost_is_found_with_its_task():
    office = office_with_contact(create_case=True)
    office.org.next_sends = [commit_then(NO_ANSWER)]

    office.deliver()
    office.pass_time(30)

    (case,) = office.org.of_type("Case")
    assert office.head().state is State.LOGGED
    assert office.head().slots[0].attached == RecordRef(type="Case", id=case.id)
    assert len(office.tasks) == 1


@pytest.mark.rule("AC-13", "SH-1")
def test_a_case_that_was_never_sent_gives_its_claim_back():
    office = office_with_contact(create_case=True)
    office.org.next_sends = [NotDelivered("No connection.")]

    office.deliver(call_id="c-1")
    between = claims_of(office, "Case")
    office.pass_time(60)

    assert between == []
    assert office.head("c-1").state is State.LOGGED
    assert len(office.org.of_type("Case")) == len(office.tasks) == 1


@pytest.mark.rule("AC-13", "SH-7")
def test_a_case_that_may_have_been_made_unseen_is_not_made_again():
    office = office_with_contact(create_case=True)
    office.org.sees_all_records = False
    office.org.next_sends = [NO_ANSWER]
    office.deliver(call_id="c-1")
    office.pass_time(900)

    logged = office.deliver(call_id="c-2")

    assert (office.head("c-1").state, office.head("c-1").reason) == (State.FAILED, "needs_check")
    assert logged.state is State.LOGGED
    assert office.org.of_type("Case") == []
    assert "could not be verified" in explanation(office, "c-2")["AC-13"]


@pytest.mark.rule("AC-19", "AC-9", "SH-1")
def test_a_new_contact_gets_its_case_and_further_calls_join_both():
    office = Office(
        preset={
            "calls": {"unknown_number": "contact", "attach_to": "case", "create_case": True},
            "matching": NO_CACHE,
        }
    )
    office.org.searchable = False

    for number in range(3):
        office.deliver(call_id=f"c-{number}")

    (contact,), (case,) = office.org.of_type("Contact"), office.org.of_type("Case")
    assert case.fields["ContactId"] == contact.id
    assert {(task["WhoId"], task["WhatId"]) for task in office.tasks} == {(contact.id, case.id)}
    assert len(office.tasks) == 3


@pytest.mark.rule("AC-11", "AC-12")
@pytest.mark.parametrize("attach_to", ["case", "opportunity"])
@pytest.mark.parametrize("code", ["INVALID_TYPE", "INVALID_FIELD"])
def test_a_user_who_may_not_see_the_object_logs_on_the_contact_and_says_so(
    attach_to: str, code: str
):
    office = office_with_contact(attach_to, create_case=True)
    office.org.next_related = [Permanent("sObject type is not supported.", code=code)]

    head = office.deliver()

    assert head.state is State.LOGGED
    assert "WhatId" not in office.tasks[0]
    assert "may not see" in explanation(office)["AC-11"]


def test_a_look_for_cases_that_fails_is_made_again():
    office = office_with_contact()
    office.org.next_related = [Retryable("Busy.", code="SERVER_UNAVAILABLE", after_s=5)]

    waiting = office.deliver()
    office.pass_time(30)

    assert waiting.state is State.WAITING
    assert office.head().state is State.LOGGED


@pytest.mark.rule("AC-13", "SH-1")
def test_a_case_that_salesforce_refuses_costs_the_case_not_the_task():
    office = office_with_contact(create_case=True)
    office.org.next_sends = [refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Say why.", ref="case1")]

    head = office.deliver()

    assert head.state is State.LOGGED
    assert (office.org.of_type("Case"), len(office.tasks)) == ([], 1)
    assert "Say why." in explanation(office)["AC-13"]
    assert claims_of(office, "Case") == []


@pytest.mark.rule("AC-13", "AC-19", "SH-1")
def test_a_new_contacts_case_that_salesforce_refuses_costs_the_case_alone_too():
    calls = {"unknown_number": "contact", "attach_to": "case", "create_case": True}
    office = Office(preset={"calls": calls, "matching": NO_CACHE})
    office.org.next_sends = [refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Say why.", ref="case1")]

    head = office.deliver()

    assert head.state is State.LOGGED
    assert len(office.org.of_type("Contact")) == len(office.tasks) == 1
    assert office.org.of_type("Case") == []


@pytest.mark.rule("AC-11", "SH-1")
def test_a_case_that_was_deleted_meanwhile_is_passed_over_and_the_contact_kept():
    office = office_with_contact()
    gone = office.org.load("Case", ContactId=contact_of(office))
    other = office.org.load("Case", ContactId=contact_of(office))
    sequence = []

    def delete_first(org, records):
        org.delete(gone.id)
        sequence.append(records[0].fields["WhatId"])
        return org.apply(records)

    office.org.next_sends = [delete_first]
    head = office.deliver()

    assert sequence == [gone.id]
    assert head.slots[0].attached == other
    assert office.tasks[0]["WhoId"] == contact_of(office)


@pytest.mark.rule("SH-7")
def test_the_case_bears_the_key_once_the_org_says_that_it_has_the_field():
    office = office_with_contact(create_case=True)
    office.org.task_key = office.org.case_key = True
    office.deliver(call_id="cold")
    office.org.of_type("Case")[0].fields["closed"] = 1
    office.org.calls.clear()

    head = office.deliver(call_id="c-1")

    assert office.org.calls == ["describe Case", "search", "related", "send"]
    assert office.org.of_type("Case")[-1].fields["Switchhook_Key__c"] == head.slots[0].key


@pytest.mark.rule("SH-7")
def test_what_is_known_of_cases_outlives_the_rest_of_the_metadata():
    office = office_with_contact(create_case=True)
    office.org.task_key = office.org.case_key = True
    for call in ("cold", "warm"):
        office.deliver(call_id=call)
    office.clock.forward(86_400)
    office.org.of_type("Case")[0].fields["closed"] = 1
    office.org.calls.clear()

    office.deliver(call_id="cold again")

    assert "describe Case" not in office.org.calls
    assert "Switchhook_Key__c" in office.org.of_type("Case")[-1].fields


@pytest.mark.rule("SH-7")
def test_a_package_free_org_is_never_asked_about_the_cases_field():
    office = office_with_contact(create_case=True)

    for number in range(3):
        office.deliver(call_id=f"c-{number}")

    assert "describe Case" not in office.org.calls


@pytest.mark.rule("AC-13", "SH-1")
@pytest.mark.parametrize("dies_at", range(1, 8), ids=lambda n: f"commit_{n}")
@pytest.mark.parametrize("applied", [False, True], ids=["before_it", "after_it"])
def test_a_worker_that_dies_at_any_commit_leaves_one_case_and_one_task_a_call(
    dies_at: int, applied: bool
):
    office = office_with_contact(create_case=True)
    deliver_and_die(office, ("c-1", "c-2"), dies_at=dies_at, applied=applied)

    assert {office.head(call).state for call in ("c-1", "c-2")} == {State.LOGGED}
    assert len(office.org.of_type("Case")) == 1
    assert len(office.tasks) == 2


@pytest.mark.rule("AC-13", "SH-1")
def test_a_claim_is_completed_with_the_case_and_given_back_without():
    office = office_with_contact(create_case=True)
    office.org.next_sends = [refuse("UNABLE_TO_LOCK_ROW", ref="task1")]

    office.deliver()
    office.pass_time(30)

    changes = [change for write in office.ledger.commits for change in write.claims]
    kinds = [type(change) for change in changes if change.claim.object_type == "Case"]
    assert ReleaseClaim in kinds
    assert kinds[-1] is CompleteClaim

"""Slots keep their keys over every decision, and what Salesforce says of them is judged once."""

import pytest

from builders.ledger import a_head
from switchhook.domain.activity import (
    Mode,
    OwnerChoice,
    RecordRef,
    Slot,
    SlotKind,
    SlotState,
    State,
    activity_id,
    slot_key,
)
from switchhook.domain.crm import Applied, FoundTask, WriteAnswer
from switchhook.domain.decision import (
    CaseToCreate,
    Log,
    OrgFacts,
    PersonToCreate,
    PlannedSlot,
    TaskStatus,
)
from switchhook.domain.facts.people import OrgUser
from switchhook.domain.writing.records import found, landed, records_for
from switchhook.domain.writing.slots import (
    KEY_FIELD,
    reopened,
    sendable,
    slot_plans,
    summed_up,
    unplanned,
)

ADA, BEN = "+14155550100", "+14155550101"
CONTACT = RecordRef(type="Contact", id="003000000000001AAA")
COMPANY = RecordRef(type="Account", id="001000000000001AAA")
LEAD = RecordRef(type="Lead", id="00Q000000000001AAA")
OWNER = OwnerChoice(user_id="005000000000001AAA", rule="AC-27", text="The agent.")


def plan(*parties: str, record: RecordRef | None = CONTACT, **more: object) -> PlannedSlot:
    usual: dict[str, object] = {
        "kind": SlotKind.TASK,
        "parties": parties or (ADA,),
        "owner": OWNER,
        "fields": {"Subject": "Call"},
        "record": record,
        "who_id": record.id if record else None,
    }
    return PlannedSlot(**{**usual, **more})


def org(*, task_key: bool = False, case_key: bool = False) -> OrgFacts:
    admin = OrgUser(id=OWNER.user_id, name="Ida", email="ida@example.com")
    return OrgFacts(
        task_statuses=(TaskStatus(api_name="Completed", is_closed=True),),
        users_by_email={},
        user_ids=frozenset({admin.id}),
        connecting_user=admin,
        task_key=task_key,
        case_key=case_key,
    )


def log(*plans: PlannedSlot) -> Log:
    return Log(slots=plans)


def slot(number: int = 1, **more: object) -> Slot:
    head = a_head()
    usual: dict[str, object] = {
        "number": number,
        "key": slot_key(activity=head.id, kind=SlotKind.TASK, number=number),
        "kind": SlotKind.TASK,
        "mode": Mode.PACKAGE_FREE,
        "parties": (ADA,),
        "record": CONTACT,
        "owner": OWNER,
    }
    return Slot(**{**usual, **more})


@pytest.mark.rule("SH-1")
def test_a_key_is_a_function_of_activity_kind_and_number():
    one = activity_id(tenant="t", source="s", external_id="c")
    other = activity_id(tenant="t", source="s", external_id="d")

    keys = {
        slot_key(activity=activity, kind=kind, number=number)
        for activity in (one, other)
        for kind in SlotKind
        for number in (1, 2)
    }

    assert len(keys) == 8
    assert all(key.startswith("sh1:") and len(key) == 30 for key in keys)


@pytest.mark.rule("SH-1")
def test_deciding_again_moves_an_open_slot_but_keeps_its_key():
    first = slot()
    head = a_head(slots=(first,))

    plans = slot_plans(head, log(plan(ADA, record=LEAD)), org())

    assert [(one.slot.key, one.slot.record) for one in plans] == [(first.key, LEAD)]


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize("state", [SlotState.APPLIED, SlotState.REFUSED])
def test_deciding_again_leaves_a_final_slot_as_it_is(state: SlotState):
    final = slot(state=state)

    plans = slot_plans(a_head(slots=(final,)), log(plan(ADA, record=LEAD)), org())

    assert [one.slot for one in plans] == [final]
    assert sendable(plans) == ()


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize("state", [SlotState.APPLIED, SlotState.REFUSED])
def test_a_final_slot_that_is_no_longer_planned_stays_final(state: SlotState):
    final = slot(state=state)

    plans = slot_plans(a_head(slots=(final,)), log(plan(BEN, record=LEAD)), org())

    assert [(one.slot.number, one.slot.state) for one in plans] == [
        (1, state),
        (2, SlotState.OPEN),
    ]


@pytest.mark.rule("SH-1")
def test_a_later_participant_of_a_known_record_opens_no_second_slot():
    applied = slot(state=SlotState.APPLIED)

    plans = slot_plans(a_head(slots=(applied,)), log(plan(BEN)), org())

    assert [one.slot for one in plans] == [applied]


def test_an_open_slot_that_is_no_longer_planned_is_refused():
    plans = slot_plans(a_head(slots=(slot(),)), log(plan(BEN, record=LEAD)), org())

    assert [one.slot.state for one in plans] == [SlotState.REFUSED, SlotState.OPEN]


@pytest.mark.rule("AC-10")
@pytest.mark.parametrize(
    ("planned", "reference"),
    [
        pytest.param(plan(), {"WhoId": CONTACT.id}, id="a_person_is_who"),
        pytest.param(
            plan(record=COMPANY, who_id=None, what_id=COMPANY.id),
            {"WhatId": COMPANY.id},
            id="a_company_is_what",
        ),
        pytest.param(
            plan(record=None, who_id=None, person=PersonToCreate(object_type="Lead", fields={})),
            {"WhoId": "@{person1.id}"},
            id="a_new_lead_is_who",
        ),
        pytest.param(
            plan(
                record=None,
                who_id=None,
                person=PersonToCreate(object_type="Account", fields={}),
            ),
            {"WhatId": "@{person1.id}"},
            id="a_new_company_is_what",
        ),
    ],
)
def test_a_task_refers_to_its_record(planned: PlannedSlot, reference: dict[str, str]):
    records = records_for(sendable(slot_plans(a_head(), log(planned), org())), org())

    task = records[-1].fields
    assert {name: task[name] for name in ("WhoId", "WhatId") if name in task} == reference


@pytest.mark.rule("SH-7")
@pytest.mark.parametrize("task_key", [False, True], ids=["package_free", "external_id"])
def test_the_unique_field_is_written_where_it_exists(task_key: bool):
    facts = org(task_key=task_key)

    (task,) = records_for(sendable(slot_plans(a_head(), log(plan()), facts)), facts)

    assert (KEY_FIELD in task.fields) is task_key
    assert task.fields["CallObject"] == slot_plans(a_head(), log(plan()), facts)[0].slot.key


def test_what_landed_has_its_ids():
    sent = slot(state=SlotState.SENT, record=None, creates="Lead")
    answer = WriteAnswer(
        results=(Applied(ref="person1", id=LEAD.id), Applied(ref="task1", id="00T1"))
    )

    (after,) = landed((sent,), answer)

    assert (after.state, after.salesforce_id, after.created) == (SlotState.APPLIED, "00T1", LEAD)


def found_task(of: Slot, **more: object) -> FoundTask:
    usual: dict[str, object] = {
        "key": of.key,
        "id": "00T1",
        "who_id": CONTACT.id,
        "what_id": None,
        "owner_id": OWNER.user_id,
    }
    return FoundTask(**{**usual, **more})


@pytest.mark.rule("SH-1")
def test_a_found_task_is_its_slots_and_tells_where_it_hangs():
    sent = slot(state=SlotState.SENT)

    (after,) = found((sent,), (found_task(sent, who_id=LEAD.id),))

    assert (after.state, after.record) == (SlotState.APPLIED, LEAD)


def test_of_two_found_tasks_with_one_key_the_first_counts():
    sent = slot(state=SlotState.SENT)

    (after,) = found((sent,), (found_task(sent, id="00T2"), found_task(sent, id="00T1")))

    assert after.salesforce_id == "00T1"


def test_a_found_task_changes_no_slot_that_is_applied_or_another():
    applied, other = slot(1, state=SlotState.APPLIED, salesforce_id="00T0"), slot(2)

    assert found((applied, other), (found_task(applied),)) == (applied, other)


def test_reopening_touches_only_what_was_sent():
    slots = (slot(1, state=SlotState.SENT), slot(2, state=SlotState.APPLIED))

    assert [one.state for one in reopened(slots)] == [SlotState.OPEN, SlotState.APPLIED]


@pytest.mark.parametrize(
    ("slots", "state"),
    [
        pytest.param((slot(state=SlotState.APPLIED),), State.LOGGED, id="applied_is_logged"),
        pytest.param(
            (slot(1, state=SlotState.APPLIED), slot(2, state=SlotState.REFUSED)),
            State.LOGGED,
            id="anything_applied_is_logged",
        ),
        pytest.param((slot(state=SlotState.REFUSED),), State.FAILED, id="refused_is_failed"),
        pytest.param((), State.FAILED, id="nothing_is_failed"),
    ],
)
def test_the_slots_say_how_the_activity_ends(slots: tuple[Slot, ...], state: State):
    assert summed_up(slots).state is state


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        pytest.param({"error_code": "ENTITY_IS_LOCKED", "error": "ENTITY_IS_LOCKED: No."}, "ENTITY_IS_LOCKED", id="salesforces_code"),
        pytest.param({"error_code": "time_out", "error": "Slow: very."}, "time_out", id="never_what_words_begin_with"),
        pytest.param({"error": "ENTITY_IS_LOCKED: No."}, "ENTITY_IS_LOCKED", id="stored_before_it_had_a_code"),
        pytest.param({"error": "No record is left to write it on."}, "refused", id="stored_before_without_a_code"),
        pytest.param({}, "refused", id="nothing_said"),
    ],
)  # fmt: skip
def test_the_first_lost_slot_names_the_reason_of_a_failure(facts, reason):
    lost = slot(state=SlotState.REFUSED, **facts)

    assert summed_up((lost,)).reason == reason


def test_a_slot_that_no_decision_plans_any_more_is_not_said_to_be_refused_by_salesforce():
    dropped = unplanned(slot(state=SlotState.OPEN))

    summary = summed_up((dropped,))

    assert (summary.reason, dropped.error) == ("no_record", "No record is left to write it on.")
    assert "refused by Salesforce" not in summary.text


def test_a_logged_slot_without_record_or_owner_still_reads():
    bare = slot(state=SlotState.APPLIED, record=None, owner=None, salesforce_id="00T1")

    assert summed_up((bare,)).text == "Logged as Task 00T1 on its record ()."


NEW_CONTACT = PersonToCreate(object_type="Contact", fields={"LastName": "Byron"})
NEW_CASE = CaseToCreate(fields={"Subject": "A call"})
OPEN_CASE = RecordRef(type="Case", id="500000000000001AAA")
NEW_CASE_REF = RecordRef(type="Case", id="500000000000009AAA")


def plans_of(planned: PlannedSlot, facts: OrgFacts):
    return sendable(slot_plans(a_head(), log(planned), facts))


@pytest.mark.rule("AC-13", "SH-1")
def test_a_case_is_made_before_the_task_that_hangs_on_it():
    case, task = records_for(plans_of(plan(case=NEW_CASE), org()), org())

    assert (case.ref, case.object_type) == ("case1", "Case")
    assert case.fields == {
        "OwnerId": OWNER.user_id,
        "Subject": "A call",
        "ContactId": CONTACT.id,
    }
    assert (task.fields["WhoId"], task.fields["WhatId"]) == (CONTACT.id, "@{case1.id}")


@pytest.mark.rule("AC-19", "SH-1")
def test_a_new_contacts_case_and_task_name_the_contact_of_the_same_request():
    planned = plan(record=None, person=NEW_CONTACT, case=NEW_CASE)

    person, case, task = records_for(plans_of(planned, org()), org())

    assert [record.object_type for record in (person, case, task)] == ["Contact", "Case", "Task"]
    assert case.fields["ContactId"] == task.fields["WhoId"] == "@{person1.id}"
    assert task.fields["WhatId"] == "@{case1.id}"


@pytest.mark.rule("AC-11")
def test_an_open_case_is_the_tasks_what_beside_its_contact():
    (task,) = records_for(plans_of(plan(attached=OPEN_CASE, what_id=OPEN_CASE.id), org()), org())

    assert (task.fields["WhoId"], task.fields["WhatId"]) == (CONTACT.id, OPEN_CASE.id)


@pytest.mark.rule("SH-7")
@pytest.mark.parametrize(
    ("task_key", "case_key"),
    [
        pytest.param(True, True, id="both_objects_have_the_field"),
        pytest.param(True, False, id="only_tasks_have_it"),
        pytest.param(False, True, id="only_cases_have_it"),
    ],
)
def test_a_case_bears_its_tasks_key_where_both_objects_have_the_field(
    task_key: bool, case_key: bool
):
    facts = org(task_key=task_key, case_key=case_key)
    ready = plans_of(plan(case=NEW_CASE), facts)

    case, _ = records_for(ready, facts)

    assert case.fields.get(KEY_FIELD) == (ready[0][0].key if task_key and case_key else None)


@pytest.mark.rule("AC-13")
def test_a_case_that_landed_is_what_its_slot_is_attached_to():
    making = slot(state=SlotState.SENT, creates_case=True)
    answer = WriteAnswer(
        results=(Applied(ref="case1", id=NEW_CASE_REF.id), Applied(ref="task1", id="00T1"))
    )

    (after,) = landed((making,), answer)

    assert (after.state, after.attached, after.created) == (SlotState.APPLIED, NEW_CASE_REF, None)


@pytest.mark.rule("AC-11", "AC-13", "SH-1")
@pytest.mark.parametrize(
    ("what_id", "attached"),
    [
        pytest.param(NEW_CASE_REF.id, NEW_CASE_REF, id="the_case_made_with_it"),
        pytest.param(
            "006000000000001AAA",
            RecordRef(type="Opportunity", id="006000000000001AAA"),
            id="an_opportunity",
        ),
        pytest.param("001000000000001AAA", None, id="an_account_is_nothing_attached"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_a_found_task_tells_what_it_is_attached_to(what_id: str | None, attached: RecordRef | None):
    sent = slot(state=SlotState.SENT, creates_case=True)
    task = FoundTask(
        key=sent.key, id="00T1", who_id=CONTACT.id, what_id=what_id, owner_id=OWNER.user_id
    )

    (after,) = found((sent,), (task,))

    assert after.attached == attached


@pytest.mark.rule("AC-11", "AC-13")
@pytest.mark.parametrize(
    ("made", "which"), [(True, "the new"), (False, "the open")], ids=["made", "found"]
)
def test_the_words_of_a_logged_slot_name_the_case(made: bool, which: str):
    one = slot(state=SlotState.APPLIED, salesforce_id="00T1", attached=OPEN_CASE, creates_case=made)

    assert f"on Contact {CONTACT.id} and on {which} Case {OPEN_CASE.id}" in summed_up((one,)).text


def test_a_second_decision_may_change_what_an_open_slot_is_attached_to():
    known = slot(attached=OPEN_CASE)

    (one,) = slot_plans(a_head(slots=(known,)), log(plan(case=NEW_CASE)), org())

    assert (one.slot.attached, one.slot.creates_case) == (None, True)

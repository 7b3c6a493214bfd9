"""What holds of every request and every refusal, whatever the slots are."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from builders.calls import an_org
from builders.ledger import a_head
from switchhook.domain.activity import OwnerChoice, RecordRef, SlotKind, SlotState
from switchhook.domain.crm import Applied, FoundTask, Refused, WriteAnswer
from switchhook.domain.decision import CaseToCreate, Log, PersonToCreate, PlannedSlot
from switchhook.domain.writing.records import found, landed, records_for
from switchhook.domain.writing.slots import sendable, slot_plans
from switchhook.domain.writing.verdicts import Leniency, refused, verdicts_of

OWNER = OwnerChoice(user_id="005000000000001AAA", rule="AC-27", text="The agent.")
REFERENCE = re.compile(r"@\{(\w+)\.id\}")
KINDS = ("Contact", "Lead", "Account")
CODES = (
    "UNABLE_TO_LOCK_ROW",
    "DUPLICATE_VALUE",
    "ENTITY_IS_DELETED",
    "INACTIVE_OWNER_OR_USER",
    "INVALID_FIELD",
    "DUPLICATES_DETECTED",
    "STRING_TOO_LONG",
    "SOMETHING_NEW",
)


@st.composite
def plans(draw: st.DrawFn) -> PlannedSlot:
    number = draw(st.integers(1, 10**9))
    kind = draw(st.sampled_from(KINDS))
    is_new, with_case = draw(st.booleans()), draw(st.booleans()) and kind == "Contact"
    record = RecordRef(type=kind, id=f"{number:018d}")
    is_account = kind == "Account"
    return PlannedSlot(
        kind=SlotKind.TASK,
        parties=(f"+1415{number}",),
        owner=OWNER,
        fields={"Subject": draw(st.text(max_size=5))},
        record=None if is_new else record,
        who_id=None if is_new or is_account else record.id,
        what_id=record.id if is_account and not is_new else None,
        person=PersonToCreate(object_type=kind, fields={"LastName": "B"}) if is_new else None,
        case=CaseToCreate(fields={"Subject": "A call"}) if with_case else None,
    )


LOGS = st.lists(plans(), min_size=1, max_size=6, unique_by=lambda plan: plan.parties).map(
    lambda slots: Log(slots=tuple(slots))
)
ORGS = st.builds(an_org, task_key=st.booleans(), case_key=st.booleans())


@given(log=LOGS, org=ORGS)
def test_every_reference_names_an_earlier_record_of_the_same_request(log, org):
    seen: set[str] = set()
    for record in records_for(sendable(slot_plans(a_head(), log, org)), org):
        named = {match[1] for value in record.fields.values() if (match := _reference(value))}
        assert named <= seen
        seen.add(record.ref)


def _reference(value):
    return REFERENCE.fullmatch(str(value))


@given(log=LOGS, org=ORGS)
def test_only_a_contacts_task_has_a_case_beside_it(log, org):
    ready = sendable(slot_plans(a_head(), log, org))
    contacts = {
        f"task{slot.number}"
        for slot, plan in ready
        if "Contact" in (_kind(plan.record), _kind(plan.person))
    }
    for record in records_for(ready, org):
        if {"WhoId", "WhatId"} <= record.fields.keys():
            assert record.ref in contacts


def _kind(what):
    return getattr(what, "type", getattr(what, "object_type", None))


@given(log=LOGS, org=ORGS)
def test_what_landed_and_what_is_found_by_key_say_the_same(log, org):
    ready = sendable(slot_plans(a_head(), log, org))
    records = records_for(ready, org)
    prefixes = {"Contact": "003", "Lead": "00Q", "Account": "001", "Case": "500", "Task": "00T"}
    ids = {one.ref: f"{prefixes[one.object_type]}{i:015d}" for i, one in enumerate(records)}

    def real(value):
        match = _reference(value)
        return ids[match[1]] if match else value

    answer = WriteAnswer(results=tuple(Applied(ref=ref, id=one) for ref, one in ids.items()))
    tasks = tuple(
        FoundTask(
            key=str(one.fields["CallObject"]),
            id=ids[one.ref],
            who_id=real(one.fields.get("WhoId")) if "WhoId" in one.fields else None,
            what_id=real(one.fields.get("WhatId")) if "WhatId" in one.fields else None,
            owner_id=OWNER.user_id,
        )
        for one in records
        if one.object_type == "Task"
    )
    slots = tuple(slot for slot, _ in ready)

    told, looked_up = landed(slots, answer), found(slots, tasks)

    assert [(one.created, one.attached, one.salesforce_id) for one in told] == [
        (one.created, one.attached, one.salesforce_id) for one in looked_up
    ]


@given(
    log=LOGS,
    org=ORGS,
    code=st.sampled_from(CODES),
    kind=st.sampled_from(("person", "case", "task")),
    refusals=st.integers(0, 3),
    existing=st.lists(st.sampled_from((*KINDS, "Candidate__c")), max_size=3),
    warns=st.booleans(),
)
def test_a_refusal_leaves_every_slot_open_or_final_and_never_goes_on_for_ever(
    log, org, code, kind, refusals, existing, warns
):
    slots = tuple(
        replace(slot, state=SlotState.SENT, refusals=refusals)
        for slot, _ in sendable(slot_plans(a_head(), log, org))
    )
    answer = WriteAnswer(
        results=tuple(
            Refused(
                ref=f"{kind}{slot.number}",
                code=code,
                message="Words.",
                existing=tuple(RecordRef(type=one, id=one) for one in existing),
                may_be_overruled=warns,
            )
            for slot in slots
        )
    )
    verdicts = verdicts_of(slots, answer, Leniency(refusals_allowed=1))

    after = refused(slots, verdicts)

    assert {slot.state for slot in after} <= {SlotState.OPEN, SlotState.REFUSED}
    for slot, verdict in zip(after, verdicts, strict=True):
        waits = verdict.later or verdict.double or verdict.without_case
        assert slot.state is SlotState.REFUSED or waits or slot.refusals <= 1

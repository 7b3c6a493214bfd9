"""What a refusal means for its slot: later, again, a double, another record, or the end."""

import pytest

from builders.ledger import a_head
from switchhook.domain.activity import Mode, OwnerChoice, RecordRef, Slot, SlotKind, SlotState
from switchhook.domain.crm import Refused, WriteAnswer
from switchhook.domain.writing.verdicts import Leniency, Verdict, refused, verdicts_of

CONTACT = RecordRef(type="Contact", id="003000000000001AAA")
LEAD = RecordRef(type="Lead", id="00Q000000000001AAA")
CASE = RecordRef(type="Case", id="500000000000001AAA")
CUSTOM = RecordRef(type="Candidate__c", id="a00000000000001AAA")
OWNER = OwnerChoice(user_id="005000000000001AAA", rule="AC-27", text="The agent.")
ONCE = Leniency(refusals_allowed=1)


def slot(number: int = 1, **more: object) -> Slot:
    usual: dict[str, object] = {
        "number": number,
        "key": f"sh1:{a_head().id}{number}",
        "kind": SlotKind.TASK,
        "mode": Mode.PACKAGE_FREE,
        "parties": ("+14155550100",),
        "state": SlotState.SENT,
        "record": CONTACT,
        "owner": OWNER,
    }
    return Slot(**{**usual, **more})


def refusal(code: str, ref: str = "task1", **more: object) -> Refused:
    return Refused(**{"ref": ref, "code": code, "message": "Words.", **more})


def verdict_on(one: Slot, *refusals: Refused, leniency: Leniency = ONCE) -> Verdict:
    (verdict,) = verdicts_of((one,), WriteAnswer(results=refusals), leniency)
    return verdict


@pytest.mark.parametrize(
    ("code", "told"),
    [
        pytest.param("UNABLE_TO_LOCK_ROW", "later", id="a_lock_is_tried_later"),
        pytest.param("DUPLICATE_VALUE", "double", id="a_unique_field_means_look"),
        pytest.param("ENTITY_IS_DELETED", "again", id="a_dead_record_means_decide_again"),
        pytest.param("INACTIVE_OWNER_OR_USER", "again", id="an_inactive_owner_too"),
        pytest.param("INVALID_FIELD", "again", id="a_field_that_is_gone_too"),
        pytest.param("STRING_TOO_LONG", None, id="anything_else_is_final"),
    ],
)
def test_a_refusal_is_judged_by_its_code(code: str, told: str | None):
    verdict = verdict_on(slot(), refusal(code))

    judged = {name for name in ("later", "again", "double") if getattr(verdict, name)}
    assert judged == ({told} if told else set())


def test_a_person_who_is_refused_is_the_slots_refusal():
    verdict = verdict_on(
        slot(creates="Lead", record=None),
        refusal("STRING_TOO_LONG", "person1"),
        refusal("PROCESSING_HALTED", "task1", rolled_back=True),
    )

    assert verdict.refusal.ref == "person1"


@pytest.mark.rule("SH-1")
def test_a_second_refusal_of_a_reference_is_final():
    twice = slot(refusals=1)

    (after,) = refused((twice,), (verdict_on(twice, refusal("ENTITY_IS_DELETED")),))

    assert (after.state, after.error) == (SlotState.REFUSED, "ENTITY_IS_DELETED: Words.")


@pytest.mark.rule("XB-20", "AC-11")
@pytest.mark.parametrize(
    ("one", "stale"),
    [
        pytest.param(slot(), (CONTACT,), id="the_record"),
        pytest.param(slot(attached=CASE), (CONTACT, CASE), id="the_record_or_its_case"),
        pytest.param(slot(attached=CASE, creates_case=True), (CONTACT,), id="no_case_to_make"),
        pytest.param(slot(record=None, creates="Lead"), (), id="nothing_of_a_person_to_make"),
    ],
)
def test_a_dead_reference_may_be_any_record_the_task_names(one: Slot, stale: tuple):
    assert verdict_on(one, refusal("ENTITY_IS_DELETED")).stale == stale


@pytest.mark.rule("SH-1", "SH-7")
@pytest.mark.parametrize(
    ("message", "double"),
    [
        pytest.param("duplicate value found: Switchhook_Key__c", True, id="our_key_means_look"),
        pytest.param("duplicate value found: Ticket__c", False, id="the_customers_field"),
    ],
)
def test_a_case_that_exists_already_is_ours_only_by_our_key(message: str, double: bool):
    one = slot(creates_case=True)

    verdict = verdict_on(one, refusal("DUPLICATE_VALUE", "case1", message=message))

    assert (verdict.double, verdict.without_case) == (double, not double)


@pytest.mark.rule("AC-13")
def test_a_refused_case_costs_the_case_and_is_not_counted():
    one = slot(creates_case=True, refusals=1)
    verdict = verdict_on(one, refusal("FIELD_CUSTOM_VALIDATION_EXCEPTION", "case1"))

    (after,) = refused((one,), (verdict,))

    assert verdict.without_case
    assert (after.state, after.refusals) == (SlotState.OPEN, 1)


def duplicates(*existing: RecordRef, **more: object) -> Refused:
    return refusal("DUPLICATES_DETECTED", "person1", existing=existing, **more)


@pytest.mark.rule("AC-9")
@pytest.mark.parametrize(
    ("existing", "used"),
    [
        pytest.param((LEAD,), LEAD, id="the_one_it_names"),
        pytest.param((LEAD, CONTACT), CONTACT, id="of_several_the_best_kind"),
        pytest.param((CUSTOM, LEAD), LEAD, id="only_what_a_call_can_be_logged_on"),
        pytest.param(
            (RecordRef(type="Lead", id="00Q000000000009AAA"), LEAD),
            RecordRef(type="Lead", id="00Q000000000009AAA"),
            id="of_one_kind_the_first_named",
        ),
    ],
)
def test_the_record_that_a_duplicate_rule_names_is_used(existing: tuple, used: RecordRef):
    verdict = verdict_on(slot(record=None, creates="Lead"), duplicates(*existing))

    assert (verdict.existing, verdict.again) == (used, True)


@pytest.mark.rule("AC-9")
@pytest.mark.parametrize(
    ("existing", "may_be_overruled", "told"),
    [
        pytest.param((), True, (True, True), id="a_warning_without_a_record_is_overruled"),
        pytest.param((CUSTOM,), True, (True, True), id="or_with_one_no_call_can_be_logged_on"),
        pytest.param((), False, (False, False), id="a_block_without_a_record_is_final"),
    ],
)
def test_a_duplicate_rule_that_names_nobody_usable_is_overruled_only_where_it_warns(
    existing: tuple, may_be_overruled: bool, told: tuple[bool, bool]
):
    verdict = verdict_on(
        slot(record=None, creates="Lead"),
        duplicates(*existing, may_be_overruled=may_be_overruled),
    )

    assert (verdict.save_duplicates, verdict.again) == told
    assert verdict.existing is None


@pytest.mark.rule("AC-9", "SH-1")
def test_a_named_record_that_was_refused_before_is_not_used_again():
    leniency = Leniency(refusals_allowed=1, avoid_records=frozenset({LEAD.id}))

    verdict = verdict_on(slot(record=None, creates="Lead"), duplicates(LEAD), leniency=leniency)

    assert (verdict.existing, verdict.again) == (None, False)


@pytest.mark.rule("AC-9", "SH-1")
def test_the_record_a_second_refusal_names_is_not_used_any_more():
    one = slot(record=None, creates="Lead", refusals=1)
    verdict = verdict_on(one, duplicates(LEAD))

    (after,) = refused((one,), (verdict,))

    assert verdict.existing is None
    assert after.state is SlotState.REFUSED

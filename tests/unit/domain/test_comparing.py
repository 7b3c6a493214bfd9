"""What happened is compared with what would happen, by the greatest difference."""

import pytest

from builders.ledger import a_head
from switchhook.domain.activity import Mode, Slot, SlotKind, SlotState
from switchhook.domain.comparing import Change, Outcome, Placed, compare, outcome_of

ADA = Placed(record_type="Contact", record_id="003A", owner_id="005A", status="completed")
BEN = Placed(record_type="Contact", record_id="003B", owner_id="005A", status="completed")
NEW = Placed(record_type="Lead", record_id=None, owner_id="005A", status="completed")
ANNS = Placed(record_type="Contact", record_id="003A", owner_id="005B", status="completed")
OPEN = Placed(record_type="Contact", record_id="003A", owner_id="005A", status="in_progress")


def logged(*tasks):
    return Outcome(state="logged", tasks=tasks)


SKIPPED = Outcome(state="skipped", rule="XB-15")
FAILED = Outcome(state="failed")


@pytest.mark.rule("SH-3")
@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        pytest.param(logged(ADA), logged(ADA), Change.UNCHANGED, id="the_same"),
        pytest.param(SKIPPED, Outcome(state="skipped", rule="AC-6"), Change.UNCHANGED, id="another_reason"),
        pytest.param(SKIPPED, logged(ADA), Change.WOULD_BE_LOGGED, id="was_skipped"),
        pytest.param(FAILED, logged(ADA), Change.WOULD_BE_LOGGED, id="had_failed"),
        pytest.param(logged(ADA), SKIPPED, Change.WOULD_BE_SKIPPED, id="was_logged"),
        pytest.param(FAILED, SKIPPED, Change.WOULD_BE_SKIPPED, id="had_failed_would_be_skipped"),
        pytest.param(logged(ADA), logged(BEN), Change.OTHER_RECORD, id="another_contact"),
        pytest.param(logged(ADA), logged(NEW), Change.OTHER_RECORD, id="a_new_lead"),
        pytest.param(logged(ADA), logged(ADA, BEN), Change.OTHER_RECORD, id="one_more_task"),
        pytest.param(logged(ADA), logged(ANNS), Change.OTHER_OWNER, id="another_owner"),
        pytest.param(logged(ADA), logged(OPEN), Change.OTHER_STATUS, id="an_open_task"),
    ],
)  # fmt: skip
def test_the_greatest_difference_names_the_change(before, after, change):
    assert compare(before, after) is change


@pytest.mark.rule("AC-4", "AC-5", "SH-3")
@pytest.mark.parametrize(
    ("facts", "status"),
    [
        pytest.param({"is_left_open": True}, "in_progress", id="left_open"),
        pytest.param({"is_left_open": False}, "completed", id="completed"),
        pytest.param({"rules": ("XB-12", "AC-3", "AC-5")}, "in_progress", id="stored_before_as_open"),
        pytest.param({"rules": ("XB-12", "AC-4")}, "completed", id="stored_before_as_completed"),
    ],
)  # fmt: skip
def test_a_logged_task_is_compared_by_the_status_it_was_planned_with(facts, status):
    """A slot that was stored before it told so is known by the rule it cites."""
    slot = Slot(
        number=1,
        key="sh1:k",
        kind=SlotKind.TASK,
        mode=Mode.PACKAGE_FREE,
        parties=("+14155550100",),
        state=SlotState.APPLIED,
        **facts,
    )

    (task,) = outcome_of(a_head(slots=(slot,))).tasks

    assert task.status == status

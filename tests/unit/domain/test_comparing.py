"""What happened is compared with what would happen, by the greatest difference."""

import pytest

from switchhook.domain.comparing import Change, Outcome, Placed, compare

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

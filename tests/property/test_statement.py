"""Every event received is logged, skipped, failed or still open; nothing is counted twice or lost (SH-2)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.ledger import TENANT, a_head
from fakes.admin import FakeLedgerReader, FakeSettings, FakeTenantTable
from switchhook.domain.activity import State
from switchhook.domain.tenants import SettingsVersion
from switchhook.usecases.ask.replay import count_day

DAY = date(2026, 11, 20)
ZONE = "Pacific/Auckland"
MIDNIGHT = datetime.combine(DAY, time(), ZoneInfo(ZONE)).astimezone(UTC)

activities = st.lists(
    st.tuples(
        st.sampled_from(State),
        st.sampled_from(["XB-15", "AC-6", "AC-7"]),
        st.integers(min_value=-86_400, max_value=2 * 86_400),
    ),
    max_size=40,
)


def versions():
    table = FakeTenantTable()
    patch = {"preset": "standard", "default_region": "NZ", "time_zone": ZONE}
    table.settings[TENANT] = [SettingsVersion(version=1, effective_at=MIDNIGHT, patch=patch)]
    return FakeSettings(table)


@pytest.mark.rule("SH-2")
@given(activities)
def test_received_is_logged_and_skipped_and_failed_and_open(told):
    ledger = FakeLedgerReader()
    for number, (state, rule, after_s) in enumerate(told):
        head = a_head(f"c-{number}", received_at=MIDNIGHT + timedelta(seconds=after_s), state=state)
        ledger.add(replace(head, rule=rule) if state is State.SKIPPED else head)
    of_the_day = [one for one in told if 0 <= one[2] < 86_400]

    counted = count_day(TENANT, DAY, ledger=ledger, versions=versions())

    assert counted.received == len(of_the_day)
    assert counted.received == (
        counted.logged + sum(counted.skipped.values()) + counted.failed + counted.open
    )
    assert counted.skipped == {
        rule: sum(1 for state, named, _ in of_the_day if (state, named) == (State.SKIPPED, rule))
        for rule in sorted({named for state, named, _ in of_the_day if state is State.SKIPPED})
    }

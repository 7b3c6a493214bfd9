"""Before disconnecting an admin reads what it would do, however much is waiting."""

import pytest

from fakes.admin import FakeHooks, FakeTenantTable
from fakes.connections import FakeConnections
from switchhook.domain.activity import FINAL, State
from switchhook.domain.connection import Connection, ConnectionStatus
from switchhook.domain.tenants import Page
from switchhook.usecases.org.disconnect import COUNTED_AT_ONCE, COUNTED_PAGES, preview_disconnect

pytestmark = pytest.mark.rule("CX-60")


class Ledger:
    """Has as many activities in each state as it is told; each page of a thousand is full or the last."""

    def __init__(self, **counts):
        self.counts, self.asked = counts, []

    def page(self, _tenant, narrowed, *, limit, cursor):
        self.asked.append(narrowed.state)
        start, count = int(cursor or 0), self.counts.get(narrowed.state.name, 0)
        end = min(count, start + limit)
        return Page(items=(None,) * (end - start), next_cursor=str(end) if end < count else None)


def preview(ledger, status=ConnectionStatus.CONNECTED):
    stored = Connection(tenant="t-1", status=status, generation=1, org_id="00D1")
    return preview_disconnect(
        "t-1",
        connections=FakeConnections(stored),
        ledger=ledger,
        hooks=FakeHooks(FakeTenantTable()),
    )


def test_all_that_is_not_final_is_counted_page_by_page():
    ledger = Ledger(PARKED=2 * COUNTED_AT_ONCE + 1, UNKNOWN=2, LOGGED=9)

    seen = preview(ledger)

    assert seen.open_activities == 2 * COUNTED_AT_ONCE + 3
    assert set(ledger.asked) == set(State) - FINAL
    assert not any("least" in sentence for sentence in seen.would)


def test_of_endlessly_many_the_least_is_told():
    most = COUNTED_PAGES * COUNTED_AT_ONCE

    seen = preview(Ledger(PARKED=most + 1))

    assert seen.open_activities == most
    assert any(sentence.startswith(f"At least {most} open") for sentence in seen.would)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param(ConnectionStatus.CONNECTED, "would be revoked", id="a_living_grant"),
        pytest.param(ConnectionStatus.BROKEN, "ended the grant already", id="a_broken_grant"),
    ],
)
def test_what_happens_to_the_grant_is_told(status, expected):
    assert expected in preview(Ledger(), status).would[0]

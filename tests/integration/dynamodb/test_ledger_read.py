"""An admin finds activities by time, state and party, page by page, and none of another tenant."""

import pytest

from builders.ledger import (
    TENANT,
    a_decision,
    a_head,
    after,
    an_event,
    next_head,
    written,
)
from builders.stores import HASHER
from switchhook.adapters.dynamodb.ledger_read import LedgerTableReader
from switchhook.domain.activity import Entry, State
from switchhook.domain.errors import Rejected
from switchhook.domain.facts.event import Kind
from switchhook.ports.admin import ActivityFilter, Story

pytestmark = [pytest.mark.emulator]

ADA = "+14155550100"


@pytest.fixture
def reader(client, tables):
    return LedgerTableReader(client, activity_table=tables.activity, hasher=HASHER)


@pytest.fixture
def heads(table_stores):
    """Twelve activities, a second apart, of every third one the party is Ada and the state logged."""
    made = [
        written(
            table_stores,
            a_head(
                f"call-{number}",
                received_at=after(number),
                source="main" if number % 2 else "branch",
                state=State.PENDING if number % 3 else State.LOGGED,
                party_e164=None if number % 3 else ADA,
            ),
        )
        for number in range(12)
    ]
    written(table_stores, a_head("call-0", tenant="other", party_e164=ADA, state=State.LOGGED))
    return made


def every_page(reader, narrowed, *, limit):
    found, cursor, sizes = [], None, []
    while True:
        page = reader.page(TENANT, narrowed, limit=limit, cursor=cursor)
        found += page.items
        sizes.append(len(page.items))
        cursor = page.next_cursor
        if cursor is None:
            return found, sizes


@pytest.mark.parametrize("limit", [1, 5, 12, 50])
@pytest.mark.parametrize(
    ("narrowed", "wanted"),
    [
        pytest.param({}, set(range(12)), id="all"),
        pytest.param({"state": State.LOGGED}, {0, 3, 6, 9}, id="by_state"),
        pytest.param({"party": ADA}, {0, 3, 6, 9}, id="by_party"),
        pytest.param({"party": ADA, "state": State.PENDING}, set(), id="by_both"),
        pytest.param({"source": "branch"}, {0, 2, 4, 6, 8, 10}, id="by_source"),
        pytest.param({"source": "branch", "state": State.LOGGED}, {0, 6}, id="state_and_source"),
        pytest.param({"external_id": "call-7"}, {7}, id="by_external_id"),
        pytest.param({"kind": Kind.CHAT}, set(), id="by_kind"),
        pytest.param({"since": after(3)}, set(range(3, 12)), id="since_is_included"),
        pytest.param({"until": after(3)}, {0, 1, 2}, id="until_is_not"),
        pytest.param(
            {"since": after(2), "until": after(9), "state": State.LOGGED},
            {3, 6},
            id="state_in_a_span",
        ),
        pytest.param({"since": after(9), "until": after(2)}, set(), id="an_empty_span"),
    ],
)
def test_a_list_holds_what_was_asked_for_newest_first(reader, heads, narrowed, wanted, limit):
    found, sizes = every_page(reader, ActivityFilter(**narrowed), limit=limit)

    assert found == [heads[n] for n in sorted(wanted, reverse=True)]
    assert max(sizes) <= limit


def test_a_page_goes_on_where_it_ended_though_states_change_meanwhile(reader, heads, table_stores):
    logged = ActivityFilter(state=State.LOGGED)
    first = reader.page(TENANT, logged, limit=2, cursor=None)
    written(table_stores, next_head(heads[6], state=State.FAILED))

    second = reader.page(TENANT, logged, limit=2, cursor=first.next_cursor)

    assert [head.id for head in first.items] == [heads[9].id, heads[6].id]
    assert [head.id for head in second.items] == [heads[3].id, heads[0].id]


@pytest.mark.parametrize("cursor", ["", "x", "e30=", "WzFd", "é", "bnVsbA=="])
def test_a_cursor_that_is_none_of_ours_is_refused(reader, tables, cursor):
    with pytest.raises(Rejected) as refused:
        reader.page(TENANT, ActivityFilter(), limit=5, cursor=cursor)

    assert (refused.value.code, refused.value.status) == ("invalid_cursor", 400)


def test_a_story_tells_head_events_and_decisions_in_order(reader, table_stores):
    late, early = an_event("evt-1", received_at=after(5)), an_event("evt-2", received_at=after(1))
    head = written(table_stores, a_head(), event=late, decision=a_decision(1))
    head = written(table_stores, next_head(head), event=early, decision=a_decision(2))
    head = written(table_stores, next_head(head), decision=a_decision(10))

    assert reader.story(TENANT, head.id) == Story(
        entry=Entry(head=head, events=(early, late)),
        decisions=(a_decision(1), a_decision(2), a_decision(10)),
    )


def test_another_tenants_activity_is_no_story(reader, heads):
    assert reader.story("other", heads[1].id) is None

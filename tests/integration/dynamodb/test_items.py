"""What lies in the tables names nobody, and grows with its activity alone."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.ledger import (
    T0,
    TENANT,
    a_claim,
    a_decision,
    a_head,
    a_match,
    an_event,
    next_head,
    written,
)
from switchhook.adapters.dynamodb.keys import (
    PartyHasher,
    epoch_ms,
    from_epoch_ms,
    rfc3339_ms,
)
from switchhook.domain.activity import OwnerChoice, RecordRef, Slot, SlotKind, SlotState, State
from switchhook.domain.facts.people import Agent
from switchhook.domain.writing.claims import TakeClaim

pytestmark = [pytest.mark.emulator]

PHONE, EMAIL = "+14155550100", "ada@example.com"
TIMES = st.datetimes(timezones=st.just(T0.tzinfo))


def a_full_head(**facts):
    """A head as it stands after one slot was written."""
    slot = Slot(
        number=1,
        key="sh1:abcdefghijklmnopqrstuvwxyz",
        kind=SlotKind.TASK,
        mode="package_free",
        parties=(PHONE,),
        state=SlotState.APPLIED,
        record=RecordRef(type="Contact", id="003000000000001AAA"),
        owner=OwnerChoice(user_id="005000000000002AAA", rule="XB-19", text="Ann took the call."),
        salesforce_id="00T000000000001AAA",
        rules=("AC-16", "XB-19"),
    )
    return a_head(
        state=State.LOGGED,
        text="Logged on a contact.",
        party_raw="+1 415 555 0100",
        party_e164=PHONE,
        ended_at=T0,
        settings_version=3,
        call_type="inbound_answered",
        slots=(slot,),
        **facts,
    )


def everything(client, tables):
    return [
        item
        for table in (tables.activity, tables.directory)
        for item in client.scan(TableName=table)["Items"]
    ]


@pytest.mark.rule("SH-10")
def test_keys_and_indexes_name_no_party(table_stores, client, tables):
    claims = tuple(TakeClaim(claim=a_claim(identifier=name)) for name in (PHONE, EMAIL))
    written(
        table_stores,
        a_full_head(party_email=EMAIL),
        event=an_event(external_number=PHONE, external_email=EMAIL),
        decision=a_decision(),
        claims=claims,
        matches=((PHONE, a_match()),),
    )

    readable = json.dumps(
        [
            {name: value for name, value in item.items() if name != "body"}
            for item in everything(client, tables)
        ]
    )

    assert not [secret for secret in (PHONE, EMAIL, "415", "ada", "Ada") if secret in readable]


def test_the_same_person_has_another_name_in_each_tenant_and_under_each_key():
    first, second = PartyHasher(key=b"one"), PartyHasher(key=b"two")
    names = {
        first("acme", PHONE),
        first("acme", EMAIL),
        first("other", PHONE),
        first("acm", f"e{PHONE}"),
        second("acme", PHONE),
    }

    assert len(names) == 5
    assert {len(name) for name in names} == {32}
    assert "one" not in repr(first)


def test_every_item_of_an_activity_expires_400_days_after_its_reception(
    table_stores, client, tables
):
    head = written(table_stores, a_head(), event=an_event(), decision=a_decision())
    written(table_stores, next_head(head), event=an_event("evt-2"))

    items = client.scan(TableName=tables.activity)["Items"]

    expected = str(int((T0 + timedelta(days=400)).timestamp()))
    assert [item["expires_at"]["N"] for item in items] == [expected] * 4


def test_a_logged_call_is_small(table_stores, client, tables):
    written(
        table_stores,
        a_full_head(),
        event=an_event(
            external_number=PHONE,
            external_name="Ada Byron",
            agent=Agent(id="17", email="ann@example.com", name="Ann Agent"),
            started_at=T0,
            ended_at=T0,
            talk_s=200.0,
            tags=("pricing",),
        ),
        decision=a_decision(),
    )

    sizes = {
        item["sk"]["S"][:3]: sum(len(name) + len(*value.values()) for name, value in item.items())
        for item in client.scan(TableName=tables.activity)["Items"]
    }

    # A kilobyte is the unit a write is paid by.
    assert sizes.keys() == {"HEA", "EVT", "DEC"}
    assert sizes["HEA"] < 1024
    assert sizes["EVT"] < 1024
    assert sizes["DEC"] < 1024


def test_a_source_that_no_table_takes_is_stored_all_the_same(table_stores):
    odd = a_head("call \ud83d", source="quelle \udfff", party_e164="\ud83d")
    written(table_stores, odd, event=an_event("evt \ud83d"))

    assert table_stores.ledger.read(TENANT, odd.id).head == odd


@given(at=TIMES)
def test_nothing_is_found_due_before_it_is_and_at_most_a_millisecond_later(at):
    found = from_epoch_ms(epoch_ms(at))

    assert timedelta() <= found - at < timedelta(milliseconds=1)


@given(left=TIMES, right=TIMES)
def test_times_sort_as_text(left, right):
    assert (rfc3339_ms(left) < rfc3339_ms(right)) == (
        left.replace(microsecond=left.microsecond // 1000 * 1000)
        < right.replace(microsecond=right.microsecond // 1000 * 1000)
    )

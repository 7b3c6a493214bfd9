"""Moving a Task and moving it back is as if nothing had happened, wherever it hung (SH-6)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.activity import Activity, Mode, RecordRef, Slot, SlotKind, SlotState, State
from switchhook.domain.decision import Candidate
from switchhook.domain.facts.event import Kind
from switchhook.domain.writing.repoint import (
    Between,
    Hangs,
    Move,
    compare,
    moved,
    moved_back,
    plan_move,
)
from switchhook.domain.writing.slots import summed_up

pytestmark = pytest.mark.rule("SH-6")

PREFIXES = {"Contact": "003", "Lead": "00Q", "Account": "001", "Case": "500"}


def records(*types):
    return st.builds(
        lambda name, number: RecordRef(type=name, id=f"{PREFIXES[name]}{number:015d}"),
        st.sampled_from(types),
        st.integers(1, 4),
    )


PEOPLE = records("Contact", "Lead", "Account")
IDS = st.none() | st.builds(lambda record: record.id, records("Contact", "Lead", "Account", "Case"))
HANGS = st.builds(Hangs, who_id=IDS, what_id=IDS)


@st.composite
def slots(draw):
    record = draw(PEOPLE)
    is_made = draw(st.booleans())
    attached = draw(st.none() | records("Case")) if record.type == "Contact" else None
    return Slot(
        number=1,
        key="sh1:k",
        kind=SlotKind.TASK,
        mode=Mode.PACKAGE_FREE,
        parties=("+14155550100",),
        state=SlotState.APPLIED,
        record=None if is_made else record,
        creates=record.type if is_made else None,
        created=record if is_made else None,
        attached=attached,
        creates_case=attached is not None and draw(st.booleans()),
        salesforce_id="00T000000000001AAA",
        rules=("XB-12", "AC-10"),
    )


@st.composite
def ends(draw):
    target = draw(PEOPLE)
    twin = f"003{9:015d}" if target.type == "Account" and draw(st.booleans()) else None
    return Between(
        source=None,
        target=Candidate(record=target, is_person_account=bool(twin), person_contact_id=twin),
        person_account_who=draw(st.booleans()),
    )


NOTE = "Status brought up to date."


def head_of(slot, *, noted=True):
    text = summed_up((slot,)).text
    return Activity(
        tenant="t",
        id="a",
        kind=Kind.CALL,
        provider="generic",
        source="s",
        external_id="c",
        occurrence=1,
        received_at=datetime(2026, 11, 20, tzinfo=UTC),
        state=State.LOGGED,
        text=text if noted else f"{text} Late facts: {NOTE}",
        late_note=NOTE if noted else "",
        slots=(slot,),
    )


@given(slot=slots(), between=ends(), noted=st.booleans())
def test_moving_back_restores_slot_and_sentence(slot, between, noted):
    """Also where the note on late facts was stored in the text, before it had a field."""
    head = head_of(slot, noted=noted)
    record = slot.record or slot.created
    on_account = record.type == "Account"
    stands = Hangs(
        who_id=None if on_account else record.id, what_id=record.id if on_account else None
    )
    move = plan_move("a", slot, stands, between)
    assert isinstance(move, Move)

    there, _ = moved(head, move, between.target.record, "u_1")
    back, _ = moved_back(there, move, "u_1")

    assert there.slots[0].record == between.target.record
    assert (back.slots, back.in_words) == (head.slots, head.in_words)


@given(slot=slots(), between=ends(), stands=HANGS)
def test_a_task_is_written_only_where_we_put_it(slot, between, stands):
    """Whatever a person made of it, it is left alone, on the way there and on the way back."""
    move = plan_move("a", slot, stands, between)

    record = slot.record or slot.created
    ours = {record.id, slot.attached.id if slot.attached else None, None}
    if isinstance(move, Move) and stands != between.after:
        assert record.id in {stands.who_id, stands.what_id}
        assert {stands.who_id, stands.what_id} <= ours
    if isinstance(move, Move):
        for back in (False, True):
            start = move.after if back else move.before
            compared = compare(move, stands, back=back)
            assert isinstance(compared, Move) is (stands == start and move.before != move.after)

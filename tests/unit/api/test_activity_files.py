"""An activity shows what becomes of the files of its chat."""

import pytest

from builders.ledger import a_head
from switchhook.domain.activity import (
    FileState,
    Mode,
    RecordRef,
    Slot,
    SlotFile,
    SlotKind,
    SlotState,
    State,
)

FILES = (
    SlotFile(
        number=1,
        name="invoice.pdf",
        path="sh1-abc-1",
        url="https://files.example.com/invoice.pdf",
        state=FileState.STORED,
        version_id="068000000000001AAA",
        size_bytes=1200,
    ),
    SlotFile(
        number=2,
        name="setup.exe",
        path="sh1-abc-2",
        url="https://files.example.com/setup.exe",
        state=FileState.REFUSED,
        reason="files of this kind are not copied",
    ),
    SlotFile(number=3, name="transcript.txt", path="sh1-abc-3"),
)


@pytest.mark.rule("CX-56")
def test_each_file_is_shown_with_its_state_and_its_address_where_it_has_one(call, world, tenant):
    slot = Slot(
        number=1,
        key="sh1:abc",
        kind=SlotKind.CASE,
        mode=Mode.PACKAGE_FREE,
        parties=("visitor@example.com",),
        state=SlotState.APPLIED,
        record=RecordRef(type="Contact", id="003000000000001AAA"),
        salesforce_id="500000000000001AAA",
        files=FILES,
    )
    head = a_head("chat-1", tenant=tenant.id, state=State.LOGGED, slots=(slot,))
    world.ledger.add(head)

    shown = call("GET", f"{tenant.path}/activities/{head.id}", key=tenant.admin).json

    assert shown["slots"][0]["files"] == [
        {
            "number": 1,
            "name": "invoice.pdf",
            "state": "stored",
            "reason": None,
            "url": "https://files.example.com/invoice.pdf",
        },
        {
            "number": 2,
            "name": "setup.exe",
            "state": "refused",
            "reason": "files of this kind are not copied",
            "url": "https://files.example.com/setup.exe",
        },
        {"number": 3, "name": "transcript.txt", "state": "pending", "reason": None},
    ]

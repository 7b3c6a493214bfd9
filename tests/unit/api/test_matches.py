"""An admin pins matches and moves Tasks over the API."""

import pytest

from builders.past import ADA, past_call
from fakes.office import NUMBER
from switchhook.domain.activity import Activity, Mode, RecordRef, Slot, SlotKind, SlotState, State
from switchhook.domain.facts.event import Kind
from switchhook.ports.ledger import LedgerWrite

AT = "2026-11-20T15:05:00Z"


@pytest.fixture
def contact(office):
    return office.org.load("Contact", LastName="Byron", Phone=NUMBER)


def pin(call, tenant, record, party=NUMBER):
    body = {"party": party, "record_id": record.id}
    return call("PUT", f"{tenant.path}/matches", body, key=tenant.admin)


@pytest.mark.rule("XB-20")
def test_a_pin_is_shown_with_its_record(call, tenant, contact):
    expected = {
        "party": NUMBER,
        "record": {
            "type": "Contact",
            "id": contact.id,
            "name": "Byron",
            "url": f"https://org.my.salesforce.com/{contact.id}",
        },
        "pinned_at": AT,
        "by": "admin",
    }

    made = pin(call, tenant, contact, "(415) 555-0100")

    one = call("GET", f"{tenant.path}/matches", key=tenant.admin, query={"party": NUMBER})
    every = call("GET", f"{tenant.path}/matches", key=tenant.admin)
    assert [(made.status, made.json), (one.status, one.json)] == [(200, expected)] * 2
    assert every.json == {"items": [expected], "next_cursor": None}


@pytest.mark.rule("XB-20")
def test_pins_are_listed_in_pages(call, tenant, contact):
    for digit in range(5):
        pin(call, tenant, contact, f"+1415555010{digit}")

    seen, cursor = [], None
    while cursor is not None or not seen:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = call("GET", f"{tenant.path}/matches", key=tenant.admin, query=query).json
        seen += [one["party"] for one in page["items"]]
        cursor = page["next_cursor"]

    assert sorted(seen) == [f"+1415555010{digit}" for digit in range(5)]


@pytest.mark.rule("XB-20")
def test_a_pin_is_taken_back(call, tenant, contact):
    pin(call, tenant, contact)
    query = {"party": NUMBER}

    gone = [
        call("DELETE", f"{tenant.path}/matches", key=tenant.admin, query=query) for _ in range(2)
    ]

    assert [answer.status for answer in gone] == [204, 204]
    missing = call("GET", f"{tenant.path}/matches", key=tenant.admin, query=query)
    assert (missing.status, missing.error["code"]) == (404, "not_found")


def test_taking_back_needs_a_party(call, tenant, office):
    answer = call("DELETE", f"{tenant.path}/matches", key=tenant.admin)

    assert (answer.status, list(answer.error["fields"]), office.directory.pins) == (
        422,
        ["party"],
        {},
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"party": "?", "record_id": "003000000000001"}, "party", id="party"),
        pytest.param({"party": NUMBER, "record_id": "00T000000000001"}, "record_id", id="kind"),
        pytest.param({"party": NUMBER, "record_id": "003000000000999"}, "record_id", id="nobody"),
        pytest.param({"party": NUMBER}, "record_id", id="no_record"),
    ],
)
@pytest.mark.usefixtures("office")
def test_what_cannot_be_pinned_is_named(call, tenant, body, field):
    answer = call("PUT", f"{tenant.path}/matches", body, key=tenant.admin)

    assert (answer.status, list(answer.error["fields"])) == (422, [field])
    assert answer.error["fields"][field].startswith(field)


def test_nothing_is_pinned_before_the_tenant_is_connected(call, tenant, office, contact):
    office.connections.stored.pop(tenant.id)

    answer = pin(call, tenant, contact)

    assert (answer.status, answer.error["code"]) == (409, "not_connected")


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("path", ["matches", "matches/repoint", "matches/undo"])
def test_an_agents_key_chooses_no_match(call, tenant, path):
    method = "PUT" if path == "matches" else "POST"

    assert call(method, f"{tenant.path}/{path}", {}, key=tenant.agent).status == 403


def logged(office, tenant, contact):
    """A call as the worker has logged it on the contact."""
    task = office.org.load("Task", WhoId=contact.id, OwnerId="005", CallObject="sh1:k")
    slot = Slot(
        number=1,
        key="sh1:k",
        kind=SlotKind.TASK,
        mode=Mode.PACKAGE_FREE,
        parties=(NUMBER,),
        state=SlotState.APPLIED,
        record=contact,
        salesforce_id=task.id,
    )
    head = Activity(
        tenant=tenant.id,
        id="call-1",
        kind=Kind.CALL,
        provider="generic",
        source="h",
        external_id="c-1",
        occurrence=1,
        received_at=office.clock.now(),
        state=State.LOGGED,
        version=1,
        slots=(slot,),
    )
    office.ledger.commit(LedgerWrite(head=head))
    office.clock.forward(60)


@pytest.mark.rule("SH-6")
def test_tasks_are_moved_and_moved_back(call, tenant, office, contact):
    logged(office, tenant, contact)
    lead = office.org.load("Lead", LastName="Chosen", Company="C")
    wish = {
        "party": NUMBER,
        "from": contact.id[:15],
        "to": lead.id,
        "activity_ids": ["call-1", "other"],
    }

    moved = call("POST", f"{tenant.path}/matches/repoint", wish, key=tenant.admin)

    assert moved.status == 200, moved.text
    undo_id = moved.json["undo_id"]
    (refused,) = moved.json["refused"]
    assert (moved.json["moved"], refused["activity_id"]) == (1, "other")
    assert office.tasks[0]["WhoId"] == lead.id

    office.clock.forward(60)
    undo = {"undo_id": undo_id}
    undone = call("POST", f"{tenant.path}/matches/undo", undo, key=tenant.admin)

    assert (undone.status, undone.json) == (
        200,
        {"undo_id": undo_id, "restored": 1, "refused": []},
    )
    assert office.tasks[0]["WhoId"] == contact.id


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"from": "?"}, "from", id="from"),
        pytest.param({"to": None}, "to", id="to"),
        pytest.param({"activity_ids": []}, "activity_ids", id="none"),
        pytest.param({"activity_ids": ["x"] * 201}, "activity_ids", id="more_than_200"),
    ],
)
def test_what_cannot_be_moved_is_named(call, tenant, contact, changes, field):
    other = RecordRef(type="Contact", id="003000000000009AAA")
    wish = {"party": NUMBER, "from": contact.id, "to": other.id, "activity_ids": ["a"], **changes}

    answer = call("POST", f"{tenant.path}/matches/repoint", wish, key=tenant.admin)

    assert (answer.status, list(answer.error["fields"])) == (422, [field])


@pytest.mark.usefixtures("office")
def test_what_was_never_moved_is_not_there_to_undo(call, tenant):
    answer = call("POST", f"{tenant.path}/matches/undo", {"undo_id": "u_x"}, key=tenant.admin)

    assert (answer.status, answer.error["code"]) == (404, "not_found")


@pytest.mark.rule("XB-20", "X-9", "SH-3")
def test_an_event_is_explained_with_the_chosen_match(call, tenant, office):
    office.org.load("Contact", LastName="Byron", Phone=ADA)
    lead = office.org.load("Lead", LastName="Chosen", Company="C")
    pin(call, tenant, lead, ADA)
    event = {"provider": "generic", "kind": "call", "event": past_call()}

    told = call("POST", f"{tenant.path}/activities/explain", event, key=tenant.admin).json

    assert told["slots"][0]["record"]["id"] == lead.id
    assert {"pin", "search"} <= {found["source"] for found in told["candidates"]}
    assert "XB-20" in {step["rule"] for step in told["explanation"]}


def test_no_party_and_no_name_is_logged(call, tenant, contact):
    pin(call, tenant, contact)
    call("GET", f"{tenant.path}/matches", key=tenant.admin, query={"party": NUMBER})

    assert NUMBER.removeprefix("+") not in call.log
    assert "Byron" not in call.log

"""An admin sees what came in, what became of it, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from builders.ledger import T0, a_decision, a_head, after, an_event
from switchhook.domain.activity import (
    Mode,
    OwnerChoice,
    RecordRef,
    Slot,
    SlotKind,
    SlotState,
    State,
)
from switchhook.domain.connection import Connection, ConnectionStatus

ORG = "https://engines.my.salesforce.com"
LEAD = RecordRef(type="Lead", id="00Q000000000001AAA")
CONTACT = RecordRef(type="Contact", id="003000000000001AAA")


def listed(call, tenant, **query):
    return call("GET", f"{tenant.path}/activities", key=tenant.admin, query=query or None)


def one(call, tenant, activity_id):
    return call("GET", f"{tenant.path}/activities/{activity_id}", key=tenant.admin)


def add(world, tenant, external_id="c-1", **facts):
    head = a_head(external_id, tenant=tenant.id, **facts)
    world.ledger.add(head)
    return head


@pytest.fixture
def connected(world, tenant):
    world.connections.stored[tenant.id] = Connection(
        tenant=tenant.id, status=ConnectionStatus.CONNECTED, generation=1, instance_url=ORG
    )


def a_slot(**facts):
    usual = {
        "number": 1,
        "key": "sh1:abc",
        "kind": SlotKind.TASK,
        "mode": Mode.PACKAGE_FREE,
        "parties": ("+14155550100",),
        "state": SlotState.APPLIED,
        "record": CONTACT,
        "owner": OwnerChoice(user_id="005000000000001AAA", rule="AC-27", text="The agent."),
        "salesforce_id": "00T000000000001AAA",
        "rules": ("AC-16", "AC-10"),
    }
    return Slot(**{**usual, **facts})


@pytest.mark.rule("SH-3", "SH-5")
def test_what_late_facts_changed_stands_behind_the_decision_and_not_in_its_place(
    call, world, tenant
):
    head = a_head("c-1", tenant=tenant.id, state=State.LOGGED, slots=(a_slot(),))
    late = replace(
        a_decision(2),
        candidates=(),
        explanation=({"rule": "SH-5", "text": "Description brought up to date."},),
        amends=True,
    )
    world.ledger.add(head, decisions=(late, a_decision(1)))

    story = one(call, tenant, head.id).json

    assert [step["rule"] for step in story["explanation"]] == ["AC-16", "SH-5"]
    assert len(story["candidates"]) == 1


@pytest.mark.rule("SH-5")
def test_the_word_on_late_facts_is_shown_behind_the_text(call, world, tenant):
    head = a_head(tenant=tenant.id, state=State.LOGGED, text="Logged.", late_note="One.")
    world.ledger.add(head)

    assert one(call, tenant, head.id).json["text"] == "Logged. Late facts: One."


@pytest.mark.rule("SH-3")
@pytest.mark.usefixtures("connected")
def test_an_activity_is_shown_whole_with_why_it_was_logged_where_it_was(call, world, tenant):
    head = a_head(
        "c-1",
        tenant=tenant.id,
        state=State.LOGGED,
        text="Logged on a contact.",
        party_raw="(415) 555-0100",
        party_e164="+14155550100",
        settings_version=3,
        call_type="inbound_answered",
        ended_at=after(200),
        received_at=after(201.5),
        slots=(a_slot(),),
    )
    world.ledger.add(head, decisions=(a_decision(1), a_decision(2)), events=(an_event("evt-1"),))

    assert one(call, tenant, head.id).json == {
        "id": head.id,
        "kind": "call",
        "provider": "generic",
        "source": "main",
        "external_id": "c-1",
        "occurrence": 1,
        "state": "logged",
        "rule": None,
        "reason": None,
        "text": "Logged on a contact.",
        "party": {"raw": "(415) 555-0100", "e164": "+14155550100", "email": None},
        "settings_version": 3,
        "call_type": "inbound_answered",
        "received_at": "2026-11-20T15:03:21.500Z",
        "ended_at": "2026-11-20T15:03:20Z",
        "due_at": None,
        "backfilled": False,
        "replays": 0,
        "slots": [
            {
                "slot": 1,
                "kind": "task",
                "state": "applied",
                "key": "sh1:abc",
                "record": {"type": "Contact", "id": CONTACT.id, "url": f"{ORG}/{CONTACT.id}"},
                "attached": None,
                "owner": {"id": "005000000000001AAA", "rule": "AC-27"},
                "created_person": None,
                "salesforce_id": "00T000000000001AAA",
                "rules": ["AC-16", "AC-10"],
                "error": None,
                "files": [],
            }
        ],
        "candidates": [{"type": "Contact", "id": "003000000000001AAA", "numbers": ["+1 415"]}],
        "explanation": [{"rule": "AC-16", "text": "A contact comes first."}],
        "salesforce_calls": [{"at": "2026-11-20T15:00:00Z", "what": "search", "status": "200"}] * 2,
        "events": [
            {
                "event_id": "evt-1",
                "type": "call.ended",
                "ended": True,
                "occurred_at": "2026-11-20T15:00:00Z",
                "received_at": "2026-11-20T15:00:00Z",
            }
        ],
    }


@pytest.mark.rule("SH-2")
def test_a_skipped_activity_names_the_rule(call, world, tenant):
    head = add(
        world, tenant, state=State.SKIPPED, rule="XB-16", reason="short_call", text="Too short."
    )

    shown = one(call, tenant, head.id).json

    assert (shown["state"], shown["rule"], shown["reason"]) == ("skipped", "XB-16", "short_call")
    assert (shown["slots"], shown["candidates"], shown["events"]) == ([], [], [])


@pytest.mark.usefixtures("connected")
def test_a_person_made_for_a_call_is_named_and_is_what_the_task_hangs_on(call, world, tenant):
    head = add(
        world, tenant, slots=(a_slot(record=None, creates="Lead", created=LEAD, owner=None),)
    )

    slot = one(call, tenant, head.id).json["slots"][0]

    assert slot["created_person"] == {"type": "Lead", "id": LEAD.id}
    assert slot["record"] == {"type": "Lead", "id": LEAD.id, "url": f"{ORG}/{LEAD.id}"}
    assert slot["owner"] is None


def test_without_an_org_a_record_has_no_address(call, world, tenant):
    head = add(world, tenant, slots=(a_slot(), a_slot(number=2, record=None)))

    slots = one(call, tenant, head.id).json["slots"]

    assert slots[0]["record"] == {"type": "Contact", "id": CONTACT.id, "url": None}
    assert slots[1]["record"] is None


@pytest.mark.parametrize("activity_id", ["nothing", "a+b", "x" * 65, "HEAD", "..", "a b"])
def test_an_activity_that_the_tenant_does_not_have_is_404(call, tenant, activity_id):
    assert one(call, tenant, activity_id).status == 404


def test_another_tenants_activity_is_404(call, world, tenant):
    world.ledger.add(head := a_head("c-1", tenant="somebody"))

    assert one(call, tenant, head.id).status == 404


def test_activities_are_listed_newest_first_page_by_page(call, world, tenant):
    heads = [add(world, tenant, f"c-{n}", received_at=after(n)) for n in range(3)]
    add(world, type(tenant)(id="somebody", admin="", agent=""), "c-9")

    first = listed(call, tenant, limit="2").json
    second = listed(call, tenant, limit="2", cursor=first["next_cursor"]).json

    assert [item["id"] for item in first["items"]] == [heads[2].id, heads[1].id]
    assert [item["id"] for item in second["items"]] == [heads[0].id]
    assert second["next_cursor"] is None


def test_a_rare_filter_fills_its_page_from_as_many_pages_of_the_ledger_as_it_takes(
    call, world, tenant
):
    for number in range(10):
        state = State.LOGGED if number % 4 == 0 else State.SKIPPED
        add(world, tenant, f"c-{number}", received_at=after(number), state=state)

    shown = listed(call, tenant, state="logged", limit="2").json

    assert [item["external_id"] for item in shown["items"]] == ["c-8", "c-4"]


def test_looking_for_something_rare_ends_after_twenty_pages_and_can_be_continued(
    call, world, tenant
):
    for number in range(30):
        add(world, tenant, f"c-{number}", received_at=after(number), source=f"s-{number}")

    first = listed(call, tenant, source="s-2", limit="1").json
    second = listed(call, tenant, source="s-2", limit="1", cursor=first["next_cursor"]).json

    assert first["items"] == []
    assert [item["external_id"] for item in second["items"]] == ["c-2"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param({"state": "failed"}, ["c-2"], id="state"),
        pytest.param({"kind": "call"}, ["c-3", "c-2", "c-1"], id="kind"),
        pytest.param({"kind": "chat"}, [], id="other_kind"),
        pytest.param({"source": "branch"}, ["c-3"], id="source"),
        pytest.param({"external_id": "c-1"}, ["c-1"], id="external_id"),
        pytest.param({"source": "main", "external_id": "c-1"}, ["c-1"], id="named_exactly"),
        pytest.param({"source": "branch", "external_id": "c-1"}, [], id="named_wrongly"),
        pytest.param(
            {"source": "main", "external_id": "c-1", "state": "failed"}, [], id="named_but_unfit"
        ),
        pytest.param({"party": "+14155550100"}, ["c-1"], id="party"),
        pytest.param({"party": " 14155550100"}, ["c-1"], id="party_whose_plus_was_lost"),
        pytest.param({"party": "(415) 555-0100"}, ["c-1"], id="party_as_written_at_home"),
        pytest.param({"since": "2026-11-20T15:00:02Z"}, ["c-3", "c-2"], id="since_is_included"),
        pytest.param({"until": "2026-11-20T15:00:02Z"}, ["c-1"], id="until_is_not"),
        pytest.param(
            {"since": "2026-11-20T17:00:02 02:00"}, ["c-3", "c-2"], id="offset_whose_plus_was_lost"
        ),
    ],
)
def test_activities_are_narrowed_down(call, world, tenant, query, found):
    add(world, tenant, "c-1", received_at=after(1), party_e164="+14155550100")
    add(world, tenant, "c-2", received_at=after(2), state=State.FAILED)
    branch = {"source": "branch", "id": "elsewhere"}
    add(world, tenant, "c-3", received_at=after(3), **branch)

    assert [item["external_id"] for item in listed(call, tenant, **query).json["items"]] == found


def test_an_e_mail_address_is_looked_for_in_lower_case(call, world, tenant):
    assert listed(call, tenant, party="Ada@Example.com").json["items"] == []
    assert world.ledger.asked[-1].party == "ada@example.com"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        pytest.param({"state": "done"}, "state", id="state"),
        pytest.param({"kind": "fax"}, "kind", id="kind"),
        pytest.param({"since": "yesterday"}, "since", id="since"),
        pytest.param({"since": "2026-11-20T15:00:00"}, "since", id="time_without_offset"),
        pytest.param({"until": "2026-11-20"}, "until", id="date_for_a_time"),
        pytest.param({"party": "anonymous"}, "party", id="party"),
        pytest.param({"party": ""}, "party", id="empty_party"),
        pytest.param({"colour": "red"}, "colour", id="unknown"),
        pytest.param({"limit": "1000"}, "limit", id="limit"),
        pytest.param({"cursor": ""}, "cursor", id="cursor"),
    ],
)
def test_a_filter_that_cannot_be_read_is_422_naming_it(call, tenant, query, named):
    answer = listed(call, tenant, **query)

    assert answer.status == 422
    assert list(answer.error["fields"]) == [named]


@pytest.mark.rule("SH-2")
def test_a_days_statement_counts_what_became_of_everything_received(call, world, tenant):
    outcomes = [
        {"state": State.LOGGED},
        {"state": State.LOGGED},
        {"state": State.SKIPPED, "rule": "XB-16"},
        {"state": State.SKIPPED, "rule": "XB-17"},
        {"state": State.SKIPPED, "rule": "XB-16"},
        {"state": State.FAILED},
        {"state": State.PARKED},
        {"state": State.UNKNOWN},
    ]
    for number, outcome in enumerate(outcomes):
        add(world, tenant, f"c-{number}", received_at=after(number), **outcome)
    add(world, tenant, "c-before", received_at=T0 - timedelta(days=1))

    answer = call("GET", f"{tenant.path}/statement", key=tenant.admin, query={"date": "2026-11-20"})

    assert answer.json == {
        "received": 8,
        "logged": 2,
        "skipped": {"XB-16": 2, "XB-17": 1},
        "failed": 1,
        "open": 2,
    }


def test_a_day_is_one_of_the_tenants_time_zone(call, world, tenant):
    midnight_in_new_york = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    add(world, tenant, "c-1", received_at=midnight_in_new_york - timedelta(seconds=1))
    add(world, tenant, "c-2", received_at=midnight_in_new_york)

    counts = [
        call("GET", f"{tenant.path}/statement", key=tenant.admin, query={"date": day}).json
        for day in ("2026-11-19", "2026-11-20", "2026-11-21")
    ]

    assert [count["received"] for count in counts] == [1, 1, 0]


@pytest.mark.parametrize("query", [{}, {"date": "today"}, {"date": "9999-12-31"}, {"day": "1"}])
def test_a_statement_needs_a_date(call, tenant, query):
    answer = call("GET", f"{tenant.path}/statement", key=tenant.admin, query=query)

    assert answer.status == 422
    assert "date" in answer.error["fields"]

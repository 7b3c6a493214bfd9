"""Forty chats of one new visitor at the same moment are forty Tasks or Cases of one person (SH-1)."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from race.conftest import TENANT, Site
from switchhook.domain.activity import State, activity_id
from switchhook.domain.facts.event import Kind
from switchhook.domain.queue_messages import EventMessage, pack
from switchhook.usecases.record.advance import advance, record_event

pytestmark = pytest.mark.rule("SH-1", "CX-23", "CX-24", "CX-28", "CX-29")

CHATS = 40
WORKERS = 20
SETTLE_WITHIN_S = 120


def chat_ended(chat_id: str, **more: object) -> dict[str, object]:
    now = datetime.now(UTC).replace(microsecond=0)
    began, ended = now - timedelta(seconds=90), now - timedelta(seconds=10)
    return {
        "type": "chat.ended",
        "chat_id": chat_id,
        "channel": "web_chat",
        "visitor": {"id": "v-1", "name": "Ada Byron", "email": "ada@example.com"},
        "agents": [{"email": "nobody@example.com", "name": "Nobody"}],
        "started_at": f"{began:%Y-%m-%dT%H:%M:%SZ}",
        "ended_at": f"{ended:%Y-%m-%dT%H:%M:%SZ}",
        "transcript": [{"author_kind": "visitor", "author": "Ada Byron", "text": "Hello"}],
        **more,
    }


def id_of(chat_id: str) -> str:
    return activity_id(tenant=TENANT, source="h-1", external_id=chat_id)


def message(chat_id: str, *, event_id: str = "e", **more: object) -> EventMessage:
    return EventMessage(
        tenant=TENANT,
        hook="h-1",
        provider="generic",
        activity_kind=Kind.CHAT,
        source="h-1",
        activity_id=id_of(chat_id),
        external_id=chat_id,
        occurrence=1,
        event_id=f"{event_id}-{chat_id}",
        received_at=datetime.now(UTC),
        packed=pack(json.dumps(chat_ended(chat_id, **more)).encode()),
    )


def settle(site: Site, chats: list[str]) -> None:
    world = site.worker()
    until = time.monotonic() + SETTLE_WITHIN_S
    while time.monotonic() < until:
        heads = site.heads(chats)
        if all(head.state is State.LOGGED for head in heads):
            return
        for head in heads:
            advance(TENANT, head.id, world)
        time.sleep(0.2)
    raise AssertionError([(head.state, head.reason, head.text) for head in site.heads(chats)])


@pytest.mark.parametrize(
    ("action", "case_key", "expected"),
    [
        ("lead_task", False, {"Lead": 1, "Task": CHATS}),
        ("contact_case", False, {"Contact": 1, "Case": CHATS}),
        ("contact_case", True, {"Contact": 1, "Case": CHATS}),
    ],
    ids=["lead_and_tasks", "contact_and_cases_package_free", "contact_and_cases_with_the_field"],
)
def test_forty_chats_of_one_new_visitor_make_one_person(
    chats_site_where, all_at_once, action, case_key, expected
):
    site = chats_site_where(chat_ended=action)
    site.control("settings", {"search_lag_s": 3600, "external_id_field": case_key})
    chats = [f"c-{number}" for number in range(CHATS)]
    worlds = [site.worker() for _ in range(WORKERS)]

    def work_off(number: int) -> None:
        for chat_id in chats[number::WORKERS]:
            record_event(message(chat_id), worlds[number])

    all_at_once([lambda number=number: work_off(number) for number in range(WORKERS)])
    settle(site, chats)

    counts = {kind: len(site.query(f"SELECT Id FROM {kind}")) for kind in expected}
    assert counts == expected


@pytest.mark.rule("CX-1", "CX-19", "CX-27", "SH-5", "SH-7")
@pytest.mark.parametrize("case_key", [True, False], ids=["with_the_field", "package_free"])
def test_a_chat_from_its_start_to_its_end_is_one_case_of_a_contact_that_grows(
    chats_site_where, case_key
):
    site = chats_site_where(chat_started="contact_case", chat_ended="contact_case")
    site.control("settings", {"external_id_field": case_key})
    contact = site.load("Contact", LastName="Byron", Email="Ada@example.com")
    world = site.worker()
    begun = message("c-1", event_id="s", type="chat.started", ended_at=None, transcript=[])
    assert record_event(begun, world).state is State.LOGGED
    visitor = {"name": "Ada Byron", "email": "ada@example.com", "phone": "+14155550100"}

    record_event(message("c-1", visitor=visitor), world)
    until = time.monotonic() + SETTLE_WITHIN_S
    while site.heads(["c-1"])[0].due_at is not None and time.monotonic() < until:
        advance(TENANT, id_of("c-1"), world)
        time.sleep(0.3)

    (case,) = site.query("SELECT Id, ContactId, Description, SuppliedEmail FROM Case")
    assert (case["ContactId"], case["SuppliedEmail"]) == (contact, "ada@example.com")
    assert "Hello" in case["Description"]
    key = site.heads(["c-1"])[0].slots[0].key
    assert (case["Description"].splitlines()[-1] == key) is not case_key
    (person,) = site.query("SELECT Id, Phone, LastName FROM Contact")
    assert (person["Phone"], person["LastName"]) == ("+14155550100", "Byron")

"""Chats are explained, simulated, replayed and handed in later as calls are (SH-1, SH-3)."""

import json

import pytest

from builders.past import Archive, a_line
from builders.told_chats import ENDED, a_chat, chat_head, office_that, tell_chat
from fakes.office import START, TENANT
from fakes.world import with_ports
from switchhook.adapters.providers.event_reader import ProviderEvents
from switchhook.domain.activity import State
from switchhook.domain.facts.chat import ChatTrigger
from switchhook.domain.facts.event import Kind
from switchhook.domain.settings.reading import merge_patch, resolve
from switchhook.usecases.ask.explain import EventToExplain, explain
from switchhook.usecases.ask.jobs import start_job
from switchhook.usecases.ask.replay import replay
from switchhook.usecases.ask.simulate import new_simulation
from switchhook.usecases.record.advance import advance

OWN = {"preset": "standard", "default_region": "US", "time_zone": "America/Los_Angeles"}
EMAIL = "ada@example.com"


def chat_event(type_: str = "chat.ended", **more: object) -> dict[str, object]:
    return {
        "type": type_,
        "chat_id": "9f2",
        "channel": "web_chat",
        "visitor": {"id": "v-1", "name": "Ada Byron", "email": EMAIL},
        "agents": [{"email": "ann@example.com", "name": "Ann Agent"}],
        "started_at": "2026-11-20T15:00:00Z",
        "ended_at": "2026-11-20T15:09:00Z",
        "transcript": [{"author_kind": "visitor", "author": "Ada Byron", "text": "Hello"}],
        **more,
    }


def explained(office, body, **change: object):
    settings = resolve(merge_patch(OWN, {"chats": change}), version=1)
    asked = EventToExplain(provider="generic", kind=Kind.CHAT, body=json.dumps(body).encode())
    world = with_ports(office.world, reader=ProviderEvents())
    return explain(TENANT, asked, settings, world.intake.reader, world.deciding, changed=True)


def wanting(action: str) -> dict[str, object]:
    return {"actions": {"chat_ended": action}}


@pytest.mark.rule("SH-3", "CX-18")
def test_a_chat_is_explained_with_what_it_would_become():
    office = office_that("none")

    told = explained(office, chat_event(), **wanting("contact_case"))

    assert (told.decision, told.call_type) == ("log", None)
    (slot,) = told.slots
    assert (slot.kind.value, slot.person.object_type) == ("case", "Contact")
    assert told.text.startswith("Would be logged as a Case on a new Contact")
    assert office.org.records == []
    assert {"CX-18", "CX-28", "CX-57"} <= {reason.rule for reason in told.reasons}


@pytest.mark.rule("SH-3", "CX-18", "CX-34")
@pytest.mark.parametrize(
    ("change", "rule"), [(wanting("none"), "CX-18"), ({"mode": "manual"}, "CX-34")]
)
def test_a_chat_that_is_not_recorded_is_explained_by_its_rule(change, rule):
    told = explained(office_that("none"), chat_event(), **change)

    assert (told.decision, told.rule) == ("skip", rule)


@pytest.mark.rule("SH-3")
def test_a_start_that_sets_nothing_off_is_explained_as_waiting():
    told = explained(office_that("none"), chat_event("chat.started"), **wanting("lead_task"))

    assert (told.decision, told.reason) == ("wait", "chat_end")


@pytest.fixture
def archive():
    actions = {"chat_ended": "lead_task"}
    return Archive(preset={"chats": {"actions": actions}})


def simulate(archive, **change: object):
    archive.office.clock.forward(1)
    patch = merge_patch(OWN, {"chats": change})
    job = new_simulation(TENANT, "j_1", patch=patch, days=7, now=archive.now)
    return archive.run(start_job(job, jobs=archive.jobs, queue=archive.queue))


@pytest.mark.rule("SH-3")
@pytest.mark.parametrize(
    ("change", "counted"),
    [
        (wanting("lead_task"), "unchanged"),
        (wanting("contact_case"), "other_record"),
        (wanting("none"), "would_be_skipped"),
        ({"mode": "manual"}, "would_be_skipped"),
    ],
    ids=["the_same", "another_action", "no_action", "by_hand"],
)
def test_other_settings_are_tried_on_the_chats_of_the_last_days(archive, change, counted):
    office = archive.office
    office.org.load("Lead", LastName="Byron", Email=EMAIL, OwnerId=office.org.users[0].id)
    tell_chat(office)
    before = len(office.org.records)

    job = simulate(archive, **change)

    assert {name: count for name, count in job.counts.items() if count} == {
        "considered": 1,
        counted: 1,
    }
    assert len(office.org.records) == before


def handed_in(**more: object) -> str:
    return json.dumps({"provider": "generic", "source": "h1", "event": chat_event(**more)})


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize("action", ["lead_task", "contact_case"])
def test_a_chat_that_only_the_org_remembers_is_found_by_its_key(action):
    archive = Archive(preset={"chats": {"actions": {"chat_ended": action}}})
    office = archive.office
    job = archive.backfill(handed_in())
    assert job.counts == {"lines": 1, "done": 1, "logged": 1}
    first = chat_head(office)
    office.ledger.heads.clear()
    office.ledger.events.clear()
    office.clock.forward(500 * 86_400)

    dry = archive.backfill(handed_in(), job_id="j_2", dry_run=True)
    job = archive.backfill(handed_in(), job_id="j_3")

    assert (dry.counts["already_logged"], job.counts["logged"]) == (1, 1)
    assert chat_head(office).slots[0].salesforce_id == first.slots[0].salesforce_id
    assert len(office.org.of_type("Task")) + len(office.org.of_type("Case")) == 1


def test_a_chat_and_a_call_of_one_provider_are_told_apart(archive):
    archive.backfill(handed_in(), a_line("p-1"))

    kinds = sorted(head.kind.value for head in archive.office.ledger.heads.values())
    assert kinds == ["call", "chat"]


@pytest.mark.rule("SH-2")
def test_a_skipped_chat_is_replayed_under_the_settings_in_force_now():
    office = office_that("none")
    head = tell_chat(office)
    assert (head.state, head.rule) == (State.SKIPPED, "CX-18")
    actions = {"chat_ended": "lead_task"}
    office.tenants.set_settings(
        TENANT, {**OWN, "chats": {"actions": actions}}, effective_at=office.clock.now()
    )

    replay(TENANT, head.id, office.world.books)
    again = advance(TENANT, head.id, office.world)

    assert again.state is State.LOGGED
    assert len(office.org.of_type("Lead")) == 1


@pytest.mark.rule("CX-27")
def test_a_chat_stays_what_it_became_when_the_settings_change_meanwhile():
    office = office_that("lead_task", started="lead_task")
    tell_chat(office, a_chat(ended_at=None), ChatTrigger.CHAT_STARTED, at=START)
    actions = {"chat_started": "none", "chat_ended": "contact_case"}
    office.tenants.set_settings(TENANT, {**OWN, "chats": {"actions": actions}}, effective_at=START)
    office.clock.forward(60)

    tell_chat(office, a_chat(ended_at=ENDED))
    office.pass_time(60)

    assert [record.type for record in office.org.records] == ["Lead", "Task"]
    assert chat_head(office).state is State.LOGGED

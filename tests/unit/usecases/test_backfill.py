"""Calls of the past are taken in once, behind those of the present, whatever else is in the file."""

import json

import pytest

from builders.past import ADA, Archive, a_line, past_call
from fakes.office import TENANT, answered_call
from switchhook.domain.activity import State, activity_id
from switchhook.domain.errors import BudgetSpent, Retryable
from switchhook.domain.jobs import JobState
from switchhook.usecases.record.advance import advance


@pytest.fixture
def archive():
    made = Archive()
    made.office.org.load("Contact", LastName="Byron", Phone=ADA)
    return made


def head_of(archive, call_id="p-1"):
    named = activity_id(tenant=TENANT, source="h1", external_id=call_id)
    entry = archive.office.ledger.read(TENANT, named)
    return entry and entry.head


@pytest.mark.rule("SH-1")
def test_a_call_of_the_past_becomes_one_task(archive):
    job = archive.backfill(a_line("p-1"), a_line("p-2"))

    assert (job.state, job.counts) == (JobState.DONE, {"lines": 2, "done": 2, "logged": 2})
    assert len(archive.office.tasks) == 2
    assert head_of(archive).backfilled


@pytest.mark.rule("SH-1")
def test_handing_in_the_same_lines_again_writes_nothing(archive):
    archive.backfill(a_line("p-1"))
    archive.office.clock.forward(60)

    job = archive.backfill(a_line("p-1"), job_id="j_2")

    assert job.counts == {"lines": 1, "done": 1, "already_logged": 1}
    assert len(archive.office.tasks) == 1


@pytest.mark.rule("SH-1")
def test_a_call_that_came_by_webhook_is_not_logged_again(archive):
    archive.office.deliver(call_id="p-1")

    job = archive.backfill(a_line("p-1"))

    assert job.counts["already_logged"] == 1
    assert len(archive.office.tasks) == 1


@pytest.mark.rule("SH-1")
def test_a_webhook_that_comes_after_the_backfill_writes_nothing(archive):
    archive.backfill(a_line("p-1"))

    head = archive.office.deliver(call_id="p-1")

    assert (head.state, len(archive.office.tasks)) == (State.LOGGED, 1)


@pytest.mark.rule("SH-1")
def test_a_task_that_only_the_org_remembers_is_found_by_its_key(archive):
    archive.backfill(a_line("p-1"))
    first = head_of(archive)
    archive.office.ledger.heads.clear()
    archive.office.ledger.events.clear()
    archive.office.clock.forward(500 * 86_400)

    job = archive.backfill(a_line("p-1"), job_id="j_2")

    assert job.counts["logged"] == 1
    assert len(archive.office.tasks) == 1
    assert head_of(archive).slots[0].salesforce_id == first.slots[0].salesforce_id


def test_a_call_of_the_present_costs_no_look_for_its_key(archive):
    archive.office.deliver(call_id="live")

    assert "find_tasks" not in archive.office.org.calls


@pytest.mark.rule("AC-2")
def test_a_call_is_decided_under_the_settings_of_its_end(archive):
    own = {"preset": "standard", "default_region": "US", "time_zone": "UTC"}
    none = {"calls": {"workflow": {"inbound_answered": "none"}}}
    archive.office.tenants.set_settings(
        TENANT, {**own, **none}, effective_at=archive.office.clock.now()
    )

    job = archive.backfill(a_line("p-1"))

    assert (job.counts["logged"], head_of(archive).settings_version) == (1, 1)


@pytest.mark.rule("SH-2")
@pytest.mark.parametrize(
    ("line", "names"),
    [
        pytest.param("{", "JSON", id="no_json"),
        pytest.param("[1]", "object", id="no_object"),
        pytest.param(a_line(provider="pigeon"), "provider", id="unknown_provider"),
        pytest.param(a_line(source="no spaces"), "source", id="a_source_that_no_hook_can_have"),
        pytest.param(a_line(source=None), "source", id="no_source"),
        pytest.param(a_line(source="mine", provider="aircall"), "aircall", id="another_source_than_fixed"),
        pytest.param(a_line(ended_at=None), "ended_at", id="an_event_without_its_end"),
        pytest.param('{"provider":"generic","source":"h1","event":1}', "event", id="no_event"),
        pytest.param('{"provider":"generic","source":"h1","event":{},"x":1}', "nothing else", id="unknown_name"),
        pytest.param('{"provider":"generic","source":"h1","event":{"call_id":"\\ud800"}}', "UTF-8", id="half_a_character"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_taken_is_named_and_stops_no_other(archive, line, names):
    job = archive.backfill(line, "", a_line("p-2"))

    (error,) = job.result["errors"]
    assert (error["line"], names in error["text"]) == (1, True)
    assert (job.counts["unreadable"], job.counts["logged"]) == (1, 1)


def test_an_event_that_tells_nothing_of_an_end_is_ignored(archive):
    ringing = {"event": "call.created", "timestamp": 1, "token": "t", "data": {"id": 1}}
    line = json.dumps({"provider": "aircall", "source": "aircall", "event": ringing})

    job = archive.backfill(line)

    assert (job.counts["done"], archive.office.ledger.heads) == (1, {})


def test_skips_are_counted_by_rule(archive):
    job = archive.backfill(a_line("p-1", external={"number": None}))

    assert (job.counts["skipped"], job.by_rule) == (1, {"XB-15": 1})


def test_further_facts_of_a_call_are_taken_in_with_it(archive):
    update = past_call("p-1", type="call.updated", tags=["late"])
    line = json.dumps({"provider": "generic", "source": "h1", "event": update})

    job = archive.backfill(a_line("p-1"), line)

    assert job.counts["done"] == 2
    assert len(archive.office.ledger.events[TENANT, head_of(archive).id]) == 2
    assert len(archive.office.tasks) == 1


def test_a_dry_run_counts_and_writes_nothing(archive):
    archive.backfill(a_line("p-1"))
    before = dict(archive.office.ledger.heads)
    lines = [
        a_line("p-1"),
        a_line("p-2"),
        a_line("p-3", external={"number": None}),
        "{",
    ]

    job = archive.backfill(*lines, dry_run=True, job_id="j_2")

    assert job.counts == {
        "lines": 4, "done": 4, "already_logged": 1, "would_log": 1, "would_skip": 1, "unreadable": 1,
    }  # fmt: skip
    assert job.by_rule == {"XB-15": 1}
    assert archive.office.ledger.heads == before
    assert len(archive.office.tasks) == 1


@pytest.mark.rule("SH-1")
def test_a_dry_run_knows_what_only_the_org_remembers(archive):
    archive.backfill(a_line("p-1"))
    archive.office.ledger.heads.clear()
    archive.office.ledger.events.clear()

    job = archive.backfill(a_line("p-1"), dry_run=True, job_id="j_2")

    assert job.counts["already_logged"] == 1


def test_a_dry_run_without_a_connection_ends_in_words(archive):
    archive.office.connections.stored.clear()

    job = archive.backfill(a_line(), dry_run=True)

    assert job.state is JobState.FAILED
    assert "Connect it" in job.text


@pytest.mark.rule("SH-9")
def test_a_backfill_rests_while_a_call_of_the_present_waits_for_a_place(archive):
    office = archive.office
    for holder in range(5):
        office.flights.take_off(
            TENANT,
            f"other-{holder}",
            cap=5,
            now=office.clock.now(),
            until=office.clock.now().replace(year=2027),
        )
    waiting = office.deliver(call_id="live")
    archive.begin_backfill(a_line("p-1"))
    message, _ = archive.queue.asked.pop(0)

    archive.step(message)

    ((_, delay_s),) = archive.queue.asked
    assert (waiting.reason, delay_s, head_of(archive)) == ("in_flight", 5, None)


@pytest.mark.rule("SH-9")
def test_a_call_of_the_past_leaves_half_of_the_places_to_the_present(archive):
    office = archive.office
    until = office.clock.now().replace(year=2027)
    for holder in range(2):
        office.flights.take_off(
            TENANT, f"live-{holder}", cap=5, now=office.clock.now(), until=until
        )

    archive.backfill(a_line("p-1"))
    live = office.deliver(call_id="live")

    assert head_of(archive).reason == "in_flight"
    assert live.state is State.LOGGED
    office.flights.holders.clear()
    office.clock.forward(5)
    assert advance(TENANT, head_of(archive).id, office.world).state is State.LOGGED


def test_a_long_file_is_taken_in_step_by_step(archive):
    job = archive.begin_backfill(*[a_line(f"p-{n}") for n in range(60)])
    message, _ = archive.queue.asked.pop(0)

    archive.step(message)
    seen = archive.jobs.stored[TENANT, job.id]

    assert (seen.state, seen.counts["done"]) == (JobState.RUNNING, 50)
    assert archive.run(job).counts["logged"] == 60
    assert len(archive.office.tasks) == 60


@pytest.mark.rule("SH-1", "SH-2")
def test_a_step_whose_count_was_lost_logs_nothing_twice(archive):
    archive.begin_backfill(a_line("p-1"), a_line("p-2"))
    message, _ = archive.queue.asked.pop(0)
    stored = dict(archive.jobs.stored)
    archive.step(message)
    archive.jobs.stored = stored

    archive.step(message)

    job = archive.jobs.stored[TENANT, "j_1"]
    assert (job.counts["logged"], len(archive.office.tasks)) == (2, 2)


def test_a_refused_look_for_the_keys_is_a_setback_like_any_other(archive):
    archive.office.deliver(answered_call(), call_id="warm")
    archive.office.clock.forward(600)
    archive.office.org.next_reads += [BudgetSpent("spent")]

    job = archive.backfill(a_line("p-1"))

    assert job.counts["open"] == 1
    assert head_of(archive).state is State.PARKED


def test_a_busy_table_ends_the_step_and_not_the_job(archive):
    reader, calls = archive.lister.page, []

    def busy_once(*args, **more):
        calls.append(1)
        if len(calls) == 1:
            raise Retryable("busy", code="table_busy", after_s=1)
        return reader(*args, **more)

    archive.lister.page = busy_once

    job = archive.backfill(a_line("p-1"))

    assert (job.state, job.counts["logged"]) == (JobState.DONE, 1)

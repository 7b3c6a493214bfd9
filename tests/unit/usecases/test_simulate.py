"""The last days are decided again under other settings, and only counted (SH-3)."""

from datetime import timedelta

import pytest

from builders.past import ADA, Archive
from fakes.office import TENANT, answered_call
from fakes.salesforce import ADMIN
from switchhook.domain.connection import ApiUsage
from switchhook.domain.errors import BudgetSpent
from switchhook.domain.jobs import JobState
from switchhook.domain.settings.reading import merge_patch
from switchhook.usecases.ask.jobs import start_job
from switchhook.usecases.ask.simulate import new_simulation

OWN = {"preset": "standard", "default_region": "US", "time_zone": "America/Los_Angeles"}
OTHER = "+14155550111"


@pytest.fixture
def archive():
    made = Archive()
    made.office.org.load("Contact", LastName="Byron", Phone=ADA)
    return made


def simulate(archive, change, *, days=7):
    archive.office.clock.forward(1)
    job = new_simulation(TENANT, "j_1", patch=merge_patch(OWN, change), days=days, now=archive.now)
    return archive.run(start_job(job, jobs=archive.jobs, queue=archive.queue))


def seen(job):
    return {name: count for name, count in job.counts.items() if count}


@pytest.mark.rule("SH-3")
@pytest.mark.parametrize(
    ("number", "change", "counted"),
    [
        pytest.param(ADA, {}, "unchanged", id="the_same_settings_change_nothing"),
        pytest.param(OTHER, {"calls": {"unknown_number": "lead"}}, "would_be_logged", id="unknown_numbers_become_leads"),
        pytest.param(ADA, {"calls": {"workflow": {"inbound_answered": "none"}}}, "would_be_skipped", id="a_type_is_not_wanted"),
        pytest.param(ADA, {"calls": {"workflow": {"inbound_answered": "in_progress"}}}, "other_status", id="tasks_stay_open"),
        pytest.param(OTHER, {"calls": {"workflow": {"inbound_answered": "none"}}}, "unchanged", id="another_reason_for_the_same_skip"),
    ],
)  # fmt: skip
def test_what_would_be_different_is_counted(archive, number, change, counted):
    archive.office.deliver(answered_call(external_number=number))

    job = simulate(archive, change)

    assert (job.state, seen(job)) == (JobState.DONE, {"considered": 1, counted: 1})
    assert len(job.result["changes"]) == (counted != "unchanged")


@pytest.mark.rule("SH-3")
def test_a_call_that_would_hang_elsewhere_is_shown_before_and_after(archive):
    lead = archive.office.org.load("Lead", LastName="Byron", Phone=ADA)
    head = archive.office.deliver()

    job = simulate(archive, {"matching": {"priority": ["lead", "contact"]}})

    (change,) = job.result["changes"]
    assert seen(job) == {"considered": 1, "other_record": 1}
    assert (change["activity_id"], change["change"]) == (head.id, "other_record")
    assert change["before"]["tasks"][0]["record"]["type"] == "Contact"
    assert change["after"]["tasks"][0]["record"] == {"type": "Lead", "id": lead.id}


@pytest.mark.rule("SH-3")
def test_another_owner_is_a_change(archive):
    archive.office.deliver(answered_call(agent=None))
    other = archive.office.org.users[1]

    job = simulate(archive, {"ownership": {"fallback_user_id": other.id}})

    assert seen(job) == {"considered": 1, "other_owner": 1}
    assert job.result["changes"][0]["before"]["tasks"][0]["owner"] == ADMIN.id


@pytest.mark.rule("SH-3")
def test_nothing_is_written(archive):
    archive.office.deliver(answered_call(external_number=OTHER))
    ledger = archive.office.ledger
    before = (dict(ledger.heads), len(ledger.commits), len(archive.office.org.records))
    archive.office.org.calls.clear()

    simulate(archive, {"calls": {"unknown_number": "lead"}})

    assert (dict(ledger.heads), len(ledger.commits), len(archive.office.org.records)) == before
    assert set(archive.office.org.calls) <= {"search", "lists"}


def test_a_caller_is_searched_for_once(archive):
    for number in range(15):
        archive.office.deliver(call_id=f"c-{number}")
    archive.office.org.calls.clear()

    job = simulate(archive, {})

    assert job.counts["unchanged"] == 15
    assert archive.office.org.calls.count("search") == 1


def test_only_the_days_asked_for_are_considered(archive):
    archive.office.deliver(call_id="old")
    archive.office.clock.forward(timedelta(days=3).total_seconds())
    archive.office.deliver(call_id="new")

    assert simulate(archive, {}, days=2).counts["considered"] == 1


def test_what_is_not_settled_is_not_decidable(archive):
    archive.office.deliver(ended=False)

    assert seen(simulate(archive, {})) == {"considered": 1, "not_decidable": 1}


@pytest.mark.rule("SH-9")
def test_it_stops_before_calls_would_miss_the_api_budget(archive):
    for number in range(3):
        archive.office.deliver(call_id=f"c-{number}")
    archive.office.connections.note_usage(TENANT, ApiUsage(used=14_300, limit=15_000), parked=None)

    job = simulate(archive, {})

    assert (job.state, job.counts["considered"]) == (JobState.FAILED, 1)
    assert "Stopped" in job.text


@pytest.mark.rule("SH-9")
def test_a_spent_budget_ends_it_with_what_was_done(archive):
    archive.office.deliver()
    archive.office.org.next_reads.append(BudgetSpent("spent"))

    job = simulate(archive, {})

    assert (job.state, job.counts["considered"]) == (JobState.FAILED, 0)
    assert "Stopped" in job.text


def test_at_most_two_hundred_changes_are_shown_and_all_are_counted(archive):
    for number in range(205):
        archive.office.deliver(answered_call(external_number=OTHER), call_id=f"c-{number}")

    job = simulate(archive, {"calls": {"unknown_number": "lead"}})

    assert job.counts["would_be_logged"] == 205
    assert len(job.result["changes"]) == 200

"""Decides the calls and chats of the last days again under other settings, and counts what would change.

Nothing is written. The search is as it would be now, so a record that has come or gone since shows as
a change too.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from switchhook.domain.activity import FINAL, Activity
from switchhook.domain.comparing import Change, Outcome, compare, outcome_of, outcome_of_decision
from switchhook.domain.errors import BudgetSpent, Permanent
from switchhook.domain.jobs import Job, JobKind, JobState, counted
from switchhook.domain.settings.reading import resolve
from switchhook.ports.admin import ActivityFilter, LedgerReader
from switchhook.usecases.ask.dry_run import Gauge, dry
from switchhook.usecases.ask.explain import Undecided, judge
from switchhook.usecases.ask.jobs import STEP_LASTS_S, Step
from switchhook.usecases.record.world import Attempt, Deciding

MOST_DAYS = 90
MOST_CHANGES = 200
"""Changes that are shown one by one; all of them are counted."""

NOT_DECIDABLE = "not_decidable"
CONSIDERED = "considered"
_PER_PAGE = 20
_BUDGET_STOPS_AT = 0.95
_SPENT = (
    "Stopped: the org's API use has reached the share at which calls need what is left of it. Simulate"
    " again when the day's allowance is new, or over fewer days."
)


def new_simulation(
    tenant: str, job_id: str, *, patch: Mapping[str, object], days: int, now: datetime
) -> Job:
    """The job that decides the last `days` days under `patch`, a tenant's own values as stored."""
    since = now - timedelta(days=days)
    return Job(
        tenant=tenant,
        id=job_id,
        kind=JobKind.SIMULATE,
        created_at=now,
        updated_at=now,
        asked={"patch": patch, "days": days, "since": since.isoformat()},
        counts=dict.fromkeys((CONSIDERED, *Change, NOT_DECIDABLE), 0),
        result={"changes": []},
    )


def simulate_step(job: Job, *, lister: LedgerReader, deciding: Deciding) -> Step:
    """Compare as many activities as a step takes, newest first.

    Raises:
        NeedsReconnect: the tenant's org cannot be asked.
        Retryable: ask again later; what this step had done is done again.
    """
    settings = resolve(_patch(job), version=0)
    gauge = Gauge()
    asked = dry(deciding, gauge, settings=settings)
    until = deciding.run.now() + timedelta(seconds=STEP_LASTS_S)
    while True:
        page = lister.page(job.tenant, _filter(job), limit=_PER_PAGE, cursor=job.cursor)
        for head in page.items:
            try:
                job = _considered(job, head, asked)
            except BudgetSpent:
                return _stopped(job)
            if gauge.is_at(_BUDGET_STOPS_AT):
                return _stopped(job)
        job = replace(job, cursor=page.next_cursor)
        if job.cursor is None:
            return Step(job=replace(job, state=JobState.DONE))
        if deciding.run.now() >= until:
            return Step(job=job)


def _patch(job: Job) -> Mapping[str, object]:
    patch = job.asked["patch"]
    assert isinstance(patch, Mapping), "new_simulation stores a patch"
    return patch


def _filter(job: Job) -> ActivityFilter:
    since = datetime.fromisoformat(str(job.asked["since"]))
    return ActivityFilter(since=since, until=job.created_at)


def _stopped(job: Job) -> Step:
    return Step(job=replace(job, state=JobState.FAILED, text=_SPENT))


def _considered(job: Job, head: Activity, deciding: Deciding) -> Job:
    compared = _compared(head, deciding)
    if compared is None:
        return replace(job, counts=counted(job.counts, CONSIDERED, NOT_DECIDABLE))
    change, before, after = compared
    job = replace(job, counts=counted(job.counts, CONSIDERED, change.value))
    shown = job.result["changes"]
    assert isinstance(shown, list), "new_simulation begins a list"
    if change is Change.UNCHANGED or len(shown) >= MOST_CHANGES:
        return job
    told = {
        "activity_id": head.id,
        "change": change.value,
        "before": _told(before),
        "after": _told(after),
    }
    return replace(job, result={**job.result, "changes": [*shown, told]})


def _compared(head: Activity, deciding: Deciding) -> tuple[Change, Outcome, Outcome] | None:
    """None where there is nothing to compare: not settled, without its end, or not to be decided."""
    if head.state not in FINAL:
        return None
    entry = deciding.entries.read(head.tenant, head.id)
    if entry is None or not any(event.ended for event in entry.events):
        return None
    # What a chat became is what is asked about; it must not decide what it would become.
    afresh = replace(entry, head=replace(entry.head, action=None))
    try:
        judged = judge(afresh, Attempt(deciding.run.clock), deciding)
    except Permanent:
        return None
    if isinstance(judged, Undecided):
        return None
    before, after = outcome_of(entry.head), outcome_of_decision(judged.decision)
    return compare(before, after), before, after


def _told(outcome: Outcome) -> Mapping[str, object]:
    return {
        "state": outcome.state,
        "rule": outcome.rule,
        "tasks": [
            {
                "kind": task.kind,
                "record": {"type": task.record_type, "id": task.record_id}
                if task.record_type
                else None,
                "owner": task.owner_id,
                "status": task.status,
            }
            for task in outcome.tasks
        ],
    }

"""Calls of the past as a tenant hands them in, and the tenant that does."""

import json
from datetime import UTC, datetime

from fakes.jobs import FakeJobQueue, FakeJobs, FakeLister
from fakes.office import TENANT, Office
from fakes.queues import FakePayloadStore
from fakes.world import with_ports
from switchhook.adapters.providers import catalog
from switchhook.adapters.providers.event_reader import ProviderEvents
from switchhook.domain.jobs import Job, JobKind
from switchhook.usecases.ask.backfill import BackfillPorts, backfill_step, new_backfill
from switchhook.usecases.ask.jobs import run_step, start_job
from switchhook.usecases.ask.simulate import simulate_step

ADA = "+14155550100"


def past_call(call_id="p-1", *, number=ADA, **facts):
    """The body of a call that was answered in spring."""
    return {
        "type": "call.ended",
        "call_id": call_id,
        "direction": "inbound",
        "outcome": "answered",
        "external": {"number": number, "name": "Ada Byron"},
        "agent": {"email": "ann@example.com", "name": "Ann Agent"},
        "started_at": "2026-04-20T15:00:00Z",
        "answered_at": "2026-04-20T15:00:09Z",
        "ended_at": "2026-04-20T15:03:29Z",
        "talk_s": 200,
        **facts,
    }


def a_line(call_id="p-1", *, source="h1", provider="generic", **facts):
    event = past_call(call_id, **facts)
    return json.dumps({"provider": provider, "source": source, "event": event})


class Archive:
    """An office that can take in its past and simulate; jobs run to their end at once."""

    def __init__(self, **office):
        self.office = Office(**office)
        self.payloads = FakePayloadStore()
        self.world = with_ports(self.office.world, reader=ProviderEvents(), payloads=self.payloads)
        self.jobs, self.queue = FakeJobs(), FakeJobQueue()
        self.lister = FakeLister(self.office.ledger)
        self.ports = BackfillPorts(
            world=self.world, lister=self.lister, catalog=catalog.Catalog(), edge_of=catalog.edge_of
        )

    @property
    def now(self) -> datetime:
        return self.office.clock.now().astimezone(UTC)

    def begin_backfill(self, *lines, dry_run=False, job_id="j_1") -> Job:
        body = "\n".join(lines).encode("utf-8")
        job = new_backfill(
            TENANT, job_id, body, dry_run=dry_run, payloads=self.payloads, now=self.now
        )
        return start_job(job, jobs=self.jobs, queue=self.queue)

    def backfill(self, *lines, dry_run=False, job_id="j_1") -> Job:
        return self.run(self.begin_backfill(*lines, dry_run=dry_run, job_id=job_id))

    def step(self, message) -> Job | None:
        work = {
            JobKind.BACKFILL: lambda job: backfill_step(job, self.ports),
            JobKind.SIMULATE: lambda job: simulate_step(
                job, lister=self.lister, deciding=self.world.deciding
            ),
        }
        return run_step(message, work, jobs=self.jobs, queue=self.queue, now=lambda: self.now)

    def run(self, job: Job) -> Job:
        for _ in range(200):
            if not self.queue.asked:
                break
            message, delay_s = self.queue.asked.pop(0)
            self.office.clock.forward(delay_s)
            self.step(message)
        return self.jobs.stored[job.tenant, job.id]

"""Jobs, their queue and the ledger as an admin sees it, in memory."""

from fakes.ledger import FakeLedger
from switchhook.domain.activity import Activity
from switchhook.domain.errors import Conflict
from switchhook.domain.jobs import Job, JobMessage
from switchhook.domain.tenants import Page
from switchhook.ports.admin import ActivityFilter, Story


class FakeJobs:
    """The port Jobs; tenants in `gone` exist no more."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str], Job] = {}
        self.gone: set[str] = set()

    def create(self, job: Job) -> None:
        if job.tenant in self.gone:
            raise Conflict("no tenant")
        self.stored[job.tenant, job.id] = job

    def read(self, tenant_id: str, job_id: str) -> Job | None:
        return self.stored.get((tenant_id, job_id))

    def commit(self, job: Job) -> None:
        stored = self.stored.get((job.tenant, job.id))
        if stored is None or stored.step != job.step - 1:
            raise Conflict("moved on")
        self.stored[job.tenant, job.id] = job


class FakeJobQueue:
    """The port JobQueue; `asked` lists (message, delay in seconds) in order, `trouble` is raised once."""

    def __init__(self) -> None:
        self.asked: list[tuple[JobMessage, int]] = []
        self.trouble: list[Exception] = []

    def ask(self, message: JobMessage, *, delay_s: int = 0) -> None:
        if self.trouble:
            raise self.trouble.pop()
        self.asked.append((message, delay_s))


class FakeLister:
    """The port LedgerReader over a FakeLedger, newest first."""

    def __init__(self, ledger: FakeLedger) -> None:
        self._ledger = ledger

    def page(
        self, tenant_id: str, narrowed: ActivityFilter, *, limit: int, cursor: str | None
    ) -> Page[Activity]:
        found = [
            head
            for (tenant, _), head in self._ledger.heads.items()
            if tenant == tenant_id
            and narrowed.state in {None, head.state}
            and (narrowed.since is None or head.received_at >= narrowed.since)
            and (narrowed.until is None or head.received_at < narrowed.until)
        ]
        found.sort(key=lambda head: (head.received_at, head.id), reverse=True)
        begin = int(cursor or 0)
        end = begin + limit
        return Page(
            items=tuple(found[begin:end]), next_cursor=str(end) if end < len(found) else None
        )

    def story(self, tenant_id: str, activity_id: str) -> Story | None:
        entry = self._ledger.read(tenant_id, activity_id)
        decided = self._ledger.decisions.get((tenant_id, activity_id), {})
        return entry and Story(entry=entry, decisions=tuple(decided.values()))

"""What long work of a tenant needs from the world, beside `ports`.

Every method makes at most one remote effect and neither sleeps nor retries.
"""

from typing import Protocol

from switchhook.domain.jobs import Job, JobMessage


class Jobs(Protocol):
    """The jobs of all tenants; each is kept for 30 days."""

    def create(self, job: Job) -> None:
        """Store a new job, if its tenant still exists."""
        ...

    def read(self, tenant_id: str, job_id: str) -> Job | None:
        """The job, strongly consistent; None when there is none, or no longer."""
        ...

    def commit(self, job: Job) -> None:
        """Store what a step made of the job.

        Raises:
            Conflict: the stored job is not at `job.step - 1`: another delivery did this step.
        """
        ...


class JobQueue(Protocol):
    """Brings a job to its next step."""

    def ask(self, message: JobMessage, *, delay_s: int = 0) -> None:
        """Ask for one step, after at most 900 s; asking twice is harmless."""
        ...

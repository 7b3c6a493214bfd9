"""A logged activity whose files are attached step by step, with a caretaker that brings it back."""

from dataclasses import replace
from datetime import timedelta

from fakes.files import FakeFiles, FakeWeb
from fakes.office import TENANT, Office
from switchhook.domain.activity import Activity, Slot, SlotFile, activity_id
from switchhook.domain.chats.files import FileLimits, files_due_at
from switchhook.domain.errors import Conflict, Retryable
from switchhook.domain.facts.chat import ChatFile
from switchhook.ports.ledger import LedgerWrite
from switchhook.ports.org import FetchedFile
from switchhook.usecases.record.files import ToldFiles, attach_files
from switchhook.usecases.record.world import Attempt, Files, World

ACTIVITY = activity_id(tenant=TENANT, source="h1", external_id="c-1")
PNG = FetchedFile(content=b"\x89PNG bytes", content_type="image/png")
_ROUNDS = 60


def a_file(number: int = 1, **facts: object) -> ChatFile:
    usual = {"url": f"https://files.example.com/{number}.png", "name": f"{number}.png"}
    return ChatFile(**{**usual, **facts})


class Desk:
    """An office with one logged activity, and what its chat had for files."""

    def __init__(self, *files: ChatFile, whole_transcript: str | None = None, **limits: int):
        self.office = Office()
        self.web = FakeWeb({file.url: [PNG] for file in files})
        self.store = FakeFiles(self.office.org)
        self.told = ToldFiles(files=files, whole_transcript=whole_transcript)
        self.ports = Files(fetcher=self.web, store=self.store, limits=FileLimits(**limits))
        self.office.org.load("Contact", LastName="Byron", Phone="+14155550100")
        head = self.office.deliver()
        self.office.ledger.commit(
            LedgerWrite(
                head=replace(head, version=head.version + 1, due_at=self.office.clock.now())
            )
        )

    @property
    def head(self) -> Activity:
        return self.office.head()

    @property
    def slot(self) -> Slot:
        return self.head.slots[0]

    @property
    def files(self) -> tuple[SlotFile, ...]:
        return self.slot.files

    @property
    def states(self) -> list[str]:
        return [file.state.value for file in self.files]

    def run(self, world: World | None = None, ports: Files | None = None) -> None:
        """One run of the worker: step after step until nothing more can be done now."""
        world, attempt = world or self.office.world, Attempt(self.office.clock)
        for _ in range(_ROUNDS):
            entry = world.books.ledger.read(TENANT, ACTIVITY)
            assert entry is not None
            if entry.head.due_at is None or entry.head.due_at > world.run.now():
                return
            try:
                progress = attach_files(
                    entry,
                    self.told,
                    attempt,
                    replace(world.attaching, files=ports or self.ports),
                )
            except (Conflict, Retryable):
                continue
            if not progress.go_on:
                return
        raise AssertionError("the files are worked on without an end")

    def live_on(self, *, most: timedelta = timedelta(days=3)) -> None:
        """Let the caretaker bring the activity back whenever it is due."""
        until = self.office.clock.now() + most
        while (due_at := self.head.due_at) is not None and self.office.clock.now() < until:
            wait_s = (due_at - self.office.clock.now()).total_seconds()
            self.office.clock.forward(max(wait_s, 0.0) + 0.001)
            self.run()

    def due_in_s(self) -> float | None:
        due_at = files_due_at(self.head.slots, now=self.office.clock.now())
        return None if due_at is None else (due_at - self.office.clock.now()).total_seconds()

"""Twenty workers, each with its own wiring, meet at the points where a double could arise (SH-1)."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from race.conftest import NUMBER, TENANT, Site
from switchhook.domain.activity import State
from switchhook.ports import LedgerWrite
from switchhook.usecases.record_activity import advance, record_event
from switchhook.usecases.world import World

WORKERS = 20
SETTLE_WITHIN_S = 60


class Meeting:
    """Everybody who arrives first waits until all are there, or until nobody else can come."""

    def __init__(self, parties: int) -> None:
        self._barrier = threading.Barrier(parties)

    def wait(self) -> None:
        try:
            self._barrier.wait(timeout=5)
        except threading.BrokenBarrierError:
            return


class MeetBeforeCommit:
    """A ledger whose users meet before the commits that a test names."""

    def __init__(self, ledger, meeting: Meeting, when: Callable[[LedgerWrite], bool]) -> None:
        self._ledger, self._meeting, self._when = ledger, meeting, when
        self._met = False

    def read(self, tenant: str, activity_id: str):
        return self._ledger.read(tenant, activity_id)

    def commit(self, write: LedgerWrite) -> None:
        if self._when(write) and not self._met:
            self._met = True
            self._meeting.wait()
        self._ledger.commit(write)


class MeetBeforeSend:
    """A writer whose users meet before their first send."""

    def __init__(self, writer, meeting: Meeting) -> None:
        self._writer, self._meeting, self._met = writer, meeting, False

    def send(self, grant, records):
        if not self._met:
            self._met = True
            self._meeting.wait()
        return self._writer.send(grant, records)

    def find_tasks(self, grant, keys, since):
        return self._writer.find_tasks(grant, keys, since)


def before_take_in(write: LedgerWrite) -> bool:
    return write.event is not None


def before_intent(write: LedgerWrite) -> bool:
    return write.head.state is State.SENDING


def before_claim(write: LedgerWrite) -> bool:
    return bool(write.claims) and write.head.state is State.SENDING


def settle(site: Site, calls: list[str]) -> None:
    """Play the caretaker until every call is final."""
    world = site.worker()
    until = time.monotonic() + SETTLE_WITHIN_S
    while time.monotonic() < until:
        heads = site.heads(calls)
        if all(head.state in (State.LOGGED, State.SKIPPED, State.FAILED) for head in heads):
            return
        for head in heads:
            advance(TENANT, head.id, world)
        time.sleep(0.2)
    raise AssertionError([(head.state, head.reason, head.text) for head in site.heads(calls)])


def meeting_worlds(site: Site, when: Callable[[LedgerWrite], bool]) -> list[World]:
    meeting = Meeting(WORKERS)
    worlds = [site.worker() for _ in range(WORKERS)]
    return [
        replace(world, ledger=MeetBeforeCommit(world.ledger, meeting, when)) for world in worlds
    ]


@pytest.mark.rule("SH-1")
@pytest.mark.parametrize("when", [before_take_in, before_intent], ids=lambda when: when.__name__)
def test_the_same_call_under_twenty_event_ids_makes_one_task(site: Site, all_at_once, when):
    site.load("Contact", LastName="Byron", Phone=NUMBER)
    worlds = meeting_worlds(site, when)

    all_at_once(
        [
            lambda world=world, number=number: record_event(
                site.message("c-1", event_id=f"e-{number}"), world
            )
            for number, world in enumerate(worlds)
        ]
    )
    settle(site, ["c-1"])

    assert len(site.query("SELECT Id FROM Task")) == 1


@pytest.mark.rule("SH-1", "AC-9")
@pytest.mark.parametrize("when", [before_claim, before_intent], ids=lambda when: when.__name__)
def test_twenty_calls_of_one_unknown_number_make_one_lead_and_twenty_tasks(
    site: Site, all_at_once, when
):
    site.control("settings", {"search_lag_s": 3600})
    worlds = meeting_worlds(site, when)
    calls = [f"c-{number}" for number in range(WORKERS)]

    all_at_once(
        [
            lambda world=world, call=call: record_event(
                site.message(call, event_id=f"e-{call}"), world
            )
            for call, world in zip(calls, worlds, strict=True)
        ]
    )
    settle(site, calls)

    leads = site.query("SELECT Id FROM Lead")
    tasks = site.query("SELECT Id, WhoId, CallObject FROM Task")
    assert len(leads) == 1
    assert {task["WhoId"] for task in tasks} == {leads[0]["Id"]}
    assert len({task["CallObject"] for task in tasks}) == len(tasks) == WORKERS


@pytest.mark.rule("SH-1")
def test_twenty_different_calls_sent_at_the_same_moment_make_twenty_tasks(site: Site, all_at_once):
    site.load("Contact", LastName="Byron", Phone=NUMBER)
    meeting = Meeting(WORKERS)
    worlds = [
        replace(world, writer=MeetBeforeSend(world.writer, meeting))
        for world in (site.worker() for _ in range(WORKERS))
    ]
    calls = [f"c-{number}" for number in range(WORKERS)]

    all_at_once(
        [
            lambda world=world, call=call: record_event(
                site.message(call, event_id=f"e-{call}"), world
            )
            for call, world in zip(calls, worlds, strict=True)
        ]
    )
    settle(site, calls)

    tasks = site.query("SELECT Id, CallObject FROM Task")
    assert len({task["CallObject"] for task in tasks}) == len(tasks) == WORKERS

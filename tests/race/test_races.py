"""Twenty workers, each with its own wiring, meet at the points where a double could arise (SH-1)."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from fakes.world import with_ports
from race.conftest import NUMBER, TENANT, Site
from switchhook.domain.activity import State
from switchhook.domain.errors import OutcomeUnknown
from switchhook.ports.ledger import LedgerWrite
from switchhook.usecases.record.advance import advance, record_event
from switchhook.usecases.record.world import World

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

    def head(self, tenant: str, activity_id: str):
        return self._ledger.head(tenant, activity_id)

    def holds(self, tenant: str, activity_id: str, event_id: str):
        return self._ledger.holds(tenant, activity_id, event_id)

    def commit(self, write: LedgerWrite) -> None:
        if self._when(write) and not self._met:
            self._met = True
            self._meeting.wait()
        self._ledger.commit(write)


class MeetBeforeSend:
    """A writer whose users meet before their first send."""

    def __init__(self, writer, meeting: Meeting) -> None:
        self._writer, self._meeting, self._met = writer, meeting, False

    def send(self, grant, records, rules):
        if not self._met:
            self._met = True
            self._meeting.wait()
        return self._writer.send(grant, records, rules)

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
        with_ports(world, ledger=MeetBeforeCommit(world.books.ledger, meeting, when))
        for world in worlds
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


def ring_all(site: Site, all_at_once, worlds: list[World], name: str = "c") -> list[str]:
    """One call in each world, all of the same number at the same moment; gives the calls' ids."""
    calls = [f"{name}-{number}" for number in range(len(worlds))]
    all_at_once(
        [
            lambda world=world, call=call: record_event(
                site.message(call, event_id=f"e-{call}"), world
            )
            for call, world in zip(calls, worlds, strict=True)
        ]
    )
    return calls


@pytest.mark.rule("SH-1", "AC-9")
@pytest.mark.parametrize(
    ("policy", "when"),
    [
        pytest.param("lead", before_claim, id="lead_before_claim"),
        pytest.param("lead", before_intent, id="lead_before_intent"),
        pytest.param("contact", before_claim, id="contact"),
        pytest.param("account", before_claim, id="account"),
    ],
)
def test_twenty_calls_of_one_unknown_number_make_one_record_and_twenty_tasks(
    site_where, all_at_once, policy, when
):
    site = site_where(unknown_number=policy)
    site.control("settings", {"search_lag_s": 3600})

    settle(site, ring_all(site, all_at_once, meeting_worlds(site, when)))

    people = site.query(f"SELECT Id FROM {policy.capitalize()}")
    tasks = site.query("SELECT Id, WhoId, WhatId, CallObject FROM Task")
    assert len(people) == 1
    assert {task["WhoId"] or task["WhatId"] for task in tasks} == {people[0]["Id"]}
    assert len({task["CallObject"] for task in tasks}) == len(tasks) == WORKERS


@pytest.mark.rule("SH-1", "AC-13", "AC-19")
@pytest.mark.parametrize("known", [True, False], ids=["contact_is_there", "contact_is_made_too"])
def test_twenty_calls_of_one_contact_make_one_case_and_twenty_tasks(site_where, all_at_once, known):
    site = site_where(unknown_number="contact", attach_to="case", create_case=True)
    if known:
        site.load("Contact", LastName="Byron", Phone=NUMBER)
    else:
        site.control("settings", {"search_lag_s": 3600})

    settle(site, ring_all(site, all_at_once, meeting_worlds(site, before_claim)))

    (case,) = site.query("SELECT Id, ContactId FROM Case")
    tasks = site.query("SELECT Id, WhoId, WhatId, CallObject FROM Task")
    assert {task["WhatId"] for task in tasks} == {case["Id"]}
    assert {task["WhoId"] for task in tasks} == {case["ContactId"]}
    assert len({task["CallObject"] for task in tasks}) == len(tasks) == WORKERS


@pytest.mark.rule("SH-1", "AC-13")
def test_twenty_calls_after_a_case_was_closed_make_one_more(site_where, all_at_once):
    site = site_where(attach_to="case", create_case=True)
    contact = site.load("Contact", LastName="Byron", Phone=NUMBER)
    first = ring_all(site, all_at_once, [site.worker()])
    settle(site, first)
    (old,) = site.query("SELECT Id FROM Case")
    site.change("Case", old["Id"], Status="Closed")
    worlds = meeting_worlds(site, before_claim)

    settle(site, ring_all(site, all_at_once, worlds, "later"))

    cases = site.query(f"SELECT Id FROM Case WHERE ContactId = '{contact}'")
    tasks = site.query(f"SELECT Id FROM Task WHERE WhatId <> '{old['Id']}'")
    assert (len(cases), len(tasks)) == (2, WORKERS)


class LosesItsFirstAnswer:
    """A writer whose first request is committed, or is not, and never answered."""

    def __init__(self, writer, *, committed: bool) -> None:
        self._writer, self._committed, self.lost = writer, committed, 0

    def send(self, grant, records, rules):
        if self.lost:
            return self._writer.send(grant, records, rules)
        self.lost += 1
        if self._committed:
            self._writer.send(grant, records, rules)
        raise OutcomeUnknown("the answer was lost")

    def find_tasks(self, grant, keys, since):
        return self._writer.find_tasks(grant, keys, since)


@pytest.mark.rule("SH-1", "AC-13", "SH-7")
@pytest.mark.parametrize("with_key", [False, True], ids=["package_free", "external_id"])
@pytest.mark.parametrize("committed", [True, False], ids=["committed", "not_committed"])
def test_a_lost_answer_leaves_one_case_and_one_task_a_call(site_where, committed, with_key):
    site = site_where(attach_to="case", create_case=True)
    site.control("settings", {"external_id_field": with_key})
    site.load("Contact", LastName="Byron", Phone=NUMBER)
    world, calls = site.worker(), ["c-0", "c-1"]
    writer = LosesItsFirstAnswer(world.writing.writer, committed=committed)
    # Not found is believed only behind a fence, and this one is near.
    timing = replace(world.run.timing, worker_timeout_s=3, write_horizon_s=1, fence_slack_s=1)
    world = with_ports(world, writer=writer, timing=replace(timing, read_timeout_s=1))

    for call in calls:
        record_event(site.message(call, event_id=f"e-{call}"), world)
    settle(site, calls)

    (case,) = site.query("SELECT Id FROM Case")
    tasks = site.query("SELECT Id, WhatId FROM Task")
    assert writer.lost == 1
    assert [task["WhatId"] for task in tasks] == [case["Id"]] * 2


@pytest.mark.rule("SH-1")
def test_twenty_different_calls_sent_at_the_same_moment_make_twenty_tasks(site: Site, all_at_once):
    site.load("Contact", LastName="Byron", Phone=NUMBER)
    meeting = Meeting(WORKERS)
    worlds = [
        with_ports(world, writer=MeetBeforeSend(world.writing.writer, meeting))
        for world in (site.worker() for _ in range(WORKERS))
    ]

    settle(site, ring_all(site, all_at_once, worlds))

    tasks = site.query("SELECT Id, CallObject FROM Task")
    assert len({task["CallObject"] for task in tasks}) == len(tasks) == WORKERS

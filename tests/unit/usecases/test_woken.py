"""An activity that is woken again and again without a word in the ledger is given up (SH-2)."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from builders.mortal import Countdown, DiedError, MortalPort, mortal
from fakes.office import NUMBER, TENANT, Office
from switchhook.domain.activity import SlotState, State
from switchhook.domain.errors import OutcomeUnknown
from switchhook.domain.queue_messages import WakeMessage
from switchhook.usecases.ask.replay import replay
from switchhook.usecases.caretaker import Enqueuing, wake_due
from switchhook.usecases.record.marked import look_after_parked
from switchhook.usecases.record.woken import follow_wake


@pytest.fixture
def office() -> Office:
    office = Office()
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    return office


def dying_rounds(office: Office, *, most: timedelta) -> int:
    """Rounds whose every wake kills the worker that follows it; how many wakes there were."""
    wakes, until = 0, office.clock.now() + most
    while office.clock.now() < until:
        office.clock.forward(60)
        office.wake_ups.sent.clear()
        office.make_round()
        for message in office.wake_ups.sent:
            wakes += 1
            if message.wakes > 50:
                follow_wake(message, office.world)
    return wakes


@pytest.mark.rule("SH-1", "SH-2")
def test_an_unknown_write_that_kills_its_look_ups_is_given_up_with_its_slots_and_replayed(office):
    """Once a minute for ever used to be 1,440 wakes a day; the replay finds the Task and makes no other."""
    office.org.next_sends = [OutcomeUnknown("Salesforce did not answer.")]
    office.deliver()
    before = office.head()

    wakes = dying_rounds(office, most=timedelta(hours=24))
    given_up = office.head()

    assert wakes == 51
    assert (given_up.state, given_up.reason) == (State.FAILED, "needs_operator")
    assert given_up.due_at is None
    assert given_up.slots == before.slots
    assert [slot.state for slot in given_up.slots] == [SlotState.SENT]

    replay(TENANT, given_up.id, office.world.books)
    office.pass_time(1500, step_s=10)

    assert office.head().state is State.LOGGED
    assert len(office.tasks) == 1


@pytest.mark.rule("SH-2", "SH-5")
def test_a_logged_one_only_loses_its_date(office):
    office.deliver()
    logged = replace(office.head(), due_at=office.clock.now())
    office.ledger.heads[(TENANT, logged.id)] = logged

    wakes = dying_rounds(office, most=timedelta(hours=30))

    head = office.head()
    assert wakes == 51
    assert (head.state, head.reason, head.due_at) == (State.LOGGED, logged.reason, None)
    assert head.slots == logged.slots
    assert "given up" in head.in_words


@pytest.mark.rule("SH-2")
def test_whoever_was_written_meanwhile_is_not_given_up(office):
    office.deliver(ended=False)
    head = office.head()
    message = WakeMessage(tenant=TENANT, activity_id=head.id, wakes=51, version=head.version - 1)

    assert follow_wake(message, office.world) == head
    assert office.head() == head


@pytest.mark.rule("SH-2")
def test_a_commit_ends_the_lease_and_the_count(office):
    office.deliver()
    key = (TENANT, office.head().id)
    waits = replace(office.head(), state=State.WAITING, reason="x", due_at=office.clock.now())
    office.ledger.heads[key] = waits
    office.make_round()
    assert office.ledger.lent[key].wakes == 1

    office.work()

    assert key not in office.ledger.lent
    assert office.ledger.heads[key].version == waits.version + 1


@pytest.mark.rule("SH-1", "SH-2")
@pytest.mark.parametrize("after", [False, True], ids=["before_it", "after_it"])
@pytest.mark.parametrize("dies_at", range(1, 21))
def test_a_round_that_dies_at_any_effect_loses_nothing_and_doubles_nothing(office, dies_at, after):
    """16 shards are read, three calls claimed, one batch sent."""
    office.org.next_sends = [OutcomeUnknown("Salesforce did not answer.") for _ in range(3)]
    for number in range(3):
        office.deliver(call_id=f"c-{number}")
    office.clock.forward(10)
    countdown = Countdown(dies_at, after=after)
    care = Enqueuing(
        due_dates=MortalPort(office.due_dates, countdown),
        queue=MortalPort(office.wake_ups, countdown),
        run=office.world.run,
        report=lambda _item, error: pytest.fail(str(error)),
    )

    with pytest.raises(DiedError):
        wake_due(care)
    office.pass_time(1500, step_s=10)

    assert {office.head(f"c-{number}").state for number in range(3)} == {State.LOGGED}
    assert len(office.tasks) == 3


@pytest.mark.rule("SH-4")
@pytest.mark.parametrize("after", [False, True], ids=["before_it", "after_it"])
@pytest.mark.parametrize("dies_at", range(1, 9))
def test_a_worker_that_dies_at_any_effect_of_a_drain_leaves_nobody_parked(office, dies_at, after):
    office.deliver(call_id="warm-up")
    office.connections.note_usage(TENANT, None, parked="budget")
    office.deliver(call_id="c-1")
    office.clock.forward(60)
    office.make_round()
    (message,) = office.wake_ups.sent
    office.wake_ups.sent.clear()
    countdown = Countdown(dies_at, after=after)
    dying = mortal(office.new_world("worker-mortal"), countdown)
    caring = replace(
        office.caring,
        due_dates=MortalPort(office.due_dates, countdown),
        tenants=dying.opening.tenants,
        sessions=dying.sessions,
        metadata=dying.deciding.org.metadata,
        books=dying.books,
    )

    with suppress(DiedError):
        look_after_parked(message, caring)
    office.pass_time(300, step_s=10)

    assert office.head("c-1").state is State.LOGGED
    assert len(office.tasks) == 2

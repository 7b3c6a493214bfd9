"""Nothing is skipped, dropped or moved while a request for it may still land in the org (SH-1)."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.mortal import Countdown, DiedError, mortal
from fakes.office import NUMBER, TENANT, Office, answered_call
from fakes.salesforce import LateCommit, refuse
from switchhook.domain.activity import State
from switchhook.domain.crm import SearchAnswer
from switchhook.domain.errors import OutcomeUnknown, Permanent
from switchhook.domain.facts.event import CallFacts, Participant, Role
from switchhook.domain.facts.people import People
from switchhook.usecases.record.advance import advance

OTHER = "+14155550101"
FIRST_LOOK_UP_S = 10
FENCE_S = 720
DEATHS = 24
NO_ANSWER = OutcomeUnknown("Salesforce did not answer.")

type Change = Callable[[Office], None]


def nothing_changes(_office: Office) -> None:
    pass


def caller_becomes_internal(office: Office) -> None:
    office.tenants.people_of[TENANT] = People(own_numbers=frozenset({NUMBER}))


def record_loses_the_number(office: Office) -> None:
    office.org.of_type("Contact")[0].fields["Phone"] = "+14155559999"


def another_record_matches(office: Office) -> None:
    record_loses_the_number(office)
    office.org.load("Lead", LastName="Byron", Phone=NUMBER)


def search_is_refused(office: Office) -> None:
    def refused(*_: object) -> SearchAnswer:
        raise Permanent("No search.", code="INSUFFICIENT_ACCESS")

    office.org.search = refused  # type: ignore[method-assign]  # the look-up for keys goes on


def resending_is_refused(office: Office) -> None:
    office.org.next_sends = [refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Say please.")]


CHANGES = {
    "nothing_changes": nothing_changes,
    "skipped_as_internal": caller_becomes_internal,
    "skipped_as_unmatched": record_loses_the_number,
    "moved_to_another_record": another_record_matches,
    "failed_while_looking": search_is_refused,
    "refused_when_sent_again": resending_is_refused,
}


def unanswered(late: LateCommit, call: CallFacts | None = None) -> Office:
    """An org with the unique field, and a call of which nobody knows whether its Task landed."""
    office = Office()
    office.org.task_key = True
    office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    office.org.load("Contact", LastName="Hopper", Phone=OTHER)
    office.org.next_sends = [late]
    office.deliver(call)
    return office


def held_by_ledger(office: Office) -> set[tuple[str | None, str | None]]:
    head = office.head()
    return {(slot.salesforce_id, slot.record.id if slot.record else None) for slot in head.slots}


def held_by_org(office: Office) -> set[tuple[str | None, str | None]]:
    return {(task.id, str(task.fields["WhoId"])) for task in office.org.of_type("Task")}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("lands_after_s", [FIRST_LOOK_UP_S, 400, FENCE_S - 60])
@pytest.mark.rule("SH-1", "SH-7")
def test_what_lands_after_another_decision_stands_in_the_ledger(change: Change, lands_after_s: int):
    """The ledger denied, or put on the wrong record, a Task that landed 715 s before the fence."""
    late = LateCommit(NO_ANSWER)
    office = unanswered(late)
    change(office)

    office.pass_time(lands_after_s)
    late.land()
    office.pass_time(2 * FENCE_S)

    assert office.head().state is State.LOGGED
    assert held_by_ledger(office) == held_by_org(office)
    assert len(office.tasks) == 1


@pytest.mark.parametrize(
    ("change", "ends"),
    [
        pytest.param(caller_becomes_internal, (State.SKIPPED, "internal"), id="internal"),
        pytest.param(record_loses_the_number, (State.SKIPPED, "no_match"), id="no_match"),
        pytest.param(another_record_matches, (State.LOGGED, None), id="another_record"),
        pytest.param(search_is_refused, (State.FAILED, "INSUFFICIENT_ACCESS"), id="no_search"),
        pytest.param(resending_is_refused, (State.LOGGED, None), id="refused_once"),
    ],
)
@pytest.mark.rule("SH-1")
def test_what_never_lands_ends_as_decided_once_the_fence_has_passed(
    change: Change, ends: tuple[State, str | None]
):
    office = unanswered(LateCommit(NO_ANSWER))
    change(office)

    office.pass_time(FENCE_S - 60)
    before = office.head().state
    office.pass_time(2 * FENCE_S)

    assert before is State.UNKNOWN
    assert (office.head().state, office.head().reason) == ends


@pytest.mark.rule("SH-1", "PC-17")
def test_one_of_two_that_is_no_longer_planned_is_kept_until_the_fence():
    late = LateCommit(NO_ANSWER)
    ends = tuple(Participant(role=Role.EXTERNAL, number=number) for number in (NUMBER, OTHER))
    office = unanswered(late, answered_call(participants=ends))
    record_loses_the_number(office)

    office.pass_time(FIRST_LOOK_UP_S)
    late.land()
    office.pass_time(FENCE_S + 60)

    assert held_by_ledger(office) == held_by_org(office)
    assert len(office.tasks) == 2


def looked_at_by_one_who_dies(office: Office, countdown: Countdown) -> None:
    office.clock.forward(FIRST_LOOK_UP_S)
    with suppress(DiedError):
        advance(TENANT, office.head().id, mortal(office.new_world("worker-mortal"), countdown))


@pytest.mark.parametrize("after", [False, True], ids=["before_the_effect", "after_the_effect"])
@pytest.mark.parametrize("effect", range(1, DEATHS + 1))
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.rule("SH-1")
def test_a_death_while_deciding_otherwise_leaves_the_ledger_true(
    change: Change, effect: int, *, after: bool
):
    late = LateCommit(NO_ANSWER)
    office = unanswered(late)
    change(office)

    looked_at_by_one_who_dies(office, Countdown(effect, after=after))
    late.land()
    office.pass_time(3 * FENCE_S, step_s=20)

    assert office.head().state is State.LOGGED
    assert held_by_ledger(office) == held_by_org(office)
    assert len(office.tasks) == 1


def test_the_deaths_above_reach_the_last_effect():
    office, countdown = unanswered(LateCommit(NO_ANSWER)), Countdown(DEATHS, after=True)

    looked_at_by_one_who_dies(office, countdown)

    assert not countdown.has_died


@given(
    change=st.sampled_from(list(CHANGES.values())),
    changes_after_s=st.integers(0, FENCE_S + 60),
    lands_after_s=st.integers(0, FENCE_S - 10),
)
@pytest.mark.rule("SH-1")
def test_no_skipped_dropped_or_moved_slot_has_a_request_in_the_air(
    change: Change, changes_after_s: int, lands_after_s: int
):
    late = LateCommit(NO_ANSWER)
    office = unanswered(late)
    steps = sorted(
        [(changes_after_s, lambda: change(office)), (lands_after_s, late.land)],
        key=lambda step: step[0],
    )
    passed_s = 0

    for at_s, happens in steps:
        office.pass_time(at_s - passed_s)
        passed_s = at_s
        happens()
    office.pass_time(3 * FENCE_S, step_s=20)

    assert office.head().state is State.LOGGED
    assert held_by_ledger(office) == held_by_org(office)
    assert len(office.tasks) == 1

"""Chosen Tasks are moved to another record and back; what a person moved stays where it is (SH-6)."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from fakes.office import NUMBER, TENANT, Office, answered_call
from switchhook.domain.activity import RecordRef, State, activity_id
from switchhook.domain.errors import (
    BudgetSpent,
    Conflict,
    NeedsReconnect,
    NotDelivered,
    OutcomeUnknown,
    Rejected,
    Retryable,
)
from switchhook.domain.facts.event import CallFacts, Participant, Role
from switchhook.domain.writing.repoint import KEPT
from switchhook.usecases.matches.repoint import Wish, repoint, undo_repoint

pytestmark = pytest.mark.rule("SH-6")

OTHER = "+14155550111"
NO_ANSWER = OutcomeUnknown("Salesforce did not answer.")


def activity(call_id: str) -> str:
    return activity_id(tenant=TENANT, source="h1", external_id=call_id)


class Moving:
    """A tenant with two calls logged on a contact, and a lead to move them to."""

    def __init__(self, *, calls: int = 2, **preset: object) -> None:
        self.office = Office(preset=preset)
        self.contact = self.office.org.load("Contact", LastName="Byron", Phone=NUMBER)
        self.target = self.office.org.load("Lead", LastName="Chosen", Company="C")
        self.ids = [activity(f"c-{number}") for number in range(calls)]
        for number in range(calls):
            assert self.office.deliver(call_id=f"c-{number}").state is State.LOGGED
        self.rest()

    def rest(self) -> None:
        """Let what was written settle."""
        self.office.clock.forward(60)
        self.office.org.calls.clear()

    def move(self, *, to: RecordRef | None = None, source: RecordRef | None = None, ids=None):
        wish = Wish(
            party=NUMBER,
            source=(source or self.contact).id,
            target=(to or self.target).id,
            activity_ids=tuple(self.ids if ids is None else ids),
        )
        return repoint(TENANT, wish, self.office.world.moving)

    def undo(self, undo_id: str):
        return undo_repoint(TENANT, undo_id, self.office.world.moving)

    def who(self) -> list[object]:
        return [task.get("WhoId") for task in self.office.tasks]

    def recorded(self) -> list[RecordRef | None]:
        heads = (self.office.ledger.read(TENANT, one).head for one in self.ids)
        return [head.slots[0].record for head in heads]

    def edit(self, number: int = 0, **fields: str | None) -> None:
        """A person changes a Task in Salesforce."""
        task = self.office.org.of_type("Task")[number]
        assert self.office.org.change(task.id, fields)


@pytest.fixture
def at() -> Moving:
    return Moving()


def test_chosen_tasks_are_moved_and_the_others_stay(at):
    done = at.move(ids=at.ids[:1])

    assert (done.done, done.refused) == (1, ())
    assert at.who() == [at.target.id, at.contact.id]
    assert at.recorded() == [at.target, at.contact]


def test_moving_asks_salesforce_three_times_for_up_to_25_tasks(at):
    at.move()

    assert at.office.org.calls == ["read records", "read the Task", "move Tasks"]


def test_the_activity_tells_where_its_task_is_now_and_how_to_undo_it(at):
    done = at.move()

    head = at.office.ledger.read(TENANT, at.ids[0]).head
    told = at.office.ledger.decisions[TENANT, head.id][head.decisions]
    assert f"on Lead {at.target.id}" in head.text
    assert at.contact.id not in head.text
    assert "SH-6" in head.slots[0].rules
    assert told.amends
    assert [step["rule"] for step in told.explanation] == ["SH-6"]
    assert done.undo_id in told.explanation[0]["text"]


@pytest.mark.rule("SH-6", "XB-21")
def test_undoing_restores_tasks_and_ledger_to_the_letter(at):
    before = [at.office.ledger.read(TENANT, one).head for one in at.ids]
    done = at.move()
    at.rest()

    undone = at.undo(done.undo_id)

    after = [at.office.ledger.read(TENANT, one).head for one in at.ids]
    assert (undone.done, undone.refused) == (2, ())
    assert at.who() == [at.contact.id] * 2
    assert [(head.slots, head.text) for head in after] == [(h.slots, h.text) for h in before]


def test_repeating_either_request_gives_the_same_answer_and_moves_nothing(at):
    moved = at.move()
    at.rest()
    assert at.move() == moved
    assert at.office.org.calls == []

    undone = at.undo(moved.undo_id)
    at.rest()

    assert at.undo(moved.undo_id) == undone
    assert at.office.org.calls == []


def test_what_was_undone_can_be_moved_again(at):
    first = at.move()
    at.rest()
    at.undo(first.undo_id)
    at.rest()

    second = at.move()

    assert second.undo_id != first.undo_id
    assert at.who() == [at.target.id] * 2


def test_what_was_moved_back_by_another_move_can_be_moved_again(at):
    first = at.move()
    at.rest()
    at.move(source=at.target, to=at.contact)
    at.rest()
    assert at.who() == [at.contact.id] * 2

    again = at.move()

    assert again.undo_id != first.undo_id
    assert (again.done, at.who()) == (2, [at.target.id] * 2)


def test_a_task_that_a_person_has_moved_stays_where_it_is(at):
    theirs = at.office.org.load("Contact", LastName="Theirs")
    at.edit(WhoId=theirs.id)
    at.rest()

    done = at.move()

    assert done.done == 1
    ((refused, why),) = done.refused
    assert refused == at.ids[0]
    assert "Somebody has changed" in why
    assert at.who() == [theirs.id, at.target.id]
    assert at.recorded() == [at.contact, at.target]


def test_a_task_that_a_person_related_to_something_else_stays_as_it_is(at):
    case = at.office.org.load("Case", ContactId=at.contact.id)
    at.edit(WhatId=case.id)
    at.rest()

    assert at.move().done == 1
    assert at.office.tasks[0]["WhatId"] == case.id


def test_a_task_that_a_person_moves_in_that_very_moment_stays_theirs(at):
    theirs = at.office.org.load("Contact", LastName="Theirs")
    at.office.org.next_moves = [lambda: at.edit(WhoId=theirs.id)]

    done = at.move()

    assert done.done == 1
    assert "in this very moment" in done.refused[0][1]
    assert at.who() == [theirs.id, at.target.id]


def test_a_task_that_a_person_changed_a_moment_ago_is_left_for_a_repetition(at):
    at.edit(Subject="mine")
    at.office.org.calls.clear()

    done = at.move()
    assert (done.done, "repeat the request" in done.refused[0][1]) == (1, True)

    at.rest()
    again = at.move()
    assert (again.undo_id, again.done, again.refused) == (done.undo_id, 2, ())


def test_a_task_moved_since_is_not_undone(at):
    done = at.move()
    theirs = at.office.org.load("Contact", LastName="Theirs")
    at.rest()
    at.edit(WhoId=theirs.id)
    at.rest()

    undone = at.undo(done.undo_id)

    assert undone.done == 1
    assert "Somebody has changed" in undone.refused[0][1]
    assert at.who() == [theirs.id, at.contact.id]


@pytest.mark.rule("SH-6", "AC-11")
def test_a_case_is_left_behind_and_comes_back_with_the_undo():
    office = Office(preset={"calls": {"attach_to": "case", "create_case": True}})
    contact = office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    target = office.org.load("Contact", LastName="Other")
    head = office.deliver()
    case = head.slots[0].attached
    office.clock.forward(60)
    wish = Wish(party=NUMBER, source=contact.id, target=target.id, activity_ids=(head.id,))

    moved = repoint(TENANT, wish, office.world.moving)

    (task,) = office.tasks
    assert (task["WhoId"], task["WhatId"]) == (target.id, None)
    told = office.ledger.read(TENANT, head.id).head
    assert told.slots[0].attached is None
    assert (
        case.id in office.ledger.decisions[TENANT, head.id][told.decisions].explanation[0]["text"]
    )

    office.clock.forward(60)
    undo_repoint(TENANT, moved.undo_id, office.world.moving)

    (task,) = office.tasks
    assert (task["WhoId"], task["WhatId"]) == (contact.id, case.id)
    assert office.ledger.read(TENANT, head.id).head.slots == head.slots


@pytest.mark.rule("SH-6", "AC-10")
@pytest.mark.parametrize(
    ("by_contact", "field"),
    [pytest.param(True, "WhoId", id="who"), pytest.param(False, "WhatId", id="what")],
)
def test_a_person_account_takes_tasks_as_the_setting_says(by_contact, field):
    office = Office(preset={"calls": {"person_account_who": by_contact}})
    contact = office.org.load("Contact", LastName="Byron", Phone=NUMBER)
    twin = office.org.load("Contact", LastName="Person")
    account = office.org.load("Account", Name="Person", PersonContactId=twin.id)
    head = office.deliver()
    office.clock.forward(60)
    wish = Wish(party=NUMBER, source=contact.id, target=account.id, activity_ids=(head.id,))

    moved = repoint(TENANT, wish, office.world.moving)

    assert office.tasks[0][field] == (twin.id if by_contact else account.id)
    assert office.ledger.read(TENANT, head.id).head.slots[0].record == account
    office.clock.forward(60)
    back = replace(wish, source=account.id, target=contact.id)
    assert (moved.done, repoint(TENANT, back, office.world.moving).done) == (1, 1)
    assert office.tasks[0]["WhoId"] == contact.id


def test_a_lead_that_became_a_contact_gives_its_tasks_and_a_converted_target_takes_them_as_one():
    office = Office()
    lead = office.org.load("Lead", LastName="Byron", Company="C", Phone=NUMBER)
    head = office.deliver()
    contact = office.org.load("Contact", LastName="Byron")
    other, became = office.org.load("Lead", LastName="O"), office.org.load("Contact", LastName="O")
    for old, new in ((lead, contact), (other, became)):
        office.org.delete(old.id)
        office.org.became[old.id] = new
    # Salesforce moves a converted lead's Tasks by itself.
    office.org.change(head.slots[0].salesforce_id, {"WhoId": contact.id})
    office.clock.forward(60)
    wish = Wish(party=NUMBER, source=lead.id, target=other.id, activity_ids=(head.id,))

    assert repoint(TENANT, wish, office.world.moving).done == 1
    assert office.tasks[0]["WhoId"] == became.id


def test_the_task_of_a_person_made_for_the_call_is_moved_and_the_person_stays_named():
    office = Office(preset={"calls": {"unknown_number": "lead"}})
    head = office.deliver()
    made = head.slots[0].created
    contact = office.org.load("Contact", LastName="Other")
    office.clock.forward(60)
    wish = Wish(party=NUMBER, source=made.id, target=contact.id, activity_ids=(head.id,))

    moved = repoint(TENANT, wish, office.world.moving)

    after = office.ledger.read(TENANT, head.id).head
    assert (after.slots[0].record, after.slots[0].created) == (contact, made)
    assert f"on Contact {contact.id} " in after.text
    office.clock.forward(60)
    undo_repoint(TENANT, moved.undo_id, office.world.moving)
    assert office.ledger.read(TENANT, head.id).head.text == head.text


def refused_whys(at, ids):
    return [why for _, why in at.move(ids=ids).refused]


def test_each_activity_that_cannot_be_moved_says_why(at):
    at.office.org.load("Contact", LastName="Else", Phone=OTHER)
    at.office.deliver(call_id="elsewhere", call=answered_call(external_number=OTHER))
    at.office.org.delete(at.office.org.of_type("Task")[1].id)
    at.office.deliver(answered_call(external_number="anonymous"), call_id="skipped")
    asked = [*at.ids, "nobody", "##", activity("skipped"), activity("elsewhere")]

    done = at.move(ids=asked)

    assert done.done == 1
    assert [one for one, _ in done.refused] == asked[1:]
    whys = [why for _, why in done.refused]
    for expected, why in zip(
        ("is deleted", "no such activity", "no such activity", "It is skipped", "another party"),
        whys,
        strict=True,
    ):
        assert expected in why


def test_a_task_on_another_record_says_which():
    at = Moving()
    other = at.office.org.load("Contact", LastName="Another")

    (why, _) = [why for _, why in at.move(source=other).refused]

    assert f"It is logged on Contact {at.contact.id}" in why
    assert at.office.org.calls == ["read records"]


def test_in_a_conference_only_the_partys_own_task_is_moved():
    office = Office()
    first = office.org.load("Contact", LastName="First", Phone=NUMBER)
    second = office.org.load("Contact", LastName="Second", Phone=OTHER)
    target = office.org.load("Lead", LastName="Chosen", Company="C")
    ends = tuple(Participant(role=Role.EXTERNAL, number=number) for number in (NUMBER, OTHER))
    head = office.deliver(answered_call(participants=ends))
    office.clock.forward(60)
    wish = Wish(party=NUMBER, source=first.id, target=target.id, activity_ids=(head.id,))

    assert repoint(TENANT, wish, office.world.moving).done == 1
    assert [task["WhoId"] for task in office.tasks] == [target.id, second.id]


def test_more_than_25_tasks_are_moved_in_parts():
    at = Moving(calls=30)

    done = at.move()

    assert (done.done, at.office.org.calls.count("move Tasks")) == (30, 2)
    assert set(at.who()) == {at.target.id}


@pytest.mark.parametrize("error", [NO_ANSWER, BudgetSpent("spent"), NotDelivered("no way")])
def test_trouble_on_the_way_is_told_and_a_repetition_goes_on(error):
    at = Moving(calls=30)
    at.office.org.next_moves = [lambda: None, error]

    done = at.move()
    at.rest()
    again = at.move()

    assert (done.done, len(done.refused)) == (25, 5)
    assert (again.undo_id, again.done, again.refused) == (done.undo_id, 30, ())


def test_tasks_that_were_moved_without_an_answer_are_found_moved(at):
    at.office.org.next_moves = [lambda: NO_ANSWER]

    done = at.move()
    assert (done.done, at.who()) == (0, [at.target.id] * 2)
    at.rest()
    again = at.move()

    assert (again.done, again.undo_id, at.recorded()) == (2, done.undo_id, [at.target] * 2)
    assert "move Tasks" not in at.office.org.calls


def test_tasks_that_were_moved_without_an_answer_can_be_undone(at):
    at.office.org.next_moves = [lambda: NO_ANSWER]
    done = at.move()
    at.rest()

    assert at.undo(done.undo_id).done == 2
    assert (at.who(), at.recorded()) == ([at.contact.id] * 2, [at.contact] * 2)


@pytest.mark.parametrize("crash_at", range(1, 8))
@pytest.mark.parametrize("back", [False, True], ids=["moving", "undoing"])
def test_a_crash_at_any_effect_loses_nothing(at, monkeypatch, crash_at, back):
    """Each store and each request to write may be the last thing a process does."""
    undo_id = at.move().undo_id if back else None
    at.rest()
    left = [crash_at]

    def crashing(effect):
        def wrapped(*args, **kwargs):
            left[0] -= 1
            if left[0] == 0:
                raise SystemExit
            return effect(*args, **kwargs)

        return wrapped

    with monkeypatch.context() as patched:
        for port, name in (
            (at.office.repoints, "commit"),
            (at.office.org, "move"),
            (at.office.ledger, "commit"),
        ):
            patched.setattr(port, name, crashing(getattr(port, name)))
        with suppress(SystemExit):
            at.undo(undo_id) if back else at.move()
    at.rest()

    done = at.undo(undo_id) if back else at.move()

    expected = at.contact if back else at.target
    assert (done.done, done.refused) == (2, ())
    assert at.who() == [expected.id] * 2
    assert at.recorded() == [expected] * 2


def test_a_request_that_runs_out_of_time_goes_on_when_repeated(at):
    at.office.clock.left_s = 1.0
    done = at.move()
    at.office.clock.left_s = 60.0

    assert (done.done, "too little time" in done.refused[0][1]) == (0, True)
    assert at.move().done == 2


def test_the_same_request_at_the_same_time_is_carried_out_once(at):
    at.office.repoints.before_commit = at.move

    with pytest.raises(Conflict):
        at.move()

    assert at.who() == [at.target.id] * 2


def test_a_ledger_that_is_busy_is_told_when_the_request_is_repeated(at, monkeypatch):
    def busy(_write):
        raise Retryable("busy", code="table_busy", after_s=1)

    with monkeypatch.context() as patched:
        patched.setattr(at.office.ledger, "commit", busy)
        done = at.move()
    at.rest()

    assert (done.done, "written down" in done.refused[0][1]) == (0, True)
    assert (at.move().done, at.recorded()) == (2, [at.target] * 2)


def test_late_facts_reach_a_moved_task_and_leave_it_where_it_is(at):
    at.move()
    at.rest()
    late = CallFacts(tags=("pricing",))

    at.office.deliver(late, call_id="c-0", event_id="late", ended=False)
    at.office.pass_time(60)

    task = at.office.tasks[0]
    assert ("pricing" in str(task["CallDisposition"]), task["WhoId"]) == (True, at.target.id)
    assert at.recorded()[0] == at.target


def test_an_undo_leaves_what_late_facts_wrote_since(at):
    done = at.move()
    at.rest()
    at.office.deliver(CallFacts(tags=("pricing",)), call_id="c-0", event_id="late", ended=False)
    at.office.pass_time(60)

    assert at.undo(done.undo_id).done == 2
    assert "pricing" in str(at.office.tasks[0]["CallDisposition"])


def test_what_was_moved_can_be_undone_for_90_days(at):
    done = at.move()
    at.office.clock.forward((KEPT - timedelta(seconds=61)).total_seconds())
    assert at.undo(done.undo_id).done == 2
    at.office.clock.forward(120)

    with pytest.raises(Rejected) as refused:
        at.undo(done.undo_id)

    assert refused.value.status == 404


@pytest.mark.parametrize("undo_id", ["", "u_none", "a/b", "x" * 500])
def test_what_was_never_moved_cannot_be_undone(at, undo_id):
    with pytest.raises(Rejected) as refused:
        at.undo(undo_id)

    assert refused.value.status == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"party": "?"}, "party", id="no_party"),
        pytest.param({"source": "?"}, "from", id="no_record_to_move_from"),
        pytest.param({"target": "500000000000001AAA"}, "to", id="no_person_to_move_to"),
        pytest.param({"target": "00Q000000000999AAA"}, "to", id="nobody_there"),
        pytest.param({"activity_ids": ()}, "activity_ids", id="nothing_to_move"),
        pytest.param(
            {"activity_ids": tuple(map(str, range(201)))}, "activity_ids", id="more_than_200"
        ),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_by_name(at, changes, field):
    wish = Wish(party=NUMBER, source=at.contact.id, target=at.target.id, activity_ids=tuple(at.ids))

    with pytest.raises(Rejected) as refused:
        repoint(TENANT, replace(wish, **changes), at.office.world.moving)

    assert (refused.value.status, list(refused.value.fields)) == (422, [field])
    assert at.who() == [at.contact.id] * 2


def test_a_record_is_not_moved_to_itself(at):
    with pytest.raises(Rejected) as refused:
        at.move(to=at.contact)

    assert list(refused.value.fields) == ["to"]


def test_nothing_is_moved_without_a_connection(at):
    at.office.connections.stored.clear()

    with pytest.raises(NeedsReconnect):
        at.move()

    assert at.office.repoints.stored == {}


def test_an_activity_that_is_not_settled_is_left_alone(at):
    at.office.org.next_sends = [NO_ANSWER]
    at.office.deliver(call_id="open")

    (why,) = refused_whys(at, [activity("open")])

    assert "not logged" in why

"""Whose each field of a logged Task is, and what late facts change of it (SH-5)."""

from dataclasses import replace

import pytest

from builders.calls import ADMIN, ANN, a_call, a_decision_input, a_lead, an_org, the_settings
from builders.ledger import a_head
from switchhook.domain.activity import OwnerChoice, Slot, SlotKind, SlotState
from switchhook.domain.calls.decide import decide
from switchhook.domain.facts.event import Outcome
from switchhook.domain.facts.people import Agent, OrgUser
from switchhook.domain.writing.late_facts import (
    agent_mark,
    as_sent,
    compare,
    fingerprint,
    intending,
    revise,
    settled,
    told,
    with_note,
)
from switchhook.domain.writing.slots import sendable, slot_plans

pytestmark = pytest.mark.rule("SH-5")

BOB = OrgUser(id="005000000000003AAA", name="Bob Agent", email="bob@example.com")
ORG = an_org(
    users_by_email={user.email: (user,) for user in (ADMIN, ANN, BOB)},
    user_ids=frozenset({ADMIN.id, ANN.id, BOB.id}),
)


def a_written_slot(call=None, settings=None) -> tuple[Slot, dict[str, str | int]]:
    """The slot of a call that was logged, with what its Task says."""
    inputs = a_decision_input(a_lead(), call=call, org=ORG, settings=settings)
    ((slot, plan),) = sendable(slot_plans(a_head(), decide(inputs), ORG))
    task = {**plan.fields, "OwnerId": plan.owner.user_id}
    sent = as_sent(slot, task, inputs.call.agent)
    return replace(sent, state=SlotState.APPLIED, salesforce_id="00T1"), task


def revised(slot, call, *, before="inbound_answered", settings=None, org=ORG):
    inputs = a_decision_input(a_lead(), call=call, org=org, settings=settings)
    return revise(inputs, slot, call_type_before=before)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(None, "", id="null_is_nothing"),
        pytest.param("a\nb", "a\r\nb", id="line_ends"),
        pytest.param("a", " a \n", id="space_around"),
        pytest.param(200, "200", id="numbers_are_their_digits"),
    ],
)
def test_values_that_salesforce_keeps_alike_have_one_fingerprint(one, other):
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("a", "A", id="case"),
        pytest.param("a b", "a  b", id="inner_space"),
        pytest.param("a\nb", "a b", id="a_line_end"),
        pytest.param(0, None, id="zero_and_null"),
    ],
)
def test_values_that_a_person_may_have_changed_have_two(one, other):
    assert fingerprint(one) != fingerprint(other)


def test_a_fuller_account_of_the_same_agent_is_no_other_agent():
    bare = Agent(email="ann@example.com")
    full = Agent(id="17", email="Ann@Example.com", name="Ann", extension="201")

    assert agent_mark(bare) == agent_mark(full)
    assert agent_mark(bare) != agent_mark(Agent(email="bob@example.com"))
    assert agent_mark(None) != agent_mark(bare)


def test_the_facts_that_were_known_change_nothing():
    slot, _ = a_written_slot()

    assert revised(slot, a_call()) is None


@pytest.mark.rule("AC-25", "AC-26")
def test_only_what_differs_is_changed():
    slot, _ = a_written_slot()

    revision = revised(slot, a_call(tags=("pricing",)))

    assert set(revision.fields) == {"Description", "CallDisposition"}


@pytest.mark.parametrize(
    "state", [SlotState.OPEN, SlotState.SENT, SlotState.REFUSED], ids=lambda state: state.value
)
def test_only_a_task_that_is_in_the_org_is_changed(state):
    slot, _ = a_written_slot()

    assert revised(replace(slot, state=state), a_call(tags=("pricing",))) is None


def test_a_case_is_left_to_those_who_work_on_it():
    slot, _ = a_written_slot()

    assert revised(replace(slot, kind=SlotKind.CASE), a_call(tags=("pricing",))) is None


@pytest.mark.rule("AC-27")
def test_the_owner_follows_the_agent():
    slot, _ = a_written_slot()

    revision = revised(slot, a_call(agent=Agent(email=BOB.email, name="Bob Agent")))

    assert revision.fields["OwnerId"] == BOB.id
    assert revision.owner.rule == "AC-27"


@pytest.mark.rule("AC-27", "AC-28")
def test_the_owner_does_not_follow_what_changed_in_salesforce():
    slot, _ = a_written_slot()
    without_ann = an_org(users_by_email={ADMIN.email: (ADMIN,)}, user_ids=frozenset({ADMIN.id}))

    revision = revised(slot, a_call(tags=("pricing",)), org=without_ann)

    assert "OwnerId" not in revision.fields
    assert "Created by" not in str(revision.fields["Description"])


@pytest.mark.rule("PC-18")
def test_a_leads_owner_who_took_part_stays_the_owner_whoever_the_host_is():
    slot, _ = a_written_slot()
    by_conference = OwnerChoice(user_id=ADMIN.id, rule="PC-18", text="The lead's owner took part.")
    theirs = {**slot.written, "OwnerId": fingerprint(ADMIN.id)}
    in_conference = replace(slot, owner=by_conference, written=theirs)

    revision = revised(in_conference, a_call(tags=("pricing",)))

    assert "OwnerId" not in revision.fields
    assert revision.owner == by_conference


@pytest.mark.rule("AC-3", "AC-5")
def test_the_status_follows_the_type_of_the_call():
    settings = the_settings(calls={"workflow": {"voicemail": "in_progress"}})
    missed = a_call(outcome=Outcome.MISSED, answered_at=None, talk_s=0.0)
    slot, _ = a_written_slot(missed, settings)

    voicemail = replace(missed, voicemail_url="https://pbx.example/v/1")
    revision = revised(slot, voicemail, before="missed", settings=settings)

    assert revision.fields["Status"] == "In Progress"


@pytest.mark.rule("AC-6")
def test_the_status_stays_where_the_new_type_is_not_logged():
    missed = a_call(outcome=Outcome.MISSED, answered_at=None, talk_s=0.0)
    slot, _ = a_written_slot(missed)
    inputs = a_decision_input(
        a_lead(), call=replace(missed, voicemail_url="https://pbx.example/v/1"), org=ORG
    )
    silent = the_settings(calls={"workflow": {"voicemail": "none"}})

    revision = revise(replace(inputs, settings=silent), slot, call_type_before="missed")

    assert "Status" not in revision.fields
    assert "https://pbx.example/v/1" in str(revision.fields["Description"])


LATE = a_call(tags=("pricing",))


def test_a_field_is_ours_while_it_holds_what_we_wrote():
    slot, task = a_written_slot()

    compared = compare(revised(slot, LATE), task)

    assert set(compared.to_write) == {"Description", "CallDisposition"}
    assert compared.kept == ()


def test_a_field_that_a_person_changed_is_theirs():
    slot, task = a_written_slot()

    compared = compare(revised(slot, LATE), {**task, "Description": "My own notes"})

    assert set(compared.to_write) == {"CallDisposition"}
    assert compared.kept == ("Description",)


def test_a_field_that_a_person_emptied_is_theirs():
    slot, task = a_written_slot()

    compared = compare(revised(slot, LATE), {**task, "Description": None})

    assert compared.kept == ("Description",)


def test_a_field_that_we_never_wrote_is_ours_while_it_is_empty():
    slot, task = a_written_slot(a_call(started_at=None, answered_at=None, ended_at=None))

    compared = compare(revised(slot, a_call()), task)

    assert compared.to_write["ActivityDate"] == "2026-11-20"


def test_a_field_that_says_it_already_needs_no_write():
    slot, task = a_written_slot()
    revision = revised(slot, LATE)

    compared = compare(revision, {**task, **revision.fields})

    assert (compared.to_write, compared.kept) == ({}, ())
    assert revised(settled(compared, is_written=True), LATE) is None


def test_while_a_change_is_under_way_the_old_and_the_new_value_are_ours():
    slot, task = a_written_slot()
    first = revised(slot, LATE)
    under_way = intending(compare(first, task))
    more = revised(under_way, a_call(tags=("pricing", "urgent")))

    assert compare(more, task).kept == ()
    assert compare(more, {**task, **first.fields}).kept == ()
    assert compare(more, {**task, "Description": "My own notes"}).kept == ("Description",)


def test_a_change_of_unknown_outcome_is_looked_at_again_with_the_same_facts():
    slot, task = a_written_slot()
    under_way = intending(compare(revised(slot, LATE), task))

    again = revised(under_way, LATE)
    back = revised(under_way, a_call())

    assert set(again.fields) == {"Description", "CallDisposition"}
    assert compare(back, {**task, **again.fields}).to_write == {
        name: task[name] for name in again.fields
    }


def test_an_owner_of_unknown_outcome_is_taken_back_when_the_agent_is_the_first_one_again():
    slot, task = a_written_slot()
    to_bob = revised(slot, a_call(agent=Agent(email=BOB.email, name="Bob Agent")))
    under_way = intending(compare(to_bob, task))

    back = revised(under_way, a_call())

    assert compare(back, {**task, **to_bob.fields}).to_write["OwnerId"] == ANN.id


def test_a_status_of_unknown_outcome_is_taken_back_when_the_type_is_the_first_one_again():
    settings = the_settings(calls={"workflow": {"missed": "in_progress"}})
    missed = a_call(outcome=Outcome.MISSED, answered_at=None, talk_s=0.0)
    slot, task = a_written_slot(missed, settings)
    voicemail = replace(missed, voicemail_url="https://pbx.example/v/1")
    changed = revised(slot, voicemail, before="missed", settings=settings)
    under_way = intending(compare(changed, task))

    back = revised(under_way, missed, before="missed", settings=settings)

    assert compare(back, {**task, **changed.fields}).to_write["Status"] == "In Progress"


def test_a_refused_change_is_as_if_it_were_never_tried():
    slot, task = a_written_slot()
    compared = compare(revised(slot, LATE), task)

    assert settled(compared, is_written=False) == replace(slot, intended={})


def test_a_second_send_keeps_what_the_first_one_wrote_recognisable():
    slot, task = a_written_slot()
    overtaken = replace(
        as_sent(slot, {**task, "Subject": "Another"}, None), state=SlotState.APPLIED
    )

    revision = revised(replace(overtaken, agent=slot.agent), a_call())

    assert revision.fields == {"Subject": task["Subject"]}
    assert compare(revision, task).kept == ()


def test_what_was_changed_and_what_was_left_alone_is_told_by_name():
    slot, task = a_written_slot()
    compared = compare(revised(slot, LATE), {**task, "Description": "My own notes"})

    assert [reason.text for reason in told(compared).reasons] == [
        "CallDisposition of Task 00T1 brought up to date.",
        "Description of Task 00T1 left alone, because somebody changed it in Salesforce.",
    ]


def test_the_newest_note_takes_the_place_of_the_last_one():
    once = with_note(a_head(text="Logged."), "one.")

    twice = with_note(once, "two.")

    assert (twice.text, twice.in_words) == ("Logged.", "Logged. Late facts: two.")


def test_a_note_stored_before_it_had_a_field_is_found_in_the_text():
    stored = a_head(text="Logged. Late facts: one.")

    renewed = with_note(stored, "two.")

    assert stored.in_words == "Logged. Late facts: one."
    assert (renewed.text, renewed.in_words) == ("Logged.", "Logged. Late facts: two.")
